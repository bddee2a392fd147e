"""What a training run is asked to do: one frozen value whose fields are the CLI's flags.

In: keyword arguments. Out: a config that has passed every check that needs no model. Each field's
metadata holds the ``help`` text of its flag (``group_size`` is ``--group-size``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from passgap.errors import UsageError
from passgap.types import SamplingParams

ALGORITHMS = ("grpo", "distill")
DEVICES = ("auto", "cpu", "cuda")


def _flag(text: str, default: Any) -> Any:
    return field(default=default, metadata={"help": text})


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """Everything that decides a training run besides the policy and the problems.

    A step uses ``prompts_per_step * group_size`` completions: drawn from the policy (``grpo``), or
    taken from the teacher's verified ones (``distill``).

    Raises
    ------
    UsageError
        For a value that cannot be carried out, naming it and what is allowed.
    """

    max_tokens: int = field(metadata={"help": "Longest completion, in new tokens."})
    algorithm: str = _flag("grpo, or distill (learn a teacher's verified completions).", "grpo")
    steps: int = _flag("Optimizer steps.", 100)
    learning_rate: float = _flag("AdamW's learning rate.", 1e-5)
    group_size: int = _flag("Completions a prompt in one step (GRPO's G).", 8)
    prompts_per_step: int = _flag("Distinct prompts in one step.", 16)
    batch_size: int | None = _flag(
        "Completions in memory at once; default: all of a step. Divides the step.", None
    )
    temperature: float = _flag("Sampling temperature while training.", 1.0)
    beta: float = _flag("Weight of the KL term that holds the policy near its base.", 0.0)
    seed: int = _flag("Seed of order, sampling and everything else random.", 0)
    eval_every: int = _flag(
        "Steps between measurements on held-out problems; 0: only before and after.", 20
    )
    eval_draws: int = _flag("Draws a held-out problem in each measurement.", 16)
    eval_problems: int = _flag("Held-out problems in each measurement.", 64)
    save_every: int = _flag("Steps between checkpoints, each a policy folder; 0: none.", 0)
    teacher_draws: int = _flag("Draws a problem from the teacher (distill).", 4)
    device: str = _flag("auto, cpu or cuda.", "auto")

    def __post_init__(self) -> None:
        for name, (holds, allowed) in _RULES.items():
            value = getattr(self, name)
            if not holds(value):
                raise UsageError(f"{name} is {value!r}; allowed: {allowed}")
        if self.algorithm == "grpo" and self.group_size < 2:
            raise UsageError(
                f"group_size is {self.group_size}; allowed: an integer >= 2, since GRPO compares "
                "completions of one prompt with each other"
            )
        if self.batch_size is not None and self.completions_per_step % self.batch_size:
            raise UsageError(
                f"batch_size is {self.batch_size}; allowed: a divisor of the step's "
                f"{self.completions_per_step} completions (prompts_per_step {self.prompts_per_step}"
                f" x group_size {self.group_size})"
            )

    @property
    def completions_per_step(self) -> int:
        """Completions one optimizer step learns from."""
        return self.prompts_per_step * self.group_size

    @property
    def completions_at_once(self) -> int:
        """Completions in memory together."""
        return self.batch_size or self.completions_per_step

    def sampling(self, stop: tuple[str, ...]) -> SamplingParams:
        """How the policy is sampled while it trains; everything explicit."""
        return SamplingParams(self.max_tokens, self.temperature, top_p=1.0, top_k=0, stop=stop)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def _whole(least: int) -> tuple[Callable[[Any], bool], str]:
    def holds(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    return holds, f"an integer >= {least}"


def _real(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "algorithm": (lambda v: v in ALGORITHMS, ", ".join(ALGORITHMS)),
    "device": (lambda v: v in DEVICES, ", ".join(DEVICES)),
    "learning_rate": (lambda v: _real(v) and 0 < v < 1, "a number between 0 and 1, such as 1e-5"),
    "temperature": (lambda v: _real(v) and v > 0, "a number > 0 (1.0 samples the policy itself)"),
    "beta": (lambda v: _real(v) and v >= 0, "a number >= 0 (0 turns the KL term off)"),
    "batch_size": (lambda v: v is None or _whole(1)[0](v), "an integer >= 1, or none"),
    **{
        name: _whole(1)
        for name in (
            "max_tokens",
            "steps",
            "group_size",
            "prompts_per_step",
            "eval_draws",
            "eval_problems",
            "teacher_draws",
        )
    },
    **{name: _whole(0) for name in ("seed", "eval_every", "save_every")},
}
