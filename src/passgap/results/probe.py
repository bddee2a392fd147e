"""What `probe` and `adaptive_probe` return: the verdict before training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from passgap.data.counts import Counts
from passgap.results.codec import FLAT, HIDDEN, Result
from passgap.results.estimates import Curve, Estimate
from passgap.results.forecast import Forecast
from passgap.results.labels import Label
from passgap.results.parts import AnswerShares, HistogramBin, Interval, Luck
from passgap.results.sampling_alone import SamplingAlone
from passgap.results.settings import AdaptiveSettings
from passgap.results.trajectories import Trajectories
from passgap.results.verdict import Verdict


@dataclass(frozen=True)
class ProbedWith:
    """The settings a base was probed with; no thresholds where none apply to these k."""

    k_small: int
    k_large: int
    small: float | None
    large: float | None
    interval: Interval
    confidence_level: float
    false_positive_rate: float | None
    accept_luck: bool
    seed: int
    drop_short: bool = False


@dataclass(frozen=True)
class Gap:
    """pass@k_large - pass@k_small; ``extrapolated`` where some n is below k_large.

    Then ``if_beta`` is the narrower interval that holds if difficulty is Beta-shaped.
    """

    k_small: int
    k_large: int
    estimate: Annotated[Estimate, FLAT]
    extrapolated: bool = False
    if_beta: Estimate | None = None


@dataclass(frozen=True)
class Signal:
    """The share of groups of this size with both right and wrong draws: where GRPO learns."""

    group_size: int
    estimate: Annotated[Estimate, FLAT]


@dataclass(frozen=True)
class TiltedCurve:
    """pass@k after a tilt of all log-odds by ``delta``."""

    delta: float
    curve: Curve


@dataclass(frozen=True)
class Shares:
    """Shares of the problems that are always and never solved."""

    mastered: Estimate
    never_solved: Estimate


@dataclass(frozen=True)
class NeverSolved:
    """Problems without a correct draw: 95% upper bounds on p for each, and on their mean."""

    problems: int
    p_upper_each: float | None
    p_upper_mean: float | None


@dataclass(frozen=True)
class Extrapolated:
    """pass@k beyond n: the mean of two shapes of difficulty, in the likelihood region's range.

    ``if_beta`` is the narrower interval that holds if difficulty is Beta-shaped, with some problems
    never solved.
    """

    k: int
    estimate: Annotated[Estimate, FLAT]
    beta_binomial: float
    zero_inflated: float
    if_beta: Estimate


@dataclass(frozen=True)
class ProbeAnswered:
    """Among draws with an answer: pass@k_small, and how many problems have too few."""

    shares: Annotated[AnswerShares, FLAT]
    pass_at_k_small: float | None
    problems_left_out: int


@dataclass(frozen=True)
class ReasonedCurve:
    """pass@k where only draws with right reasoning count (CoT-pass@k, arXiv 2506.14245)."""

    curve: Curve


@dataclass(frozen=True, repr=False)
class Probe(Result):
    """The verdict before training and everything it is based on; print it, or use ``to_dict()``."""

    schema: ClassVar[str] = "passgap.probe/2"

    verdict: Verdict
    settings: ProbedWith
    problems: int
    draws: int
    unscored: int
    curve: Curve
    headroom: Gap
    signal: tuple[Signal, ...]
    forecast: Forecast | None
    tilts: tuple[TiltedCurve, ...]
    shares: Shares
    never_solved: NeverSolved
    second_predictor: Gap
    extrapolation: tuple[Extrapolated, ...]
    luck: Luck | None
    reasoned: ReasonedCurve | None
    all_of_k: Curve
    answered: ProbeAnswered | None
    histogram: tuple[HistogramBin, ...]
    notes: tuple[str, ...]
    sampling_alone: SamplingAlone | None
    trajectories: Trajectories | None

    def at(self, k: int) -> Estimate:
        """pass@k, measured or extrapolated; a k that is neither listed nor requested is refused."""
        beyond = {one.k: one.estimate for one in self.extrapolation}
        return beyond[k] if k in beyond else self.curve.at(k)

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems, {self.draws:,} samples)"]
        lines += self.verdict.lines()
        lines += ["  k      pass@k  95%"]
        for k in map(int, self.curve.k):
            one = self.curve.at(k)
            interval = "" if one.low != one.low else f"{one.low:.3f} to {one.high:.3f}"
            lines.append(f"  {k:<6} {one.value:.3f}   {interval}")
        for row in self.extrapolation:
            low, high = row.estimate.low, row.estimate.high
            shown = f"{row.estimate.value:.3f}   {low:.3f} to {high:.3f}"
            shaped = f"{row.if_beta.low:.3f} to {row.if_beta.high:.3f}"
            lines.append(f"  {row.k:<6} {shown}, extrapolated; if Beta-shaped {shaped}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


@dataclass(frozen=True)
class AdaptivelyProbedWith(AdaptiveSettings):
    """The settings, with the number of looks they allow."""

    looks: int = 1


@dataclass(frozen=True)
class Look:
    """One look: all draws so far, the headroom, and the label it gives."""

    draws: int
    headroom: Annotated[Estimate, FLAT]
    label: Label


@dataclass(frozen=True, repr=False)
class AdaptiveProbe(Result):
    """The verdict, the counts behind it (design ``adaptive``), and the rounds that led to it."""

    schema: ClassVar[str] = "passgap.adaptive_probe/1"

    verdict: Verdict
    settings: AdaptivelyProbedWith
    problems: int
    draws: int
    unscored: int
    headroom: Gap
    rounds: tuple[Look, ...]
    counts: Annotated[Counts, HIDDEN]

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems, {self.draws:,} samples)"]
        lines += self.verdict.lines()
        gap = self.headroom
        lines.append(f"  pass@{gap.k_large} - pass@{gap.k_small}: {gap.estimate}")
        for i, one in enumerate(self.rounds, start=1):
            shown = f"{_percent(one.headroom.low)} to {_percent(one.headroom.high)}"
            lines.append(f"  round {i}: {one.draws:,} samples, headroom {shown}: {one.label}")
        if self.unscored:
            lines.append(f"  unscored samples: {self.unscored:,}, left out")
        return "\n".join(lines)


def _percent(value: float) -> str:
    return "unknown" if value != value else f"{value:.1%}"
