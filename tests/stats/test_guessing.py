"""Luck: rates that are estimates, and what their noise does at large k."""

import numpy as np
import pytest

from passgap.stats import corrected_pass_at_k, shrunken_rates


def test_noise_of_rates_is_taken_out_and_their_differences_stay():
    rng = np.random.default_rng(0)
    true = rng.choice([0.01, 0.05], 400)
    noisy = np.clip(true + 0.004 * rng.standard_normal(400), 0, 1)
    found = shrunken_rates(noisy, np.full(400, 0.004**2))
    assert found.mean() == pytest.approx(noisy.mean())
    assert np.mean((found - true) ** 2) < np.mean((noisy - true) ** 2)
    np.testing.assert_allclose(shrunken_rates(noisy, np.zeros(400)), noisy)
    alone = np.clip(0.02 + 0.004 * rng.standard_normal(400), 0, 1)
    assert shrunken_rates(alone, np.full(400, 0.004**2)).std() < 0.25 * alone.std()
    np.testing.assert_array_equal(shrunken_rates([0.1, 0.1], [0.0, 0.0]), [0.1, 0.1])


def test_corrected_pass_at_64_is_no_longer_biased_by_noise():
    """g = .02 with a log standard deviation of .3, as METHODS has it: over 5 points before."""
    rng, bias = np.random.default_rng(1), np.zeros(2)
    for _ in range(60):
        p = np.where(rng.random(1000) < 0.3, 0.0, rng.beta(0.4, 6, 1000))
        rates = 0.02 * np.exp(0.3 * rng.standard_normal(1000) - 0.045)
        c = rng.binomial(64, 1 - (1 - p) * 0.98)
        variances = 0.02**2 * (np.exp(0.09) - 1) * np.ones(1000)
        for i, g in enumerate((rates, shrunken_rates(rates, variances))):
            bias[i] += corrected_pass_at_k(np.full(1000, 64), c, g, [64]).mean()
        bias -= np.mean(1 - (1 - p) ** 64)
    assert bias[0] / 60 < -0.04
    assert abs(bias[1] / 60) < 0.015
