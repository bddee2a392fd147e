"""Runs on disk: whole Parquet shards, a manifest, a lock."""
