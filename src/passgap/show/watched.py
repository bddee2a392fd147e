"""``Watching.to_dict()`` in, tables and terminal renderables out: a training run while it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from passgap.show.data import FEW, Row
from passgap.show.text import ABSENT, interval, known, number, percent, points, visible

SAME = 1e-9
BARS = "▁▂▃▄▅▆▇█"
SEVERITY_STYLE = {"error": "bold red", "warning": "bold yellow", "note": "cyan"}
HEAD = ("correct", "reward", "mixed", "forecast", "tokens", "cut", "new", "never", "lost")
NAMED = {"solved": "correct", "truncated": "cut", "length": "tokens"}
LEGEND = (
    "means over problems with 95 % intervals{forecast}{step}; new, never, lost: problems newly "
    "solved, never solved so far, lost by then"
)


def print_watching(result: Row, console: Console | None = None) -> None:
    """Print ``Watching.to_dict()``."""
    (console or Console()).print(watching_view(result))


def watching_view(result: Row, *, rows: int = 12) -> RenderableType:
    """Warnings on top, a line on each question, the last rows of the table."""
    parts: list[RenderableType] = [Text(headline(result), style="bold")]
    parts += [_warning(finding) for finding in result["warnings"]]
    parts += [Text(f"  {line}") for line in sentences(result)]
    parts += [Text(), _trends(result["steps"]), Text(), _table(steps_table(result, rows))]
    parts += [Text(legend(result), style="dim")]
    if result["bands"]:
        by = visible(result["bands"][0]["by"])
        parts += [
            Text(),
            Text(f"Correct completions, by {by}", style="bold"),
            _table(bands_table(result)),
        ]
    parts += [Text(f"Note: {visible(note)}", style="italic") for note in result["notes"]]
    return Group(*parts)


def legend(result: Row) -> str:
    """What the table's columns are."""
    foretold = any(row["forecast"] for row in result["steps"])
    counted = result["settings"]["counted_by"] == "trainer"
    return LEGEND.format(
        forecast="; forecast: mixed, by the base's counts" if foretold else "",
        step="; step: the trainer's count when it drew them (TRL's first is 0)" if counted else "",
    )


def headline(result: Row) -> str:
    """How far the run is."""
    last, settings = result["steps"][-1], result["settings"]
    unit = "step" if settings["counted_by"] == "trainer" else "visit"
    first = "" if unit == "step" else " (the first is 0)"
    text = f"{unit.capitalize()} {last['last_step']}{first}: {result['completions']:,} completions"
    text += f", groups of {settings['group_size']}"
    return text + (f", {result['unscored']:,} unscored" if result["unscored"] else "")


def sentences(result: Row) -> list[str]:
    """What the numbers say, a line each."""
    last, lines = result["steps"][-1], []
    counted = last["problems"]
    lines.append(
        f"{counted['solved']} of {counted['seen']} problems solved at least once, "
        f"{counted['never_solved']} never so far, {counted['lost']} lost since "
        f"(false discoveries {percent(result['settings']['false_discovery_rate'], 0)})"
    )
    new = result["new_to_base"]
    if new and new["problems"]:
        lines.append(
            f"of {new['problems']} problems that the base never solved in {new['base_draws']} "
            f"draws, {new['solved']} were solved in training (luck included)"
        )
    agreement = result["agreement"]
    if agreement:
        verb = "agree" if agreement["agrees"] else "DISAGREE"
        observed, forecast = agreement["observed"], agreement["forecast"]
        lines.append(
            f"at step 0 {percent(observed['value'])} of the groups are mixed "
            f"({interval(observed)}), forecast {percent(forecast['value'])} "
            f"({interval(forecast)}): they {verb}"
        )
    if result["held_out"]:
        changes = ", ".join(
            f"pass@{row['k']} {points(row['value'])} ({interval(row, points)})"
            for row in (result["held_out"][0], result["held_out"][-1])
        )
        lines.append(f"held-out problems since the first measurement, points: {changes}")
    return lines


def watch_section(result: Row | None) -> dict[str, Any]:
    """What the page says of a training run's record; empty where there is none."""
    if not result:
        return {}
    bands = result["bands"]
    return {
        "findings": result["warnings"],
        "lines": [headline(result), *sentences(result)],
        "table": steps_table(result),
        "legend": legend(result),
        "lost": lost_table(result),
        "bands_caption": f"Bands by {bands[0]['by']}; upright lines are intervals."
        if bands
        else "",
        "notes": result["notes"],
    }


def _caption(by: str) -> str:
    return (
        f"Bands by {by}. Upright lines are intervals; bands of fewer than {FEW} problems are left "
        "out."
    )


def lost_table(result: Row, most: int = 20) -> dict[str, Any]:
    """The lost problems, the surest first."""
    rows = [
        [
            row["problem_id"],
            f"{row['before']['c']} of {row['before']['n']}",
            f"0 of {row['last']['n']}",
            row["since_step"],
            f"{row['q_value']:.2g}",
        ]
        for row in result["lost"][:most]
    ]
    more = len(result["lost"]) - most
    if more > 0:
        rows.append([f"and {more} more", "", "", "", ""])
    head = ["lost problem", "correct before", "correct since", "since step", "false discovery rate"]
    return {"head": head, "rows": rows} if rows else {}


def steps_table(result: Row, most: int | None = None) -> dict[str, Any]:
    """Rows over the steps, the first and the last ones; columns with nothing in them left out."""
    unit = "step" if result["settings"]["counted_by"] == "trainer" else "visit"
    shown = list(result["steps"])
    if most and len(shown) > most:
        shown = [shown[0], *shown[-most + 1 :]]
    rewarded = any(_differs(row["reward"], row["solved"]) for row in result["steps"])
    head = [unit, *HEAD]
    rows = [
        [
            _span(row),
            _share(row["solved"]),
            number(row["reward"]["value"]) if rewarded else ABSENT,
            _share(row["mixed"]),
            _share(row["forecast"] or {}),
            number(row["length"]["value"], 0),
            percent(row["truncated"]["value"], 0),
            row["problems"]["newly_solved"],
            row["problems"]["never_solved"],
            row["problems"]["lost"],
        ]
        for row in shown
    ]
    kept = [i for i in range(len(head)) if any(row[i] != ABSENT for row in rows)]
    return {"head": [head[i] for i in kept], "rows": [[row[i] for i in kept] for row in rows]}


def bands_table(result: Row) -> dict[str, Any]:
    """Solved share of each band, at first and last."""
    rows = []
    for band in result["bands"]:
        if band["rows"]:
            first, last = band["rows"][0], band["rows"][-1]
            cells = [f"{_share(row)} at {_span(row)}" for row in (first, last)]
            rows.append([band["band"], band["problems"], *cells])
    unit = "steps" if result["settings"]["counted_by"] == "trainer" else "visits"
    return {"head": ["band", "problems", f"first {unit}", f"last {unit}"], "rows": rows}


def sparkline(values: Sequence[float | None], most: float | None = None) -> str:
    """Values from 0 to ``most`` (or the largest) as bars; a gap where there is none."""
    numbers = [value for value in values if known(value)]
    top = most or max(numbers, default=0.0) or 1.0
    last = len(BARS) - 1
    return "".join(BARS[min(last, int(last * v / top + 0.5))] if known(v) else " " for v in values)


def _trends(steps: Sequence[Row]) -> Table:
    """One line a quantity over all rows: shares from 0 to 1, lengths from 0 to their largest."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for name in ("solved", "mixed", "truncated", "length"):
        values = [row[name]["value"] for row in steps]
        if any(map(known, values)):
            line = sparkline(values, None if name == "length" else 1.0)
            table.add_row(Text(NAMED.get(name, name)), Text(line[-60:], style="cyan"))
    return table


def _warning(finding: Row) -> Text:
    line = Text("  ")
    line.append(visible(finding["severity"]), style=SEVERITY_STYLE[finding["severity"]])
    line.append(f"  {visible(finding['evidence'])}")
    line.append(f"\n      {visible(finding['remedy'])}", style="dim")
    return line


def _table(content: Row) -> Table:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for i, name in enumerate(content["head"]):
        table.add_column(Text(visible(name)), justify="left" if i == 0 else "right", no_wrap=True)
    for row in content["rows"]:
        table.add_row(*(Text(visible(cell)) for cell in row))
    return table


def _differs(reward: Row, solved: Row) -> bool:
    """Whether rewards are something else than 1 for correct and 0 for incorrect."""
    mean, share = reward["value"], solved["value"]
    return known(mean) and known(share) and abs(mean - share) > SAME


def _share(row: Row) -> str:
    """``42% (38-47)``: short enough for a terminal of 80 columns."""
    value, low, high = (row.get(name) for name in ("value", "low", "high"))
    if not known(value):
        return ABSENT
    if not (known(low) and known(high)):
        return percent(value, 0)
    return f"{percent(value, 0)} ({100 * low:.0f}-{100 * high:.0f})"


def _span(row: Row) -> str:
    first, last = row["step"], row["last_step"]
    return str(first) if first == last else f"{first}-{last}"
