"""Training learns, on the lab: GRPO where the base can, distillation where it cannot."""

import json

import pytest

from passgap.data.policies import Policy
from passgap.lab import lab_policy_path, lab_problems
from passgap.training.config import TrainConfig
from passgap.training.run import train

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def lab_base():
    return Policy(str(lab_policy_path("base")))


def rows(folder, name):
    return [json.loads(line) for line in (folder / name).read_text().splitlines()]


def test_fifteen_grpo_steps_raise_the_reward_on_rare(lab_base, tmp_path):
    config = TrainConfig(
        max_tokens=32,
        steps=15,
        learning_rate=3e-4,
        group_size=8,
        prompts_per_step=16,
        device="cpu",
    )
    train(lab_base, lab_problems("rare", split="train", size=200), tmp_path / "p", config=config)
    rewards = [row["reward"] for row in rows(tmp_path / "p", "training.jsonl")]
    assert sum(rewards[-5:]) / 5 > sum(rewards[:5]) / 5 + 0.05


def test_distilling_the_teacher_teaches_the_absent(lab_base, tmp_path):
    config = TrainConfig(
        algorithm="distill",
        max_tokens=32,
        steps=30,
        learning_rate=2e-3,
        group_size=4,
        prompts_per_step=16,
        teacher_draws=1,
        eval_every=0,
        eval_problems=32,
        eval_draws=8,
        device="cpu",
    )
    train(
        lab_base,
        lab_problems("absent", split="train", size=200),
        tmp_path / "p",
        config=config,
        held_out=lab_problems("absent", size=32),
        teacher=Policy(str(lab_policy_path("teacher"))),
    )
    before, after = (row["curve"][0]["value"] for row in rows(tmp_path / "p", "held_out.jsonl"))
    assert before == 0.0
    assert after > 0.05
    lessons = json.loads((tmp_path / "p" / "passgap_policy.json").read_text())["lessons"]
    assert lessons["drawn"] == 200
    assert lessons["kept_share"] > 0.9
