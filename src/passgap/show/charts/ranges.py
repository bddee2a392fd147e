"""Named estimates in, one bar per estimate out; problems chosen for training in, where they lie."""

from __future__ import annotations

from collections.abc import Sequence

from passgap.results.estimates import Estimate
from passgap.results.selection import Selection
from passgap.show.charts.lazy import Chart, alt
from passgap.show.charts.parts import (
    DASHES,
    Datum,
    data_of,
    layered,
    strokes,
    texts,
    tooltips,
)
from passgap.show.text import number, points
from passgap.show.theme import LIGHT

TENTHS = [f"{10 * i}–{10 * i + 10}" for i in range(10)]
GROUPS = {"chosen": LIGHT["trained"], "left out": LIGHT["muted"]}


def estimate_chart(one: Estimate) -> Chart:
    """A number with its interval."""
    return _bars(
        [{"name": "", "group": "", **texts(one, lambda value: number(value, 3))}],
        ".3~g",
        "",
        "Estimate",
    )


def differences_chart(rows: Sequence[tuple[str, str, Estimate]]) -> Chart:
    """Differences by name and group, in the order given; a line stands at no difference."""
    data: list[Datum] = [
        {"name": name, "group": group, **texts(one, points)} for name, group, one in rows
    ]
    bars = _bars(data, "+.0%", "trained minus base", "Difference")
    zero = alt.Chart(data_of([{"x": 0}])).mark_rule(color=LIGHT["muted"], strokeDash=[4, 4])
    return layered([zero.encode(alt.X("x:Q")), bars], "Trained minus base, with intervals")


def _bars(rows: Sequence[Datum], form: str, title: str, said: str) -> Chart:
    groups = list(dict.fromkeys(str(row["group"]) for row in rows))
    scale = alt.Scale(domain=groups, range=[LIGHT["base"], LIGHT["trained"]][: len(groups)])
    legend = strokes() if any(groups) else None
    dashes = alt.Scale(domain=groups, range=[*DASHES[: len(groups)]])
    by_dash = alt.StrokeDash("group:N", scale=dashes, legend=legend)
    plot = alt.Chart(data_of(rows)).encode(
        alt.Y("name:N", sort=None, title=None, axis=alt.Axis(labelLimit=180)),
        alt.YOffset("group:N", sort=groups),
        alt.Color("group:N", scale=scale, legend=legend),
        tooltip=tooltips({"name": "", "group": "", "text": said.lower()}),
    )
    x = alt.X("low:Q", axis=alt.Axis(format=form), scale=alt.Scale(zero=False), title=title or None)
    ends = plot.mark_rule(strokeWidth=2).encode(x, alt.X2("high:Q"), by_dash)
    values = plot.mark_point(filled=True, size=50, opacity=1).encode(alt.X("value:Q"))
    return layered([ends, values], said)


def selection_chart(selection: Selection) -> Chart:
    """Problems by their expected pass rate, the chosen ones apart."""
    chosen = set(selection.chosen.tolist())
    rows: list[Datum] = []
    for name in GROUPS:
        own = [p for i, p in enumerate(selection.p) if (i in chosen) == (name == "chosen")]
        bins = [min(int(10 * p), 9) for p in own]
        rows += [{"bin": b, "group": name, "count": bins.count(i)} for i, b in enumerate(TENTHS)]
    bars = (
        alt.Chart(data_of(rows))
        .mark_bar()
        .encode(
            alt.X("bin:N", sort=TENTHS, title="expected pass rate, %", axis=alt.Axis(labelAngle=0)),
            alt.Y("count:Q", title="problems", axis=alt.Axis(format="d", tickMinStep=1)),
            alt.Color(
                "group:N",
                scale=alt.Scale(domain=list(GROUPS), range=list(GROUPS.values())),
                legend=alt.Legend(title=None, symbolType="square"),
            ),
            tooltip=tooltips({"bin": "expected pass rate, %", "group": "", "count": "problems"}),
        )
    )
    return layered([bars], "Problems chosen for training")
