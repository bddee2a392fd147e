"""Errors raised while marking: from exceptions in foreign code to one entry per kind.

A draw whose marking raised is unscored with the reason ``error``. The error is kept here, once per
kind and not once per draw, until the caller collects it (`take_failures`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import replace
from typing import Generic

from passgap.data.outcomes import Failure, Outcome
from passgap.verifiers.base import Item, Verifier
from passgap.verifiers.workers.pool import Lost, Pool, Reply


class Failures:
    """Records failures, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: list[Failure] = []

    def note(self, problem_id: str, error: str, kind: str | None = None) -> None:
        """One draw of a problem raised ``error``; its kind is the part before the colon."""
        one = Failure(kind or error.partition(":")[0], error, 1, problem_id)
        with self._lock:
            self._found = merged([*self._found, one])

    def take(self) -> list[Failure]:
        """What was recorded since it was last collected."""
        with self._lock:
            found, self._found = self._found, []
        return found


class WorkerVerifier(Verifier, Generic[Reply]):
    """A verifier with foreign code, which runs in worker processes."""

    def __init__(self, pool: Pool[Reply]) -> None:
        self._pool, self._failures = pool, Failures()

    def _unscored(self, item: Item, lost: Lost, said: str | None = None) -> Outcome:
        """A draw whose worker gave no reply; its error is recorded."""
        if lost.reason == "error":
            self._failures.note(item.problem.id, lost.error, lost.kind)
        return Outcome("unscored", said, lost.reason)

    def take_failures(self) -> list[Failure]:
        """What raised since it was last collected."""
        return self._failures.take()

    def close(self) -> None:
        """End the worker processes."""
        self._pool.close()


def merged(failures: Iterable[Failure]) -> list[Failure]:
    """One entry per kind: its first error and problem, and the draws of all."""
    found: dict[str, Failure] = {}
    for one in failures:
        first = found.get(one.kind)
        found[one.kind] = replace(first, draws=first.draws + one.draws) if first else one
    return list(found.values())


def take_failures(verifier: Verifier) -> list[Failure]:
    """What raised in a verifier since the last call; nothing for one without foreign code."""
    take = getattr(verifier, "take_failures", None)
    return list(take()) if take is not None else []
