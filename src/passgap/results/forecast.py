"""What a forecast returns: what RLVR will probably make of a base, and what that rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.results.codec import FLAT, OPTIONAL, Result
from passgap.results.estimates import Estimate
from passgap.results.settings import ForecastSettings


@dataclass(frozen=True)
class ForecastAtK:
    """pass@k after training at one k, with a 90% interval for a new run."""

    k: int
    estimate: Annotated[Estimate, FLAT]


@dataclass(frozen=True)
class Forecast:
    """pass@1 and pass@k after training; intervals are for a new run, at ``level``.

    ``basis`` says in a sentence what they rest on, and what was not known.
    """

    pass_at_1: Estimate
    pass_at_k: ForecastAtK | None
    level: float
    basis: str


@dataclass(frozen=True)
class ForecastBase:
    """What the forecast starts from; ``pass_at_3`` is the plain rule's forecast of pass@1."""

    problems: int
    pass_at_1: float
    pass_at_3: float
    large_k: int
    pass_at_large: float


@dataclass(frozen=True)
class LevelInterval:
    """The interval of pass@1 after training at one level."""

    level: float
    low: float
    high: float


@dataclass(frozen=True)
class Payoff:
    """Whether training is worth it: gains are differences of shares.

    ``chance`` is that of a gain above ``worth``. Per GPU-hour and per point only where the hours,
    or their price, are given.
    """

    worth: float
    chance: float
    expected_gain: float
    gain_low: float
    gain_high: float
    gain_per_gpu_hour: Annotated[float | None, OPTIONAL] = None
    cost: Annotated[float | None, OPTIONAL] = None
    cost_per_point: Annotated[float | None, OPTIONAL] = None


@dataclass(frozen=True)
class RuleRecord:
    """How often the plain rule was right about published bases at one worth.

    ``forecast`` counts how often a forecast made without that source was right, ``always`` how
    often "train" would have been.
    """

    worth: float
    bases: int
    right: int
    forecast: int
    always: int


@dataclass(frozen=True)
class RuleBeside:
    """The rule of pass@20 against pass@2, with its record; ``headroom`` null where n is too small.

    ``says`` is whether the headroom is above the cut.
    """

    headroom: float | None
    cut: float
    says: bool | None
    record: tuple[RuleRecord, ...]


@dataclass(frozen=True, repr=False)
class RunForecast(Result):
    """What RLVR will probably make of a base; print it, or use ``to_dict()``."""

    schema: ClassVar[str] = "passgap.forecast/1"

    settings: ForecastSettings
    base: ForecastBase
    forecast: Forecast
    intervals: tuple[LevelInterval, ...]
    payoff: Payoff
    rule: RuleBeside
    notes: tuple[str, ...]

    def __str__(self) -> str:
        one, settings = self.forecast.pass_at_1, self.settings
        lines = [
            f"pass@1 after RLVR: {one.value:.1%} ({one.low:.1%} to {one.high:.1%}, "
            f"{self.forecast.level:.0%} of new runs); now {self.base.pass_at_1:.1%}",
            f"  chance of a gain above {100 * settings.worth:g} points: {self.payoff.chance:.0%}",
        ]
        at = self.forecast.pass_at_k
        if at is not None:
            ends = f"{at.estimate.low:.1%} to {at.estimate.high:.1%}"
            lines.append(
                f"  pass@{at.k}: {at.estimate.value:.1%} ({ends}); now "
                f"{self.base.pass_at_large:.1%}"
            )
        lines.append(f"  plain rule, pass@3 becomes pass@1: {self.base.pass_at_3:.1%}")
        return "\n".join(
            [*lines, f"  {self.forecast.basis}", *(f"  note: {n}" for n in self.notes)]
        )
