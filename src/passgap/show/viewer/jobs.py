"""Slow work in the background: started once for a key, checked by every request.

In: a key that changes whenever the answer would, and a function. Out: the answer when it is there.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TypeVar, cast

Answer = TypeVar("Answer")
KEPT = 256


class Jobs:
    """Answers by key, the last ``kept`` of them, worked out one at a time."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        # One at a time: a job reads whole runs, and two at once would take twice the memory and
        # make the pages wait longer.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="passgap-view")
        self._jobs: OrderedDict[Hashable, Future[object]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(
        self, key: Hashable, work: Callable[[], Answer], seconds: float = 0.0
    ) -> Future[Answer]:
        """The job of this key, begun if it is new, waited for no longer than ``seconds``."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                job = self._jobs[key] = self._pool.submit(work)
                self._forget()
            self._jobs.move_to_end(key)
        if seconds > 0:
            wait([job], timeout=seconds)
        return cast("Future[Answer]", job)  # a key belongs to one kind of work

    def known(self, key: Hashable) -> Future[Answer] | None:
        """The job of this key if it was begun."""
        with self._lock:
            return cast("Future[Answer] | None", self._jobs.get(key))

    def waiting(self) -> int:
        """How many jobs are not done."""
        with self._lock:
            return sum(1 for job in self._jobs.values() if not job.done())

    def stop(self) -> None:
        """Begin nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _forget(self) -> None:
        done = [key for key, job in self._jobs.items() if job.done()]
        for key in done[: max(0, len(self._jobs) - self._kept)]:
            del self._jobs[key]
