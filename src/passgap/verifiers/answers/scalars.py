r"""Whether two expressions have one value.

In: two spelled expressions. Out: True, False, or None if one of them is not understood here and
algebra has to decide. Rational numbers are compared exactly, everything else to fifty digits at up
to three points. A decimal with fourteen digits or more equals what it was printed from
(``0.0833333333333333`` is a twelfth); a shorter one is a rounding (``3.14`` is not ``\pi``).
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from passgap.verifiers.answers.arithmetic import (
    MP,
    Number,
    UndefinedError,
    UnreadError,
    approximate,
    quotient,
)
from passgap.verifiers.answers.spelling import squeezed
from passgap.verifiers.answers.values import SEEDS, has_letters, readable, value

PRINTED = re.compile(r"[-+]?(\d+)\.(\d+)(?:[eE]([-+]?\d{1,3}))?")
PRINTED_DIGITS = 14
ALL_DIGITS = 17
SHORT_DIGITS = 10
FIFTY_DIGITS = MP.mpf(10) ** -50
PRINTING_ERROR = Fraction(1, 10**15)
LOG = re.compile(r"\\log(?!\s*_)")


@lru_cache(maxsize=200_000)
def same_value(first: str, second: str) -> bool | None:
    r"""Whether two expressions agree at all points tried.

    >>> same_value(r"\frac{6}{\sqrt{3}}", r"2\sqrt{3}"), same_value("2^n", "2")
    (True, False)
    """
    if squeezed(first) == squeezed(second):
        return True
    plain = [text.replace(" ", "").lstrip("+") for text in (first, second)]
    infinite = [text in ("\\infty", "-\\infty") for text in plain]
    if all(infinite):
        return plain[0] == plain[1]
    if any(infinite):
        finite = second if infinite[0] else first
        return False if readable(finite) else None
    try:
        if _agree(first, second, None):
            return True
        return any(LOG.search(text) for text in (first, second)) and _agree(first, second, 10)
    except UndefinedError:
        return False
    except UnreadError:
        return None


def _agree(first: str, second: str, log_base: int | None) -> bool:
    # One point where the values differ proves the expressions different; if none of three random
    # points does, one of them negative, they are equal except with a chance of (degree / 10,000)^3.
    # A negative letter may be under a root: such a point says nothing and is left out.
    letters = has_letters(first) or has_letters(second)
    for seed in range(SEEDS if letters else 1):
        try:
            left, right = value(first, seed, log_base), value(second, seed, log_base)
        except (UnreadError, UndefinedError):
            if seed < 2:
                raise
            continue  # a root or logarithm of a negative letter
        if seed == 2 and not (_is_real(left) and _is_real(right)):
            continue
        if not close(left, right) and (letters or not _printed(first, second, left, right)):
            return False
    return True


def _is_real(found: Number) -> bool:
    return isinstance(found, Fraction) or MP.im(found) == 0


def close(left: Number, right: Number) -> bool:
    """Equal exactly, or to fifty digits if one is not exact."""
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left == right
    left, right = approximate(left), approximate(right)
    scale = max(abs(left), abs(right))
    return bool(abs(left - right) <= FIFTY_DIGITS * (scale if scale > FIFTY_DIGITS else 1))


def _printed(first: str, second: str, left: Number, right: Number) -> bool:
    """Whether one is the decimal that a program prints for the other."""
    for text, found, other in ((first, left, right), (second, right, left)):
        match = PRINTED.fullmatch(text)
        if match is None or not isinstance(found, Fraction):
            continue
        whole, decimals, exponent = match.groups()
        digits = len((whole + decimals).lstrip("0"))
        beside = PRINTED.fullmatch(second if text is first else first)
        if digits < PRINTED_DIGITS or (beside and len("".join(beside.groups()[:2])) > SHORT_DIGITS):
            continue
        last_place = Fraction(10) ** (int(exponent or 0) - len(decimals))
        allowed = (
            max(last_place, PRINTING_ERROR * abs(found)) if digits >= ALL_DIGITS else last_place
        )
        if abs(approximate(found) - approximate(other)) < approximate(allowed):
            return True
    return False


def proportional(
    first: tuple[str, str], second: tuple[str, str], *, positive: bool = False
) -> bool | None:
    """Whether two equations (or, with ``positive``, inequalities) are multiples of each other.

    Each is given as its two sides.
    """
    try:
        ours = [_difference(first, seed) for seed in range(SEEDS)]
        theirs = [_difference(second, seed) for seed in range(SEEDS)]
    except UndefinedError:
        return False
    except UnreadError:
        return None
    if any(x == 0 for x in (*ours, *theirs)):
        return all((x == 0) == (y == 0) for x, y in zip(ours, theirs, strict=True)) and None
    factors = [quotient(a, b) for a, b in zip(ours, theirs, strict=True)]
    same = _constant(factors)
    if positive and same:
        return _is_real(factors[0]) and bool(factors[0] > 0)
    if same or positive:
        return same
    for mine, other in ((2, 1), (1, 2), (3, 1), (1, 3)):  # (x-1)^2 = 0 means the same as x = 1
        if _constant([quotient(a**mine, b**other) for a, b in zip(ours, theirs, strict=True)]):
            return None
    return False


def _constant(factors: list[Number]) -> bool:
    return all(close(factor, factors[0]) for factor in factors[1:])


def _difference(sides: tuple[str, str], seed: int) -> Number:
    left, right = value(sides[0], seed), value(sides[1], seed)
    if isinstance(left, Fraction) and isinstance(right, Fraction):
        return left - right
    return approximate(left) - approximate(right)
