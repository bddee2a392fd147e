"""What sampling gives without training, compared with the trained policy if there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from passgap.results.codec import FLAT
from passgap.results.estimates import Estimate

T = TypeVar("T")


@dataclass(frozen=True)
class AloneAt:
    """One run of the base at one k: tokens, best-of-k, and the majority vote where there is one."""

    k: int
    tokens: Estimate
    pass_at_k: Estimate
    maj_at_k: Estimate | None


@dataclass(frozen=True)
class EqualTokens:
    """One try of the trained policy minus what the base does with no more tokens."""

    k: int
    best_of: Estimate
    majority: Estimate | None


@dataclass(frozen=True)
class Reaches:
    """The smallest k at which the base equals one try of the trained policy.

    ``low`` is the smallest k at which the band allows it, ``high`` the smallest at which the band
    shows it; None where no k up to ``n`` does.
    """

    k: int | None
    low: int | None
    high: int | None
    n: int
    tokens: float | None


@dataclass(frozen=True)
class BreakEven:
    """Questions after which training has cost fewer tokens; None: never, or unknown."""

    value: float | None
    low: float | None
    high: float | None
    extra_tokens: float | None


@dataclass(frozen=True)
class ByMethod(Generic[T]):
    """One value for best-of-k and one for the vote, None where answers cannot be put to a vote."""

    best_of: T
    majority: T | None


@dataclass(frozen=True)
class AgainstTrained:
    """One run of the base compared with one try of the trained policy."""

    equal_tokens: EqualTokens | None
    reaches: ByMethod[Reaches]
    break_even: ByMethod[BreakEven]


@dataclass(frozen=True)
class AloneArm:
    """One run: its temperature, its draws per problem, and a row for each k."""

    name: str
    temperature: float | None
    n: int
    rows: tuple[AloneAt, ...]


@dataclass(frozen=True)
class AloneBase(AloneArm):
    """A run of the base; ``against`` is None before training."""

    against: Annotated[AgainstTrained | None, FLAT]


@dataclass(frozen=True)
class TrainingTokens:
    """What a training run sampled."""

    completions: int
    mean_tokens: float
    tokens: float


@dataclass(frozen=True)
class SamplingAlone:
    """What sampling gives without training; ``arms`` are the base's runs, its own first.

    ``trained`` and ``training`` are None before training.
    """

    arms: tuple[AloneBase, ...]
    trained: AloneArm | None
    training: TrainingTokens | None
    notes: tuple[str, ...]
