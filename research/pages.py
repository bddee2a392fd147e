"""Rows and parts in, Markdown out: what the pages of all studies share."""

from __future__ import annotations

import re
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


def write_sections(sections: Iterable[str], page: Path | str) -> Path:
    """Replace a page's sections by those with the same heading; new ones go to its end.

    A section begins with ``# ..`` (the head of the page) or ``## ..``. The others stay, so that
    several studies can share a page, and each can be run again alone.
    """
    text = Path(page).read_text(encoding="utf-8") if Path(page).is_file() else ""
    old = [part for part in re.split(r"(?m)^(?=## )", text) if part]
    parts = {part.partition("\n")[0]: part.rstrip("\n") for part in (*old, *sections)}
    return write_page([f"{part}\n" for part in parts.values()], page)
