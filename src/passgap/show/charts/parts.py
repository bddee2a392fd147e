"""What every chart is put together from: layers, axes, texts, and the strips that tell values.

In: estimates, and rows of plain values. Out: parts of altair charts, and their Vega-Lite specs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, cast

import msgspec

from passgap.plain import Json
from passgap.results.estimates import Curve
from passgap.show.charts.lazy import Chart, Layer, alt
from passgap.show.text import Valued, estimated, known, percent, visible
from passgap.show.theme import LIGHT, chart_config, with_variables

Spec = dict[str, Json]  # Vega-Lite, by altair's schema
Value = str | float | None
Datum = dict[str, Value]
Point = tuple[int, Valued]  # an estimate at one k
HEIGHT = 280
SAID = {"text", "pointwise", "band", "label"}  # columns that repeat numbers in words


def layered(layers: Sequence[Layer], title: str) -> Chart:
    """Layers as one chart, its title also what a screen reader says."""
    return cast("Chart", alt.layer(*layers).properties(title=title, description=title))


def lined(
    rows: Sequence[Datum],
    x: alt.X,
    colour: str | alt.Color,
    *,
    ends: Literal["band", "bars", ""] = "",
    y: alt.Y | None = None,
    points: int = 0,
    width: float = 2.5,
    dash: Sequence[int] = (1, 0),
    dashes: alt.StrokeDash | None = None,
) -> list[Layer]:
    """A line through the values of each series, their intervals as a band or as bars.

    ``colour`` is one for all or an encoding by series, ``points`` the size of the dots; the values
    are shares unless ``y`` says otherwise. ``dashes`` distinguish series without colour.
    """
    one = isinstance(colour, str)
    by = alt.ColorValue(colour) if isinstance(colour, str) else colour
    plot = alt.Chart(data_of(rows)).encode(x, by)
    low_high = alt.Y("low:Q", title=None), alt.Y2("high:Q")
    values = y or shares()
    layers: list[Layer] = []
    if ends == "band":
        layers.append(plot.mark_area(opacity=0.08 if dash[-1] else 0.16).encode(*low_high))
    if ends == "bars":
        layers.append(plot.mark_rule(strokeWidth=2, opacity=1 if one else 0.5).encode(*low_high))
    if width:
        plain = plot.mark_line(strokeWidth=width)
        line = plot.mark_line(strokeWidth=width, strokeDash=list(dash))
        layers.append(plain.encode(values, dashes) if dashes else line.encode(values))
    if points:
        layers.append(plot.mark_point(filled=True, size=points, opacity=1).encode(values))
    return layers


def data_of(rows: Iterable[Mapping[str, Value]]) -> alt.InlineData:
    """Rows as a chart's own data, their texts made visible: a lone surrogate stops the drawing."""

    def inert(value: Value) -> Value:
        return visible(value) if isinstance(value, str) else value if known(value) else None

    return alt.InlineData(values=[{name: inert(row[name]) for name in row} for row in rows])


def points_of(curve: Curve) -> list[Point]:
    """The estimates of a curve that have a value, each with its k."""
    points = ((int(k), curve.at(int(k))) for k in curve.k)
    return [(k, one) for k, one in points if known(one.value)]


def texts(one: Valued, form: Callable[[float | None], str] = percent) -> Datum:
    """Value and ends of an estimate, and the text a tooltip shows."""
    said = estimated(one, form)
    return {"value": one.value, "low": one.low, "high": one.high, "text": said}


def over_k(curve: Iterable[Point], series: str) -> list[Datum]:
    """A curve as rows of a named series."""
    return [{"k": k, "series": series, **texts(one)} for k, one in curve]


# ---------------------------------------------------------------------------------------- axes


def shares() -> alt.Y:
    """Shares, upwards from 0 to 1."""
    axis, scale = alt.Axis(format=".0%"), alt.Scale(domain=[0, 1])
    return alt.Y("value:Q", scale=scale, axis=axis, title=None)


def amounts(form: str, *, zero: bool = True) -> alt.Y:
    """Values of any size."""
    scale = alt.Scale(zero=zero)
    return alt.Y("value:Q", axis=alt.Axis(format=form), title=None, scale=scale)


def log2(name: str, title: str, rows: Iterable[Datum]) -> alt.X:
    """A logarithmic axis, labelled at the powers of two among the values."""
    whole = sorted({int(value) for row in rows if isinstance(value := row[name], int | float)})
    powers = [v for v in whole if v & (v - 1) == 0]
    axis = alt.Axis(values=powers or whole, format="d", labelOverlap="greedy")
    scale = alt.Scale(type="log", base=2, padding=8, nice=False)
    return alt.X(f"{name}:Q", scale=scale, axis=axis, title=title)


def steps(title: str = "training step") -> alt.X:
    """Whole steps."""
    return alt.X("step:Q", title=title, axis=alt.Axis(format="d", tickCount=6))


def coloured(
    names: Sequence[str], colours: Sequence[str], legend: alt.Legend | None = None
) -> alt.Color:
    """A colour for each series, told by the legend."""
    scale = alt.Scale(domain=list(names), range=list(colours))
    return alt.Color("series:N", scale=scale, legend=legend or alt.Legend(title=None))


DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 2, 1, 2, 1, 2])


def dashed(names: Sequence[str]) -> alt.StrokeDash:
    """A dash for each series, the first one solid; its legend is that of the colours."""
    scale = alt.Scale(domain=list(names), range=[*DASHES[: len(names)]])
    return alt.StrokeDash("series:N", scale=scale, legend=strokes())


def strokes() -> alt.Legend:
    """A legend of lines, long enough for their dashes."""
    return alt.Legend(title=None, symbolType="stroke", symbolSize=400)


# --------------------------------------------------------------------------------------- hover


def hover_series(rows: Sequence[Datum], key: str, title: str) -> Layer:
    """`hover` over long rows: one line of the tooltip per series."""
    names = list(dict.fromkeys(row["series"] for row in rows))
    wide: dict[Value, Datum] = {}
    for row in rows:
        column = f"series{names.index(row['series'])}"
        wide.setdefault(row[key], {key: row[key]})[column] = row["text"]
    tips = {f"series{i}": str(name) for i, name in enumerate(names)}
    return hover(list(wide.values()), key, {key: title, **tips})


def hover(rows: Sequence[Datum], key: str, tips: Mapping[str, str]) -> Layer:
    """Upright strips, one per x, that tell every value there and mark the x under the pointer.

    Each strip reaches halfway to its neighbours, on a log and on a linear axis alike. Strips and
    not Vega-Lite's ``nearest``: that one loses the fields of a list of tooltips.
    """
    over = alt.selection_point(
        name=f"over_{key}", fields=[key], on="pointerover", clear="pointerout", empty=False
    )
    told = [
        {name: row.get(name) for name in tips}
        for row in sorted(rows, key=lambda row: float(row[key] or 0))
    ]
    plot = alt.Chart(data_of(_strips(told, key)))
    shown = alt.when(over).then(alt.value(0.6)).otherwise(alt.value(0))
    line = plot.mark_rule(color=LIGHT["muted"]).encode(alt.X(f"{key}:Q"), opacity=shown)
    strips = plot.mark_rect(opacity=0, stroke=LIGHT["muted"], strokeWidth=6).encode(
        alt.X("strip_from:Q"),
        alt.X2("strip_to:Q"),
        tooltip=tooltips(tips),
    )
    return alt.layer(line, strips.add_params(over))


def tooltips(tips: Mapping[str, str]) -> list[alt.Tooltip]:
    """The columns that a tooltip shows, each with its title."""
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in tips.items()]


def _strips(rows: Sequence[Datum], key: str) -> list[Datum]:
    """Rows in the order of ``key``, each with where its strip begins and ends."""
    at = [float(row[key] or 0) for row in rows]
    middles = [(a + b) / 2 for a, b in pairwise(at)]
    ends = zip([*at[:1], *middles], [*middles, *at[-1:]], strict=True)
    return [
        {**row, "strip_from": low, "strip_to": high}
        for row, (low, high) in zip(rows, ends, strict=True)
    ]


# -------------------------------------------------------------------------------- out of here


def sized(chart: Chart, width: int = 640, height: int = 360) -> Spec:
    """The Vega-Lite spec for a picture file, on white."""
    spec = _spec(chart.properties(width=width, height=height))
    return spec | {"background": LIGHT["paper"], "padding": 20}


def page_spec(chart: Chart, height: int = HEIGHT) -> Spec:
    """The Vega-Lite spec for the page: as wide as its place, coloured by CSS variables."""
    spec = _spec(chart.properties(width="container", height=height))
    spec["usermeta"] = {"csv": rows_for_csv(spec)}
    return {name: with_variables(value) for name, value in spec.items()}


def _spec(chart: Chart) -> Spec:
    spec: Spec = chart.to_dict(validate=False)  # our own charts; the tests validate
    return spec | {"config": chart_config()}


def rows_for_csv(spec: Spec) -> dict[str, list[str]]:
    """The names of the datasets that hold what a spec draws, and their columns but the texts."""
    datasets = msgspec.convert(spec.get("datasets", {}), dict[str, list[dict[str, Value]]])
    told = {
        name: rows
        for name, rows in datasets.items()
        if any("value" in row or "count" in row for row in rows)
    }
    columns = dict.fromkeys(column for rows in told.values() for row in rows for column in row)
    return {"datasets": [*told], "columns": [name for name in columns if name not in SAID]}
