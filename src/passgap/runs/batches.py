"""Many shards at once, in bounded memory.

In: a run, names of shards, the wanted columns; ``readings.any`` is a field of a column. Out: frames
of about `ROWS` rows, in block order.

Shards that hold what passgap writes (the schema's own types, all pairs of their blocks in order)
are recognised many at once. Where one of a batch is not like that, each is judged by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl
import pyarrow

from passgap.errors import PassgapError
from passgap.runs.frames import COMPLETION_SCHEMA, OUTCOME_SCHEMA, beside, in_order
from passgap.runs.names import COMPLETIONS, OUTCOMES
from passgap.runs.run import STATUSES, Run
from passgap.runs.shards import UNREADABLE, as_frame, misfit, read_table

ROWS = 1 << 18
READERS = 16
FEW = 1 << 15  # rows whose texts are held at once
KEYS = ["problem_id", "draw"]

In = TypeVar("In")
Out = TypeVar("Out")


def threaded(run: Run, function: Callable[[In], Out], items: Sequence[In]) -> Iterator[Out]:
    """`map`; over a network by threads, which mostly wait. On a disk they would contend."""
    if run.place.local is not None:
        yield from map(function, items)
        return
    with ThreadPoolExecutor(READERS) as threads:
        yield from threads.map(function, items)


def batched(run: Run, names: Iterable[str], rows: int = ROWS) -> Iterator[list[str]]:
    """Names of shards in lists of about so many rows."""
    part: list[str] = []
    held = 0
    for name in names:
        part.append(name)
        held += run.blocks[name].completions
        if held >= rows:
            yield part
            part, held = [], 0
    if part:
        yield part


def marked_batches(
    run: Run, verifier_digest: str, names: Sequence[str], outcomes: Sequence[str], *more: str
) -> Iterator[pl.DataFrame]:
    """Columns of the outcomes of these shards, and ``more`` of their completions.

    Keys come first. Shards are checked as they are read; a ShardError for a bad one.
    """
    for part in batched(run, names):
        yield marked_frame(run, verifier_digest, part, outcomes, *more)


def marked_frame(
    run: Run, verifier_digest: str, names: Sequence[str], outcomes: Sequence[str], *more: str
) -> pl.DataFrame:
    """The same of a few shards in one frame."""
    marks = outcomes_of(run, verifier_digest, names, [*KEYS, *outcomes])
    return beside(marks, completions_of(run, names, [*KEYS, *more]))


def outcome_batches(
    run: Run, verifier_digest: str, names: Sequence[str], columns: Sequence[str]
) -> Iterator[pl.DataFrame]:
    """Columns of the outcomes of these shards, checked as they are read."""
    keyed = list(dict.fromkeys([*KEYS, *columns]))
    for part in batched(run, names):
        yield outcomes_of(run, verifier_digest, part, keyed).select(columns)


def outcomes_about(
    run: Run, verifier_digest: str, problem_ids: Collection[str], columns: Sequence[str]
) -> pl.DataFrame:
    """Columns of the outcomes of these problems, the id among them; only their shards are read."""
    wanted = set(problem_ids)
    marked = run.outcome_names(verifier_digest)
    names = [
        name
        for name, block in run.blocks.items()
        if name in marked and not wanted.isdisjoint(block.problem_ids)
    ]
    mine = pl.col("problem_id").is_in(list(wanted))
    empty = pl.DataFrame(schema={name: OUTCOME_SCHEMA[name] for name in columns})
    batches = outcome_batches(run, verifier_digest, names, columns)
    return pl.concat([empty, *(frame.filter(mine) for frame in batches)])


def with_texts(run: Run, samples: pl.DataFrame) -> pl.DataFrame:
    """Samples, by their keys, with the column ``text``; only their shards are read."""
    draws: dict[str, list[int]] = {}
    for problem_id, draw in samples.select(KEYS).iter_rows():
        draws.setdefault(problem_id, []).append(draw)
    names = [
        name
        for name, block in run.blocks.items()
        if any(
            0 <= d - block.first_draw < block.size
            for i in block.problem_ids
            for d in draws.get(i, ())
        )
    ]
    columns = [*KEYS, "text"]
    empty = samples.clear().select(*KEYS, pl.lit("").alias("text"), pl.exclude(KEYS))
    parts = (completions_of(run, part, columns) for part in batched(run, names, FEW))
    return pl.concat([empty, *(part.join(samples, on=KEYS) for part in parts)])


def completions_of(run: Run, names: Sequence[str], columns: Sequence[str]) -> pl.DataFrame:
    """Columns of these shards, the keys among them; a ShardError for a bad one."""
    found = _recognised(run, COMPLETIONS, names, COMPLETION_SCHEMA, columns)
    if found is not None:
        return found
    return pl.concat(threaded(run, lambda name: run.read_completions(name, columns), names))


def outcomes_of(
    run: Run, verifier_digest: str, names: Sequence[str], columns: Sequence[str]
) -> pl.DataFrame:
    """Columns of the outcomes of these shards, the keys among them; a ShardError for a bad one."""
    folder = f"{OUTCOMES}/{verifier_digest}"
    found = _recognised(run, folder, names, OUTCOME_SCHEMA, columns)
    if found is not None and found["status"].is_in(STATUSES).all():
        return found
    wanted = [pl.col(n).cast(kind) for n, kind in _kinds(OUTCOME_SCHEMA, columns).items()]
    each = threaded(
        run, lambda name: run.read_outcomes(verifier_digest, name).select(wanted), names
    )
    return pl.concat(each)


def _recognised(
    run: Run,
    folder: str,
    names: Sequence[str],
    schema: Mapping[str, pl.DataType],
    columns: Sequence[str],
) -> pl.DataFrame | None:
    """These shards in one frame if all of them hold what passgap writes, else None."""

    def read(name: str) -> pyarrow.Table:
        with run.place.open(f"{folder}/{name}") as file:
            table, claim = read_table(file, columns)
        if claim != run.about(name):
            raise ValueError(name)
        return table

    kinds = _kinds(schema, columns)
    try:
        frame = as_frame(list(threaded(run, read, names))).select(list(kinds))
    except (*UNREADABLE, PassgapError):
        return None
    if frame.schema != kinds or misfit(frame, kinds, list(kinds)):
        return None
    return frame if in_order([run.blocks[name] for name in names], frame) else None


def _kinds(schema: Mapping[str, pl.DataType], columns: Sequence[str]) -> dict[str, pl.DataType]:
    """The types of columns, and of a column of which only some fields are wanted."""
    fields: dict[str, set[str]] = {}
    for column in columns:
        name, _, part = column.partition(".")
        fields.setdefault(name, set()).update({part} - {""})
    kinds: dict[str, pl.DataType] = {}
    for name, parts in fields.items():
        kind = schema[name]
        if parts and isinstance(kind, pl.Struct):
            kind = pl.Struct([field for field in kind.fields if field.name in parts])
        kinds[name] = kind
    return kinds
