"""The split of the gain on these very problems: what it estimates, and how often it holds it."""

from itertools import product

import numpy as np
import pytest

from passgap.stats import fixed_paired_interval
from passgap.stats.split import FixedSplit, missed_by


def drawn(p: np.ndarray, q: np.ndarray, n: int, rng: np.random.Generator) -> FixedSplit:
    each = np.full(len(p), n)
    return FixedSplit(each, rng.binomial(n, p), each, rng.binomial(n, q))


def test_missed_is_the_share_of_subsets_without_a_hit():
    n, c, drawn = 6, 2, 3
    subsets = [one for one in product((0, 1), repeat=n) if sum(one) == drawn]
    share = np.mean([not any(one[:c]) for one in subsets])
    assert missed_by(*np.array([[n], [c], [drawn]]))[0] == pytest.approx(share)


def test_both_parts_sum_to_the_gain():
    rng = np.random.default_rng(0)
    found = drawn(rng.beta(0.3, 2, 40), rng.beta(0.5, 1, 40), 64, rng)
    total = fixed_paired_interval(found.n_b, found.c_b, found.n_t, found.c_t, 1)
    parts = found.at(0.0).value + found.on_the_rest().value
    assert parts == pytest.approx(total.value)


@pytest.mark.parametrize("n", [16, 64])
def test_the_intervals_hold_the_parts_of_these_very_problems(n):
    """Rare, new and lost problems among 30; 95% intervals hold in 93% or more of 300."""
    rng = np.random.default_rng(n)
    p = np.concatenate([np.zeros(4), np.full(6, 1 / n), rng.beta(0.5, 1, 20)])
    q = np.concatenate([np.full(7, 0.6), np.zeros(3), np.minimum(2 * p[10:], 0.9)])
    missed = (1 - p) ** (n // 2)
    reached, rest = np.mean((1 - missed) * (q - p)), np.mean(missed * (q - p))
    held = np.zeros(3)
    for _ in range(300):
        found = drawn(p, q, n, rng)
        parts = found.at(0.0), found.on_the_rest(), found.share()
        truths = reached, rest, reached / (reached + rest)
        held += [one.low <= truth <= one.high for one, truth in zip(parts, truths, strict=True)]
    assert (held >= 0.93 * 300).all()


def test_unseen_problems_are_not_taken_for_sure():
    """No hit anywhere in the base: it may reach them all the same, and the interval says so."""
    n = np.full(10, 64)
    found = FixedSplit(n, np.zeros(10, int), n, n)
    assert found.at(0.0).value == 0.0
    assert found.at(0.0).high > 0.1
    assert found.on_the_rest().low < 0.9


def test_no_gain_has_no_share():
    n = np.full(10, 64)
    share = FixedSplit(n, n // 2, n, n // 2).share()
    assert np.isnan(share.value)
    assert share.notes == ("no gain is shown",)
