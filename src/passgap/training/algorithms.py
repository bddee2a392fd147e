"""The algorithms ``train`` offers: which trainer of TRL runs each, and with which of its arguments.

In: an algorithm's name. Out: its trainer and the TRL arguments that match its paper; settings of a
TrainConfig override them. Nothing heavy is imported.

Not covered: DAPO's dynamic sampling and its length penalty (its loss and its clipping are), the
critics of PPO and VinePPO.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Trainer = Literal["grpo", "rloo", "sft"]
Setting = str | float | bool  # of one of TRL's arguments


@dataclass(frozen=True)
class Algorithm:
    """One way to train: TRL's trainer for it, a line with its source, TRL's arguments for it."""

    trainer: Trainer
    about: str
    settings: Mapping[str, Setting] = field(default_factory=dict)


def _grpo(about: str, **settings: Setting) -> Algorithm:
    plain: dict[str, Setting] = {
        "loss_type": "grpo",
        "scale_rewards": "group",
        "importance_sampling_level": "token",
        "epsilon": 0.2,
        "epsilon_high": 0.2,
    }
    return Algorithm("grpo", about, plain | settings)


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        "grpo": _grpo("group-relative advantages, mean loss per completion (arXiv 2402.03300)"),
        "dr_grpo": _grpo(
            "GRPO without its division by length and spread (arXiv 2503.20783)",
            loss_type="dr_grpo",
            scale_rewards="none",
        ),
        "dapo": _grpo(
            "DAPO's token-mean loss and higher upper clip (arXiv 2503.14476)",
            loss_type="dapo",
            epsilon_high=0.28,
        ),
        "gspo": _grpo(
            "GRPO with one importance ratio per completion (arXiv 2507.18071)",
            importance_sampling_level="sequence",
            epsilon=3e-4,
            epsilon_high=4e-4,
        ),
        "cispo": _grpo(
            "clipped importance weights, every token keeps its gradient (arXiv 2506.13585)",
            loss_type="cispo",
            epsilon_high=5.0,
        ),
        "pass_at_k": _grpo(
            "GRPO on the advantage of pass@k (arXiv 2508.10751)", scale_rewards="none"
        ),
        "rloo": Algorithm(
            "rloo",
            "REINFORCE with the mean of the others as baseline (arXiv 2402.14740)",
            {"normalize_advantages": False, "epsilon": 0.2, "epsilon_high": 0.2},
        ),
        "distill": Algorithm("sft", "learn a teacher's verified completions"),
        "rft": Algorithm("sft", "learn the policy's own verified completions (arXiv 2308.01825)"),
    }
)
