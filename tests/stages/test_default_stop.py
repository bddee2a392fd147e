"""Stop strings of the shots' format: when they come, what they are part of, and who has none."""

import json
from dataclasses import replace

import pytest

from passgap import Policy, Run, SamplingParams, compare, read_counts, sample, verify
from passgap.checks import check
from passgap.data.completions import Block
from passgap.data.policies import PromptSettings
from passgap.data.problems import Problem
from passgap.engines.fake import FakeEngine
from passgap.errors import MismatchError, RunError, UsageError
from passgap.evidence.adaptive import probe_adaptively
from passgap.runs.names import POLICY_FILE, REQUEST_FILE
from passgap.stages.resolving import resolve_policy
from passgap.training.config import TrainConfig
from passgap.training.folder import as_requested, open_folder, request
from passgap.training.run import check_stop

STOP = ("\nQuestion:",)
SETTINGS = {"sampling": SamplingParams(max_tokens=8), "engine": "fake"}


@pytest.fixture
def shots(tmp_path):
    rows = [{"question": f"{i} less 1?", "answer": str(i - 1)} for i in (50, 60)]
    path = tmp_path / "shots.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return str(path)


def carrying(folder, prompt):
    """A policy folder as passgap train writes it, as far as the prompt goes."""
    folder.mkdir()
    (folder / POLICY_FILE).write_text(json.dumps({"prompt": prompt.to_dict()}))
    return str(folder)


def drawn(policy, problems, out, n=4, **how):
    return sample(policy, problems, n=n, out=out, **SETTINGS, **how)


# -- when they come


def test_shots_bring_the_stop_of_their_format(shots):
    prompt = resolve_policy("x", shots=shots).prompt
    assert (prompt.stop, prompt.stop_by_default) == (STOP, True)
    assert not resolve_policy("x").prompt.stop
    assert not resolve_policy("x", template="chat", shots=shots).prompt.stop


def test_what_is_named_goes_before_and_none_is_none(shots):
    named = resolve_policy("x", shots=shots, stop=["\n"]).prompt
    assert (named.stop, named.stop_by_default) == (("\n",), False)
    none = resolve_policy("x", shots=shots, no_stop=True).prompt
    assert (none.stop, none.stop_by_default) == ((), False)


@pytest.mark.parametrize("stop", [STOP, ("\n",), ()])
def test_a_trained_policy_keeps_what_it_was_trained_with(shots, tmp_path, stop):
    prompt = resolve_policy("x", shots=shots, stop=stop, no_stop=not stop).prompt
    folder = carrying(tmp_path / "trained", prompt)
    assert resolve_policy(folder).prompt == prompt
    assert resolve_policy(folder, shots=shots).prompt.stop == stop, "the same shots once more"
    assert resolve_policy(folder, no_stop=True).prompt.stop == ()


def test_a_trained_policy_with_default_stops_has_the_same_prompt_as_its_base(shots, tmp_path):
    base = resolve_policy("x", shots=shots)
    trained = resolve_policy(carrying(tmp_path / "trained", base.prompt))
    assert trained.prompt == base.prompt


def test_other_shots_or_another_template_are_looked_at_anew(shots, tmp_path):
    folder = carrying(tmp_path / "trained", resolve_policy("x", shots=shots).prompt)
    template = tmp_path / "own.jinja"
    template.write_text(
        "{% for q, a in shots %}Q: {{ q }}\nA: {{ a }}\n\n{% endfor %}Q: {{ question }}"
    )
    assert resolve_policy(folder, template=str(template)).prompt.stop == ("\nQ:",)
    assert resolve_policy(folder, template="chat").prompt.stop == ()


# -- what they are part of


def test_the_run_records_them_and_that_they_came_by_default(shots, twenty, tmp_path):
    run = drawn(resolve_policy("x", shots=shots), twenty, tmp_path / "run")
    manifest = json.loads((run.path / "manifest.json").read_text())
    assert manifest["sampling"]["stop"] == list(STOP)
    assert manifest["prompt"]["stop"] == list(STOP)
    assert manifest["prompt"]["stop_by_default"] is True
    named = drawn(resolve_policy("x", shots=shots, stop=STOP), twenty, tmp_path / "named")
    assert "stop_by_default" not in named.manifest.prompt
    assert named.manifest.identity() == run.manifest.identity()


def test_equal_stops_are_equal_however_they_came(shots, twenty, tmp_path):
    by_default = resolve_policy("x", shots=shots)
    named = resolve_policy("x", shots=shots, stop=STOP)
    assert by_default.prompt.digest == named.prompt.digest
    runs = [drawn(by_default, twenty, tmp_path / "a"), drawn(named, twenty, tmp_path / "b", seed=1)]
    for run in runs:
        verify(run)
    compare(*(read_counts(run.path) for run in runs), k_small=1, k_large=2)
    assert not {one.check for one in check(*runs).findings} & {"prompt", "sampling"}
    drawn(named, twenty, tmp_path / "a"), drawn(by_default, twenty, tmp_path / "b", seed=1)


def test_a_run_without_them_is_no_equal(shots, twenty, tmp_path):
    runs = [
        drawn(resolve_policy("x", shots=shots, no_stop=no_stop), twenty, tmp_path / str(no_stop))
        for no_stop in (False, True)
    ]
    for run in runs:
        verify(run)
    with pytest.raises(MismatchError, match="the prompt differs"):
        compare(*(read_counts(run.path) for run in runs), k_small=1, k_large=2)
    with pytest.raises(RunError, match=r"prompt\.stop"):
        drawn(resolve_policy("x", shots=shots, no_stop=True), twenty, tmp_path / "False")


def test_the_fake_engine_stops_too():
    problem = Problem("q", "12\nQuestion: and on\nAnswer: 3", "exact")
    block = Block((problem.id,), 0, 20, seed=3)
    for stop, expected in ((STOP, {"12"}), ((), {problem.reference})):
        engine = FakeEngine({problem.id: 1.0}, {problem.id: problem.reference}, stop)
        drawn = engine.complete(block, [])
        assert {one.text for one in drawn} == expected
        assert all(bytes(one.token_ids).decode() == one.text for one in drawn)


# -- who has none


def test_an_old_run_is_resumed_and_topped_up_as_it_was_begun(shots, twenty, tmp_path):
    policy = resolve_policy("x", shots=shots)
    before = replace(policy, prompt=policy.prompt.without_default_stop())
    old = drawn(before, twenty, tmp_path / "run")
    shard = old.path / "completions" / old.completion_names()[0]
    kept = shard.read_bytes()
    shard.unlink()
    resumed = drawn(policy, twenty, tmp_path / "run")
    assert not resumed.owed()
    assert shard.read_bytes() == kept
    topped = drawn(policy, twenty, tmp_path / "run", n=8, top_up=True)
    assert topped.manifest.sampling["stop"] == []
    assert set(topped.draws().values()) == {8}


def test_a_run_with_other_shots_is_still_another_configuration(shots, twenty, tmp_path):
    old = PromptSettings(template_name="plain", shots=(("1?", "1"),))
    drawn(Policy("x", old), twenty, tmp_path / "run")
    with pytest.raises(RunError, match=r"prompt\.shots"):
        drawn(resolve_policy("x", shots=shots), twenty, tmp_path / "run")


def test_an_old_adaptive_run_goes_on_without_them(shots, twenty, tmp_path):
    policy = resolve_policy("x", shots=shots)
    before = replace(policy, prompt=policy.prompt.without_default_stop())
    first = probe_adaptively(before, twenty, out=tmp_path / "run", **SETTINGS)
    again = probe_adaptively(policy, twenty, out=tmp_path / "run", **SETTINGS)
    assert again.to_dict() == first.to_dict()
    assert Run(tmp_path / "run").manifest.sampling["stop"] == []


def test_an_old_training_run_goes_on_without_them(shots, twenty, tmp_path):
    policy = resolve_policy("x", shots=shots)
    before = replace(policy, prompt=policy.prompt.without_default_stop())
    config = TrainConfig(max_tokens=8, prompts_per_step=4)
    open_folder(tmp_path / "out", request(before, twenty, config, "v"))
    assert (tmp_path / "out" / REQUEST_FILE).is_file()
    assert as_requested(policy, tmp_path / "out") == before
    assert as_requested(policy, tmp_path / "new") == policy
    named = resolve_policy("x", shots=shots, stop=["\n"])
    assert as_requested(named, tmp_path / "out") == named


def test_a_training_run_is_the_same_however_its_stops_came(shots, twenty, tmp_path):
    config = TrainConfig(max_tokens=8, prompts_per_step=4)
    by_default, named = (
        request(resolve_policy("x", shots=shots, stop=stop), twenty, config, "v")
        for stop in ((), STOP)
    )
    open_folder(tmp_path / "out", by_default)
    assert not open_folder(tmp_path / "out", named), "taken up, not refused"


def test_rloo_is_told_how_to_do_without(shots):
    config = TrainConfig(max_tokens=8, algorithm="rloo")
    with pytest.raises(
        UsageError, match=r"which follows from the format of the shots; .*--no-stop"
    ):
        check_stop(resolve_policy("x", shots=shots), config)
    check_stop(resolve_policy("x", shots=shots, no_stop=True), config)
