"""Associations within groups: the definition by brute force, and how often chance is a finding."""

import numpy as np
import pytest

from passgap.errors import UsageError
from passgap.stats import within_associations


def by_pairs(one, right, group):
    """Over all pairs of a right and a wrong sample of one group, weighted by 1 / (n + 1)."""
    above = pairs = 0.0
    for name in set(group.tolist()):
        ours, theirs = one[(group == name) & right], one[(group == name) & ~right]
        size = len(ours) + len(theirs) + 1
        above += np.sign(ours[:, None] - theirs[None]).sum() / size
        pairs += len(ours) * len(theirs) / size
    return above / pairs


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_share_of_pairs(seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 4, size=(300, 3)).astype(float)
    x[:, 2] = x[:, 2] > 1  # the short way for features of 0 and 1
    group, right = rng.integers(0, 30, 300), rng.random(300) < 0.4
    found = within_associations(x, right, group, permutations=19)
    for j in range(3):
        assert found.estimates[j].value == pytest.approx(by_pairs(x[:, j], right, group), abs=1e-6)


def test_an_outlier_counts_no_more_than_the_largest():
    rng = np.random.default_rng(0)
    x, right = rng.normal(size=(400, 1)), rng.random(400) < 0.5
    group = np.repeat(np.arange(20), 20)
    before = within_associations(x, right, group).estimates[0].value
    x[x.argmax()] = 1e6
    assert within_associations(x, right, group).estimates[0].value == before


def planted(rng, *, groups, size, features=24, answers=False):
    """Features without any association; with ``answers``, all right samples of a group are equal,
    and so are all its wrong ones."""
    group = np.repeat(np.arange(groups), size)
    right = rng.random(groups * size) < rng.beta(1, 1, groups)[group]
    x = (rng.random((groups * size, features)) < 0.5).astype(float)
    if answers:
        said = rng.random((groups, 2, features)) < 0.5
        x = said[group, right.astype(int)].astype(float)
    return x, right, group


@pytest.mark.parametrize("answers", [False, True])
def test_chance_is_seldom_a_finding(answers):
    rng = np.random.default_rng(7)
    found = 0
    for seed in range(120):
        x, right, group = planted(rng, groups=40, size=16, answers=answers)
        p_values = within_associations(x, right, group, permutations=99, seed=seed).p_values
        found += p_values.min() <= 0.05
    assert found <= 12  # 5% of 120 are 6; more than 12 have a chance of 1%


def test_a_planted_feature_is_found_and_others_are_not():
    rng = np.random.default_rng(3)
    x, right, group = planted(rng, groups=60, size=16)
    x[:, 5] = np.where(rng.random(len(x)) < 0.3, right, x[:, 5])
    found = within_associations(x, right, group, permutations=499)
    assert np.flatnonzero(found.p_values <= 0.05).tolist() == [5]
    one = found.estimates[5]
    assert one.low < 0.3 < one.high


def test_intervals_cover():
    """Groups differ in their own association, so that the group is the unit."""
    rng = np.random.default_rng(11)
    hits = 0
    for _ in range(200):
        group = np.repeat(np.arange(50), 20)
        right = rng.random(1000) < 0.5
        shift = rng.normal(0.5, 1.0, 50)[group]
        x = (rng.normal(size=1000) + shift * right)[:, None]
        one = within_associations(x, right, group, permutations=19).estimates[0]
        hits += one.low <= TRUTH <= one.high
    assert 180 <= hits <= 198


def _truth():
    """The mean of 2 AUC - 1 over groups whose shift is normal: 2 Phi(shift / sqrt 2) - 1."""
    from scipy import special

    shifts = np.random.default_rng(0).normal(0.5, 1.0, 1_000_000)
    return float(np.mean(2 * special.ndtr(shifts / np.sqrt(2)) - 1))


TRUTH = _truth()


def test_groups_with_one_kind_of_mark_say_nothing():
    found = within_associations([[1.0], [2.0]], [1, 1], [0, 0])
    assert found.groups == 0
    assert np.isnan(found.p_values).all()
    assert np.isnan(found.estimates[0].value)


def test_a_feature_that_never_varies_is_not_found():
    found = within_associations(np.ones((40, 1)), [0, 1] * 20, np.repeat([0, 1], 20))
    assert (found.estimates[0].value, found.p_values[0]) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("features", "right", "more", "words"),
    [
        ([1.0, 2.0], [0, 1], {}, "allowed: \\(N, F\\)"),
        ([[np.nan], [1.0]], [0, 1], {}, "not finite"),
        ([[0.0], [1.0]], [0, 1], {"permutations": 3}, "permutations is 3"),
    ],
)
def test_bad_input_is_one_line(features, right, more, words):
    with pytest.raises(UsageError, match=words):
        within_associations(features, right, [0, 0], **more)
