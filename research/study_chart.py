"""Rows of a study in, one chart out: what each way of training leaves of the base's reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import altair as alt

from passgap.show.theme import LIGHT

PARTS = {"one": "pass@1", "all": "pass@n"}
NUMBERS = ("value", "low", "high")


def efficiency_gaps(rows: Sequence[Mapping[str, Any]], title: str) -> alt.LayerChart:
    """pass@1 and pass@n of each row on held-out problems, with intervals; the bar between them.

    Parameters
    ----------
    rows
        ``{"row": name, "held_out": {"one": {value, low, high}, "all": {...}}}``, the base first.
    title
        What differs between the rows.
    """
    shown = [
        {"row": row["row"], "what": what, **{n: row["held_out"][part][n] for n in NUMBERS}}
        for row in rows
        for part, what in PARTS.items()
    ]
    spans = [
        {"row": row["row"], "from": row["held_out"]["one"]["value"], "to": reach(rows)}
        for row in rows
    ]
    order = [row["row"] for row in rows]
    y = alt.Y("row:N", sort=order, title=None, axis=alt.Axis(labelLimit=240, domain=False))
    x = alt.X("value:Q", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"), title=None)
    colour = alt.Color(
        "what:N",
        scale=alt.Scale(domain=list(PARTS.values()), range=[LIGHT["trained"], LIGHT["base"]]),
        legend=alt.Legend(title=None),
    )
    shape = alt.Shape(
        "what:N",
        scale=alt.Scale(domain=list(PARTS.values()), range=["circle", "square"]),
        legend=alt.Legend(title=None),
    )
    bar = alt.Chart(alt.InlineData(values=spans)).mark_bar(height=6, color=LIGHT["grid"])
    points = alt.Chart(alt.InlineData(values=shown))
    layers = [
        bar.encode(y, alt.X("from:Q"), alt.X2("to:Q")),
        points.mark_rule(strokeWidth=2).encode(y, alt.X("low:Q"), alt.X2("high:Q"), colour),
        points.mark_point(filled=True, size=60, opacity=1).encode(y, x, colour, shape),
    ]
    heading = f"Held-out problems by {title}; the grey bar is the sampling-efficiency gap"
    return cast("alt.LayerChart", alt.layer(*layers).properties(title=heading))


def reach(rows: Sequence[Mapping[str, Any]]) -> float:
    """The base's pass@n."""
    return float(rows[0]["held_out"]["all"]["value"])
