"""What a problem's counts say about its p, given the others. In: Counts. Out: posteriors.

The raw rate c / n of few draws is noise and difficulty together: with n = 8 a problem of p = .02
shows c >= 1 in 15% of the cases. The fitted difficulty distribution G is the prior that separates
them (empirical Bayes), and the likelihood ignores a stopping rule, so adaptive counts count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from passgap.analysis import inputs
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.stats import Mixture, fit_mixture
from passgap.stats.mixture import GRID, log_kernel, solve

P_GRID: FloatArray = special.expit(GRID)
METHOD = "posterior under the fitted difficulty distribution, refitted to resampled problems"
REPLICATES = 200
LOOSE = 1e-4  # tolerance of the optimality certificate, in a refit
SHARE_KEPT = 1e-6  # weight of the fit to all problems in a refit, so that no count is impossible


@dataclass(frozen=True, eq=False)
class Posterior:
    """The posterior of p for each problem.

    Parameters
    ----------
    table
        Probability of each point of `P_GRID` for each distinct (n, c), shape (R, M).
    where
        The row of each problem, shape (P,).
    """

    table: FloatArray
    where: IntArray

    def mean(self, values: FloatArray) -> FloatArray:
        """Posterior mean of a function of p, given on the grid (M,), for each problem (P,)."""
        return np.asarray((self.table @ values)[self.where])

    def quantile(self, share: float) -> FloatArray:
        """The least p of the grid with posterior probability >= ``share`` at or below it, (P,)."""
        reached = self.table.cumsum(axis=1) >= share - 1e-12
        return np.asarray(P_GRID[reached.argmax(axis=1)][self.where])


def posterior(counts: Counts, mixture: Mixture | None = None) -> Posterior:
    """The posterior of each problem's p given its counts, with G as the prior.

    ``P(p_m | n, c)`` is proportional to ``w_m p_m^c (1 - p_m)^(n - c)``, w the weights of G. A
    problem without a scored draw has G itself. Uncertainty about G is left out here; `arm_means`
    has it.

    Parameters
    ----------
    counts
        Fixed or adaptive.
    mixture
        G on the grid, where known; fitted to these counts by default.

    Raises
    ------
    UsageError
        If no problem has a scored draw.
    """
    inputs.refuse_all_unscored(counts)
    rows, where = _distinct(counts)
    weights = (mixture or fit_mixture(counts.n, counts.c)).weights
    return Posterior(_table(_kernel(rows), weights), where)


def mixed_on_grid(group_size: int) -> FloatArray:
    """mixed@G at every p of the grid, ``1 - p^G - (1 - p)^G``; shape (M,).

    Raises
    ------
    UsageError
        If the group size is below 2: one completion is never mixed.
    """
    if group_size < 2:
        raise UsageError(f"group_size is {group_size}; allowed: an integer >= 2")
    with np.errstate(divide="ignore"):
        some = -np.expm1(group_size * np.log1p(-P_GRID))
    return np.asarray(np.maximum(some - P_GRID**group_size, 0.0))


def arm_means(
    counts: Counts,
    arms: Sequence[IntArray],
    functions: Sequence[FloatArray],
    *,
    seed: int,
    confidence_level: float = 0.95,
) -> list[list[Estimate]]:
    """Means of functions of p over given problems, with their uncertainty.

    The value is the mean of the problems' posterior means. The interval is that of 200 draws:
    problems are resampled, G is refitted, and the problems' p are drawn from their posterior (by a
    normal approximation of the mean).

    Parameters
    ----------
    counts
        All problems, shape (P,).
    arms
        The rows of each group of problems.
    functions
        Each on the grid, (M,).
    seed
        Seed of the resampling.
    confidence_level
        In (0, 1).

    Returns
    -------
    list of list of Estimate
        ``[arm][function]``.
    """
    rows, where = _distinct(counts)
    kernel = _kernel(rows)
    shares = np.array([np.bincount(where[arm], minlength=len(rows)) / len(arm) for arm in arms])
    sizes = np.array([len(arm) for arm in arms], float)
    values = np.array(functions)
    weights = fit_mixture(counts.n, counts.c).weights
    middle = _moments(_table(kernel, weights), shares, values)[0]
    rng = np.random.default_rng([seed, 2])
    multiplicity = np.bincount(where, minlength=len(rows)).astype(float)
    drawn = np.array(
        [
            _drawn(rng, kernel, multiplicity, weights, shares, sizes, values)
            for _ in range(REPLICATES)
        ]
    )
    tail = (1 - confidence_level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], axis=0)
    return [
        [
            Estimate(
                float(middle[a, f]),
                float(min(max(low[a, f], 0.0), middle[a, f])),
                float(max(min(high[a, f], 1.0), middle[a, f])),
                confidence_level,
                METHOD,
            )
            for f in range(len(functions))
        ]
        for a in range(len(arms))
    ]


def _drawn(
    rng: np.random.Generator,
    kernel: FloatArray,
    multiplicity: FloatArray,
    weights: FloatArray,
    shares: FloatArray,
    sizes: FloatArray,
    values: FloatArray,
) -> FloatArray:
    """One replicate of every arm's mean of every function, shape (arms, functions)."""
    total = multiplicity.sum()
    times = rng.multinomial(int(total), multiplicity / total).astype(np.int64)
    seen = times > 0
    refit = solve(kernel[seen], times[seen], weights, LOOSE)[0]
    table = _table(kernel, (1 - SHARE_KEPT) * refit + SHARE_KEPT * weights)
    mean, variance = _moments(table, shares, values)
    noise = rng.standard_normal(mean.shape) * np.sqrt(variance / sizes[:, None])
    return np.asarray(mean + noise)


def _moments(
    table: FloatArray, shares: FloatArray, values: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean over each arm of the posterior mean, and of the posterior variance."""
    first = table @ values.T
    second = table @ (values**2).T
    return shares @ first, shares @ np.maximum(second - first**2, 0.0)


def _distinct(counts: Counts) -> tuple[IntArray, IntArray]:
    """The distinct (n, c), shape (R, 2), and the row of each problem."""
    rows, where = np.unique(np.stack([counts.n, counts.c], axis=1), axis=0, return_inverse=True)
    return rows, where.reshape(-1)


def _kernel(rows: IntArray) -> FloatArray:
    return log_kernel(rows[:, 1], rows[:, 0], np.zeros(len(rows), np.int64), 0.0)


def _table(kernel: FloatArray, weights: FloatArray) -> FloatArray:
    with np.errstate(divide="ignore"):
        joint = kernel + np.log(weights)
    table = np.exp(joint - joint.max(axis=1)[:, None])
    return np.asarray(table / table.sum(axis=1)[:, None])
