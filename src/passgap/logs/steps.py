"""The rows of one training step: each step is another policy, so several are never pooled."""

from __future__ import annotations

from passgap.errors import UsageError
from passgap.logs.base import Asked, Told
from passgap.logs.rows import Row


class OneStep:
    """Chooses the rows of one step, by the field ``name`` and ``--where name=STEP``."""

    def __init__(self, name: str, asked: Asked, told: Told) -> None:
        self._name, self._told = name, told
        wanted = dict(asked.where)
        if set(wanted) - {name}:
            raise UsageError(f"--where {next(iter(wanted))}=..; allowed here: --where {name}=..")
        self._wanted, self._first = wanted.get(name), ""

    def has(self, row: Row) -> bool:
        """Whether the row is of the step.

        Raises UsageError for rows of several steps where none was chosen.
        """
        step = str(row.get(self._name, ""))
        if self._wanted is not None:
            if step != self._wanted:
                self._told.leave_out(f"rows without {self._name}={self._wanted}", step)
            return step == self._wanted
        self._first = self._first or step
        if step != self._first:
            raise UsageError(
                f"the log has samples of several steps ({self._name} {self._first}, {step}, ..), "
                f"each a different policy; choose one with --where {self._name}={self._first}"
            )
        return True
