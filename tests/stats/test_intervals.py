"""Intervals: exact identities, laws, and coverage that a wrong interval fails."""

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from passgap.errors import UsageError
from passgap.stats import (
    binomial_interval,
    binomial_upper,
    fixed_interval,
    fixed_paired_interval,
    mean_curve,
    mean_interval,
    paired_curve,
    paired_interval,
    pass_at_k,
    zero_discordance_bound,
)

KS = [1, 2, 4, 8, 16]
units = st.lists(st.floats(0, 1), min_size=1, max_size=40)
LEAST = 0.93  # what a 95 % interval must cover, less three simulation errors where simulated


def coverage(estimates, truth):
    return np.mean([e.low <= truth + 1e-12 and truth - 1e-12 <= e.high for e in estimates])


def slack(replicates):
    return 3 * np.sqrt(LEAST * (1 - LEAST) / replicates)


# -------------------------------------------------------------------------------- population


@pytest.mark.parametrize("size", [30, 100])
def test_mean_interval_covers_every_share_exactly(size):
    """0/1 values: coverage is a binomial sum, with no simulation noise at all."""
    found = [mean_interval(np.arange(size) < c) for c in range(size + 1)]
    low, high = np.array([e.low for e in found]), np.array([e.high for e in found])
    for share in np.linspace(0, 1, 401):
        inside = (low <= share + 1e-12) & (share - 1e-12 <= high)
        assert stats.binom.pmf(np.arange(size + 1), size, share)[inside].sum() > LEAST, share


def test_the_plain_t_interval_would_fail_that_check():
    inside = stats.binom.pmf(np.arange(1, 31), 30, 0.03).sum()
    assert inside < LEAST


@pytest.mark.parametrize(("share", "largest"), [(0.1, 0.8), (0.03, 0.8), (0.03, 1.0)])
def test_paired_interval_covers_rare_gains(share, largest):
    random = np.random.default_rng(5)
    gained = random.random((1500, 30)) < share
    draws = np.where(gained, random.choice([largest / 2, largest], (1500, 30)), 0.0)
    truth = share * largest * 0.75
    assert coverage([paired_interval(d) for d in draws], truth) > LEAST - slack(1500)


def test_population_formula():
    d = np.array([0.5, -0.25, 0.0])
    extended = np.array([0.5, -0.25, 0.0, 1.0, -1.0])
    reach = stats.t.ppf(0.975, 4) * extended.std(ddof=1) / np.sqrt(5)
    found = paired_interval(d)
    assert found.value == pytest.approx(d.mean())
    assert found.high == pytest.approx(min(extended.mean() + reach, 1))
    assert mean_interval(np.zeros(30)).high == pytest.approx((1 + stats.t.ppf(0.975, 31)) / 32)
    assert mean_interval(np.zeros(30)).low == 0
    assert mean_interval(np.ones(30)).high == 1


@given(x=units, seed=st.integers(0, 9), level=st.floats(0.01, 0.999))
@settings(max_examples=80, deadline=None)
def test_population_laws(x, seed, level):
    mixed = np.random.default_rng(seed).permutation(x)
    found, again = (mean_interval(v, confidence_level=level) for v in (x, mixed))
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert (found.low, found.high) == pytest.approx((again.low, again.high), abs=1e-12)
    mirrored = mean_interval(1 - np.array(x), confidence_level=level)
    assert mirrored.low == pytest.approx(1 - found.high, abs=1e-12)
    difference = paired_interval(-np.array(x), confidence_level=level)
    assert -1 <= difference.low <= difference.value <= difference.high <= 1


# ------------------------------------------------------------------------------------ curves


def test_band_holds_the_pointwise_interval_and_follows_the_seed():
    random = np.random.default_rng(1)
    x = pass_at_k(32, random.binomial(32, random.beta(0.5, 3, 40)), KS)
    curve = mean_curve(x, KS, seed=3)
    assert np.all(curve.band_low <= curve.low)
    assert np.all(curve.high <= curve.band_high)
    np.testing.assert_array_equal(curve.band_low, mean_curve(x, KS, seed=3).band_low)
    assert not np.array_equal(curve.band_low, mean_curve(x, KS, seed=4).band_low)
    point = mean_interval(x[:, 2])
    assert (curve.at(4).low, curve.at(4).high) == pytest.approx((point.low, point.high))


def test_one_k_needs_no_wider_band():
    x = np.random.default_rng(1).random((50, 1))
    curve = paired_curve(x, [1], replicates=20_000)
    width = (curve.band_high - curve.band_low) / (curve.high - curve.low)
    assert 1 <= width[0] < 1.03


def test_band_covers_the_whole_curve_at_once():
    random, rounds = np.random.default_rng(2), 400
    truth = np.array([1 - np.prod((3 + np.arange(k)) / (3.5 + np.arange(k))) for k in KS])
    whole = every = 0
    for seed in range(rounds):
        hits = random.binomial(32, random.beta(0.5, 3, 60))
        curve = mean_curve(pass_at_k(32, hits, KS), KS, seed=seed, replicates=400)
        whole += np.all((curve.band_low <= truth) & (truth <= curve.band_high))
        every += np.all((curve.low <= truth) & (truth <= curve.high))
    assert whole / rounds > LEAST - slack(rounds)
    assert every < whole


def test_a_column_beyond_n_is_nan_with_a_note():
    curve = mean_curve(pass_at_k([4, 8], [1, 3], [4, 8]), [4, 8])
    assert np.isfinite(curve.band_high[0])
    for column in (curve.value, curve.low, curve.high, curve.band_low, curve.band_high):
        assert np.isnan(column[1])
    assert "exceeds" in curve.notes[0]
    nothing = mean_curve(np.full((3, 1), np.nan), [9])
    assert np.isnan(nothing.band_low[0])


# ---------------------------------------------------------------------------- fixed problems


@pytest.mark.parametrize(("n", "k", "p"), [(6, 1, 0.3), (6, 2, 0.5), (8, 4, 0.2), (7, 3, 0.8)])
def test_variance_is_unbiased(n, k, p):
    """By enumeration of every c, weighted by its chance."""
    chance = stats.binom.pmf(np.arange(n + 1), n, p)
    values = np.array([1 - comb(n - c, k) / comb(n, k) for c in range(n + 1)])
    truth = chance @ values**2 - (chance @ values) ** 2
    squares = [fixed_interval([n], [c], k).standard_error ** 2 for c in range(n + 1)]
    assert chance @ np.array(squares) == pytest.approx(truth, rel=1e-9)


@pytest.mark.parametrize(("n", "k", "problems"), [(256, 64, 30), (16, 1, 1), (64, 32, 5)])
def test_nothing_solved_has_the_exact_upper_bound(n, k, problems):
    found = fixed_interval([n] * problems, [0] * problems, k)
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(1 - 0.05 ** (k / (n * problems)))


def test_everything_solved_has_the_exact_lower_bound():
    found = fixed_interval([64] * 30, [64] * 30, 1)
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(0.05 ** (1 / (64 * 30)))
    shares = np.linspace(0, 1, 2001)  # one problem bears it all at larger k
    worst = max(((1 - s) ** 4) for s in shares if s**64 >= 0.05) / 30
    assert fixed_interval([64] * 30, [64] * 30, 4).low == pytest.approx(1 - worst, abs=worst / 20)


DESIGNS = {
    "spread": np.random.default_rng(0).beta(0.5, 3, 30),
    "rare": np.full(30, 0.002),
    "two kinds": np.repeat([0.01, 0.97], 15),
    "half never": np.repeat([0.0, 0.6], 15),
    "one solvable": np.r_[0.02, np.zeros(29)],
    "nearly all": np.full(30, 0.98),
    "all": np.ones(30),
}


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize(("n", "k"), [(16, 2), (64, 1), (256, 128)])
def test_fixed_interval_covers(name, n, k):
    p = DESIGNS[name]
    hits = np.random.default_rng(7).binomial(n, p, (200, 30))
    found = [fixed_interval(np.full(30, n), c, k) for c in hits]
    assert coverage(found, np.mean(1 - (1 - p) ** k)) > LEAST - slack(200)


@pytest.mark.parametrize("name", ["rare", "half never", "one solvable"])
def test_fixed_paired_interval_covers(name):
    random, n, k = np.random.default_rng(8), np.full(30, 64), 16
    base, trained = DESIGNS["spread"], DESIGNS[name]
    hits = random.binomial(64, np.stack([base, trained]), (200, 2, 30))
    found = [fixed_paired_interval(n, b, n, t, k) for b, t in hits]
    truth = np.mean((1 - base) ** k - (1 - trained) ** k)
    assert coverage(found, truth) > LEAST - slack(200)


@given(
    c=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=8),
    k=st.integers(1, 6),
)
@settings(max_examples=60, deadline=None)
def test_fixed_laws(c, k):
    base, trained = np.array(c).T
    n = np.full(len(base), 12)
    one, two = fixed_interval(n, base, k), fixed_interval(n, trained, k)
    both, back = (
        fixed_paired_interval(n, *pair, k) for pair in ((base, n, trained), (trained, n, base))
    )
    assert 0 <= one.low <= one.value <= one.high <= 1
    assert both.value == pytest.approx(two.value - one.value)
    assert (both.low, both.high) == pytest.approx((-back.high, -back.low))
    assert fixed_interval(n, base[::-1], k).high == pytest.approx(one.high)


# ------------------------------------------------------------------------------ plain shares


@pytest.mark.parametrize("trials", [1, 7, 20])
def test_clopper_pearson_covers_by_enumeration(trials):
    found = [binomial_interval(h, trials) for h in range(trials + 1)]
    uppers = np.array([binomial_upper(h, trials) for h in range(trials + 1)])
    for share in np.linspace(0, 1, 101):
        chance = stats.binom.pmf(np.arange(trials + 1), trials, share)
        assert chance @ np.array([e.low <= share <= e.high for e in found]) >= 0.95 - 1e-9
        assert chance @ (uppers >= share) >= 0.95 - 1e-9


def test_bounds_without_a_hit():
    assert binomial_upper(0, 30) == pytest.approx(1 - 0.05 ** (1 / 30))
    assert zero_discordance_bound(149) < 0.02 < zero_discordance_bound(148)
    assert (binomial_interval(0, 9).low, binomial_interval(9, 9).high) == (0, 1)
    assert binomial_upper(9, 9) == 1


# ---------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_interval([]), "not empty"),
        (lambda: mean_interval([0.5, 1.2]), "1.2"),
        (lambda: mean_interval([np.nan]), "nan"),
        (lambda: paired_interval([-1.5]), "-1.5"),
        (lambda: paired_interval([0.5], confidence_level=95), "95"),
        (lambda: mean_curve([[0.5, 0.6]], [1]), "ks has shape"),
        (lambda: mean_curve([[0.5]], [1], replicates=3), "replicates is 3"),
        (lambda: mean_curve([[0.5]], [1], confidence_level=0), "confidence_level"),
        (lambda: fixed_interval([64, 16], [1, 1], 9), "k=9 .* n=16"),
        (lambda: fixed_interval([], [], 1), "no problem"),
        (lambda: fixed_interval([4], [1], 1, confidence_level=1), "confidence_level"),
        (lambda: fixed_paired_interval([4], [1], [4, 4], [1, 1], 1), "pair them"),
        (lambda: binomial_interval(3, 2), "hits=3, trials=2"),
        (lambda: binomial_upper(0, 0), "trials=0"),
    ],
)
def test_impossible_requests_are_refused(call, message):
    with pytest.raises(UsageError, match=message):
        call()
