"""Complete Parquet shards: written under a temporary name, synced, renamed, never changed.

In: columns, and what the shard is about. Out: a file that is either absent or complete, whenever a
writer is killed; on reading, it has to be about what its name says (otherwise it is foreign),
readable to its footer (otherwise incomplete), match its page checksums (otherwise damaged) and have
the columns of its kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow
import pyarrow.parquet as pq

from passgap.errors import RunError
from passgap.runs.writing import write_whole

ABOUT = b"passgap"
NEVER_NULL = (
    "problem_id",
    "draw",
    "status",
    "text",
    "question",
    "reference",
    "verifier",
    "metadata",
)
EFFORT = ("turns", "cost")  # optional columns of completions
OPTIONAL = (*EFFORT, "images")
STRANGE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError)
UNREADABLE = (pyarrow.ArrowException, OSError, ValueError, *STRANGE)


class ShardError(RunError):
    """A shard is incomplete, damaged or foreign; ``fault`` says which, in words."""

    def __init__(self, name: str, fault: str, repair: str = "copy it again") -> None:
        self.name, self.fault, self.repair = name, fault, repair
        super().__init__(f"shard {name} {fault}; {repair}")

    def __reduce__(self) -> tuple[type[ShardError], tuple[str, str, str]]:
        return ShardError, (self.name, self.fault, self.repair)


def write_shard(
    rows: pl.DataFrame | pyarrow.Table, path: Path, *, about: Mapping[str, object] | None = None
) -> None:
    """Write one shard, with page checksums, so that ``path`` exists only when it is complete."""
    if isinstance(rows, pl.DataFrame):
        rows = rows.to_arrow(compat_level=pl.CompatLevel.oldest())
    table = rows.replace_schema_metadata({ABOUT: json.dumps(dict(about or {}), sort_keys=True)})
    write_whole(
        path,
        lambda temporary: pq.write_table(
            table, temporary, compression="zstd", write_page_checksum=True
        ),
    )


def read_shard(
    name: str,
    file: BinaryIO,
    *,
    columns: Sequence[str] | None = None,
    about: Mapping[str, object] | None = None,
    schema: Mapping[str, pl.DataType] | None = None,
    repair: str = "copy it again",
) -> pl.DataFrame:
    """Columns of a shard, as ``schema`` has them.

    A ShardError, which ends with ``repair``, if it is incomplete, damaged, or about something else.
    """
    try:
        table, claim = read_table(file, columns)
        frame = as_frame([table])
    except UNREADABLE as error:
        fault = "does not match its checksums" if "CRC" in str(error) else "is incomplete"
        raise ShardError(name, f"{fault} ({one_line(error)})", repair) from error
    if about is not None and claim != about:
        raise ShardError(name, "belongs to another run or folder", repair)
    wrong = misfit(frame, schema or {}, columns)
    if wrong:
        raise ShardError(name, wrong, repair)
    return frame.cast({k: v for k, v in (schema or {}).items() if frame.schema.get(k, v) != v})


def read_table(file: BinaryIO, columns: Sequence[str] | None) -> tuple[pyarrow.Table, object]:
    """Columns of a shard, against its checksums, and what it says that it is about; an error of
    UNREADABLE if that fails."""
    # in this thread: one of Arrow's that still holds the file's bytes at the end aborts
    parquet = pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False)
    claim = json.loads((parquet.schema_arrow.metadata or {}).get(ABOUT, b"null"))
    wanted = None if columns is None else list(columns)
    return parquet.read(columns=wanted, use_threads=False), claim


def as_frame(tables: Sequence[pyarrow.Table]) -> pl.DataFrame:
    """The rows of tables with the same columns; an error of UNREADABLE if they differ."""
    return pl.DataFrame(pl.from_arrow(pyarrow.concat_tables(tables)))


def one_line(error: BaseException) -> str:
    """The beginning of a foreign error's text."""
    return (str(error).splitlines() or [type(error).__name__])[0][:80]


def misfit(
    frame: pl.DataFrame, schema: Mapping[str, pl.DataType], columns: Sequence[str] | None
) -> str:
    """Why a frame is not of a schema, in words; empty if it is. READINGS, images and what is known
    only of trajectories may be absent."""
    for name, kind in schema.items():
        if name not in frame.columns:
            if name in OPTIONAL:
                continue
            if (columns is None and name != "readings") or name in (columns or ()):
                return f"has no column {name!r}"
            continue
        try:
            if frame.schema[name] != kind:
                frame.select(pl.col(name).cast(kind))
        except STRANGE:
            return f"has a column {name!r} of another type ({frame.schema[name]})"
        if name in NEVER_NULL and frame[name].null_count():
            return f"has no value in a row of column {name!r}"
    return ""
