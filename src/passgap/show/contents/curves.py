"""How many problems are solved within k tries: the section of one policy, and that of a pair.

In: a probe, or a comparison with one or several trained policies. Out: a section with its pictures
and its numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from passgap.results.comparison import Comparison
from passgap.results.estimates import Curve
from passgap.results.probe import Probe, TiltedCurve
from passgap.results.seeds import SeedsComparison
from passgap.results.unpaired import UnpairedComparison
from passgap.show.blocks import Block, Columns, Folded, Picture, Section, Table
from passgap.show.charts.curves import paired_delta, pass_at_k
from passgap.show.contents import all_of_k, captions
from passgap.show.contents.captions import is_banded
from passgap.show.contents.parts import ROLES, curve_table, present, table
from passgap.show.text import between, changed, estimated, points

Pair = Comparison | SeedsComparison | UnpairedComparison
TITLE = "How many problems are solved within k tries"
NUMBERS = "pass@k in numbers"
BEFORE = (
    "k, the number of tries per problem, grows to the right. Where the curve climbs, the model has "
    "answers it rarely finds, which training can move to the left; where the curve is flat, the "
    "model has none."
)
AFTER = (
    "k, the number of tries per problem, grows to the right. A gain only on the left means that "
    "the model answers sooner; a gain on the right means that it can solve more."
)
CURVES = "Shaded: interval at each k. Vertical lines: the two k that decide the verdict."
BEYOND = (
    "Dashed, blue: extrapolated. Light: every difficulty distribution that fits the counts; "
    "darker: if difficulty is Beta-shaped."
)


def of_one(probe: Probe, beside: Sequence[Block] = ()) -> Section:
    """The base's curve, what is shown next to it (``beside``), and its numbers."""
    luck = probe.luck.curve if probe.luck else None
    ks = probe.settings.k_small, probe.settings.k_large
    draw = partial(pass_at_k, {"base": probe.curve}, ks, luck, beyond=probe.extrapolation)
    said = [captions.climb(probe.curve), CURVES, captions.guessing(luck)]
    caption = " ".join([*filter(None, said), *([BEYOND] if probe.extrapolation else [])])
    pictures = Columns([Picture("curves", draw, caption), *beside])
    numbers = curve_table(probe.curve)
    content = present(pictures, _folded(NUMBERS, numbers), all_of_k.of_one(probe.all_of_k))
    return Section(TITLE, content, BEFORE)


def of_pair(
    result: Pair,
    luck: Curve | None = None,
    fitted: TiltedCurve | None = None,
    further: Table | None = None,
) -> Section:
    """Both curves and their difference, their numbers, and a ``further`` table."""
    settings = result.settings
    ks = settings.k_small, settings.k_large
    crossover = result.crossover if isinstance(result, Comparison) else None
    arms = {"base": result.base, "trained": result.trained}
    tilt = result.tilt if isinstance(result, Comparison) else None
    told = captions.tilted(tilt, fitted, result.trained)
    both = partial(pass_at_k, arms, ks, luck, fitted if told and told.fits else None)
    said = [captions.order(result.delta), told and told.text, CURVES, captions.guessing(luck)]
    difference = partial(paired_delta, result.delta, ks, settings.margin, crossover)
    pictures = Columns(
        [
            Picture("curves", both, " ".join(filter(None, said))),
            Picture("delta", difference, _delta_caption(result)),
        ]
    )
    folded = {NUMBERS: pair_table(result), "How large, how certain, and only sharpening?": further}
    every = all_of_k.of_pair(result.all_of_k) if isinstance(result, Comparison) else None
    details = (_folded(*one) for one in folded.items())
    return Section(TITLE, present(pictures, *details, every), AFTER)


def pair_table(result: Pair) -> Table | None:
    """One row per k: both curves and their difference, each with its interval."""
    delta, banded = result.delta, is_banded(result.delta)
    rows = []
    for i, k in enumerate(map(int, delta.k)):
        arms = [estimated(curve.at(k)) for curve in (result.base, result.trained)]
        band = []
        if banded and delta.band_low is not None and delta.band_high is not None:
            band = [between(float(delta.band_low[i]), float(delta.band_high[i]), points)]
        rows.append([k, *arms, changed(delta.at(k)), *band])
    head = ["k", *ROLES, "difference, points"]
    return table([*head, "band over all k"] if banded else head, rows)


def _folded(summary: str, content: Table | None) -> Folded | None:
    return None if content is None else Folded(summary, [content])


def _delta_caption(result: Pair) -> str:
    margin = f"{100 * result.settings.margin:g}"
    banded = is_banded(result.delta)
    shaded = " Shaded: band that holds for all k at once." if banded else ""
    said = captions.excluded(result.delta)
    return f"{said} Bars: interval at each k.{shaded} Dashed: the margin of ±{margin} points."
