"""Whether two sets of samples of the same problems come from one policy.

In: counts of both, problem by problem. Out: a p-value. No population of problems is involved: the
claim that is tested is about these problems, so nothing is lost to how much problems differ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.stats.discrete import hypergeometric
from passgap.stats.mixture import checked_counts

SPLITS = 4_000  # random splits of the draws
AT_ONCE = 1_000  # problems
ROUNDING = 1e-9


def same_policy_p(
    n_b: ArrayLike,
    c_b: ArrayLike,
    n_t: ArrayLike,
    c_t: ArrayLike,
    *,
    chosen: tuple[float, float] = (0.0, 1.0),
    seed: int = 0,
) -> float:
    """How often one policy would differ as much: in correct draws, or in mixed groups.

    If both are draws of one policy, the correct ones of a problem are split at random
    (hypergeometric) between them. Two sums over the problems are looked at together: correct draws
    of the second (the score test of Cochran, Mantel and Haenszel), and groups of the second that
    are neither all right nor all wrong, which another temperature changes even where as many draws
    are correct. Their Mahalanobis distance from its mean is compared with that of `SPLITS` random
    splits, so the level holds for any number of problems.

    Parameters
    ----------
    n_b, c_b, n_t, c_t
        Scored and correct draws of both, shape (P,), the second in groups, 0 <= c <= n, n >= 1.
    chosen
        The least and the largest ``c_b / n_b`` that a problem may have: where the problems were
        chosen by these counts, the splits that would not have been chosen are left out.
    seed
        Of the random splits.

    Returns
    -------
    float
        In (0, 1]; 1 where no split could differ (all right, or all wrong).

    Raises
    ------
    UsageError
        If the counts are not whole, not of one shape, out of range, or a problem has no draw or a
        share of correct samples that is not ``chosen``.

    Examples
    --------
    >>> same_policy_p([16] * 9, [8] * 9, [8] * 9, [8] * 9) < 0.001
    True
    """
    (n_base, c_base), (size, hits) = (checked_counts(n, c) for n, c in ((n_b, c_b), (n_t, c_t)))
    problems = np.size(c_t)
    if not len(size) == len(n_base) == problems == np.size(c_b):
        raise UsageError(
            f"{len(n_base)} of {np.size(c_b)} and {len(size)} of {problems} problems have samples; "
            "both sets need some of each"
        )
    rate = c_base / n_base
    if problems and not chosen[0] - ROUNDING <= rate.min() <= rate.max() <= chosen[1] + ROUNDING:
        raise UsageError(
            f"chosen is {chosen[0]:g} to {chosen[1]:g}, but the shares of correct samples go from "
            f"{rate.min():g} to {rate.max():g}; give bounds that hold them all"
        )
    total, rng = c_base + hits, np.random.default_rng(seed)
    least = total - np.floor(chosen[1] * n_base + ROUNDING).astype(np.int64)
    most = total - np.ceil(chosen[0] * n_base - ROUNDING).astype(np.int64)
    sums, centre, spread = np.zeros((SPLITS, 2)), np.zeros(2), np.zeros((2, 2))
    for start in range(0, problems, AT_ONCE):
        some = slice(start, start + AT_ONCE)
        chance = _chances(total[some], (n_base + size)[some], size[some], least[some], most[some])
        mean, covariance = _moments(chance, size[some])
        sums += _sums(_drawn(rng, chance), size[some])
        centre += mean
        spread += covariance
    seen, scale = _sums(hits[None, :], size)[0], np.linalg.pinv(spread)

    def distance(of: FloatArray) -> FloatArray:
        away = of - centre
        return np.asarray(np.einsum("...i,ij,...j->...", away, scale, away), float)

    as_far = np.count_nonzero(distance(sums) >= distance(seen) * (1 - 1e-9))
    return (1 + as_far) / (SPLITS + 1)


def _chances(
    total: IntArray, of: IntArray, size: IntArray, least: IntArray, most: IntArray
) -> FloatArray:
    """How likely each number of correct draws is in each group, shape (largest size + 1, P)."""
    values = np.arange(int(size.max()) + 1)[:, None]
    weights = hypergeometric(values, of, total, size)
    weights *= (values >= least) & (values <= most)
    return np.asarray(weights / weights.sum(axis=0), float)


def _moments(chance: FloatArray, size: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean (2,) and covariance (2, 2) of the two sums."""
    values = np.arange(len(chance))[:, None]
    both = np.stack([values + 0 * size, (values > 0) & (values < size)]).astype(float)
    mean = (both * chance).sum(axis=1)
    return mean.sum(axis=1), np.einsum("ivp,jvp,vp->ij", both, both, chance) - mean @ mean.T


def _drawn(rng: np.random.Generator, chance: FloatArray) -> IntArray:
    """Correct draws in each group of random splits, shape (SPLITS, P)."""
    uniform = rng.random((SPLITS, chance.shape[1]))
    found = np.zeros(uniform.shape, np.int64)
    for below in np.cumsum(chance, axis=0)[:-1]:
        found += uniform > below
    return found


def _sums(hits: IntArray, size: IntArray) -> FloatArray:
    """Correct draws, and mixed groups, of each split (S, P); shape (S, 2)."""
    mixed = (hits > 0) & (hits < size)
    return np.stack([hits.sum(axis=1), mixed.sum(axis=1)], axis=1).astype(float)
