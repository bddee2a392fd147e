"""Results in, altair charts out; one definition serves the page and the picture files.

Every function takes the rows of the results' dicts and gives a layered chart without a width:
`page_spec` fits it to its place in the page, `sized` gives it one for a file. Rows without a
value (null in JSON) are left out of the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from passgap.show.charts.ingredients import (
    Chart,
    data_of,
    hover,
    hover_series,
    layered,
    rows_for_csv,
    share_axis,
    steps_axis,
    texts,
    unit_scale,
    valued,
)
from passgap.show.charts.problems import before_and_after, histogram, is_counted
from passgap.show.charts.watch import watch_charts
from passgap.show.data import PageData, Row, deciding_ks
from passgap.show.text import interval, known, number, percent, points
from passgap.show.theme import LIGHT, SHADES, chart_config, with_variables

HEIGHT = 280
SHAPES = {"base": "circle", "trained": "square"}
BY_LUCK = "by luck"
LINES = {BY_LUCK: LIGHT["muted"]}
FITTED = LIGHT["shade2"]
STROKE = "M-1,-0.14h2v0.28h-2z"


# ------------------------------------------------------------------------------------- charts


def pass_at_k(
    arms: Mapping[str, Sequence[Row]],
    ks: tuple[int, ...] = (),
    luck: Sequence[Row] = (),
    fitted: Row | None = None,
) -> Chart:
    """pass@k curves with their bands over k on a log2 axis; ``ks`` are marked as deciding.

    ``luck`` is what guessing alone would solve, ``fitted`` the base's curve after one tilt of all
    problems: both dashed, without points.
    """
    dashed = {BY_LUCK: luck} if luck else {}
    if fitted:
        dashed |= {f"tilt, δ = {number(fitted['delta'])}": fitted["curve"]}
    rows = [row for role, curve in arms.items() for row in _labelled(curve, role)]
    told = [row for name, curve in dashed.items() for row in _labelled(curve, name)]
    names = [*arms, *dashed]
    colours = [LIGHT[role] for role in arms] + [LINES.get(name, FITTED) for name in dashed]
    shapes = [SHAPES[role] for role in arms] + [STROKE] * len(dashed)
    legend = alt.Legend(title=None, labelLimit=260)
    colour = alt.Color("series:N", scale=alt.Scale(domain=names, range=colours), legend=legend)
    shape = alt.Shape("series:N", scale=alt.Scale(domain=names, range=shapes), legend=legend)
    plot = alt.Chart(data_of(rows)).encode(_log2("k", "tries per problem, k", _ks(rows)))
    y = alt.Y("value:Q", scale=unit_scale(), axis=share_axis(), title=None)
    band = plot.mark_area(opacity=0.18).encode(
        alt.Y("low:Q", scale=unit_scale(), title=None), alt.Y2("high:Q"), colour.copy(deep=True)
    )
    line = plot.mark_line(strokeWidth=2.5).encode(y, colour)
    dots = plot.mark_point(filled=True, size=46, opacity=1).encode(y, colour, shape)
    others = alt.Chart(data_of(told)).encode(alt.X("k:Q"), colour)
    line_of, end = others.mark_line(strokeDash=[5, 4], strokeWidth=2), alt.Y("low:Q", title=None)
    thin = [
        others.mark_area(opacity=0.08).encode(end, alt.Y2("high:Q")),
        line_of.encode(alt.Y("value:Q", title=None)),
    ][: 2 * bool(told)]
    layers = [*_deciding(ks), band, *thin, line, dots, hover_series([*rows, *told], "k", "k")]
    return layered(layers, "Share of problems solved within k tries (pass@k)")


def paired_delta(result: Row) -> Chart:
    """Trained minus base at each k: pointwise intervals, simultaneous band, margin, crossover."""
    rows = [
        {
            **row,
            "text": f"{points(row['value'])} points",
            "pointwise": interval(row, points),
            "band": interval({"low": row.get("band_low"), "high": row.get("band_high")}, points),
        }
        for row in valued(result.get("delta") or ())
    ]
    margin = (result.get("settings") or {}).get("margin")
    plot = alt.Chart(data_of(rows)).encode(_log2("k", "tries per problem, k", _ks(rows)))
    axis = alt.Axis(labelExpr="datum.value ? format(100 * datum.value, '+.0f') : '0'")
    ink = LIGHT["ink"]
    band = plot.mark_area(opacity=0.13, color=ink).encode(
        alt.Y("band_low:Q", title=None), alt.Y2("band_high:Q")
    )
    bars = plot.mark_rule(color=ink, strokeWidth=2).encode(
        alt.Y("low:Q", title=None), alt.Y2("high:Q")
    )
    line = plot.mark_line(color=ink, strokeWidth=1.5).encode(
        alt.Y("value:Q", axis=axis, title=None)
    )
    dots = plot.mark_point(color=ink, filled=True, size=50, opacity=1).encode(
        alt.Y("value:Q", title=None)
    )
    tips = {"k": "k", "text": "difference", "pointwise": "at this k", "band": "all k at once"}
    layers = [
        *_deciding(deciding_ks(result)),
        *([band] if any(known(row.get("band_low")) for row in rows) else []),
        *_margins(margin),
        _level(0.0),
        bars,
        line,
        dots,
        *_crossing(result.get("crossover") or {}),
        hover(rows, "k", tips),
    ]
    return layered(layers, "Trained minus base, percentage points")


def training_series(rows: Sequence[Row], name: str, title: str, form: str) -> Chart:
    """One quantity over training steps: the raw values, and their mean over eleven steps."""
    points_ = [
        {"step": row["step"], "value": row[name], "text": _form(row[name], form)}
        for row in rows
        if known(row.get(name))
    ]
    plot = alt.Chart(data_of(points_)).encode(
        alt.X("step:Q", title="training step", axis=steps_axis())
    )
    axis = alt.Axis(format=form)
    raw = plot.mark_line(color=LIGHT["trained"], opacity=0.35, strokeWidth=1).encode(
        alt.Y("value:Q", axis=axis, title=None, scale=alt.Scale(zero=True))
    )
    smooth = (
        plot.transform_window(smooth="mean(value)", frame=[-5, 5], sort=[alt.SortField("step")])
        .mark_line(color=LIGHT["trained"], strokeWidth=2.5)
        .encode(alt.Y("smooth:Q", title=None))
    )
    tips = {"step": "step", "text": title}
    return layered([raw, smooth, hover(points_, "step", tips)], title)


def held_out_curves(rows: Sequence[Row]) -> Chart:
    """pass@k on held-out problems over training steps, for at most four of the k."""
    chosen = _spread(sorted({p["k"] for row in rows for p in row["curve"]}), 4)
    long = [
        {"step": row["step"], "series": f"pass@{p['k']}", **texts(p)}
        for row in rows
        for p in valued(row["curve"])
        if p["k"] in chosen
    ]
    names = [f"pass@{k}" for k in chosen]
    scale = alt.Scale(domain=names, range=SHADES[-len(names) :])
    colour = alt.Color("series:N", scale=scale, legend=alt.Legend(title=None))
    plot = alt.Chart(data_of(long)).encode(
        alt.X("step:Q", title="training step", axis=steps_axis())
    )
    band = plot.mark_area(opacity=0.15).encode(
        alt.Y("low:Q", scale=unit_scale(), title=None), alt.Y2("high:Q"), colour
    )
    y = alt.Y("value:Q", scale=unit_scale(), axis=share_axis(), title=None)
    line = plot.mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=36)).encode(y, colour)
    layers = [band, line, hover_series(long, "step", "step")]
    return layered(layers, "Held-out problems solved within k tries")


def sweep_curves(sweep: Row) -> Chart:
    """pass@k over training steps with intervals, the base at step 0; where coverage falls."""
    arms = [{"step": 0, "curve": sweep["base"]["curve"]}, *sweep["checkpoints"]]
    wanted = set(deciding_ks(sweep))
    rows = [
        {**arm, "curve": [point for point in arm["curve"] if point["k"] in wanted]} for arm in arms
    ]
    fall, layers = sweep.get("fall"), [held_out_curves(rows)]
    if fall:
        label = f"pass@{fall['k']} below step {fall['since']}'s from here on"
        plot = alt.Chart(data_of([{"step": fall["step"], "label": label}])).encode(alt.X("step:Q"))
        text = plot.mark_text(align="left", baseline="bottom", dx=5, dy=-2, fontSize=12)
        layers += [
            plot.mark_rule(color=LIGHT["muted"], strokeDash=[4, 4]),
            text.encode(alt.Text("label:N"), y=alt.value("height")),
        ]
    return layered(layers, "Share of problems solved within k tries (pass@k)")


def forecast_fan(result: Row) -> Chart:
    """The base's curve and what a pure tilt of it would give, the further from it the stronger."""
    fan = (result.get("forecast") or [])[:4]
    arms = {"base now": result["curve"]} | {f"δ = {step['delta']:g}": step["curve"] for step in fan}
    rows = [row for name, curve in arms.items() for row in _labelled(curve, name)]
    scale = alt.Scale(domain=list(arms), range=[LIGHT["base"], *SHADES[: len(fan)]])
    plot = alt.Chart(data_of(rows)).encode(_log2("k", "tries per problem, k", _ks(rows)))
    colour = alt.Color("series:N", scale=scale, legend=alt.Legend(title=None))
    y = alt.Y("value:Q", scale=unit_scale(), axis=share_axis(), title=None)
    line = plot.mark_line(strokeWidth=2.5).encode(y, colour)
    return layered([line, hover_series(rows, "k", "k")], "Share solved within k tries")


def learning_signal(rows: Sequence[Row]) -> Chart:
    """Share of groups that hold right and wrong completions, over the group size."""
    drawn = [{**row, "text": texts(row)["text"]} for row in valued(rows)]
    sizes = [row["group_size"] for row in drawn]
    x = _log2("group_size", "completions per group, G", sizes)
    plot = alt.Chart(data_of(drawn)).encode(x)
    y = alt.Y("value:Q", scale=unit_scale(), axis=share_axis(), title=None)
    bars = plot.mark_rule(color=LIGHT["base"], strokeWidth=2).encode(
        alt.Y("low:Q", scale=unit_scale(), title=None), alt.Y2("high:Q")
    )
    line = plot.mark_line(color=LIGHT["base"], strokeWidth=1.5).encode(y)
    dots = plot.mark_point(color=LIGHT["base"], filled=True, size=50, opacity=1).encode(y)
    tips = {"group_size": "G", "text": "mixed groups"}
    return layered(
        [bars, line, dots, hover(drawn, "group_size", tips)], "Share of groups that teach anything"
    )


def audited_curve(audit: Row, role: str) -> Chart:
    """pass@k as the verifier counts, and without the false positives that a person found."""
    rows = audit["corrected"]
    verified = [{"k": r["k"], "value": r["pass_at_k"], "low": None, "high": None} for r in rows]
    names = ["as verified", "corrected"]
    drawn = [*_labelled(verified, names[0]), *_labelled(rows, names[1])]
    drawn += [
        {"k": r["k"], "series": names[1], "low": r["low"], "high": r["high"], "text": interval(r)}
        for r in rows
        if not known(r["value"])
    ]
    scale = alt.Scale(domain=names, range=[LIGHT["muted"], LIGHT[role]])
    colour = alt.Color("series:N", scale=scale, legend=alt.Legend(title=None))
    plot = alt.Chart(data_of(drawn)).encode(_log2("k", "tries per problem, k", _ks(drawn)))
    band = plot.mark_area(opacity=0.18).encode(
        alt.Y("low:Q", scale=unit_scale(), title=None), alt.Y2("high:Q"), colour
    )
    y = alt.Y("value:Q", scale=unit_scale(), axis=share_axis(), title=None)
    line = plot.mark_line(strokeWidth=2.5).encode(y, colour)
    return layered(
        [band, line, hover_series(drawn, "k", "k")],
        f"The {role}'s pass@k without false positives",
    )


def charts_of(data: PageData) -> dict[str, Chart]:
    """Every chart the data can fill, by the name its file bears."""
    charts: dict[str, Chart] = {}
    luck = ((data.probe or {}).get("luck") or {}).get("curve") or ()
    if data.comparison and valued(data.comparison["delta"]):
        arms = {role: data.comparison[role]["curve"] for role in SHAPES}
        charts["curves"] = pass_at_k(arms, deciding_ks(data.comparison), luck, data.fitted)
        charts["delta"] = paired_delta(data.comparison)
    elif data.several and "delta" in data.several:
        arms = {role: data.several[role]["curve"] for role in SHAPES}
        charts["curves"] = pass_at_k(arms, deciding_ks(data.several), luck)
        charts["delta"] = paired_delta(data.several)
    elif data.probe and valued(data.probe["curve"]):
        charts["curves"] = pass_at_k({"base": data.probe["curve"]}, deciding_ks(data.probe), luck)
    if data.several and "checkpoints" in data.several:
        charts["sweep"] = sweep_curves(data.several)
    if any(is_counted(problem, role) for problem in data.problems for role in SHAPES):
        charts["histogram"] = histogram(data.problems)
    if any(all(is_counted(problem, role) for role in SHAPES) for problem in data.problems):
        charts["scatter"] = before_and_after(data.problems)
    charts |= _training(data)
    if data.probe and valued(data.probe.get("signal") or ()):
        charts["signal"] = learning_signal(data.probe["signal"])
    if data.probe and data.probe.get("forecast"):
        charts["forecast"] = forecast_fan(data.probe)
    for role, audit in data.audits.items():
        charts[f"audit_{role}"] = audited_curve(audit, role)
    return charts


def _training(data: PageData) -> dict[str, Chart]:
    wanted = {
        "reward": ("Mean reward", ".2f"),
        "mixed_share": ("Share of groups that teach anything", ".0%"),
        "completion_length": ("Completion length, tokens", "d"),
    }
    charts = {}
    if any(valued(row.get("curve") or ()) for row in data.held_out):
        charts["held_out"] = held_out_curves(data.held_out)
    for name, (title, form) in wanted.items():
        if any(known(row.get(name)) for row in data.training):
            charts[name] = training_series(data.training, name, title, form)
    watched = watch_charts(data.watching)
    same = {"watch_signal": "mixed_share", "watch_length": "completion_length"}
    for name in set(watched) & set(same):
        charts.pop(same[name], None)  # the record tells the same with an interval
    return charts | watched


# -------------------------------------------------------------------------------- out of here


def sized(chart: Chart, width: int = 640, height: int = 360) -> dict[str, Any]:
    """The Vega-Lite spec for a picture file, on white."""
    spec = _spec(chart.properties(width=width, height=height))
    spec["background"] = LIGHT["paper"]
    spec["padding"] = 20
    return spec


def page_spec(chart: Chart, height: int = HEIGHT) -> dict[str, Any]:
    """The Vega-Lite spec for the page: as wide as its place, coloured by CSS variables."""
    spec = _spec(chart.properties(width="container", height=height))
    spec["usermeta"] = {"csv": rows_for_csv(spec)}
    coloured: dict[str, Any] = with_variables(spec)
    return coloured


def _spec(chart: Chart) -> dict[str, Any]:
    spec: dict[str, Any] = chart.to_dict(validate=False)  # our own charts; the tests validate
    spec["config"] = chart_config()
    return spec


# --------------------------------------------------------------------------------- ingredients


def _labelled(curve: Iterable[Row], series: str) -> list[dict[str, Any]]:
    return [{"k": row["k"], "series": series, **texts(row)} for row in valued(curve)]


def _ks(rows: Iterable[Row]) -> list[int]:
    return sorted({int(row["k"]) for row in rows})


def _log2(name: str, title: str, values: Sequence[int]) -> alt.X:
    powers = [v for v in values if v & (v - 1) == 0]
    axis = alt.Axis(values=powers or list(values), format="d", labelOverlap="greedy")
    return alt.X(
        f"{name}:Q",
        scale=alt.Scale(type="log", base=2, padding=8, nice=False),
        axis=axis,
        title=title,
    )


def _level(value: float, dash: Sequence[float] = (1, 0)) -> Any:
    return (
        alt.Chart(data_of([{"y": value}]))
        .mark_rule(color=LIGHT["muted"], strokeWidth=1, strokeDash=list(dash))
        .encode(alt.Y("y:Q", title=None))
    )


def _margins(margin: float | None) -> list[Any]:
    if not margin:
        return []
    return [_level(value, (4, 4)) for value in (margin, -margin)]


def _deciding(ks: Sequence[int]) -> list[Any]:
    """Faint upright lines at the k that decide the verdict."""
    plot = alt.Chart(data_of([{"k": k} for k in ks])).encode(alt.X("k:Q"))
    return [plot.mark_rule(color=LIGHT["line"], strokeDash=[2, 3])] if ks else []


def _crossing(crossover: Row) -> list[Any]:
    if crossover.get("k") is None:
        return []
    plot = alt.Chart(data_of([{"k": crossover["k"], "label": f"crosses at k = {crossover['k']}"}]))
    rule = plot.mark_rule(color=LIGHT["trained"], strokeWidth=1.5).encode(alt.X("k:Q"))
    text = plot.mark_text(
        color=LIGHT["trained"], align="right", baseline="top", dx=-5, dy=2, fontSize=12
    ).encode(alt.X("k:Q"), alt.Text("label:N"), y=alt.value(0))
    return [rule, text]


def _form(value: float, form: str) -> str:
    return percent(value) if form.endswith("%") else number(float(value), 0 if form == "d" else 3)


def _spread(values: Sequence[int], most: int) -> list[int]:
    """At most ``most`` of the values, evenly spread, ends included."""
    if len(values) <= most:
        return list(values)
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]
