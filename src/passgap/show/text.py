"""Hostile text made visible, and numbers made readable."""

from __future__ import annotations

import math
from typing import Any, TypeGuard

from passgap.plain import visible as visible

MINUS = "\u2212"
ABSENT = "–"


def known(value: float | None) -> TypeGuard[float]:
    """Whether there is a number to show: neither None nor nan nor infinite."""
    return value is not None and math.isfinite(value)


def percent(value: float | None, digits: int = 1) -> str:
    """``0.412`` as ``41.2%``; a number that is not there as a dash."""
    return f"{100 * value:.{digits}f}%" if known(value) else ABSENT


def points(value: float | None, digits: int = 1) -> str:
    """A difference of two shares in percentage points, always signed."""
    if not known(value):
        return ABSENT
    text = f"{100 * value:+.{digits}f}"
    return f"{100 * abs(value):.{digits}f}" if float(text) == 0 else text.replace("-", MINUS)


def number(value: float | None, digits: int = 2) -> str:
    """A plain number, or a dash."""
    if not known(value):
        return ABSENT
    text = f"{value:,}" if isinstance(value, int) else f"{value:.{digits}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", MINUS)


def p_value(value: float | None) -> str:
    """``p = 0.03``, ``p < 0.001``, or a dash for the number."""
    if known(value) and value < 0.001:
        return "p < 0.001"
    return f"p = {number(value, 3)}"


def interval(row: Any, form: Any = percent) -> str:
    """``41.2 to 45.0%`` style text of a row's ``low`` and ``high``; a dash if either is absent."""
    low, high = row.get("low"), row.get("high")
    if not (known(low) and known(high)):
        return ABSENT
    return f"{form(low).removesuffix('%')} to {form(high)}"
