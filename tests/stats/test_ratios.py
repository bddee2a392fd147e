"""The ratio of two means: its value, the roots that bound it, and its coverage."""

import numpy as np
import pytest

from passgap.errors import UsageError
from passgap.stats import mean_ratio, ratio_change
from passgap.stats.intervals.levels import student_quantile


def is_plausible(above, below, ratio):
    """Whether the mean of above - ratio * below is not shown to differ from 0."""
    left = above - ratio * below
    return abs(left.mean()) <= student_quantile(len(left)) * left.std(ddof=1) / len(left) ** 0.5


@pytest.mark.parametrize("seed", range(6))
def test_the_ends_are_where_the_test_turns(seed):
    rng = np.random.default_rng(seed)
    below = rng.binomial(4, 0.4, 50) / 4
    above = 3 + rng.exponential(2, 50) * (1 - below)
    found = mean_ratio(above, below)
    assert found.value == pytest.approx(above.sum() / below.sum())
    for end, inward in ((found.low, 1e-6), (found.high, -1e-6)):
        assert is_plausible(above, below, end * (1 + inward))
        assert not is_plausible(above, below, end * (1 - inward))


def test_there_is_no_upper_end_where_hardly_anything_is_solved():
    above, below = np.linspace(1, 3, 30), np.zeros(30)
    below[4] = 0.25
    found = mean_ratio(above, below)
    assert found.high == np.inf
    assert "no upper end" in found.notes[0]
    assert is_plausible(above, below, found.low * 1.001)
    assert not is_plausible(above, below, found.low * 0.999)
    assert is_plausible(above, below, 1e9)


def test_nothing_solved_has_no_value():
    found = mean_ratio([1.0, 2.0], [0.0, 0.0])
    assert np.isnan(found.value)
    assert found.notes


def test_the_interval_covers_what_a_success_takes():
    rng = np.random.default_rng(7)
    hits = []
    for _ in range(2000):
        p = rng.beta(1, 2, 60)
        above, below = 2 + 4 * (1 - p) + rng.normal(0, 0.3, 60), rng.binomial(4, p) / 4
        found = mean_ratio(above, below)
        hits.append(found.low <= (2 + 4 * 2 / 3) / (1 / 3) <= found.high)
    assert 0.935 <= np.mean(hits) <= 0.965


def test_clusters_widen_it():
    rng = np.random.default_rng(8)
    p = np.repeat(rng.uniform(0.1, 0.9, 20), 5)
    above, clusters = 5 - p, np.repeat(np.arange(20), 5)
    alone, related = mean_ratio(above, p), mean_ratio(above, p, clusters=clusters)
    assert related.value == pytest.approx(alone.value)
    assert related.high - related.low > 1.5 * (alone.high - alone.low)


def test_bad_values_are_named():
    with pytest.raises(UsageError, match=r"include -1\.0; allowed: finite numbers >= 0"):
        mean_ratio([1.0, -1.0], [0.5, 0.5])
    with pytest.raises(UsageError, match="shape"):
        mean_ratio([1.0], [0.5, 0.5])


def pair_of_arms(rng, problems=60):
    """What a try takes and the share solved, before and after, of the same problems."""
    p = rng.beta(1, 2, problems)
    q = p**0.5
    before = 2 + 4 * (1 - p) + rng.normal(0, 0.3, problems), rng.binomial(4, p) / 4
    after = 1 + 4 * (1 - q) + rng.normal(0, 0.3, problems), rng.binomial(4, q) / 4
    return before, after


def test_the_interval_covers_the_change():
    rng = np.random.default_rng(7)
    root = rng.beta(1, 2, 1_000_000) ** 0.5
    true = (1 + 4 * (1 - root).mean()) / root.mean() / ((2 + 4 * 2 / 3) / (1 / 3))
    hits = []
    for _ in range(2000):
        found = ratio_change(*pair_of_arms(rng))
        hits.append(found.low <= true <= found.high)
    assert 0.935 <= np.mean(hits) <= 0.965


def test_a_change_is_the_ratio_of_the_ratios():
    before, after = pair_of_arms(np.random.default_rng(1))
    found = ratio_change(before, after)
    assert found.value == pytest.approx(mean_ratio(*after).value / mean_ratio(*before).value)
    back = ratio_change(after, before)
    assert (back.low, back.high) == pytest.approx((1 / found.high, 1 / found.low))
    assert ratio_change(before, before).high == pytest.approx(1)


def test_a_change_has_no_interval_where_hardly_anything_is_solved():
    before, after = pair_of_arms(np.random.default_rng(2))
    few = np.zeros(60)
    few[3] = 0.25
    found = ratio_change(before, (after[0], few))
    assert np.isfinite(found.value)
    assert np.isnan(found.low)
    assert "not shown to be above 0" in found.notes[0]
    assert np.isnan(ratio_change(before, (after[0], np.zeros(60))).value)
    with pytest.raises(UsageError, match="60 problems before and 2 after"):
        ratio_change(before, ([1.0, 2.0], [0.5, 0.5]))
