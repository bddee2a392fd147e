"""The checkpoint to keep, over runs: rounds that resume, draws that are lent, early refusals."""

import json
from contextlib import nullcontext

import numpy as np
import pytest

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import RunError, UsageError, WorkError
from passgap.evidence.keeping import keep_checkpoint
from passgap.results.settings import KeepSettings
from passgap.runs import Run
from passgap.stages.counting import count
from passgap.stages.sampling import sample

pytestmark = pytest.mark.slow

PROBLEMS = ProblemSet.of("many", [Problem(f"q{i}", str(i), "exact") for i in range(40)])
STEPS = (5, 20, 100, 400)
RULE = KeepSettings(first=4, most=16)
FAKE = {"sampling": SamplingParams(8), "engine": "fake", "engine_args": {"alpha": "0.4"}}


@pytest.fixture
def policies(tmp_path):
    """Folders of checkpoints, as far as the fake engine looks."""
    folders = []
    for step in STEPS:
        folder = tmp_path / "policy" / f"checkpoint-{step}"
        folder.mkdir(parents=True)
        (folder / "weights").write_text(str(step))
        folders.append(Policy(str(folder)))
    return folders


def kept(policies, out, rule=RULE, titles=None, **more):
    def bar(title):
        if titles is not None:
            titles.append(title)
        return nullcontext(lambda *_: None)

    settings = {"settings": rule, "bar": bar, **FAKE} | more
    return keep_checkpoint(Policy("base"), policies, PROBLEMS, out=out, **settings)


def test_each_policy_has_a_run_with_the_draws_that_its_rounds_asked_for(policies, tmp_path):
    result = kept(policies, tmp_path / "runs")
    assert [one.step for one in result.checkpoints] == list(STEPS)
    drawn = {one.name: set(Run(one).draws().values()) for one in (tmp_path / "runs").iterdir()}
    assert drawn.pop("base") == {RULE.most}
    assert drawn == {f"checkpoint-{one.step}": {one.draws} for one in result.checkpoints}
    assert result.draws == len(PROBLEMS) * (RULE.most + sum(n for (n,) in drawn.values()))
    best = Run(tmp_path / "runs" / f"checkpoint-{result.step}")
    counts = count(best)
    assert counts.n.tolist() == [RULE.most] * len(PROBLEMS)
    passes = next(one.passes for one in result.checkpoints if one.step == result.step)
    assert passes.value == pytest.approx(np.mean(counts.c / counts.n))


def test_the_same_command_draws_nothing_again_and_a_larger_one_continues(policies, tmp_path):
    titles = []
    first = kept(policies, tmp_path / "a", titles=titles)
    assert titles
    titles.clear()
    assert kept(policies[::-1], tmp_path / "a", titles=titles).to_dict() == first.to_dict()
    assert titles == []
    fresh = kept(policies, tmp_path / "b", KeepSettings(first=4, most=32)).to_dict()
    assert kept(policies, tmp_path / "a", KeepSettings(first=4, most=32)).to_dict() == {
        **fresh,
        "policy": fresh["policy"],
    }


def test_after_a_kill_it_goes_on_where_it_stopped(policies, tmp_path):
    whole = kept(policies, tmp_path / "a")

    class KilledError(Exception):
        pass

    def killed(title, left=[6]):  # noqa: B006
        left[0] -= 1
        if not left[0]:
            raise KilledError
        return nullcontext(lambda *_: None)

    with pytest.raises(KilledError):
        kept(policies, tmp_path / "b", bar=killed)
    assert kept(policies, tmp_path / "b").to_dict() == whole.to_dict()


def test_a_run_that_has_more_draws_lends_the_first_of_them(policies, tmp_path):
    out, titles = tmp_path / "runs", []
    sample(Policy("base"), PROBLEMS, n=50, out=out / "base", **FAKE)
    result = kept(policies, out, titles=titles)
    assert "sampling base" not in titles
    assert count_of_first(Run(out / "base"), RULE.most) == pytest.approx(result.base.value)
    assert result.draws < len(PROBLEMS) * 5 * RULE.most, "lent draws count as far as they are used"


def count_of_first(run, n):
    marks = [
        run.read_outcomes(run.verifier_digest(), name)
        for name in run.outcome_names(run.verifier_digest())
    ]
    rows = [row for one in marks for row in one.iter_rows(named=True) if row["draw"] < n]
    return np.mean([row["status"] == "correct" for row in rows])


def test_what_cannot_be_done_is_refused_before_anything_is_drawn(policies, tmp_path):
    out = tmp_path / "runs"
    with pytest.raises(UsageError, match="1 checkpoint given"):
        kept(policies[:1], out)
    with pytest.raises(UsageError, match="2 steps for 4 checkpoints"):
        kept(policies, out, steps=[1, 2])
    with pytest.raises(UsageError, match="named 'checkpoint-5'"):
        kept([*policies, policies[0]], out, steps=[1, 2, 3, 4, 5])
    about = {
        "step": 5,
        "train_problem_ids": [PROBLEMS.problems[3].id],
        "algorithm": "sft",
        "config": {},
    }
    (tmp_path / "policy/checkpoint-5/passgap_policy.json").write_text(json.dumps(about))
    with pytest.raises(UsageError, match="trained on some of these problems"):
        kept(policies, out)
    assert not out.exists()


def test_a_folder_with_other_settings_is_refused_before_a_draw(policies, tmp_path):
    out, titles = tmp_path / "runs", []
    sample(Policy("base"), PROBLEMS, n=4, out=out / "base", seed=7, **FAKE)
    with pytest.raises(RunError, match=r"base has another configuration \(seed: 7"):
        kept(policies, out, titles=titles)
    assert not titles


def test_if_nothing_can_be_scored_it_stops_after_the_first_policy(policies, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "failing.py").write_text("def mark(text, problem):\n    raise ValueError('no')\n")
    titles = []
    with pytest.raises(WorkError, match="base: none of the samples could be scored"):
        kept(policies, tmp_path / "runs", titles=titles, verifier="python:failing:mark")
    assert titles == ["sampling base"]
