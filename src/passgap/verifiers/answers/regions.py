r"""Sets of real numbers: intervals, inequalities that bound one name, unions, exclusions.

In: a spelled text, or a form. Out: a `Region` with its intervals in order, or None.
"""

from __future__ import annotations

import re
from itertools import pairwise

from passgap.verifiers.answers.arithmetic import MP, Number, approximate
from passgap.verifiers.answers.brackets import depths, split, top_level
from passgap.verifiers.answers.forms import (
    Form,
    Group,
    Named,
    Opaque,
    Reader,
    Region,
    Relation,
    Scalar,
)
from passgap.verifiers.answers.names import NAME, NOT_NAMES
from passgap.verifiers.answers.units import without_unit
from passgap.verifiers.answers.values import has_letters, known_value

REALS = re.compile(
    r"\\mathbb\{R\}|\\text\{\s*all real(?:s| numbers)\s*\}|all real(?:s| numbers)", re.I
)
EMPTY = re.compile(
    r"\\emptyset|\\\{\s*\\\}|\\text\{\s*(?:the )?empty set\s*\}|(?:the )?empty set", re.I
)
RELATION = re.compile(r"\\le(?![a-zA-Z])|\\ge(?![a-zA-Z])|\\ne(?![a-zA-Z])|<=|>=|(?<![\d)])!=|<|>")
PLAIN_SIGNS = {"\\le": "<=", "\\ge": ">=", "\\ne": "!="}
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!="}
INTERVALS = ("()", "[]", "[)", "(]")
Interval = tuple[str, bool, str, bool]
Intervals = tuple[Interval, ...]


def reals(text: str, read: Reader) -> Form | None:
    """The signs and words for all reals, and for no number at all."""
    if REALS.fullmatch(text):
        return Region(text, (("-\\infty", False, "\\infty", False),))
    return Group(text, (), "{}") if EMPTY.fullmatch(text) else None


def unions(text: str, read: Reader) -> Form | None:
    """Unions, intersections, and the reals less some points."""
    if "\\cup" not in text and "\\setminus" not in text and "\\cap" not in text:
        return None
    if "=" in top_level(text):
        return None
    name, inside = member(text)
    if "\\cap" in inside:
        parts = [as_region(read(part.strip())) for part in inside.split("\\cap")]
        if "\\cup" in inside or not all(parts):
            return Opaque(text)
        common = intersection([part for part in parts if part])
        return Region(text, common, name) if common else Group(text, (), "{}")
    without = inside.split("\\setminus")
    if len(without) == 2 and REALS.fullmatch(without[0].strip()):
        holes = read(without[1].strip())
        return Region(text, punctured(holes), name) if isinstance(holes, Group) else None
    pieces = [read(piece.strip()) for piece in inside.split("\\cup")]
    regions = [as_region(piece) for piece in pieces]
    if all(region is not None for region in regions):
        joined = union([region for region in regions if region is not None])
        return Region(text, joined, name) if joined is not None else None
    if all(isinstance(piece, Group) and piece.brackets == "{}" for piece in pieces):
        items = [item for piece in pieces if isinstance(piece, Group) for item in piece.items]
        return Group(text, tuple(items), "{}")
    return Opaque(text)


BOUND = re.compile(
    r"(?:\\text\{\s*)?(at least|at most|more than|less than|greater than|fewer than|no more than"
    r"|no less than|no fewer than|up to)(?:\s*\})?\s*(.+)",
    re.IGNORECASE,
)
BOUND_SIGNS = {
    "at least": ">=",
    "at most": "<=",
    "more than": ">",
    "greater than": ">",
    "less than": "<",
    "fewer than": "<",
    "no more than": "<=",
    "no less than": ">=",
    "no fewer than": ">=",
    "up to": "<=",
}


def bound(text: str, read: Reader) -> Form | None:
    """``at least 7``."""
    found = BOUND.fullmatch(text)
    if found is None:
        return None
    end = without_unit(found.group(2).strip())[0]
    return _half_line(text, "", BOUND_SIGNS[found.group(1).lower()], end) or Opaque(text)


def member(text: str) -> tuple[str, str]:
    """``x \\in S`` as the name and the set."""
    name, sign, rest = text.partition("\\in ")
    if not sign:
        name, sign, rest = text.partition("\\in")
        if not sign or rest[:1].isalpha():
            return "", text
    return (name.strip(), rest.strip()) if NAME.fullmatch(name.strip()) else ("", text)


def membership(text: str, read: Reader) -> Form | None:
    """``x \\in S``."""
    name, inside = member(text)
    if not name:
        return None
    found = read(inside)
    if isinstance(found, Group) and found.brackets == "{}":
        return Named(text, tuple((name, item) for item in found.items)) if found.items else found
    region = as_region(found)
    return Region(text, region.intervals, name) if region else Opaque(text)


def relation(text: str, read: Reader) -> Form | None:
    """An inequality, a chain of them, or what is not equal."""
    within = depths(text)
    signs = [m for m in RELATION.finditer(text) if within[m.start()] == 0]
    if not signs:
        return None
    sides = split(text, RELATION)
    names = [PLAIN_SIGNS.get(match.group(), match.group()) for match in signs]
    if "=" in text.replace("<=", "").replace(">=", "").replace("!=", ""):
        return Opaque(text)
    bounded = _bounded_name(text, sides, names)
    if bounded is not None:
        return bounded
    if len(sides) == 2 and all(sides):
        left, right = sides
        if names[0] == "!=":
            return Relation(text, left, right, other=True)
        if names[0].startswith("<"):
            left, right = right, left
        return Relation(text, left, right, equal=names[0].endswith("="))
    if len(sides) == 2 and sides[1]:  # "> 2" bounds something without a name
        return _half_line(text, "", names[0], sides[1])
    if len(sides) > 2 and all(sides):
        pairs = zip(sides, names, sides[1:], strict=False)
        return Group(text, tuple(read(a + sign + b) for a, sign, b in pairs))
    return Opaque(text)


def _bounded_name(text: str, sides: list[str], signs: list[str]) -> Region | None:
    """``x < 3``, ``3 > x``, ``1 < x \\le 2``: a region of one name with constant ends."""
    if len(sides) == 2:
        for name, end, sign in (
            (sides[0], sides[1], signs[0]),
            (sides[1], sides[0], FLIPPED[signs[0]]),
        ):
            if NAME.fullmatch(name) and name not in NOT_NAMES and is_constant(end):
                return _half_line(text, name, sign, end)
            if ABSOLUTE.fullmatch(name) and is_constant(end) and place(end) > 0:
                return _by_size(text, name[1:-1], sign, end)
        return None
    if len(sides) != 3 or not NAME.fullmatch(sides[1]) or sides[1] in NOT_NAMES:
        return None
    low, name, high = sides
    if not (is_constant(low) and is_constant(high)):
        return None
    if signs[0].startswith(">") and signs[1].startswith(">"):
        low, high, signs = high, low, [FLIPPED[signs[1]], FLIPPED[signs[0]]]
    if not (signs[0].startswith("<") and signs[1].startswith("<")):
        return None
    interval = (low, signs[0].endswith("="), high, signs[1].endswith("="))
    return Region(text, (interval,), name)


ABSOLUTE = re.compile(r"\|[A-Za-z]\|")


def _by_size(text: str, name: str, sign: str, end: str) -> Region | None:
    """``|x| < 2`` and ``|x| > 2``."""
    if sign == "!=":
        return None
    closed = sign.endswith("=")
    if sign.startswith("<"):
        return Region(text, ((f"-({end})", closed, end, closed),), name)
    outside = (("-\\infty", False, f"-({end})", closed), (end, closed, "\\infty", False))
    return Region(text, outside, name)


def _half_line(text: str, name: str, sign: str, end: str) -> Region | None:
    if not is_constant(end):
        return None
    if sign == "!=":
        return Region(text, punctured(Group("", (Scalar(end, whole=end),), "{}")), name)
    if sign.startswith("<"):
        return Region(text, (("-\\infty", False, end, sign == "<="),), name)
    return Region(text, ((end, sign == ">=", "\\infty", False),), name)


def is_constant(text: str) -> bool:
    """Whether a text is a number, or infinite."""
    return end_value(text) is not None


def end_value(text: str) -> Number | None:
    """The value of an interval's end, in mpmath's numbers."""
    plain = text.replace(" ", "").lstrip("+")
    if plain in ("\\infty", "-\\infty"):
        return MP.mpf(plain.replace("\\infty", "inf"))
    if has_letters(text):
        return None
    found = known_value(without_unit(text)[0])
    if found is None:
        return None
    found = approximate(found)
    return found if MP.im(found) == 0 else None


def place(end: str) -> Number:
    """The place of an end on the line; 0 for one that is not understood."""
    found = end_value(end)
    return MP.mpf(0) if found is None else found


def as_region(found: Form | None) -> Region | None:
    """An interval in brackets as a region."""
    if isinstance(found, Region):
        return found
    if not isinstance(found, Group) or len(found.items) != 2 or found.brackets not in INTERVALS:
        return None
    ends = [item.text if isinstance(item, Scalar) else "" for item in found.items]
    low, high = (end_value(end) if end else None for end in ends)
    if low is None or high is None or not low < high:
        return None
    interval = (ends[0], found.brackets[0] == "[", ends[1], found.brackets[1] == "]")
    return Region(found.text, (interval,))


def union(regions: list[Region]) -> Intervals | None:
    """Intervals in order; those that meet become one."""
    pieces = [interval for region in regions for interval in region.intervals]
    if any(end_value(p[0]) is None or end_value(p[2]) is None for p in pieces):
        return None
    pieces.sort(key=lambda p: (place(p[0]), not p[1]))
    found: list[Interval] = []
    for piece in pieces:
        if found and _meet(found[-1], piece):
            found[-1] = _merged(found[-1], piece)
        else:
            found.append(piece)
    return tuple(found)


def _meet(before: Interval, after: Interval) -> bool:
    end, start = place(before[2]), place(after[0])
    return start < end or (start == end and (before[3] or after[1]))


def _merged(before: Interval, after: Interval) -> Interval:
    first, second = place(before[2]), place(after[2])
    if second > first:
        return (*before[:2], after[2], after[3])
    return (*before[:3], before[3] or (first == second and after[3]))


def intersection(regions: list[Region]) -> Intervals | None:
    """The intersection of single intervals, without their holes."""
    pieces = list(regions[0].intervals)
    for region in regions[1:]:
        pieces = [both for a in pieces for b in region.intervals if (both := _common(a, b))]
    return tuple(pieces) if pieces else None


def _common(a: Interval, b: Interval) -> Interval | None:
    low = max((place(x[0]), not x[1], x[0]) for x in (a, b))
    high = min((place(x[2]), x[3], x[2]) for x in (a, b))
    if not low[0] < high[0]:
        return None
    return low[2], not low[1], high[2], high[1]


def punctured(holes: Group) -> Intervals:
    """The reals without these points."""
    ends = [item.text for item in holes.items]
    ends.sort(key=place)
    edges = ["-\\infty", *ends, "\\infty"]
    return tuple((low, False, high, False) for low, high in pairwise(edges))
