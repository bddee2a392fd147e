"""Shares of right draws, exact wins, Fisher's test, luck: each against its definition."""

from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from passgap.errors import UsageError
from passgap.stats import (
    all_at_k,
    corrected_pass_at_k,
    cover_at_tau,
    fisher_exact,
    lucky_pass_at_k,
    pass_at_k,
    share_at_k,
    wins_at_k,
)


@st.composite
def counts(draw, largest=9):
    n = draw(st.integers(1, largest))
    return n, draw(st.integers(0, n))


@given(counts(), st.sampled_from([0.1, 0.25, 0.3, 0.5, 0.7, 1.0]))
def test_share_equals_the_share_of_subsets(pair, tau):
    n, c = pair
    draws = [1] * c + [0] * (n - c)
    for k in range(1, n + 1):
        enough = [sum(s) >= Fraction(str(tau)) * k for s in combinations(draws, k)]
        assert share_at_k([n], [c], tau, k)[0] == pytest.approx(np.mean(enough), abs=1e-12)


@given(counts(200))
def test_share_has_pass_and_all_at_its_ends(pair):
    n, c = pair
    ks = sorted({1, max(n // 3, 1), n})
    for k in ks:
        assert share_at_k([n], [c], 1 / (k + 1), k)[0] == pytest.approx(pass_at_k([n], [c], k)[0])
    np.testing.assert_allclose(share_at_k([n], [c], 1.0, ks), all_at_k([n], [c], ks), atol=1e-12)


def test_cover_counts_a_share_as_it_was_written():
    # .3 of 10 draws are 3, although .3 * 10 is below 3 in binary for some neighbours
    assert cover_at_tau([10, 10, 10], [2, 3, 4], 0.3).tolist() == [0.0, 1.0, 1.0]
    assert cover_at_tau([100, 1000], [7, 70], 0.07).tolist() == [1.0, 1.0]
    assert np.isnan(cover_at_tau([0], [0], 0.5)).all()
    with pytest.raises(UsageError, match="tau is 0"):
        cover_at_tau([1], [1], 0)


@given(counts(60), counts(60), st.integers(1, 8))
def test_wins_are_exact(base, trained, k):
    (nb, cb), (nt, ct) = base, trained
    if k > min(nb, nt):
        with pytest.raises(UsageError, match="1 to the smallest n"):
            wins_at_k([nb], [cb], [nt], [ct], k)
        return
    b, t = (Fraction(comb(n - c, k), comb(n, k)) for n, c in (base, trained))
    assert wins_at_k([nb], [cb], [nt], [ct], k)[0] == (b > t) - (b < t)


def test_wins_do_not_hang_on_rounding():
    """Equal pass@k from different n; a float decides such ties by its last digit."""
    assert wins_at_k([10, 20, 30], [5, 10, 15], [20, 30, 10], [10, 15, 5], 1).tolist() == [0, 0, 0]


def test_fisher_equals_scipys():
    rng = np.random.default_rng(0)
    nb, nt = rng.integers(1, 40, 200), rng.integers(1, 40, 200)
    cb, ct = rng.integers(0, nb + 1), rng.integers(0, nt + 1)
    expected = [
        stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue
        for n, a, m, b in zip(nb, cb, nt, ct, strict=True)
    ]
    np.testing.assert_allclose(fisher_exact(nb, cb, nt, ct), expected, rtol=1e-9)
    assert fisher_exact([0], [0], [5], [3]) == 1.0


def test_luck_is_taken_out_exactly():
    """Draws are right with ability p or else by a guess: the corrected mean is p's pass@k."""
    p, g, k = 0.2, 0.1, 3
    total = 1 - (1 - p) * (1 - g)
    n = 40
    c = np.arange(n + 1)
    weights = stats.binom.pmf(c, n, total)
    raw = 1 - (1 - pass_at_k(n, c, k)) / (1 - lucky_pass_at_k([g], [k])[0, 0])
    assert weights @ raw == pytest.approx(1 - (1 - p) ** k)
    found = corrected_pass_at_k(n, c, np.full(n + 1, g), [k])[:, 0]
    np.testing.assert_allclose(found, raw, atol=1e-12)
    np.testing.assert_allclose(lucky_pass_at_k([0.0, 0.5], [1, 2]), [[0, 0], [0.5, 0.75]])
    with pytest.raises(UsageError, match="guess_rate"):
        lucky_pass_at_k([1.0], [1])
