"""TRL: JSONL and Parquet, and one script to run and adapt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from passgap.launch.base import (
    KNOWN,
    MESSAGES,
    Launcher,
    Split,
    rendered,
    write_jsonl,
    write_parquet,
)
from passgap.launch.rows import Row
from passgap.training.foreign import CARRIED


def data(rows: Sequence[Row], folder: Path, name: str, split: Split, source: str) -> list[Path]:
    """JSONL and Parquet: ``prompt``, the problem in flat columns, what is known about it."""
    given = [
        {
            "prompt": row.messages if row.prompt.messages else row.prompt.text,
            "split": split,
            **row.carried,
            **row.known,
        }
        for row in rows
    ]
    prompt = MESSAGES if any(row.prompt.messages for row in rows) else pl.String
    strings = dict.fromkeys(("split", *CARRIED), pl.String)
    frame = pl.DataFrame(given, schema={"prompt": prompt, **strings, **KNOWN})
    return [
        write_jsonl(given, folder / f"{name}.jsonl"),
        write_parquet(frame, folder / f"{name}.parquet"),
    ]


LAUNCHER = Launcher(data, lambda job: rendered("trl", job, "train.py", "README.md"))
