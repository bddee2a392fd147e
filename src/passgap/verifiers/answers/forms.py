r"""What kind of thing an answer is: a number, a list, an interval, an assignment, a word, ..

In: an answer. Out: one of the forms below, whose parts are forms again or spelled expressions. What
is none of them is `Opaque`: nothing is claimed of it here.

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
from dataclasses import dataclass

from passgap.verifiers.answers.units import Unit


@dataclass(frozen=True, slots=True)
class Form:
    """``text`` is the spelled answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Opaque(Form):
    """Nothing that is known here."""


@dataclass(frozen=True, slots=True)
class Nothing(Form):
    """What says nothing: ``4 = 5``, ``?``, ``...``."""


@dataclass(frozen=True, slots=True)
class Scalar(Form):
    """An expression; ``text`` is without what stands around it, ``whole`` with it."""

    percent: bool = False
    unit: Unit | None = None
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Words(Form):
    """Words; ``text`` in small letters."""


@dataclass(frozen=True, slots=True)
class Group(Form):
    """Entries; ``brackets`` are ``()``, ``[]``, ``[)``, ``(]``, ``{}`` or empty for a bare list."""

    items: tuple[Form, ...] = ()
    brackets: str = ""


@dataclass(frozen=True, slots=True)
class Region(Form):
    """Intervals in order: (low, low belongs to it, high, high belongs to it)."""

    intervals: tuple[tuple[str, bool, str, bool], ...] = ()
    name: str = ""


@dataclass(frozen=True, slots=True)
class Named(Form):
    """Values by name, in the order written; a name may stand more than once."""

    values: tuple[tuple[str, Form], ...] = ()


@dataclass(frozen=True, slots=True)
class Equation(Form):
    """Two sides."""

    left: str = ""
    right: str = ""


@dataclass(frozen=True, slots=True)
class Relation(Form):
    """``left`` is greater than ``right`` (or equal, where ``equal``; or other, where ``other``)."""

    left: str = ""
    right: str = ""
    equal: bool = False
    other: bool = False


@dataclass(frozen=True, slots=True)
class Based(Form):
    """Digits in a base."""

    digits: str = ""
    base: int = 10


@dataclass(frozen=True, slots=True)
class Clock(Form):
    """Minutes since midnight as written; ``half`` is ``am``, ``pm`` or empty."""

    minutes: int = 0
    seconds: int = 0
    half: str = ""


@dataclass(frozen=True, slots=True)
class Ratio(Form):
    """Parts of a ratio."""

    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid(Form):
    """A matrix, row by row."""

    rows: tuple[tuple[Form, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Either(Form):
    """What is said twice: a choice's letter and its value, a value and its rounding."""

    options: tuple[Form, ...] = ()


Reader = Callable[[str], Form]
