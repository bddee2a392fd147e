"""The two verdict tables, as pure functions of the estimates.

In: estimates at the deciding k. Out: a Verdict with its reasons and, where it is open, its needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from passgap.results.estimates import Estimate
from passgap.results.labels import CompareLabel, ProbeLabel, State
from passgap.results.verdict import Verdict

HIGH, LOW = 0.8, 0.2
MOST_FACTOR = 100


def points(value: float) -> str:
    """A difference of probabilities in points."""
    return f"{100 * value:.1f}"


def spread(estimate: Estimate) -> str:
    """``value (low to high)`` in points."""
    return f"{points(estimate.value)} ({points(estimate.low)} to {points(estimate.high)})"


# ------------------------------------------------------------------------------------- before


@dataclass(frozen=True)
class Headroom:
    """pass@k_large - pass@k_small of the base, with the two ends it rests on.

    ``draws`` a problem, where the interval is of these very problems and only draws narrow it.
    """

    k_small: int
    k_large: int
    gap: Estimate
    at_small: Estimate
    at_large: Estimate
    mastered: float
    never_solved: float
    draws: int | None = None


def probe_verdict(room: Headroom, small: float, large: float, problems: int) -> Verdict:
    """The label before training."""
    gap = room.gap
    said = (
        f"pass@{room.k_large} - pass@{room.k_small} is {spread(gap)} points; a gap counts as small "
        f"below {points(small)} and as large above {points(large)}"
    )
    if gap.low > large:
        more = f"{points(gap.value)} points are solved within {room.k_large} tries and not within "
        return Verdict(
            ProbeLabel.RLVR_CAN_PAY, (said, f"{more}{room.k_small}: training can bring them up")
        )
    if gap.high < small:
        return _small_gap(room, said)
    if gap.low >= small and gap.high <= large:
        return Verdict(
            ProbeLabel.MODEST_HEADROOM, (said, "there is something to gain, and not much")
        )
    return Verdict(
        ProbeLabel.UNDECIDED,
        (said, "the interval straddles a threshold"),
        _room(room, small, large, problems),
    )


def _small_gap(room: Headroom, said: str) -> Verdict:
    if room.at_small.low >= HIGH:
        left = f"at most {points(1 - room.at_small.value)} points are left at k={room.k_small}"
        return Verdict(ProbeLabel.SATURATED, (said, f"{left}; harder problems teach more"))
    if room.at_large.high <= LOW:
        reach = f"pass@{room.k_large} is {spread(room.at_large)} points"
        advice = "improve the base (pretraining, SFT, distillation), not RLVR"
        return Verdict(ProbeLabel.OUT_OF_REACH, (said, reach, advice))
    shares = (
        f"{room.mastered:.0%} of the problems are always solved and {room.never_solved:.0%} never"
    )
    return Verdict(ProbeLabel.LITTLE_HEADROOM, (said, shares))


def _room(room: Headroom, small: float, large: float, problems: int) -> str:
    """What an interval that reaches no threshold would take, as its reach falls with the root."""
    gap = room.gap
    factor = 1.0
    for threshold in (small, large):
        if gap.low <= threshold <= gap.high:
            reach = gap.high - gap.value if threshold > gap.value else gap.value - gap.low
            distance = abs(gap.value - threshold)
            factor = max(factor, (reach / distance) ** 2 if distance > 0 else math.inf)
    unit, now = ("problems at these draws", problems)
    if room.draws is not None:
        unit, now = "draws of each of these problems", room.draws
    if not factor < MOST_FACTOR:
        what = unit.partition(" ")[0]
        return f"the gap lies on a threshold; no reasonable number of {what} separates them"
    wanted = max(math.ceil(round(now * factor, 6)), now + 1)
    return f"about {wanted:,} {unit} (now {now:,}), if the gap stays there"


# -------------------------------------------------------------------------------------- after


def state(wide: Estimate, narrow: Estimate, margin: float, discordance: float) -> State:
    """Where a difference stands; equivalence is looked at first.

    ``wide`` is the 95% interval, ``narrow`` the 90% one, ``discordance`` the exact bound on the
    share of problems that differ when none was seen to.
    """
    if not (math.isfinite(wide.low) and math.isfinite(wide.high)):
        return "unclear"
    if -margin < narrow.low and narrow.high < margin and discordance < margin:
        return "equivalent"
    if wide.low > 0:
        return "up"
    return "down" if wide.high < 0 else "unclear"


@dataclass(frozen=True)
class Ends:
    """The two deciding differences; ``no_large_gain``: a gain at large k of the margin or more is
    excluded, one-sided, which holds also where nothing else is decided there."""

    k_small: int
    k_large: int
    small: Estimate
    large: Estimate
    at_small: State
    at_large: State
    no_large_gain: bool = False

    def reasons(self) -> tuple[str, ...]:
        said = [
            f"delta pass@{k} is {spread(e)} points: {s}"
            for k, e, s in (
                (self.k_small, self.small, self.at_small),
                (self.k_large, self.large, self.at_large),
            )
        ]
        if self.no_large_gain and self.at_large == "unclear":
            said.append(
                f"a gain of the margin or more at k={self.k_large} is excluded (one-sided 95%)"
            )
        return tuple(said)


@dataclass(frozen=True)
class LargeGain:
    """What stands behind a gain at the large k.

    ``tilt_fitted``: a pure tilt of the base could be fitted; ``above``: the gain is above that
    tilt's band; ``base_upper``: upper bound on the base's mean p over the problems gained.
    """

    tilt_fitted: bool
    above: bool
    base_upper: float
    budget: int


TABLE: dict[tuple[State, State], CompareLabel] = {
    ("up", "equivalent"): CompareLabel.SHARPENED,
    ("up", "down"): CompareLabel.SHARPENED_NARROWED,
    ("equivalent", "down"): CompareLabel.NARROWED,
    ("equivalent", "equivalent"): CompareLabel.UNCHANGED,
    ("down", "up"): CompareLabel.BROADENED,
    ("down", "equivalent"): CompareLabel.DEGRADED,
    ("down", "down"): CompareLabel.DEGRADED,
}


def compare_verdict(ends: Ends, gain: LargeGain | None) -> Verdict:
    """The label after training; ``gain`` is needed where large k is up."""
    verdict = Verdict(CompareLabel.INCONCLUSIVE, ends.reasons(), "", ends.at_small, ends.at_large)
    if "unclear" in (ends.at_small, ends.at_large):
        return verdict
    label = TABLE.get((ends.at_small, ends.at_large))
    if label is not None:
        return replace(verdict, label=label)
    assert gain is not None
    label, reason, needs = _large_gain(gain, ends.k_large)
    return replace(verdict, label=label, reasons=(*verdict.reasons, reason), needs=needs)


def _large_gain(gain: LargeGain, k: int) -> tuple[CompareLabel, str, str]:
    if gain.tilt_fitted and gain.above:
        return (
            CompareLabel.EXPANDED,
            f"the gain at k={k} is above what a pure tilt of the base gives",
            "",
        )
    if gain.tilt_fitted:
        reason = (
            f"a pure tilt of the base gives this much at k={k}: the base is not exhausted there"
        )
        return CompareLabel.SHARPENED, reason, ""
    bound = f"the base's mean p on the problems gained is at most {gain.base_upper:.2g}"
    if gain.base_upper < 1 / gain.budget:
        return CompareLabel.EXPANDED, f"{bound}, less than 1 in the budget of {gain.budget:,}", ""
    needs = f"enough base draws to bring that bound under {1 / gain.budget:.2g}"
    return (
        CompareLabel.INCONCLUSIVE,
        f"new at this n: the base solved next to nothing, and {bound}",
        needs,
    )
