r"""Where a text's brackets open and close, and its parts between them.

In: a spelled text. Out: places and pieces; in LaTeX a brace after a backslash is a bracket too.
"""

from __future__ import annotations

import re

OPEN, CLOSE = "([{", ")]}"
SEPARATOR = re.compile(
    r"\s*(?:,\s+and|,\s+or|;|,)\s*|\s+(?:and/or|and|or|und|oder|et|ou)\s+|(?<=\})\s*(?:and|or)\s+"
)


def closes(text: str) -> int:
    """Where the bracket that the text begins with ends; -1 where it does not."""
    depth = 0
    for at, char in enumerate(text):
        if char in OPEN:
            depth += 1
        elif char in CLOSE:
            depth -= 1
            if depth == 0:
                return at
    return -1


def split(text: str, pattern: re.Pattern[str]) -> list[str]:
    """The parts between matches that are outside all brackets."""
    if pattern.search(text) is None:
        return [text]
    within = depths(text)
    pieces, end = [], 0
    for match in pattern.finditer(text):
        if match.end() > match.start() and within[match.start()] == 0 and match.start() >= end:
            pieces.append(text[end : match.start()])
            end = match.end()
    return [piece.strip() for piece in [*pieces, text[end:]]]


def depths(text: str) -> list[int]:
    """How many brackets are open at each place."""
    found, depth = [], 0
    for char in text:
        if char in CLOSE:
            depth = max(0, depth - 1)
        found.append(depth)
        if char in OPEN:
            depth += 1
    return found


def top_level(text: str) -> str:
    """The text outside all brackets."""
    return "".join(c for c, depth in zip(text, depths(text), strict=True) if depth == 0)
