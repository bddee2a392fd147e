"""Many tests at once: from p-values to Benjamini and Hochberg's q-values.

Same as `scipy.stats.false_discovery_control`, whose import takes longer than everything else that a
verdict needs; a test compares the two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray
from passgap.errors import UsageError


def false_discovery_rates(p: ArrayLike) -> FloatArray:
    """The least false discovery rate at which each test is rejected (Benjamini, Hochberg 1995).

    Parameters
    ----------
    p
        p-values in [0, 1], shape (m,), of independent or positively dependent tests.

    Returns
    -------
    q-values, shape (m,): rejecting all q <= a keeps the expected share of false rejections at a.

    Examples
    --------
    >>> false_discovery_rates([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    values = np.asarray(p, np.float64)
    order = np.argsort(values)
    scaled = values[order] * len(values) / np.arange(1, len(values) + 1)
    least = np.minimum.accumulate(scaled[::-1])[::-1]
    q = np.empty_like(values)
    q[order] = np.minimum(least, 1.0)
    return q


def holm_levels(p_values: ArrayLike, level: float = 0.05) -> FloatArray:
    """The level of each test in Holm's procedure (Holm 1979), shape (S,).

    The smallest p-value is tested at level / S, the next at level / (S - 1), and so on to the first
    above its level; the rest are tested at that one's level. A test rejects where its p-value is at
    most its level, and the chance of any false rejection is at most ``level``, whatever the tests'
    dependence.

    Parameters
    ----------
    p_values
        In [0, 1], shape (S,), S >= 1.
    level
        In (0, 1).

    Raises
    ------
    UsageError
        For no p-value, or one outside [0, 1].

    Examples
    --------
    >>> holm_levels([0.5, 0.02, 0.001]).tolist()
    [0.05, 0.025, 0.016666666666666666]
    """
    p = np.asarray(p_values, np.float64)
    if not p.size or not np.all((p >= 0) & (p <= 1)):
        raise UsageError(f"p_values is {p.tolist()}; allowed: one or more numbers in [0, 1]")
    order = np.argsort(p, kind="stable")
    steps = level / np.arange(len(p), 0, -1)
    above = np.flatnonzero(p[order] > steps)
    if above.size:
        steps[above[0] :] = steps[above[0]]
    levels = np.empty(len(p))
    levels[order] = steps
    return levels
