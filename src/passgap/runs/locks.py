"""One writer: a lock for as long as a block of code, or for as long as the process.

In: a folder. Out: the lock; a RunError for a second writer, and for a link in place of the lock
file, whose target is not touched; a WorkError where the folder cannot be written.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from passgap.errors import RunError
from passgap.runs.names import LOCK_FILE
from passgap.runs.writing import open_own

_HELD: dict[tuple[int, Path], int] = {}  # of this process: a lock lasts as long as it does


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the writer's lock of a run; a second one in this process is refused too."""
    with FileIO(open_own(folder / LOCK_FILE), "ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RunError(
                f"{folder} is being written by another process; wait until it ends, or give "
                "another --out"
            ) from error
        yield


def hold(folder: Path) -> None:
    """Lock a folder for this process (a POSIX lock: children do not inherit it)."""
    key = (os.getpid(), folder.absolute())
    if key in _HELD and (folder / LOCK_FILE).exists():
        return
    descriptor = open_own(folder / LOCK_FILE)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise RunError(
            f"{folder} is being written by another process; give each process its own rank"
        ) from error
    _HELD[key] = descriptor
