"""The temperature study's result in; its figure out."""

from __future__ import annotations

import altair as alt

from passgap.show.charts.parts import (
    Chart,
    Datum,
    coloured,
    data_of,
    layered,
    log2,
    over_k,
    points_of,
    share_ends,
    shares,
)
from passgap.show.theme import LIGHT
from research.envelope import ROLES, Envelope


def envelope_chart(study: Envelope) -> Chart:
    """Both envelopes with intervals over k, and under them each temperature's curve, thin."""
    thin: list[Datum] = [
        {**row, "curve": f"{role} {temperature:g}"}
        for role in ROLES
        for temperature, curve in zip(study.temperatures, study.curves[role], strict=True)
        for row in over_k(points_of(curve), role)
    ]
    bold = [row for role in ROLES for row in over_k(points_of(study.best[role]), role)]
    x = log2("k", "tries per problem, k", study.delta.k.tolist())
    colour = coloured(ROLES, [LIGHT[role] for role in ROLES])
    rows = alt.Chart(data_of(thin)).encode(x, shares(), colour, alt.Detail("curve:N"))
    best = alt.Chart(data_of(bold)).encode(x, colour)
    layers = [
        rows.mark_line(strokeWidth=1, opacity=0.45),
        best.mark_area(opacity=0.18).encode(*share_ends()),
        best.mark_line(strokeWidth=3).encode(shares()),
    ]
    title = "Share of problems solved within k tries: bold, each at its best temperature"
    return layered(layers, title)
