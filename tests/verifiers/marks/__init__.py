"""Completions with their marks, decided before any tool ran: cases for ``test_marks.py``."""

from collections.abc import Iterator

from . import (
    algebra,
    boxes,
    choices,
    completions,
    held_out,
    neighbours,
    numbers,
    numerics,
    relations,
    running,
    stated,
    styles,
    texts,
    thinking,
    words,
)
from .cases import Case

MATH = (
    boxes,
    stated,
    words,
    thinking,
    running,
    styles,
    numbers,
    relations,
    algebra,
    texts,
    neighbours,
)
PARTS = {"math": MATH, "choice": (choices,), "numeric": (numerics,)}


def cases(verifier: str) -> Iterator[Case]:
    """All cases of one verifier, each text and reference once."""
    seen = set()
    parts = [*(part.cases() for part in PARTS[verifier]), held_out.cases(verifier)]
    parts.append(completions.cases(verifier))
    for part in parts:
        for case in part:
            key = (case.gold, case.text, case.finish)
            if key not in seen:
                seen.add(key)
                yield case


__all__ = ["PARTS", "Case", "cases"]
