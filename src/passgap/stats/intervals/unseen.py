"""The largest value that an unseen problem may plausibly have.

An interval for a mean has to allow for problems that the sample happens to miss. If few problems
were seen, or the largest values are far apart, a missed one may have any value up to 1. If many
were seen and all of them are low, it may not.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.stats.intervals.values import checked_values, clustered

LEAST_PROBLEMS = 99  # an effect on 3% of the problems is seen on one of 99 in 95% of samples
TOP = 0.1  # share of the problems that determines the tail
REACH = math.log(5)  # a value that one in five samples of this size exceeds
LOW = 0.5  # rates count as low if none is above


def plausible_limits(
    base: ArrayLike, trained: ArrayLike, clusters: IntArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """How far down and up an unseen problem may plausibly go from base to trained.

    Only what the base solves can be lost, and only what the trained policy solves gained.

    Parameters
    ----------
    base, trained
        pass@k of each problem, shape (P,) or (P, K).
    clusters
        As in `passgap.stats.mean_interval`.

    Returns
    -------
    tuple
        The lower limits, in [-1, 0], and the upper ones, in [0, 1]; each of shape (K,).
    """
    down, up = (_largest(values, clusters) for values in (base, trained))
    return -down, up


def _largest(x: ArrayLike, clusters: IntArray | None) -> FloatArray:
    values = np.asarray(x, np.float64)
    rows = checked_values(values[:, None] if values.ndim == 1 else values, 0.0, 1.0, 2)
    return largest_plausible(clustered(rows, clusters))


def largest_plausible(values: FloatArray) -> FloatArray:
    """The largest plausible value of an unseen problem, for each column.

    With ``y = log(-log(1 - x))``, on which k draws in place of one shift every problem by log k,
    and e the mean of y over the largest tenth of the problems, less the next y (Hill 1975): ``1 -
    exp(-exp(max y + e log 5))``. It is 1 for fewer than 99 rows, if at most a tenth of them are
    above 0, if one is .5 or more, and if e >= 1: such a tail has no mean except for the limit.

    Parameters
    ----------
    values
        One row per problem (or cluster), shape (P, K).

    Returns
    -------
    numpy.ndarray
        Shape (K,), in [0, 1] and no smaller than the largest value.
    """
    found = np.ones(values.shape[1])
    if len(values) < LEAST_PROBLEMS:
        return found
    low = np.flatnonzero(values.max(axis=0) < LOW)
    size = math.ceil(TOP * len(values))
    top = -np.partition(-values[:, low], size, axis=0)[: size + 1]
    low, top = low[top[size] > 0], top[:, top[size] > 0]
    y = np.log(-np.log1p(-top))
    excess = y[:size].mean(axis=0) - y[size]
    reached = -np.expm1(-np.exp(y[:size].max(axis=0) + REACH * excess))
    found[low] = np.where(excess < 1, reached, 1.0)
    return found
