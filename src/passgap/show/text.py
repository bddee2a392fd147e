"""Hostile text made visible, and numbers made readable."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Protocol, TypeGuard

from passgap.plain import visible as visible

MINUS = "\u2212"
ABSENT = "–"
BARS = "▁▂▃▄▅▆▇█"
BANDS = {  # how hard a problem is for the base, by the names in `passgap.data.bands`
    "never": "never solved",
    "boundary": "boundary: up to 1 in 8",
    "mid": "in between",
    "saturated": "saturated: 9 in 10 or more",
}


NUMBER = rf"[+{MINUS}-]?\$?\d[\d.,]*%?"
WHOLE = re.compile(
    rf"\(?{NUMBER} to {NUMBER}\)?|\b[kpnTGδ] [=<>≤≥] {NUMBER}|{NUMBER} points?\b"
    r"|\b(?:small|large) k\b"
)


ROLES = ("assistant", "user", "system", "tool", "function", "environment", "developer")
TURN = re.compile(rf"^({'|'.join(ROLES)}): ?", re.MULTILINE)


def turns_of(text: str) -> list[tuple[str, str]]:
    """The turns of a trajectory, as importers write them: role and text, from the policy's first.

    Empty where others do not speak between. A line of a turn that itself begins like a turn is
    taken for one: this is for showing alone.
    """
    marks = list(TURN.finditer(text))
    if not text.startswith(f"{ROLES[0]}:") or len({mark[1] for mark in marks}) < 2:
        return []
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return [
        (mark[1], text[mark.end() : end].strip("\n")) for mark, end in zip(marks, ends, strict=True)
    ]


def held(text: str, space: str) -> str:
    """A text whose intervals, and numbers with their name or unit, have another space in them."""
    return WHOLE.sub(lambda found: found[0].replace(" ", space), text)


class Ends(Protocol):
    """Whatever has an interval: an `Estimate`, a crossover, a band."""

    @property
    def low(self) -> float | None: ...

    @property
    def high(self) -> float | None: ...


class Valued(Ends, Protocol):
    """An interval around a value."""

    @property
    def value(self) -> float | None: ...


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


def between(
    low: float | None, high: float | None, form: Callable[[float | None], str] = percent
) -> str:
    """``41.2 to 45.0%``; a dash if either end is absent."""
    if not (known(low) and known(high)):
        return ABSENT
    return f"{form(low).removesuffix('%')} to {form(high)}"


def interval(ends: Ends, form: Callable[[float | None], str] = percent) -> str:
    """``41.2 to 45.0%``; a dash if either end is absent."""
    return between(ends.low, ends.high, form)


def estimated(one: Valued, form: Callable[[float | None], str] = percent) -> str:
    """``43.1% (41.2 to 45.0%)``; the value alone where it has no interval."""
    ends = interval(one, form)
    return form(one.value) if ends == ABSENT else f"{form(one.value)} ({ends})"


def changed(one: Valued) -> str:
    """``+1.3 (+0.2 to +2.4)``, in percentage points."""
    return estimated(one, points)


def sparkline(values: Sequence[float | None], most: float | None = None) -> str:
    """Values from 0 to ``most`` (or the largest) as bars; a gap where there is none."""
    numbers = [value for value in values if known(value)]
    top = most or max(numbers, default=0.0) or 1.0
    last = len(BARS) - 1
    return "".join(BARS[min(last, int(last * v / top + 0.5))] if known(v) else " " for v in values)
