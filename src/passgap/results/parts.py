"""Parts that several results share: a pair of arms, an estimate at a k, shares, luck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Generic, Literal, TypeVar

from passgap.results.codec import FLAT, OPTIONAL
from passgap.results.estimates import Curve, Estimate

T = TypeVar("T")
Interval = Literal["population", "fixed"]
MOST_LUCK = 0.05
MOST_SHARE = 0.5


@dataclass(frozen=True)
class Both(Generic[T]):
    """One value for the base and one for the trained policy."""

    base: T
    trained: T


@dataclass(frozen=True)
class At:
    """An estimate at one k."""

    k: int
    estimate: Annotated[Estimate, FLAT]


@dataclass(frozen=True)
class AnswerShares:
    """Shares of the scored draws: without an extractable answer, and cut by max_tokens."""

    no_answer_share: float
    truncated_share: float | None


@dataclass(frozen=True)
class HistogramBin:
    """How many problems have a share correct in (low, high]; exactly 0 and exactly 1 are separate.

    ``trained`` is None where there is only a base.
    """

    low: float
    high: float
    base: int
    trained: Annotated[int | None, OPTIONAL] = None


@dataclass(frozen=True, eq=False)
class Luck:
    """What guessing gives at each listed k, and pass@k without it.

    ``at_k_large`` is guessing's pass@K at the verdict's K, ``share`` its share of the observed one.
    """

    curve: Curve
    corrected: Curve
    source: str
    at_k_large: float
    share: float

    @property
    def decides(self) -> bool:
        """Whether luck at the verdict's K is above 5 points and half of pass@K."""
        return self.at_k_large > MOST_LUCK and self.share > MOST_SHARE
