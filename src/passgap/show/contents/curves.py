"""How many problems are solved within k tries: the section of one policy, and that of a pair.

In: a probe, or a comparison with one or several trained policies. Out: a section with its pictures
and its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from passgap.results.comparison import Comparison
from passgap.results.estimates import Curve
from passgap.results.probe import Forecast, Probe
from passgap.results.seeds import SeedsComparison
from passgap.results.unpaired import UnpairedComparison
from passgap.show.blocks import Block, Columns, Folded, Picture, Section, Table
from passgap.show.charts.curves import paired_delta, pass_at_k
from passgap.show.contents.parts import ROLES, curve_table, present, table
from passgap.show.text import between, changed, estimated, known, points

Pair = Comparison | SeedsComparison | UnpairedComparison
TITLE = "How many problems are solved within k tries"
NUMBERS = "pass@k in numbers"
BEFORE = (
    "k, the number of tries per problem, grows to the right. Where the curve climbs, the model has "
    "answers it seldom finds, which training can move to the left; where it is flat, it has none."
)
AFTER = (
    "k, the number of tries per problem, grows to the right. A gain on the left only is a model "
    "that answers sooner; a gain on the right is a model that can do more."
)
CURVES = "Shaded: interval at each k. Dotted: the two k that decide the verdict."
FITTED = (
    "Dashed, orange: the base's curve after the one tilt that fits both runs best; where the "
    "trained curve follows it, all problems moved alike: sharpening, where δ is above 0."
)
BEYOND = (
    "Dashed, blue: extrapolated. Light: every difficulty distribution that fits the counts; "
    "darker: if difficulty is Beta-shaped."
)
LUCK = "Dashed, grey: what guessing alone would solve."


def of_one(probe: Probe, beside: Sequence[Block] = ()) -> Section:
    """The base's curve, with what stands ``beside`` it, and its numbers."""
    luck = probe.luck.curve if probe.luck else None
    ks = probe.settings.k_small, probe.settings.k_large
    draw = partial(pass_at_k, {"base": probe.curve}, ks, luck, beyond=probe.extrapolation)
    caption = " ".join([_caption(luck, None), *([BEYOND] if probe.extrapolation else [])])
    pictures = Columns([Picture("curves", draw, caption), *beside])
    numbers = curve_table(probe.curve)
    return Section(TITLE, present(pictures, _folded(NUMBERS, numbers)), BEFORE)


def of_pair(
    result: Pair,
    luck: Curve | None = None,
    fitted: Forecast | None = None,
    further: Table | None = None,
) -> Section:
    """Both curves and their difference, their numbers, and a ``further`` table."""
    settings = result.settings
    ks = settings.k_small, settings.k_large
    crossover = result.crossover if isinstance(result, Comparison) else None
    arms = {"base": result.base, "trained": result.trained}
    both = partial(pass_at_k, arms, ks, luck, fitted)
    difference = partial(paired_delta, result.delta, ks, settings.margin, crossover)
    pictures = Columns(
        [
            Picture("curves", both, _caption(luck, fitted)),
            Picture("delta", difference, _delta_caption(result)),
        ]
    )
    folded = {NUMBERS: pair_table(result), "How far, how sure, and is it only sharpening": further}
    return Section(TITLE, present(pictures, *(_folded(*one) for one in folded.items())), AFTER)


def pair_table(result: Pair) -> Table | None:
    """One row per k: both curves and their difference, each with its interval."""
    delta, banded = result.delta, _is_banded(result.delta)
    rows = []
    for i, k in enumerate(map(int, delta.k)):
        arms = [estimated(curve.at(k)) for curve in (result.base, result.trained)]
        band = []
        if banded and delta.band_low is not None and delta.band_high is not None:
            band = [between(float(delta.band_low[i]), float(delta.band_high[i]), points)]
        rows.append([k, *arms, changed(delta.at(k)), *band])
    head = ["k", *ROLES, "difference, points"]
    return table([*head, "band over all k"] if banded else head, rows)


def _is_banded(curve: Curve) -> bool:
    return curve.band_low is not None and any(map(known, curve.band_low.tolist()))


def _folded(summary: str, content: Table | None) -> Folded | None:
    return None if content is None else Folded(summary, [content])


def _caption(luck: Curve | None, fitted: Forecast | None) -> str:
    return " ".join([CURVES, *([FITTED] if fitted else []), *([LUCK] if luck else [])])


def _delta_caption(result: Pair) -> str:
    margin = result.settings.margin
    dashed = f" Dashed: the margin of {points(margin, 0)} and {points(-margin, 0)}."
    shaded = " Shaded: band that holds for all k at once." if _is_banded(result.delta) else ""
    return f"Bars: interval at each k.{shaded}{dashed}"
