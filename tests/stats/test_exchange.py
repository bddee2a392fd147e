"""Whether two sets of draws are of one policy: by enumeration, at its level, and what it sees."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from passgap.errors import UsageError
from passgap.stats import exchange, same_policy_p


def exact(n_b, c_b, n_t, c_t):
    """The same p by listing every split."""
    total = np.add(c_b, c_t)
    each = [range(max(0, t - b), min(t, g) + 1) for t, b, g in zip(total, n_b, n_t, strict=True)]
    splits = np.array(list(product(*each)))
    chance = np.prod(
        [stats.hypergeom.pmf(splits[:, i], n_b[i] + n_t[i], total[i], n_t[i])
         for i in range(len(total))], axis=0,
    )  # fmt: skip
    mixed = ((splits > 0) & (splits < n_t)).sum(axis=1)
    sums = np.stack([splits.sum(axis=1), mixed])
    away = sums - (sums * chance).sum(axis=1)[:, None]
    far = np.einsum("is,ij,js->s", away, np.linalg.pinv((away * chance) @ away.T), away)
    return chance[far >= far[(splits == c_t).all(axis=1)][0] - 1e-9].sum()


@pytest.mark.parametrize(
    ("n_b", "c_b", "n_t", "c_t"),
    [
        ([8, 8, 8], [4, 2, 7], [4, 4, 4], [3, 2, 4]),
        ([16, 16], [8, 8], [4, 4], [4, 0]),
        ([8, 12, 6, 9], [1, 11, 3, 0], [3, 5, 4, 2], [2, 2, 2, 1]),
    ],
)
def test_as_by_listing_every_split(n_b, c_b, n_t, c_t):
    """The random splits are 4,000, and their mean and spread stand for the exact ones."""
    p = exact(n_b, c_b, n_t, c_t)
    assert same_policy_p(n_b, c_b, n_t, c_t) == pytest.approx(p, abs=0.05)


@pytest.mark.parametrize("problems", [4, 16, 64])
def test_the_level_holds(problems):
    rng = np.random.default_rng(problems)
    found = []
    for _ in range(120):
        p = rng.beta(0.5, 2.0, problems)
        base, group = rng.binomial(64, p), rng.binomial(8, p)
        found.append(same_policy_p([64] * problems, base, [8] * problems, group))
    assert np.mean(np.array(found) <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


def test_it_sees_more_correct_draws_and_fewer_mixed_groups():
    size, of = [8] * 20, [64] * 20
    assert same_policy_p(of, [32] * 20, size, [4] * 20) > 0.05
    assert same_policy_p(of, [16] * 20, size, [5] * 20) < 0.001
    assert same_policy_p(of, [32] * 20, size, [8, 0] * 10) < 0.001


def test_where_no_split_can_differ_nothing_is_said():
    assert same_policy_p([8, 8], [8, 0], [4, 4], [4, 0]) == 1.0


@pytest.mark.parametrize("n_b", [[8, 8], [0, 8]])
def test_a_problem_without_draws_is_refused(n_b):
    with pytest.raises(UsageError, match="and 1 of 2 problems have samples"):
        same_policy_p(n_b, [0, 1], [4, 0], [1, 0])


def test_many_problems_are_split_in_parts(monkeypatch):
    rng = np.random.default_rng(0)
    base, group = rng.binomial(16, 0.4, 50), rng.binomial(8, 0.4, 50)
    whole = same_policy_p([16] * 50, base, [8] * 50, group)
    monkeypatch.setattr(exchange, "AT_ONCE", 7)
    assert same_policy_p([16] * 50, base, [8] * 50, group) == pytest.approx(whole, abs=0.05)


def test_bounds_that_do_not_hold_the_base_are_refused():
    assert same_policy_p([8, 8], [2, 4], [4, 4], [1, 2], chosen=(0.25, 0.5)) > 0.02
    with pytest.raises(UsageError, match=r"chosen is 0.3 to 0.5, but .* 0.25 to 0.5"):
        same_policy_p([8, 8], [2, 4], [4, 4], [1, 2], chosen=(0.3, 0.5))
