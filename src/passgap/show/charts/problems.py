"""Problems with their counts in; their histogram and the scatter of before and after out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import altair as alt

from passgap.show.charts.ingredients import Chart, data_of, layered
from passgap.show.data import Row
from passgap.show.page.problems import drawn, hits, said_share, what_changed
from passgap.show.theme import LIGHT

ROLES = ("base", "trained")
NEVER, ALWAYS = "none", "all"
BINS = [NEVER, *(f"{10 * i}–{10 * i + 10}" for i in range(10)), ALWAYS]
UPPER_END = "split(datum.label, '–')[1] || datum.label"
CHANGES = {
    "gained": LIGHT["trained"],
    "lost": LIGHT["base"],
    "both": LIGHT["muted"],
    "neither": LIGHT["line"],
}
NAMED = 3
MANY = 12


def is_counted(problem: Row, role: str) -> bool:
    """Whether this arm has scored draws of the problem."""
    return bool(drawn(problem, role)) and hits(problem, role) is not None


def histogram(problems: Sequence[Row]) -> Chart:
    """Problems by their share of correct draws, before and after; never and always stand apart."""
    places = {role: [b for p in problems if (b := _bin(p, role))] for role in ROLES}
    arms = [role for role in ROLES if places[role]]
    rows = [
        {"bin": name, "series": role, "count": count, "text": f"{count} of {len(places[role])}"}
        for role in arms
        for name in BINS
        for count in [places[role].count(name)]
    ]
    x = alt.X(
        "bin:N",
        sort=BINS,
        title="correct draws, % (upper end of each bin)",
        axis=alt.Axis(labelAngle=0, labelOverlap=False, ticks=False, labelExpr=UPPER_END),
        scale=alt.Scale(paddingInner=0.22, paddingOuter=0.1),
    )
    scale = alt.Scale(domain=arms, range=[LIGHT[role] for role in arms])
    bars = (
        alt.Chart(data_of(rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x,
            alt.XOffset("series:N", sort=arms),
            alt.Y("count:Q", title=None, axis=alt.Axis(format="d", tickMinStep=1)),
            alt.Color("series:N", scale=scale, legend=alt.Legend(title=None, symbolType="square")),
            tooltip=[
                alt.Tooltip("series:N", title="policy"),
                alt.Tooltip("bin:N", title="correct draws, %"),
                alt.Tooltip("text:N", title="problems"),
            ],
        )
    )
    return layered([bars], "Number of problems")


def before_and_after(problems: Sequence[Row]) -> Chart:
    """Share of correct draws of each problem, trained over base; equal ones share a dot."""
    places: dict[tuple[int, ...], list[Row]] = defaultdict(list)
    for problem in problems:
        if all(is_counted(problem, role) for role in ROLES):
            at = [(hits(problem, role) or 0, drawn(problem, role)) for role in ROLES]
            places[*at[0], *at[1]].append(problem)
    rows = [_dot(here) for here in places.values()]
    rows.sort(key=lambda row: -row["count"])
    scale = alt.Scale(domain=list(CHANGES), range=list(CHANGES.values()))
    dots = (
        alt.Chart(data_of(rows))
        .mark_point(filled=True, opacity=0.75, stroke=LIGHT["paper"], strokeWidth=0.5)
        .encode(
            alt.X("base:Q", axis=_ticks(), scale=_share(), title="base: share of correct draws"),
            alt.Y("trained:Q", axis=_ticks(), scale=_share(), title=None),
            alt.Color("change:N", scale=scale, legend=alt.Legend(title=None)),
            alt.Size("count:Q", scale=_areas(rows), legend=None),
            tooltip=[
                alt.Tooltip(f"{name}:N", title=title)
                for name, title in {
                    "base_text": "base",
                    "trained_text": "trained",
                    "count": "problems here",
                    "names": "which",
                }.items()
            ],
        )
    )
    same = alt.Chart(data_of([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    line = same.mark_line(color=LIGHT["muted"], strokeDash=[4, 4], strokeWidth=1)
    diagonal = line.encode(alt.X("x:Q"), alt.Y("y:Q", title=None))
    return layered([diagonal, dots], "Trained: share of correct draws of each problem")


def _dot(here: Sequence[Row]) -> dict[str, Any]:
    first, more = here[0], len(here) - NAMED
    names = ", ".join(str(problem["problem_id"]) for problem in here[:NAMED])
    return {
        "base": (hits(first, "base") or 0) / drawn(first, "base"),
        "trained": (hits(first, "trained") or 0) / drawn(first, "trained"),
        "change": what_changed(first),
        "count": len(here),
        "base_text": said_share(first, "base"),
        "trained_text": said_share(first, "trained"),
        "names": f"{names} and {more} more" if more > 0 else names,
    }


def _areas(rows: Sequence[Row]) -> alt.Scale:
    """Area by number of problems, so that a lone one is small even where no dot holds many."""
    return alt.Scale(domain=[0, max(MANY, *(row["count"] for row in rows))], range=[0, 600])


def _ticks() -> alt.Axis:
    return alt.Axis(format=".0%", tickCount=5)


def _share() -> alt.Scale:
    return alt.Scale(domain=[0, 1], padding=8, nice=False)


def _bin(problem: Row, role: str) -> str:
    """The histogram bin of one problem in one arm; empty where it was never scored."""
    n, c = drawn(problem, role), hits(problem, role)
    if not n or c is None:
        return ""
    if c in (0, n):
        return NEVER if c == 0 else ALWAYS
    return BINS[1 + int(10 * c) // int(n)]
