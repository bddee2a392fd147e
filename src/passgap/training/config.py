"""The settings of a training run: one frozen value whose fields are the CLI's flags.

In: keyword arguments. Out: a config that has passed every check that needs no model. Each field's
metadata holds the ``help`` text of its flag (``group_size`` is ``--group-size``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from typing import TypeGuard, TypeVar

from passgap.data.policies import SamplingParams
from passgap.errors import UsageError
from passgap.results.codec import Encoded
from passgap.training.algorithms import ALGORITHMS, Algorithm, Setting

DEVICES = ("auto", "cpu", "cuda")
REWARDS = ("verifier", "random", "format")
LOSS_TYPES = ("grpo", "dr_grpo", "dapo", "bnpo", "cispo", "sapo", "luspo", "vespo")
SCALES = ("group", "batch", "none")
LEVELS = ("token", "sequence")
GENERATION = ("transformers", "vllm")
T = TypeVar("T")
Rule = tuple[Callable[[object], bool], str]  # the condition on a value, and in words


def _whole(least: int) -> Rule:
    def holds(value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and value >= least

    return holds, f"an integer >= {least}"


def _real(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _one_of(names: Iterable[str]) -> Rule:
    known = tuple(names)
    return (lambda v: v in known), ", ".join(known)


def _maybe(rule: Rule) -> Rule:
    return (lambda v: v is None or rule[0](v)), f"{rule[1]}, or none"


def _are_names(value: object) -> bool:
    if not isinstance(value, Iterable) or isinstance(value, str):
        return False
    return all(isinstance(name, str) and name for name in value)


COUNT, FROM_0 = _whole(1), _whole(0)
POSITIVE: Rule = (lambda v: _real(v) and v > 0, "a number > 0")
SHARE: Rule = (lambda v: _real(v) and 0 < v < 1, "a number between 0 and 1")
RATE: Rule = (SHARE[0], f"{SHARE[1]}, such as 1e-5")
TEMPERATURE: Rule = (POSITIVE[0], f"{POSITIVE[1]} (1.0 samples the policy itself)")
BETA: Rule = (lambda v: _real(v) and v >= 0, "a number >= 0 (0 turns the KL term off)")
TRACKERS: Rule = (_are_names, "names of trackers that transformers knows, such as tensorboard")
CLIPS = ("epsilon", "epsilon_high")


def _flag(text: str, default: T, rule: Rule) -> T:
    return field(default=default, metadata={"help": text, "rule": rule})


@dataclass(frozen=True, kw_only=True)
class TrainConfig(Encoded):
    """Everything that determines a training run besides the policy and the problems.

    A step uses ``prompts_per_step * group_size`` completions, over all processes: sampled from the
    policy, or taken from verified ones (``distill``, ``rft``). If a setting is None, the
    algorithm's own value is used (``training.algorithms``).

    Raises
    ------
    UsageError
        For a value that cannot be carried out, naming it and what is allowed.
    """

    max_tokens: int = field(
        metadata={"help": "Largest number of new tokens per completion.", "rule": COUNT}
    )
    algorithm: str = _flag(", ".join(ALGORITHMS) + ".", "grpo", _one_of(ALGORITHMS))
    steps: int = _flag("Optimizer steps.", 100, COUNT)
    learning_rate: float = _flag("AdamW's learning rate.", 1e-5, RATE)
    group_size: int = _flag("Completions per prompt in one step (GRPO's G).", 8, COUNT)
    prompts_per_step: int = _flag("Distinct prompts in one step.", 16, COUNT)
    batch_size: int | None = _flag(
        "Completions in a process's memory at once, a divisor of the step; default: all of the "
        "step.",
        None,
        _maybe(COUNT),
    )
    temperature: float = _flag("Sampling temperature during training.", 1.0, TEMPERATURE)
    beta: float = _flag("Weight of the KL term that keeps the policy close to its base.", 0.0, BETA)
    num_iterations: int = _flag("Optimizer steps on the same completions.", 1, COUNT)
    loss_type: str | None = _flag(
        "TRL's loss_type; default: the algorithm's.", None, _maybe(_one_of(LOSS_TYPES))
    )
    scale_rewards: str | None = _flag(
        "Scale advantages by the spread of the group, the batch, or none; default: the "
        "algorithm's.",
        None,
        _maybe(_one_of(SCALES)),
    )
    importance_sampling_level: str | None = _flag(
        "Importance ratio per token or per sequence; default: the algorithm's.",
        None,
        _maybe(_one_of(LEVELS)),
    )
    epsilon: float | None = _flag(
        "Lower clip of the ratio; default: the algorithm's.", None, _maybe(POSITIVE)
    )
    epsilon_high: float | None = _flag(
        "Upper clip of the ratio; default: the algorithm's.", None, _maybe(POSITIVE)
    )
    pass_k: int = _flag("The k that pass_at_k trains for; less than group_size.", 4, COUNT)
    reward: str = _flag(
        "Reward: verifier, or a control: random (a coin flip) or format (any extractable answer).",
        "verifier",
        _one_of(REWARDS),
    )
    generation: str = _flag(
        "Sampling engine during training: transformers, or vllm (inside each GPU process).",
        "transformers",
        _one_of(GENERATION),
    )
    vllm_memory: float = _flag("Share of the GPU's memory that vllm may use.", 0.3, SHARE)
    lora_rank: int = _flag(
        "Rank of LoRA adapters on every linear layer; 0: all weights.", 0, FROM_0
    )
    lora_alpha: int | None = _flag("LoRA's alpha; default: twice the rank.", None, _maybe(COUNT))
    seed: int = _flag("Seed of the problem order, sampling and everything else random.", 0, FROM_0)
    eval_every: int = _flag(
        "Steps between measurements on held-out problems; 0: only before and after.", 20, FROM_0
    )
    eval_draws: int = _flag("Samples per held-out problem in each measurement.", 16, COUNT)
    eval_problems: int = _flag("Held-out problems in each measurement.", 64, COUNT)
    save_every: int = _flag("Steps between checkpoints, each a policy folder; 0: none.", 0, FROM_0)
    resume_every: int = _flag(
        "Steps between saved states from which a killed training resumes; 0: none.", 50, FROM_0
    )
    teacher_draws: int = _flag(
        "Samples per problem from the teacher (distill) or itself (rft).", 4, COUNT
    )
    report_to: tuple[str, ...] = _flag(
        "Also report to this tracker: tensorboard, wandb, mlflow, ..; repeatable.", (), TRACKERS
    )
    device: str = _flag("Device: auto, cpu or cuda.", "auto", _one_of(DEVICES))

    def __post_init__(self) -> None:
        for one in fields(self):
            holds, allowed = one.metadata["rule"]
            value = getattr(self, one.name)
            if not holds(value):
                raise UsageError(f"{one.name} is {value!r}; allowed: {allowed}")
        object.__setattr__(self, "report_to", tuple(self.report_to))
        _check_together(self)

    @property
    def method(self) -> Algorithm:
        """The algorithm by its name."""
        return ALGORITHMS[self.algorithm]

    @property
    def algorithm_settings(self) -> dict[str, Setting]:
        """TRL's arguments of the algorithm, overridden by the settings here."""
        own = dict(self.method.settings)
        return own | {
            name: given for name in own if (given := getattr(self, name, None)) is not None
        }

    @property
    def completions_per_step(self) -> int:
        """Completions per optimizer step."""
        return self.prompts_per_step * self.group_size

    @property
    def completions_at_once(self) -> int:
        """Completions in memory together."""
        return self.batch_size or self.completions_per_step

    def sampling(self, stop: tuple[str, ...]) -> SamplingParams:
        """How the policy is sampled during training; everything explicit."""
        return SamplingParams(self.max_tokens, self.temperature, top_p=1.0, top_k=0, stop=stop)


def _check_together(config: TrainConfig) -> None:
    """Refuse values that are fine alone but not together."""
    trainer = config.method.trainer
    if trainer != "sft" and config.group_size < 2:
        raise UsageError(
            f"group_size is {config.group_size}; allowed: an integer >= 2, since "
            f"{config.algorithm} compares completions of the same prompt"
        )
    if config.batch_size is not None and config.completions_per_step % config.batch_size:
        raise UsageError(
            f"batch_size is {config.batch_size}; allowed: a divisor of the step's "
            f"{config.completions_per_step} completions (prompts_per_step "
            f"{config.prompts_per_step} x group_size {config.group_size})"
        )
    for name in ("loss_type", "scale_rewards", "importance_sampling_level", *CLIPS):
        value = getattr(config, name)
        if value is not None and name not in config.method.settings:
            raise UsageError(f"{name} is {value!r}; allowed with {config.algorithm}: not set")
    if trainer == "sft":
        for name, only in {
            "num_iterations": 1,
            "reward": "verifier",
            "beta": 0.0,
            "generation": "transformers",
        }.items():
            if getattr(config, name) != only:
                raise UsageError(
                    f"{name} is {getattr(config, name)!r}; allowed with {config.algorithm}: {only}"
                )
    if config.algorithm == "pass_at_k":
        if config.pass_k >= config.group_size:
            raise UsageError(
                f"pass_k is {config.pass_k}; allowed: less than group_size ({config.group_size}), "
                "since a group with only one subset of size k has nothing to compare"
            )
        if config.reward != "verifier" or config.algorithm_settings["scale_rewards"] != "none":
            raise UsageError(
                "pass_at_k computes its own advantages; allowed with it: reward verifier, "
                "scale_rewards none"
            )
    if config.resume_every % config.num_iterations:
        raise UsageError(
            f"resume_every is {config.resume_every}; allowed: a multiple of num_iterations "
            f"({config.num_iterations}), where new completions are drawn"
        )
    if config.lora_alpha is not None and not config.lora_rank:
        raise UsageError(f"lora_alpha is {config.lora_alpha}; allowed with lora_rank >= 1")
