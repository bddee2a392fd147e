"""Where rates are low: what a problem not seen may have, and ends that agree over k."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passgap.analysis import inputs
from passgap.data.counts import Counts
from passgap.stats import (
    agreeing,
    mean_curve,
    mean_ends,
    paired_ends,
    pass_at_k,
    plausible_limits,
)
from passgap.stats.intervals.unseen import largest_plausible

LEAST = 0.93
KS = [1, 2, 4, 16, 64]


def low_rates(rng, problems=128, replicates=1):
    return rng.beta(0.15, 18.7, (problems, replicates))  # a mean of .8 %


def with_ones(x):
    """The interval with pseudo-observations 0 and 1, whatever the data."""
    low, high = paired_ends(x, limits=(0.0, 1.0))
    return np.maximum(low, 0.0), high


def test_the_largest_plausible_value_is_its_definition():
    x = low_rates(np.random.default_rng(0), 200, 5)
    for column, found in zip(x.T, largest_plausible(x), strict=True):
        y = np.log(-np.log(1 - np.sort(column)[::-1][:21]))
        excess = y[:20].mean() - y[20]
        wanted = 1 - np.exp(-np.exp(y[0] + excess * np.log(5))) if excess < 1 else 1.0
        assert found == pytest.approx(wanted)
        assert found > column.max()


@pytest.mark.parametrize(
    "values",
    [
        low_rates(np.random.default_rng(0), 98)[:, 0],
        np.r_[np.zeros(190), np.full(10, 0.1)],
        np.r_[np.full(199, 0.001), 0.6],
        0.4 * np.exp(-0.12 * np.arange(200)),
        np.zeros(500),
        np.r_[np.zeros(485), np.ones(15)],
    ],
    ids=["few problems", "few above 0", "one is high", "heavy tail", "none", "rare and certain"],
)
def test_it_is_one_where_a_large_value_may_be_missed(values):
    assert largest_plausible(values[:, None]) == [1.0]


def test_k_draws_shift_it_as_they_shift_a_problem():
    p = low_rates(np.random.default_rng(1))
    once = largest_plausible(p)[0]
    for k in (2, 3, 4):
        assert largest_plausible(1 - (1 - p) ** k)[0] == pytest.approx(1 - (1 - once) ** k)


def test_limits_of_a_difference_are_those_of_its_arms():
    rng = np.random.default_rng(2)
    base, trained = low_rates(rng, 150, 3), low_rates(rng, 150, 3)
    down, up = plausible_limits(base, trained)
    np.testing.assert_array_equal(down, -largest_plausible(base))
    np.testing.assert_array_equal(up, largest_plausible(trained))
    assert np.all(up < 1)
    assert plausible_limits(base[:, 0], trained[:, 0])[1] == up[:1]
    clusters = np.arange(150) // 3  # 50 clusters are few
    assert plausible_limits(base[:, 0], trained[:, 0], clusters) == (-1, 1)


def test_many_draws_at_low_rates_have_half_the_width_and_cover():
    """128 problems x 10,000 draws with pass@1 = .8 %."""
    rng = np.random.default_rng(3)
    x = rng.binomial(10_000, low_rates(rng, replicates=1000)) / 10_000
    (low, high), (wide_low, wide_high) = mean_ends(x), with_ones(x)
    truth = 0.15 / (0.15 + 18.7)
    assert np.mean((low <= truth) & (truth <= high)) > LEAST
    assert np.median((high - low) / (wide_high - wide_low)) < 0.5


@pytest.mark.parametrize("large", [0.1, 0.3, 0.9])
def test_an_effect_on_3_percent_is_still_covered(large):
    rng, held = np.random.default_rng(4), np.zeros(2)
    for _ in range(15):
        base = low_rates(rng, 100, 100)
        trained = np.where(rng.random(base.shape) < 0.03, large, base)
        x, y = (rng.binomial(64, p) / 64 for p in (base, trained))
        before = 0.15 / (0.15 + 18.7)
        truths = 0.97 * before + 0.03 * large, 0.03 * (large - before)
        found = mean_ends(y), paired_ends(y - x, limits=plausible_limits(x, y))
        held += [np.sum((a <= t) & (t <= b)) for (a, b), t in zip(found, truths, strict=True)]
    assert np.all(held / 1500 > LEAST - 3 * np.sqrt(LEAST * (1 - LEAST) / 1500))


# ------------------------------------------------------------------------- ends agree over k


@pytest.mark.parametrize("problems", [30, 128])
def test_ends_of_a_curve_agree_over_k(problems):
    rng = np.random.default_rng(5)
    c = rng.binomial(10_000, low_rates(rng, problems)[:, 0])
    curve = mean_curve(pass_at_k(10_000, c, KS), KS)
    for ends in (curve.low, curve.high, curve.band_low, curve.band_high):
        assert np.all(np.diff(ends) >= 0)
        assert np.all(np.diff(ends / KS) <= 1e-15)
    assert np.all(curve.band_low <= curve.low)
    assert np.all(curve.high <= curve.band_high)


def test_ends_for_these_very_problems_agree_too():
    rng = np.random.default_rng(6)
    c = rng.binomial(256, low_rates(rng, 40)[:, 0])
    counts = Counts([str(i) for i in range(40)], np.full(40, 256), c)
    curve = inputs.curve_of(counts, KS, "fixed", 0)
    assert np.all(np.diff([curve.low, curve.high]) >= 0)
    assert np.all(np.diff(np.array([curve.low, curve.high]) / KS) <= 1e-15)


@given(
    ends=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=6),
    seed=st.integers(0, 9),
)
@settings(max_examples=100, deadline=None)
def test_agreeing_ends_hold_every_curve_that_the_given_ends_hold(ends, seed):
    k = np.random.default_rng(seed).permutation(2 ** np.arange(len(ends)))
    low, high = np.sort(ends, axis=1).T
    inner_low, inner_high = agreeing(k, low, high)
    assert np.all(inner_low >= low)
    assert np.all(inner_high <= high)
    for p in (0.0, 0.01, 0.1, 0.3, 0.6, 0.9, 1.0):
        curve = 1 - (1 - p) ** k
        if np.all((low <= curve) & (curve <= high)):
            assert np.all((inner_low <= curve + 1e-12) & (curve - 1e-12 <= inner_high))


def test_ends_that_are_not_known_are_left_alone():
    k, high = np.array([1, 2, 4]), np.array([0.9, 0.5, np.nan])
    low, high = agreeing(k, np.array([0.0, 0.2, np.nan]), high)
    np.testing.assert_allclose(low, [0.1, 0.2, np.nan])
    np.testing.assert_allclose(high, [0.5, 0.5, np.nan])
