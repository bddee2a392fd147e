"""Binomial and hypergeometric probabilities against scipy's own."""

import numpy as np
from scipy import stats

from passgap.stats.discrete import binomial, hypergeometric

RNG = np.random.default_rng(0)
N = RNG.integers(1, 60, 50)
C = np.arange(-1, 62)[:, None]  # impossible numbers are among them


def test_binomial():
    assert np.allclose(binomial(C, N, 0.3), stats.binom.pmf(C, N, 0.3), rtol=1e-12, atol=1e-300)
    assert float(binomial(3, 5, 0.5)) == 10 / 32


def test_hypergeometric():
    hits, drawn = RNG.integers(0, N + 1), RNG.integers(0, N + 1)
    expected = stats.hypergeom.pmf(C, N, hits, drawn)
    assert np.allclose(hypergeometric(C, N, hits, drawn), expected, rtol=1e-11, atol=1e-300)
    assert np.allclose(hypergeometric(C, N, hits, drawn).sum(axis=0), 1)
