"""pass^k (all of k draws right) of one policy and of a pair, against its definition."""

from itertools import combinations

import numpy as np
import pytest

from passgap import Counts, compare, probe
from passgap.analysis import inputs
from passgap.show import as_markdown
from passgap.show.contents import all_of_k


def drawn(rng, p, n=8, **settings):
    return Counts(range(len(p)), np.full(len(p), n), rng.binomial(n, p), **settings)


def by_enumeration(counts, k):
    """The share of all subsets of k draws that are right throughout, averaged over problems."""
    shares = []
    for n, c in zip(counts.n, counts.c, strict=True):
        subsets = list(combinations([True] * int(c) + [False] * int(n - c), k))
        shares.append(np.mean([all(one) for one in subsets]))
    return float(np.mean(shares))


@pytest.mark.parametrize("interval", ["population", "fixed"])
def test_the_curve_is_the_definition(interval):
    rng = np.random.default_rng(0)
    counts = drawn(rng, rng.beta(0.5, 0.5, 40))
    curve = probe(counts, k_large=4, small=0.05, large=0.15, interval=interval).all_of_k
    for k, value in zip(curve.k.tolist(), curve.value, strict=True):
        assert value == pytest.approx(by_enumeration(counts, k), abs=1e-12)
    inside = np.isfinite(curve.low)
    assert inside[:3].all()
    assert np.all(curve.low[inside] <= curve.value[inside])
    assert np.all(curve.value[inside] <= curve.high[inside])


def test_the_interval_covers_the_population():
    rng = np.random.default_rng(1)
    a, b, k = 0.8, 0.6, 4
    truth = np.prod([(a + i) / (a + b + i) for i in range(k)])  # E p^4 of a Beta
    hits = []
    for _ in range(300):
        counts = drawn(rng, rng.beta(a, b, 100))
        one = inputs.all_of_k(counts, [1, k], "population", 0).at(k)
        hits.append(one.low <= truth <= one.high)
    assert 0.9 <= np.mean(hits) <= 0.99


def test_failures_keep_their_clusters():
    rng = np.random.default_rng(2)
    p = np.repeat(rng.beta(0.5, 0.5, 25), 6)
    alone = drawn(rng, p)
    related = alone.clustered([str(i // 6) for i in range(len(p))])
    narrow, wide = (probe(one).all_of_k.at(4) for one in (alone, related))
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


@pytest.mark.parametrize(("power", "change"), [(0.3, "up"), (3.0, "down"), (1.0, "unclear")])
def test_a_pair_says_whether_it_rose_or_fell(power, change):
    rng = np.random.default_rng(3)
    p = rng.uniform(0.2, 0.9, 200)
    base, trained = drawn(rng, p), drawn(rng, p**power)
    found = compare(base, trained).all_of_k
    assert (found.change, found.k) == (change, 8)
    for k in found.delta.k.tolist():
        expected = by_enumeration(trained, k) - by_enumeration(base, k)
        assert found.delta.at(k).value == pytest.approx(expected, abs=1e-12)
        assert found.trained.at(k).value == pytest.approx(by_enumeration(trained, k), abs=1e-12)


def test_reliability_may_rise_where_reach_falls():
    """What pass@k alone would hide: the trained policy is always right, or never."""
    rng = np.random.default_rng(4)
    base = drawn(rng, np.full(200, 0.5))
    trained = Counts(range(200), np.full(200, 8), np.where(np.arange(200) % 5 < 3, 8, 0))
    found = compare(base, trained)
    assert found.delta.at(8).high < 0
    assert found.all_of_k.delta.at(8).low > 0.5
    shown = as_markdown(found)
    assert all_of_k.TITLE in shown
    assert "All of 8 tries right rose: +59" in shown or "All of 8 tries right rose: +60" in shown
