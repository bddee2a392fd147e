"""The fits with a shape: known parameters are found, and the closed form is the integral."""

import numpy as np
import pytest
from scipy import stats

from passgap.stats import fit_beta_binomial


def test_known_parameters_are_recovered():
    rng = np.random.default_rng(0)
    p = np.where(rng.random(4000) < 0.3, 0.0, rng.beta(0.6, 2.0, 4000))
    n = rng.integers(20, 80, 4000)
    c = rng.binomial(n, p)
    fit = fit_beta_binomial(n, c, zero_inflated=True)
    assert (fit.a, fit.b, fit.never) == pytest.approx((0.6, 2.0, 0.3), abs=0.12)
    plain = fit_beta_binomial(n, c)
    assert plain.never == 0.0
    assert plain.log_likelihood < fit.log_likelihood - 10


def test_likelihood_and_pass_at_k_are_the_definition():
    n, c = np.array([8, 16, 30]), np.array([0, 4, 30])
    fit = fit_beta_binomial(n, c, zero_inflated=True)
    inside = (1 - fit.never) * stats.betabinom.pmf(c, n, fit.a, fit.b) + fit.never * (c == 0)
    assert fit.log_likelihood == pytest.approx(np.log(inside).sum())
    for k in (1, 5, 1000):
        solved = 1 - stats.betabinom.pmf(0, k, fit.a, fit.b)
        assert fit.pass_at_k(k)[0] == pytest.approx((1 - fit.never) * solved)


def test_counts_that_are_all_alike_stay_finite():
    for c in (np.zeros(20), np.full(20, 16), np.full(20, 8)):
        fit = fit_beta_binomial(16, c)
        assert np.isfinite(fit.log_likelihood)
        assert fit.pass_at_k(1)[0] == pytest.approx(c.mean() / 16, abs=0.01)
