"""Rows and parts in, Markdown out: what the pages of all studies share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from passgap.show.blocks import Table
from passgap.show.markdown import table


def markdown_table(head: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """A Markdown table, with an empty line after it."""
    return table(Table(head, [list(map(str, row)) for row in rows])) + "\n"


def write_page(parts: Iterable[str], page: Path | str) -> Path:
    """Write a page of parts; its folder is made if need be."""
    place = Path(page)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("\n".join(parts), encoding="utf-8")
    return place
