"""What training did in each slice of the problems: the slices in, their contents out."""

from __future__ import annotations

from passgap.results.slices import Line, Slices
from passgap.show.blocks import Block, Picture, Section, Table, VerdictBlock
from passgap.show.charts.ranges import differences_chart
from passgap.show.contents import comparison
from passgap.show.contents.parts import noted, present, verdict_block
from passgap.show.text import changed, percent

LEAD = "Differences are trained minus base, at the two k that decide."


def blocks(result: Slices) -> list[Block]:
    """Everything to show of slices."""
    return present(verdict(result), by_slice(result), noted(result.notes))


def verdict(result: Slices) -> VerdictBlock:
    """The verdict over all problems."""
    sentence = comparison.sentence(result.by_problems)
    return verdict_block(result.verdict, "After training, over all problems", sentence)


def by_slice(result: Slices) -> Section:
    """Each slice's own verdict, and those of all together."""
    rows = [
        (line.name, at.k, at.estimate) for line in result.lines() for at in (line.small, line.large)
    ]
    picture = Picture("slices", lambda: differences_chart(rows))
    return Section(f"By {result.by}", [picture, slices_table(result)], LEAD, answers=True)


def slices_table(result: Slices) -> Table:
    """Two rows per slice, one for each k; then all of them in both weightings."""
    level = percent(result.slice_confidence_level, 1)
    head = [result.by, "problems", "k", f"points ({level})", "verdict"]
    lines = [*result.lines()]
    rows = [row for line in lines for row in _rows(line)]
    first = 2 * len(result.slices)
    return Table(head, rows, (0, 4), tuple(range(first, len(rows))))


def _rows(line: Line) -> tuple[list[str], list[str]]:
    small, large = ([str(at.k), changed(at.estimate)] for at in (line.small, line.large))
    return [line.name, f"{line.problems:,}", *small, line.label], ["", "", *large, ""]
