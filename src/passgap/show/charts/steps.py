"""Training steps: what each step logged, held-out measurements, the checkpoints of a sweep.

In: numbers and curves by step. Out: layered charts.
"""

from __future__ import annotations

from collections.abc import Sequence

from passgap.results.estimates import Curve
from passgap.results.sweep import Fall
from passgap.show.charts.lazy import Chart, Layer, alt
from passgap.show.charts.parts import (
    Datum,
    Point,
    amounts,
    coloured,
    data_of,
    hover,
    hover_series,
    layered,
    lined,
    points_of,
    steps,
    texts,
)
from passgap.show.text import known, number, percent
from passgap.show.theme import LIGHT, SHADES


def training_series(rows: Sequence[tuple[int, float | None]], title: str, form: str) -> Chart:
    """One quantity over training steps: the raw values, and their mean over eleven steps."""
    drawn: list[Datum] = [
        {"step": step, "value": value, "text": _form(value, form)}
        for step, value in rows
        if known(value)
    ]
    plot = alt.Chart(data_of(drawn)).encode(steps())
    raw = plot.mark_line(color=LIGHT["trained"], opacity=0.35, strokeWidth=1)
    smooth = (
        plot.transform_window(smooth="mean(value)", frame=[-5, 5], sort=[alt.SortField("step")])
        .mark_line(color=LIGHT["trained"], strokeWidth=2.5)
        .encode(alt.Y("smooth:Q", title=None))
    )
    told = hover(drawn, "step", {"step": "step", "text": title})
    return layered([raw.encode(amounts(form)), smooth, told], title)


def held_out_curves(rows: Sequence[tuple[int, Sequence[Point]]]) -> Chart:
    """pass@k on held-out problems over training steps, for at most four of the k."""
    chosen = _spread(sorted({k for _, curve in rows for k, _ in curve}), len(SHADES))
    long: list[Datum] = [
        {"step": step, "series": f"pass@{k}", **texts(one)}
        for step, curve in rows
        for k, one in curve
        if k in chosen and known(one.value)
    ]
    colour = coloured([f"pass@{k}" for k in chosen], SHADES[-len(chosen) :])
    drawn = lined(long, steps(), colour, ends="band", points=36)
    told = hover_series(long, "step", "step")
    return layered([*drawn, told], "Held-out problems solved within k tries")


def sweep_curves(
    curves: Sequence[tuple[int, Curve]], ks: Sequence[int], fall: Fall | None
) -> Chart:
    """pass@k over training steps with intervals, the base at step 0; where coverage falls."""
    rows = [(step, [one for one in points_of(curve) if one[0] in ks]) for step, curve in curves]
    layers: list[Layer] = [held_out_curves(rows)]
    if fall:
        label = f"pass@{fall.difference.k} below step {fall.since}'s from here on"
        plot = alt.Chart(data_of([{"step": fall.step, "label": label}])).encode(alt.X("step:Q"))
        text = plot.mark_text(align="left", baseline="bottom", dx=5, dy=-2, fontSize=12)
        layers += [
            plot.mark_rule(color=LIGHT["muted"], strokeDash=[4, 4]),
            text.encode(alt.Text("label:N"), y=alt.value("height")),
        ]
    return layered(layers, "Share of problems solved within k tries (pass@k)")


def _form(value: float, form: str) -> str:
    return percent(value) if form.endswith("%") else number(float(value), 0 if form == "d" else 3)


def _spread(values: Sequence[int], most: int) -> list[int]:
    """At most ``most`` of the values, evenly spread, ends included."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]
