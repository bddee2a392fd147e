"""Results in, rich renderables out: what a command prints.

Every string from a result passes `visible` and is added as plain text, never as rich markup, so
that nothing a model or a file wrote can steer the terminal.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from passgap.show.alone import alone_rows, alone_sentence, alone_table, has_tokens
from passgap.show.data import Row
from passgap.show.details import (
    bands_table,
    comparison_details,
    perplexity_table,
    probe_details,
    reach_details,
    reach_table,
)
from passgap.show.page.sections import comparison_figures, curve_table, format_table, probe_figures
from passgap.show.sweeping import seeds_table, sweep_sentence, sweep_table
from passgap.show.text import visible
from passgap.show.words import comparison_sentence, probe_sentence, reach_sentence

SEVERITY_STYLE = {"error": "bold red", "warning": "yellow", "note": "cyan"}
GOOD = {"rlvr_can_pay", "expanded", "sharpened", "beyond_reach", "coverage_holds"}
OPEN = {
    "undecided",
    "inconclusive",
    "modest_headroom",
    "nothing_gained",
    "within_reach",
    "mixed",
    "no_fall_shown",
}


def print_result(result: Row, console: Console | None = None) -> None:
    """Print a result's dict, told apart by its keys."""
    (console or Console()).print(_view(result))


def _view(result: Row) -> RenderableType:
    if "seeds" in result:
        return seeds_view(result)
    if "checkpoints" in result:
        return sweep_view(result)
    if "calibration" in result:
        return reach_view(result)
    return comparison_view(result) if "delta" in result else probe_view(result)


def print_checks(checks: Row, console: Console | None = None) -> None:
    """Print ``Checks.to_dict()``: a line for each finding, or one that says there is none."""
    (console or Console()).print(checks_view(checks))


def checks_view(checks: Row) -> RenderableType:
    """The data checks, worst first."""
    count = f"{checks['draws']:,} draws"
    if not checks["findings"]:
        return Text(f"Data checks: {count} looked at, nothing found", style="dim")
    lines = [Text(f"Data checks of {count}", style="bold")]
    for finding in checks["findings"]:
        line = Text("  ")
        line.append(visible(finding["severity"]), style=SEVERITY_STYLE[finding["severity"]])
        line.append(f"  {visible(finding['evidence'])}")
        line.append(f"\n      {visible(finding['remedy'])}", style="dim")
        lines.append(line)
    return Group(*lines)


def print_agreement(agreement: Row, console: Console | None = None) -> None:
    """Print ``Agreement.to_dict()``: the table of two verifiers and some of their differences."""
    statuses = ("correct", "incorrect", "unscored")
    cell = {(row["first"], row["second"]): row["draws"] for row in agreement["table"]}
    rows = [[f"before: {a}", *(f"{cell[a, b]:,}" for b in statuses)] for a in statuses]
    share = agreement["agreed"] / max(1, agreement["draws"])
    kappa = agreement["kappa"]
    head = f"The two verifiers agree on {share:.2%} of {agreement['draws']:,} completions"
    parts: list[RenderableType] = [
        Text(head if kappa is None else f"{head} (Cohen's kappa {kappa:.3f})", style="bold"),
        _table({"head": ["", *(f"now: {b}" for b in statuses)], "rows": rows}),
    ]
    for row in agreement["examples"]:
        answers = [row[key] for key in ("extracted", "extracted_second")]
        read = ["no answer" if one is None else visible(one) for one in answers]
        before = f"{visible(row['status'])} ({read[0]})"
        now = f"{visible(row['status_second'])} ({read[1]})"
        where = f"  {visible(row['problem_id'])} draw {row['draw']}"
        parts.append(Text(f"{where}: {before}, now {now}"[:200], style="dim"))
    (console or Console()).print(Group(*parts))


def print_tried(tried: Row, console: Console | None = None) -> None:
    """Print one mark and its reasons: the readings, every candidate, how both answers are read."""
    reason = f" ({tried['reason']})" if tried["reason"] else ""
    said = "no answer" if tried["extracted"] is None else visible(tried["extracted"])
    parts: list[RenderableType] = [Text(f"{tried['status']}{reason}: {said}", style="bold")]
    for name, form in tried["read_as"].items():
        if form:
            parts.append(Text(f"{name} read as {visible(form)}"))
    readings = tried["readings"]
    if readings:
        marks = ", ".join(f"{name} {readings[name]}" for name in ("asked", "final", "any"))
        extra = ["run-on left away"] if readings["run_on"] else []
        extra += {"ended": ["thinking left away"], "never_ends": ["thinking never ends"]}.get(
            readings["thinking"], []
        )
        parts.append(Text(f"readings: {'; '.join([marks, *extra])}"))
    rows = [
        [one["rule"], f"{one['start']}-{one['end']}", visible(one["text"])[:80], one["status"]]
        for one in tried["candidates"]
    ]
    if rows:
        parts.append(_table({"head": ["candidate", "place", "text", "marked"], "rows": rows}))
    (console or Console()).print(Group(*parts))


def print_audit(audit: Row, console: Console | None = None) -> None:
    """Print ``Audit.to_dict()``: false positives by stratum and the corrected curve."""

    def shown(estimate: Row) -> list[str]:
        value = estimate["value"]
        ends = f"{estimate['low']:.1%} to {estimate['high']:.1%}"
        return ["unknown" if value is None else f"{value:.1%}", ends]

    strata = [
        [
            f"{s['low']:g} to {s['high']:g}",
            *(f"{s[name]:,}" for name in ("problems", "right", "wrong", "unsure")),
            *shown(s["rate"]),
        ]
        for s in audit["strata"]
    ]
    names = ["c/n", "problems", "right", "wrong", "unsure", "false", "95 %"]
    curve = [[str(r["k"]), f"{r['pass_at_k']:.1%}", *shown(r)] for r in audit["corrected"]]
    head = f"{audit['marked']} completions marked, {audit['unsure']} unsure"
    (console or Console()).print(
        Group(
            Text(head, style="bold"),
            _table({"head": names, "rows": strata}),
            Text(),
            _table({"head": ["k", "pass@k", "corrected", "95 %"], "rows": curve}),
            *_notes(audit),
        )
    )


def print_case(case: Row, position: str, console: Console | None = None) -> None:
    """Print one completion for a person to mark."""
    parts: list[RenderableType] = [
        Text(f"{position}   problem {visible(case['problem_id'])}, draw {case['draw']}", "bold"),
        Text(f"{case['c']} of {case['n']} draws of it are called correct", style="dim"),
        Panel(Text(visible(case["question"])), title="Question", title_align="left"),
        Panel(Text(visible(case["text"])), title="Completion", title_align="left"),
        Text(f"Answer: {visible(case['extracted'])}   Reference: {visible(case['reference'])}"),
    ]
    (console or Console()).print(Group(*parts))


def probe_view(probe: Row) -> RenderableType:
    """Verdict, key figures and curve of a ``Probe.to_dict()``."""
    details = probe_details(probe)
    return Group(
        _verdict(probe, probe_sentence(probe)),
        _figures(probe_figures(probe)),
        _curve(probe),
        *([_table(details)] if details else []),
        *_alone(probe),
        *_notes(probe),
    )


def comparison_view(comparison: Row) -> RenderableType:
    """Verdict, key figures, curves and format check of a ``Comparison.to_dict()``."""
    parts: list[RenderableType] = [
        _verdict(comparison, comparison_sentence(comparison)),
        _figures(comparison_figures(comparison)),
        _curve(comparison),
    ]
    tables = (format_table(comparison), comparison_details(comparison), bands_table(comparison))
    for table in filter(None, tables):
        parts += [Text(), _table(table)]
    return Group(*parts, *_alone(comparison), *_notes(comparison))


def _alone(result: Row) -> list[RenderableType]:
    """What sampling gives without training, before or after it."""
    alone = result.get("sampling_alone")
    if not alone or not has_tokens(alone):
        return []
    after = alone_table(alone)
    lead = alone_sentence(alone) if after else "Sampling alone, without training"
    parts: list[RenderableType] = [
        Text(),
        Text(lead, style="bold"),
        _table(after or alone_rows(alone)),
    ]
    return [*parts, *(Text(f"Note: {visible(n)}", style="italic") for n in alone["notes"])]


def seeds_view(result: Row) -> RenderableType:
    """The verdict on a recipe, its curves, and one line a training seed."""
    verdict = _verdict(result, comparison_sentence(result))
    return Group(verdict, _curve(result), _table(seeds_table(result)), *_notes(result))


def sweep_view(sweep: Row) -> RenderableType:
    """Where coverage falls, what to keep, and a row a step, of a ``Sweep.to_dict()``."""
    rule = Text(f"The rule: {visible(sweep['rule'])}", style="italic")
    head = _verdict(sweep, sweep_sentence(sweep))
    return Group(head, _table(sweep_table(sweep)), Text(), rule, *_notes(sweep)[1:])


def reach_view(reach: Row) -> RenderableType:
    """Verdict, the gained problems and the further measures of a ``Reach.to_dict()``."""
    tables = filter(None, (reach_table(reach), reach_details(reach), perplexity_table(reach)))
    parts = [part for table in tables for part in (Text(), _table(table))]
    return Group(_verdict(reach, reach_sentence(reach)), *parts, *_notes(reach))


def _verdict(result: Row, sentence: str) -> Panel:
    verdict = result["verdict"]
    label = str(verdict["label"])
    colour = "green" if label in GOOD else "yellow" if label in OPEN else "red"
    lines = [Text(sentence, style="bold")]
    lines += [Text(f"• {visible(reason)}") for reason in verdict.get("reasons") or ()]
    if verdict.get("needs"):
        lines.append(Text(f"What it would take: {visible(verdict['needs'])}", style="italic"))
    title = Text(visible(label), style=f"bold {colour}")
    return Panel(Group(*lines), title=title, title_align="left", border_style=colour)


def _notes(result: Row) -> list[RenderableType]:
    """What to keep in mind, a line each."""
    lines = [Text(f"Note: {visible(note)}", style="italic") for note in result.get("notes") or ()]
    return [Text(), *lines] if lines else []


def _figures(tiles: list[Row]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for tile in tiles:
        value = f"{tile['value']} → {tile['after']}" if tile["after"] else tile["value"]
        table.add_row(
            _plain(tile["name"]),
            Text(visible(value), style="bold"),
            _plain(tile["note"].replace("\n", " ")),
        )
    return table


def _curve(result: Row) -> Table:
    return _table(curve_table(result))


def _table(content: Any) -> Table:
    """Numbers to the right; the first column, and notes, to the left."""
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for i, name in enumerate(content["head"]):
        table.add_column(
            Text(visible(name)), justify="left" if i == 0 or "note" in name else "right"
        )
    for row in content["rows"]:
        table.add_row(*map(_plain, row))
    return table


def _plain(value: object) -> Text:
    return Text(visible(value))
