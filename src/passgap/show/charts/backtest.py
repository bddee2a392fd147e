"""Pairs of before and after in; out: the gain of each over the number that the rule uses."""

from __future__ import annotations

from passgap.results.backtest import Backtest
from passgap.show.charts.lazy import Chart, alt
from passgap.show.charts.parts import Datum, data_of, layered, tooltips
from passgap.show.text import points
from passgap.show.theme import LIGHT

PAID = ("worth it", "not worth it")


def backtest_chart(result: Backtest) -> Chart:
    """Gain in pass@1 over the base's headroom, a dot per pair, a line at the rule's cut."""
    settings = result.settings
    rows: list[Datum] = [
        {
            "headroom": row.headroom,
            "gain": row.gain,
            "paid": PAID[row.gain <= settings.worth],
            "name": f"{row.benchmark}, {row.model}",
            "text": f"{points(row.gain)} at a headroom of {points(row.headroom)}",
        }
        for row in result.pairs
    ]
    scale = alt.Scale(domain=list(PAID), range=[LIGHT["trained"], LIGHT["muted"]])
    x = alt.X(
        "headroom:Q",
        axis=alt.Axis(format=".0%"),
        title=f"base: pass@{settings.k_large} - pass@{settings.k_small}",
    )
    dots = (
        alt.Chart(data_of(rows))
        .mark_point(filled=True, size=50, opacity=0.9)
        .encode(
            x,
            alt.Y("gain:Q", axis=alt.Axis(format="+.0%"), title="gain in pass@1"),
            alt.Color("paid:N", scale=scale, legend=alt.Legend(title=None, symbolType="circle")),
            alt.Shape("paid:N", scale=alt.Scale(domain=list(PAID), range=["circle", "diamond"])),
            tooltip=tooltips({"name": "pair", "text": "gain, points"}),
        )
    )
    cut = alt.Chart(data_of([{"x": settings.cut}]))
    line = cut.mark_rule(color=LIGHT["muted"], strokeDash=[4, 4]).encode(alt.X("x:Q"))
    return layered([line, dots], "Gain over headroom")
