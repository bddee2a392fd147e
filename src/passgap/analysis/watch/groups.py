"""Groups of a training run: which problems were drawn at which step, with statistics per span.

In: one row per step and problem (`passgap.runs.watch.group_rows`). Out: `Groups`, and means over
the problems of a span. The problem is the cluster: a problem that was drawn at several steps of a
span counts once, with the mean over its groups.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.parts import At
from passgap.results.watching import CountedBy
from passgap.stats import mean_interval, mixed_at_g, pass_at_k, student_interval

NOTHING = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True, eq=False)
class Groups:
    """One entry per group, i.e. per step and problem, ordered by step; arrays of one length.

    Parameters
    ----------
    problem_id
        The distinct problems, P of them.
    step, problem
        For each group; ``problem`` is an index into ``problem_id``.
    completions, n, c
        Drawn, scored and correct.
    rewards, reward_sum
        Completions with a reward, and the sum of their rewards.
    tokens, token_sum
        Completions of known length, and the sum of their lengths.
    endings, cut
        Completions of known finish reason, and those cut off at the token limit.
    """

    problem_id: tuple[str, ...]
    step: IntArray
    problem: IntArray
    completions: IntArray
    n: IntArray
    c: IntArray
    rewards: IntArray
    reward_sum: FloatArray
    tokens: IntArray
    token_sum: FloatArray
    endings: IntArray
    cut: IntArray

    @classmethod
    def of(cls, rows: Mapping[str, ArrayLike]) -> Groups:
        """From columns by name.

        Raises
        ------
        UsageError
            If there is no row.
        """
        ids, problem = np.unique(np.asarray(rows["problem_id"], str), return_inverse=True)
        step = np.asarray(rows["step"], np.int64)
        if not step.size:
            raise UsageError("nothing is recorded yet; at least one reward call is needed")
        order = np.argsort(step, kind="stable")

        def whole(name: str) -> IntArray:
            return np.asarray(rows[name], np.int64)[order]

        def real(name: str) -> FloatArray:
            return np.asarray(rows[name], np.float64)[order]

        return cls(
            problem_id=tuple(ids.tolist()),
            step=step[order],
            problem=problem.reshape(-1)[order],
            completions=whole("completions"),
            n=whole("n"),
            c=whole("c"),
            rewards=whole("rewards"),
            reward_sum=real("reward_sum"),
            tokens=whole("tokens"),
            token_sum=real("token_sum"),
            endings=whole("endings"),
            cut=whole("cut"),
        )

    def take(self, where: IntArray | FloatArray | slice) -> Groups:
        """The groups at these places."""
        arrays = {name: one[where] for name, one in vars(self).items() if name != "problem_id"}
        return Groups(self.problem_id, **arrays)

    def __len__(self) -> int:
        return len(self.step)


def spans(groups: Groups, every: int, counted_by: CountedBy = "trainer") -> list[tuple[int, int]]:
    """First and last step of each run of ``every`` recorded steps, oldest first.

    A visit that fewer than half of the problems have reached is of other problems than the one
    before, so a change between the two means nothing: such visits belong to the last span.
    """
    distinct, problems = np.unique(groups.step, return_counts=True)
    reached = 2 * problems >= len(np.unique(groups.problem))
    kept = distinct[: max(1, int(reached.sum()))] if counted_by == "visits" else distinct
    chunks = [kept[i : i + every] for i in range(0, len(kept), every)]
    ends = [int(chunk[-1]) for chunk in chunks[:-1]] + [int(distinct[-1])]
    return [(int(chunk[0]), end) for chunk, end in zip(chunks, ends, strict=True)]


def within(groups: Groups, span: tuple[int, int]) -> Groups:
    """The groups of the steps from ``span[0]`` to ``span[1]``."""
    low = int(np.searchsorted(groups.step, span[0], "left"))
    high = int(np.searchsorted(groups.step, span[1], "right"))
    return groups.take(slice(low, high))


def usual_size(groups: Groups) -> int:
    """The most frequent number of completions of a group."""
    return int(np.bincount(groups.completions).argmax())


def mixed(groups: Groups, size: int) -> FloatArray:
    """Whether each group has both right and wrong members, nan under two scored ones.

    A group of more than ``size`` scored completions (a problem drawn twice in a step) has the share
    of its subsets of ``size`` that are mixed.
    """
    n, c = groups.n, groups.c
    found = ((c > 0) & (c < n)).astype(float)
    large = n > size
    if large.any():
        found[large] = mixed_at_g(n[large], c[large], size)
    found[n < 2] = np.nan
    return found


def per_problem(
    problem: IntArray, values: FloatArray, weights: IntArray | None = None
) -> tuple[IntArray, FloatArray]:
    """Weighted mean of the values of each problem; those without a weight are left out.

    Returns
    -------
    tuple
        The problems that remain, shape (Q,), and their means, shape (Q,).
    """
    known = np.isfinite(values) if weights is None else weights > 0
    weight = np.ones(len(values)) if weights is None else weights.astype(float)
    problems, where = np.unique(problem[known], return_inverse=True)
    total = np.bincount(where, weight[known], len(problems))
    return problems, np.bincount(where, (weight * values)[known], len(problems)) / total


def share(problem: IntArray, hits: IntArray, of: IntArray) -> Estimate:
    """Mean over problems of hits / of, with `mean_interval`; unknown where ``of`` is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = hits / of
    means = per_problem(problem, values, of)[1]
    return mean_interval(np.clip(means, 0.0, 1.0)) if means.size else NOTHING


def mixed_share(groups: Groups, size: int) -> tuple[Estimate, int]:
    """Share of mixed groups over the problems, and how many groups were left out."""
    values = mixed(groups, size)
    means = per_problem(groups.problem, values)[1]
    estimate = mean_interval(means) if means.size else NOTHING
    return estimate, int(np.isnan(values).sum())


def passes(groups: Groups, size: int) -> tuple[At, ...]:
    """pass@k over the problems, at powers of two up to ``size`` and at ``size``.

    All completions of a group are of one policy, so k goes up to its size and not further; a group
    with fewer than k scored ones is left out at that k.
    """
    ks = sorted({1 << i for i in range(size.bit_length())} | {size})
    found = pass_at_k(groups.n, groups.c, ks).T
    means = [per_problem(groups.problem, values)[1] for values in found]
    return tuple(
        At(k, mean_interval(one) if one.size else NOTHING) for k, one in zip(ks, means, strict=True)
    )


def level(problem: IntArray, sums: FloatArray, of: IntArray) -> Estimate:
    """Mean over problems of an unbounded quantity, with Student's t (no ends for one problem)."""
    with np.errstate(invalid="ignore", divide="ignore"):
        values = sums / of
    means = per_problem(problem, values, of)[1]
    if not means.size:
        return NOTHING
    return student_interval(means)


def difference(later: Estimate, earlier: Estimate) -> Estimate:
    """later - earlier from two intervals (MOVER: Zou and Donner 2008, Stat. Med. 27:1693-1702).

    Each end adds the squared reaches of the two. The two are taken as independent; measured on the
    same problems, as here, they rise and fall together, which leaves the interval too wide and the
    claims that rest on it on the safe side.
    """
    value = later.value - earlier.value
    below = math.hypot(later.value - later.low, earlier.high - earlier.value)
    above = math.hypot(later.high - later.value, earlier.value - earlier.low)
    return Estimate(value, value - below, value + above, method="MOVER of two intervals")
