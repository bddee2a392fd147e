"""A few GRPO steps of a tiny model: what is written, what is drawn, what TRL is told."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

import torch
from safetensors.torch import load_file

from passgap.data.outcomes import Outcome
from passgap.data.policies import Prompt, PromptSettings, SamplingParams
from passgap.engines.transformers import TransformersEngine, load_model
from passgap.runs.policy import read_policy
from passgap.runs.stopping import Stop, request_stop
from passgap.stages.sampling import sample
from passgap.training.config import TrainConfig
from passgap.training.online import Rollout, from_trl, rows, to_trl
from passgap.training.run import train
from passgap.training.tracker import held_out_curve
from passgap.verifiers.base import TextVerifier

CONFIG = TrainConfig(
    max_tokens=6,
    steps=3,
    group_size=4,
    prompts_per_step=2,
    learning_rate=1e-2,
    eval_every=2,
    eval_draws=4,
    device="cpu",
)


def json_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def policy(base):
    return dataclasses.replace(base, prompt=PromptSettings(stop=("c",)))


@pytest.fixture(scope="module")
def trained(policy, train_set, held_out, verifier, tmp_path_factory):
    """(the folder, the policy returned, what progress was told, what the reward was asked)"""
    out, told, asked = tmp_path_factory.mktemp("grpo") / "policy", [], []

    class Asked(TextVerifier):
        name, digest = verifier.name, verifier.digest

        def mark(self, problem, text, finish_reason):
            asked.append((problem, text, finish_reason))
            return verifier.verify(problem, text, finish_reason)

    result = train(
        policy,
        train_set,
        out,
        config=CONFIG,
        held_out=held_out,
        verifier=Asked(),
        progress=lambda *step: told.append(step),
    )
    return out, result, told, asked


def test_one_row_a_step_with_what_the_page_shows(trained):
    out, _, told, _ = trained
    steps = json_lines(out / "training.jsonl")
    assert [row["step"] for row in steps] == [1, 2, 3]
    wanted = {"reward", "reward_std", "mixed_share", "completion_length", "truncated_share"}
    wanted |= {"no_answer_share", "unscored", "entropy", "seconds"}
    assert all(wanted <= set(row) for row in steps)
    assert all(row["seconds"] > 0 and row["completion_length"] <= 6 for row in steps)
    assert [(step, total) for step, total, _ in told] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert told[1][2]["reward"] == steps[0]["reward"]


def test_held_out_problems_are_measured_at_the_start_every_two_steps_and_the_end(trained):
    measured = json_lines(trained[0] / "held_out.jsonl")
    assert [row["step"] for row in measured] == [0, 2, 3]
    assert all((row["problems"], row["draws"]) == (3, 4) for row in measured)
    full = next(row for row in measured if row["curve"])
    assert [point["k"] for point in full["curve"]] == [1, 2, 4]
    assert {"k", "value", "low", "high"} <= set(full["curve"][0])


def test_the_policy_file_says_where_it_comes_from(trained, train_set, policy):
    found = json.loads((trained[0] / "passgap_policy.json").read_text())
    assert found["schema"] == "passgap.policy/1"
    assert found["base"]["path"] == policy.path
    assert len(found["base"]["weights_digest"]) == 16
    assert found["prompt"] == policy.prompt.to_dict()
    assert found["algorithm"] == "grpo"
    assert found["config"] == CONFIG.to_dict()
    assert found["problem_set"]["digest"] == train_set.digest
    assert set(found["train_problem_ids"]) == {problem.id for problem in train_set}
    assert found["versions"]["trl"]
    assert found["seconds"] > 0


def test_trl_is_told_every_setting(trained):
    found = json.loads((trained[0] / "trainer" / "trl_args.json").read_text())
    wanted = {
        "loss_type": "grpo",
        "temperature": 1.0,
        "top_p": 1.0,
        "top_k": 0,
        "num_generations": 4,
        "max_completion_length": 6,
        "beta": 0.0,
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "save_strategy": "steps",
        "max_steps": 3,
        "seed": 0,
    }
    assert {name: found.get(name, False) for name in wanted} == wanted


def test_only_the_weights_differ_from_the_base(trained, policy):
    out, result, _, _ = trained
    for name in ("config.json", "generation_config.json", "tokenizer.json"):
        before = json.loads((Path(policy.path) / name).read_text())
        assert json.loads((out / name).read_text()) == before, name
    before = load_file(f"{policy.path}/model.safetensors")
    after = load_file(out / "model.safetensors")
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert result.prompt == policy.prompt


def test_the_trained_policy_is_sampled_like_any_other(trained, held_out, tmp_path):
    sampling = SamplingParams(max_tokens=4)
    run = sample(trained[1], held_out, n=2, out=tmp_path / "run", sampling=sampling)
    assert run.scan_completions().collect().height == 6


def test_the_same_training_again_is_kept_as_it_is(trained, policy, train_set, held_out, verifier):
    out, result, _, _ = trained
    before = (out / "passgap_policy.json").stat().st_mtime_ns
    again = train(policy, train_set, out, config=CONFIG, held_out=held_out, verifier=verifier)
    assert again == result
    assert (out / "passgap_policy.json").stat().st_mtime_ns == before


def test_the_verifier_saw_what_the_engine_would_have_given_it(trained):
    asked = trained[3]
    assert {reason for _, _, reason in asked} == {"stop", "length"}
    assert not any("c" in text for _, text, _ in asked), "cut at the stop string"
    assert all(len(text) <= 6 for _, text, _ in asked)


def test_the_same_seed_trains_the_same_weights(policy, train_set, verifier, tmp_path):
    config = dataclasses.replace(CONFIG, steps=2, batch_size=4, beta=0.01)
    weights = []
    for name in ("one", "two"):
        train(policy, train_set, tmp_path / name, config=config, verifier=verifier)
        weights.append(load_file(tmp_path / name / "model.safetensors"))
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_a_step_of_unscored_completions_changes_nothing(policy, train_set, tmp_path):
    class Broken(TextVerifier):
        name = digest = "broken"

        def mark(self, problem, text, finish_reason):
            return Outcome("unscored", reason="error")

    config = dataclasses.replace(CONFIG, steps=1)
    train(policy, train_set, tmp_path / "out", config=config, verifier=Broken())
    (row,) = json_lines(tmp_path / "out" / "training.jsonl")
    assert row["reward"] is None
    assert row["unscored"] == 8
    before = load_file(f"{policy.path}/model.safetensors")
    after = load_file(tmp_path / "out" / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_rollout_is_what_the_engine_draws(policy, train_set):
    model, tokenizer = load_model(policy, device="cpu")
    engine = TransformersEngine(model, tokenizer, CONFIG.sampling(("c",)), batch_size=8)
    given = [row["prompt"] for row in rows(train_set, policy.prompt)] * 2
    model.train()
    trainer = SimpleNamespace(state=SimpleNamespace(global_step=0))
    found = Rollout(engine, model, seed=0)(given, trainer)
    assert model.training
    assert found["prompt_ids"] == [engine.encode(Prompt(text)) for text in given]
    for ids, text, reason in zip(
        found["completion_ids"], found["text"], found["finish_reason"], strict=True
    ):
        decoded = tokenizer.decode(ids, skip_special_tokens=True)
        assert text == decoded.split("c")[0]
        ended = ids[-1] == tokenizer.eos_token_id or "c" in decoded
        assert reason == ("stop" if ended else "length")


def test_prompts_survive_the_way_through_trl():
    for prompt in (Prompt("A:abc="), Prompt(messages=(("system", "s"), ("user", "q")))):
        assert from_trl(to_trl(prompt)) == prompt


def test_the_data_set_carries_ids_whatever_the_order_of_the_file(train_set):
    backwards = dataclasses.replace(train_set, problems=train_set.problems[::-1])
    assert rows(train_set, PromptSettings()) == rows(backwards, PromptSettings())
    by_id = {problem.id: problem.question for problem in train_set}
    assert {r["problem_id"]: r["prompt"] for r in rows(train_set, PromptSettings())} == by_id


def test_problems_with_too_few_scored_draws_are_left_out_of_the_whole_curve():
    left_out, curve = held_out_curve(np.array([4, 3, 4]), np.array([4, 0, 0]), draws=4)
    assert left_out == 1
    assert [point.value for point in curve] == [0.5, 0.5, 0.5]
    assert held_out_curve(np.array([1]), np.array([0]), draws=2) == (1, ())


@pytest.mark.parametrize("asked", ["no_signal", "stop.json"])
def test_a_stop_that_is_asked_for_ends_training_after_the_step(
    policy, train_set, verifier, tmp_path, asked
):
    out, config = tmp_path / "out", dataclasses.replace(CONFIG, steps=6, save_every=0)
    seen = []

    def progress(done, total, metrics):
        seen.append(done)
        if done == 2 and asked == "no_signal":
            request_stop(out / "watch", Stop("no_signal", "nothing is mixed", 1))
        elif done == 2:
            (out / "watch" / "stop.json").touch()  # by hand

    train(policy, train_set, out, config=config, verifier=verifier, progress=progress)
    kept = read_policy(out)
    assert (kept.step, kept.stopped_by) == (3, asked)
    assert seen == [0, 1, 2, 3]
    again = train(policy, train_set, out, config=config, verifier=verifier)  # it is finished
    assert again.path == str(out)
    assert read_policy(out) == kept
