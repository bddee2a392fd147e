"""The temperature study's dict in; its figure out."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import altair as alt

from passgap.show.charts.figures import write_picture
from passgap.show.theme import LIGHT
from research.temperature_tables import ROLES, Row


def envelope_chart(study: Row) -> alt.LayerChart:
    """Both envelopes with intervals over k, and under them each temperature's curve, thin."""
    thin = [
        {**row, "series": role, "curve": f"{role} {arm['temperature']:g}"}
        for role in ROLES
        for arm in study[role]["curves"]
        for row in arm["curve"]
    ]
    bold = [{**row, "series": role} for role in ROLES for row in study[role]["envelope"]]
    ks = [row["k"] for row in study["delta"]]
    x = alt.X(
        "k:Q",
        title="tries per problem, k",
        scale=alt.Scale(type="log", base=2, nice=False, padding=8),
        axis=alt.Axis(values=ks, format="d", labelOverlap="greedy"),
    )
    unit, axis = alt.Scale(domain=[0, 1]), alt.Axis(format=".0%")
    y = alt.Y("value:Q", scale=unit, axis=axis, title=None)
    domain = alt.Scale(domain=list(ROLES), range=[LIGHT[role] for role in ROLES])
    colour = alt.Color("series:N", scale=domain, legend=alt.Legend(title=None))
    rows = alt.Chart(alt.InlineData(values=thin)).encode(x, y, colour, alt.Detail("curve:N"))
    best = alt.Chart(alt.InlineData(values=bold)).encode(x, colour)
    title = "Share of problems solved within k tries: bold, each at its best temperature"
    layers = alt.layer(
        rows.mark_line(strokeWidth=1, opacity=0.45),
        best.mark_area(opacity=0.18).encode(
            alt.Y("low:Q", scale=unit, title=None), alt.Y2("high:Q")
        ),
        best.mark_line(strokeWidth=3).encode(y),
    )
    return cast(alt.LayerChart, layers.properties(title=title, description=title))


def write_envelope(study: Row, path: Path | str) -> Path:
    """Write the chart as the kind of picture its name ends in."""
    return write_picture(envelope_chart(study), path)
