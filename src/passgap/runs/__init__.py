"""Runs on disk: complete Parquet shards, a manifest, a lock; readable from any place fsspec
opens."""

from __future__ import annotations

from passgap.runs.about import is_watch
from passgap.runs.manifest import Manifest, Round
from passgap.runs.merge import merge
from passgap.runs.places import Place, is_run
from passgap.runs.run import Run, opened
from passgap.runs.shards import ShardError
from passgap.runs.watch import WatchLog, read_watch
from passgap.runs.writing import new_folder, write_bytes, write_from, write_text, write_whole

__all__ = [
    "Manifest",
    "Place",
    "Round",
    "Run",
    "ShardError",
    "WatchLog",
    "is_run",
    "is_watch",
    "merge",
    "new_folder",
    "opened",
    "read_watch",
    "write_bytes",
    "write_from",
    "write_text",
    "write_whole",
]
