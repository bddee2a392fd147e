"""Majority vote against its definition: every subset of the draws, counted."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from passgap.errors import UsageError
from passgap.stats import maj_at_k


def by_enumeration(right, wrong, silent, k):
    draws = ["right"] * right + [None] * silent
    for j, times in enumerate(wrong):
        draws += [f"wrong {j}"] * times
    won = []
    for subset in combinations(draws, k):
        votes = [answer for answer in subset if answer is not None]
        most = max((votes.count(answer) for answer in set(votes)), default=0)
        top = [answer for answer in set(votes) if votes.count(answer) == most]
        won.append(1 / len(top) if "right" in top else 0.0)
    return np.mean(won)


@given(
    st.integers(0, 5),
    st.lists(st.integers(0, 4), max_size=4),
    st.integers(0, 3),
)
@settings(max_examples=60, deadline=None)
def test_equals_the_share_of_subsets(right, wrong, silent):
    n = right + sum(wrong) + silent
    ks = list(range(1, min(n, 9) + 1))
    if not ks or n > 12:
        return
    expected = [by_enumeration(right, wrong, silent, k) for k in ks]
    np.testing.assert_allclose(maj_at_k(right, wrong, ks, silent=silent), expected, atol=1e-12)


def test_what_is_known():
    assert maj_at_k(3, [2], 5) == pytest.approx(1.0)
    assert maj_at_k(2, [2], 4) == pytest.approx(0.5)
    assert maj_at_k(0, [3], 2) == 0.0
    assert maj_at_k(1, [], 3, silent=2) == pytest.approx(1.0)
    assert np.isnan(maj_at_k(1, [1], 3))
    # pass@1 and maj@1 are one thing; at n it is the majority of all draws
    many = maj_at_k(60, [40, 20, 10] + [1] * 126, [1, 256])
    np.testing.assert_allclose(many, [60 / 256, 1.0], atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [((-1, [], 1), "right=-1"), ((1, [0.5], 1), r"wrong=\[0.5\]"), ((1, [1], 0), "k is 0")],
)
def test_wrong_counts_are_told(arguments, told):
    with pytest.raises(UsageError, match=told):
        maj_at_k(*arguments)
