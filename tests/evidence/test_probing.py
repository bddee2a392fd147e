"""Adaptive probing over runs: rounds, resuming, reading again."""

import shutil
from dataclasses import replace

import pytest

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import RunError, UsageError
from passgap.evidence.adaptive import probe_adaptively, probe_again
from passgap.results.settings import AdaptiveSettings
from passgap.runs import Run
from passgap.stages.counting import count
from passgap.stages.sampling import sample

PROBLEMS = ProblemSet.of("many", [Problem(f"q{i}", str(i), "exact") for i in range(120)])
RULE = AdaptiveSettings(large=0.30)
PARAMS = SamplingParams(8)


def probe(out, rule=RULE, **options):
    sampling = {"sampling": PARAMS, "engine": "fake", "engine_args": {"alpha": "0.4"}}
    return probe_adaptively(Policy("m"), PROBLEMS, out=out, settings=rule, **sampling | options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("probe") / "run"
    return probe(out), out


def test_rounds_spend_draws_where_they_tell_most(whole):
    result, out = whole
    assert len(result.rounds) > 2
    run = Run(out)
    assert not run.owed()
    assert sum(run.draws().values()) == result.draws
    assert len(set(result.counts.n)) > 1
    assert run.manifest.design == "adaptive"
    frame = run.scan_completions().select("problem_id", "draw").collect()
    assert frame.is_unique().all()
    for (problem_id,), rows in frame.group_by("problem_id"):
        assert sorted(rows["draw"]) == list(range(run.draws()[problem_id]))


def test_its_counts_are_those_of_the_run_and_say_adaptive(whole):
    result, out = whole
    counts = count(Run(out))
    assert counts.design == "adaptive"
    assert counts.n.tolist() == result.counts.n.tolist()
    assert counts.c.tolist() == result.counts.c.tolist()


def test_reading_it_again_gives_the_same_verdict(whole):
    result, out = whole
    assert probe_again(Run(out), settings=RULE).to_dict() == result.to_dict()


def test_interrupted_it_asks_for_the_same_and_ends_the_same(whole, tmp_path):
    result, out = whole
    shutil.copytree(out, tmp_path / "run")
    run = Run(tmp_path / "run")
    for name in run.completion_names()[1::2]:
        (run.path / "completions" / name).unlink()
    with pytest.raises(UsageError, match="is not finished; rerun the command that started it"):
        probe_again(run, settings=RULE)
    assert probe(tmp_path / "run").to_dict() == result.to_dict()


def test_other_settings_on_the_same_run_are_refused(whole):
    _, out = whole
    with pytest.raises(RunError, match="do not follow from its outcomes"):
        probe_again(Run(out), settings=AdaptiveSettings(4, 8, small=0.05, large=0.12))
    with pytest.raises(RunError, match=r"engine\.args\.alpha: 0\.4 there, 0\.5 requested"):
        probe(out, engine_args={"alpha": "0.5"})


def test_an_adaptive_run_is_not_topped_up(whole):
    _, out = whole
    with pytest.raises(RunError, match="design: "):
        sample(Policy("m"), PROBLEMS, n=99, out=out, sampling=PARAMS, engine="fake", top_up=True,
               engine_args={"alpha": "0.4"})  # fmt: skip


@pytest.mark.parametrize(
    ("options", "message"),
    [({"first": 0}, "first=0"), ({"first": 9, "most": 8}, "most=8"), ({"small": 0.5}, "small=0.5")],
)
def test_bad_settings_are_told_before_anything_is_written(options, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        probe(tmp_path / "run", replace(RULE, **options))
    assert not (tmp_path / "run").exists()
