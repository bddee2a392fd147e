r"""The kinds of answers: a number, a list, an interval, an assignment, a word, ..

In: an answer. Out: one of the forms below, whose parts are forms again or spelled expressions.
Anything else is `Opaque`: nothing is claimed about it here.

==============  ======================================================================
`Scalar`        an expression with its percent sign and unit: ``5 \text{ cm}``, ``2x+1``
`Words`         ``\text{east}``, ``No``, ``(A)``
`Group`         entries in brackets or a bare list: ``(1,2)``, ``\{1,2\}``, ``1, 2``, ``1\pm2``
`Region`        intervals of reals: ``[0,1)\cup(2,\infty)``, ``x\ge 3``, ``\mathbb{R}``
`Named`         values by name: ``x=5``, ``x=3, y=4``, ``(x,y)=(3,4)``, ``f(2)=5``
`Equation`      two sides that name nothing: ``2x+y=3``
`Relation`      an inequality that bounds no single name: ``x+y<3``
`Based`         ``1101_2``
`Clock`         ``6:30 pm``
`Ratio`         ``3:2:1``
`Grid`          a matrix
`Either`        one thing said twice: ``(B)\ 12``, ``\pi \approx 3.14``
==============  ======================================================================
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from passgap.verifiers.answers.units import Unit


class Form(msgspec.Struct, frozen=True):
    """``text`` is the spelled answer."""

    text: str


class Opaque(Form, frozen=True):
    """Not understood here."""


class Nothing(Form, frozen=True):
    """An answer that says nothing: ``4 = 5``, ``?``, ``...``."""


class Scalar(Form, frozen=True):
    """An expression; ``text`` is without percent sign and unit, ``whole`` with them."""

    percent: bool = False
    unit: Unit | None = None
    whole: str = ""


class Words(Form, frozen=True):
    """Words; ``text`` in small letters."""


class Group(Form, frozen=True):
    """Entries; ``brackets`` are ``()``, ``[]``, ``[)``, ``(]``, ``{}`` or empty for a bare list."""

    items: tuple[Form, ...] = ()
    brackets: str = ""


class Region(Form, frozen=True):
    """Intervals in order: (low, low belongs to it, high, high belongs to it)."""

    intervals: tuple[tuple[str, bool, str, bool], ...] = ()
    name: str = ""


class Named(Form, frozen=True):
    """Values by name, in the order written; a name may occur more than once."""

    values: tuple[tuple[str, Form], ...] = ()


class Equation(Form, frozen=True):
    """Two sides."""

    left: str = ""
    right: str = ""


class Relation(Form, frozen=True):
    """``left`` is greater than ``right`` (or equal, where ``equal``; or other, where ``other``)."""

    left: str = ""
    right: str = ""
    equal: bool = False
    other: bool = False


class Based(Form, frozen=True):
    """Digits in a base."""

    digits: str = ""
    base: int = 10


class Clock(Form, frozen=True):
    """Minutes since midnight as written; ``half`` is ``am``, ``pm`` or empty."""

    minutes: int = 0
    seconds: int = 0
    half: str = ""


class Ratio(Form, frozen=True):
    """Parts of a ratio."""

    parts: tuple[str, ...] = ()


class Grid(Form, frozen=True):
    """A matrix, row by row."""

    rows: tuple[tuple[Form, ...], ...] = ()


class Either(Form, frozen=True):
    """One thing said twice: a choice's letter and its value, a value and its rounding."""

    options: tuple[Form, ...] = ()


Reader = Callable[[str], Form]
