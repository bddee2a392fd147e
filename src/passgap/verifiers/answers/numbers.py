r"""Numbers as people write them: thousands, bases, times, ratios, percent, units, both signs.

In: a spelled text. Out: a form, or None if the text is none of these.
"""

from __future__ import annotations

import re

from msgspec.structs import replace

from passgap.verifiers.answers.brackets import depths
from passgap.verifiers.answers.forms import (
    Based,
    Clock,
    Form,
    Group,
    Named,
    Opaque,
    Ratio,
    Reader,
    Scalar,
)
from passgap.verifiers.answers.units import MULTIPLIERS, unit_of, without_unit
from passgap.verifiers.answers.values import known_value, readable
from passgap.verifiers.answers.vocabulary import BASES

GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
SPACE_GROUPED = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?:\.\d+)?")
EUROPEAN = re.compile(r"([-+]?\d{1,3}(?:\.\d{3})+),(\d{1,2})|([-+]?\d{1,3}(?:\.\d{3}){2,})")
INDIAN = re.compile(r"[-+]?\d{1,2}(?:,\d{2})+,\d{3}(?:\.\d+)?")
CLOCK = re.compile(
    r"(\d{1,2})(?::(\d{2}))(?::(\d{2}))?\s*(?:\\text\{)?\s*(?:([ap])\.?\s?m\.?|(noon|midnight))?"
    r"(?:o'clock)?\s*\}?",
    re.IGNORECASE,
)
BARE_CLOCK = re.compile(
    r"(\d{1,2})()()\s*(?:\\text\{)?\s*(?:([ap])\.?\s?m\.?|(noon|midnight))\s*\}?", re.IGNORECASE
)
RATIO = re.compile(r"[^:=<>,]{1,60}(?::[^:=<>,]{1,60}){1,4}")
BASED = re.compile(
    r"\(?([0-9A-Za-z]+)\)?_(?:\{?(?:\\text\{\s*base\s*\})?(\d{1,2})\}?|\{?\s*(?:\\text\{)?\s*(?:base\s*)?(\w+)\s*\}?\}?)"
)
BASED_WORDS = re.compile(
    r"([0-9A-Za-z]+) ?(?:\\text\{)?\s*(?:in |\()?\s*base[ -]?(\w+)\)?\s*\}?", re.IGNORECASE
)
SIGNS_BOTH = re.compile(r"\\(?:pm|mp)(?![a-zA-Z])")
WORDS = re.compile(r"\\text\{[^{}]*\}|_\{[^{}]*\}")
PERCENT = re.compile(
    r"\s*(?:%|\\text\{\s*(?:%|per\s?cent|percentage points?)\s*\}|per\s?cent(?:age points?)?)$"
)
MULTIPLIED = re.compile(
    r"^(.*\d)\s*(?:\\text\{)?\s*(" + "|".join(MULTIPLIERS) + r")s?(?:\s*\})?(?:\s+(.*))?$"
)
ORDINAL = re.compile(
    r"(?:the )?(\d+)\^?\{?(?:st|nd|rd|th|\\text\{\s*(?:st|nd|rd|th)\s*\})\}?(?: [a-z]+)?",
    re.IGNORECASE,
)


def thousands(text: str, read: Reader) -> Form | None:
    """Thousands in groups: by commas, by spaces, as in Europe or in India."""
    bare, unit = without_unit(text)
    european = EUROPEAN.fullmatch(bare)
    if european:
        whole = (european.group(1) or european.group(3)).replace(".", "")
        plain = f"{whole}.{european.group(2)}" if european.group(2) else whole
        return replace(_scalar_of(plain), unit=unit, whole=bare)
    if GROUPED.fullmatch(bare) or INDIAN.fullmatch(bare):
        plain = bare.replace(",", "")
        return replace(_scalar_of(plain), unit=unit, whole=plain)
    if SPACE_GROUPED.fullmatch(bare):
        return Scalar(bare.replace(" ", ""), whole=bare, unit=unit)
    return None


def _scalar_of(text: str) -> Scalar:
    return Scalar(text.lstrip("+"), whole=text)


def clock(text: str, read: Reader) -> Form | None:
    """A time of day: ``6:30``, ``6:30 pm``, ``noon``."""
    found = CLOCK.fullmatch(text) or BARE_CLOCK.fullmatch(text)
    if found is None:
        return None
    hours, minutes = int(found.group(1)), int(found.group(2) or 0)
    if hours > 24 or minutes > 59 or (found.group(3) and int(found.group(3)) > 59):
        return None
    half = {"a": "am", "p": "pm"}.get((found.group(4) or "").lower(), "")
    if found.group(5):
        half = "pm" if found.group(5).lower() == "noon" else "am"
    return Clock(text, hours * 60 + minutes, int(found.group(3) or 0), half)


def ratio(text: str, read: Reader) -> Form | None:
    """Parts of a ratio: ``3:2:1``, ``3 to 2``."""
    text = re.sub(r"(?<=[\d}a-zA-Z]) to (?=[\d\\a-zA-Z])|\\text\{\s*to\s*\}", ":", text)
    if ":" not in text or not RATIO.fullmatch(text):
        return None
    parts = tuple(part.strip() for part in text.split(":"))
    return Ratio(text, parts) if all(map(is_read, parts)) else None


def based(text: str, read: Reader) -> Form | None:
    """Digits in a base: ``1101_2``, ``1101 in base two``."""
    if "_" not in text and "base" not in text.lower():
        return None
    found = BASED.fullmatch(text)
    base = None
    if found and found.group(1)[0].isdigit():
        base = int(found.group(2)) if found.group(2) else BASES.get(found.group(3).lower())
    else:
        found = BASED_WORDS.fullmatch(text)
        if found:
            name = found.group(2).lower()
            base = int(name) if name.isdigit() else BASES.get(name)
    if not found or base is None or not 2 <= base <= 36:
        return None
    digits = found.group(1).upper().lstrip("0") or "0"
    try:
        int(digits, base)
    except ValueError:
        return Opaque(text)
    return Based(text, digits, base)


def both_signs(text: str, read: Reader) -> Form | None:
    """What ``\\pm`` says twice."""
    found = SIGNS_BOTH.search(text)
    if found is None or depths(text)[found.start()] > 2:
        return None
    plus = re.sub(r"\\mp(?![a-zA-Z])\s*", "-", re.sub(r"\\pm(?![a-zA-Z])\s*", "+", text))
    minus = re.sub(r"\\mp(?![a-zA-Z])\s*", "+", re.sub(r"\\pm(?![a-zA-Z])\s*", "-", text))
    return Group(text, (read(plus.lstrip("+")), read(minus)))


def scalar(text: str, read: Reader) -> Form | None:
    """An expression with its percent sign, ordinal, multiplier or unit."""
    ordinal = ORDINAL.fullmatch(text)
    if ordinal:
        return Scalar(ordinal.group(1), whole=text)
    percent = PERCENT.search(text)
    if percent and percent.start():
        bare = text[: percent.start()]
        return Scalar(bare, percent=True, whole=text) if is_value(bare) else None
    many = MULTIPLIED.match(text)
    if many:
        sign, unit = without_unit(many.group(1))
        counted = unit or (unit_of(many.group(3)) if many.group(3) else None)
        if is_value(sign):
            return Scalar(f"({sign})*{MULTIPLIERS[many.group(2)]}", unit=counted, whole=text)
    bare, unit = without_unit(text)
    if unit is not None and PERCENT.search(bare):
        return Scalar(PERCENT.sub("", bare), percent=True, unit=unit, whole=text)
    if unit is not None:
        inner = read(bare)
        if isinstance(inner, Scalar) and inner.unit is None:
            return replace(inner, unit=unit, whole=text)
        if isinstance(inner, Named) and len(inner.values) == 1:
            return inner
        return inner if isinstance(inner, Group | Ratio) else None
    return Scalar(text, whole=text) if is_value(text) else None


def is_read(side: str) -> bool:
    """Whether a text has a value here, units aside."""
    return known_value(without_unit(side)[0]) is not None


PROSE = re.compile(r"(?<![\\A-Za-z])(?:[A-Za-z]{4,}|[A-Za-z]{2,} [A-Za-z]{2,})")


def is_value(text: str) -> bool:
    """Whether a text is an expression that is understood here, with or without a value."""
    if PROSE.search(WORDS.sub("", text)):
        return False
    if text.replace(" ", "").lstrip("+-") == "\\infty":
        return True
    return readable(text)
