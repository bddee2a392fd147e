"""``--correct-if``: a field, an operator and a number, compared and never evaluated.

In: a text such as ``score>=1``. Out: a Condition that says whether a number fulfils it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass

from passgap.errors import UsageError

_OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_FORM = re.compile(
    r"\s*([^\s<>=!]+)\s*(>=|<=|==|>|<)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*"
)


@dataclass(frozen=True)
class Condition:
    """What makes a number count as correct: ``field sign bound``."""

    field: str
    sign: str
    bound: float

    def holds(self, value: float) -> bool:
        """Whether the value fulfils it."""
        return _OPERATORS[self.sign](value, self.bound)

    def __str__(self) -> str:
        return f"{self.field}{self.sign}{self.bound:g}"


def parse_condition(text: str) -> Condition:
    """Read ``FIELD OPERATOR NUMBER``.

    Raises UsageError for anything else.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        raise UsageError(
            f"--correct-if {text!r}; allowed: a field, one of {' '.join(_OPERATORS)} and a number, "
            "as 'score>=1'"
        )
    return Condition(match[1], match[2], float(match[3]))
