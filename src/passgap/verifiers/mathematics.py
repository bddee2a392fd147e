r"""``math``: mathematical equality, by sight where that is enough and through math-verify else.

In: problems and completions. Out: correct, incorrect, or unscored with the reason when the
comparison took too long (``timeout``), too much memory (``memory``) or failed (``error``,
``crash``). Answers that look equal, and plain numbers, are compared here; every other distinct
pair of gold and answer goes once to a worker process that can be killed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from passgap.errors import UsageError
from passgap.latex import last_boxed
from passgap.types import Outcome, Problem, Status, digest
from passgap.verifiers.answers import as_decimal, mathematics
from passgap.verifiers.base import Item, Verifier, no_answer
from passgap.verifiers.extract import last_value, marked, stated
from passgap.verifiers.reckoning import surely_different
from passgap.verifiers.workers.child import function_pool
from passgap.verifiers.workers.pool import Lost, Pool

EQUAL = "passgap.verifiers.equality:equal"
LONGEST_ANSWER = 2_000
REMEMBERED = 500_000
Marks = tuple[Status, str]


class MathVerifier(Verifier):
    r"""Correct when the answer equals the reference as mathematics.

    The answer is the last ``\boxed{}``, else the last ``<answer>``, else what follows ``####``,
    else what the text says the answer is, else the last number or fraction.

    Parameters
    ----------
    timeout
        Seconds that one comparison may take.
    """

    name = "math"

    def __init__(self, timeout: str = "5") -> None:
        self._timeout = positive("timeout", timeout)
        self._known: dict[tuple[str, str], Marks] = {}
        self._started: Pool | None = None

    @property
    def digest(self) -> str:
        return digest([self.name, 2, version("math-verify"), self._timeout])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        answers = [_answer(item.text) for item in items]
        pairs = [
            None if answer is None else (_gold(item.problem), answer)
            for item, answer in zip(items, answers, strict=True)
        ]
        found = self._compared(dict.fromkeys(pair for pair in pairs if pair))
        return [
            no_answer(item.finish_reason) if pair is None else Outcome(*_with(found[pair], pair[1]))
            for item, pair in zip(items, pairs, strict=True)
        ]

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """References that math-verify does not read as mathematics, or find equal to themselves.

        A verbatim copy would still pass, so the equality at sight is left out here.
        """
        owed = [p for p in problems if as_decimal(_gold(p)) is None]
        replies = self._pool().run(None, [[_gold(p)] * 2 for p in owed])
        return {
            problem.id: f"math-verify does not read {_gold(problem)[:60]!r} as mathematics"
            for problem, reply in zip(owed, replies, strict=True)
            if isinstance(reply, Lost) or not reply.get("right") or reply["as_text"]
        }

    def _compared(self, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Marks]:
        """The marks of distinct (gold, answer) pairs, remembered from call to call."""
        found: dict[tuple[str, str], Marks] = {}
        owed = []
        for pair in pairs:
            marks = self._known.get(pair) or at_sight(*pair)
            if marks is None:
                owed.append(pair)
            else:
                found[pair] = marks
        if owed:
            replies = self._pool().run(None, [list(pair) for pair in owed])
            new = dict(zip(owed, map(_marks, replies), strict=True))
            if len(self._known) + len(new) > REMEMBERED:
                self._known.clear()
            self._known |= new
            found |= new
        return found

    def _pool(self) -> Pool:
        if self._started is None:
            self._started = function_pool(EQUAL, seconds=self._timeout)
        return self._started

    def close(self) -> None:
        """End the worker processes."""
        if self._started is not None:
            self._started.close()


def at_sight(gold: str, answer: str) -> Marks | None:
    """What needs no mathematics: equal forms, two plain numbers, an answer out of all measure."""
    if gold == answer:
        return "correct", ""
    if len(answer) > LONGEST_ANSWER:
        return "incorrect", "too_long"
    if _form(gold) == _form(answer):
        return "correct", ""
    if as_decimal(gold) is not None and as_decimal(answer) is not None:
        return "incorrect", ""
    return ("incorrect", "") if surely_different(gold, answer) else None


_form = lru_cache(maxsize=100_000)(mathematics)


def _answer(text: str) -> str | None:
    return marked(text) or stated(text) or last_value(text)


def _gold(problem: Problem) -> str:
    return last_boxed(problem.reference) or problem.reference.strip()


def _marks(reply: dict[str, Any] | Lost) -> Marks:
    if isinstance(reply, Lost):
        return "unscored", reply.reason
    if "lost" in reply:
        return "unscored", str(reply["lost"])
    return ("correct" if reply["right"] else "incorrect"), ""


def _with(marks: Marks, answer: str) -> tuple[Status, str, str]:
    return marks[0], answer, marks[1]


def positive(name: str, text: str) -> float:
    """A number > 0 from an option's text."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise UsageError(f"{name}={text!r}; allowed: a number > 0")
    return value
