"""Curves over k: pass@k of one policy or two, their difference, forecasts.

In: curves and estimates. Out: layered charts without a width; `page_spec` fits one to its place in
the page, `sized` gives it one for a file. What has no value is left out of the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt

from passgap.results.audit import Corrected
from passgap.results.comparison import Crossover
from passgap.results.estimates import Curve
from passgap.results.probe import Forecast, Signal
from passgap.show.charts.parts import (
    Chart,
    Datum,
    Layer,
    coloured,
    data_of,
    hover,
    hover_series,
    layered,
    level,
    log2,
    over_k,
    points_of,
    share_ends,
    shares,
    texts,
)
from passgap.show.text import between, interval, known, number, percent, points
from passgap.show.theme import LIGHT, SHADES

SHAPES = {"base": "circle", "trained": "square"}
BY_LUCK = "by luck"
TRIES = "tries per problem, k"
STROKE = "M-1,-0.14h2v0.28h-2z"


def pass_at_k(
    arms: Mapping[str, Curve],
    ks: Sequence[int] = (),
    luck: Curve | None = None,
    fitted: Forecast | None = None,
) -> Chart:
    """pass@k curves with their bands over k on a log2 axis; ``ks`` are marked as deciding.

    ``luck`` is what guessing alone would solve, ``fitted`` the base's curve after one tilt of all
    problems: both dashed, without points.
    """
    dashed: dict[str, tuple[Curve, str]] = {}
    if luck is not None:
        dashed[BY_LUCK] = luck, LIGHT["muted"]
    if fitted is not None:
        dashed[f"tilt, δ = {number(fitted.delta)}"] = fitted.curve, LIGHT["shade2"]
    rows = [row for role, curve in arms.items() for row in over_k(points_of(curve), role)]
    told = [row for name, (curve, _) in dashed.items() for row in over_k(points_of(curve), name)]
    names = [*arms, *dashed]
    colour = coloured(
        names,
        [LIGHT[role] for role in arms] + [colour for _, colour in dashed.values()],
        labelLimit=260,
    )
    shapes = alt.Scale(domain=names, range=[SHAPES[role] for role in arms] + [STROKE] * len(dashed))
    shape = alt.Shape("series:N", scale=shapes, legend=alt.Legend(title=None, labelLimit=260))
    plot = alt.Chart(data_of(rows)).encode(log2("k", TRIES, (row["k"] for row in rows)))
    band = plot.mark_area(opacity=0.18).encode(*share_ends(), colour.copy(deep=True))
    line = plot.mark_line(strokeWidth=2.5).encode(shares(), colour)
    dots = plot.mark_point(filled=True, size=46, opacity=1).encode(shares(), colour, shape)
    thin = _dashed(told, colour) if told else []
    layers = [*_deciding(ks), band, *thin, line, dots, hover_series([*rows, *told], "k", "k")]
    return layered(layers, "Share of problems solved within k tries (pass@k)")


def _dashed(rows: Sequence[Datum], colour: alt.Color) -> list[Layer]:
    plot = alt.Chart(data_of(rows)).encode(alt.X("k:Q"), colour)
    line = plot.mark_line(strokeDash=[5, 4], strokeWidth=2)
    return [
        plot.mark_area(opacity=0.08).encode(alt.Y("low:Q", title=None), alt.Y2("high:Q")),
        line.encode(alt.Y("value:Q", title=None)),
    ]


def paired_delta(
    delta: Curve,
    ks: Sequence[int] = (),
    margin: float | None = None,
    crossover: Crossover | None = None,
) -> Chart:
    """Trained minus base at each k: pointwise intervals, simultaneous band, margin, crossover."""
    rows = _differences(delta)
    banded = any("band_low" in row for row in rows)
    ink = LIGHT["ink"]
    plot = alt.Chart(data_of(rows)).encode(log2("k", TRIES, (row["k"] for row in rows)))
    axis = alt.Axis(labelExpr="datum.value ? format(100 * datum.value, '+.0f') : '0'")
    ends = alt.Y("low:Q", title=None), alt.Y2("high:Q")
    bands = alt.Y("band_low:Q", title=None), alt.Y2("band_high:Q")
    values = alt.Y("value:Q", title=None)
    tips = {"k": "k", "text": "difference", "pointwise": "at this k", "band": "all k at once"}
    layers: list[Layer] = [
        *_deciding(ks),
        *([plot.mark_area(opacity=0.13, color=ink).encode(*bands)] if banded else []),
        *[level(value, (4, 4)) for value in (margin, -(margin or 0)) if value],
        level(0.0),
        plot.mark_rule(color=ink, strokeWidth=2).encode(*ends),
        plot.mark_line(color=ink, strokeWidth=1.5).encode(alt.Y("value:Q", axis=axis, title=None)),
        plot.mark_point(color=ink, filled=True, size=50, opacity=1).encode(values),
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


def forecast_fan(curve: Curve, forecast: Sequence[Forecast]) -> Chart:
    """The base's curve and what a pure tilt of it would give, the further from it the stronger."""
    fan = {f"δ = {step.delta:g}": step.curve for step in forecast[: len(SHADES)]}
    arms = {"base now": curve} | fan
    rows = [row for name, one in arms.items() for row in over_k(points_of(one), name)]
    plot = alt.Chart(data_of(rows)).encode(log2("k", TRIES, (row["k"] for row in rows)))
    colour = coloured(list(arms), [LIGHT["base"], *SHADES[: len(fan)]])
    line = plot.mark_line(strokeWidth=2.5).encode(shares(), colour)
    return layered([line, hover_series(rows, "k", "k")], "Share solved within k tries")


def learning_signal(signal: Sequence[Signal]) -> Chart:
    """Share of groups that hold right and wrong completions, over the group size."""
    rows = [
        {"group_size": one.group_size, **texts(one.estimate)}
        for one in signal
        if known(one.estimate.value)
    ]
    x = log2("group_size", "completions per group, G", (row["group_size"] for row in rows))
    plot, base = alt.Chart(data_of(rows)).encode(x), LIGHT["base"]
    layers = [
        plot.mark_rule(color=base, strokeWidth=2).encode(*share_ends()),
        plot.mark_line(color=base, strokeWidth=1.5).encode(shares()),
        plot.mark_point(color=base, filled=True, size=50, opacity=1).encode(shares()),
        hover(rows, "group_size", {"group_size": "G", "text": "mixed groups"}),
    ]
    return layered(layers, "Share of groups that teach anything")


def lone_curve(curve: Curve) -> Chart:
    """Estimates over k with their interval at each k."""
    rows: list[Datum] = [
        {"k": k, **texts(one, _plain), "text": _plain(one.value), "between": interval(one, _plain)}
        for k, one in points_of(curve)
    ]
    axis = alt.Axis(format="d")
    x = alt.X("k:Q", scale=alt.Scale(type="log", base=2, nice=False, padding=8), axis=axis)
    plot, base = alt.Chart(data_of(rows)).encode(x.title("k")), LIGHT["base"]
    layers = [
        plot.mark_area(opacity=0.18, color=base).encode(
            alt.Y("low:Q", title=None), alt.Y2("high:Q")
        ),
        plot.mark_line(color=base, strokeWidth=2.5, point=True).encode(
            alt.Y("value:Q", title=None)
        ),
        hover(rows, "k", {"k": "k", "text": "value", "between": "interval"}),
    ]
    return layered(layers, "Estimates over k")


def audited_curve(corrected: Sequence[Corrected], role: str) -> Chart:
    """pass@k as the verifier counts, and without the false positives that a person found."""
    names = ["as verified", "corrected"]
    rows: list[Datum] = [
        {"k": row.k, "series": names[0], "value": row.pass_at_k, "text": percent(row.pass_at_k)}
        for row in corrected
    ]
    rows += over_k([(row.k, row.estimate) for row in corrected], names[1])
    colour = coloured(names, [LIGHT["muted"], LIGHT[role]])
    plot = alt.Chart(data_of(rows)).encode(log2("k", TRIES, (row["k"] for row in rows)))
    band = plot.mark_area(opacity=0.18).encode(*share_ends(), colour)
    line = plot.mark_line(strokeWidth=2.5).encode(shares(), colour)
    title = f"The {role}'s pass@k without false positives"
    return layered([band, line, hover_series(rows, "k", "k")], title)


def _deciding(ks: Sequence[int]) -> list[Layer]:
    """Faint upright lines at the k that decide the verdict."""
    plot = alt.Chart(data_of([{"k": k} for k in ks])).encode(alt.X("k:Q"))
    return [plot.mark_rule(color=LIGHT["line"], strokeDash=[2, 3])] if ks else []


def _crossing(k: int) -> list[Layer]:
    plot = alt.Chart(data_of([{"k": k, "label": f"crosses at k = {k}"}]))
    text = plot.mark_text(
        color=LIGHT["trained"], align="right", baseline="top", dx=-5, dy=2, fontSize=12
    )
    return [
        plot.mark_rule(color=LIGHT["trained"], strokeWidth=1.5).encode(alt.X("k:Q")),
        text.encode(alt.X("k:Q"), alt.Text("label:N"), y=alt.value(0)),
    ]


def _plain(value: float | None) -> str:
    return number(value, 3)
