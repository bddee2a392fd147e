"""Luck, measured: a run in, the guess rate of its problems out.

The guess rate of a problem is the share of the incorrect completions of the other problems whose
answer equals this problem's reference: how often somebody who is wrong says it.
"""

from __future__ import annotations

from collections import Counter
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
    problems = run.problems()
    references = {problem.reference.strip() for problem in problems}
    by_problem: Counter[str] = Counter()
    by_answer: Counter[str] = Counter()
    own: Counter[tuple[str, str]] = Counter()
    for name in sorted(run.outcome_names(chosen)):
        wrong = run.read_outcomes(chosen, name).filter(pl.col("status") == "incorrect")
        by_problem.update(dict(wrong["problem_id"].value_counts().iter_rows()))
        said = wrong.filter(pl.col("extracted").is_in(list(references)))
        for problem_id, answer, draws in said.group_by("problem_id", "extracted").len().iter_rows():
            by_answer[answer] += draws
            own[problem_id, answer] += draws
    total = by_problem.total()
    rates, hits = [], 0
    for problem in problems:
        reference = problem.reference.strip()
        matches = by_answer[reference] - own[problem.id, reference]
        others = total - by_problem[problem.id]
        rates.append(matches / others if others else 0.0)
        hits += matches
    return Luck(np.array(rates), total, hits)
