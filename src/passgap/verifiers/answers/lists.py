r"""Entries: bare lists, sets, tuples, matrices, and names that each have a value.

In: a spelled text. Out: a form, or None where the text has no entries.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from passgap.verifiers.answers.brackets import SEPARATOR, closes, split
from passgap.verifiers.answers.forms import (
    Form,
    Grid,
    Group,
    Named,
    Opaque,
    Reader,
    Region,
    Scalar,
    Words,
)
from passgap.verifiers.answers.names import NAME
from passgap.verifiers.answers.numbers import GROUPED, SIGNS_BOTH, is_read
from passgap.verifiers.answers.regions import intersection, union
from passgap.verifiers.answers.units import without_unit

JOINS = re.compile(r"[ /](?:and|or) ")
SPACED = re.compile(r"\s*,\s+(?:and |or )?\s*|\s+(?:and/or|and|or)\s+|;\s*")
MOST_ENTRIES = 500
MATRIX = re.compile(
    r"[(\[|]?\\begin\{([pb]?matrix|smallmatrix|array)\}(?:\{[clr|]*\}|\[[^\]]*\])?(.*)"
    r"\\end\{\1\}[)\]|]?",
    re.DOTALL,
)
ROWS = re.compile(
    r"(?:\\\{)?\\begin\{(?:aligned|align\*?|gathered|split|cases)\}((?:(?!\\text).)*)"
    r"\\end\{\w+\*?\}(?:\\\})?",
    re.DOTALL,
)
LINE = re.compile(r"\\\\(?:\[[^\]]*\])?|\n")


def matrix(text: str, read: Reader) -> Form | None:
    """A matrix, or rows that are separate equations: ``aligned``, ``cases``."""
    if "\\begin" not in text:
        return None
    aligned = ROWS.fullmatch(text)
    if aligned and "\\begin" not in aligned.group(1):
        lines = [line.replace("&", "").strip() for line in LINE.split(aligned.group(1))]
        return read(", ".join(line for line in lines if line))
    found = MATRIX.fullmatch(text)
    if found is None:
        named = text.partition("=")
        if named[1] and NAME.fullmatch(named[0].strip()):
            inner = read(named[2].strip())
            return Named(text, ((named[0].strip(), inner),)) if isinstance(inner, Grid) else None
        return Opaque(text)
    lines = [line for line in LINE.split(found.group(2)) if line.strip(" {}")]
    rows = tuple(tuple(read(cell.strip()) for cell in line.split("&")) for line in lines)
    return Grid(text, rows)


def entries(text: str, read: Reader) -> Form | None:
    """A bare list: ``1, 2``, ``3 or 4``, ``x=1, y=2``, ``x<0 or x>1``."""
    if "," not in text and ";" not in text and JOINS.search(text) is None:
        return None
    parts = split(text, SPACED)
    if len(parts) > 1 and any(GROUPED.fullmatch(without_unit(part)[0]) for part in parts):
        pieces = parts
    else:
        pieces = split(text, SEPARATOR)
    pieces = [piece for piece in (_entry(piece) for piece in pieces) if piece]
    if pieces:
        pieces[0] = re.sub(
            r"^(?:\\text\{\s*(?:either|both)\s*\}|(?:either|both)\b)\s*", "", pieces[0]
        )
    if len(pieces) < 2 or len(pieces) > MOST_ENTRIES:
        return None
    joined_by_or = re.search(r"\bor\b", text) is not None
    return _joined(text, [read(piece) for piece in pieces], either=joined_by_or)


def _entry(piece: str) -> str:
    piece = piece.strip()
    return re.sub(r"^(?:and|or|&)\s+|\s+(?:and|or)$", "", piece).strip()


def _joined(text: str, items: list[Form], *, either: bool) -> Form:
    """Several entries as one form: values by name, intervals, or a list."""
    if all(isinstance(item, Region) and item.name for item in items):
        regions = [item for item in items if isinstance(item, Region)]
        if len({region.name for region in regions}) == 1:
            joined = union(regions) if either else intersection(regions)
            if joined is not None:
                return Region(text, joined, regions[0].name)
        return Group(text, tuple(items))
    if all(isinstance(item, Region) for item in items) and either:
        joined = union([item for item in items if isinstance(item, Region)])
        if joined is not None:
            return Region(text, joined)
    if any(isinstance(item, Named) for item in items):
        named = _carried(items)
        if named:
            return Named(text, named)
    flat: list[Form] = []
    for item in items:
        flat += item.items if isinstance(item, Group) and not item.brackets else [item]
    return Group(text, tuple(_shared_unit(flat)))


def _carried(items: list[Form]) -> tuple[tuple[str, Form], ...] | None:
    """Values by name; an entry without a name has the previous one: ``x=1, 2``."""
    found: list[tuple[str, Form]] = []
    for item in items:
        if isinstance(item, Named):
            found += item.values
        elif found and isinstance(item, Scalar | Group | Words):
            parts = item.items if isinstance(item, Group) and not item.brackets else (item,)
            found += [(found[-1][0], part) for part in parts]
        else:
            return None
    return tuple(found)


def _shared_unit(items: list[Form]) -> list[Form]:
    """``3, 4 cm``: the last entry's unit applies to all."""
    last = items[-1]
    if not isinstance(last, Scalar) or last.unit is None:
        return items
    return [
        replace(i, unit=last.unit) if isinstance(i, Scalar) and i.unit is None else i for i in items
    ]


def bracketed(text: str, read: Reader) -> Form | None:
    """Entries in brackets: a set, a tuple, an interval."""
    for opening, closing in ((r"\{", r"\}"), (r"\langle", r"\rangle"), ("(", ")"), ("[", "]")):
        found = _between(text, opening, closing, read)
        if found is not None:
            return found
    if text[:1] in "([" and text[-1:] in ")]" and text[0] + text[-1] in ("[)", "(]"):
        parts = split(text[1:-1], re.compile(","))
        if len(parts) == 2 and all(parts):
            items = tuple(read(part) for part in parts)
            return Group(text, items, text[0] + text[-1])
    return None


def _between(text: str, opening: str, closing: str, read: Reader) -> Form | None:
    if not (text.startswith(opening) and text.endswith(closing)):
        return None
    inside = text[len(opening) : len(text) - len(closing)].strip()
    if opening != r"\langle" and closes(text) != len(text) - 1:
        return None
    parts = split(inside, re.compile(r"[,;]"))
    if len(parts) == 1 and SIGNS_BOTH.search(inside) is None:
        if opening in ("(", r"\langle"):
            inner = read(inside)
            return None if isinstance(inner, Scalar) and opening == "(" else inner
        if opening == "[" and is_read(inside):
            return None
    if opening == r"\{" and ("|" in inside or ":" in inside) and len(parts) == 1:
        return Opaque(text)
    if not inside or len(parts) > MOST_ENTRIES or (not all(parts)):
        return Group(text, (), "{}") if not inside and opening == r"\{" else Opaque(text)
    brackets = {r"\{": "{}", r"\langle": "()", "(": "()", "[": "[]"}[opening]
    items: list[Form] = []
    for part in parts:
        item = read(part)
        items += _two_signs(item) if brackets == "{}" else [item]
    return Group(text, tuple(items), brackets)


def _two_signs(item: Form) -> tuple[Form, ...]:
    """The two entries of one with a double sign."""
    twice = isinstance(item, Group) and not item.brackets and SIGNS_BOTH.search(item.text)
    return item.items if twice and isinstance(item, Group) else (item,)


def point(text: str, read: Reader) -> Form | None:
    """``A(1,2)``: a point's name before its coordinates."""
    found = re.fullmatch(r"([A-Z])\s?(\([^()]*,[^()]*\))", text)
    return read(found.group(2)) if found else None
