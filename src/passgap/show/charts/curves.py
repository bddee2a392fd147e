"""Curves over k: pass@k of one policy or two, their difference, forecasts.

In: curves and estimates. Out: layered charts without a width; `page_spec` fits one to its place in
the page, `sized` gives it one for a file. What has no value is left out of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from passgap.results.audit import Corrected
from passgap.results.comparison import Crossover
from passgap.results.estimates import Curve
from passgap.results.probe import Extrapolated, Signal, TiltedCurve
from passgap.show.charts.lazy import Chart, Layer, alt
from passgap.show.charts.parts import (
    Datum,
    amounts,
    coloured,
    dashed,
    data_of,
    hover,
    hover_series,
    layered,
    lined,
    log2,
    over_k,
    points_of,
    shares,
    strokes,
    texts,
)
from passgap.show.text import between, interval, known, number, percent, points
from passgap.show.theme import LIGHT, SHADES

SHAPES = {"base": "circle", "trained": "square"}
BY_LUCK = "by luck"
EXTRAPOLATED = "extrapolated"
TRIES = "tries per problem, k"
STROKE = "M-1,-0.14h2v0.28h-2z"


def pass_at_k(
    arms: Mapping[str, Curve],
    ks: Sequence[int] = (),
    luck: Curve | None = None,
    fitted: TiltedCurve | None = None,
    beyond: Sequence[Extrapolated] = (),
) -> Chart:
    """pass@k curves with their bands over k on a log2 axis; ``ks`` are marked as deciding.

    ``luck`` is what guessing alone would solve, ``fitted`` the base's curve after one tilt of all
    problems, ``beyond`` what the first policy's curve is extrapolated to: dashed, without points.
    """
    broken: dict[str, tuple[Curve, str]] = {}
    if luck is not None:
        broken[BY_LUCK] = luck, LIGHT["muted"]
    if fitted is not None:
        broken[f"tilt, δ = {number(fitted.delta)}"] = fitted.curve, LIGHT["shade2"]
    rows = [row for role, curve in arms.items() for row in over_k(points_of(curve), role)]
    told = [row for name, (curve, _) in broken.items() for row in over_k(points_of(curve), name)]
    further, shaped, reached = _beyond(arms, beyond)
    told += further
    by_luck = [row for row in told if row["series"] == BY_LUCK]
    supposed = [row for row in told if row["series"] != BY_LUCK]
    names = [*arms, *broken, *([EXTRAPOLATED] if further else [])]
    colours = [LIGHT[role] for role in arms] + [colour for _, colour in broken.values()]
    colours += [colours[0]] if further else []
    shapes = [SHAPES[role] for role in arms] + [STROKE] * (len(names) - len(arms))
    scale, legend = alt.Scale(domain=names, range=shapes), alt.Legend(title=None, labelLimit=260)
    colour = coloured(names, colours, legend)
    x = log2("k", TRIES, [*rows, *further])
    dots = alt.Chart(data_of(rows)).mark_point(filled=True, size=46, opacity=1)
    layers = [
        *_deciding(ks),
        *(lined(by_luck, x, colour, ends="band", width=2, dash=(2, 3)) if by_luck else ()),
        *(lined(supposed, x, colour, ends="band", width=2, dash=(5, 4)) if supposed else ()),
        *(lined(shaped, x, colour, ends="band", width=0) if shaped else ()),
        *lined(rows, x, colour, ends="band"),
        *(_reached(k) for k in reached),
        dots.encode(x, shares(), colour, alt.Shape("series:N", scale=scale, legend=legend)),
        hover_series([*rows, *told], "k", "k"),
    ]
    return layered(layers, "Share of problems solved within k tries (pass@k)")


def _beyond(
    arms: Mapping[str, Curve], beyond: Sequence[Extrapolated]
) -> tuple[list[Datum], list[Datum], list[int]]:
    """Rows of what is extrapolated, of the interval if difficulty is Beta-shaped, the last k seen.

    Both begin at the last k that is measured.
    """
    measured = points_of(next(iter(arms.values()))) if beyond else []
    last = measured[-1:]
    further = [*last, *((one.k, one.estimate) for one in beyond)]
    shaped = [*last, *((one.k, one.if_beta) for one in beyond)]
    rows = [over_k(points, EXTRAPOLATED) if measured else [] for points in (further, shaped)]
    return rows[0], rows[1], [k for k, _ in last]


def _reached(k: int) -> Layer:
    """An upright line at the last k that is measured."""
    plot = alt.Chart(data_of([{"k": k, "label": f"measured up to k = {k}"}])).encode(alt.X("k:Q"))
    text = plot.mark_text(color=LIGHT["muted"], align="right", baseline="top", dx=-5, fontSize=12)
    return alt.layer(
        plot.mark_rule(color=LIGHT["muted"]), text.encode(alt.Text("label:N"), y=alt.value(2))
    )


def several_curves(curves: Sequence[tuple[str, Curve]]) -> Chart:
    """pass@k over k of the first few, in one colour from light to dark, with intervals."""
    shown = curves[: len(SHADES)]
    names = [name for name, _ in shown]
    rows = [row for name, curve in shown for row in over_k(points_of(curve), name)]
    colour = coloured(names, SHADES[-len(names) :], strokes())
    x = log2("k", TRIES, rows)
    drawn = lined(rows, x, colour, ends="band", points=36, dashes=dashed(names))
    return layered([*drawn, hover_series(rows, "k", "k")], "Problems solved within k tries")


def paired_delta(
    delta: Curve,
    ks: Sequence[int] = (),
    margin: float | None = None,
    crossover: Crossover | None = None,
) -> Chart:
    """Trained minus base at each k: pointwise intervals, simultaneous band, margin, crossover."""
    rows, ink = _differences(delta), LIGHT["ink"]
    x = log2("k", TRIES, rows)
    band = alt.Chart(data_of(rows)).mark_area(opacity=0.13, color=ink)
    bands = alt.Y("band_low:Q", title=None), alt.Y2("band_high:Q")
    axis = alt.Axis(labelExpr="datum.value ? format(100 * datum.value, '+.0f') : '0'")
    y = alt.Y("value:Q", axis=axis, title=None)
    tips = {"k": "k", "text": "difference", "pointwise": "at this k", "band": "all k at once"}
    layers = [
        *_deciding(ks),
        *([band.encode(x, *bands)] if any("band_low" in row for row in rows) else []),
        *(_level(value, (4, 4)) for value in (margin, -(margin or 0)) if value),
        _level(0.0),
        *lined(rows, x, ink, ends="bars", y=y, points=50, width=1.5),
        *(_crossing(crossover.k) if crossover else []),
        hover(rows, "k", tips),
    ]
    return layered(layers, "Trained minus base, percentage points")


def _differences(delta: Curve) -> list[Datum]:
    rows: list[Datum] = []
    for i, k in enumerate(map(int, delta.k)):
        one = delta.at(k)
        if known(one.value):
            row = texts(one, points) | {"k": k, "text": f"{points(one.value)} points"}
            row["pointwise"] = interval(one, points)
            if delta.band_low is not None and delta.band_high is not None:
                low, high = float(delta.band_low[i]), float(delta.band_high[i])
                row |= {"band_low": low, "band_high": high, "band": between(low, high, points)}
            rows.append(row)
    return rows


def forecast_fan(curve: Curve, forecast: Sequence[TiltedCurve]) -> Chart:
    """The base's curve and what a pure tilt of it would give, the further from it the stronger."""
    fan = {f"δ = {step.delta:g}": step.curve for step in forecast[: len(SHADES)]}
    arms = {"base now": curve} | fan
    rows = [row for name, one in arms.items() for row in over_k(points_of(one), name)]
    colour = coloured(list(arms), [LIGHT["base"], *SHADES[: len(fan)]], strokes())
    drawn = lined(rows, log2("k", TRIES, rows), colour, dashes=dashed(list(arms)))
    return layered([*drawn, hover_series(rows, "k", "k")], "Share solved within k tries")


def learning_signal(signal: Sequence[Signal]) -> Chart:
    """Share of groups that hold right and wrong completions, over the group size."""
    found = [(one.group_size, one.estimate) for one in signal if known(one.estimate.value)]
    rows: list[Datum] = [{"group_size": size, **texts(one)} for size, one in found]
    x = log2("group_size", "completions per group, G", rows)
    drawn = lined(rows, x, LIGHT["base"], ends="bars", points=50, width=1.5)
    told = hover(rows, "group_size", {"group_size": "G", "text": "mixed groups"})
    return layered([*drawn, told], "Share of groups that teach anything")


def lone_curve(curve: Curve) -> Chart:
    """Estimates over k with their interval at each k."""
    rows: list[Datum] = [
        {"k": k, **texts(one, partial(number, digits=3))} for k, one in points_of(curve)
    ]
    y = amounts("~g", zero=False)
    drawn = lined(rows, log2("k", "k", rows), LIGHT["base"], ends="band", y=y, points=46)
    return layered([*drawn, hover(rows, "k", {"k": "k", "text": "value"})], "Estimates over k")


def audited_curve(corrected: Sequence[Corrected], role: str) -> Chart:
    """pass@k as the verifier counts, and without the false positives that a person found."""
    names = ["as verified", "corrected"]
    rows: list[Datum] = [
        {"k": row.k, "series": names[0], "value": row.pass_at_k, "text": percent(row.pass_at_k)}
        for row in corrected
    ]
    rows += over_k([(row.k, row.estimate) for row in corrected], names[1])
    colour = coloured(names, [LIGHT["muted"], LIGHT[role]], strokes())
    drawn = lined(rows, log2("k", TRIES, rows), colour, ends="band", dashes=dashed(names))
    title = f"The {role}'s pass@k without false positives"
    return layered([*drawn, hover_series(rows, "k", "k")], title)


def _deciding(ks: Sequence[int]) -> list[Layer]:
    """Faint upright lines at the k that decide the verdict."""
    plot = alt.Chart(data_of([{"k": k} for k in ks])).encode(alt.X("k:Q"))
    return [plot.mark_rule(color=LIGHT["line"], strokeDash=[2, 3])] if ks else []


def _level(value: float, dash: Sequence[int] = (1, 0)) -> Layer:
    """A thin line across at one value."""
    plot = alt.Chart(data_of([{"y": value}])).encode(alt.Y("y:Q", title=None))
    rule: Layer = plot.mark_rule(color=LIGHT["muted"], strokeWidth=1, strokeDash=list(dash))
    return rule


def _crossing(k: int) -> list[Layer]:
    plot = alt.Chart(data_of([{"k": k, "label": f"crosses at k = {k}"}]))
    text = plot.mark_text(
        color=LIGHT["trained"], align="right", baseline="top", dx=-5, dy=2, fontSize=12
    )
    return [
        plot.mark_rule(color=LIGHT["trained"], strokeWidth=1.5).encode(alt.X("k:Q")),
        text.encode(alt.X("k:Q"), alt.Text("label:N"), y=alt.value(0)),
    ]
