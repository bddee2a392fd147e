"""Luck, measured: a run in, the guess rate of its problems out.

The guess rate of a problem is the share of the incorrect completions of the other problems whose
answer equals this problem's reference: how often somebody who is wrong says it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from passgap.store import Run
from passgap.types import FloatArray


@dataclass(frozen=True, eq=False)
class Luck:
    """``rates`` (one a problem), from ``wrong`` incorrect draws with ``hits`` matches in all."""

    rates: FloatArray
    wrong: int
    hits: int

    def at(self, k: int) -> float:
        """Mean over problems of pass@k when every draw is such a guess."""
        return float(np.mean(1 - (1 - self.rates) ** k))


def guess_rates(run: Run, *, verifier_digest: str | None = None) -> Luck:
    """Measure luck on a verified run; answers are compared as extracted, to the letter."""
    chosen = verifier_digest or run.verifier_digest()
    wrong = (
        run.scan_outcomes(chosen)
        .filter(pl.col("status") == "incorrect")
        .group_by("problem_id", "extracted")
        .agg(draws=pl.len())
        .collect()
    )
    total = int(wrong["draws"].sum())
    by_problem = dict(wrong.group_by("problem_id").agg(pl.col("draws").sum()).iter_rows())
    by_answer = dict(wrong.group_by("extracted").agg(pl.col("draws").sum()).iter_rows())
    own = {(i, a): d for i, a, d in wrong.iter_rows()}
    rates, hits = [], 0
    for problem in run.problems():
        reference = problem.reference.strip()
        matches = by_answer.get(reference, 0) - own.get((problem.id, reference), 0)
        others = total - by_problem.get(problem.id, 0)
        rates.append(matches / others if others else 0.0)
        hits += matches
    return Luck(np.array(rates), total, hits)
