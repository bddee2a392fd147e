r"""Values by name, and equations: ``x = 5``, ``(x,y) = (3,4)``, ``9*2 = 18``, ``2x + y = 3``.

In: a spelled text. Out: a form, or None if it has no equals sign.
"""

from __future__ import annotations

import re

from passgap.verifiers.answers.brackets import split, top_level
from passgap.verifiers.answers.forms import (
    Either,
    Equation,
    Form,
    Group,
    Named,
    Nothing,
    Opaque,
    Reader,
    Scalar,
)
from passgap.verifiers.answers.numbers import is_read
from passgap.verifiers.answers.scalars import same_value
from passgap.verifiers.answers.units import without_unit
from passgap.verifiers.answers.values import has_letters
from passgap.verifiers.answers.vocabulary import FUNCTIONS, GREEK

NAME = re.compile(
    r"(?:m?\\angle\s?)?(?:[A-Za-z]|\\(?:" + "|".join(GREEK) + r"))'{0,2}(?:_(?:\{[^{}]*\}|\w))?"
    r"(?:\^\{?[*']\}?)?(?:\([^()=<>]{1,30}\))?"
    r"|\|?[A-Z]{2,4}\|?|\\overline\{[A-Z]{1,3}\}|(?:m?\\angle\s?|\\triangle\s?)?[A-Z]{1,4}"
    r"|(?:\\text\{[^{}]*\}\s?)+|[A-Za-z]{2,}(?: [A-Za-z]{2,}){0,5}"
)
NOT_NAMES = frozenset(FUNCTIONS) | {"e", "i", "\\pi"}
TUPLE_OF_NAMES = re.compile(r"\(([^()]*)\)")


def about(text: str, read: Reader) -> Form | None:
    """A value and its rounding: ``\\pi \\approx 3.14``."""
    exact, sign, rounded = text.rpartition("\\approx")
    if not sign or not exact.strip():
        return None
    options = (read(exact.strip()), read(rounded.strip()))
    if isinstance(options[0], Scalar) and has_letters(options[0].text) and is_name(exact.strip()):
        return Named(text, ((exact.strip(), options[1]),))
    return Either(text, options)


def equation(text: str, read: Reader) -> Form | None:
    """An equation, or the name and value that it gives."""
    text = text.replace("\\equiv", "=") if "\\pmod" not in text else text
    if "=" not in text or ("=" not in top_level(text)):
        return None
    sides = split(text, re.compile("="))
    if len(sides) < 2 or not all(sides):
        return Opaque(text)
    if all(map(is_read, sides)):
        values = [without_unit(side)[0] for side in sides]
        if all(same_value(one, values[-1]) for one in values[:-1]):
            return read(sides[-1])  # ``9*2 = 18`` says 18, an identity its last side
        if not any(map(has_letters, values)):
            return Nothing(text)  # ``4 = 5``
    names = [side for side in sides[:-1] if is_name(side)]
    if is_name(sides[0]) and (len(names) == len(sides) - 1 or len(sides) > 2):
        last = read(sides[-1])
        named = [(name, last) for name in (names if len(names) == len(sides) - 1 else names[:1])]
        if isinstance(last, Group) and not last.brackets:
            named = [(name, item) for name in names[:1] for item in last.items]
        return Named(text, tuple(named))
    if len(sides) == 2 and is_quantity(sides[0]):
        return Named(text, ((sides[0], read(sides[1])),))
    several = _tuple_of_names(sides, text, read)
    if several is not None:
        return several
    if len(sides) == 2 and is_name(sides[1]) and not has_letters(sides[0]):
        return Named(text, ((sides[1], read(sides[0])),))
    return Equation(text, sides[0], sides[1]) if len(sides) == 2 else Opaque(text)


QUANTITY = re.compile(
    r"\\(?:sin|cos|tan|cot|sec|csc|arcsin|arccos|arctan|gcd|lcm|lim|int|sum|prod|det|deg|max|min|log"
    r"|ln|arg|Pr|mathbb|operatorname|vec|overrightarrow|lfloor|lceil|angle|text|sup|inf|dim|ker"
    r"|overline|mathcal|cap|cup|hat|bar|nabla|partial|binom)(?![a-zA-Z])|^\|.*\|$|^\\\|.*\\\|$|!$"
    r"|^[A-Za-z](?:_?\{?\w{1,2}\}?)?(?:[+-][A-Za-z](?:_?\{?\w{1,2}\}?)?){1,4}$|^\\frac\{[a-zA-Z]\}\{[a-zA-Z]\}$|^[A-Z]{2,3}(?:[+-][A-Z]{2,3})+$|^\[[A-Z]{3,5}\]$"
    r"|^[a-zA-Z](?:\^\{-1\})?\(.{1,30}\)$|^\\frac\{d\^?\d?[a-z]?\}\{d[a-z]\^?\d?\}|^[a-z]'{1,3}\("
)


def is_quantity(side: str) -> bool:
    """Whether a side is a quantity that a question may ask for: ``m+n``, but not ``2x``."""
    return QUANTITY.search(side) is not None


def is_name(side: str) -> bool:
    """Whether a side is a name: a letter, a point, ``f(x)``, words."""
    return NAME.fullmatch(side) is not None and side not in NOT_NAMES


def _tuple_of_names(sides: list[str], text: str, read: Reader) -> Named | None:
    found = TUPLE_OF_NAMES.fullmatch(sides[0])
    if found is None or len(sides) != 2:
        return None
    names = [name.strip() for name in found.group(1).split(",")]
    if len(names) < 2 or not all(NAME.fullmatch(name) for name in names):
        return None
    entries = read(sides[1])
    if isinstance(entries, Group) and entries.brackets and len(entries.items) == len(names):
        return Named(text, tuple(zip(names, entries.items, strict=True)))
    if isinstance(entries, Group) and not entries.brackets:  # (x,y) = (1,2), (3,4)
        return Named(text, tuple(("point", item) for item in entries.items))
    return None
