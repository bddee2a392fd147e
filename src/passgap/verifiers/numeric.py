r"""``numeric``: answers compared as numbers.

In: problems and completions. Out: correct or incorrect; never unscored. An answer that is not a
number (``x^2``, a word) is ``no_answer``; digits are never taken from the middle of something.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

from passgap.data.identity import digest
from passgap.data.outcomes import Candidate, Outcome, Readings, Status
from passgap.errors import UsageError
from passgap.verifiers.answers.arithmetic import Number, approximate
from passgap.verifiers.answers.compare import equal
from passgap.verifiers.answers.forms import Either, Form, Named, Scalar
from passgap.verifiers.answers.parse import described, form
from passgap.verifiers.answers.values import has_letters, known_value
from passgap.verifiers.base import Item, Verifier, nothing_said
from passgap.verifiers.mathematics import answer_of, reference_of


class NumericVerifier(Verifier):
    r"""Correct if the answer is the same number as the reference.

    The answer is found as by ``math``. Numbers are compared exactly within a relative ``tolerance``
    (0 by default: 0.5 equals .50 and 1/2, and 0.333 does not equal 1/3).
    """

    name = "numeric"

    def __init__(self, tolerance: str = "0") -> None:
        try:
            given = Decimal(tolerance)
        except InvalidOperation:
            given = Decimal(-1)
        if not given.is_finite() or given < 0:
            raise UsageError(
                f"tolerance={tolerance!r}; allowed: a relative error >= 0, such as 0.01"
            )
        self._tolerance = Fraction(given)

    @property
    def digest(self) -> str:
        return digest([self.name, 4, str(self._tolerance)])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        return [self._mark(item) for item in items]

    def _mark(self, item: Item) -> Outcome:
        gold = reference_of(item.problem)
        reading = answer_of(item)
        final = self._status(gold, reading.final)
        asked = self._status(gold, reading.asked) if reading.asked else "no_answer"
        anywhere = final
        if final != "correct" and any(self._same(gold, c.text) for c in reading.candidates()):
            anywhere = "correct"
        rule = reading.final.rule if reading.final else ""
        readings = Readings(asked, anywhere, rule, reading.run_on, reading.thinking)
        if reading.final is None or number_in(reading.final.text) is None:
            return Outcome("incorrect", None, nothing_said(item.finish_reason), readings)
        return Outcome(final, reading.final.text, "", readings)

    def read_as(self, answer: str) -> str:
        """The form of an answer and what it says."""
        return described(answer)

    def candidates(self, item: Item) -> tuple[Candidate, ...]:
        """Every candidate that is a number."""
        return tuple(c for c in answer_of(item).candidates() if number_in(c.text) is not None)

    def _status(self, gold: str, candidate: Candidate | None) -> Status:
        return "correct" if candidate and self._same(gold, candidate.text) else "incorrect"

    def _same(self, gold: str, answer: str) -> bool:
        wanted, given = number_in(gold), number_in(answer)
        if wanted is None or given is None:
            return False
        if equal(gold, answer):
            return True
        if not self._tolerance:
            return False
        apart = abs(approximate(given) - approximate(wanted))
        return bool(apart <= approximate(self._tolerance) * abs(approximate(wanted)))


@lru_cache(maxsize=100_000)
def number_in(answer: str) -> Number | None:
    """The number that an answer is, None if it is not one."""
    return _number(form(answer))


def _number(found: Form) -> Number | None:
    if isinstance(found, Named) and len(found.values) == 1:
        return _number(found.values[0][1])
    if isinstance(found, Either):
        return next((n for n in map(_number, found.options) if n is not None), None)
    if not isinstance(found, Scalar) or has_letters(found.text):
        return None
    return known_value(found.text)
