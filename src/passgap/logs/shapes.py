"""The shapes that a table in JSON comes in, each brought to rows.

In: a file. Out: its rows, one per sample or problem. Besides rows as they are: rows under a key of
one object, an object of columns, an object keyed by problem (of rows, lists of rows, lists of texts
or marks), several such objects side by side, a table of columns and data, a list of lists of texts,
and rows that hold their samples as a list of objects. What was guessed is said.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs import streams
from passgap.logs.documents import rows_under
from passgap.logs.rows import (
    JSON_LINES,
    Row,
    ending,
    field,
    filled_lines,
    opened,
    read_lines,
    read_rows,
)
from passgap.logs.streams import JsonStream, TooLargeError
from passgap.stages import looks
from passgap.stages.policies import names_a_policy, scalars

PACKED = 1100  # a .gz unpacks to no more than this many times its size
ID = "problem_id"
TEXTS, MARKS = "completion", "correct"
USUAL = frozenset(
    (*looks.IDS, *looks.OTHER_IDS, *looks.TEXTS, *looks.LABELS, *looks.OTHER_LABELS)
) | {*looks.QUESTIONS, *looks.ANSWERS, *looks.TOTALS, *looks.HITS}
Say = Callable[[str], None]


def shaped(path: Path, key: str | None, say: Say) -> Iterator[Row]:
    """The rows of a file of any shape; ``key`` is where one object has them, ``say`` takes notes.

    Raises UsageError for a file with no rows, or several lists that could be them.
    """
    if ending(path) not in (*JSON_LINES, ".json"):
        yield from read_rows(path)
        return
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        if stream.kind() == "[":
            yield from _array(stream, path, key, say)
            return
    stat = path.stat()
    if (large := _large_object(path, stat.st_size, stat.st_mtime_ns)) is not None:
        yield from _streamed(path, large, key, say)
        return
    if key is None and _is_lines(path):
        yield from read_lines(path)
        return
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        objects: list[Row] = []
        try:
            while stream.kind():
                objects.append(_object(stream.value(), path, len(objects) + 1))
        except TooLargeError:
            _refuse_member(path)
            raise
    if len(objects) == 1:
        yield from _document(objects[0], path, key, say)
    else:  # one row after the other, each over several lines
        yield from objects


def _object(value: object, path: Path, number: int) -> Row:
    if not isinstance(value, dict):
        raise UsageError(f"{path} element {number} is not a JSON object with fields")
    return value


def _is_lines(path: Path) -> bool:
    """Whether a file has an object in its first line and more lines after it."""
    first = ""
    with opened(path) as file:
        lines = filled_lines(file, path)
        try:
            _, first = next(lines, (0, ""))
            json.loads(first)
            return next(lines, None) is not None
        except TooLargeError:
            return bool(first) or ending(path) in JSON_LINES
        except (ValueError, RecursionError):
            return ending(path) in JSON_LINES and first.strip() != "{"


def _array(stream: JsonStream, path: Path, key: str | None, say: Say) -> Iterator[Row]:
    if key is not None:
        raise UsageError(f"--rows {key}: {path} is a list of rows; leave --rows out")
    number = 0
    while stream.kind():
        for _ in stream.elements():
            number += 1
            value = stream.value()
            if isinstance(value, list):
                say("problems are lists without a name, numbered in their order")
                value = {ID: f"#{number}", **_listed(value)}
            yield _object(value, path, number)


def is_unnamed(row: Row) -> bool:
    """Whether a row is a list that did not name its problem: it has only a number."""
    return len(row) == 2 and row.get(ID) == "#1" and (TEXTS in row or MARKS in row)


def _listed(values: Sequence[object]) -> Row:
    """A list that a problem has: its marks or its texts."""
    marks = bool(values) and all(one is None or looks.is_mark(one) for one in values)
    return {MARKS if marks else TEXTS: list(values)}


def _document(found: Row, path: Path, key: str | None, say: Say) -> Iterator[Row]:
    """The rows of one object."""
    if key is not None:
        value = field(found, key)
        if not isinstance(value, list | dict):
            keys = ", ".join(_lists(found)) or "none"
            raise UsageError(f"--rows {key}: {path} has no list there; its lists of rows: {keys}")
        yield from _under(value, found)
        return
    rows = _columns(found) or _keyed(found) or _beside(found)
    if rows is not None:
        say(f"{path.name} is one object: {rows[0]}")
        yield from rows[1]
        return
    lists = {} if _is_problem(found) else _lists(found)
    likely = {name: of for name, of in lists.items() if _look_like_rows(_mapped(of)[:3])}
    lists = likely if len(likely) == 1 else lists
    if len(lists) > 1:
        some = "; ".join(f"--rows {name} ({len(value)})" for name, value in lists.items())
        raise UsageError(f"{path} has several lists of rows; choose one with {some}")
    for name, value in lists.items():
        say(f"the rows stand under {name}")
        yield from _under(value, found)
        return
    yield found


@lru_cache(maxsize=4)  # every format looks at the file
def _large_object(path: Path, size: int, changed: int) -> Row | None:
    """The members of one object that cannot be read at once, a list as an empty one.

    None for any other file.
    """
    if size * (PACKED if path.suffix == ".gz" else 1) <= streams.LARGEST:
        return None
    with opened(path) as file, suppress(UsageError):  # the reader of the whole tells what is wrong
        stream = JsonStream(file, str(path))
        found = _members(stream)
        if not stream.kind() and stream.read > streams.LARGEST:
            return found
    return None


def _members(stream: JsonStream) -> Row:
    return {name: [] if stream.kind() == "[" else stream.value() for name in stream.members()}


def _refuse_member(path: Path) -> None:
    """Refuse (TooLargeError) an object by the member that is too large, if one is."""
    with opened(path) as file:
        _members(JsonStream(file, str(path)))


def _streamed(path: Path, large: Row, key: str | None, say: Say) -> Iterator[Row]:
    """The rows in a list of such an object."""
    lists = [name for name, value in large.items() if isinstance(value, list)]
    if key is None and len(lists) != 1:
        some = ", ".join(f"--rows {name}" for name in lists)
        raise UsageError(f"{path} has {len(lists)} lists that may be its rows; choose one: {some}")
    if key is None:
        say(f"the rows stand under {lists[0]}")
    shared = _of_policy(large)
    for row in rows_under(path, key or lists[0]):
        yield {**shared, **row}


def _of_policy(about: Row) -> Row:
    """What an object says about the policy of all its rows."""
    return {k: v for k, v in scalars(about).items() if names_a_policy(k) and v is not None}


def _is_problem(found: Row) -> bool:
    """Whether an object is one problem with its samples, which then do not name it themselves."""
    names = {looks.leaf(name) for name in found}
    within = {looks.leaf(name) for rows in _lists(found).values() for name in _mapped(rows)[:1][0]}
    asks = {*looks.QUESTIONS, *looks.OTHER_QUESTIONS}
    return bool(names & asks or (names & {*looks.IDS, *looks.OTHER_IDS})) and not within & {
        *looks.IDS,
        *looks.OTHER_IDS,
        *asks,
    }


def _lists(found: Row, within: str = "", depth: int = 1) -> dict[str, list[object]]:
    """The lists of rows within an object, by their dotted keys; an object of rows is one, too."""
    lists: dict[str, list[object]] = {}
    for name, value in found.items():
        if is_rows(value) and isinstance(value, list):
            lists[within + name] = value
        elif isinstance(value, dict) and (keyed := _keyed(value)):
            lists[within + name] = list(keyed[1])
        elif isinstance(value, dict) and depth:
            lists |= _lists(value, f"{within}{name}.", depth - 1)
    return lists


def _under(value: object, about: Row) -> Iterator[Row]:
    """Rows under a key, with what the object says about the policy of all of them."""
    shared = _of_policy(about)
    keyed = _columns(value) or _keyed(value) if isinstance(value, dict) else None
    rows = keyed[1] if keyed else value if isinstance(value, list) else [value]
    for number, row in enumerate(rows, start=1):
        one = _listed(row) if isinstance(row, list) else row
        if not isinstance(one, dict):
            raise UsageError(f"row {number} under the key is not a JSON object with fields")
        yield {**shared, **one}


def is_one_row(path: Path) -> bool:
    """Whether a file is one JSON object that is a row itself, such as one problem's."""
    if ending(path) != ".json":
        return False
    notes: list[str] = []
    rows = list(islice(shaped(path, None, notes.append), 2))
    return len(rows) == 1 and not notes


def is_rows(value: object) -> bool:
    """Whether a value is a list of objects which are not the messages of a conversation."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and "role" not in one for one in value)
    )


Rows = tuple[str, Iterator[Row]]


def _columns(found: Row) -> Rows | None:
    """An object of columns: lists of one length, pandas' objects by row, or columns and data."""
    names, data = found.get("columns"), found.get("data")
    if isinstance(names, list) and isinstance(data, list) and all(map(_is_list, data)):
        return "columns and data", (
            dict(zip(map(str, names), row, strict=False)) for row in data if isinstance(row, list)
        )
    values = list(found.values())
    if len(values) < 2 or not USUAL & {looks.leaf(name) for name in found}:
        return None
    if all(map(_is_list, values)):
        lists = [value for value in values if isinstance(value, list)]
        if len({len(one) for one in lists}) == 1:
            return "columns", (
                dict(zip(found, row, strict=True)) for row in zip(*lists, strict=True)
            )
    if all(isinstance(value, dict) and value for value in values):
        members = [value for value in values if isinstance(value, dict)]
        if all(one.keys() == members[0].keys() for one in members):
            indices = list(members[0])
            if all(str(one).isdecimal() for one in indices):
                return "columns", (
                    {name: one[at] for name, one in zip(found, members, strict=True)}
                    for at in indices
                )
    return None


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _keyed(found: Row) -> Rows | None:
    """An object from problem to its row, rows, texts or marks."""
    values = list(found.values())
    if not values:
        return None
    if all(isinstance(value, dict) and value for value in values):
        if not _alike([value for value in values if isinstance(value, dict)]):
            return None
        return "a row per problem", (_named(key, row) for key, row in found.items())
    if all(map(is_rows, values)):
        if USUAL & {looks.leaf(name) for name in found} or len(values) < 2:
            return None
        if not _alike([_mapped(value)[0] for value in values]):
            return None
        return "a list of rows per problem", (
            _named(key, row) for key, rows in found.items() for row in _mapped(rows)
        )
    if all(isinstance(value, list) and value and _scalars(value) for value in values):
        if USUAL & {looks.leaf(name) for name in found}:
            return None
        return "a list per problem", (
            {ID: key, **_listed(value)} for key, value in found.items() if isinstance(value, list)
        )
    if len(values) > 1 and all(isinstance(value, bool) for value in values):
        return "a mark per problem", ({ID: key, MARKS: value} for key, value in found.items())
    return None


def _alike(rows: Sequence[Row]) -> bool:
    """Whether objects are rows of one table: they share fields, one of them of a sample."""
    shared = set(rows[0]).intersection(*rows)
    return 2 * len(shared) >= len(set().union(*rows)) and _look_like_rows(rows)


def _look_like_rows(rows: Sequence[Mapping[str, object]]) -> bool:
    """Whether objects have a field of a sample, and are not settings side by side."""
    names = {looks.leaf(name) for row in rows for name in looks.flat(row)}
    return bool(names & {*looks.TEXTS, *looks.LABELS, *looks.OTHER_LABELS, *looks.HITS})


def _mapped(rows: object) -> list[Row]:
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _named(key: str, row: object) -> Row:
    return {ID: key, **row} if isinstance(row, dict) else {ID: key}


def _scalars(values: Sequence[object]) -> bool:
    return all(one is None or isinstance(one, str | int | float) for one in values)


def _beside(found: Row) -> Rows | None:
    """Several objects by problem side by side, such as texts and marks."""
    objects = {
        name: value
        for name, value in found.items()
        if isinstance(value, dict)
        and value
        and all(isinstance(one, list) and _scalars(one) for one in value.values())
    }
    if len(objects) < 2:
        return None
    first = next(iter(objects.values()))
    if any(one.keys() != first.keys() for one in objects.values()):
        return None
    return f"{' and '.join(objects)} by problem", (
        {ID: key, **{name: one[key] for name, one in objects.items()}} for key in first
    )


def _beside_texts(row: Row, samples: int, wanted: Sequence[str | None]) -> bool:
    """Whether the texts of the samples stand in a list of their own, beside the objects."""
    return any(
        isinstance(value, list) and len(value) == samples and all(isinstance(t, str) for t in value)
        for name, value in row.items()
        if name in wanted or looks.leaf(name) in looks.TEXTS
    )


def spread(row: Row, wanted: Sequence[str | None]) -> Iterator[Row]:
    """A row for each sample that the row holds as a list of objects; else the row itself.

    ``wanted`` are the (dotted) fields that were named; the list is the one they go through, or the
    only one whose objects have a usual text or mark.
    """
    lists = [name for name, value in row.items() if is_rows(value)]
    named = [name for name in lists if any((one or "").startswith(f"{name}.") for one in wanted)]
    chosen = named or [name for name in lists if _look_like_rows(_mapped(row[name])[:3])]
    if len(chosen) != 1 or _beside_texts(row, len(_mapped(row[chosen[0]])), wanted):
        yield row
        return
    for one in _mapped(row[chosen[0]]):
        yield {**row, chosen[0]: one}
