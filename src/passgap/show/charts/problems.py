"""Problems with their counts in; their histogram and the scatter of before and after out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from passgap.show.charts.lazy import Chart, alt
from passgap.show.charts.parts import Datum, data_of, layered, tooltips
from passgap.show.data import Arm, ProblemRow, share_in_words, share_of
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
SHAPES = ("triangle-up", "triangle-down", "circle", "square")  # in the order of the changes
FEW = 5  # problems in the fullest bin, under which each whole number has its tick
TOLD = {
    "base_text": "base",
    "trained_text": "trained",
    "count": "problems here",
    "names": "which",
}
NAMED = 3
MANY = 12


def histogram(problems: Sequence[ProblemRow]) -> Chart:
    """Problems by their share of correct samples, before and after."""
    arms = {"base": [p.base for p in problems], "trained": [p.trained for p in problems]}
    places = {role: [_bin(arm) for arm in found if arm and arm.n] for role, found in arms.items()}
    roles = [role for role in ROLES if places[role]]
    rows: list[Datum] = [
        {"bin": name, "series": role, "count": count, "text": f"{count} of {len(places[role])}"}
        for role in roles
        for name in BINS
        for count in [places[role].count(name)]
    ]
    x = alt.X(
        "bin:N",
        sort=BINS,
        title="correct samples, % (upper end of each bin)",
        axis=alt.Axis(labelAngle=0, labelOverlap=False, ticks=False, labelExpr=UPPER_END),
        scale=alt.Scale(paddingInner=0.22, paddingOuter=0.1),
    )
    scale = alt.Scale(domain=roles, range=[LIGHT[role] for role in roles])
    bars = (
        alt.Chart(data_of(rows))
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            x,
            alt.XOffset("series:N", sort=roles),
            alt.Y("count:Q", title=None, axis=_whole(rows)),
            alt.Color("series:N", scale=scale, legend=alt.Legend(title=None, symbolType="square")),
            tooltip=tooltips({"series": "policy", "bin": "correct samples, %", "text": "problems"}),
        )
    )
    return layered([bars], "Number of problems")


def before_and_after(problems: Sequence[ProblemRow]) -> Chart:
    """Share of correct samples of each problem, trained over base; equal ones share a dot."""
    places: dict[tuple[int, ...], list[ProblemRow]] = defaultdict(list)
    for problem in problems:
        base, trained = problem.base, problem.trained
        if base and trained and base.n and trained.n:
            places[base.c, base.n, trained.c, trained.n].append(problem)
    rows = sorted(map(_dot, places.values()), key=lambda row: -float(row["count"] or 0))
    scale = alt.Scale(domain=list(CHANGES), range=list(CHANGES.values()))
    shapes = alt.Scale(domain=list(CHANGES), range=list(SHAPES))
    most = max(float(row["count"] or 0) for row in rows)
    # Area by number of problems, so that a lone one is small even where no dot holds many.
    areas = alt.Scale(domain=[0, max(MANY, most)], range=[0, 600])
    ticks = alt.Axis(format=".0%", tickCount=5)
    share = alt.Scale(domain=[0, 1], padding=8, nice=False)
    dots = (
        alt.Chart(data_of(rows))
        .mark_point(filled=True, opacity=0.75, stroke=LIGHT["paper"], strokeWidth=0.5)
        .encode(
            alt.X("base:Q", axis=ticks, scale=share, title="base: share of correct samples"),
            alt.Y("trained:Q", axis=ticks, scale=share, title=None),
            alt.Color("change:N", scale=scale, legend=alt.Legend(title=None)),
            alt.Shape("change:N", scale=shapes, legend=alt.Legend(title=None)),
            alt.Size("count:Q", scale=areas, legend=None),
            tooltip=tooltips(TOLD),
        )
    )
    same = alt.Chart(data_of([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    line = same.mark_line(color=LIGHT["muted"], strokeDash=[4, 4], strokeWidth=1)
    diagonal = line.encode(alt.X("x:Q"), alt.Y("y:Q", title=None))
    return layered([diagonal, dots], "Trained: share of correct samples of each problem")


def _dot(here: Sequence[ProblemRow]) -> Datum:
    first, more = here[0], len(here) - NAMED
    names = ", ".join(problem.problem_id for problem in here[:NAMED])
    return {
        "base": share_of(first.base),
        "trained": share_of(first.trained),
        "change": first.change,
        "count": len(here),
        "base_text": share_in_words(first.base),
        "trained_text": share_in_words(first.trained),
        "names": f"{names} and {more} more" if more > 0 else names,
    }


def _whole(rows: Sequence[Datum]) -> alt.Axis:
    """Whole numbers; where there are few each has its tick, which an axis would label twice."""
    most = max(int(float(row["count"] or 0)) for row in rows)
    few = most < FEW
    return alt.Axis(format="d", values=list(range(most + 1))) if few else alt.Axis(format="d")


def _bin(arm: Arm) -> str:
    """The histogram bin of one problem in one arm."""
    if arm.c in (0, arm.n):
        return NEVER if arm.c == 0 else ALWAYS
    return BINS[1 + 10 * arm.c // arm.n]
