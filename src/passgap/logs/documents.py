"""One JSON object as a log: a member of it, or the rows in one of its lists, streamed.

In: a path and a member's dotted name. Out: its value, or one dict per row, in the memory of a few.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.rows import Row, mapped, opened
from passgap.logs.streams import JsonStream


def member(path: Path, name: str) -> object:
    """The value of one member of the object in a file; None where it has none."""
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        for key in stream.members() if stream.kind() == "{" else ():
            if key == name:
                return stream.value()
    return None


def whole_object(path: Path) -> Row:
    """A small file that is one JSON object; empty where it is something else."""
    with opened(path) as file:
        return mapped(JsonStream(file, str(path)).value())


def rows_under(path: Path, name: str) -> Iterator[Row]:
    """The objects of the list at a dotted name."""
    with opened(path) as file:
        yield from _under(JsonStream(file, str(path)), name.split("."), path)


def _under(stream: JsonStream, names: list[str], path: Path) -> Iterator[Row]:
    for key in stream.members():
        if key != names[0]:
            continue
        if len(names) > 1 and stream.kind() == "{":
            yield from _under(stream, names[1:], path)
        elif len(names) == 1 and stream.kind() == "[":
            for number, _ in enumerate(stream.elements(), start=1):
                row = stream.value()
                if not isinstance(row, dict):
                    raise UsageError(f"{path} {key} element {number} is not an object with fields")
                yield row
