"""The rows of one policy: each step, model and prompt is another, so several are never pooled."""

from __future__ import annotations

from passgap.errors import UsageError
from passgap.logs.base import Asked, Told
from passgap.logs.rows import Row, field


class OneOf:
    """Chooses rows with one value in each of some fields, by ``--where FIELD=VALUE``.

    ``what`` is what a value of the fields stands for, in errors.
    """

    def __init__(self, what: str, names: tuple[str, ...], asked: Asked, told: Told) -> None:
        self._what, self._names, self._told = what, names, told
        self._wanted = dict(asked.where)
        for name in self._wanted:
            if name not in names:
                allowed = ", ".join(f"--where {one}=VALUE" for one in names)
                raise UsageError(f"--where {name}={self._wanted[name]}; allowed here: {allowed}")
        self._first: dict[str, str] = {}

    def has(self, row: Row) -> bool:
        """Whether the row is of the policy that was chosen.

        Raises UsageError for rows of several where none was chosen.
        """
        here = {name: str(found) for name in self._names if (found := field(row, name)) is not None}
        for name, wanted in self._wanted.items():
            if here.get(name) != wanted:
                self._told.leave_out(f"rows without {name}={wanted}", here.get(name, ""))
                return False
        for name, value in here.items():
            first = self._first.setdefault(name, value)
            if value != first:
                raise UsageError(
                    f"the log has samples of several {self._what} ({name} {first}, {value}, ..), "
                    f"each a different policy; choose one with --where '{name}={first}'"
                )
        return True
