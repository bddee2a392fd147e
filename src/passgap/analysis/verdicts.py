"""The two verdict tables, as pure functions of the estimates.

In: estimates at the deciding k. Out: a Verdict with its reasons and, where it is open, its needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.labels import CompareLabel, ProbeLabel, State
from passgap.results.settings import (
    K_LARGE,
    K_SMALL,
    LARGE,
    SMALL,
    AdaptiveSettings,
    ProbeSettings,
)
from passgap.results.verdict import Bound, Bounds, Verdict

HIGH, LOW = 0.8, 0.2
LEVEL = 0.05
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

    ``draws`` per problem, where the interval is about exactly these problems and only draws narrow
    it; ``reached`` is the smallest n where that is below k_large and pass@k_large is extrapolated;
    ``unit`` is what the interval counts: problems, or clusters of them.
    """

    k_small: int
    k_large: int
    gap: Estimate
    at_small: Estimate
    at_large: Estimate
    mastered: float
    never_solved: float
    draws: int | None = None
    reached: int | None = None
    unit: str = "problems"

    def said(self) -> str:
        """The gap with its interval, and whether it is extrapolated."""
        how = ", extrapolated" if self.reached is not None else ""
        return f"pass@{self.k_large} - pass@{self.k_small} is {spread(self.gap)} points{how}"


@dataclass(frozen=True)
class Thresholds:
    """Below ``small`` a headroom is small, above ``large`` it is large."""

    small: float
    large: float

    @classmethod
    def of(cls, settings: ProbeSettings | AdaptiveSettings) -> Thresholds | None:
        """The thresholds that were given, else those of pass@20 - pass@2; None at other k.

        Raises
        ------
        UsageError
            Unless 0 < small <= large < 1.
        """
        small, large = settings.small, settings.large
        ours = (settings.k_small, settings.k_large) == (K_SMALL, K_LARGE)
        found = cls(SMALL if small is None else small, LARGE if large is None else large)
        if not 0 < found.small <= found.large < 1:
            raise UsageError(
                f"small={found.small}, large={found.large}; allowed: 0 < small <= large < 1"
            )
        return found if ours or (small is not None and large is not None) else None


def foreign_thresholds(k_small: int, k_large: int) -> str:
    """Why no threshold is applied to these two k."""
    return (
        f"the thresholds of {100 * SMALL:g} and {100 * LARGE:g} points are for pass@{K_LARGE} - "
        f"pass@{K_SMALL} and are not applied to pass@{k_large} - pass@{k_small}"
    )


OWN_THRESHOLDS = (
    f"the k that the thresholds are for (--k-small {K_SMALL} --k-large {K_LARGE}; with fewer "
    f"samples pass@{K_LARGE} is extrapolated), or --small and --large for the k used here"
)


def probe_verdict(room: Headroom, thresholds: Thresholds | None, problems: int) -> Verdict:
    """The label before training; ``problems`` as many as the interval counts (see `Headroom`)."""
    gap = room.gap
    if thresholds is None:
        held = f"headroom is at least {points(gap.low)} and at most {points(gap.high)} points"
        reasons = (room.said(), held, foreign_thresholds(room.k_small, room.k_large))
        return Verdict(ProbeLabel.UNDECIDED, reasons, OWN_THRESHOLDS)
    small, large = thresholds.small, thresholds.large
    said = (
        f"{room.said()}; a gap counts as small below {points(small)} and as large above "
        f"{points(large)}"
    )
    if gap.low > large:
        more = f"{points(gap.value)} points are solved within {room.k_large} tries but not within "
        return Verdict(
            ProbeLabel.RLVR_CAN_PAY,
            (said, f"{more}{room.k_small}: training can turn these into answers found sooner"),
        )
    if gap.high < small:
        return _small_gap(room, said)
    if gap.low >= small and gap.high <= large:
        return Verdict(
            ProbeLabel.MODEST_HEADROOM, (said, "there is something to gain, but not much")
        )
    return Verdict(
        ProbeLabel.UNDECIDED,
        (said, strongest(gap, thresholds)),
        _room(room, small, large, problems),
    )


def strongest(gap: Estimate, thresholds: Thresholds) -> str:
    """The strongest statement that an interval over a threshold allows."""
    small, large = points(thresholds.small), points(thresholds.large)
    low, high = points(gap.low), points(gap.high)
    if gap.low >= thresholds.small:
        return f"headroom is at least {low} points; whether it is above {large} is open"
    if gap.high <= thresholds.large:
        return f"headroom is at most {high} points; whether it is {small} or more is open"
    return (
        f"headroom is at least {low} and at most {high} points: both thresholds lie in this range"
    )


def _small_gap(room: Headroom, said: str) -> Verdict:
    if room.at_small.low >= HIGH:
        left = (
            f"at most {points(1 - room.at_small.value)} points are left to gain at k={room.k_small}"
        )
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
    if room.reached is not None:
        return (
            f"{room.k_large} or more samples per problem (now {room.reached}), which measure "
            f"pass@{room.k_large}"
        )
    factor = 1.0
    for threshold in (small, large):
        if gap.low <= threshold <= gap.high:
            reach = gap.high - gap.value if threshold > gap.value else gap.value - gap.low
            distance = abs(gap.value - threshold)
            factor = max(factor, (reach / distance) ** 2 if distance > 0 else math.inf)
    unit, now = (f"{room.unit} with this number of samples", problems)
    if room.draws is not None:
        unit, now = "samples of each of these problems", room.draws
    if not factor < MOST_FACTOR:
        what = unit.partition(" ")[0]
        return f"the gap lies on a threshold; no reasonable number of {what} separates them"
    wanted = max(math.ceil(round(now * factor, 6)), now + 1)
    return f"about {wanted:,} {unit} (now {now:,}), if the gap stays the same"


# -------------------------------------------------------------------------------------- after


def state(wide: Estimate, narrow: Estimate, margin: float, discordance: float) -> State:
    """The state of a difference; equivalence is checked first.

    ``wide`` is the 95% interval, ``narrow`` the 90% one, ``discordance`` the exact bound on the
    share of problems that differ when none was observed to.
    """
    if not (math.isfinite(wide.low) and math.isfinite(wide.high)):
        return "unclear"
    if -margin < narrow.low and narrow.high < margin and discordance < margin:
        return "equivalent"
    if wide.low > 0:
        return "up"
    return "down" if wide.high < 0 else "unclear"


@dataclass(frozen=True)
class End:
    """The difference at one deciding k: its wide and narrow interval, and its state.

    They are the 95% and the 90% one, or, in one of several slices, wider. Where the 95% one leaves
    out 0 and that is not enough for one of two looks, ``wide`` is the 97.5% one, which includes 0.

    ``discordance`` as in `state`.
    """

    k: int
    wide: Estimate
    narrow: Estimate
    discordance: float
    stands: State

    def said(self) -> str:
        """The interval that decided, and what it says."""
        by = self.narrow if self.stands == "equivalent" else self.wide
        level = f"{100 * by.confidence_level:.4g}%"
        if by.confidence_level > (1 + self.narrow.confidence_level) / 2 + 1e-9:
            level += ", for one of two values of k"
        value, low, high = (f"{100 * end:+.1f}" for end in (by.value, by.low, by.high))
        return f"pass@{self.k} changed by {value} points ({low} to {high}; {level}): {self.stands}"

    def bound(self) -> Bound:
        """What is not excluded at this k."""
        ends = abs(self.narrow.low), abs(self.narrow.high), self.discordance
        return Bound(max(self.wide.high, 0.0), max(-self.wide.low, 0.0), max(ends))


@dataclass(frozen=True)
class Ends:
    """The difference at the small and at the large k, and the margin for "no change"."""

    small: End
    large: End
    margin: float

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.small.bound(), self.large.bound())

    def reasons(self) -> tuple[str, ...]:
        said = [self.small.said(), self.large.said()]
        if self.large.stands == "unclear" and self.large.narrow.high < self.margin:
            k, level = self.large.k, 50 * (1 + self.large.narrow.confidence_level)
            excluded = f"a gain of the margin or more at k={k} is excluded"
            said.append(f"{excluded} (one-sided {level:.4g}%)")
        return tuple(said)


BY_ENDS: dict[tuple[State, State], CompareLabel] = {
    ("up", "equivalent"): CompareLabel.SHARPENED,
    ("up", "up"): CompareLabel.SHARPENED,
    ("up", "down"): CompareLabel.SHARPENED_NARROWED,
    ("equivalent", "equivalent"): CompareLabel.UNCHANGED,
    ("equivalent", "down"): CompareLabel.NARROWED,
    ("equivalent", "up"): CompareLabel.BROADENED,
    ("down", "up"): CompareLabel.BROADENED,
    ("down", "equivalent"): CompareLabel.DEGRADED,
    ("down", "down"): CompareLabel.DEGRADED,
}
LOST: dict[State, CompareLabel] = {
    "up": CompareLabel.SHARPENED_NARROWED,
    "equivalent": CompareLabel.NARROWED,
    "down": CompareLabel.DEGRADED,
    "unclear": CompareLabel.DOWN_AT_LARGE_K,
}
AT_SMALL: dict[State, CompareLabel] = {
    "up": CompareLabel.UP_AT_SMALL_K,
    "equivalent": CompareLabel.SAME_AT_SMALL_K,
    "down": CompareLabel.DOWN_AT_SMALL_K,
    "unclear": CompareLabel.INCONCLUSIVE,
}
AT_LARGE: dict[State, CompareLabel] = {
    "up": CompareLabel.UP_AT_LARGE_K,
    "equivalent": CompareLabel.SAME_AT_LARGE_K,
    "down": CompareLabel.DOWN_AT_LARGE_K,
    "unclear": CompareLabel.INCONCLUSIVE,
}


NET_LOSSES = {CompareLabel.SHARPENED_NARROWED, CompareLabel.NARROWED, CompareLabel.DEGRADED}


def compare_label(
    small: State, large: State, *, new: bool, lost: bool, enough_draws: bool
) -> CompareLabel:
    """The label after training.

    Parameters
    ----------
    small, large
        The state of the difference at both deciding k.
    new, lost
        Whether problems are shown to be new, and to be lost: tests of their own, which need no k.
    enough_draws
        Whether the large k can settle a label; else it leaves a partial one.
    """
    if new:
        return CompareLabel.RESHUFFLED if lost else CompareLabel.EXPANDED
    if lost:
        return LOST[small]
    if enough_draws and (small, large) in BY_ENDS:
        return BY_ENDS[small, large]
    return AT_LARGE[large] if small == "unclear" else AT_SMALL[small]


def unpaired_label(small: State, large: State, *, enough_draws: bool) -> CompareLabel:
    """The label of runs that are not paired: what both ends show, whichever problems changed.

    A fall of pass@k is a loss, whatever was gained elsewhere. A curve that stays or rises says
    nothing about problems that were exchanged or are new: such labels stay partial.
    """
    label = compare_label(small, large, new=False, lost=False, enough_draws=enough_draws)
    if label in NET_LOSSES:
        return label
    return compare_label(small, large, new=False, lost=False, enough_draws=False)
