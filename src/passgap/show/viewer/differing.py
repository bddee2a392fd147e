"""Where two texts differ, word by word.

In: two texts, the beginning of each if they are long. Out: pieces that both have, that only the
first has, that only the second has; put together in order they give each text again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from passgap.show.viewer.mathml import OutOfTime, within

MOST = 20_000
SECONDS = 1.0
WORD = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Piece:
    """Consecutive words of one kind; of ``both``, ``first`` and ``second`` are equal."""

    kind: Literal["both", "first", "second"]
    text: str


@dataclass(frozen=True)
class Difference:
    """The pieces in order; ``whole`` is False where it took too long to tell them."""

    pieces: tuple[Piece, ...]
    whole: bool = True

    @property
    def same(self) -> int:
        """How many words both have."""
        return self._count("both")

    @property
    def only_first(self) -> int:
        return self._count("first")

    @property
    def only_second(self) -> int:
        return self._count("second")

    def of(self, kind: Literal["first", "second"]) -> list[Piece]:
        """The pieces of one text, in its order."""
        return [piece for piece in self.pieces if piece.kind in ("both", kind)]

    def _count(self, kind: str) -> int:
        return sum(
            1
            for piece in self.pieces
            if piece.kind == kind
            for word in WORD.findall(piece.text)
            if not word.isspace()
        )


def difference(first: str, second: str) -> Difference:
    """Compare the first MOST characters of two texts.

    Examples
    --------
    >>> found = difference("so x = 4 here", "so x = 5 here")
    >>> [(piece.kind, piece.text) for piece in found.pieces]
    [('both', 'so x = '), ('first', '4'), ('second', '5'), ('both', ' here')]
    """
    words = [WORD.findall(text[:MOST]) for text in (first, second)]
    # Words in more than 1% of the places of a long text are not looked for (difflib's autojunk),
    # which bounds what one call takes; the clock bounds how many calls there are.
    matcher = SequenceMatcher(a=words[0], b=words[1])
    try:
        opcodes = within(SECONDS, matcher.get_opcodes)
    except OutOfTime:
        return Difference((Piece("first", first[:MOST]), Piece("second", second[:MOST])), False)
    return Difference(tuple(_joined(_pieces(words, opcodes))))


def _pieces(
    words: list[list[str]], opcodes: Sequence[tuple[str, int, int, int, int]]
) -> Iterator[Piece]:
    for kind, a, b, c, d in opcodes:
        if kind == "equal":
            yield Piece("both", "".join(words[0][a:b]))
            continue
        if b > a:
            yield Piece("first", "".join(words[0][a:b]))
        if d > c:
            yield Piece("second", "".join(words[1][c:d]))


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same, a lone space between two changes made part of them: it would break them up."""
    waiting = {"first": "", "second": ""}
    for piece in pieces:
        if piece.kind != "both":
            waiting[piece.kind] += piece.text
        elif piece.text.isspace() and "\n" not in piece.text and any(waiting.values()):
            waiting = {kind: text + piece.text for kind, text in waiting.items()}
        else:
            yield from _flushed(waiting)
            waiting = {"first": "", "second": ""}
            yield piece
    yield from _flushed(waiting)


def _flushed(waiting: dict[str, str]) -> Iterator[Piece]:
    if waiting["first"]:
        yield Piece("first", waiting["first"])
    if waiting["second"]:
        yield Piece("second", waiting["second"])
