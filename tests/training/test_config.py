"""Wrong settings are told before anything is loaded, each with its value and what is allowed."""

import dataclasses
import subprocess
import sys

import pytest

from passgap.errors import UsageError
from passgap.training.config import TrainConfig


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"algorithm": "ppo"}, "algorithm is 'ppo'; allowed: grpo, dr_grpo, dapo, gspo"),
        ({"steps": 0}, "steps is 0; allowed: an integer >= 1"),
        ({"steps": 1.5}, "steps is 1.5; allowed: an integer >= 1"),
        ({"max_tokens": 0}, "max_tokens is 0; allowed: an integer >= 1"),
        ({"learning_rate": 0}, "learning_rate is 0; allowed: a number between 0 and 1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"temperature": 0.0}, "temperature is 0.0; allowed: a number > 0"),
        ({"beta": -1}, "beta is -1; allowed: a number >= 0"),
        ({"group_size": 1}, "group_size is 1; allowed: an integer >= 2"),
        ({"batch_size": 7}, "batch_size is 7; allowed: a divisor of the step's 128 completions"),
        ({"device": "tpu"}, "device is 'tpu'; allowed: auto, cpu, cuda"),
        ({"eval_every": -1}, "eval_every is -1; allowed: an integer >= 0"),
        ({"reward": "length"}, "reward is 'length'; allowed: verifier, random, format"),
        ({"loss_type": "ppo"}, "loss_type is 'ppo'; allowed: grpo, dr_grpo"),
        ({"epsilon": 0}, "epsilon is 0; allowed: a number > 0, or none"),
        ({"algorithm": "rloo", "loss_type": "grpo"}, "allowed with rloo: not set"),
        ({"algorithm": "rft", "reward": "random"}, "allowed with rft: verifier"),
        ({"algorithm": "rft", "num_iterations": 2}, "num_iterations is 2; allowed with rft: 1"),
        ({"algorithm": "pass_at_k", "pass_k": 8}, "pass_k is 8; allowed: less than group_size (8)"),
        ({"beta": float("inf")}, "beta is inf; allowed: a number >= 0"),
        ({"algorithm": "pass_at_k", "reward": "random"}, "pass_at_k computes its own advantages"),
        ({"num_iterations": 4}, "resume_every is 50; allowed: a multiple of num_iterations (4)"),
        ({"lora_alpha": 8}, "lora_alpha is 8; allowed with lora_rank >= 1"),
        ({"report_to": "wandb"}, "report_to is 'wandb'; allowed: names of trackers"),
        ({"seed": True}, "seed is True; allowed: an integer >= 0"),
    ],
)
def test_a_wrong_setting_is_named(wrong, said):
    with pytest.raises(UsageError) as error:
        TrainConfig(**({"max_tokens": 8} | wrong))
    assert said in str(error.value)


def test_a_distilling_step_may_hold_one_completion_a_prompt():
    assert TrainConfig(max_tokens=8, algorithm="distill", group_size=1).completions_per_step == 16


@pytest.mark.parametrize(
    ("algorithm", "wanted"),
    [
        ("grpo", {"loss_type": "grpo", "scale_rewards": "group", "epsilon_high": 0.2}),
        ("dr_grpo", {"loss_type": "dr_grpo", "scale_rewards": "none"}),
        ("dapo", {"loss_type": "dapo", "epsilon": 0.2, "epsilon_high": 0.28}),
        ("gspo", {"importance_sampling_level": "sequence", "epsilon": 3e-4}),
        ("cispo", {"loss_type": "cispo", "epsilon_high": 5.0}),
        ("pass_at_k", {"scale_rewards": "none"}),
        ("rloo", {"normalize_advantages": False}),
    ],
)
def test_an_algorithm_is_what_its_paper_says(algorithm, wanted):
    found = TrainConfig(max_tokens=8, algorithm=algorithm).algorithm_settings
    assert {name: found[name] for name in wanted} == wanted


def test_what_is_set_goes_before_the_algorithms_own():
    config = TrainConfig(max_tokens=8, algorithm="dapo", epsilon_high=0.4, scale_rewards="batch")
    found = config.algorithm_settings
    assert (found["loss_type"], found["epsilon_high"]) == ("dapo", 0.4)
    assert found["scale_rewards"] == "batch"


def test_the_completion_limit_has_no_default():
    with pytest.raises(TypeError, match="max_tokens"):
        TrainConfig()


def test_every_setting_explains_itself():
    assert all(field.metadata["help"] for field in dataclasses.fields(TrainConfig))


def test_sampling_is_explicit():
    sampling = TrainConfig(max_tokens=8, temperature=0.7).sampling(("Question:",))
    assert sampling.to_dict() == {
        "max_tokens": 8,
        "temperature": 0.7,
        "top_p": 1.0,
        "top_k": 0,
        "stop": ["Question:"],
    }


def test_the_config_loads_nothing_heavy():
    code = "import sys, passgap.training as t; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"torch", "transformers", "trl", "datasets"} & set(loaded)
