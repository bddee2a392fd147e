"""Every algorithm trains a tiny model for real, and differs from GRPO where its paper does."""

import dataclasses
import json
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

import torch
from safetensors.torch import load_file

from passgap.data.policies import Policy
from passgap.engines.transformers import load_model
from passgap.runs.watch import read_watch
from passgap.training.algorithms import ALGORITHMS
from passgap.training.config import TrainConfig
from passgap.training.run import train

pytestmark = pytest.mark.slow

CONFIG = TrainConfig(
    max_tokens=5,
    steps=4,
    group_size=8,
    prompts_per_step=2,
    num_iterations=2,
    learning_rate=3e-3,
    eval_every=0,
    device="cpu",
)
ONLINE = [name for name, algorithm in ALGORITHMS.items() if algorithm.trainer != "sft"]


def weights(policy):
    return torch.cat([w.flatten() for w in load_file(f"{policy.path}/model.safetensors").values()])


def log(policy):
    lines = Path(policy.path, "training.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def trained(base, train_set, verifier, tmp_path_factory):
    """Each online algorithm's policy, from one base and one seed."""
    found = {}
    for name in ONLINE:
        out = tmp_path_factory.mktemp("algorithms") / name
        config = dataclasses.replace(CONFIG, algorithm=name)
        found[name] = train(base, train_set, out, config=config, verifier=verifier)
    return found


def test_each_algorithm_moves_the_policy_its_own_way(trained, base):
    moved = {name: weights(policy) for name, policy in trained.items()}
    assert all(not torch.equal(found, weights(base)) for found in moved.values())
    names = list(moved)
    for i, name in enumerate(names):
        for other in names[i + 1 :]:
            assert not torch.equal(moved[name], moved[other]), f"{name} is {other}"


@pytest.mark.parametrize("name", ONLINE)
def test_trl_is_told_what_makes_the_algorithm(trained, name):
    told = json.loads(Path(trained[name].path, "trainer", "trl_args.json").read_text())
    wanted = dict(ALGORITHMS[name].settings) | {"num_iterations": 2, "num_generations": 8}
    assert {key: told[key] for key in wanted} == wanted


@pytest.mark.parametrize("name", ONLINE)
def test_every_completion_is_watched(trained, name):
    """Two draws of 16 completions: each serves two steps."""
    rows = read_watch(f"{trained[name].path}/watch")
    assert rows.height == 32
    assert sorted(rows["step"].unique()) == [0, 2]
    assert set(rows["finish_reason"]) <= {"stop", "length"}
    assert rows["tokens"].is_between(1, 5).all()
    steps = log(trained[name])
    at_first = rows.filter(rows["step"] == 0, rows["status"] != "unscored")
    assert steps[0]["reward"] == pytest.approx((at_first["status"] == "correct").mean())


def test_rejection_sampling_learns_the_policys_own_correct_completions(
    base, train_set, verifier, tmp_path
):
    config = dataclasses.replace(CONFIG, algorithm="rft", num_iterations=1, teacher_draws=64)
    policy = train(base, train_set, tmp_path / "o", config=config, verifier=verifier)
    data = json.loads((tmp_path / "o" / "passgap_policy.json").read_text())
    assert data["lessons"]["drawn"] == 256
    assert data["lessons"]["kept"] > 0
    assert data["teacher"] is None
    assert not torch.equal(weights(policy), weights(base))


@pytest.mark.parametrize("algorithm", ["grpo", "rft"])
def test_lora_trains_adapters_and_writes_whole_weights(
    base, train_set, held_out, verifier, tmp_path, algorithm
):
    config = dataclasses.replace(
        CONFIG,
        algorithm=algorithm,
        num_iterations=1,
        lora_rank=2,
        beta=0.0 if algorithm == "rft" else 0.05,
        teacher_draws=64,
        eval_every=2,
        eval_draws=2,
        save_every=2,
    )
    out = tmp_path / "o"
    policy = train(base, train_set, out, config=config, held_out=held_out, verifier=verifier)
    assert (out / "adapter" / "adapter_model.safetensors").is_file()
    before = load_file(f"{base.path}/model.safetensors")
    after = load_file(out / "model.safetensors")
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed
    assert all("proj" in name for name in changed), "linear layers only"
    for name in changed:
        rank = torch.linalg.matrix_rank((after[name] - before[name]).double(), rtol=1e-4)
        assert 1 <= rank <= 2, name
    load_model(policy, device="cpu")
    halfway = weights(Policy(str(out / "checkpoint-2")))
    assert not torch.equal(halfway, weights(base))
    assert not torch.equal(halfway, weights(policy))


def test_a_random_reward_is_not_what_the_log_calls_reward(base, train_set, verifier, tmp_path):
    config = dataclasses.replace(CONFIG, reward="random", num_iterations=1)
    policy = train(base, train_set, tmp_path / "o", config=config, verifier=verifier)
    rows = read_watch(tmp_path / "o" / "watch")
    scored = rows.filter(rows["status"] != "unscored")
    assert 0.2 < scored["reward"].mean() < 0.8
    assert ((scored["status"] == "correct") != (scored["reward"] == 1)).any()
    steps = log(policy)
    first = scored.filter(scored["step"] == 0)
    assert steps[0]["reward"] == pytest.approx((first["status"] == "correct").mean())
