"""A request that training stops, left beside its record. In: why, at which step. Out: a file that
the trainer looks for after every step.

``stop.json`` in the watch folder. A file of this name is enough, such as one made by hand; what it
says is only told.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from passgap.errors import RunError
from passgap.runs.documents import decoded, write_json
from passgap.runs.writing import own

STOP_FILE = "stop.json"
SCHEMA = "passgap.stop/1"


class Stop(msgspec.Struct, frozen=True):
    """Which early warning asks for it, on what evidence, and the last step that was seen."""

    warning: str
    evidence: str
    step: int


def request_stop(watch: Path, stop: Stop) -> Path:
    """Leave the request in a watch folder."""
    place = own(watch, STOP_FILE)
    write_json(place, {"schema": SCHEMA, **msgspec.to_builtins(stop)})
    return place


def should_stop(watch: Path) -> bool:
    """Whether there is one."""
    return (watch / STOP_FILE).is_file()


def stopped_by(watch: Path) -> str | None:
    """The warning that asks for it, or the file's name where it was made by hand; None without."""
    if not should_stop(watch):
        return None
    path = watch / STOP_FILE
    try:
        return decoded(path.read_bytes(), path, Stop, SCHEMA, "remove it").warning
    except RunError:  # a training that has ended is saved, whatever this file holds
        return STOP_FILE
