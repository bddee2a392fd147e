"""Several policies sampled in one call: a failure names the policy and leaves the finished ones."""

from contextlib import nullcontext

import pytest

from passgap.data.policies import Policy, SamplingParams
from passgap.engines.fake import FakeEngine
from passgap.errors import WorkError
from passgap.runs import Run
from passgap.runs.lineage import step_of
from passgap.stages.sampling_arms import Arm, by_step, sample_arms


def silent(title):
    return nullcontext(lambda *_: None)


def arms(*names):
    return [Arm(name, Policy(f"at/{name}"), SamplingParams(max_tokens=8)) for name in names]


@pytest.mark.parametrize("error", [WorkError("out of memory"), OSError("no weights")])
def test_a_failure_names_the_policy_and_leaves_the_finished(monkeypatch, twenty, tmp_path, error):
    real = FakeEngine.load.__func__

    def load(cls, policy, *rest, **more):
        if policy.path == "at/b":
            raise error
        return real(cls, policy, *rest, **more)

    monkeypatch.setattr(FakeEngine, "load", classmethod(load))
    how = {"n": 4, "out": tmp_path, "engine": "fake", "bar": silent}
    with pytest.raises((WorkError, OSError)) as caught:
        sample_arms(arms("a", "b", "c"), twenty, **how)
    told = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert "b (at/b)" in told
    assert "the same command continues from here" in told
    assert not Run(tmp_path / "a").owed()
    assert Run(tmp_path / "b").owed()
    monkeypatch.undo()
    calls = Run(tmp_path / "a").calls()
    runs = sample_arms(arms("a", "b", "c"), twenty, **how)
    assert [len(run.owed()) for run in runs] == [0, 0, 0]
    assert runs[0].calls() == calls


def test_steps_are_those_of_the_folders_and_sort_as_numbers(tmp_path):
    (tmp_path / "final").mkdir()
    (tmp_path / "final" / "passgap_policy.json").write_text('{"step": 300}')
    paths = [str(tmp_path / "final"), "x/checkpoint-100", "x/checkpoint-20", "owner/base"]
    assert [step_of(path) for path in paths] == [300, 100, 20, None]
    ordered = by_step([Policy(path) for path in paths])
    assert [policy.path for policy in ordered] == [paths[3], paths[2], paths[1], paths[0]]
