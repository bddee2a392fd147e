"""What a picture shows, in a sentence computed from what it draws.

In: curves, forecasts, rows of problems. Out: the first sentences of captions; how a picture is read
stands with the picture.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from passgap.results.comparison import TiltFit
from passgap.results.estimates import Curve, Estimate
from passgap.results.probe import Signal, TiltedCurve
from passgap.show.blocks import Count, Counted
from passgap.show.contents.parts import tries
from passgap.show.data import ProblemRow
from passgap.show.text import BANDS, Valued, estimated, known, number, p_value, percent, points

NOT_DRAWN = "so its curve is not drawn"


class Told(NamedTuple):
    """What a caption says of the tilt, and whether its curve fits and is drawn."""

    text: str
    fits: bool


def is_banded(curve: Curve) -> bool:
    """Whether it has a band that holds for all k at once."""
    return curve.band_low is not None and any(map(known, curve.band_low.tolist()))


# ------------------------------------------------------------------------------- over k


def order(delta: Curve) -> str:
    """Which of two curves lies above the other, and where they cross."""
    signs = [(k, (d > 0) - (d < 0)) for k, d in _known(delta)]
    moved = [(k, sign) for k, sign in signs if sign]
    if not signs:
        return ""
    if not moved:
        return "The two curves coincide."
    crossings = [(a, b) for (a, x), (b, y) in pairwise(moved) if x != y]
    above = "above" if moved[0][1] > 0 else "below"
    if not crossings:
        every = "every k" if len(moved) == len(signs) else "every k where they differ"
        return f"The trained curve lies {above} the base's at {every}."
    if len(crossings) > 1:
        return f"The curves cross {len(crossings)} times."
    ((last, first),) = crossings
    return (
        f"The trained curve lies {above} the base's up to k = {last} and crosses it by k = {first}."
    )


def excluded(delta: Curve) -> str:
    """At which k a difference is shown: by the band over all k, or each interval separately."""
    found = _known(delta)
    low, high = delta.low, delta.high
    by = "interval"
    if is_banded(delta) and delta.band_low is not None and delta.band_high is not None:
        low, high, by = delta.band_low, delta.band_high, "band"
    places = {int(k): i for i, k in enumerate(delta.k)}
    above = [k for k, _ in found if low[places[k]] > 0]
    below = [k for k, _ in found if high[places[k]] < 0]
    listed = [k for k, _ in found]
    said = [f"above 0 at {_spans(above, listed)}"] * bool(above)
    said += [f"below 0 at {_spans(below, listed)}"] * bool(below)
    if not said:
        return f"The {by} of the difference does not exclude 0 at any k."
    return f"The {by} of the difference lies {' and '.join(said)}."


def _spans(some: Sequence[int], listed: Sequence[int]) -> str:
    """``k = 1 to 16`` for neighbours among the listed k; every k where it is all of them."""
    if len(some) == len(listed):
        return "every k"
    runs = groupby(enumerate(some), key=lambda one: listed.index(one[1]) - one[0])
    spans = [[k for _, k in run] for _, run in runs]
    told = (f"{one[0]} to {one[-1]}" if len(one) > 1 else str(one[0]) for one in spans)
    return f"k = {', '.join(told)}"


def climb(curve: Curve) -> str:
    """From where to where a curve rises, and whether it still does at its end."""
    found = _known(curve)
    if len(found) < 2:
        return ""
    (first, low), (before, near), (last, high) = found[0], found[-2], found[-1]
    said = f"From {percent(low)} within {tries(first)} to {percent(high)} within {tries(last)}"
    still = (
        f"the last step, from k = {before} to {last}, adds {number(100 * (high - near), 1)} points"
    )
    return f"{said}; {still}."


def guessing(luck: Curve | None) -> str:
    """What guessing alone would solve, where it is drawn."""
    found = _known(luck) if luck else []
    if not found:
        return ""
    k, value = found[-1]
    return f"Dotted, grey: guessing alone would solve {percent(value)} within {tries(k)}."


def by_slope(tilt: TiltFit) -> bool:
    """Whether it is the slope, not the misfit at the large k, that shows an uneven change."""
    slope = tilt.slope.p_value
    uneven = tilt.reading == "uneven" and known(slope)
    return uneven and not (known(tilt.misfit_p) and tilt.misfit_p < slope)


def tilted(tilt: TiltFit | None, fitted: TiltedCurve | None, trained: Curve) -> Told | None:
    """Whether the base's curve after the one tilt that fits both runs is the trained one."""
    if tilt is None or fitted is None:
        return None
    shift = f"δ = {number(tilt.delta)}"
    if tilt.reading != "tilt":
        why = {
            "uneven": "not all problems moved by the same factor",
            "more": "more is gained at large k",
        }
        p = p_value(tilt.slope.p_value if by_slope(tilt) else tilt.misfit_p)
        return Told(f"No single tilt fits ({why[tilt.reading]}, {p}), {NOT_DRAWN}.", False)
    if tilt.low <= 0 <= tilt.high:
        return Told(f"No tilt is shown ({shift}), {NOT_DRAWN}.", False)
    pairs = _both(fitted.curve, trained)
    gaps = [(abs(one.value - two.value), k) for k, one, two in pairs]
    apart, at = max(gaps, default=(0.0, 0))
    off = [k for k, one, two in pairs if not (_holds(one, two.value) or _holds(two, one.value))]
    if off:
        said = f"One tilt ({shift}) fits the problems, but its curve leaves the trained one at k = "
        return Told(f"{said}{', '.join(map(str, off))}, {NOT_DRAWN}.", False)
    how = "sharpening" if tilt.delta > 0 else "flattening"
    said = (
        f"Dashed, orange: the base after one tilt of all problems ({shift}). The trained curve "
        f"stays within {number(100 * apart, 1)} points of it (at k = {at}) and inside the "
        f"intervals: {how}."
    )
    return Told(said, True)


def _both(one: Curve, other: Curve) -> list[tuple[int, Estimate, Estimate]]:
    """Both estimates at each k that has both."""
    ks = [k for k, _ in _known(one) if k in dict(_known(other))]
    return [(k, one.at(k), other.at(k)) for k in ks]


def _holds(one: Valued, value: float | None) -> bool:
    return known(one.low) and known(one.high) and known(value) and one.low <= value <= one.high


def _known(curve: Curve) -> list[tuple[int, float]]:
    pairs = zip(curve.k.tolist(), curve.value.tolist(), strict=True)
    return [(int(k), value) for k, value in pairs if known(value)]


def fan(forecast: Sequence[TiltedCurve], now: Curve) -> str:
    """What the weakest and the strongest tilt would make of the first k."""
    k = int(now.k[0])
    ends = [one for one in forecast if k in one.curve.k]
    if not ends or not known(now.at(k).value):
        return ""
    told = ", ".join(
        f"δ = {one.delta:g} would make it {percent(one.curve.at(k).value)}"
        for one in ends[:1] + ends[1:][-1:]
    )
    return f"pass@{k} is {percent(now.at(k).value)} now; {told}."


def signal(rows: Sequence[Signal]) -> str:
    """The share of mixed groups at the smallest and the largest group size."""
    found = [one for one in rows if known(one.estimate.value)]
    told = " and ".join(
        f"{percent(one.estimate.value)} of groups of {one.group_size}"
        for one in found[:1] + found[1:][-1:]
    )
    return f"{told} contain correct and incorrect samples." if found else ""


# -------------------------------------------------------------------------- over problems


def spread(problems: Sequence[ProblemRow], band_of: Callable[[ProblemRow], str]) -> str:
    """Which band of the base's difficulty holds most problems, and who never solved how many."""
    found = Counter(band for one in problems if (band := band_of(one)))
    if not found:
        return ""
    band, count = found.most_common(1)[0]
    of = sum(found.values())
    said: list[str | Count] = [f"The base's band with the most problems is “{BANDS[band]}”: "]
    said += [Count(count, band), f" of {of:,}. Never solved by the base: "]
    said += [Count(found["never"], "never")]
    after = [one.trained for one in problems if one.trained and one.trained.n]
    if after:
        never = sum(not arm.c for arm in after)
        said += ["; by the trained policy: ", Count(never, "trained_never")]
    return Counted(*said, ".")


def moved(problems: Sequence[ProblemRow]) -> str:
    """How many problems are solved more and less often after training."""
    changes = [one.moved for one in problems if one.moved is not None]
    more, less = sum(d > 0 for d in changes), sum(d < 0 for d in changes)
    return Counted(
        "Above the diagonal, more often correct after training: ",
        Count(more, "more"),
        "; below it, less often: ",
        Count(less, "less"),
        f"; of {len(changes):,}.",
    )


# --------------------------------------------------------------------------- over steps


def went(
    values: Sequence[tuple[int, Valued]],
    unit: str,
    form: Callable[[float | None], str] = percent,
    name: str = "",
) -> str:
    """From where to where something went between its first and its last step."""
    found = [(step, one) for step, one in values if known(one.value)]
    if not found:
        return ""
    subject = f"{name}: " if name else ""
    (first, one), (last, two) = found[0], found[-1]
    if first == last:
        return f"{subject}{estimated(one, form)} at {unit} {first}."
    told = f"{estimated(one, form)} at {unit} {first}, {estimated(two, form)} at {unit} {last}"
    return f"{subject}{told}."


def gained(first: Sequence[tuple[int, float]], last: Sequence[tuple[int, float]]) -> str:
    """By how much pass@k changed at the smallest and the largest k of both."""
    before, after = dict(first), dict(last)
    ks = sorted(before.keys() & after.keys())
    ends = dict.fromkeys([*ks[:1], *ks[-1:]])
    return ", ".join(f"pass@{k} {points(after[k] - before[k])} points" for k in ends)
