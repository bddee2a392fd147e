"""Features: numbers that describe the samples of a run. Nothing here reads a text."""

from __future__ import annotations

from dataclasses import dataclass

from passgap.data.arrays import FloatArray, Floats, IntArray


@dataclass(frozen=True, eq=False)
class Features:
    """Samples of a run, in rows: their problem, whether they are right, and each feature.

    ``problem`` indexes ``problem_ids``; ``values`` has the shape (N, F), with ``names`` for its
    columns. ``total`` is how many scored samples the run has; the rows are of whole problems.
    """

    names: tuple[str, ...]
    problem_ids: tuple[str, ...]
    problem: IntArray
    right: FloatArray
    values: Floats
    total: int
