"""``gym``: reasoning-gym's own checkers, in worker processes.

In: problems made by ``gym:NAME`` (their metadata holds the entry) and completions. Out: correct if
the checker returns 1.0, incorrect below (it gives partial credit), unscored if it raises, hangs or
dies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import TypedDict

from passgap.data.identity import digest
from passgap.data.outcomes import Outcome
from passgap.data.problems import Problem
from passgap.errors import MissingExtraError, UsageError
from passgap.verifiers.base import Item, no_answer
from passgap.verifiers.candidates import visible
from passgap.verifiers.exact import marked
from passgap.verifiers.failures import WorkerVerifier
from passgap.verifiers.workers.child import function_pool
from passgap.verifiers.workers.pool import Lost

CREDIT = "passgap.verifiers.gym:credit"
TIMEOUT = 10.0  # seconds of a processor


class GymVerifier(WorkerVerifier[float]):
    r"""Takes the last ``\boxed{}``, ``<answer>`` or text after ``####``, else the last line."""

    name = "gym"

    def __init__(self) -> None:
        try:
            self._version = version("reasoning-gym")
        except PackageNotFoundError as error:
            raise MissingExtraError("reasoning-gym", "gym") from error
        super().__init__(function_pool(CREDIT, float, seconds=TIMEOUT, of_processor=True))

    @property
    def digest(self) -> str:
        return digest([self.name, 2, self._version])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in order; equal answers to one problem once."""
        answers = [_said(item.text) for item in items]
        said = [(i, a) for i, a in zip(items, answers, strict=True) if a is not None]
        entries = {item.problem.id: _entry(item.problem) for item, _ in said}
        replies = self._pool.run_each(entries, [(item.problem.id, answer) for item, answer in said])
        return [
            no_answer(item.finish_reason)
            if answer is None
            else self._outcome(item, answer, replies[item.problem.id, answer])
            for item, answer in zip(items, answers, strict=True)
        ]

    def _outcome(self, item: Item, answer: str, reply: float | Lost) -> Outcome:
        if isinstance(reply, Lost):
            return self._unscored(item, reply, answer)
        return Outcome("correct" if reply >= 1.0 else "incorrect", answer)


def _said(text: str) -> str | None:
    found = marked(visible(text))
    return found[-1].text if found else None


def _entry(problem: Problem) -> object:
    entry = problem.metadata.get("entry")
    if entry is None:
        raise UsageError(
            f"problem {problem.id} has verifier 'gym' but no entry of reasoning-gym; load it as "
            "gym:NAME"
        )
    return entry


class Entry(TypedDict):
    """A problem as reasoning-gym made it: what its checker needs."""

    question: str
    answer: str
    metadata: dict[str, object]


def prepare() -> None:
    """Import what the first answer would import, so that its time limit is not affected."""
    import reasoning_gym  # noqa: F401


def credit(entry: Entry, answer: str) -> float:
    """The score of reasoning-gym's checker, in [0, 1]; runs in a worker."""
    found = float(_checker(str(entry["metadata"]["source_dataset"]))(answer=answer, entry=entry))
    if found != found:
        raise ValueError("the checker gave nan")
    return found


@lru_cache(maxsize=200)
def _checker(name: str) -> Callable[..., float]:
    from reasoning_gym import get_score_answer_fn

    found: Callable[..., float] = get_score_answer_fn(name)
    return found
