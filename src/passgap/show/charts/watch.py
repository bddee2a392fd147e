"""A training run's record in, its charts out: signal against its forecast, problems, bands, length.

Each row stands at its last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from passgap.results.watching import Band, BandSpan, Span
from passgap.show.charts.lazy import Chart, Layer
from passgap.show.charts.parts import (
    Datum,
    amounts,
    coloured,
    hover,
    hover_series,
    layered,
    lined,
    steps,
    texts,
)
from passgap.show.text import Valued, known, number
from passgap.show.theme import LIGHT, SHADES

OBSERVED, FORECAST = "in training", "forecast by the base"


def signal_chart(spans: Sequence[Span], unit: str) -> Chart:
    """Share of mixed groups with its interval, and what the base's counts say of these problems."""
    seen = [_at(row, OBSERVED, row.mixed) for row in spans if known(row.mixed.value)]
    told = [(row, row.forecast.estimate) for row in spans if row.forecast]
    expected = [_at(row, FORECAST, one) for row, one in told if known(one.value)]
    names = [OBSERVED, FORECAST] if expected else [OBSERVED]
    colour = coloured(names, [LIGHT["trained"], LIGHT["base"]][: len(names)])
    layers: list[Layer] = []
    if expected:
        layers += lined(expected, steps(unit), colour, ends="band", dash=(5, 4))
    layers += lined(seen, steps(unit), colour, ends="band")
    layers.append(hover_series([*seen, *expected], "step", unit))
    return layered(layers, "Share of groups that teach anything")


def problems_chart(spans: Sequence[Span], unit: str) -> Chart:
    """Problems solved at least once, never so far, and lost since."""
    series = {
        "solved so far": ("trained", [row.problems.solved for row in spans]),
        "never so far": ("base", [row.problems.never_solved for row in spans]),
        "lost since": ("ink", [row.problems.lost for row in spans]),
    }
    rows: list[Datum] = [
        {"step": row.last_step, "series": name, "value": value, "text": f"{value} of {seen}"}
        for name, (_, values) in series.items()
        for row, value in zip(spans, values, strict=True)
        for seen in [row.problems.seen]
    ]
    colour = coloured(list(series), [LIGHT[colour] for colour, _ in series.values()])
    drawn = lined(rows, steps(unit), colour, y=amounts("d"))
    return layered([*drawn, hover_series(rows, "step", unit)], "Number of problems")


def bands_chart(bands: Sequence[Band], unit: str) -> Chart:
    """Solved share of each difficulty band, harder from dark to light, with intervals."""
    rows = [
        _at(row, band.band, row.estimate)
        for band in bands
        for row in band.rows
        if known(row.estimate.value)
    ]
    colour = coloured([band.band for band in bands], SHADES[::-1][: len(bands)])
    drawn = lined(rows, steps(unit), colour, ends="bars", points=30)
    return layered([*drawn, hover_series(rows, "step", unit)], "Solved, by difficulty")


def length_chart(spans: Sequence[Span], unit: str) -> Chart:
    """Mean completion length with its interval."""
    rows: list[Datum] = [
        {"step": row.last_step, **texts(row.length, partial(number, digits=0))}
        for row in spans
        if known(row.length.value)
    ]
    drawn = lined(rows, steps(unit), LIGHT["trained"], ends="band", y=amounts("d"))
    told = hover(rows, "step", {"step": unit, "text": "tokens"})
    return layered([*drawn, told], "Completion length, tokens")


def _at(row: Span | BandSpan, series: str, one: Valued) -> Datum:
    return {"step": row.last_step, "series": series, **texts(one)}
