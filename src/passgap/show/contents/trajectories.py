"""What a success took of an agent, or of two: trajectories in; key figures, endings, turns and cost
out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from passgap.results.estimates import Estimate
from passgap.results.probe import Probe
from passgap.results.trajectories import (
    Effort,
    Trajectories,
    TrajectoriesCompared,
    WithinTurns,
)
from passgap.show import blocks as b
from passgap.show.charts.curves import several_curves
from passgap.show.contents.parts import ROLES, details, noted, present, table, tries
from passgap.show.text import ABSENT, estimated, interval, known, number, percent
from passgap.show.theme import SHADES

Form = Callable[[float | None], str]
TITLE = "Turns, cost, and how samples ended"
MOST = 8  # the largest k of a key figure, and of the columns of turn budgets
COLUMNS = (1, 2, 4, 8)
ENDINGS = {
    "solved": "",
    "wrong": "the agent finished, and the verifier said no",
    "ran_out": "time, turns or tokens ended the sample; counted as wrong",
    "lost": "broken off by the infrastructure; unscored, and in no estimate",
}
NAMES = {"ran_out": "ran out"}
WITHIN = (
    "pass@1 is {few} if only samples of at most {least} turns count, and {many} with at most "
    "{most}. Shaded: intervals over problems."
)


def figures(probe: Probe) -> Iterator[b.Figure]:
    """How reliable the agent is, and what a success takes; nothing where these are no
    trajectories."""
    found = probe.trajectories
    if found is None:
        return
    k = max(int(one) for one in probe.all_of_k.k if one <= MOST)
    one = probe.all_of_k.at(k)
    yield b.Figure(f"All of {tries(k)} right", percent(one.value), interval(one))
    for name, effort, form in (("Turns", found.turns, number), ("Cost", found.cost, money)):
        if effort is not None and known(effort.per_success.value):
            shown = form(effort.per_success.value)
            yield b.Figure(f"{name} per success", shown, ends(effort.per_success, form))


def section(found: Trajectories | None) -> b.Section | None:
    """Endings, turns and cost, and pass@k within a number of turns."""
    if found is None:
        return None
    rows = [
        *_ended(found),
        *_effort("turns", found.turns, number),
        *_effort("cost", found.cost, money),
    ]
    shown = [*within(found.budgets), noted(found.notes)]
    return b.Section(TITLE, present(details(rows), *shown))


def compared(found: TrajectoriesCompared | None) -> b.Section | None:
    """Endings, turns and cost of both policies, and each one's pass@k within a number of turns."""
    if found is None:
        return None
    base, trained = found.each.base, found.each.trained
    head = ["", *ROLES, "trained / base"]
    rows = [
        *_both_ended(base, trained),
        *_both_spent("turns", base.turns, trained.turns, found.turns, number),
        *_both_spent("cost", base.cost, trained.cost, found.cost, money),
    ]
    folded = [
        b.Folded(f"Within a number of turns: {role}", shown)
        for role, one in zip(ROLES, (base, trained), strict=True)
        if (shown := within(one.budgets, f"_{role}"))
    ]
    notes = noted(tuple(dict.fromkeys((*base.notes, *trained.notes, *_open(found)))))
    return b.Section(TITLE, present(table(head, rows), *folded, notes))


def _both_ended(base: Trajectories, trained: Trajectories) -> Iterator[Sequence[object]]:
    for name in ENDINGS:
        counts = [getattr(one.endings, name) for one in (base, trained)]
        if any(counts) or name in ("solved", "wrong"):
            yield [f"samples: {NAMES.get(name, name)}", *(f"{count:,}" for count in counts), ""]


def _both_spent(
    name: str, base: Effort | None, trained: Effort | None, change: Estimate | None, form: Form
) -> Iterator[Sequence[object]]:
    if base is None or trained is None or change is None:
        return
    each = [_with_ends(one.per_try, form) for one in (base, trained)]
    yield [f"{name} per sample", *each, ""]
    each = [_with_ends(one.per_success, form) for one in (base, trained)]
    yield [f"{name} per success", *each, _with_ends(change, number)]


def _with_ends(one: Estimate, form: Form) -> str:
    """The value and its interval, whose ends have no currency: a line holds two."""
    inner = amount if form is money else form
    return f"{form(one.value)} ({ends(one, inner)})" if known(one.low) else form(one.value)


def _open(found: TrajectoriesCompared) -> Iterator[str]:
    """Why a factor has no interval."""
    for name, one in (("turns", found.turns), ("cost", found.cost)):
        for note in one.notes if one else ():
            yield f"{name} per success, trained / base: {note}"


def _ended(found: Trajectories) -> Iterator[Sequence[object]]:
    for name, note in ENDINGS.items():
        count = getattr(found.endings, name)
        if count or name in ("solved", "wrong"):
            yield f"samples: {NAMES.get(name, name)}", f"{count:,}", note


def _effort(name: str, effort: Effort | None, form: Form) -> Iterator[Sequence[object]]:
    if effort is None:
        return
    yield f"{name} per sample", form(effort.per_try.value), ends(effort.per_try, form)
    one = effort.per_success
    notes = "; ".join(filter(None, [ends(one, form) if known(one.value) else "", *one.notes]))
    yield f"{name} per success", form(one.value), notes


def within(found: Sequence[WithinTurns], of: str = "") -> list[b.Block]:
    """PASS@(k,T): the curves of a few T, and a table of all."""
    if not found:
        return []
    steps = np.linspace(0, len(found) - 1, min(len(found), len(SHADES))).round().astype(int)
    curves = [(f"{found[i].turns} turns", found[i].within) for i in steps]
    drawn = len(curves) > 1 and len(found[0].within.k) > 1
    few, many = (percent(one.within.at(1).value) for one in (found[0], found[-1]))
    caption = WITHIN.format(few=few, least=found[0].turns, many=many, most=found[-1].turns)
    picture = b.Picture(f"turns{of}", partial(several_curves, curves), caption)
    return present(b.Columns([picture], "wide") if drawn else None, budgets(found))


def budgets(found: Sequence[WithinTurns]) -> b.Table | None:
    """PASS@(k,T): one row per number of turns, one column per k."""
    if not found:
        return None
    up_to = [int(k) for k in found[0].within.k if k <= MOST]
    listed = [k for k in up_to if k in COLUMNS or k == up_to[-1]]
    head = ["at most T turns", *(f"pass@{k}" for k in listed)]
    rows = [[one.turns, *(estimated(one.within.at(k)) for k in listed)] for one in found]
    return table(head, rows)


def ends(one: Estimate, form: Form) -> str:
    """The interval of an effort; one without an upper end has only a lower one."""
    if known(one.low) and math.isinf(one.high):
        return f"{form(one.low)} or more"
    return f"{form(one.low)} to {form(one.high)}" if known(one.low) else ABSENT


def money(value: float | None) -> str:
    """US dollars, with as many digits as a cost needs."""
    return f"${amount(value)}" if known(value) else ABSENT


def amount(value: float | None) -> str:
    """The same without the currency."""
    return number(value, 2 if known(value) and value >= 1 else 4)
