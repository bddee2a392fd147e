"""The settings of another trainer: one frozen value whose fields are ``passgap export``'s flags.

In: keyword arguments. Out: settings that have passed every check that needs no trainer. Each
field's metadata holds the ``help`` text of its flag.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TypeVar

from passgap.errors import UsageError
from passgap.launch.algorithms import ALGORITHMS

ROLLOUTS = ("vllm", "sglang")
OF_REWARD = ("max_tokens", "group_size", "eval_draws", "temperature")  # of data and a reward alone
T = TypeVar("T")


def _flag(text: str, default: T, least: float | None = None) -> T:
    return field(default=default, metadata={"help": text, "least": least})


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """The settings of a training run elsewhere; names as in ``passgap train``.

    A step draws ``prompts_per_step * group_size`` completions. ``nodes``, ``gpus`` (per node),
    ``rollout`` and ``tensor_parallel`` say where; TRL's script leaves that to its launcher. Only
    verl's job has other algorithms than GRPO.

    Raises UsageError for a value that cannot be carried out, naming it and what is allowed.
    """

    max_tokens: int = field(
        metadata={"help": "Largest number of new tokens per completion.", "least": 1}
    )
    algorithm: str = _flag(", ".join(ALGORITHMS) + ".", "grpo")
    steps: int = _flag("Optimizer steps.", 100, least=1)
    learning_rate: float = _flag("AdamW's learning rate.", 1e-6)
    group_size: int = _flag("Completions per prompt in one step (GRPO's G).", 8, least=2)
    prompts_per_step: int = _flag("Distinct prompts in one step.", 16, least=1)
    temperature: float = _flag("Sampling temperature during training.", 1.0)
    beta: float = _flag(
        "Weight of the KL term that keeps the policy close to its base.", 0.0, least=0
    )
    seed: int = _flag("Seed of the problem order and of sampling.", 0, least=0)
    eval_every: int = _flag("Steps between validations; 0: none during training.", 20, least=0)
    eval_draws: int = _flag("Samples per held-out problem in each validation.", 16, least=2)
    save_every: int = _flag("Steps between checkpoints; 0: none.", 50, least=0)
    max_prompt_tokens: int = _flag("Longest prompt, in tokens.", 1024, least=1)
    nodes: int = _flag("Number of machines in the Ray cluster.", 1, least=1)
    gpus: int = _flag("GPUs per machine.", 8, least=1)
    rollout: str = _flag("Sampling engine during training: vllm or sglang.", "vllm")
    tensor_parallel: int = _flag("GPUs per sampling engine.", 1, least=1)

    def __post_init__(self) -> None:
        for one in fields(self):
            value, least = getattr(self, one.name), one.metadata["least"]
            if least is not None and value < least:
                kind = "a number" if one.type == "float" else "an integer"
                raise UsageError(f"{one.name} is {value}; allowed: {kind} >= {least}")
        if not 0 < self.learning_rate < 1 or not self.temperature > 0:
            raise UsageError(
                f"learning_rate is {self.learning_rate:g} and temperature {self.temperature:g}; "
                "allowed: a learning rate between 0 and 1 (such as 1e-6), a temperature > 0"
            )
        if self.algorithm not in ALGORITHMS:
            raise UsageError(f"algorithm is {self.algorithm!r}; allowed: {', '.join(ALGORITHMS)}")
        if self.rollout not in ROLLOUTS:
            raise UsageError(f"rollout is {self.rollout!r}; allowed: {', '.join(ROLLOUTS)}")
        if self.gpus_in_all % self.tensor_parallel:
            raise UsageError(
                f"tensor_parallel is {self.tensor_parallel}; allowed: a divisor of the "
                f"{self.gpus_in_all} GPUs"
            )
        if self.completions_per_step % self.gpus_in_all:
            raise UsageError(
                f"a step has {self.completions_per_step} completions (prompts_per_step "
                f"{self.prompts_per_step} x group_size {self.group_size}); allowed: a multiple of "
                f"the {self.gpus_in_all} GPUs (nodes x gpus)"
            )

    @property
    def completions_per_step(self) -> int:
        """Completions per optimizer step."""
        return self.prompts_per_step * self.group_size

    @property
    def gpus_in_all(self) -> int:
        """GPUs of all nodes."""
        return self.nodes * self.gpus
