"""Blocks in, Markdown out: for a README, a report or an issue.

Every text is made visible and can open no markup of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import assert_never

from passgap.results.labels import Tone
from passgap.show import blocks as b
from passgap.show.text import visible

TONES = {Tone.GOOD: "🟢", Tone.OPEN: "🟡", Tone.BAD: "🔴"}
ACTIVE = re.compile(r"([\\`*_\[\]<>|])")


def paint(
    blocks: Sequence[b.Block], pictures: Mapping[str, str] | None = None, level: int = 2
) -> str:
    """Blocks as Markdown, the first heading at ``level``.

    ``pictures`` says where the picture of each name is; those without a place are left out.
    """
    return "\n\n".join(_all(blocks, pictures or {}, level)) + "\n"


def write_page(title: str, blocks: Sequence[b.Block], page: Path | str, **places: str) -> Path:
    """Write blocks under a title; ``places`` are those of the pictures, by name."""
    from passgap.runs import write_text  # polars and pyarrow, which painting does without

    write_text(f"# {inert(title)}\n\n{paint(blocks, places)}", Path(page))
    return Path(page)


def table(block: b.Table) -> str:
    """A table, its numbers to the right."""
    rule = [":--" if i in block.words else "--:" for i in range(len(block.head))]
    lines = [[inert(name) for name in block.head], rule]
    lines += [[inert(cell) for cell in row] for row in block.rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def inert(text: str) -> str:
    """A text on one line that can open no markup."""
    return ACTIVE.sub(r"\\\1", " ".join(visible(text).split()))


def _one(block: b.Block, places: Mapping[str, str], level: int) -> Iterator[str]:
    match block:
        case b.VerdictBlock():
            yield from _verdict(block)
        case b.Figures():
            rows = [[o.name, o.shown, o.note.replace("\n", ", ")] for o in block.figures]
            yield table(b.Table(("", "value", ""), rows, (0, 2)))
        case b.Table():
            yield table(block)
        case b.Fourfold() | b.Problems():
            yield table(block.table())
        case b.Picture():
            if block.name in places:
                yield f"![{inert(block.caption or block.name)}]({places[block.name]})"
        case b.Text():
            said = inert(block.text)
            yield f"**{said}**" if block.tone == "strong" else said
        case b.Bullets():
            yield _items(block.lines)
        case b.Notes():
            yield _items(f"Note: {line}" for line in block.lines)
        case b.Findings():
            yield _items(f"{f.severity}: {f.evidence}; {f.remedy}" for f in block.findings)
        case b.Terms():
            yield _items(f"{term.name} {term.text}" for term in block.terms)
        case b.Commands():
            yield "\n".join(f"    {visible(line)}" for line in block.lines)
        case b.Columns():
            yield from _all(block.blocks, places, level)
        case b.Folded():
            yield from _titled(block.summary, block.blocks, places, level)
        case b.Section():
            yield from _titled(block.title, block.blocks, places, level, block.lead)
        case _:
            assert_never(block)


def _all(blocks: Sequence[b.Block], places: Mapping[str, str], level: int) -> list[str]:
    return [part for block in blocks for part in _one(block, places, level)]


def _titled(
    title: str, blocks: Sequence[b.Block], places: Mapping[str, str], level: int, lead: str = ""
) -> Iterator[str]:
    parts = [inert(lead)] if lead else []
    parts += _all(blocks, places, level + 1)
    if parts:
        yield f"{'#' * level} {inert(title)}"
        yield from parts


def _verdict(block: b.VerdictBlock) -> Iterator[str]:
    mark = TONES[block.label.tone]
    yield f"{mark} **{inert(block.when)}: `{block.label.value}`.** {inert(block.sentence)}".strip()
    if lines := block.evidence or block.reasons:
        yield _items(lines)
    if block.needs:
        yield f"What it would take: {inert(block.needs)}"


def _items(lines: Sequence[str] | Iterator[str]) -> str:
    return "\n".join(f"- {inert(line)}" for line in lines)
