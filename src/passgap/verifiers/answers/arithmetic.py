r"""Arithmetic that is exact where possible, and bounded in size.

In: rational numbers, or mpmath's with a hundred digits. Out: the same; `UnreadError` for what is
too large or has several values, `UndefinedError` for what has none. Nothing here can hang.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction
from typing import TypeAlias

import mpmath

Number: TypeAlias = Fraction | mpmath.mpf | mpmath.mpc
DIGITS = 100
MP = mpmath.MPContext()
MP.dps = DIGITS
EXACT_BITS = 60_000
MOST_MAGNITUDE = 200_000
LARGEST_FACTORIAL = 3_000


class UnreadError(Exception):
    """The text is beyond what this reader understands."""


class UndefinedError(Exception):
    """The text is understood but has no value: a division by zero."""


RECURRING = re.compile(r"(\d*)\.(\d*)(?:\\(?:overline|bar|dot)\{?(\d+)\}?|\((\d+)\))")
TWO_DOTS = re.compile(r"(\d*)\.(\d*)\\dot\{?(\d)\}?(\d*)\\dot\{?(\d)\}?")
DOTS = re.compile(r"(\d+)\.(\d*?)(\d{1,12}?)\3+\.\.\.")
FUNCTIONS: dict[str, Callable[..., Number]] = {
    f"\\{name}": getattr(MP, name)
    for name in ["sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "exp"]
}
FUNCTIONS |= {"\\arcsin": MP.asin, "\\arccos": MP.acos, "\\arctan": MP.atan}
FUNCTIONS |= {"\\ln": MP.log, "\\log": MP.log, "\\lg": MP.log10}


def number(token: str) -> Fraction:
    """A decimal, exactly; the digits under a bar recur."""
    found = TWO_DOTS.fullmatch(token)
    if found:
        return _recurring(found.group(1), found.group(2), "".join(found.groups()[2:]))
    found = RECURRING.fullmatch(token)
    if found:
        return _recurring(found.group(1), found.group(2), found.group(3) or found.group(4))
    if token.endswith("..."):
        found = DOTS.fullmatch(token)
        if found is None or len(found.group(2) + found.group(3)) < 1:
            raise UnreadError
        return _recurring(found.group(1), found.group(2), found.group(3))
    return Fraction(token.rstrip(".") if token.endswith(".") else token)


def _recurring(whole: str, fixed: str, recurring: str) -> Fraction:
    tens = 10 ** len(fixed)
    return (
        int(whole or 0)
        + Fraction(int(fixed or 0), tens)
        + Fraction(int(recurring), tens * (10 ** len(recurring) - 1))
    )


def approximate(found: Number) -> Number:
    """The value as an mpmath number."""
    if isinstance(found, Fraction):
        return MP.mpf(found.numerator) / found.denominator
    return found


def quotient(over: Number, under: Number) -> Number:
    """``over`` by ``under``; undefined where that is 0."""
    if under == 0:
        raise UndefinedError
    if isinstance(over, Fraction) and isinstance(under, Fraction):
        return over / under
    return approximate(over) / approximate(under)


def _bounded(found: Number) -> Number:
    if found != 0 and abs(MP.mag(found)) > MOST_MAGNITUDE:
        raise UnreadError
    return found


def power(base: Number, exponent: Number) -> Number:
    """``base`` to the ``exponent``, exactly where both allow it.

    Raises UnreadError for a result that is too large, and for roots of negative numbers, which have
    several values.
    """
    whole = isinstance(exponent, Fraction) and exponent.denominator == 1
    if base == 0:
        if exponent == 0 or (isinstance(exponent, Fraction) and exponent < 0):
            raise UndefinedError
        return Fraction(0)
    if isinstance(base, Fraction) and whole:
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if bits * abs(exponent) <= EXACT_BITS:
            return base ** int(exponent)
    base, exponent = approximate(base), approximate(exponent)
    if not whole and MP.im(base) == 0 and base < 0:
        raise UnreadError
    if abs(exponent) * (abs(MP.log(abs(base), 2)) + 1) > MOST_MAGNITUDE:
        raise UnreadError
    return _bounded(base**exponent)


def root(base: Number, degree: Number) -> Number:
    """The principal root; for a negative number the real one if the degree is odd."""
    if not isinstance(degree, Fraction) or degree.denominator != 1 or not 1 < degree < 1_000:
        raise UnreadError
    times = int(degree)
    found = approximate(base)
    if MP.im(found) == 0 and found < 0 and times % 2:
        return -MP.root(-found, times)
    if isinstance(base, Fraction) and base >= 0 and times == 2:
        exact = _exact_square_root(base)
        if exact is not None:
            return exact
    return MP.sqrt(found) if times == 2 else MP.root(found, times)


def _exact_square_root(base: Fraction) -> Fraction | None:
    over, under = math.isqrt(base.numerator), math.isqrt(base.denominator)
    exact = over * over == base.numerator and under * under == base.denominator
    return Fraction(over, under) if exact else None


def factorial(found: Number) -> Number:
    """n!, by the gamma function if n is not an integer."""
    if isinstance(found, Fraction) and found.denominator == 1:
        if found < 0:
            raise UndefinedError
        if found <= LARGEST_FACTORIAL:
            return Fraction(math.factorial(int(found)))
    if abs(found) > 10**5:
        raise UnreadError
    return _bounded(MP.factorial(approximate(found)))


def binomial(over: Number, under: Number) -> Number:
    """``over`` choose ``under``."""
    if isinstance(over, Fraction) and isinstance(under, Fraction):
        whole = over.denominator == under.denominator == 1
        if whole and 0 <= over <= LARGEST_FACTORIAL and under >= 0:
            return Fraction(math.comb(int(over), int(under)))
    if abs(over) > 10**5 or abs(under) > 10**5:
        raise UnreadError
    return _bounded(MP.binomial(approximate(over), approximate(under)))


def applied(name: str, argument: Number) -> Number:
    """A function's value."""
    found = approximate(argument)
    if name in ("\\ln", "\\log", "\\lg"):
        if found == 0:
            raise UndefinedError
    elif abs(found) > 10**4:
        raise UnreadError
    if name in ("\\arcsin", "\\arccos") and MP.im(found) == 0 and abs(found) > 1:
        raise UnreadError
    return _bounded(FUNCTIONS[name](found))


def rounded(found: Number, *, up: bool) -> Fraction:
    """The integer below, or above."""
    real = approximate(found)
    if MP.im(real) != 0 or (real != 0 and MP.mag(real) > 2 * DIGITS):
        raise UnreadError
    if isinstance(found, Fraction):
        return Fraction(math.ceil(found) if up else math.floor(found))
    return Fraction(int(MP.ceil(real) if up else MP.floor(real)))
