"""A watch log that survives a full disk: rows wait in memory until they can be written.

In: the rows of reward calls. Out: a rank's files (`passgap.runs.watch`), and errors in the log
instead of exceptions in the trainer. At most WAITING_ROWS wait; beyond that the oldest are lost,
which is logged.
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

from passgap.errors import PassgapError, UsageError
from passgap.runs.parts import first_free_rank
from passgap.runs.watch import WatchLog
from passgap.training.calls import Call

WAITING_ROWS = 200_000
log = logging.getLogger("passgap.watch")


class PatientLog:
    """A `WatchLog` whose ``write`` does not raise when the disk fails."""

    def __init__(self, folder: Path, rank: int) -> None:
        self._log = WatchLog(folder, rank=rank)
        self._waiting: list[Call] = []
        self._failures = 0
        self._lost = 0

    @property
    def unwritten(self) -> int:
        """Rows that wait, or were lost."""
        return self._lost + sum(map(len, self._waiting))

    def drop_after(self, step: int) -> int:
        """As `WatchLog.drop_after`."""
        return self._log.drop_after(step)

    def write(self, call: Call | None = None) -> None:
        """Write what waited and this call; what cannot be written waits, up to a bound."""
        if call is not None and len(call):
            call.columns.setdefault("seconds", [time.time()] * len(call))
            self._waiting.append(call)
        try:
            while self._waiting:
                first = self._waiting[0]
                self._log.append(first.steps or first.step or 0, first.columns)
                del self._waiting[0]
        except (
            UsageError
        ):  # invalid rows can never be written: if kept, they would block all others
            del self._waiting[0]
            raise
        except PassgapError as error:
            self._failed(error)
        else:
            self._recovered()

    def _failed(self, error: PassgapError) -> None:
        before = self._lost
        while self._waiting and sum(map(len, self._waiting)) > WAITING_ROWS:
            self._lost += len(self._waiting.pop(0))
        self._failures += 1
        seldom = self._failures & (self._failures - 1) == 0  # the 1st, 2nd, 4th, 8th .. time
        if seldom or (self._lost and not before):
            log.error(
                "recording failed (%d times in a row), training continues: %s; %d rows wait in "
                "memory, %d are lost",
                self._failures,
                error,
                self.unwritten - self._lost,
                self._lost,
            )

    def _recovered(self) -> None:
        if self._failures:
            log.warning(
                "recording works again after %d failures; waiting rows are written, %d rows are "
                "lost",
                self._failures,
                self._lost,
            )
        self._failures = 0


def rank_of(folder: Path, rank: int | None) -> int:
    """The given rank, or the environment's, or the lowest that no other process writes."""
    if rank is not None:
        return rank
    told = os.environ.get("RANK")
    if told is None:
        return first_free_rank(folder)
    if not told.isdecimal():
        raise UsageError(f"the environment's RANK is {told!r}; allowed: an integer >= 0, or unset")
    return int(told)
