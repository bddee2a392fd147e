"""Probabilities of binomial and hypergeometric numbers.

`scipy.stats` has them too, but takes longer to import than everything else that a command needs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from passgap.data.arrays import FloatArray


def log_choose(n: ArrayLike, c: ArrayLike) -> FloatArray:
    """Logarithm of the binomial coefficients C(n, c), shapes broadcast."""
    return np.asarray(-np.log1p(n) - special.betaln(np.subtract(n, c) + 1, np.add(c, 1)), float)


def binomial(c: ArrayLike, n: ArrayLike, p: float) -> FloatArray:
    """Chance of c successes among n with chance p each, 0 < p < 1; shapes broadcast."""
    c, n = np.broadcast_arrays(c, n)
    inside = (c >= 0) & (c <= n)
    log = log_choose(n, np.where(inside, c, 0)) + special.xlogy(c, p) + special.xlog1py(n - c, -p)
    return np.where(inside, np.exp(log), 0.0)


def log_hypergeometric(c: ArrayLike, n: ArrayLike, hits: ArrayLike, drawn: ArrayLike) -> FloatArray:
    """Logarithm of `hypergeometric`, for possible c only."""
    rest = log_choose(np.subtract(n, hits), np.subtract(drawn, c))
    return np.asarray(log_choose(hits, c) + rest - log_choose(n, drawn), float)


def hypergeometric(c: ArrayLike, n: ArrayLike, hits: ArrayLike, drawn: ArrayLike) -> FloatArray:
    """Chance that c of the ``hits`` successes among n are among the ``drawn``; shapes broadcast."""
    c, n, hits, drawn = np.broadcast_arrays(c, n, hits, drawn)
    least = np.maximum(0, drawn - (n - hits))
    inside = (c >= least) & (c <= np.minimum(drawn, hits))
    log = log_hypergeometric(np.where(inside, c, least), n, hits, drawn)
    return np.where(inside, np.exp(log), 0.0)
