"""What the backtest on the published pairs returns: errors of the forecast and of plain rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from passgap.plain import plural
from passgap.results.backtest import Screen
from passgap.results.codec import Result
from passgap.results.forecast import RuleRecord


@dataclass(frozen=True)
class ScoredWith:
    """The seed of the bootstrap, and the levels of ``held``."""

    seed: int
    levels: tuple[float, ...]


@dataclass(frozen=True)
class CorpusSize:
    """How much there is: pairs, who trained, measurements of a base, base models, families."""

    pairs: int
    sources: int
    bases: int
    base_models: int
    families: int


@dataclass(frozen=True)
class Subset:
    """The rows that a score is of: ``start`` and ``domain``, or ``all``."""

    start: str
    domain: str


@dataclass(frozen=True)
class ForecastScore:
    """A method's errors on what it had not seen; rows of one measured base count as one.

    ``left_out`` is what was left out together, ``held`` the share of outcomes inside the intervals
    of each level, ``width`` the mean width of the 90% interval. ``worse_by`` is the mean error less
    that of the forecast on the same rows; it and ``mean_error`` have 95% bootstrap intervals over
    what was left out.
    """

    left_out: str
    method: str
    target: str
    subset: Subset
    pairs: int
    bases: int
    mean_error: float
    mean_error_low: float
    mean_error_high: float
    median_error: float
    bias: float
    held: tuple[float, ...]
    width: float
    worse_by: float
    worse_by_low: float
    worse_by_high: float


@dataclass(frozen=True)
class ForecastRow:
    """One pair: pass@1 before and after, its forecast made without it, and a 90% interval.

    ``held`` is whether the outcome, smoothed by half a problem, lies in the interval.
    """

    id: str
    start: str
    off_domain: bool
    base: float
    trained: float
    forecast: float
    low: float
    high: float
    held: bool


@dataclass(frozen=True, repr=False)
class ForecastScores(Result):
    """The scores; print them, or use ``to_dict()``.

    ``rule`` is the record of the rule at several worths, ``screens`` that of its cut and of cuts
    fitted on other base models, at the worth of `BacktestSettings`.
    """

    schema: ClassVar[str] = "passgap.forecast_scores/1"

    settings: ScoredWith
    corpus: CorpusSize
    scores: tuple[ForecastScore, ...]
    rule: tuple[RuleRecord, ...]
    screens: tuple[Screen, ...]
    rows: tuple[ForecastRow, ...]
    notes: tuple[str, ...]

    def of(self, left_out: str, target: str = "pass@1") -> tuple[ForecastScore, ...]:
        """The scores over all rows with this left out."""
        return tuple(
            one
            for one in self.scores
            if (one.left_out, one.target, one.subset.start) == (left_out, target, "all")
        )

    def __str__(self) -> str:
        size = self.corpus
        lines = [
            f"{plural(size.pairs, 'pair')} of {plural(size.sources, 'source')}, "
            f"{plural(size.bases, 'measurement')} of a base; mean error in points, one count per "
            "measurement"
        ]
        for scheme in ("source", "base model", "family"):
            lines.append(f"leaving out each {scheme}:")
            lines += [
                f"  {one.method:<36} {100 * one.mean_error:5.1f}   90% held {one.held[-1]:.0%}, "
                f"width {100 * one.width:.0f}"
                for one in self.of(scheme)
            ]
        return "\n".join(lines)


@dataclass(frozen=True, repr=False)
class AddedPairs(Result):
    """New pairs beside what the forecast said of them; ``held`` counts the 90% intervals."""

    schema: ClassVar[str] = "passgap.added_pairs/1"

    rows: tuple[ForecastRow, ...]
    mean_error: float
    held: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{plural(len(self.rows), 'new pair')}: mean error {100 * self.mean_error:.1f} points, "
            f"{self.held} inside the 90% interval"
        )
