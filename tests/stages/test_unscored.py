"""Why draws are unscored: named once, kept in the run, said by every command that reads it."""

import re
from pathlib import Path

import pytest

from passgap import Policy, Run, SamplingParams, compare, plan, probe, read_counts, sample, verify
from passgap.checks import check
from passgap.errors import UsageError, WorkError
from passgap.evidence.adaptive import probe_adaptively
from passgap.stages.unscored import all_unscored, unscored

RULES = """
def broken(text, problem):
    return text == open("golds.txt").read()

def partly(text, problem):
    if text == problem.reference:
        raise ValueError(f"cannot read {text}")
    return False
"""
WHY = "FileNotFoundError: .*golds.txt.* at rules.py line 3"


@pytest.fixture
def run(twenty, tmp_path, monkeypatch):
    """A run of several shards, with rules beside it."""
    monkeypatch.chdir(tmp_path)
    Path("rules.py").write_text(RULES)
    settings = {"sampling": SamplingParams(max_tokens=8), "engine": "fake", "block_size": 160}
    return sample(Policy("x"), twenty, n=24, out=tmp_path / "run", **settings)


def test_an_error_is_kept_once_with_all_its_draws(run):
    key = verify(run, verifier="python:rules:broken")
    assert all_unscored(run, key)
    assert len(run.completion_names()) > 2
    (found,) = unscored(Run(run.path))
    assert (found.reason, found.draws) == ("error", 480)
    assert found.problem_id == run.problem_ids[0]
    assert found.error.startswith("FileNotFoundError")


def test_analyses_name_the_reason_and_advise_no_draws(run):
    verify(run, verifier="python:rules:broken")
    counts = read_counts(run.path)
    for analysis in (
        lambda: probe(counts),
        lambda: probe(counts, accept_unscored=True),
        lambda: compare(counts, counts),
        lambda: plan(counts, half_width=0.03),
    ):
        with pytest.raises(UsageError, match=f"none of the 480 samples.*{WHY}") as told:
            analysis()
        assert not re.search("more samples|draw at least|passgap sample", str(told.value))
        assert "passgap verify" in str(told.value)


def test_where_draws_would_be_enough_the_verifier_is_to_be_fixed(run):
    verify(run, verifier="python:rules:partly")
    with pytest.raises(
        UsageError,
        match=r"samples are unscored: ValueError.*fix the verifier and run passgap verify again",
    ) as told:
        probe(read_counts(run.path))
    assert not re.search("more samples|draw at least|passgap sample", str(told.value))


def test_an_adaptive_probe_stops_at_once(twenty, run, tmp_path):
    settings = {"sampling": SamplingParams(max_tokens=8), "engine": "fake"}
    with pytest.raises(WorkError, match=f"none of the samples could be scored: {WHY}"):
        probe_adaptively(
            Policy("x"), twenty, out=tmp_path / "a", verifier="python:rules:broken", **settings
        )
    assert len(Run(tmp_path / "a").manifest.rounds) == 1


def test_what_was_repaired_outside_the_code_is_marked_again(run):
    first = verify(run, verifier="python:rules:broken")
    Path("golds.txt").write_text("0")
    assert verify(run, verifier="python:rules:broken") == first
    assert read_counts(run.path).unscored.sum() == 0
    assert unscored(run) == []


def test_the_data_check_says_why(run):
    verify(run, verifier="python:rules:partly")
    (finding,) = [one for one in check(run).findings if one.check == "unscored"]
    right = sum(one.draws for one in unscored(run))
    assert re.search(
        rf"ValueError: cannot read \d+ at rules.py line 7 \({right} samples,", finding.evidence
    )
