"""Whether a program's output is what a contest problem expects.

In: the text it wrote, or the value it returned, and the expected one. Out: True or False.
"""

from __future__ import annotations

import collections
import decimal
import fractions
import math
import re

NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
# LeetCode's "answers within 10^-5 of the actual answer will be accepted"
CLOSE = 1e-5
ROUNDING = 1e-9


def same_output(written: str, expected: str) -> bool:
    """Equal lines, ignoring whitespace at their ends; numbers may be written differently."""
    ours = [line.strip() for line in written.strip().split("\n")]
    theirs = [line.strip() for line in expected.strip().split("\n")]
    return len(ours) == len(theirs) and all(
        a == b or same_numbers(a, b) for a, b in zip(ours, theirs, strict=True)
    )


def same_numbers(a: str, b: str) -> bool:
    """Whether two lines hold exactly the same numbers, as ``5``, ``5.0`` and ``5e0`` are.

    LiveCodeBench's grader compares them as ``Decimal``; unlike it, this reads no ``1_000`` and no
    digits of other scripts.
    """
    left, right = a.split(), b.split()
    if len(left) != len(right) or not left:
        return False
    if not all(map(NUMBER.fullmatch, left + right)):
        return False
    try:
        pairs = zip(left, right, strict=True)
        return all(decimal.Decimal(x) == decimal.Decimal(y) for x, y in pairs)
    except decimal.InvalidOperation:
        return False


def same_value(value: object, expected: object) -> bool:
    """Whether a returned value is the expected one, which is JSON.

    A tuple, range, deque or array is as good as a list, and a number as good as the expected float
    when it is that close; everything else is equal or not.
    """
    if isinstance(expected, list):
        items = as_list(value, len(expected))
        return (
            items is not None
            and len(items) == len(expected)
            and all(map(same_value, items, expected))
        )
    if isinstance(expected, dict) and isinstance(value, dict):
        return value.keys() == expected.keys() and all(
            same_value(value[key], expected[key]) for key in expected
        )
    return bool(value == expected) or (isinstance(expected, float) and near(value, expected))


def as_list(value: object, most: int) -> list[object] | None:
    """A sequence's items; None for anything else. For a long range, one item more than ``most``."""
    if isinstance(value, list | tuple | collections.deque):
        return list(value)
    if isinstance(value, range):  # of any length: only as many as can be compared
        return list(value[: most + 1])
    if hasattr(value, "tolist"):
        items = value.tolist()
        return items if isinstance(items, list) else None
    return None


def near(value: object, expected: float) -> bool:
    """Whether a number lies where a float, as it was written, may be a rounding of it."""
    if isinstance(value, bool) or not isinstance(
        value, int | float | decimal.Decimal | fractions.Fraction
    ):
        return False
    try:
        return math.isclose(float(value), expected, rel_tol=ROUNDING, abs_tol=CLOSE)
    except (OverflowError, ValueError):
        return False
