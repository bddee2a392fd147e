"""The rows of a log file, streamed: JSON lines, a JSON array, CSV, TSV or Parquet, also gzipped.

In: a path. Out: one dict per row, in the memory of a few; a bad line is named. Texts are UTF-8 or
UTF-16, with or without a byte order mark.
"""

from __future__ import annotations

import gzip
import io
import json
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TextIO

import msgspec
import polars as pl

from passgap.errors import UsageError
from passgap.logs.streams import SPACE, JsonStream, read_line
from passgap.stages.counting import csv_header

Row = dict[str, object]
BATCH = 512
JSON_LINES = (".jsonl", ".ndjson")
TABLES = (".csv", ".tsv")
SUFFIXES = (*JSON_LINES, ".json", *TABLES, ".parquet")
_DECODE = msgspec.json.Decoder().decode
BYTE_ORDER = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def ending(path: Path) -> str:
    """The suffix that gives a file's format, without ``.gz``."""
    return Path(path.name.removesuffix(".gz")).suffix.lower()


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """A text file, gzipped or not."""
    with ExitStack() as held:
        raw = held.enter_context(path.open("rb"))
        unpacked = held.enter_context(gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw
        try:
            encoding = _encoding(unpacked.peek(4))
            yield held.enter_context(io.TextIOWrapper(unpacked, encoding=encoding, newline=""))
        except (UnicodeDecodeError, EOFError, gzip.BadGzipFile) as error:
            raise UsageError(f"{path} cannot be read ({error}); copy the log again") from error


def _encoding(start: bytes) -> str:
    """The encoding that the first bytes of a file show."""
    marked = next((name for mark, name in BYTE_ORDER.items() if start.startswith(mark)), None)
    return marked or ("utf-16-le" if start[1:2] == b"\0" else "utf-8")


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, by its suffix.

    Raises UsageError for another suffix, or naming the line that is not a JSON object.
    """
    form = ending(path)
    if form in JSON_LINES:
        return read_lines(path)
    if form == ".json":
        return read_array(path)
    if form == ".parquet":
        return _batches(path, pl.scan_parquet(path))
    if form in TABLES:
        return _batches(path, _table(path))
    raise UsageError(
        f"{path} ends in {form!r}; allowed: {', '.join(SUFFIXES)}, each also with .gz for text"
    )


def _table(path: Path) -> pl.LazyFrame:
    """A text table whose columns stand between tabs, or what its header separates names by."""
    with opened(path) as file:
        line = file.readline()
        marks = ("\t",) if ending(path) == ".tsv" else (",", ";", "\t")
        separator = max(marks, key=line.count)
        if file.encoding.startswith("utf-16") or path.suffix == ".gz":
            content = io.BytesIO((line + file.read()).encode())
            return pl.read_csv(content, infer_schema=False, separator=separator).lazy()
    return pl.scan_csv(path, infer_schema=False, separator=separator)


def read_lines(path: Path) -> Iterator[Row]:
    """The objects of a file, one per line; empty lines are skipped.

    A JSON array under the name of JSON lines is read as the array it is.
    """
    if starts_with(path) == "[":
        yield from read_array(path)
        return
    with opened(path) as file:
        lines = filled_lines(file, path)
        for number, line in lines:
            try:
                row = decoded(line)
            except (ValueError, RecursionError) as error:
                last = next(lines, None) is None
                raise UsageError(_not_json(path, number, error, last=last)) from error
            if not isinstance(row, dict):
                raise UsageError(
                    f"{path} line {number} is not a JSON object with fields; correct or remove it"
                )
            yield row


def decoded(text: str | bytes) -> object:
    """The value of a JSON text.

    Infinite numbers, nan, lone surrogates and what is wrong are left to the standard library, which
    takes four times as long.
    """
    try:
        return _DECODE(text)
    except (msgspec.DecodeError, RecursionError):
        return json.loads(text)


def _not_json(path: Path, number: int, error: Exception, *, last: bool) -> str:
    """What to say about a line that is not JSON; only an interrupted writer's can be cut off."""
    told = f"{path} line {number} is not JSON ({error})"
    if number == 1:
        return f"{told}; JSON lines need one whole object per line: export the log again"
    if not last:
        return f"{told}; correct that line, or export the log again"
    whole = path.with_name(f"whole-{path.name.removesuffix('.gz')}")
    reader = "zcat" if path.suffix == ".gz" else "cat"
    before = number - 1
    return (
        f"{told}; it is the last line, as an interrupted writer leaves it: let the writer finish, "
        f"or keep the lines before it: {reader} {shlex.quote(str(path))} | head -n {before} > "
        f"{shlex.quote(str(whole))}"
    )


def starts_with(path: Path) -> str:
    """The first character of a text file other than a space; empty if it has none."""
    with opened(path) as file:
        while text := file.read(BATCH):
            if begun := text.lstrip(SPACE):
                return begun[0]
    return ""


def read_array(path: Path) -> Iterator[Row]:
    """The objects of JSON arrays (or of JSON lines in a .json file)."""
    if starts_with(path) != "[":
        yield from read_lines(path)
        return
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        number = 0
        while stream.kind():
            for _ in stream.elements():
                number += 1
                row = stream.value()
                if not isinstance(row, dict):
                    raise UsageError(
                        f"{path} element {number} is not a JSON object with fields; correct or "
                        "remove it"
                    )
                yield row


def header(path: Path) -> list[str]:
    """The names of the first row's fields, including repeated ones."""
    form = ending(path)
    if form == ".csv":
        return csv_header(path)
    if form not in (*JSON_LINES, ".json"):
        return list(first_row(path))
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        if stream.kind() == "[":
            next(stream.elements(), None)
        return list(stream.members())


def filled_lines(file: TextIO, path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that are not empty, by their numbers; TooLargeError for a huge one."""
    for number in count(1):
        line = read_line(file, str(path), number)
        if not line:
            return
        if not line.isspace():
            yield number, line


def first_row(path: Path) -> Row:
    """The first row of a file; empty if it has none."""
    return next(read_rows(path), {})


def _batches(path: Path, lazy: pl.LazyFrame) -> Iterator[Row]:
    try:
        for frame in lazy.collect_batches(chunk_size=BATCH, maintain_order=True):
            yield from frame.iter_rows(named=True)
    except pl.exceptions.PolarsError as error:
        raise UsageError(
            f"{path} cannot be read as {ending(path)} ({str(error).splitlines()[0]}); copy the log "
            "again"
        ) from error


def numbered(
    files: Sequence[Path], read: Callable[[Path], Iterator[Row]]
) -> Iterator[tuple[int, str, Row]]:
    """The rows of all files: the file's position, the row's place (for errors), the row."""
    for position, path in enumerate(files):
        unit = "line" if read is read_lines else "row"
        for number, row in enumerate(read(path), start=1):
            yield position, f"{path.name} {unit} {number}", row


def mapped(value: object) -> Row:
    """An object of a log; empty if it is not one."""
    return value if isinstance(value, dict) else {}


def several(value: object) -> list[object]:
    """A list of a log; empty if it is not one."""
    return list(value) if isinstance(value, list | tuple) else []


def whole(value: object) -> int:
    """A count of a log; 0 if it has none."""
    return int(value) if isinstance(value, int | float | str) and value != "" else 0


def field(row: object, path: str) -> object:
    """The value at a dotted path; through a list, the list of its values; None if absent."""
    if isinstance(row, dict) and path in row:
        return row[path]
    for name in path.split("."):
        if isinstance(row, list):
            row = [one.get(name) if isinstance(one, dict) else None for one in row]
        elif isinstance(row, dict):
            row = row.get(name)
        else:
            return None
    return row
