"""Runs on disk: whole Parquet shards, a manifest, a lock."""

from __future__ import annotations

from passgap.store.manifest import Manifest, read_manifest
from passgap.store.run import Run
from passgap.store.shards import write_shard, write_text, write_whole

__all__ = ["Manifest", "Run", "read_manifest", "write_shard", "write_text", "write_whole"]
