"""``gym``: reasoning-gym's own checkers, in worker processes.

In: problems made by ``gym:NAME`` (their metadata holds the entry) and completions. Out: correct
when the checker gives 1.0, incorrect below (it gives partial credit), unscored when it raises,
hangs or dies.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from passgap.data.identity import digest
from passgap.data.outcomes import Failure, Outcome
from passgap.data.problems import Problem
from passgap.errors import MissingExtraError, UsageError
from passgap.verifiers.base import Item, Verifier, no_answer
from passgap.verifiers.candidates import visible
from passgap.verifiers.exact import marked
from passgap.verifiers.failures import Failures
from passgap.verifiers.workers.child import function_pool
from passgap.verifiers.workers.pool import Lost, Pool

CREDIT = "passgap.verifiers.gym:credit"
TIMEOUT = 10.0


class GymVerifier(Verifier):
    r"""Takes the last ``\boxed{}``, ``<answer>`` or text after ``####``, else the last line."""

    name = "gym"

    def __init__(self) -> None:
        try:
            self._version = version("reasoning-gym")
        except PackageNotFoundError as error:
            raise MissingExtraError("reasoning-gym", "gym") from error
        self._started: Pool | None = None
        self._failures = Failures()

    @property
    def digest(self) -> str:
        return digest([self.name, 2, self._version])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order; equal answers to one problem once."""
        answers = [_said(item.text) for item in items]
        asked: dict[str, dict[str, Any]] = {}
        entries: dict[str, Any] = {}
        for item, answer in zip(items, answers, strict=True):
            if answer is not None:
                entries.setdefault(item.problem.id, _entry(item.problem))
                asked.setdefault(item.problem.id, {})[answer] = None
        jobs = [(entries[problem_id], list(said)) for problem_id, said in asked.items()]
        for (problem_id, said), replies in zip(
            asked.items(), self._pool().run_many(jobs), strict=True
        ):
            asked[problem_id] = dict(zip(said, replies, strict=True))
        return [
            no_answer(item.finish_reason)
            if answer is None
            else self._outcome(item, answer, asked[item.problem.id][answer])
            for item, answer in zip(items, answers, strict=True)
        ]

    def _outcome(self, item: Item, answer: str, reply: Any) -> Outcome:
        self._failures.note_reply(item.problem.id, reply)
        if isinstance(reply, Lost):
            return Outcome("unscored", answer, reply.reason)
        if isinstance(reply, dict):
            return Outcome("unscored", answer, reply["lost"])
        return Outcome("correct" if reply >= 1.0 else "incorrect", answer)

    def take_failures(self) -> list[Failure]:
        """What the checkers raised since it was taken last."""
        return self._failures.take()

    def _pool(self) -> Pool:
        if self._started is None:
            self._started = function_pool(CREDIT, seconds=TIMEOUT)
        return self._started

    def close(self) -> None:
        """End the worker processes."""
        if self._started is not None:
            self._started.close()


def _said(text: str) -> str | None:
    found = marked(visible(text))
    return found[-1].text if found else None


def _entry(problem: Problem) -> Any:
    entry = problem.metadata.get("entry")
    if entry is None:
        raise UsageError(
            f"problem {problem.id} has verifier 'gym' but no entry; load it as gym:NAME"
        )
    return entry


def credit(entry: Any, answer: str) -> float:
    """What reasoning-gym's checker gives an answer, in [0, 1]; runs in a worker."""
    found = float(_checker(entry["metadata"]["source_dataset"])(answer=answer, entry=entry))
    if found != found:
        raise ValueError("the checker gave nan")
    return found


@lru_cache(maxsize=200)
def _checker(name: str) -> Any:
    from reasoning_gym import get_score_answer_fn

    return get_score_answer_fn(name)
