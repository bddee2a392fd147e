"""The difficulty distribution is the maximum it claims to be, and its functionals are exact."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special, stats

from passgap.errors import UsageError
from passgap.stats import Mixture, fit_mixture, functional_interval, pass_at_k
from passgap.stats.mixture import GRID


def log_likelihood(n, c, p, weights):
    with np.errstate(divide="ignore"):
        return float(np.log(stats.binom.pmf(c[:, None], n[:, None], p) @ weights).sum())


def plain_em(n, c, rounds):
    """On the same grid: slow, and sure to climb."""
    table = stats.binom.pmf(c[:, None], n[:, None], special.expit(GRID))
    weights = np.full(len(GRID), 1 / len(GRID))
    for _ in range(rounds):
        weights = weights * ((1 / (table @ weights)) @ table) / len(n)
    return weights


@st.composite
def outcomes(draw):
    n = draw(st.lists(st.integers(1, 40), min_size=1, max_size=30))
    return np.array(n), np.array([draw(st.integers(0, total)) for total in n])


@given(outcomes())
@settings(max_examples=60, deadline=None)
def test_every_fit_carries_its_certificate(counts):
    n, c = counts
    fit = fit_mixture(n, c)
    assert fit.weights.min() >= 0
    assert fit.weights.sum() == pytest.approx(1, abs=1e-9)
    # the gradient, computed here anew from scipy's binomial: nowhere above 1
    table = stats.binom.pmf(c[:, None], n[:, None], fit.p)
    gradient = ((1 / (table @ fit.weights)) @ table) / len(n)
    assert gradient.max() <= 1 + 1e-5
    assert fit.max_gradient == pytest.approx(gradient.max(), abs=1e-6)
    assert fit.log_likelihood == pytest.approx(log_likelihood(n, c, fit.p, fit.weights), abs=1e-6)


def test_no_worse_than_a_long_run_of_em():
    rng = np.random.default_rng(0)
    n = rng.integers(8, 64, 200)
    c = rng.binomial(n, rng.beta(0.4, 1.2, 200))
    fit = fit_mixture(n, c)
    slow = log_likelihood(n, c, fit.p, plain_em(n, c, 3000))
    assert slow - 1e-6 <= fit.log_likelihood < slow + 1.0


def test_the_fit_follows_the_counts_where_they_decide():
    """With equal n the mixture reproduces mean pass@k up to n nearly as the counts have it."""
    rng = np.random.default_rng(1)
    c = rng.binomial(64, rng.beta(0.5, 2, 300))
    ks = [1, 2, 8, 32, 64]
    raw = np.array([pass_at_k(64, c, k).mean() for k in ks])
    np.testing.assert_allclose(fit_mixture(64, c).pass_at_k(ks), raw, atol=0.01)


def test_pass_at_k_beyond_n_comes_near_the_truth():
    rng = np.random.default_rng(2)
    p = rng.beta(0.6, 2.0, 1500)
    fit = fit_mixture(64, rng.binomial(64, p))
    for k in (128, 256):
        assert fit.pass_at_k(k)[0] == pytest.approx((1 - (1 - p) ** k).mean(), abs=0.02)


def test_functionals_by_hand():
    two = Mixture(np.array([0.0, 0.5, 1.0]), np.array([0.25, 0.5, 0.25]))
    np.testing.assert_allclose(two.pass_at_k([1, 2, 4]), [0.5, 0.625, 0.71875])
    np.testing.assert_allclose(two.mixed_at_g([1, 2, 4]), [0.0, 0.25, 0.4375])
    assert two.share_below(0.01) == 0.25
    assert two.share_below(1.0) == 0.75
    np.testing.assert_allclose(two.tilted(np.log(3)).p, [0.0, 0.75, 1.0])


def test_a_tilt_keeps_what_was_never_solved_and_reaches_coverage():
    fit = fit_mixture([32] * 8, [0, 0, 0, 0, 32, 16, 8, 4])
    far = fit.tilted(50.0)
    assert far.pass_at_k(1)[0] == pytest.approx(1 - fit.weights[0], abs=1e-6)


def test_nothing_and_everything_solved():
    assert fit_mixture(16, np.zeros(5)).pass_at_k([1, 16]).tolist() == [0.0, 0.0]
    assert fit_mixture(16, np.full(5, 16)).pass_at_k([1, 16]).tolist() == [1.0, 1.0]


def test_large_n_has_no_gaps():
    """At n = 10^5 the likelihood is narrower than the grid's steps."""
    c = np.array([0, 3, 777, 51_234, 99_999, 100_000])
    assert fit_mixture(100_000, c).max_gradient <= 1 + 1e-6


def test_problems_without_draws_carry_nothing():
    with_empty, without = fit_mixture([8, 0, 4], [3, 0, 1]), fit_mixture([8, 4], [3, 1])
    np.testing.assert_array_equal(with_empty.weights, without.weights)


@pytest.mark.parametrize(
    ("n", "c", "told"),
    [
        ([8], [9], "problem 0 has n=8, c=9"),
        ([8, 8], [1, -1], "problem 1 has n=8, c=-1"),
        ([8.5], [1], "n has a value that is not a whole number"),
        ([8], [np.nan], "c has a value"),
        ([0, 0], [0, 0], "no problem has a scored sample"),
        ([8, 8, 8], [1, 1], "needed: both"),
    ],
)
def test_wrong_counts_are_told(n, c, told):
    with pytest.raises(UsageError, match=told):
        fit_mixture(n, c)


def test_wrong_questions_are_told():
    fit = fit_mixture([8], [4])
    with pytest.raises(UsageError, match="k is 0"):
        fit.pass_at_k(0)
    with pytest.raises(UsageError, match=r"k is \[1.5\]"):
        fit.pass_at_k([1.5])
    with pytest.raises(UsageError, match="g is 0"):
        fit.mixed_at_g(0)
    with pytest.raises(UsageError, match="eps is 0"):
        fit.share_below(0)
    with pytest.raises(UsageError, match="delta is inf"):
        fit.tilted(np.inf)


def test_an_end_is_the_extreme_of_the_likelihood_region():
    """No distribution found by random search within the region reaches beyond the interval."""
    rng = np.random.default_rng(3)
    n, c = 16, rng.binomial(16, rng.beta(0.5, 2, 60))
    fit = fit_mixture(n, c)
    values = -np.expm1(64 * np.log1p(-np.minimum(fit.p, 1 - 1e-16)))
    found = functional_interval(n, c, values, fit=fit)
    assert found.low < found.value < found.high
    table = stats.binom.pmf(c[:, None], n, fit.p)
    best = np.log(table @ fit.weights).sum()
    floor = best - stats.chi2.ppf(0.95, 1) / 2
    inside = 0
    for _ in range(4000):
        mixed = rng.dirichlet(np.full(len(values), 0.02))
        weights = fit.weights + rng.beta(1, 6) * (mixed - fit.weights)
        if np.log(table @ weights).sum() >= floor:
            inside += 1
            assert found.low - 0.005 <= weights @ values <= found.high + 0.005
    assert inside > 200


def test_nothing_solved_bounds_the_mean_as_it_must():
    """All zero: some problems may be easy and not among these 50, (1 - w)^50 = exp(-1.92)."""
    values = fit_mixture(16, np.zeros(50)).p
    found = functional_interval(16, np.zeros(50), values)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - np.exp(-1.92 / 50), rel=0.05)


def test_beyond_the_data_the_interval_admits_both_zero_and_rare():
    """40 % of the problems at p = 0, or at p = .0005: n = 64 cannot tell, and k = 4096 differs."""
    rng = np.random.default_rng(4)
    c = np.where(rng.random(300) < 0.4, 0, rng.binomial(64, 0.5, 300))
    far = -np.expm1(4096 * np.log1p(-np.minimum(fit_mixture(64, c).p, 1 - 1e-16)))
    found = functional_interval(64, c, far)
    assert found.low < 0.65
    assert found.high > 0.85


def test_a_hard_case_converges():
    """These counts once drove a step to where a row's likelihood was all but lost."""
    rng = np.random.default_rng(22)
    p = np.where(rng.random(1000) < 0.2, 0, rng.beta(0.5, 2, 1000))
    c = rng.binomial(256, p) + rng.binomial(256, special.expit(special.logit(p) + 1.5))
    assert fit_mixture(512, c).max_gradient <= 1 + 1e-6


def test_wrong_functions_are_told():
    with pytest.raises(UsageError, match="the values need shape"):
        functional_interval(8, [4], [0.5])
    with pytest.raises(UsageError, match="confidence_level is 2"):
        functional_interval(8, [4], np.zeros(len(GRID)), confidence_level=2)
