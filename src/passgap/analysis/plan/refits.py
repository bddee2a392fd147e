"""What a pilot leaves open: refits of the difficulty distribution to resampled pilots.

A single fit to few problems is poor at the hard ones, and a plan based on it promises too much.
Four fits disagree exactly where the pilot says little: the mixture, which takes most problems that
were never solved as impossible, the Beta and the logit-normal, which never do and differ in how
many are nearly impossible, and the zero-inflated Beta.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize, special

from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.stats import BetaBinomial, fit_beta_binomial, fit_mixture
from passgap.stats.mixture import GRID, log_kernel

EACH = 30  # resampled pilots, each with four fits
BOUNDS = ((-12.0, 12.0), (-1.5, 2.1))  # grid of the logit-normal's mean and log standard deviation
EDGES = (GRID[1:-2] + GRID[2:-1]) / 2  # between the grid's points, in logit p
STEP = EDGES[1] - EDGES[0]


def refits(pilot: Counts, seed: int) -> FloatArray:
    """Difficulty distributions that the pilot allows, as weights on `GRID`, shape (120, M).

    Problems are resampled, or whole clusters of them where the pilot names clusters.

    Raises
    ------
    UsageError
        For a pilot of one problem, or one cluster.
    """
    independent = pilot.independent
    if independent < 2:
        raise UsageError(
            f"the pilot has {independent} independent problem; needed: 2 or more, since the "
            "plan's uncertainty comes from resampling the problems"
        )
    rng = np.random.default_rng(seed)
    shapes = [
        (inflated, fit_beta_binomial(pilot.n, pilot.c, zero_inflated=inflated))
        for inflated in (False, True)
    ]
    normal = np.array([-2.0, 0.5])
    found = []
    for _ in range(EACH):
        chosen = _resampled(pilot, rng)
        n, c = pilot.n[chosen], pilot.c[chosen]
        if not n.any():
            continue
        found.append(fit_mixture(n, c).weights)
        for inflated, start in shapes:
            found.append(on_grid(fit_beta_binomial(n, c, zero_inflated=inflated, start=start)))
        normal = _fit_logit_normal(n, c, normal)
        found.append(_logit_normal(normal))
    return np.array(found)


def _resampled(pilot: Counts, rng: np.random.Generator) -> IntArray:
    """Indices of a pilot drawn with replacement, cluster by cluster."""
    if pilot.clusters is None:
        return rng.integers(0, len(pilot), len(pilot))
    names, place = np.unique(pilot.clusters, return_inverse=True)
    drawn = rng.integers(0, len(names), len(names))
    return np.concatenate([np.flatnonzero(place == one) for one in drawn])


def on_grid(fit: BetaBinomial) -> FloatArray:
    """The fit's distribution of p as weights on `GRID`, shape (M,)."""
    edges = np.concatenate([[EDGES[0] - STEP], EDGES, [EDGES[-1] + STEP]])
    below = np.concatenate([[0.0], special.betainc(fit.a, fit.b, special.expit(edges)), [1.0]])
    weights = (1 - fit.never) * np.diff(below)
    weights[0] += fit.never
    return np.asarray(weights, float)


def _fit_logit_normal(n: IntArray, c: IntArray, start: FloatArray) -> FloatArray:
    """Mean and log standard deviation of logit p by maximum likelihood."""
    rows, copies = np.unique(np.stack([n, c]), axis=1, return_counts=True)
    kernel = log_kernel(rows[1], rows[0], np.zeros_like(rows[0]), 0.0)
    table = np.exp(kernel - kernel.max(axis=1)[:, None])

    def loss(x: FloatArray) -> float:
        return -float(copies @ np.log(table @ _logit_normal(x) + np.finfo(float).tiny))

    return np.asarray(optimize.minimize(loss, start, method="L-BFGS-B", bounds=BOUNDS).x, float)


def _logit_normal(x: FloatArray) -> FloatArray:
    """A normal distribution of logit p as weights on `GRID`, shape (M,)."""
    weights = np.zeros(len(GRID))
    score = -0.5 * ((GRID[1:-1] - x[0]) / np.exp(x[1])) ** 2
    weights[1:-1] = special.softmax(score)
    return weights
