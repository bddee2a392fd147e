"""Trajectories. In: how each sample ended, its turns and cost. Out: what a success took.

Every sample of a problem weighs as much as the others, and every problem as much as the others.
Unscored samples (lost by the infrastructure) are left out of all estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from passgap.data.arrays import BoolArray, FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.results.estimates import Estimate
from passgap.results.parts import Both
from passgap.results.trajectories import (
    Effort,
    Endings,
    Trajectories,
    TrajectoriesCompared,
    WithinTurns,
)
from passgap.stats import mean_curve, mean_ratio, pass_at_k, ratio_change

Spent = Literal["turns", "cost"]
LISTED = 6  # turn budgets
BELOW = (
    "PASS@(k,T) counts a sample of more than T turns as not solved: a lower bound of what an agent "
    "that knows its budget would do"
)


@dataclass(frozen=True, eq=False)
class Tries:
    """The samples of a run, one entry each; shape (S,).

    ``problem`` is the place of the sample's problem in ``problem_id``; ``turns`` and ``cost`` (US
    dollars) are nan where unknown; ``ran_out``: time, turns or tokens ended the sample.
    """

    problem_id: tuple[str, ...]
    problem: IntArray
    scored: BoolArray
    correct: BoolArray
    ran_out: BoolArray
    turns: FloatArray
    cost: FloatArray

    @property
    def several_turns(self) -> bool:
        """Whether a cost is known, or a sample has more than one turn."""
        return bool(np.isfinite(self.cost).any() or np.any(self.turns > 1))


def trajectories(tries: Tries, counts: Counts, ks: Sequence[int], seed: int = 0) -> Trajectories:
    """How the samples ended, what a success took, and pass@k within a number of turns.

    Parameters
    ----------
    tries
        The samples.
    counts
        The counts of these samples; problems that they do not have are left out.
    ks
        The k of pass@k.
    seed
        Seed of the bands.
    """
    return _of(_Arm(tries, counts), ks, seed)


def trajectories_compared(
    tries: Both[Tries], counts: Both[Counts], ks: Sequence[int], seed: int = 0
) -> TrajectoriesCompared:
    """The trajectories of both, and by what factor a success became dearer; ``counts`` of the same
    problems in the same order, the rest as in `trajectories`."""
    base, trained = _Arm(tries.base, counts.base), _Arm(tries.trained, counts.trained)
    return TrajectoriesCompared(
        each=Both(_of(base, ks, seed), _of(trained, ks, seed)),
        turns=_factor(base, trained, "turns"),
        cost=_factor(base, trained, "cost"),
    )


@dataclass(frozen=True, eq=False)
class _Arm:
    """A policy's samples beside its counts."""

    tries: Tries
    counts: Counts

    @cached_property
    def row(self) -> IntArray:
        """The place of each sample's problem in the counts, -1 where it is not in them."""
        place = {problem_id: i for i, problem_id in enumerate(self.counts.problem_id)}
        places = np.array([place.get(i, -1) for i in self.tries.problem_id], np.int64)
        return places[self.tries.problem]

    @cached_property
    def kept(self) -> BoolArray:
        """The scored samples of these problems."""
        return self.tries.scored & (self.row >= 0)

    def per_problem(self, what: Spent) -> tuple[FloatArray, FloatArray] | None:
        """What a sample of each problem spends on average, and the share solved, shape (P,), nan
        without samples; None unless all scored samples say what they spent."""
        spent = self.tries.turns if what == "turns" else self.tries.cost
        row, kept = self.row, self.kept
        if not kept.any() or not np.isfinite(spent[kept]).all():
            return None
        size = len(self.counts)
        n = np.bincount(row[kept], minlength=size)
        n = np.where(n > 0, n, np.nan)
        each = np.bincount(row[kept], spent[kept], minlength=size) / n
        return each, np.bincount(row[kept & self.tries.correct], minlength=size) / n


def _of(arm: _Arm, ks: Sequence[int], seed: int) -> Trajectories:
    tries, row, kept = arm.tries, arm.row, arm.kept
    turns, cost = _effort(arm, "turns"), _effort(arm, "cost")
    budgets = () if turns is None else _within(arm, ks, seed)
    return Trajectories(
        endings=Endings(
            solved=int(np.sum(kept & tries.correct)),
            wrong=int(np.sum(kept & ~tries.correct & ~tries.ran_out)),
            ran_out=int(np.sum(kept & ~tries.correct & tries.ran_out)),
            lost=int(np.sum(~tries.scored & (row >= 0))),
        ),
        turns=turns,
        cost=cost,
        budgets=budgets,
        notes=(
            *_partly("turns", tries.turns[kept]),
            *_partly("costs", tries.cost[kept]),
            *((BELOW,) if budgets else ()),
        ),
    )


def _factor(base: _Arm, trained: _Arm, what: Spent) -> Estimate | None:
    before, after = base.per_problem(what), trained.per_problem(what)
    if before is None or after is None:
        return None
    shared, clusters = np.isfinite(before[0]) & np.isfinite(after[0]), base.counts.clusters
    if not shared.any():
        return None
    return ratio_change(
        (before[0][shared], before[1][shared]),
        (after[0][shared], after[1][shared]),
        clusters=None if clusters is None else clusters[shared],
    )


def _effort(arm: _Arm, what: Spent) -> Effort | None:
    """What a sample takes, and what a success takes; None where it is not known."""
    found = arm.per_problem(what)
    if found is None:
        return None
    some, clusters = np.isfinite(found[0]), arm.counts.clusters
    each, solved = found[0][some], found[1][some]
    clusters = None if clusters is None else clusters[some]
    per_try = mean_ratio(each, np.ones(len(each)), clusters=clusters)
    return Effort(per_try, mean_ratio(each, solved, clusters=clusters))


def _within(arm: _Arm, ks: Sequence[int], seed: int) -> tuple[WithinTurns, ...]:
    """PASS@(k,T) at a few T: quantiles of the turns that a success took, and the most of any."""
    counts, solved = arm.counts, arm.kept & arm.tries.correct
    if not solved.any():
        return ()
    taken, row = arm.tries.turns[solved], arm.row[solved]
    at = np.quantile(taken, np.linspace(0, 1, LISTED), method="inverted_cdf")
    listed = [k for k in ks if k <= int(counts.n.min())]
    found = []
    for turns in sorted({int(one) for one in at}):
        c = np.bincount(row[taken <= turns], minlength=len(counts))
        x = pass_at_k(counts.n, c, listed)
        found.append(WithinTurns(turns, mean_curve(x, listed, seed=seed, clusters=counts.clusters)))
    return tuple(found)


def _partly(name: str, spent: FloatArray) -> tuple[str, ...]:
    known = int(np.isfinite(spent).sum())
    if known in (0, len(spent)):
        return ()
    return (
        f"{name} are known for {known:,} of {len(spent):,} scored samples, so none are summed up",
    )
