"""Whole numbers. In: a column of counts from a file or a caller. Out: an int64 array.

16, 16.0, "16" and "16.0" are sixteen, as spreadsheets and pandas write it. Anything else is refused
and never rounded: 4.5 is a mean, 0.28 a rate, and rounding would turn both into another count. Also
here: headers that name one column twice.

Not covered: whether the counts of a problem agree with each other, which `passgap.Counts` checks.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

import numpy as np

from passgap.data.arrays import IntArray
from passgap.errors import UsageError

LARGEST = 10**12  # so that a sum over millions of problems fits into 64 bits
SHOWN = 60
Number = int | float | Decimal | Fraction
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
NEEDED = f"a count is a whole number up to {LARGEST:,}"


def whole_numbers(name: str, values: Iterable[object], where: Callable[[int], str]) -> IntArray:
    """A column of counts as an int64 array.

    ``values`` are numbers or their texts, one per problem; ``where(i)`` describes the place of
    entry i. Raises UsageError, naming the first value that is not a whole number, its place, and
    what to do about it.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        bad = np.flatnonzero(~((np.abs(values) <= LARGEST) & (values == np.floor(values))))
        if not bad.size:
            return values.astype(np.int64)
    listed = list(values)
    found = np.zeros(len(listed), np.int64)
    for i, value in enumerate(listed):
        number = _number(value)
        if number is None or not -LARGEST <= number <= LARGEST or number != int(number):
            raise UsageError(
                f"{where(i)}: column {name} has a value that is not a whole number: "
                f"{_shown(value)}; {NEEDED}{_advice(name, value, listed)}"
            )
        found[i] = int(number)
    return found


def refuse_repeated(place: object, header: Sequence[str], read: Iterable[str]) -> None:
    """Refuse (UsageError) a header that repeats a column that is read: which one is meant?"""
    for name in read:
        if (times := list(header).count(name)) > 1:
            raise UsageError(
                f"{place} has {times} columns called {name}; only one is allowed: rename or "
                "remove the others"
            )


def _number(value: object) -> Number | None:
    """The number that a value is or spells; None where it is none."""
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        value = value.item()
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if NUMBER.fullmatch(text) else None
    if isinstance(value, Decimal) and value.is_nan():
        return None
    if isinstance(value, bool):
        return None
    return value if isinstance(value, int | float | Decimal | Fraction) else None


def _is_nothing(value: object) -> bool:
    """Whether a cell is empty: None, nan, pandas' NA, or a text that says one of them."""
    if isinstance(value, str):
        return value.strip().lower() in ("", "nan", "na", "n/a", "null", "none")
    nan = isinstance(value, float | np.floating) and math.isnan(value)
    return value is None or nan or type(value).__name__ in ("NAType", "NaTType")


def _shown(value: object) -> str:
    if _is_nothing(value):
        return "nothing" if value is None or value == "" else f"{str(value)[:SHOWN]!r} (nothing)"
    value = value.item() if isinstance(value, np.generic) else value
    return repr(value[:SHOWN]) if isinstance(value, str) else str(value)[:SHOWN]


def _advice(name: str, value: object, values: Sequence[object]) -> str:
    """The next step for a value that is not a count."""
    if _is_nothing(value):
        return ": fill in the cell, or leave out the row"
    if isinstance(value, bool | np.bool_) or str(value).strip().lower() in ("true", "false"):
        return ": for a table with one row per sample use passgap import table"
    if name != "n" and _look_like_rates(values):
        return (
            f"; {name} looks like a rate (all its values lie between 0 and 1): convert it with "
            f"{name} = round(rate * n)"
        )
    if name != "n" and isinstance(value, str) and value.strip().endswith("%"):
        return (
            f"; {name} looks like a rate in percent: convert it with {name} = round(rate / 100 * n)"
        )
    number = _number(value)
    if number is not None and -LARGEST <= number <= LARGEST:
        return f": column {name} must contain the number of samples, not a mean or a share"
    return ""


def _look_like_rates(values: Sequence[object]) -> bool:
    """Whether all values that are numbers lie in [0, 1], and one of them inside."""
    numbers = [number for number in map(_number, values) if number is not None]
    rates = [number for number in numbers if 0 <= number <= 1]
    inside = any(0 < Fraction(number) < 1 for number in rates)
    return inside and len(rates) == len([n for n in numbers if n == n])
