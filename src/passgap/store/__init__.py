"""Runs on disk: whole Parquet shards, a manifest, a lock; read from any place fsspec opens."""

from __future__ import annotations

from passgap.store.about import is_watch
from passgap.store.manifest import Manifest, Round
from passgap.store.merge import merge
from passgap.store.places import Place, is_run
from passgap.store.run import Run
from passgap.store.shards import ShardError, write_text, write_whole
from passgap.store.watch import WatchLog, read_watch

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
    "read_watch",
    "write_text",
    "write_whole",
]
