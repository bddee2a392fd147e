r"""From an answer to its form.

In: an answer as it was written. Out: one of the `forms`; each reader below knows some of them, and
the first that understands the text is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial

from passgap.verifiers.answers import lists, names, numbers, regions, words
from passgap.verifiers.answers.brackets import closes, split
from passgap.verifiers.answers.forms import (
    Based,
    Clock,
    Either,
    Equation,
    Form,
    Grid,
    Group,
    Named,
    Nothing,
    Opaque,
    Ratio,
    Reader,
    Region,
    Relation,
    Scalar,
    Words,
)
from passgap.verifiers.answers.spelling import spelled

ABOUT = re.compile(
    r"(?:\\text\{\s*)?(?:about|approximately|approx\.?|roughly|exactly|around|nearly)(?:\s*\})?\s*(?=[-\d.\\(])"
    r"|\\approx\s*|=\s*|:\s+",
    re.IGNORECASE,
)
DEEPEST = 6
SIMPLE = re.compile(
    r"\$?(-?[0-9]{1,300}(?:\.[0-9]{1,300})?|-?\\frac\{-?[0-9]{1,99}\}\{[0-9]{1,99}\})\$?"
)


@lru_cache(maxsize=200_000)
def form(answer: str) -> Form:
    r"""The form of an answer.

    >>> type(form("x = 5")).__name__, type(form(r"\{1, 2\}")).__name__
    ('Named', 'Group')
    """
    simple = SIMPLE.fullmatch(answer)
    if simple:
        text = simple.group(1)
        return Scalar(text, whole=text)
    return _read(spelled(answer), 0)


def _read(text: str, depth: int) -> Form:
    """The form of a spelled text at this depth inside another."""
    text = bare(text)
    if not text or depth > DEEPEST:
        return Opaque(text)
    if text.isdecimal() and text.isascii():
        return Scalar(text, whole=text)
    within = partial(_read, depth=depth + 1)
    for reader in READERS:
        found = reader(text, within)
        if found is not None:
            return found
    return Opaque(text)


def described(answer: str) -> str:
    """The form of an answer in words, to explain why two are not equal.

    >>> described("12 km"), described("x = 5")
    ('expression: 12, unit km', 'values by name: x=5')
    """
    found = form(answer)
    name = DESCRIPTIONS[type(found)]
    if isinstance(found, Scalar):
        sign = " percent" if found.percent else ""
        return f"{name}: {found.text}{sign}{f', unit {found.unit.words}' if found.unit else ''}"
    if isinstance(found, Region):
        ends = [
            f"{'[' if low_in else '('}{low}, {high}{']' if high_in else ')'}"
            for low, low_in, high, high_in in found.intervals
        ]
        return f"{name}: {' and '.join(ends)}"
    if isinstance(found, Group) and not found.brackets:
        return f"{name}: {'; '.join(item.text for item in found.items)}"
    return f"{name}: {found.text}"


DESCRIPTIONS: dict[type[Form], str] = {
    Scalar: "expression",
    Words: "words",
    Group: "entries",
    Region: "set of numbers",
    Named: "values by name",
    Equation: "equation",
    Relation: "inequality",
    Based: "digits in a base",
    Clock: "time",
    Ratio: "ratio",
    Grid: "matrix",
    Either: "one thing said twice",
    Nothing: "says nothing",
    Opaque: "not understood here; math-verify is asked",
}


def as_list(answer: str) -> Form:
    """An answer whose commas separate entries, though they could separate thousands."""
    pieces = split(bare(spelled(answer)), re.compile(","))
    return Group(answer, tuple(_read(piece, 1) for piece in pieces))


def bare(text: str) -> str:
    """Without braces and signs around the whole: ``{5}``, ``= 5``, ``about 5``."""
    for _ in range(4):
        found = ABOUT.match(text)
        if found:
            text = text[found.end() :].strip()
        elif text.startswith("{") and text.endswith("}") and closes(text) == len(text) - 1:
            text = text[1:-1].strip()
        else:
            break
    return text


READERS: tuple[Callable[[str, Reader], Form | None], ...] = (
    lists.matrix,
    regions.reals,
    regions.bound,
    words.in_words,
    words.labelled,
    words.words,
    names.about,
    numbers.thousands,
    numbers.clock,
    lists.entries,
    regions.unions,
    regions.membership,
    regions.relation,
    names.equation,
    lists.bracketed,
    lists.point,
    numbers.ratio,
    numbers.based,
    numbers.both_signs,
    numbers.scalar,
    words.sentence,
)
