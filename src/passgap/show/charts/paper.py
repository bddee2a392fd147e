"""Charts for a paper: one and two columns wide, in small type, readable without colour.

In: a chart as the page draws it. Out: its Vega-Lite spec at the size at which it is printed. A
point of the spec is a point on paper: what is 7 here is 7 pt in the journal.
"""

from __future__ import annotations

from collections.abc import Mapping

from passgap.plain import Json
from passgap.show.charts.lazy import Chart
from passgap.show.charts.parts import Spec
from passgap.show.theme import PAPER, Config, chart_config, recoloured

COLUMNS = {"": 3.25, "_wide": 6.75}  # what a file's name ends in, and its width in inches
POINTS = 72  # per inch
RATIO = {"": 0.66, "_wide": 0.42}  # height over width
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # the first is embedded
SMALL, LARGE = 7, 8  # points
THINNER = 0.5  # lines, dashes and marks against those of the screen
FEWER = {"": 3, "_wide": 6}  # entries of a legend on one line
SCALED = {
    "strokeWidth": THINNER,
    "dx": THINNER,
    "dy": THINNER,
    "size": THINNER**2,
    "symbolSize": 0.4,
}


def paper_spec(chart: Chart, column: str = "") -> Spec:
    """The Vega-Lite spec of a chart as wide as a column, without what only a pointer sees."""
    width = round(COLUMNS[column] * POINTS)
    height = round(width * RATIO[column])
    spec: Spec = chart.properties(width=width, height=height).to_dict(validate=False)
    spec.pop("params", None)
    spec["layer"] = _printed(spec["layer"])
    spec |= {
        "autosize": {"type": "fit", "contains": "padding"},
        "background": PAPER["paper"],
        "padding": 2,
        "config": _config(FEWER[column]),
    }
    return {name: recoloured(value, PAPER) for name, value in spec.items()}


def _is_hover(layer: Json) -> bool:
    """Whether a layer holds the strips that tell values under the pointer."""
    inside = layer.get("layer") if isinstance(layer, Mapping) else None
    marks = (
        [one.get("mark") for one in inside if isinstance(one, Mapping)]
        if isinstance(inside, list)
        else []
    )
    return any(isinstance(mark, Mapping) and mark.get("opacity") == 0 for mark in marks)


def _printed(value: Json, inside: str = "") -> Json:
    """The same layers with lines, dashes and marks as thin as print wants them."""
    if isinstance(value, Mapping):
        return {name: _one(name, at, inside) for name, at in value.items() if name != "tooltip"}
    if isinstance(value, list):
        return [_printed(one, inside) for one in value if not _is_hover(one)]
    return value


def _one(name: str, value: Json, inside: str) -> Json:
    if name == "fontSize":
        return SMALL
    if name == "strokeDash" and isinstance(value, list):
        return _shorter(value)
    if name == "range" and inside in ("strokeDash", "size"):
        return _shorter(value, THINNER if inside == "strokeDash" else THINNER**2)
    if name in SCALED and isinstance(value, int | float):
        return SCALED[name] * value
    return _printed(value, name if name in ("strokeDash", "size") else inside)


def _shorter(value: Json, by: float = THINNER) -> Json:
    if isinstance(value, list):
        return [_shorter(one, by) for one in value]
    return by * value if isinstance(value, int | float) else value


def _config(columns: int) -> Config:
    """Type of 7 and 8 points, thin axes, a legend that goes over several lines."""
    config = chart_config()
    text: Config = {"labelFontSize": SMALL, "titleFontSize": SMALL}
    axis: Config = {**text, "titlePadding": 3, "labelPadding": 2, "tickSize": 3, "labelLimit": 80}
    legend: Config = {
        **text,
        "columns": columns,
        "columnPadding": 8,
        "rowPadding": 1,
        "offset": 2,
        "symbolSize": 24,
        "symbolStrokeWidth": 1.2,
        "labelLimit": 110,
    }
    changed: Config = {"axis": axis, "axisY": {"labelPadding": 3}, "legend": legend}
    changed["title"] = {"fontSize": LARGE, "offset": 3}
    for name, more in changed.items():
        before = config[name]
        if isinstance(before, Mapping) and isinstance(more, Mapping):
            config[name] = {**before, **more}
    return config | {"font": FONT}
