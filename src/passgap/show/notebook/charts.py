"""Charts that a notebook alone shows: counts, a lone curve, rounds, plans, bounds of reach.

In: counts or rows of results. Out: altair charts in the report's palette.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from passgap.data.counts import Counts
from passgap.show.charts.ingredients import Chart, data_of, hover, layered, valued
from passgap.show.charts.problems import histogram
from passgap.show.data import Row
from passgap.show.text import interval, number, points
from passgap.show.theme import LIGHT

SMALLEST = 1e-8  # a lower bound of 0 is drawn here: a log axis has no 0


def counts_chart(counts: Counts) -> Chart:
    """Problems by their share of correct draws."""
    rows = [
        {"problem_id": i, "base_n": n, "base_c": c}
        for i, n, c in zip(counts.problem_id, counts.n.tolist(), counts.c.tolist(), strict=True)
    ]
    return histogram(rows)


def curve_chart(data: Row) -> Chart:
    """Estimates over k with their interval at each k."""
    rows = [{**row, "text": f"{number(row['value'], 3)}"} for row in valued(data["curve"])]
    told = [{**row, "between": interval(row, lambda end: number(end, 3))} for row in rows]
    x = alt.X(
        "k:Q",
        scale=alt.Scale(type="log", base=2, nice=False, padding=8),
        axis=alt.Axis(format="d"),
        title="k",
    )
    plot = alt.Chart(data_of(rows)).encode(x)
    band = plot.mark_area(opacity=0.18, color=LIGHT["base"]).encode(
        alt.Y("low:Q", title=None), alt.Y2("high:Q")
    )
    line = plot.mark_line(color=LIGHT["base"], strokeWidth=2.5, point=True).encode(
        alt.Y("value:Q", title=None)
    )
    tips = {"k": "k", "text": "value", "between": "interval"}
    return layered([band, line, hover(told, "k", tips)], "Estimates over k")


def rounds_chart(rounds: Sequence[Row]) -> Chart:
    """The headroom's interval after each round of an adaptive probe."""
    rows = [
        {**row, "text": f"{points(row['value'])} ({interval(row, points)})"}
        for row in valued(rounds)
    ]
    axis = alt.Axis(format=".0%")
    plot = alt.Chart(data_of(rows)).encode(alt.X("draws:Q", title="draws so far"))
    bars = plot.mark_rule(color=LIGHT["base"], strokeWidth=2).encode(
        alt.Y("low:Q", title=None, axis=axis), alt.Y2("high:Q")
    )
    dots = plot.mark_point(color=LIGHT["base"], filled=True, size=50, opacity=1).encode(
        alt.Y("value:Q", title=None)
    )
    tips = {"draws": "draws", "text": "headroom, points", "label": "verdict"}
    return layered([bars, dots, hover(rows, "draws", tips)], "Headroom after each round")


def plan_chart(designs: Sequence[Row]) -> Chart | None:
    """Completions that each number of draws a problem costs; None where no design is attainable."""
    rows: list[dict[str, Any]] = [
        {"n": row["n"], "value": row["completions"], "text": number(row["completions"])}
        | {"problems": number(row["problems"])}
        for row in designs
        if row["completions"] is not None
    ]
    if not rows:
        return None
    x = alt.X("n:Q", scale=alt.Scale(type="log", base=2, padding=8), title="draws a problem, n")
    plot = alt.Chart(data_of(rows)).encode(x)
    line = plot.mark_line(color=LIGHT["base"], strokeWidth=2, point=True).encode(
        alt.Y("value:Q", axis=alt.Axis(format="~s"), title=None)
    )
    tips = {"n": "draws", "problems": "problems", "text": "completions"}
    return layered([line, hover(rows, "n", tips)], "Completions in all")


def reach_chart(rows: Sequence[Row]) -> Chart:
    """Bounds on the base's success probability, one bar a problem that was gained."""
    drawn = [
        {
            "problem": str(row["problem_id"]),
            "value": row["high"],
            "low": max(row["low"], SMALLEST),
            "class": row["class"],
            "text": f"{row['low']:.2g} to {row['high']:.2g}",
        }
        for row in rows
    ]
    scale = alt.Scale(
        domain=["reachable", "undecided", "beyond_budget"],
        range=[LIGHT["base"], LIGHT["muted"], LIGHT["trained"]],
    )
    bars = (
        alt.Chart(data_of(drawn))
        .mark_rule(strokeWidth=3)
        .encode(
            alt.X("low:Q", scale=alt.Scale(type="log"), axis=alt.Axis(format="~e"), title=None),
            alt.X2("value:Q"),
            alt.Y("problem:N", sort=None, title=None),
            alt.Color("class:N", scale=scale, legend=alt.Legend(title=None)),
            tooltip=[alt.Tooltip("problem:N"), alt.Tooltip("text:N", title="the base's p")],
        )
    )
    return layered([bars], "The base's success probability on problems gained: from both sides")
