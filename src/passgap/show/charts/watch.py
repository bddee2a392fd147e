"""A training run's record in, its charts out: signal against its forecast, problems, bands, length.

Each row stands at its last step.
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from passgap.results.watching import Band, BandSpan, Span
from passgap.show.charts.parts import (
    Chart,
    Datum,
    Layer,
    coloured,
    data_of,
    hover,
    hover_series,
    layered,
    share_ends,
    shares,
    steps_axis,
    texts,
)
from passgap.show.text import Valued, known, number
from passgap.show.theme import LIGHT, SHADES

OBSERVED, FORECAST = "in training", "forecast by the base"


def signal_chart(steps: Sequence[Span], unit: str) -> Chart:
    """Share of mixed groups with its interval, and what the base's counts say of these problems."""
    seen = [_at(row, OBSERVED, row.mixed) for row in steps if known(row.mixed.value)]
    expected = [
        _at(row, FORECAST, row.forecast.estimate)
        for row in steps
        if row.forecast and known(row.forecast.estimate.value)
    ]
    names = [OBSERVED, *([FORECAST] if expected else [])]
    colour = coloured(names, [LIGHT["trained"], LIGHT["base"]][: len(names)])
    layers: list[Layer] = []
    for rows, dash in ((expected, [5, 4]), (seen, [1, 0])):
        if rows:
            plot = alt.Chart(data_of(rows)).encode(_x(unit))
            line = plot.mark_line(strokeWidth=2.5, strokeDash=dash).encode(shares(), colour)
            layers += [plot.mark_area(opacity=0.15).encode(*share_ends(), colour), line]
    layers.append(hover_series([*seen, *expected], "step", unit))
    return layered(layers, "Share of groups that teach anything")


def problems_chart(steps: Sequence[Span], unit: str) -> Chart:
    """Problems solved at least once, never so far, and lost since."""
    series = {
        "solved so far": ("trained", [row.problems.solved for row in steps]),
        "never so far": ("base", [row.problems.never_solved for row in steps]),
        "lost since": ("ink", [row.problems.lost for row in steps]),
    }
    rows: list[Datum] = [
        {
            "step": row.last_step,
            "series": name,
            "value": value,
            "text": f"{value} of {row.problems.seen}",
        }
        for name, (_, values) in series.items()
        for row, value in zip(steps, values, strict=True)
    ]
    plot = alt.Chart(data_of(rows)).encode(_x(unit))
    line = plot.mark_line(strokeWidth=2.5).encode(
        alt.Y("value:Q", axis=alt.Axis(format="d", tickMinStep=1), title=None),
        coloured(list(series), [LIGHT[colour] for colour, _ in series.values()]),
    )
    return layered([line, hover_series(rows, "step", unit)], "Number of problems")


def bands_chart(bands: Sequence[Band], unit: str) -> Chart:
    """Solved share of each difficulty band, harder from dark to light, with intervals."""
    names = [band.band for band in bands]
    rows = [
        _at(row, band.band, row.estimate)
        for band in bands
        for row in band.rows
        if known(row.estimate.value)
    ]
    colour = coloured(names, SHADES[::-1][: len(names)])
    plot = alt.Chart(data_of(rows)).encode(_x(unit))
    bars = plot.mark_rule(strokeWidth=1.5, opacity=0.45).encode(*share_ends(), colour)
    line = plot.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=30))
    layers = [bars, line.encode(shares(), colour), hover_series(rows, "step", unit)]
    return layered(layers, "Solved, by difficulty")


def length_chart(steps: Sequence[Span], unit: str) -> Chart:
    """Mean completion length with its interval."""
    rows: list[Datum] = [
        {"step": row.last_step, **texts(row.length, _whole)}
        for row in steps
        if known(row.length.value)
    ]
    plot = alt.Chart(data_of(rows)).encode(_x(unit))
    y = alt.Y("value:Q", axis=alt.Axis(format="d"), title=None, scale=alt.Scale(zero=True))
    band = plot.mark_area(opacity=0.15, color=LIGHT["trained"]).encode(
        alt.Y("low:Q", title=None), alt.Y2("high:Q")
    )
    line = plot.mark_line(color=LIGHT["trained"], strokeWidth=2.5).encode(y)
    tips = {"step": unit, "text": "tokens"}
    return layered([band, line, hover(rows, "step", tips)], "Completion length, tokens")


def _at(row: Span | BandSpan, series: str, one: Valued) -> Datum:
    return {"step": row.last_step, "series": series, **texts(one)}


def _x(unit: str) -> alt.X:
    return alt.X("step:Q", title=unit, axis=steps_axis())


def _whole(value: float | None) -> str:
    return number(value, 0)
