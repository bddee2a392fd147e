"""Whole Parquet shards: written under a temporary name, synced, renamed, never changed.

In: columns. Out: a file that is either absent or complete, at whatever instant a writer is killed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl

from passgap.errors import WorkError


def write_shard(frame: pl.DataFrame, path: Path) -> None:
    """Write one shard so that ``path`` exists only when it is whole and on disk."""
    write_whole(path, lambda temporary: frame.write_parquet(temporary))


def write_text(text: str, path: Path) -> None:
    """The same for a small text file."""
    write_whole(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Run ``write(temporary_path)``, sync what it wrote and rename it to ``path``."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        _sync(temporary)
        os.replace(temporary, path)
        _sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise WorkError(
            f"cannot write {path}: {error.strerror or error}; what was written before is whole, "
            "free the space or fix the permission and run the same command again"
        ) from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
