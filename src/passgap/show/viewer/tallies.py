"""Counting a run while it grows: from outcome shards to one row per problem.

Only shards that were not seen before are read, by the same checks as `passgap.count`, so a look at
a run in progress costs what came since the last one, and counts what is there so far.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import polars as pl

from passgap.runs import Run
from passgap.runs.frames import tally
from passgap.runs.names import COMPLETIONS, OUTCOMES

LIVELY = 600.0
COUNTED = ("n", "c", "unscored")
SCHEMA = pl.Schema({"problem_id": pl.String(), **dict.fromkeys(COUNTED, pl.Int64())})


@dataclass(frozen=True)
class Progress:
    """How much of a run is there: shards in all, drawn and marked, when the last was drawn."""

    blocks: int
    drawn: int
    marked: int
    verifier: str | None
    last_drawn: float

    @property
    def growing(self) -> bool:
        """Whether a shard came within LIVELY seconds."""
        return time.time() - self.last_drawn < LIVELY

    @property
    def complete(self) -> bool:
        return self.blocks == self.drawn == self.marked


class Tally:
    """The counts of one run under one verifier, kept up to date."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._verifier: str | None = None
        self._rows = pl.DataFrame(schema=SCHEMA)

    def update(self, run: Run, verifier: str | None) -> pl.DataFrame:
        """Columns ``problem_id``, ``n`` (scored), ``c``, ``unscored``; one row per problem seen.

        Raises RunError if a shard cannot be read.
        """
        present = {} if verifier is None else _shards(run, verifier)
        stale = any(present.get(name) != changed for name, changed in self._seen.items())
        if stale or verifier != self._verifier:
            self._seen, self._rows = {}, pl.DataFrame(schema=SCHEMA)
            self._verifier = verifier
        new = [name for name in present if name not in self._seen]
        if new:
            counted = [_counted(run, str(verifier), name) for name in new]
            more = pl.concat([self._rows, *counted])
            self._rows = more.group_by("problem_id", maintain_order=True).sum()
            self._seen |= {name: present[name] for name in new}
        return self._rows


def progress(run: Run, verifier: str | None) -> Progress:
    """Look at the names of the shards, and at nothing in them."""
    drawn, folder = len(run.completion_names()), run.path / COMPLETIONS
    return Progress(
        len(run.blocks),
        drawn,
        0 if verifier is None else len(run.outcome_names(verifier)),
        verifier,
        folder.stat().st_mtime if folder.is_dir() else 0.0,
    )


def check_digests(run: Run) -> None:
    """Refuse a run that names its outcomes by anything but digests; raises RunError naming it."""
    run.latest_verifier()
    run.reasoning_digest()


def _shards(run: Run, verifier: str) -> dict[str, int]:
    folder = run.path / OUTCOMES / verifier
    if not folder.is_dir():
        return {}
    blocks = run.blocks
    with os.scandir(folder) as entries:
        return {entry.name: entry.stat().st_mtime_ns for entry in entries if entry.name in blocks}


def _counted(run: Run, verifier: str, name: str) -> pl.DataFrame:
    marks = run.read_outcomes(verifier, name, ["problem_id", "draw", "status"])
    return marks.group_by("problem_id").agg(**tally())
