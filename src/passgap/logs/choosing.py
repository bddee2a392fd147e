"""Which rows of a log are read: those that --where and --step choose."""

from __future__ import annotations

from passgap.errors import UsageError
from passgap.logs.base import Asked, Told
from passgap.logs.rows import Row, field
from passgap.stages.looks import flat

LISTED = 20  # values that an error can name
LONGEST = 60  # characters of each


def chosen(row: Row, asked: Asked, told: Told) -> bool:
    """Whether a row has the values of ``--where``, and is of the step of ``--step``.

    Besides its own fields it has those that the log says of it elsewhere (``told.here``).
    """
    if not asked.where and asked.step is None:
        return True
    wanted = asked.where
    if asked.step is not None and "step" in row:
        wanted = (*wanted, ("step", str(asked.step)))
    for name, value in wanted:
        here = field(row, name)
        if here is None and name not in flat(row):
            if name not in told.here:
                there = ", ".join({**told.here, **flat(row)})
                raise UsageError(f"--where {name}={value}; the fields are {there}")
            here = told.here[name]
        if not _same(here, value):
            told.leave_out(f"rows without {name}={value}", str(here))
            values = told.found.setdefault(name, {})
            if len(values) < LISTED:
                values[" ".join(str(here).split())[:LONGEST]] = None
            return False
    return True


def _same(here: object, wanted: str) -> bool:
    """Whether a value is the one that was typed; 1, 1.0 and true by their meaning."""
    if str(here) == wanted or str(here).lower() == wanted.lower() in ("true", "false"):
        return True
    try:
        return not isinstance(here, bool) and float(str(here)) == float(wanted)
    except ValueError:
        return False
