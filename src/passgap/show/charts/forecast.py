"""Forecasts and outcomes: their charts. In: rows of results. Out: layered charts."""

from __future__ import annotations

from collections.abc import Sequence

from passgap.results.forecast import RunForecast
from passgap.results.forecast_scores import ForecastRow
from passgap.show.charts.lazy import Chart, alt
from passgap.show.charts.parts import Datum, data_of, layered, tooltips
from passgap.show.text import percent, points
from passgap.show.theme import LIGHT

KINDS = ("base model", "trained start", "other kind of problems")
COLOURS = (LIGHT["base"], LIGHT["trained"], LIGHT["muted"])


def kind(row: ForecastRow) -> str:
    """Which of three kinds a pair is of."""
    if row.off_domain:
        return KINDS[2]
    return KINDS[0] if row.start == "base" else KINDS[1]


def outcomes_chart(rows: Sequence[ForecastRow]) -> Chart:
    """Outcome over forecast, a dot with its 90% interval for each pair.

    On the dashed line they agree. The interval is a band at the place of the forecast.
    """
    drawn: list[Datum] = [
        {
            "forecast": row.forecast,
            "value": row.trained,
            "low": row.low,
            "high": row.high,
            "series": kind(row),
            "name": row.id,
            "text": f"{percent(row.trained)}, forecast {percent(row.forecast)} "
            f"({percent(row.low)} to {percent(row.high)}), base {percent(row.base)}",
        }
        for row in rows
    ]
    plot = alt.Chart(data_of(drawn))
    share = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1], labelOverlap=False)
    x = alt.X("forecast:Q", scale=share, axis=axis, title="forecast of pass@1 after training")
    y = alt.Y("value:Q", scale=share, axis=axis, title="pass@1 after training")
    colours = alt.Scale(domain=list(KINDS), range=list(COLOURS))
    colour = alt.Color("series:N", scale=colours, legend=alt.Legend(title=None))
    bands = {(row.forecast, row.low, row.high) for row in rows}  # once for rows that share a base
    spans = [{"forecast": at, "low": low, "high": high} for at, low, high in sorted(bands)]
    bars = (
        alt.Chart(data_of(spans))
        .mark_rule(strokeWidth=3, opacity=0.13, color=LIGHT["ink"])
        .encode(x, alt.Y("low:Q", scale=share), alt.Y2("high:Q"))
    )
    dots = plot.mark_point(filled=True, size=34, opacity=0.85).encode(
        x,
        y,
        colour,
        alt.Shape(
            "series:N",
            scale=alt.Scale(domain=list(KINDS), range=["circle", "triangle-up", "diamond"]),
        ),
        tooltip=tooltips({"name": "pair", "text": "pass@1"}),
    )
    ends = alt.Chart(data_of([{"forecast": 0.0, "value": 0.0}, {"forecast": 1.0, "value": 1.0}]))
    line = ends.mark_line(color=LIGHT["muted"], strokeDash=[4, 4]).encode(x, y)
    return layered([bars, line, dots], "Outcome over forecast")


def run_chart(result: RunForecast) -> Chart:
    """pass@1 now and after training, with its intervals at three levels."""
    now = result.base.pass_at_1
    bars: list[Datum] = [
        {"low": one.low, "high": one.high, "row": "after RLVR", "text": f"{one.level:.0%}"}
        for one in result.intervals
    ]
    value = result.forecast.pass_at_1.value
    dots: list[Datum] = [
        {"value": now, "row": "now", "text": percent(now)},
        {"value": value, "row": "after RLVR", "text": f"{percent(value)}, {points(value - now)}"},
    ]
    rows = alt.Y("row:N", sort=["now", "after RLVR"], title=None)
    share = alt.Scale(domain=[0, 1], nice=False)
    spans = (
        alt.Chart(data_of(bars))
        .mark_rule(strokeWidth=9, opacity=0.28, color=LIGHT["trained"])
        .encode(
            alt.X("low:Q", scale=share, axis=alt.Axis(format=".0%"), title="pass@1"),
            alt.X2("high:Q"),
            rows,
            tooltip=tooltips({"text": "of new runs"}),
        )
    )
    marks = (
        alt.Chart(data_of(dots))
        .mark_point(filled=True, size=90, opacity=1, color=LIGHT["ink"])
        .encode(alt.X("value:Q", scale=share), rows, tooltip=tooltips({"text": "pass@1"}))
    )
    return layered([spans, marks], "pass@1 now and after RLVR")
