"""The ratio of two means over problems, such as dollars per correct answer, and its change."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.stats.intervals.levels import student_quantile
from passgap.stats.intervals.values import clustered

METHOD = "Fieller, over problems"
CHANGE = "delta method on the logarithm, over problems"
NONE = "nothing to divide by: the mean below is 0"
UNBOUNDED = "no upper end: the mean below is not shown to be above 0"
FEW = "no interval from one problem"
NOT_ABOVE = "no interval: a mean is not shown to be above 0"


def mean_ratio(
    above: ArrayLike,
    below: ArrayLike,
    *,
    confidence_level: float = 0.95,
    clusters: IntArray | None = None,
) -> Estimate:
    """``mean(above) / mean(below)`` over problems, with Fieller's interval (1954).

    All R for which ``mean(above - R below)`` is not shown to differ from 0 by Student's t. Where
    the mean below is itself not shown to differ from 0 there is no upper end (infinite).

    Parameters
    ----------
    above, below
        One value per problem, >= 0, shape (P,): the mean effort of a try, and the share solved.
    confidence_level
        In (0, 1).
    clusters
        As in `mean_interval`.

    Raises
    ------
    UsageError
        If the shapes differ, or a value is below 0 or not finite.

    Examples
    --------
    >>> mean_ratio([2.0, 4.0], [0.5, 1.0]).value
    4.0
    """
    pairs = clustered(_checked(above, below), clusters)
    (y, x), size = pairs.mean(axis=0), len(pairs)
    if x == 0:
        return Estimate(math.nan, math.nan, math.nan, confidence_level, METHOD, notes=(NONE,))
    if size < 2:
        nothing = math.nan
        return Estimate(y / x, nothing, nothing, confidence_level, METHOD, notes=(FEW,))
    spread = np.cov(pairs.T) * (student_quantile(size, confidence_level) ** 2 / size)
    low, high = _ends(float(y), float(x), spread)
    notes = (UNBOUNDED,) if math.isinf(high) else ()
    return Estimate(float(y / x), low, high, confidence_level, METHOD, notes=notes)


def ratio_change(
    before: tuple[ArrayLike, ArrayLike],
    after: tuple[ArrayLike, ArrayLike],
    *,
    confidence_level: float = 0.95,
    clusters: IntArray | None = None,
) -> Estimate:
    """The ratio of means after, divided by the one before, on the same problems.

    The logarithm is a sum of four logarithms of means; its standard error comes from each problem's
    share in them (delta method), so that what problems have in common cancels. A t interval on the
    logarithm, given only where each mean is itself shown to be above 0.

    Parameters
    ----------
    before, after
        ``(above, below)`` as in `mean_ratio`, each of shape (P,), problem by problem.
    confidence_level, clusters
        As in `mean_ratio`.

    Returns
    -------
    Estimate
        1 for no change; nan where a mean is 0.

    Raises
    ------
    UsageError
        As in `mean_ratio`, or if the two have different numbers of problems.

    Examples
    --------
    >>> ratio_change(([4.0, 4.0], [0.5, 0.5]), ([3.0, 3.0], [0.75, 0.75])).value
    0.5
    """
    old, new = _checked(*before), _checked(*after)
    if len(old) != len(new):
        raise UsageError(f"{len(old)} problems before and {len(new)} after; needed: the same ones")
    values = clustered(np.hstack([old, new]), clusters)
    mean, size = values.mean(axis=0), len(values)
    nothing = math.nan
    if not np.all(mean > 0):
        return Estimate(nothing, nothing, nothing, confidence_level, CHANGE, notes=(NOT_ABOVE,))
    factor = float(mean[2] / mean[3] / (mean[0] / mean[1]))
    if size < 2:
        return Estimate(factor, nothing, nothing, confidence_level, CHANGE, notes=(FEW,))
    quantile = student_quantile(size, confidence_level) / math.sqrt(size)
    if np.any(mean <= quantile * values.std(axis=0, ddof=1)):
        return Estimate(factor, nothing, nothing, confidence_level, CHANGE, notes=(NOT_ABOVE,))
    part = (values / mean) @ np.array([-1.0, 1.0, 1.0, -1.0])
    reach = math.exp(quantile * float(part.std(ddof=1)))
    return Estimate(factor, factor / reach, factor * reach, confidence_level, CHANGE)


def _ends(y: float, x: float, spread: FloatArray) -> tuple[float, float]:
    """The R >= 0 with ``(y - R x)^2 <= s_yy - 2 R s_xy + R^2 s_xx``."""
    a, b, c = x**2 - spread[1, 1], y * x - spread[0, 1], y**2 - spread[0, 0]
    root = math.sqrt(max(b**2 - a * c, 0.0))
    if a > 0:
        return max((b - root) / a, 0.0), (b + root) / a
    if c <= 0:  # nor is the mean above shown to differ from 0
        return 0.0, math.inf
    return (b - root) / a if a < 0 else c / (2 * b), math.inf


def _checked(above: ArrayLike, below: ArrayLike) -> FloatArray:
    top, bottom = np.asarray(above, np.float64), np.asarray(below, np.float64)
    if top.shape != bottom.shape or top.ndim != 1 or not top.size:
        raise UsageError(
            f"above has shape {top.shape} and below {bottom.shape}; both need one entry per problem"
        )
    pairs = np.stack([top, bottom], axis=1)
    bad = ~(np.isfinite(pairs) & (pairs >= 0))
    if bad.any():
        raise UsageError(f"the values include {pairs[bad][0]}; allowed: finite numbers >= 0")
    return pairs
