"""A training run's record in, its charts out: signal against its forecast, problems, bands, length.

Rows are those of ``Watching.to_dict()``; each stands at its last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from passgap.show.charts.ingredients import (
    Chart,
    data_of,
    hover,
    hover_series,
    layered,
    share_axis,
    steps_axis,
    texts,
    unit_scale,
    valued,
)
from passgap.show.data import FEW, Row
from passgap.show.text import interval, known, number
from passgap.show.theme import LIGHT, SHADES

COUNTED = {"solved": "solved so far", "never_solved": "never so far", "lost": "lost since"}
COLOURS = {"solved": LIGHT["trained"], "never_solved": LIGHT["base"], "lost": LIGHT["ink"]}
OBSERVED, FORECAST = "in training", "forecast by the base"


def watch_charts(result: Row | None) -> dict[str, Chart]:
    """Every chart the record can fill, by the name its file bears."""
    if not result:
        return {}
    steps, unit = result["steps"], _unit(result)
    charts = {"watch_problems": problems_chart(steps, unit)}
    if any(known(row["mixed"]["value"]) for row in steps):
        charts["watch_signal"] = signal_chart(steps, unit)
    bands = [band for band in result["bands"] if band["rows"] and band["problems"] >= FEW]
    if bands:
        charts["watch_bands"] = bands_chart(bands, unit)
    if any(known(row["length"]["value"]) for row in steps):
        charts["watch_length"] = length_chart(steps, unit)
    return charts


def signal_chart(steps: Sequence[Row], unit: str) -> Chart:
    """Share of mixed groups with its interval, and what the base's counts say of these problems."""
    seen = [_at(row, OBSERVED, row["mixed"]) for row in steps if known(row["mixed"]["value"])]
    told = [row for row in steps if known((row["forecast"] or {}).get("value"))]
    expected = [_at(row, FORECAST, row["forecast"]) for row in told]
    names = [OBSERVED, *([FORECAST] if expected else [])]
    scale = alt.Scale(domain=names, range=[LIGHT["trained"], LIGHT["base"]][: len(names)])
    colour = alt.Color("series:N", scale=scale, legend=alt.Legend(title=None))
    layers = []
    drawn = [(seen, [1, 0])] if not expected else [(expected, [5, 4]), (seen, [1, 0])]
    for rows, dash in drawn:
        plot = alt.Chart(data_of(rows)).encode(_x(unit))
        y = alt.Y("value:Q", scale=unit_scale(), axis=share_axis(), title=None)
        layers += [
            plot.mark_area(opacity=0.15).encode(
                alt.Y("low:Q", scale=unit_scale(), title=None), alt.Y2("high:Q"), colour
            ),
            plot.mark_line(strokeWidth=2.5, strokeDash=dash).encode(y, colour),
        ]
    layers.append(hover_series([*seen, *expected], "step", unit))
    return layered(layers, "Share of groups that teach anything")


def problems_chart(steps: Sequence[Row], unit: str) -> Chart:
    """Problems solved at least once, never so far, and lost since."""
    rows = [
        {
            "step": row["last_step"],
            "series": title,
            "value": row["problems"][name],
            "text": f"{row['problems'][name]} of {row['problems']['seen']}",
        }
        for name, title in COUNTED.items()
        for row in steps
    ]
    scale = alt.Scale(domain=list(COUNTED.values()), range=list(COLOURS.values()))
    plot = alt.Chart(data_of(rows)).encode(_x(unit))
    line = plot.mark_line(strokeWidth=2.5).encode(
        alt.Y("value:Q", axis=alt.Axis(format="d", tickMinStep=1), title=None),
        alt.Color("series:N", scale=scale, legend=alt.Legend(title=None)),
    )
    return layered([line, hover_series(rows, "step", unit)], "Number of problems")


def bands_chart(bands: Sequence[Row], unit: str) -> Chart:
    """Solved share of each difficulty band, harder from dark to light, with intervals."""
    names = [band["band"] for band in bands]
    rows = [_at(row, band["band"], row) for band in bands for row in valued(band["rows"])]
    scale = alt.Scale(domain=names, range=SHADES[::-1][: len(names)])
    colour = alt.Color("series:N", scale=scale, legend=alt.Legend(title=None))
    plot = alt.Chart(data_of(rows)).encode(_x(unit))
    bars = plot.mark_rule(strokeWidth=1.5, opacity=0.45).encode(
        alt.Y("low:Q", scale=unit_scale(), title=None), alt.Y2("high:Q"), colour
    )
    y = alt.Y("value:Q", scale=unit_scale(), axis=share_axis(), title=None)
    line = plot.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=30)).encode(y, colour)
    return layered([bars, line, hover_series(rows, "step", unit)], "Solved, by difficulty")


def length_chart(steps: Sequence[Row], unit: str) -> Chart:
    """Mean completion length with its interval."""
    rows = [
        _at(row, "", row["length"])
        | {"text": f"{number(row['length']['value'], 0)} ({interval(row['length'], _whole)})"}
        for row in steps
        if known(row["length"]["value"])
    ]
    plot = alt.Chart(data_of(rows)).encode(_x(unit))
    axis = alt.Axis(format="d")
    band = plot.mark_area(opacity=0.15, color=LIGHT["trained"]).encode(
        alt.Y("low:Q", title=None), alt.Y2("high:Q")
    )
    line = plot.mark_line(color=LIGHT["trained"], strokeWidth=2.5).encode(
        alt.Y("value:Q", axis=axis, title=None, scale=alt.Scale(zero=True))
    )
    tips = {"step": unit, "text": "tokens"}
    return layered([band, line, hover(rows, "step", tips)], "Completion length, tokens")


def _at(row: Row, series: str, estimate: Row) -> dict[str, Any]:
    return {"step": row["last_step"], "series": series, **texts(estimate)}


def _unit(result: Row) -> str:
    return "training step" if result["settings"]["counted_by"] == "trainer" else "visit"


def _x(unit: str) -> alt.X:
    return alt.X("step:Q", title=unit, axis=steps_axis())


def _whole(value: float | None) -> str:
    return number(value, 0)
