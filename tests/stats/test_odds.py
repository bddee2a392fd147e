"""Gains that no sharpening explains: the test errs seldom, finds what is new, and is exact."""

import numpy as np
import pytest
from scipy.special import expit, logit

from passgap.errors import UsageError
from passgap.stats import excluded_odds, odds_spread

N = 128


def pair(world, rng, size=300, n=N):
    """Counts (base, trained) of a world of problems."""
    p = np.clip(rng.beta(0.5, 1.2, size), 1e-3, 1 - 1e-4)
    heavy = np.clip(expit(rng.normal(-3, 3, size)), 1e-6, 1 - 1e-6)
    rare = rng.random(size)
    before, after = {
        "a tilt of 32": (p, expit(logit(p) + np.log(32))),
        "a slope of .6": (p, expit(0.6 * logit(p) + 1)),
        "a flatter temperature": (p, expit(0.7 * logit(p))),
        "uneven, heavy tail": (heavy, expit(logit(heavy) + 1.5 + rng.normal(0, 2, size))),
        "nothing": (heavy, heavy),
        "10 % new": (np.where(rare < 0.1, 0, p), np.where(rare < 0.1, 0.5, expit(logit(p) + 1.5))),
        "5 % new": (np.where(rare < 0.05, 0, p), np.where(rare < 0.05, 0.5, expit(logit(p) * 1.5))),
    }[world]
    return rng.binomial(n, before), rng.binomial(n, after)


def shown(world, seed, n=N):
    base, trained = pair(world, np.random.default_rng(seed), n=n)
    most = odds_spread(n, base, n, trained).most(32)
    return excluded_odds(n, base, n, trained, max_odds=most, seed=seed).p_value <= 0.05


@pytest.mark.parametrize(
    "world",
    ["a tilt of 32", "a slope of .6", "a flatter temperature", "uneven, heavy tail", "nothing"],
)
def test_sharpening_is_seldom_called_new(world):
    assert sum(shown(world, seed) for seed in range(40)) <= 5  # P(6 or more) < .02 at 5 %


@pytest.mark.parametrize(("world", "n", "least"), [("10 % new", N, 39), ("5 % new", N, 36)])
def test_new_problems_are_found(world, n, least):
    assert sum(shown(world, seed, n) for seed in range(40)) >= least


def test_at_the_least_rates_that_the_null_allows_it_errs_as_seldom_as_it_says():
    """p_from = need(p_to, r) exactly, on every problem: the hardest null."""
    rng = np.random.default_rng(1)
    to = np.full(200, 0.4)
    start = to / (32 - 31 * to)
    false = [
        excluded_odds(N, rng.binomial(N, start), N, rng.binomial(N, to), seed=i).p_value <= 0.05
        for i in range(100)
    ]
    assert sum(false) <= 10  # P(11 or more) < .02 at 5 %


def test_the_excluded_factor_is_where_the_test_turns():
    base, trained = pair("10 % new", np.random.default_rng(3))
    found = excluded_odds(N, base, N, trained)
    assert found.excluded > 32
    below, above = (
        excluded_odds(N, base, N, trained, max_odds=found.excluded * one).p_value
        for one in (0.98, 1.02)
    )
    assert below <= 0.05 < above


def test_lost_is_new_with_the_arms_swapped():
    base, trained = pair("10 % new", np.random.default_rng(4))
    assert excluded_odds(N, trained, N, base).p_value > 0.05
    assert excluded_odds(N, base, N, trained).problems > 15


def test_equal_runs_exclude_nothing():
    c = np.arange(100) % 65
    found = excluded_odds(64, c, 64, c)
    assert (found.p_value, found.excluded, found.problems) == (1.0, 1.0, 0)


def test_a_rarely_solved_set_and_few_draws_do_no_harm():
    found = excluded_odds([4, 3, 4], [0, 0, 4], [4, 128, 2], [4, 128, 2])
    assert found.p_value == 1.0
    assert excluded_odds(2, [0, 1], 2, [2, 2]).excluded == 1.0


def test_a_factor_below_one_is_refused():
    with pytest.raises(UsageError, match=r"max_odds is 0\.5; allowed: a number of at least 1"):
        excluded_odds(8, [1], 8, [2], max_odds=0.5)


@pytest.mark.parametrize("deviation", [0.0, 1.0, 2.0])
def test_the_spread_of_the_odds_is_found(deviation):
    """At the extremes noise hides part of it: at most 30 % too small, never much too large."""
    rng = np.random.default_rng(5)
    p = rng.uniform(0.2, 0.8, 4000)
    after = expit(logit(p) + 1 + rng.normal(0, deviation, 4000))
    found = odds_spread(256, rng.binomial(256, p), 256, rng.binomial(256, after))
    assert found.mean == pytest.approx(1, abs=0.15)
    assert 0.7 * deviation <= found.deviation <= deviation + 0.15
    for down, mean in ((False, found.mean), (True, -found.mean)):
        most = np.exp(mean + 3 * found.deviation)
        assert found.most(1, down=down) == pytest.approx(max(1, most))
    assert found.most(5_000) == 5_000


def test_few_known_problems_leave_the_spread_open():
    found = odds_spread(16, np.zeros(50, int), 16, np.full(50, 8))
    assert np.isnan(found.mean)
    assert found.most(32) == 32
