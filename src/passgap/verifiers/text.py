"""``exact``, ``numeric`` and ``choice``: answers compared as strings, decimal numbers or letters.

In: problems and completions. Out: correct or incorrect; these are never unscored.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

from passgap.errors import UsageError
from passgap.types import FinishReason, Outcome, Problem, digest
from passgap.verifiers.answers import as_decimal, letter
from passgap.verifiers.base import TextVerifier, no_answer
from passgap.verifiers.extract import last_line, last_number, marked, stated

CHOSEN = re.compile(
    r"(?i)\b(?:answer|option|choice)s?\b[^\n]{0,40}?\bis\b[:\s*_]{0,8}\(?([A-Z])\b\)?"
    r"|\b(?:answer|option|choice)[:\s*_]{0,8}\(([A-Z])\)"
    r"|\b(?:answer|option|choice)\s{0,4}:[\s*_]{0,8}([A-Z])\b"
)
IN_TEXT = re.compile(r"\\text(?:bf|rm)?\s*\{([^{}]*)\}")
ALONE = re.compile(r"\(?([A-Z])\)?[.:]?")


class ExactVerifier(TextVerifier):
    r"""Correct when the answer equals the reference to the letter, outer blanks aside.

    The answer is the last ``\boxed{}``, else the last ``<answer>``, else what follows ``####``,
    else the last line.
    """

    name = "exact"

    @property
    def digest(self) -> str:
        return digest([self.name, 2])

    def mark(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion."""
        answer = marked(text) or last_line(text)
        if answer is None:
            return no_answer(finish_reason)
        right = answer == problem.reference.strip()
        return Outcome("correct" if right else "incorrect", answer)


class NumericVerifier(TextVerifier):
    r"""Correct when the answer is the same number as the reference.

    The answer is the last number where the completion marks or states its answer, else the last
    number of the text. Numbers are compared as exact decimals within a relative ``tolerance``
    (0 by default: 0.5 equals .50, and 0.333 does not equal 1/3).
    """

    name = "numeric"

    def __init__(self, tolerance: str = "0") -> None:
        try:
            self._tolerance = Decimal(tolerance)
        except InvalidOperation:
            self._tolerance = Decimal(-1)
        if not self._tolerance.is_finite() or self._tolerance < 0:
            raise UsageError(f"tolerance={tolerance!r}; allowed: a relative error >= 0, as 0.01")

    @property
    def digest(self) -> str:
        return digest([self.name, 2, str(self._tolerance)])

    def mark(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion."""
        answer = last_number(marked(text) or stated(text) or "") or last_number(text)
        if answer is None:
            return no_answer(finish_reason)
        return Outcome("correct" if self._same(answer, problem.reference) else "incorrect", answer)

    def _same(self, answer: str, reference: str) -> bool:
        gold, given = as_decimal(reference), as_decimal(answer)
        if gold is None or given is None:
            return False
        return abs(given - gold) <= self._tolerance * abs(gold)


class ChoiceVerifier(TextVerifier):
    r"""Correct when the letter chosen is the reference's.

    The letter is the one in the last ``\boxed{}``, ``<answer>`` or after ``####``, else the one
    that the text says is the answer, else a last line that is a letter and nothing more.
    """

    name = "choice"

    @property
    def digest(self) -> str:
        return digest([self.name, 1])

    def mark(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion."""
        answer = _chosen(text)
        if answer is None:
            return no_answer(finish_reason)
        right = answer == letter(problem.reference)
        return Outcome("correct" if right else "incorrect", answer)


def _chosen(text: str) -> str | None:
    answer = marked(text)
    if answer is not None:
        plain = IN_TEXT.sub(r"\1", answer).strip(" $*")
        found = re.match(r"\(?([A-Za-z])(?:[).:\s]|$)", plain)
        return found.group(1).upper() if found else None
    said = None
    for match in CHOSEN.finditer(text):
        said = match
    if said is not None:
        return next(group for group in said.groups() if group).upper()
    alone = ALONE.fullmatch((last_line(text) or "").strip("*_ "))
    return alone.group(1) if alone else None
