"""A result in, what a notebook shows out: static HTML, or the chart as an altair object.

The HTML holds no script: a sentence, tables, and the chart as SVG between them. Every text passes
`visible` and is escaped. Results are told apart by the ``schema`` of their dict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup

from passgap.data.counts import Counts
from passgap.data.identity import digest
from passgap.errors import UsageError
from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict
from passgap.show.audited import audit_sections
from passgap.show.charts.charts import audited_curve, pass_at_k, sized, sweep_curves
from passgap.show.charts.figures import picture
from passgap.show.charts.ingredients import Chart
from passgap.show.charts.watch import watch_charts
from passgap.show.data import Row, deciding_ks
from passgap.show.details import reach_table
from passgap.show.evidence import comparison_evidence, probe_evidence
from passgap.show.notebook import charts as draw
from passgap.show.page.sections import curve_table
from passgap.show.sweeping import seeds_table, sweep_sentence, sweep_table
from passgap.show.text import interval, number, percent, points, visible
from passgap.show.watched import headline, sentences, steps_table
from passgap.show.words import comparison_sentence, probe_sentence, reach_sentence

TEMPLATE = resources.files("passgap.show.notebook") / "notebook.html.j2"
SIZE = (560, 280)
Table = dict[str, Any]


@dataclass(frozen=True)
class View:
    """What a notebook shows of one result; whatever is empty is left out."""

    label: str = ""
    sentence: str = ""
    lines: Sequence[str] = ()
    tables: Sequence[Table] = ()
    chart: Chart | None = None
    notes: Sequence[str] = ()


def html(result: Any) -> str:
    """A result as static HTML, without script, safe whatever its texts are."""
    view = view_of(result)
    picture = "" if view.chart is None else Markup(_svg(view.chart))
    return _template().render(view=view, picture=picture)


def chart(result: Any) -> Chart:
    """A result's main chart as an altair object.

    Parameters
    ----------
    result
        A probe, comparison, reach, sweep, plan, watched training, counts or curve.

    Returns
    -------
    altair.LayerChart
        Without a width, to be layered, resized or saved; in the palette of the report.

    Raises
    ------
    UsageError
        For a result that has no chart.
    """
    found = view_of(result).chart
    if found is None:
        raise UsageError(f"{type(result).__name__} has no chart here; print it, or take to_dict()")
    return found


def view_of(result: Any) -> View:
    """The parts that a notebook shows of a result."""
    if isinstance(result, Counts):
        return View(sentence=str(result), chart=draw.counts_chart(result))
    if isinstance(result, Estimate):
        return View(tables=[_estimate(result)], notes=result.notes)
    data = result.to_dict()
    if isinstance(result, Verdict):
        return View(data["label"], lines=data["reasons"], notes=_filled(data["needs"]))
    if isinstance(result, Curve):
        return View(tables=[_curve(data)], chart=draw.curve_chart(data), notes=data["notes"])
    return VIEWS[data["schema"]](data)


def _probe(data: Row) -> View:
    luck = (data.get("luck") or {}).get("curve") or ()
    drawn = pass_at_k({"base": data["curve"]}, deciding_ks(data), luck) if data["curve"] else None
    lines, tables = probe_evidence(data), [curve_table(data)]
    return View(data["verdict"]["label"], probe_sentence(data), lines, tables, drawn, data["notes"])


def _comparison(data: Row) -> View:
    arms = {role: data[role]["curve"] for role in ("base", "trained")}
    drawn = pass_at_k(arms, deciding_ks(data))
    sentence, lines = comparison_sentence(data), comparison_evidence(data)
    label = data["verdict"]["label"]
    return View(label, sentence, lines, [curve_table(data)], drawn, data["notes"])


def _seeds(data: Row) -> View:
    view = _comparison(data)
    tables = [*view.tables, seeds_table(data)]
    return View(view.label, view.sentence, view.lines, tables, view.chart, view.notes)


def _sweep(data: Row) -> View:
    label, lines = data["verdict"]["label"], [f"The rule: {data['rule']}"]
    drawn = sweep_curves(data)
    return View(label, sweep_sentence(data), lines, [sweep_table(data)], drawn, data["notes"])


def _adaptive(data: Row) -> View:
    head = ["draws", "headroom, points", "verdict"]
    rows = [[number(r["draws"]), _change(r), r["label"]] for r in data["rounds"]]
    label, lines = data["verdict"]["label"], data["verdict"]["reasons"]
    drawn = draw.rounds_chart(data["rounds"])
    return View(label, "", lines, [{"head": head, "rows": rows}], drawn)


def _reach(data: Row) -> View:
    drawn = draw.reach_chart(data["rows"]) if data["rows"] else None
    tables = list(filter(None, [reach_table(data)]))
    label = data["verdict"]["label"]
    return View(label, reach_sentence(data), (), tables, drawn, data["notes"])


def _watching(data: Row) -> View:
    charts = watch_charts(data)
    drawn = charts.get("watch_signal", charts["watch_problems"])
    lines = [*(finding["evidence"] for finding in data["warnings"]), *sentences(data)]
    return View("", headline(data), lines, [steps_table(data, 12)], drawn, data["notes"])


def _plan(data: Row) -> View:
    names = ["n", "problems", "completions", "tokens", "price"]
    rows = [[number(design[name]) for name in names] for design in data["designs"]]
    head = ["draws a problem", *names[1:]]
    best = data["cheapest"]
    said = f"Cheapest: {number(best['problems'])} problems, {best['n']} draws each." if best else ""
    drawn = draw.plan_chart(data["designs"])
    return View("", said, (), [{"head": head, "rows": rows}], drawn, data["notes"])


def _audit(data: Row) -> View:
    (section,) = audit_sections({"base": data})
    lead = section["lead"].removeprefix("Base: ")
    return View("", lead, (), [section["table"]], audited_curve(data, "base"), data["notes"])


VIEWS: dict[str, Callable[[Row], View]] = {
    "passgap.adaptive_probe/1": _adaptive,
    "passgap.audit/1": _audit,
    "passgap.compare/1": _comparison,
    "passgap.compare_seeds/1": _seeds,
    "passgap.compare_sweep/1": _sweep,
    "passgap.plan/1": _plan,
    "passgap.probe/1": _probe,
    "passgap.reach/1": _reach,
    "passgap.watching/1": _watching,
}


def _change(row: Row) -> str:
    return f"{points(row['value'])} ({interval(row, points)})"


def _estimate(result: Estimate) -> Table:
    ends = [number(end, 3) for end in (result.value, result.low, result.high)]
    level = percent(result.confidence_level, 0)
    return {"head": ["value", "low", "high", "level", "method"], "rows": [[*ends, level,
            result.method]]}  # fmt: skip


def _curve(data: Row) -> Table:
    names = ["value", "low", "high"]
    rows = [[row["k"], *(number(row[name], 3) for name in names)] for row in data["curve"]]
    return {"head": ["k", *names], "rows": rows}


def _filled(text: str | None) -> list[str]:
    return [f"What it would take: {text}"] if text else []


def _svg(drawn: Chart) -> str:
    """The chart as SVG whose ids are its own, so that two of a page do not share a clip path."""
    svg = picture(json.dumps(sized(drawn, *SIZE)), "svg").decode()
    own = digest(svg)
    return re.sub(r'(id="|url\(#)', rf"\g<1>p{own}-", svg)


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else visible(value),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
