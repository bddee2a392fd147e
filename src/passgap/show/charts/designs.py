"""Rounds of an adaptive probe, designs of a plan, bounds of reach: their charts.

In: rows of results. Out: layered charts.
"""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from passgap.results.plan import Design
from passgap.results.probe import Look
from passgap.results.reach import ReachRow
from passgap.show.charts.parts import Chart, Datum, data_of, hover, layered, texts
from passgap.show.text import known, number, points
from passgap.show.theme import LIGHT

SMALLEST = 1e-8  # a lower bound of 0 is drawn here: a log axis has no 0


def rounds_chart(rounds: Sequence[Look]) -> Chart:
    """The headroom's interval after each round of an adaptive probe."""
    rows: list[Datum] = [
        {"draws": look.draws, "label": look.label.value, **texts(look.headroom, points)}
        for look in rounds
        if known(look.headroom.value)
    ]
    axis = alt.Axis(format=".0%")
    plot = alt.Chart(data_of(rows)).encode(alt.X("draws:Q", title="samples so far"))
    bars = plot.mark_rule(color=LIGHT["base"], strokeWidth=2).encode(
        alt.Y("low:Q", title=None, axis=axis), alt.Y2("high:Q")
    )
    dots = plot.mark_point(color=LIGHT["base"], filled=True, size=50, opacity=1).encode(
        alt.Y("value:Q", title=None)
    )
    tips = {"draws": "samples", "text": "headroom, points", "label": "verdict"}
    return layered([bars, dots, hover(rows, "draws", tips)], "Headroom after each round")


def plan_chart(designs: Sequence[Design]) -> Chart:
    """Completions that each number of samples per problem costs."""
    rows: list[Datum] = [
        {
            "n": design.n,
            "value": design.completions,
            "text": number(design.completions),
            "problems": number(design.problems),
        }
        for design in designs
    ]
    x = alt.X("n:Q", scale=alt.Scale(type="log", base=2, padding=8), title="samples per problem, n")
    line = (
        alt.Chart(data_of(rows))
        .mark_line(color=LIGHT["base"], strokeWidth=2, point=True)
        .encode(x, alt.Y("value:Q", axis=alt.Axis(format="~s"), title=None))
    )
    tips = {"n": "samples", "problems": "problems", "text": "completions"}
    return layered([line, hover(rows, "n", tips)], "Completions in all")


def reach_chart(rows: Sequence[ReachRow]) -> Chart:
    """Bounds on the base's success probability, one bar per problem that was gained."""
    drawn: list[Datum] = [
        {
            "problem": row.problem_id,
            "value": row.high,
            "low": max(row.low, SMALLEST),
            "class": row.label,
            "text": f"{row.low:.2g} to {row.high:.2g}",
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
