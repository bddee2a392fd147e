"""What the contents of several results share: verdicts, tables of curves, key figures.

In: verdicts, curves, estimates. Out: blocks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict
from passgap.show.blocks import Block, Figure, Notes, Table, VerdictBlock
from passgap.show.text import interval, known, percent

FEW = 5  # problems, under which a band is not shown
ROLES = ("base", "trained")
DETAILS = ("", "value", "interval and note")


def verdict_block(
    verdict: Verdict, when: str, sentence: str, evidence: Sequence[str] = ()
) -> VerdictBlock:
    """A verdict with its sentence; an open one says what would settle it."""
    needs = verdict.needs or verdict.label.settles
    return VerdictBlock(verdict.label, when, sentence, evidence, verdict.reasons, needs)


def present(*blocks: Block | None) -> list[Block]:
    """The blocks that have something to show."""
    return [block for block in blocks if block is not None]


def noted(notes: Sequence[str]) -> Notes | None:
    """Notes, where there are any."""
    return Notes(notes) if notes else None


def table(
    head: Sequence[str], rows: Iterable[Sequence[object]], words: Sequence[int] = (0,)
) -> Table | None:
    """A table of whatever can be printed; None without a row."""
    cells = [[str(cell) for cell in row] for row in rows]
    return Table(head, cells, words) if cells else None


def details(rows: Iterable[Sequence[object]]) -> Table | None:
    """A table of a name, a value, and its interval with what to know of it."""
    return table(DETAILS, rows, (0, 2))


def curve_table(curve: Curve) -> Table | None:
    """One row per k: the estimate and its interval."""
    ones = ((int(k), curve.at(int(k))) for k in curve.k)
    return table(
        ("k", "pass@k", "interval"), ([k, percent(one.value), interval(one)] for k, one in ones)
    )


def whole(one: Estimate) -> str:
    """A share without decimals, but near 0 and 1."""
    near_an_end = 0 < one.value < 0.01 or 0.99 < one.value < 1
    return percent(one.value, 1 if near_an_end else 0)


def small(value: float | None) -> str:
    """A probability that may be tiny."""
    if not known(value):
        return percent(value)
    return "0" if value == 0 else percent(value, 2) if value >= 1e-3 else f"1 in {1 / value:,.0f}"


def both(values: Sequence[int]) -> str:
    """A number of each policy; one where they agree."""
    return " / ".join(dict.fromkeys(f"{value:,}" for value in values))


def size_figure(problems: int, samples: str, unscored: str) -> Figure:
    """How many problems, and how many samples of how many could not be scored."""
    return Figure("Problems", f"{problems:,}", f"{samples}\nunscored: {unscored}")
