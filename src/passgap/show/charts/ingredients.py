"""What every chart is put together from: layers, axes, texts, and the strips that tell values.

In: rows of results. Out: parts of altair charts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

import altair as alt

from passgap.show.data import Row
from passgap.show.text import interval, known, percent, visible
from passgap.show.theme import LIGHT

Chart = alt.LayerChart
SAID = {"text", "pointwise", "band", "label"}  # columns that repeat numbers in words


def layered(layers: Sequence[Any], title: str) -> Chart:
    """Layers as one chart, its title also what a screen reader says."""
    return cast(Chart, alt.layer(*layers).properties(title=title, description=title))


def data_of(rows: Iterable[Row]) -> alt.InlineData:
    """Rows as a chart's own data, their texts made visible: a lone surrogate stops the drawing."""
    return alt.InlineData(values=[{name: _inert(row[name]) for name in row} for row in rows])


def _inert(value: Any) -> Any:
    return visible(value) if isinstance(value, str) else value


def valued(rows: Iterable[Row]) -> list[Row]:
    """The rows that have a value."""
    return [row for row in rows if known(row.get("value"))]


def texts(row: Row) -> dict[str, Any]:
    """Value and ends of an estimate, and the text a tooltip shows."""
    text = f"{percent(row['value'])} ({interval(row)})"
    return {"value": row["value"], "low": row.get("low"), "high": row.get("high"), "text": text}


def unit_scale() -> alt.Scale:
    """From 0 to 1."""
    return alt.Scale(domain=[0, 1])


def share_axis() -> alt.Axis:
    """Shares in percent."""
    return alt.Axis(format=".0%")


def steps_axis() -> alt.Axis:
    """Whole steps."""
    return alt.Axis(format="d", tickCount=6)


def hover_series(rows: Sequence[Row], key: str, title: str) -> Any:
    """`hover` over long rows: one line of the tooltip a series."""
    names = list(dict.fromkeys(row["series"] for row in rows))
    wide: dict[Any, dict[str, Any]] = {}
    for row in rows:
        column = f"series{names.index(row['series'])}"
        wide.setdefault(row[key], {key: row[key]})[column] = row["text"]
    tips = {f"series{i}": name for i, name in enumerate(names)}
    return hover(list(wide.values()), key, {key: title, **tips})


def hover(rows: Sequence[Row], key: str, tips: Mapping[str, str]) -> Any:
    """Upright strips, one an x, that tell every value there and mark the x under the pointer.

    Each strip reaches halfway to its neighbours, on a log and on a linear axis alike. Strips and
    not Vega-Lite's ``nearest``: that one loses the fields of a list of tooltips.
    """
    over = alt.selection_point(
        name=f"over_{key}", fields=[key], on="pointerover", clear="pointerout", empty=False
    )
    told = [
        {name: row.get(name) for name in tips}
        for row in sorted(rows, key=lambda row: float(row[key]))
    ]
    plot = alt.Chart(data_of(_strips(told, key)))
    shown = alt.when(over).then(alt.value(0.6)).otherwise(alt.value(0))
    line = plot.mark_rule(color=LIGHT["muted"]).encode(alt.X(f"{key}:Q"), opacity=shown)
    strips = plot.mark_rect(opacity=0, stroke=LIGHT["muted"], strokeWidth=6).encode(
        alt.X("strip_from:Q"),
        alt.X2("strip_to:Q"),
        tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in tips.items()],
    )
    return alt.layer(line, strips.add_params(over))


def _strips(rows: Sequence[Row], key: str) -> list[dict[str, Any]]:
    """Rows in the order of ``key``, each with where its strip begins and ends."""
    at = [row[key] for row in rows]
    middles = [(a + b) / 2 for a, b in pairwise(at)]
    ends = zip([*at[:1], *middles], [*middles, *at[-1:]], strict=True)
    return [
        {**row, "strip_from": low, "strip_to": high}
        for row, (low, high) in zip(rows, ends, strict=True)
    ]


def rows_for_csv(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Which of a Vega-Lite spec's datasets hold what it draws, and their columns but the texts.

    Returns
    -------
    dict
        ``datasets`` (names) and ``columns``, in the order of first appearance.
    """
    names = [
        name
        for name, rows in spec.get("datasets", {}).items()
        if any("value" in row or "count" in row for row in rows)
    ]
    columns = dict.fromkeys(
        column for name in names for row in spec["datasets"][name] for column in row
    )
    return {"datasets": names, "columns": [name for name in columns if name not in SAID]}
