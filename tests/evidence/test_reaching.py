"""Reach over runs: from two run folders to the verdict, the page's section and the terminal's."""

import json
from io import StringIO

import pytest
from commands import run as passgap
from rich.console import Console

pytest.importorskip("torch", reason="needs passgap[lm]")

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import MismatchError
from passgap.evidence.reaching import is_scored_across, reach_runs, score_across
from passgap.lab import lab_policy_path, lab_problems
from passgap.lab.world import nominal_p, solve
from passgap.show import print_result
from passgap.show.page.gathering import report
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify

pytestmark = pytest.mark.slow

PARAMS = SamplingParams(max_tokens=32)


def drawn(name, problems, out, n):
    run = sample(Policy(str(lab_policy_path(name))), problems, n=n, out=out, sampling=PARAMS)
    verify(run)
    return run


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two policies with the same habits, on questions at the edge of their reach."""
    folder = tmp_path_factory.mktemp("reach")
    problems = ProblemSet.of(
        "edge",
        [
            Problem(f"{word}:{text}=", solve(word, text)[-1], "exact", {"p": nominal_p(word)})
            for word in ("EED", "DDE", "CEE", "DDD", "CED", "ABD")
            for text in ("abcdef", "fcbaed", "ghilka")
        ],
    )
    return [drawn(name, problems, folder / name, n) for name, n in (("base", 20), ("teacher", 200))]


def test_before_scoring_the_page_has_no_reach(runs, tmp_path):
    assert not is_scored_across(*runs)
    page = report(runs[0].path, runs[1].path, out=tmp_path / "page.html", k_large=20)
    assert "Could the base have done it?" not in page.read_text()


def test_from_runs_to_a_verdict(runs, tmp_path):
    score_across(*runs, reference=runs[1])
    assert is_scored_across(*runs)
    result = reach_runs(*runs, reference=runs[1])
    found = result.to_dict()
    assert found["gained"] == len(result.rows) > 3
    assert found["calibration"]["contradicted"] <= 2
    assert 0 < found["settings"]["epsilon"] < 1e-3
    nominal = {p.id: p.metadata["p"] for p in runs[0].problems()}
    assert all(0 < row.low < 3 * nominal[row.problem_id] for row in result.rows)
    assert result.verdict.label == "within_reach"
    assert abs(found["amplification"]["mean_log_gain"]["value"]) < 1
    by = {(row["texts"], row["under"]): row["median"] for row in found["perplexity"]}
    assert by["teacher's completions", "base"] == by["the trained policy's completions", "base"]
    shown = Console(file=StringIO(), width=120)
    print_result(result, shown)
    text = shown.file.getvalue()
    assert "The base could have solved" in text
    assert "within reach" in text
    page = report(runs[0].path, runs[1].path, out=tmp_path / "page.html", k_large=8)
    assert "Could the base have done it?" in page.read_text()
    assert str(result).startswith("within_reach")


def test_the_command_prints_the_same(runs):
    command = ["reach", *(run.path for run in runs), "--json"]
    done = passgap(*command)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"]["label"] == "within_reach"
    assert found["checks"][0]["draws"] == 18 * 220
    assert passgap(*command, "--fail-on", "within_reach").returncode == 1


def test_runs_that_cannot_be_compared_are_told_before_anything_is_scored(runs, tmp_path):
    other = drawn("teacher", lab_problems("rare", size=3, seed=9), tmp_path / "other", 2)
    with pytest.raises(MismatchError, match="have no id in common"):
        score_across(runs[0], other)
    assert not (other.path / "logprobs").exists()
