"""Training: what each step logged, held-out measurements, checkpoints, what reward calls saw.

In: numbers, curves and spans by step. Out: layered charts. A span stands at its last step.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from passgap.plain import plural
from passgap.results.estimates import Curve
from passgap.results.keeping import Kept
from passgap.results.sweep import Fall, Frontier
from passgap.results.watching import Band, BandSpan, Span
from passgap.show.charts.lazy import Chart, Layer, alt
from passgap.show.charts.parts import (
    Datum,
    Point,
    amounts,
    coloured,
    dashed,
    data_of,
    hover,
    hover_series,
    layered,
    lined,
    points_of,
    steps,
    strokes,
    texts,
    tooltips,
)
from passgap.show.text import Valued, estimated, known, number, percent
from passgap.show.theme import LIGHT, SHADES


def training_series(
    rows: Sequence[tuple[int, float | None]], title: str, form: str, unit: str
) -> Chart:
    """One quantity over steps or visits: the raw values, and their mean over eleven."""
    drawn: list[Datum] = [
        {"step": step, "value": value, "text": _form(value, form)}
        for step, value in rows
        if known(value)
    ]
    plot = alt.Chart(data_of(drawn)).encode(steps(unit))
    raw = plot.mark_line(color=LIGHT["trained"], opacity=0.35, strokeWidth=1)
    smooth = (
        plot.transform_window(smooth="mean(value)", frame=[-5, 5], sort=[alt.SortField("step")])
        .mark_line(color=LIGHT["trained"], strokeWidth=2.5)
        .encode(alt.Y("smooth:Q", title=None))
    )
    told = hover(drawn, "step", {"step": unit.split()[-1], "text": title})
    return layered([raw.encode(amounts(form)), smooth, told], title)


def held_out_curves(
    rows: Sequence[tuple[int, Sequence[Point]]],
    title: str = "Held-out problems solved within k tries",
    unit: str = "training step",
) -> Chart:
    """pass@k over training steps, for at most four of the k."""
    chosen = _spread(sorted({k for _, curve in rows for k, _ in curve}), len(SHADES))
    long: list[Datum] = [
        {"step": step, "series": f"pass@{k}", **texts(one)}
        for step, curve in rows
        for k, one in curve
        if k in chosen and known(one.value)
    ]
    names = [f"pass@{k}" for k in chosen]
    colour = coloured(names, SHADES[-len(chosen) :], strokes())
    drawn = lined(long, steps(unit), colour, ends="band", points=36, dashes=dashed(names))
    told = hover_series(long, "step", unit.split()[-1])
    return layered([*drawn, told], title)


def sweep_curves(
    curves: Sequence[tuple[int, Curve]], ks: Sequence[int], fall: Fall | None
) -> Chart:
    """pass@k over training steps with intervals, the base at step 0; where coverage falls."""
    rows = [(step, [one for one in points_of(curve) if one[0] in ks]) for step, curve in curves]
    layers: list[Layer] = [held_out_curves(rows)]
    if fall:
        since = f"step {fall.since}" if fall.since else "the base"
        label = f"pass@{fall.difference.k} below {since}"
        plot = alt.Chart(data_of([{"step": fall.step, "label": label}])).encode(alt.X("step:Q"))
        text = plot.mark_text(
            color=LIGHT["ink"], align="right", baseline="bottom", dx=-5, dy=-2, fontSize=12
        )
        layers += [
            plot.mark_rule(color=LIGHT["muted"], strokeDash=[4, 4]),
            text.encode(alt.Text("label:N"), y=alt.value("height")),
        ]
    return layered(layers, "Share of problems solved within k tries (pass@k)")


PLACES = {"on": "on the frontier", "open": "may be on it", "behind": "behind another in both"}
COLOURS = {"on": "trained", "open": "base", "behind": "muted"}
SHAPES = {"on": "circle", "open": "diamond", "behind": "cross"}


def frontier_chart(found: Frontier) -> Chart:
    """Coverage against pass@1, a cross of intervals per policy, labelled with its step."""
    rows: list[Datum] = [
        {
            "series": PLACES[one.standing],
            "label": str(one.step),
            "x": one.small.value,
            "x_low": one.small.low,
            "x_high": one.small.high,
            **texts(one.large),
            "text": f"{estimated(one.small)}; pass@{found.k_large} {estimated(one.large)}",
        }
        for one in found.points
    ]
    places = [place for place in PLACES if any(one.standing == place for one in found.points)]
    names, colours, shapes = ([of[one] for one in places] for of in (PLACES, COLOURS, SHAPES))
    scale = alt.Scale(zero=False, padding=10)
    x = alt.X("x:Q", title="pass@1", axis=alt.Axis(format=".0%", tickCount=6), scale=scale)
    y = alt.Y("value:Q", title=None, axis=alt.Axis(format=".0%"), scale=scale)
    plot = alt.Chart(data_of(rows)).encode(
        x,
        y,
        coloured(names, [LIGHT[colour] for colour in colours]),
        tooltip=tooltips({"label": "step", "series": "", "text": "pass@1"}),
    )
    shape = alt.Shape("series:N", scale=alt.Scale(domain=names, range=shapes))
    bars = plot.mark_rule(opacity=0.5)
    across = bars.encode(alt.X("x_low:Q", title="pass@1"), alt.X2("x_high:Q"))
    upwards = bars.encode(alt.Y("low:Q", title=None), alt.Y2("high:Q"))
    dots = plot.mark_point(filled=True, size=60, opacity=1).encode(shape)
    labels = plot.mark_text(align="left", dx=6, dy=-7, fontSize=11).encode(alt.Text("label:N"))
    return layered([across, upwards, dots, labels], f"pass@{found.k_large} against pass@1")


def kept_chart(kept: Kept) -> Chart:
    """pass@k of the base and each checkpoint tried, with intervals; the best one is marked."""
    ones = [(0, kept.base), *((one.step, one.passes) for one in kept.checkpoints)]
    rows: list[Datum] = [{"step": step, **texts(one)} for step, one in ones]
    drawn = lined(rows, steps(), LIGHT["trained"], ends="bars", points=36, width=1)
    plot = alt.Chart(data_of([{"step": kept.step}])).encode(alt.X("step:Q"))
    mark = plot.mark_rule(color=LIGHT["muted"], strokeDash=[4, 4])
    title = f"Share of problems solved within {plural(kept.settings.k, 'try', 'tries')}"
    return layered([*drawn, mark, hover(rows, "step", {"step": "step", "text": title})], title)


def _form(value: float, form: str) -> str:
    return percent(value) if form.endswith("%") else number(float(value), 0 if form == "d" else 3)


def _spread(values: Sequence[int], most: int) -> list[int]:
    """At most ``most`` of the values, evenly spread, ends included."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


OBSERVED, FORECAST = "in training", "forecast by the base"


def signal_chart(spans: Sequence[Span], unit: str) -> Chart:
    """Share of mixed groups with its interval, and what the base's counts say of these problems."""
    seen = [_at(row, OBSERVED, row.mixed) for row in spans if known(row.mixed.value)]
    told = [(row, row.forecast.estimate) for row in spans if row.forecast]
    expected = [_at(row, FORECAST, one) for row, one in told if known(one.value)]
    names = [OBSERVED, FORECAST] if expected else [OBSERVED]
    colour = coloured(names, [LIGHT["trained"], LIGHT["base"]][: len(names)], strokes())
    rows = [*expected, *seen]
    drawn = lined(rows, steps(unit), colour, ends="band", dashes=dashed(names))
    told_too = hover_series([*seen, *expected], "step", unit)
    return layered([*drawn, told_too], "Share of groups that teach anything")


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
    colours = [LIGHT[colour] for colour, _ in series.values()]
    colour = coloured(list(series), colours, strokes())
    drawn = lined(rows, steps(unit), colour, y=amounts("d"), dashes=dashed(list(series)))
    return layered([*drawn, hover_series(rows, "step", unit)], "Number of problems")


def bands_chart(bands: Sequence[Band], unit: str) -> Chart:
    """Solved share of each difficulty band, harder from dark to light, with intervals."""
    rows = [
        _at(row, band.band, row.estimate)
        for band in bands
        for row in band.rows
        if known(row.estimate.value)
    ]
    names = [band.band for band in bands]
    colour = coloured(names, SHADES[::-1][: len(bands)], strokes())
    drawn = lined(rows, steps(unit), colour, ends="bars", points=30, dashes=dashed(names))
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
