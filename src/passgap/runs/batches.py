"""Many shards at once: in bounded memory, and read by as many threads as there are processors.

In: a run, names of shards, the wanted columns. Out: frames of about `ROWS` rows, in block order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import polars as pl

from passgap.runs.frames import beside
from passgap.runs.run import Run

ROWS = 1 << 18

In = TypeVar("In")
Out = TypeVar("Out")


def threaded(function: Callable[[In], Out], items: Sequence[In]) -> Iterator[Out]:
    """`map` by threads: reading and polars let several of them run."""
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as threads:
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
    keys = ["problem_id", "draw"]

    def read(name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
        marks = run.read_outcomes(verifier_digest, name).select(*keys, *outcomes)
        return marks, run.read_completions(name, [*keys, *more])

    for part in batched(run, names):
        marks, completions = zip(*threaded(read, part), strict=True)
        yield beside(pl.concat(marks), pl.concat(completions))


def outcome_batches(
    run: Run, verifier_digest: str, names: Sequence[str], columns: Sequence[str]
) -> Iterator[pl.DataFrame]:
    """Columns of the outcomes of these shards, checked as they are read."""
    for part in batched(run, names):
        marks = threaded(
            lambda name: run.read_outcomes(verifier_digest, name).select(columns), part
        )
        yield pl.concat(marks)
