"""Journals: files of JSON lines that grow while something runs.

In: rows (``data.journals``). Out: the same rows. A line counts once its newline is on disk: what
follows the last newline was cut off by a kill or is still being written, and every reader ignores
it, so that its work is done again. An unreadable line before that is damage, which no kill leaves:
the error names it with the command that removes it.
"""

from __future__ import annotations

import errno
import os
import shlex
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import TypeVar

import msgspec

from passgap.data.journals import Row, StepRow
from passgap.errors import RunError, WorkError
from passgap.runs.writing import open_own, write_bytes

Kind = TypeVar("Kind", bound=Row)


def read_journal(path: Path, kind: type[Kind]) -> list[Kind]:
    """The rows of a journal, none without a file; a RunError where a line is damaged."""
    if path.exists() and not path.is_file():  # a pipe would be waited for without end
        raise RunError(f"{path} is not a regular file; remove it")
    try:
        return [row for _, row in _rows(path.read_bytes(), path, kind)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}; fix the permissions") from error


def parse_journal(data: bytes, name: object, kind: type[Kind]) -> list[Kind]:
    """The rows of a journal read from anywhere; ``name`` is used in errors."""
    return [row for _, row in _rows(data, name, kind)]


def append_row(path: Path, row: Row) -> None:
    """Add a row, after removing what a kill left of the last line.

    Raises RunError if the file is a link, WorkError if it cannot be written.
    """
    with FileIO(open_own(path), "ab") as file:
        try:
            _cut_torn_line(file.fileno())
            data = lines([row])
            if file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise WorkError(
                f"cannot write {path}: {error.strerror}; free space or fix the permissions, and "
                "run the same command again"
            ) from error


def drop_rows_after(path: Path, step: int) -> None:
    """Drop what was recorded after a training step, and what a kill left of the last line."""
    if path.is_file():
        found = _rows(path.read_bytes(), path, StepRow)
        kept = b"".join(line + b"\n" for line, row in found if row.step <= step)
        write_bytes(kept, path)


def lines(rows: Iterable[Row]) -> bytes:
    """Rows as the text of a journal."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def _rows(data: bytes, name: object, kind: type[Kind]) -> Iterator[tuple[bytes, Kind]]:
    # After the last newline there is nothing, or a line that is still being written or was cut off
    # by a kill: no reader takes it, though it may parse, because the next writer removes it. Damage
    # before it does not come from a kill, and skipping it silently would lose a row.
    decode = msgspec.json.Decoder(kind).decode
    for number, line in enumerate(data.split(b"\n")[:-1], start=1):
        if not line.strip():
            continue
        try:
            yield line, decode(line)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise RunError(
                f"line {number} of {name} is damaged ({error}); {_repair(str(name), number)}"
            ) from error


def _repair(name: str, number: int) -> str:
    if "://" in name:
        return "remove that line from the original file"
    return f"remove it with: sed -i.damaged {number}d {shlex.quote(name)}"


def _cut_torn_line(file: int) -> None:
    """Truncate an open file after its last newline."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - (1 << 16))
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    os.ftruncate(file, end)
