"""Rounds of an adaptive probe, designs of a plan, bounds of reach: their charts.

In: rows of results. Out: layered charts.
"""

from __future__ import annotations

from collections.abc import Sequence

from passgap.results.plan import Design
from passgap.results.probe import Look
from passgap.results.reach import Class, ReachRow
from passgap.show.charts.lazy import Chart, alt
from passgap.show.charts.parts import (
    Datum,
    amounts,
    coloured,
    dashed,
    data_of,
    hover,
    layered,
    lined,
    log2,
    strokes,
    texts,
)
from passgap.show.text import known, number, points
from passgap.show.theme import LIGHT

CLASSES: dict[Class, str] = {
    "reachable": "within reach",
    "undecided": "undecided",
    "beyond_budget": "beyond the budget",
}
SMALLEST = 1e-8  # a lower bound of 0 is drawn here: a log axis has no 0


def rounds_chart(rounds: Sequence[Look]) -> Chart:
    """The headroom's interval after each round of an adaptive probe."""
    rows: list[Datum] = [
        {"draws": look.draws, "label": look.label.value, **texts(look.headroom, points)}
        for look in rounds
        if known(look.headroom.value)
    ]
    x, y = alt.X("draws:Q", title="samples so far"), amounts(".0%")
    drawn = lined(rows, x, LIGHT["base"], ends="bars", y=y, points=50, width=0)
    tips = {"draws": "samples", "text": "headroom, points", "label": "verdict"}
    return layered([*drawn, hover(rows, "draws", tips)], "Headroom after each round")


def plan_chart(designs: Sequence[Design], *, by_seeds: bool = False) -> Chart:
    """Problems that each number of samples, or of training seeds, needs, with their range."""
    rows: list[Datum] = [
        {
            "n": one.seeds if by_seeds else one.n,
            "value": one.problems,
            "low": one.fewest,
            "high": one.needed,
            "text": one.cells()["range"],
            "completions": number(one.completions),
        }
        for one in designs
    ]
    what = "training seeds" if by_seeds else "samples per problem, n"
    x = log2("n", what, rows)
    if by_seeds:
        axis = alt.Axis(values=[one.seeds for one in designs if one.seeds], format="d")
        x = alt.X("n:Q", title=what, axis=axis, scale=alt.Scale(zero=False, padding=8))
    scale = alt.Scale(type="log", nice=False, padding=8)
    y = alt.Y("value:Q", title=None, scale=scale, axis=alt.Axis(format="~s"))
    drawn = lined(rows, x, LIGHT["base"], ends="bars", y=y, points=46, width=2)
    tips = {"n": what, "value": "problems", "text": "range", "completions": "completions"}
    return layered([*drawn, hover(rows, "n", tips)], "Problems needed")


def reach_chart(rows: Sequence[ReachRow]) -> Chart:
    """Bounds on the base's success probability, one bar per problem that was gained."""
    drawn: list[Datum] = [
        {
            "problem": row.problem_id,
            "value": row.high,
            "low": max(row.low, SMALLEST),
            "series": CLASSES[row.label],
            "text": f"{row.low:.2g} to {row.high:.2g}",
        }
        for row in rows
    ]
    names = [*CLASSES.values()]
    colours = [LIGHT["base"], LIGHT["muted"], LIGHT["trained"]]
    axis = alt.Axis(format="~e", labelOverlap="greedy")
    bars = (
        alt.Chart(data_of(drawn))
        .mark_rule(strokeWidth=3)
        .encode(
            alt.X("low:Q", scale=alt.Scale(type="log"), axis=axis, title=None),
            alt.X2("value:Q"),
            alt.Y("problem:N", sort=None, title=None),
            coloured(names, colours, strokes()),
            dashed(names),
            tooltip=[alt.Tooltip("problem:N"), alt.Tooltip("text:N", title="the base's p")],
        )
    )
    return layered([bars], "The base's success probability, from both sides")
