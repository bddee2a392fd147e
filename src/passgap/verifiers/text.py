"""``exact`` and ``numeric``: answers compared as strings, or as decimal numbers.

In: a problem and a completion. Out: correct or incorrect; these two are never unscored.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from passgap.types import FinishReason, Outcome, Problem, digest
from passgap.verifiers.extract import last_line, last_number, marked


def no_answer(finish_reason: FinishReason) -> Outcome:
    """Incorrect for want of an answer: ``truncated`` when max_tokens cut the completion."""
    return Outcome("incorrect", None, "truncated" if finish_reason == "length" else "no_answer")


class ExactVerifier:
    r"""Correct when the answer equals the reference to the letter, outer blanks aside.

    The answer is the last ``\boxed{}``, else what follows ``####``, else the last line.
    """

    name = "exact"

    @property
    def digest(self) -> str:
        return digest([self.name, 1])

    def verify(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion."""
        answer = marked(text) or last_line(text)
        if answer is None:
            return no_answer(finish_reason)
        right = answer == problem.reference.strip()
        return Outcome("correct" if right else "incorrect", answer)


class NumericVerifier:
    r"""Correct when the answer is the same number as the reference.

    The answer is the last number inside the last ``\boxed{}`` or after ``####``, else the last
    number of the text. Numbers are compared as exact decimals within a relative ``tolerance``
    (0 by default: 0.5 equals .50, and 0.333 does not equal 1/3).
    """

    name = "numeric"

    def __init__(self, tolerance: str = "0") -> None:
        self._tolerance = Decimal(tolerance)

    @property
    def digest(self) -> str:
        return digest([self.name, 1, str(self._tolerance)])

    def verify(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion."""
        answer = last_number(marked(text) or text)
        if answer is None:
            return no_answer(finish_reason)
        return Outcome("correct" if self._same(answer, problem.reference) else "incorrect", answer)

    def _same(self, answer: str, reference: str) -> bool:
        gold, given = as_decimal(reference), as_decimal(answer)
        if gold is None or given is None:
            return False
        return abs(given - gold) <= self._tolerance * abs(gold)


def as_decimal(text: str) -> Decimal | None:
    """A plain integer or decimal number as a Decimal, None for anything else."""
    plain = text.strip().strip("$").replace(",", "").rstrip(".")
    if len(plain) > 400:
        return None
    try:
        value = Decimal(plain)
    except InvalidOperation:
        return None
    usable = value.is_finite() and abs(value.adjusted()) < 400
    return value if usable else None
