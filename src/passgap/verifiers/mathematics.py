r"""``math``: mathematical equality, through math-verify.

In: a problem and a completion. Out: correct, incorrect, or unscored when the comparison timed out
or failed. Plain numbers are compared as decimals without SymPy; everything else goes to
math-verify with both sides wrapped in ``\boxed{}``, since it misreads bare LaTeX golds.

Not covered: killing a comparison that ignores its alarm, and use outside the main thread (such
completions are unscored with the reason ``error``, never wrong in silence).
"""

from __future__ import annotations

import logging
import threading
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from passgap.errors import MissingExtraError
from passgap.types import FinishReason, Outcome, Problem, Status, digest
from passgap.verifiers.extract import last_boxed, last_number, marked
from passgap.verifiers.text import as_decimal, no_answer

try:
    from math_verify import parse, verify
    from math_verify.errors import TimeoutException
except ImportError as error:
    raise MissingExtraError("math-verify", "math") from error

logging.getLogger("math_verify").setLevel(logging.CRITICAL)
LONGEST_ANSWER = 2_000
PARSE_SECONDS = VERIFY_SECONDS = 5


class MathVerifier:
    r"""Correct when the answer equals the reference as mathematics.

    The answer is the last ``\boxed{}``, else what follows ``####``, else the last number.
    """

    name = "math"

    @property
    def digest(self) -> str:
        return digest([self.name, 1, version("math-verify")])

    def verify(self, problem: Problem, text: str, finish_reason: FinishReason) -> Outcome:
        """Mark one completion."""
        answer = marked(text) or last_number(text)
        if answer is None:
            return no_answer(finish_reason)
        status, reason = _compare(_gold(problem.reference), answer)
        return Outcome(status, answer, reason)


def _gold(reference: str) -> str:
    return last_boxed(reference) or reference.strip().strip("$")


@lru_cache(maxsize=100_000)
def _compare_cached(gold: str, answer: str) -> tuple[Status, str]:
    if gold == answer:
        return "correct", ""
    left, right = as_decimal(gold), as_decimal(answer)
    if left is not None and right is not None:
        return ("correct" if left == right else "incorrect"), ""
    if len(answer) > LONGEST_ANSWER:
        return "incorrect", ""
    return _symbolic(gold, answer)


def _compare(gold: str, answer: str) -> tuple[Status, str]:
    if threading.current_thread() is threading.main_thread():
        return _compare_cached(gold, answer)
    if gold == answer or (as_decimal(gold) is not None and as_decimal(answer) is not None):
        return _compare_cached(gold, answer)
    return "unscored", "error"


def _symbolic(gold: str, answer: str) -> tuple[Status, str]:
    try:
        given = _parse(answer)
        right = bool(given) and verify(
            _parse(gold), given, timeout_seconds=VERIFY_SECONDS, raise_on_error=True
        )
    except TimeoutException:
        return "unscored", "timeout"
    except Exception:  # math-verify and SymPy raise anything on hostile input
        return "unscored", "error"
    return ("correct" if right else "incorrect"), ""


def _parse(answer: str) -> list[Any]:
    parsed: list[Any] = parse(
        f"\\boxed{{{answer}}}", parsing_timeout=PARSE_SECONDS, raise_on_error=True
    )
    return parsed
