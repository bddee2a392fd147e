"""Many tests at once: p-values in, Benjamini and Hochberg's q-values out.

As `scipy.stats.false_discovery_control`, whose import takes longer than all else that a verdict
needs; a test holds the two together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray


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
