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
        ({"algorithm": "ppo"}, "algorithm is 'ppo'; allowed: grpo, distill"),
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
        ({"seed": True}, "seed is True; allowed: an integer >= 0"),
    ],
)
def test_a_wrong_setting_is_named(wrong, said):
    with pytest.raises(UsageError) as error:
        TrainConfig(**({"max_tokens": 8} | wrong))
    assert said in str(error.value)


def test_a_distilling_step_may_hold_one_completion_a_prompt():
    assert TrainConfig(max_tokens=8, algorithm="distill", group_size=1).completions_per_step == 16


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
