"""Whole curves over k: intervals at every k, and a band that holds at all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.results.estimates import Curve
from passgap.stats.intervals.levels import normal_quantile, student_quantile
from passgap.stats.intervals.population import (
    ANYWHERE,
    POPULATION,
    Limits,
    clipped,
    extended,
    mean_limits,
)
from passgap.stats.intervals.values import checked_values, clustered

UNDEFINED = "no value where k exceeds a problem's n: no unbiased estimate exists there"
Ends = tuple[FloatArray, FloatArray]


def mean_curve(
    x: ArrayLike,
    ks: Sequence[int] | IntArray,
    *,
    seed: int = 0,
    confidence_level: float = 0.95,
    replicates: int = 2000,
    clusters: IntArray | None = None,
) -> Curve:
    """Mean pass@k at every k with its interval, and a simultaneous band over all of them.

    The band is sup-t: centre +/- q s_k, with the centre and standard error s_k of the P + 2
    values, and q from a Gaussian multiplier bootstrap of max_k |t_k|, scaled by the ratio of the
    t to the normal quantile. It is never narrower than the pointwise interval.

    The ends, `mean_interval`'s at each k, are then made to agree: see `agreeing`.

    Parameters
    ----------
    x
        pass@k of each problem, in [0, 1], shape (P, K); a column with a nan gives nan at that k.
    ks
        The K values of k, in the order of the columns.
    seed
        Seed of the bootstrap.
    confidence_level
        In (0, 1).
    replicates
        Bootstrap replicates; the work is one (replicates, K) by (K, K) matrix product.
    clusters
        As in `mean_interval`.

    Raises
    ------
    UsageError
        If shapes disagree, a value lies outside [0, 1], or a setting is out of range.
    """
    values = clustered(checked_values(x, 0.0, 1.0, 2), clusters)
    k = _checked_ks(ks, values, replicates)
    limits = mean_limits(values)
    point, band = _both(values, limits, (0.0, 1.0), seed, confidence_level, replicates)
    return _curve(k, values, agreeing(k, *point), agreeing(k, *band), confidence_level)


def paired_curve(
    d: ArrayLike,
    ks: Sequence[int] | IntArray,
    *,
    seed: int = 0,
    confidence_level: float = 0.95,
    replicates: int = 2000,
    clusters: IntArray | None = None,
    limits: Limits = ANYWHERE,
) -> Curve:
    """`paired_interval` at every k, with a simultaneous band; see `mean_curve`.

    Parameters
    ----------
    d
        Differences in [-1, 1], shape (P, K); a column with a nan gives nan at that k.
    ks, seed, confidence_level, replicates, clusters
        As in `mean_curve`; ks may be any labels of the columns.
    limits
        As in `paired_ends`.

    Raises
    ------
    UsageError
        As in `mean_curve`, with [-1, 1] for [0, 1].
    """
    values = clustered(checked_values(d, -1.0, 1.0, 2), clusters)
    k = _checked_ks(ks, values, replicates)
    point, band = _both(values, limits, (-1.0, 1.0), seed, confidence_level, replicates)
    return _curve(k, values, point, band, confidence_level)


def agreeing(k: IntArray, low: FloatArray, high: FloatArray) -> Ends:
    """Both ends of pass@k at several k, each no wider than the others allow.

    pass@k never falls as k grows, and pass@k / k never rises (its gains shrink). So the low end at
    k is at least that at a smaller k, and k / k' times that at a larger k'; the high ends alike.

    Parameters
    ----------
    k
        Shape (K,), in any order.
    low, high
        Shape (K,); nan where nothing is known, which stays nan.
    """
    known = np.flatnonzero(np.isfinite(low) & np.isfinite(high))
    order = known[np.argsort(k[known], kind="stable")]
    size, low, high = k[order].astype(float), low.copy(), high.copy()
    low[order] = size * _from_the_right(np.maximum, low[order] / size)
    low[order] = np.maximum.accumulate(low[order])
    high[order] = _from_the_right(np.minimum, high[order])
    high[order] = size * np.minimum.accumulate(high[order] / size)
    return low, high


def _from_the_right(function: np.ufunc, values: FloatArray) -> FloatArray:
    return np.asarray(function.accumulate(values[::-1])[::-1])


def _checked_ks(ks: Sequence[int] | IntArray, values: FloatArray, replicates: int) -> IntArray:
    k = np.asarray(ks, np.int64)
    if k.shape != (values.shape[1],):
        raise UsageError(
            f"ks has shape {k.shape} and the values {values.shape}; needed: one k per column"
        )
    if replicates < 100:
        raise UsageError(f"replicates is {replicates}; allowed: an integer >= 100")
    return k


def _both(
    values: FloatArray,
    limits: Limits,
    bounds: tuple[float, float],
    seed: int,
    level: float,
    replicates: int,
) -> tuple[Ends, Ends]:
    """The pointwise ends and those of the band."""
    longer, centre, error = extended(values, limits)
    pointwise = student_quantile(len(longer), level)
    sup = _sup_quantile(longer - centre, error, seed, level, replicates)
    together = pointwise * max(1.0, sup / normal_quantile(level))
    value = values.mean(axis=0)
    return (
        clipped(value, centre, pointwise * error, bounds),
        clipped(value, centre, together * error, bounds),
    )


def _curve(k: IntArray, values: FloatArray, point: Ends, band: Ends, level: float) -> Curve:
    value = values.mean(axis=0)
    notes = (UNDEFINED,) if np.isnan(value).any() else ()
    return Curve(k, value, *point, *band, level, POPULATION, notes)


def _sup_quantile(
    centred: FloatArray, error: FloatArray, seed: int, level: float, replicates: int
) -> float:
    """Quantile of max_k |t_k| under Gaussian multipliers of the problems.

    Sums of rows under independent normal weights are normal with the rows' own covariance, so the
    draws are made from that: K numbers each, however many problems there are.
    """
    known = np.isfinite(error)
    if not known.any():
        return 0.0
    scaled = centred[:, known] / np.sqrt(np.sum(centred[:, known] ** 2, axis=0))
    size, axes = np.linalg.eigh(scaled.T @ scaled)
    root = axes * np.sqrt(np.maximum(size, 0.0))
    draws = np.random.default_rng(seed).standard_normal((replicates, len(size))) @ root.T
    return float(np.quantile(np.abs(draws).max(axis=1), level))
