"""Counts drawn from known p, for tests of what is estimated from them."""

import numpy as np

from passgap.data.counts import Counts


def ids(size):
    return [f"p{i:04d}" for i in range(size)]


def drawn(p, n, rng, **extra):
    p = np.asarray(p)
    return Counts(ids(len(p)), np.full(len(p), n), rng.binomial(n, p), **extra)


def tilted(p, delta):
    with np.errstate(divide="ignore"):
        return 1 / (1 + np.exp(-(np.log(p) - np.log1p(-p) + delta)))
