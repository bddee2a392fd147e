"""A comparison and its truth in; the picture of the crossing with its band out."""

from __future__ import annotations

from passgap.results.comparison import Comparison, Crossover
from passgap.show.charts.curves import TRIES, paired_delta
from passgap.show.charts.lazy import Chart, Layer, alt
from passgap.show.charts.parts import Datum, data_of, layered, lined, log2
from passgap.show.theme import LIGHT
from research.truth import Truth


def crossing_chart(read: Comparison, truth: Truth) -> Chart:
    """The measured change of pass@k with its intervals, band and crossover; the true one dashed."""
    settings = read.settings
    ks = [int(k) for k in read.delta.k]
    rows: list[Datum] = [{"k": k, "value": truth.change(k)} for k in ks]
    x, y = log2("k", TRIES, rows), alt.Y("value:Q", title=None)
    true = LIGHT["trained"]
    measured = paired_delta(
        read.delta, (settings.k_small, settings.k_large), settings.margin, read.crossover
    )
    layers = [measured, *lined(rows, x, true, y=y, dash=(5, 4), width=2)]
    if read.crossover is not None:
        layers.append(_interval(read.crossover, ks[-1]))
    return layered(layers, "Trained minus base, percentage points; the truth is dashed")


def _interval(crossover: Crossover, most: int) -> Layer:
    """The crossover's interval, a bar on the line of no change; an open end reaches the last k."""
    ends = {"low": crossover.low or 1, "high": crossover.high or most, "value": 0.0}
    plot = alt.Chart(data_of([ends])).mark_rule(color=LIGHT["trained"], strokeWidth=7, opacity=0.4)
    bar: Layer = plot.encode(alt.X("low:Q"), alt.X2("high:Q"), alt.Y("value:Q"))
    return bar
