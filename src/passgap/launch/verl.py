"""verl: Parquet in its schema, a reward file, its launch script."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from passgap.launch.algorithms import ALGORITHMS
from passgap.launch.base import KNOWN, MESSAGES, Job, Launcher, Split, rendered, write_parquet
from passgap.launch.rows import Row
from passgap.training.foreign import CARRIED

_TEXTS: dict[str, type[pl.DataType]] = dict.fromkeys(CARRIED, pl.String)
SCHEMA = pl.Schema(
    {
        "data_source": pl.String(),
        "prompt": MESSAGES,
        "ability": pl.String(),
        "reward_model": pl.Struct({"style": pl.String, "ground_truth": pl.String}),
        "extra_info": pl.Struct({"split": pl.String, "index": pl.Int64, **_TEXTS, **KNOWN}),
    }
)


def data(rows: Sequence[Row], folder: Path, name: str, split: Split, source: str) -> list[Path]:
    """Parquet; the prompt is always messages, which verl's template renders."""

    def extra(row: Row, index: int) -> dict[str, object]:
        return {"split": split, "index": index, **row.carried, **row.known}

    given = [
        {
            "data_source": source,
            "prompt": row.messages,
            "ability": row.problem.verifier.partition("?")[0],
            "reward_model": {"style": "rule", "ground_truth": row.problem.reference},
            "extra_info": extra(row, index),
        }
        for index, row in enumerate(rows)
    ]
    return [write_parquet(pl.DataFrame(given, schema=SCHEMA), folder / f"{name}.parquet")]


def files(job: Job) -> dict[str, str]:
    """The reward file, the launch script with the algorithm's settings, the README."""
    algorithm = ALGORITHMS[job.settings.algorithm]
    return rendered(
        "verl",
        job,
        *("reward.py", "launch.sh", "README.md"),
        algorithm=algorithm,
        set=algorithm.settings(job.settings.beta),
    )


LAUNCHER = Launcher(data, files, validates=True)
