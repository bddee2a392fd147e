"""The temperature study's result in; its figure out."""

from __future__ import annotations

from passgap.show.charts.lazy import Chart, alt
from passgap.show.charts.parts import (
    Datum,
    coloured,
    data_of,
    layered,
    lined,
    log2,
    over_k,
    points_of,
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
    x = log2("k", "tries per problem, k", bold)
    colour = coloured(ROLES, [LIGHT[role] for role in ROLES])
    each = alt.Chart(data_of(thin)).mark_line(strokeWidth=1, opacity=0.45)
    layers = [
        each.encode(x, shares(), colour, alt.Detail("curve:N")),
        *lined(bold, x, colour, ends="band", width=3),
    ]
    title = "Share of problems solved within k tries: bold, each at its best temperature"
    return layered(layers, title)
