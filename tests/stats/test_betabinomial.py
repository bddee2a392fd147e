"""The fits with a shape: known parameters are found, and the closed form is the integral."""

import numpy as np
import pytest
from scipy import stats

from passgap.analysis.probe.extrapolation import passes_on_grid
from passgap.errors import UsageError
from passgap.stats import (
    BetaBinomial,
    beta_of_curve,
    fit_beta_binomial,
    functional_interval,
    shaped_interval,
)


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


def passes(k):
    """The function that `shaped_interval` takes for pass@k."""
    return lambda shape: float(shape.pass_at_k(k)[0])


def test_the_shaped_interval_is_the_range_of_the_profile():
    """By a search over a fine table of shapes: nothing further out fits as well."""
    rng = np.random.default_rng(1)
    c = rng.binomial(8, np.where(rng.random(120) < 0.3, 0.0, rng.beta(0.6, 2, 120)))
    found = shaped_interval(8, c, passes(40))
    best = fit_beta_binomial(8, c, zero_inflated=True)
    assert found.value == pytest.approx(passes(40)(best))
    logs, never = (
        np.meshgrid(np.linspace(-2, 2.5, 50), np.linspace(-1.5, 4, 50)),
        np.arange(40) / 40,
    )
    inside = []
    for a, b in np.exp(np.stack(logs).reshape(2, -1).T):
        chance = stats.betabinom.pmf(np.arange(9), 8, a, b)
        mixed = (1 - never) * chance[:, None] + never * (np.arange(9) == 0)[:, None]
        fits = np.bincount(c, minlength=9) @ np.log(mixed) > best.log_likelihood - 1.92
        solved = (1 - never) * (1 - stats.betabinom.pmf(0, 40, a, b))
        inside += solved[fits].tolist()
    assert found.low == pytest.approx(min(inside), abs=0.015)
    assert found.high == pytest.approx(max(inside), abs=0.015)


@pytest.mark.slow
def test_the_shaped_interval_covers_where_the_shape_is_true_and_is_narrower():
    truth = 1 - stats.betabinom.pmf(0, 160, 0.3, 3)
    held, widths = 0, []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        c = rng.binomial(16, rng.beta(0.3, 3, 100))
        found = shaped_interval(16, c, passes(160))
        free = functional_interval(16, c, passes_on_grid(160))
        held += found.low <= truth <= found.high
        widths.append((found.high - found.low) / (free.high - free.low))
    assert held >= 34  # P(33 or fewer) < .01 at 95 %
    assert np.median(widths) < 0.75


def test_the_shaped_interval_of_counts_without_a_hit_allows_for_what_was_missed():
    nothing = shaped_interval(16, np.zeros(100), passes(160))
    assert nothing.low == 0
    assert 0.05 < nothing.high < 0.4
    apart = shaped_interval(16, np.arange(100) % 9, passes(160))
    together = shaped_interval(16, np.arange(100) % 9, passes(160), copies=5)
    assert together.low < apart.low < apart.high < together.high
    with pytest.raises(UsageError, match="copies is 0"):
        shaped_interval(16, [0, 1], passes(2), copies=0)


def test_a_beta_runs_through_its_own_curve():
    ks = [1, 2, 8, 32]
    for a, b in ((0.3, 0.6), (2.0, 9.0), (0.05, 0.4)):
        true = BetaBinomial(a, b, 0.0, 0.0)
        found = beta_of_curve(ks, true.pass_at_k(ks))
        assert found.pass_at_k([3, 20]) == pytest.approx(true.pass_at_k([3, 20]), abs=1e-3)
    assert beta_of_curve([1, 2], [0.0, 0.0]).pass_at_k(3)[0] < 1e-3
    with pytest.raises(UsageError, match="at least 2"):
        beta_of_curve([1], [0.5])
