"""What a custom verifier may return: anything that means right, wrong or "cannot decide".

In: the value. Out: an Outcome. Partial credit is refused: an answer is right or not, and the author
has to decide which credit is enough.
"""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from numbers import Number
from typing import get_args

from passgap.data.outcomes import Outcome, Readings, Status

ALLOWED = "True, False, 1, 0, None (unscored) or a passgap Outcome"


class RefusedError(Exception):
    """A value that says neither right nor wrong."""


def outcome_of(found: object) -> Outcome:
    """The outcome that a returned value means.

    Allowed are a truth value, the number 1 or 0 (also from numpy or torch, or as a Fraction), None,
    or an Outcome. Raises RefusedError for anything else, naming it.

    >>> outcome_of(1.0).status, outcome_of(None).status
    ('correct', 'unscored')
    """
    if isinstance(found, Outcome):
        return _sound(found)
    if found is None:
        return Outcome("unscored", None, "no_mark")
    value = _scalar(found)
    if isinstance(value, Number | Decimal) and (value == 0 or value == 1):
        return Outcome("correct" if value == 1 else "incorrect")
    raise RefusedError(f"it returned {_shown(found)}; allowed: {ALLOWED}")


def _sound(outcome: Outcome) -> Outcome:
    """An outcome whose fields have valid types and values."""
    if outcome.status not in get_args(Status):
        raise RefusedError(
            f"it returned an Outcome with the status {_shown(outcome.status)}; allowed: "
            f"{', '.join(get_args(Status))}"
        )
    if not isinstance(outcome.readings, Readings | None):
        raise RefusedError(
            f"it returned an Outcome with the readings {_shown(outcome.readings)}; allowed: a "
            "passgap Readings or None"
        )
    said = None if outcome.extracted is None else _text(outcome.extracted)
    return replace(outcome, extracted=said, reason=_text(outcome.reason or ""))


def _scalar(value: object) -> object:
    """The one number in a scalar of numpy or torch; everything else as it is."""
    shape, item = getattr(value, "shape", None), getattr(value, "item", None)
    alone = isinstance(shape, tuple) and math.prod(shape) == 1
    return item() if alone and callable(item) else value


def _text(value: object) -> str:
    """A text that a file can hold: no lone surrogates."""
    return str(value).encode("utf-8", "replace").decode()


def _shown(value: object) -> str:
    try:
        return " ".join(_text(repr(value)).split())[:120]
    except Exception:  # its own __repr__ may raise
        return f"a {type(value).__name__}"
