"""Complete Parquet shards: written under a temporary name, synced, renamed, never changed.

In: columns, and what the shard is about. Out: a file that is either absent or complete, whenever a
writer is killed; on reading, it has to be about what its name says (otherwise it is foreign),
readable to its footer (otherwise incomplete) and match its page checksums (otherwise damaged).
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


class ShardError(RunError):
    """A shard is incomplete, damaged or foreign; ``fault`` says which, in words."""

    def __init__(self, name: str, fault: str) -> None:
        self.fault = fault
        super().__init__(
            f"shard {name} {fault}; rerun the passgap sample command that made the run to sample "
            "it again"
        )


def write_shard(
    frame: pl.DataFrame, path: Path, *, about: Mapping[str, object] | None = None
) -> None:
    """Write one shard, with page checksums, so that ``path`` exists only when it is complete."""
    table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
    table = table.replace_schema_metadata({ABOUT: json.dumps(dict(about or {}), sort_keys=True)})
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
) -> pl.DataFrame:
    """Columns of a shard; a ShardError if it is incomplete, damaged, or about something else."""
    return pl.DataFrame(pl.from_arrow(read_table(name, file, columns=columns, about=about)))


def read_table(
    name: str,
    file: BinaryIO,
    *,
    columns: Sequence[str] | None = None,
    about: Mapping[str, object] | None = None,
) -> pyarrow.Table:
    """The same as Arrow has it: many shards become one frame faster together."""
    try:
        # in this thread: one of Arrow's that still holds the file's bytes at the end aborts
        parquet = pq.ParquetFile(file, page_checksum_verification=True, pre_buffer=False)
        claim = json.loads((parquet.schema_arrow.metadata or {}).get(ABOUT, b"null"))
        if about is not None and claim != about:
            raise ShardError(name, "belongs to another run or folder")
        wanted = None if columns is None else list(columns)
        return parquet.read(columns=wanted, use_threads=False)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        fault = "does not match its checksums" if "CRC" in str(error) else "is incomplete"
        raise ShardError(name, f"{fault} ({str(error).splitlines()[0][:80]})") from error
