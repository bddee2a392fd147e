"""Answers in one form: spelling that does not matter taken away, numbers as numbers.

In: an answer's text. Out: a text or number that is equal for answers that are equal at sight. No
mathematics is done here: ``2/4`` is a half, ``1+1`` stays as it stands.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

LONGEST_NUMBER = 400
WRAPPERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"))
SPACING = re.compile(
    r"(?<!\\)\\[,;:! ]|\\q?quad\b|~|\s+|\\(?:left|right)(?![a-zA-Z])|\\displaystyle\b"
)
SAME = re.compile(r"\\[dt]frac(?![a-zA-Z])|\\\\(?=[a-z])")
FRACTION = re.compile(
    r"([-+]?)(?:\\frac\{(-?\d{1,18})\}\{(-?\d{1,18})\}|\\frac(\d)(\d)|(\d{1,18})/(\d{1,18}))"
)
GROUPED = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?")
LETTER = re.compile(r"\(?([A-Za-z])[).:]?")


def as_decimal(text: str) -> Decimal | None:
    """A plain integer or decimal number as a Decimal, None for anything else.

    Commas may part thousands only: ``1,234`` is a number, ``1,2`` is two.
    """
    plain = text.strip().strip("$").rstrip(".").replace("{,}", ",").replace("\\!", "")
    plain = plain.replace(", ", ",")
    if len(plain) > LONGEST_NUMBER or "_" in plain:
        return None
    if GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    usable = value.is_finite() and abs(value.adjusted()) < LONGEST_NUMBER
    return value if usable else None


def tidy(answer: str) -> str:
    r"""LaTeX without what only shapes it: ``$``, spaces, ``\left``, ``\dfrac`` for ``\frac``."""
    text = answer.strip()
    for opening, closing in WRAPPERS:
        if text.startswith(opening) and text.endswith(closing) and len(text) > len(opening):
            text = text[len(opening) : -len(closing)]
    text = SAME.sub(lambda m: "\\frac" if "frac" in m.group() else "\\", text)
    return _without_spacing(text).rstrip(".")


def _without_spacing(text: str) -> str:
    """Spaces go, but for one that ends a command: ``\\pi r`` keeps it."""
    pieces, end = [], 0
    for match in SPACING.finditer(text):
        before = text[end : match.start()]
        pieces.append(before)
        after = text[match.end() : match.end() + 1]
        ends_command = re.search(r"\\[a-zA-Z]+$", before) is not None
        if match.group().isspace() and ends_command and after.isalpha():
            pieces.append(" ")
        end = match.end()
    return "".join(pieces) + text[end:]


def as_fraction(text: str) -> Fraction | None:
    r"""A number or a plain fraction (``3/4``, ``\frac{3}{4}``) as a Fraction, None otherwise."""
    number = as_decimal(text)
    if number is not None:
        return Fraction(number)
    found = FRACTION.fullmatch(tidy(text))
    if not found:
        return None
    over, under = (int(g) for g in found.groups()[1:] if g is not None)
    if under == 0:
        return None
    return Fraction(over, under) * (-1 if found.group(1) == "-" else 1)


def mathematics(answer: str) -> str:
    """The form of a mathematical answer that ``math`` compares first."""
    value = as_fraction(answer)
    return tidy(answer) if value is None else str(value)


def number(answer: str) -> str:
    """The form of a numeric answer."""
    value = as_decimal(answer)
    return answer.strip() if value is None else str(Fraction(value))


def letter(answer: str) -> str:
    """The letter of a choice, in capitals; anything else as it stands."""
    found = LETTER.fullmatch(answer.strip())
    return found.group(1).upper() if found else answer.strip()
