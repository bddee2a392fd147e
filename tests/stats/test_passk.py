"""pass@k, all@k and mixed@G against enumeration of every subset, and their laws."""

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passgap.errors import UsageError
from passgap.stats import all_at_k, mixed_at_g, pass_at_k

SMALL = [(n, c, k) for n in range(1, 8) for c in range(n + 1) for k in range(1, n + 1)]
ASKED = {
    pass_at_k: lambda subset: any(subset),
    all_at_k: lambda subset: all(subset),
    mixed_at_g: lambda subset: any(subset) and not all(subset),
}


@st.composite
def counts(draw, largest=300):
    n = draw(st.integers(1, largest))
    return n, draw(st.integers(0, n))


@pytest.mark.parametrize("estimator", ASKED, ids=lambda f: f.__name__)
def test_equals_the_share_of_subsets(estimator):
    for n, c, k in SMALL:
        draws = [1] * c + [0] * (n - c)
        subsets = list(combinations(draws, k))
        share = sum(ASKED[estimator](s) for s in subsets) / len(subsets)
        assert estimator([n], [c], k)[0] == pytest.approx(share, abs=1e-14), (n, c, k)


@pytest.mark.parametrize(
    ("n", "c", "k"), [(256, 3, 128), (10_000, 1, 1), (10_000, 2, 5000), (1024, 512, 7)]
)
def test_large_n_keeps_all_digits(n, c, k):
    exact = 1 - Fraction(comb(n - c, k), comb(n, k))
    assert pass_at_k(n, c, k)[0] == pytest.approx(float(exact), rel=1e-11)
    rare = Fraction(comb(n - c, k), comb(n, k))
    assert all_at_k(n, n - c, k)[0] == pytest.approx(float(rare), rel=1e-11)


@pytest.mark.parametrize("estimator", ASKED, ids=lambda f: f.__name__)
@given(pair=counts())
@settings(max_examples=60, deadline=None)
def test_monotone_in_k_and_inside_the_unit_interval(estimator, pair):
    n, c = pair
    curve = estimator(n, c, np.arange(1, n + 1))[0]
    assert np.all((curve >= 0) & (curve <= 1))
    steps = np.diff(curve) * (-1 if estimator is all_at_k else 1)
    assert np.all(steps >= -1e-12)


@given(pairs=st.lists(counts(40), min_size=1, max_size=12), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_problems_do_not_touch_each_other(pairs, seed):
    n, c = np.array(pairs).T
    order = np.random.default_rng(seed).permutation(len(n))
    ks = [1, 2, 7, 40]
    together = pass_at_k(n, c, ks)
    np.testing.assert_array_equal(together[order], pass_at_k(n[order], c[order], ks))
    np.testing.assert_array_equal(together[:, 2], pass_at_k(n, c, 7))


@given(pair=counts(60), k=st.integers(1, 80))
@settings(max_examples=100, deadline=None)
def test_exact_ends_and_nan_beyond_n(pair, k):
    n, c = pair
    value = pass_at_k([n], [c], k)[0]
    assert np.isnan(value) == (k > n)
    if k <= n:
        assert (value == 0) == (c == 0)
        assert (value == 1) == (n - c < k)
        assert mixed_at_g([n], [c], k)[0] == pytest.approx(
            value - all_at_k([n], [c], k)[0], abs=1e-12
        )


def test_mixed_is_exactly_zero_where_nothing_can_be_learnt():
    assert mixed_at_g([9, 9], [0, 9], [1, 2, 9]).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert mixed_at_g([9], [4], 1).tolist() == [0.0]


def test_unbiased_over_repeated_sampling():
    hits = np.random.default_rng(0).binomial(16, 0.1, 40_000)
    values = pass_at_k(16, hits, 8)
    assert values.mean() == pytest.approx(1 - 0.9**8, abs=4 * values.std() / 200)


def test_shapes():
    assert pass_at_k([4, 4], [1, 2], 2).shape == (2,)
    assert pass_at_k([4, 4], [1, 2], [2]).shape == (2, 1)
    assert pass_at_k(4, [1, 2, 3], [1, 2]).shape == (3, 2)
    assert pass_at_k([], [], [1, 2]).shape == (0, 2)


@pytest.mark.parametrize("estimator", ASKED, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("n", "c", "k", "message"),
    [
        ([4], [5], 1, "n=4, c=5"),
        ([4], [-1], 1, "c=-1"),
        ([4], [1], 0, "is 0"),
        ([4], [1], [2, -3], "-3"),
        ([4], [1.5], 1, "1.5"),
        ([4], [np.nan], 1, "nan"),
        ([4, 4], [1, 1, 1], 1, "shape"),
        ([4], ["x"], 1, "whole"),
        ([4], [1], 1.5, "1.5"),
    ],
)
def test_impossible_requests_are_refused(estimator, n, c, k, message):
    with pytest.raises(UsageError, match=message):
        estimator(n, c, k)
