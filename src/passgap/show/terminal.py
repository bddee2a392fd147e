"""Blocks in, rich renderables out: what a command prints.

Every string passes `visible` and is added as plain text, never as rich markup, so that nothing a
model or a file wrote can steer the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, assert_never

from rich.console import (
    Console,
    ConsoleOptions,
    Group,
    JustifyMethod,
    OverflowMethod,
    RenderableType,
)
from rich.containers import Lines
from rich.measure import Measurement
from rich.rule import Rule
from rich.table import Table as Grid
from rich.text import Text as Line

from passgap.results.findings import Finding, Severity
from passgap.results.labels import Tone
from passgap.show import blocks as b
from passgap.show.text import held, visible

TONES = {Tone.GOOD: "green", Tone.OPEN: "yellow", Tone.BAD: "red"}
SEVERITIES: dict[Severity, str] = {"error": "bold red", "warning": "yellow", "note": "cyan"}
STYLES: dict[Literal["plain", "strong", "quiet"], str] = {
    "plain": "",
    "strong": "bold",
    "quiet": "dim",
}


def paint(blocks: Sequence[b.Block]) -> RenderableType:
    """Blocks one under the other; charts and how to read them are for wider places."""
    parts: list[RenderableType] = []
    for block in blocks:
        parts += [Line()] if parts and isinstance(block, b.Notes) else []
        parts += _one(block)
    return Group(*parts)


def _one(block: b.Block) -> Iterator[RenderableType]:
    match block:
        case b.VerdictBlock():
            yield from _verdict(block)
        case b.Figures():
            yield _figures(block)
        case b.Table():
            yield _table(block.narrow or block)
        case b.Fourfold() | b.Problems():
            yield _table(block.table())
        case b.Picture():
            return
        case b.Text():
            yield _line(block.text, STYLES[block.tone])
        case b.Bullets():
            yield _bulleted(block.lines)
        case b.Notes():
            yield from (_line(f"Note: {line}", "italic") for line in block.lines)
        case b.Findings():
            yield from map(_finding, block.findings)
        case b.Terms():
            yield from (_line(f"{term.name}: {term.text}") for term in block.terms)
        case b.Commands():
            yield from map(_line, block.lines)
        case b.Columns():
            yield from _inside(block.blocks)
        case b.Folded():
            yield from _titled(block.summary, block.blocks)
        case b.Section():
            yield from _titled(block.title, _unfolded(block.blocks))
        case _:
            assert_never(block)


def _inside(blocks: Sequence[b.Block]) -> list[RenderableType]:
    return [part for block in blocks for part in _one(block)]


def _titled(title: str, blocks: Sequence[b.Block]) -> Iterator[RenderableType]:
    """A title over what there is to print; nothing where that is nothing."""
    parts = _inside(blocks)
    if parts:
        yield Line()
        yield _line(title, "bold")
        yield from parts


def _unfolded(blocks: Sequence[b.Block]) -> list[b.Block]:
    """A section's blocks; what is folded at its beginning stands under the section's own title."""
    # On a page the section's picture comes first and its table is folded below; a terminal shows no
    # picture, and would print two titles in a row with nothing between them.
    shown = [block for block in blocks if _inside([block])]
    first = shown[:1]
    if first and isinstance(first[0], b.Folded):
        return [*first[0].blocks, *shown[1:]]
    return shown


def _verdict(block: b.VerdictBlock) -> Iterator[RenderableType]:
    colour = TONES[block.label.tone]
    heading = f"{block.when}: {block.label.value}" if block.when else block.label.value
    yield Rule(_line(heading, f"bold {colour}"), align="left", style=colour)
    if block.sentence:
        yield _line(block.sentence, "bold")
    if block.reasons:
        yield _bulleted(block.reasons)
    if block.needs:
        yield _line(f"What it would take: {block.needs}", "italic")


def _bulleted(lines: Sequence[str]) -> Grid:
    """A bullet before each line, and further lines under its first word."""
    grid = Grid(box=None, show_header=False, padding=(0, 1, 0, 0))
    for line in lines:
        grid.add_row("•", _line(line))
    return grid


def _figures(block: b.Figures) -> Grid:
    grid = Grid(box=None, show_header=False, padding=(0, 2, 0, 0))
    for one in block.figures:
        grid.add_row(_line(one.name), _line(one.shown, "bold"), _line(one.note.replace("\n", ", ")))
    return grid


def _table(block: b.Table) -> Grid:
    """Numbers to the right, words to the left."""
    named = any(block.head)
    grid = Grid(box=None, header_style="bold", show_header=named, padding=(0, 2, 0, 0))
    for i, name in enumerate(block.head):
        grid.add_column(_line(name), justify="left" if i in block.words else "right")
    for i, row in enumerate(block.rows):
        style = "bold" if i in block.marked else ""
        grid.add_row(*(_line(cell, style) for cell in row))
    return grid


def _finding(finding: Finding) -> Line:
    line = Line("  ")
    line.append(visible(finding.severity), style=SEVERITIES[finding.severity])
    line.append(f"  {visible(finding.evidence)}")
    line.append(f"\n      {visible(finding.remedy)}", style="dim")
    return line


HELD = "\ue000"  # a space that rich does not break at; it takes U+00A0 for one that it may


class _Unbroken(Line):
    """A text that is wrapped, but not inside a number."""

    def wrap(
        self,
        console: Console,
        width: int,
        *,
        justify: JustifyMethod | None = None,
        overflow: OverflowMethod | None = None,
        tab_size: int = 8,
        no_wrap: bool | None = None,
    ) -> Lines:
        """As rich wraps, with the spaces inside numbers held together until it has."""
        whole = self.copy()
        whole.plain = held(self.plain, HELD)
        lines = whole.wrap(
            console, width, justify=justify, overflow=overflow, tab_size=tab_size, no_wrap=no_wrap
        )
        for line in lines:
            line.plain = line.plain.replace(HELD, " ")
        return lines

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        whole = Line(held(self.plain, HELD))
        return whole.__rich_measure__(console, options)


def _line(text: str, style: str = "") -> Line:
    return _Unbroken(visible(text), style=style)
