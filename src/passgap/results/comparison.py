"""What `compare` returns: the verdict after training with everything it is based on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from passgap.results.codec import FLAT, IN_CURVE, Result
from passgap.results.estimates import Curve, Estimate
from passgap.results.parts import AnswerShares, At, Both, HistogramBin, Interval, Luck
from passgap.results.sampling_alone import SamplingAlone
from passgap.results.trajectories import TrajectoriesCompared
from passgap.results.verdict import Verdict

Change = Literal["up", "down", "unclear"]
TiltReading = Literal["tilt", "uneven", "more"]


@dataclass(frozen=True)
class ComparedWith:
    """The settings a comparison was made with, the large k filled in."""

    margin: float
    k_small: int
    k_large: int
    interval: Interval
    confidence_level: float
    budget: int
    max_odds: float
    seed: int
    intersect: bool
    allow_different_prompts: bool
    trained_on: bool | None
    false_positive_rate: float | None
    accept_luck: bool
    drop_short: bool = False


@dataclass(frozen=True)
class Novel:
    """Problems that only one arm solves, and whether sharpening could explain them.

    Parameters
    ----------
    shown
        ``p_value`` is at most .05; among several slices, at most the level Holm's procedure gives.
    p_value
        p-value of the null that no problem's odds were multiplied by more than ``max_odds``.
    max_odds
        As requested, or more where the odds moved unevenly on problems that both arms solve.
    excluded_odds
        The largest factor that is excluded; 1 where none is.
    problems
        Number of problems that show it.
    """

    shown: bool
    p_value: float
    max_odds: float
    excluded_odds: float
    problems: int


@dataclass(frozen=True)
class GainSource:
    """The gain in pass@1 on problems that the base solves in other draws, and on the rest.

    ``share_reached`` is the first as a share of the whole gain, nan where no gain is shown.
    """

    reached: Estimate
    not_reached: Estimate
    share_reached: Estimate


@dataclass(frozen=True)
class Crossover:
    """The smallest k, after one where the trained policy is ahead, at which it is behind.

    ``low`` and ``high`` are the first k at which it may be behind and the first at which it is, by
    the simultaneous band; None where there is none up to n.
    """

    k: int
    low: int | None
    high: int | None


@dataclass(frozen=True)
class Support:
    """Support measures of arXiv 2507.14843: retained, discovered, their harmonic mean, net."""

    srr: Estimate
    ndr: Estimate
    sds: Estimate
    nscr: Estimate


@dataclass(frozen=True)
class Certain:
    """Problems whose change is significant at a false discovery rate.

    ``better`` and ``worse`` count every such change of the chance to solve a problem; ``gained``
    and ``lost`` count those that one of the runs never solved.
    """

    false_discovery_rate: float
    better: int
    worse: int
    gained: int
    lost: int


@dataclass(frozen=True)
class Coverage:
    """Problems solved by both, one or neither among k draws, and what resampling would change."""

    k: int
    both: float
    lost: float
    gained: float
    neither: float
    expected_lost: float
    expected_gained: float
    p_value: float
    support: Support
    certain: Certain


@dataclass(frozen=True)
class Misfit:
    """How far the change at k exceeds what one tilt gives, with that tilt's 95% quantiles."""

    k: int
    value: float
    quantile_025: float
    quantile_975: float


@dataclass(frozen=True)
class Slope:
    """The slope of the tilt over the base's log-odds; 1 is a plain tilt."""

    estimate: Annotated[Estimate, FLAT]
    p_value: float


@dataclass(frozen=True)
class TiltFit:
    """One shift of all log-odds fitted to both runs, and how well it explains the change."""

    delta: float
    low: float
    high: float
    misfit_p: float
    misfit: Misfit
    slope: Slope
    reading: TiltReading


@dataclass(frozen=True)
class Speedup:
    """The base's k (real, interpolated in log k) that equals the trained policy's at ``k``."""

    k: int
    base_k: float | None
    low: float | None
    high: float | None
    beyond: bool


@dataclass(frozen=True)
class BandGain:
    """The gain on problems of one difficulty band of the base."""

    band: str
    problems: int
    delta: tuple[At, ...]


@dataclass(frozen=True)
class DeltaAnswered:
    """The difference among draws that contain an answer."""

    k: int
    estimate: Annotated[Estimate, FLAT]
    problems_left_out: int


@dataclass(frozen=True)
class Answered:
    """Form as distinct from ability: shares without an answer, and the difference among the
    others."""

    base: AnswerShares
    trained: AnswerShares
    delta: DeltaAnswered


@dataclass(frozen=True)
class Reasoned:
    """The same curves where only draws with right reasoning count (CoT-pass@k, 2506.14245)."""

    base: Annotated[Curve, IN_CURVE]
    trained: Annotated[Curve, IN_CURVE]
    delta: Curve


@dataclass(frozen=True)
class AllOfK:
    """pass^k, the share of problems with k of k draws correct, and its change at one ``k``.

    ``change`` is ``up`` or ``down`` where the interval of ``delta`` at ``k`` excludes 0.
    """

    base: Annotated[Curve, IN_CURVE]
    trained: Annotated[Curve, IN_CURVE]
    delta: Curve
    k: int
    change: Change


@dataclass(frozen=True, repr=False)
class Comparison(Result):
    """The verdict after training and everything it is based on; print it, or use ``to_dict()``."""

    schema: ClassVar[str] = "passgap.compare/1"

    verdict: Verdict
    settings: ComparedWith
    problems: int
    draws: Both[int]
    unscored: Both[int]
    base: Annotated[Curve, IN_CURVE]
    trained: Annotated[Curve, IN_CURVE]
    delta: Curve
    new: Novel
    lost: Novel
    gain_source: GainSource
    crossover: Crossover | None
    coverage: Coverage
    tilt: TiltFit | None
    efficiency_gap: At
    speedup: tuple[Speedup, ...]
    area: Estimate
    sign_changes: int
    bands: tuple[BandGain, ...]
    luck: Both[Luck | None]
    reasoned: Reasoned | None
    all_of_k: AllOfK
    answered: Answered | None
    histogram: tuple[HistogramBin, ...]
    notes: tuple[str, ...]
    sampling_alone: SamplingAlone | None
    trajectories: TrajectoriesCompared | None

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems)", *self.verdict.lines()]
        lines += curve_lines(self.base, self.trained, self.delta)
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def curve_lines(base: Curve, trained: Curve, delta: Curve) -> Iterator[str]:
    """Both curves and their difference, one line per k, as results print them."""
    yield "  k      base   trained  delta (95%)"
    for k in map(int, delta.k):
        b, t, d = (curve.at(k) for curve in (base, trained, delta))
        ends = "" if d.low != d.low else f" ({d.low:+.3f} to {d.high:+.3f})"
        yield f"  {k:<6} {b.value:.3f}  {t.value:.3f}    {d.value:+.3f}{ends}"
