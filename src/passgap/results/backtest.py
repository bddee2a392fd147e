"""What `backtest` returns: how well the rule and its competitors predicted known outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from passgap.plain import plural
from passgap.results.codec import Result
from passgap.results.settings import BacktestSettings


@dataclass(frozen=True)
class BacktestedWith(BacktestSettings):
    """The settings, and how many pairs and models there were."""

    pairs: int = 0
    models: int = 0


@dataclass(frozen=True)
class PairRow:
    """One pair: the base's pass@1, the gain, each predictor, the tilt and its forecast."""

    benchmark: str
    model: str
    pass_at_1: float
    gain: float
    headroom: float
    second_predictor: float
    delta: float
    tilt_forecast: float


@dataclass(frozen=True)
class Screen:
    """A predictor with a cut: how often it was right about whether the training was worth it."""

    predictor: str
    cut: float
    chosen: str
    pairs: int
    right: int
    paid_and_said: int
    paid_and_not_said: int
    said_and_not_paid: int
    neither: int


@dataclass(frozen=True)
class Score:
    """A forecast of the gain: its errors, and the predictor's rank correlation with the gain."""

    predictor: str
    mean_error: float
    largest_error: float
    spearman: float | None = None
    spearman_low: float | None = None
    spearman_high: float | None = None


@dataclass(frozen=True, repr=False)
class Backtest(Result):
    """The scores; print them, or use ``to_dict()``."""

    schema: ClassVar[str] = "passgap.backtest/1"

    settings: BacktestedWith
    pairs: tuple[PairRow, ...]
    screens: tuple[Screen, ...]
    forecasts: tuple[Score, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [
            f"{plural(len(self.pairs), 'pair')}; training was worth it above a gain of "
            f"{self.settings.worth:.2f}"
        ]
        lines += [
            f"  {s.predictor} >= {s.cut:.3f} ({s.chosen}): right on {s.right} of {s.pairs}"
            for s in self.screens
        ]
        lines += [
            f"  {f.predictor}: mean error {f.mean_error:.3f}, rank correlation "
            f"{'unknown' if f.spearman is None else round(f.spearman, 2)}"
            for f in self.forecasts
        ]
        return "\n".join(lines)
