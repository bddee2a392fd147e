"""Selecting: the posterior is Bayes' rule, and problems chosen by it teach more than by c / n."""

import math

import numpy as np
import pytest

from passgap.analysis.select.posteriors import P_GRID, arm_means, mixed_on_grid, posterior
from passgap.analysis.select.selecting import NO_JUDGE
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.evidence.doors import select
from passgap.stats import fit_mixture


def counts_of(p, n, seed=0, **more):
    c = np.random.default_rng(seed).binomial(n, p)
    return Counts([f"p{i}" for i in range(len(p))], np.broadcast_to(n, c.shape), c, **more)


def mixed(p, g=8):
    return 1 - p**g - (1 - p) ** g


def few_teach(size=2000, seed=1):
    """Three quarters are hopeless at 8 draws, some teach, some are mastered."""
    return np.random.default_rng(seed).choice([0.01, 0.3, 0.97], size, p=[0.75, 0.1, 0.15])


def test_the_posterior_is_bayes_rule():
    n = np.array([8, 8, 16, 4, 0, 8])
    counts = Counts("abcdef", n, np.array([0, 3, 16, 1, 0, 8]))
    weights = fit_mixture(counts.n, counts.c).weights
    found = posterior(counts)
    for i in range(len(counts)):
        total = mean = high = 0.0
        for p, weight in zip(P_GRID, weights, strict=True):
            n_i, c_i = int(counts.n[i]), int(counts.c[i])
            joint = weight * math.comb(n_i, c_i) * p**c_i * (1 - p) ** (n_i - c_i)
            total, mean = total + joint, mean + joint * p
            high += joint * (p >= 0.5)
        assert found.mean(P_GRID)[i] == pytest.approx(mean / total, abs=1e-9)
        assert found.mean((P_GRID >= 0.5).astype(float))[i] == pytest.approx(high / total)
    quarter = found.quantile(0.25)
    for i in range(len(counts)):
        row = found.table[found.where[i]]
        assert row[quarter[i] >= P_GRID].sum() >= 0.25 - 1e-9
        assert row[quarter[i] > P_GRID].sum() < 0.25


def test_mixed_on_the_grid_is_its_definition_and_exact_at_tiny_p():
    values = mixed_on_grid(4)
    assert values[0] == values[-1] == 0
    middle = len(P_GRID) // 2
    assert P_GRID[middle] == 0.5
    assert values[middle] == pytest.approx(1 - 2 * 0.5**4)
    assert values[1] == pytest.approx(4 * P_GRID[1], rel=1e-4)
    with pytest.raises(UsageError, match="group_size is 1"):
        mixed_on_grid(1)


def test_the_posterior_chooses_what_teaches_and_the_raw_rate_takes_noise():
    p = few_teach()
    counts = counts_of(p, 8)
    found = select(counts)
    raw = (counts.c / 8 >= 0.02) & (counts.c / 8 <= 0.8)
    assert np.sum(p[raw] == 0.01) > 80  # the noise that the raw rate takes for difficulty
    assert mixed(p[found.chosen]).mean() > mixed(p[raw]).mean() + 0.2
    assert found.arms.by_raw_rate.problems == raw.sum()


def test_of_the_same_size_it_is_never_worse_than_the_raw_rate():
    gains = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        n = rng.choice([4, 32], 800)  # a lucky c = 1 of 4 against a sure c = 5 of 32
        p = rng.beta(0.3, 2.0, 800)
        counts = counts_of(p, n, seed)
        found = select(counts, size=120, seed=seed)
        rate = counts.c / counts.n
        raw = np.argsort(-mixed(rate), kind="stable")[:120]
        gains.append(mixed(p[found.chosen]).mean() - mixed(p[raw]).mean())
    assert min(gains) > 0
    assert np.mean(gains) > 0.015


def test_it_says_how_far_the_raw_rate_regresses():
    p = few_teach()
    counts = counts_of(p, 8)
    raw = select(counts).arms.by_raw_rate
    rows = np.flatnonzero((counts.c >= 1) & (counts.c <= 6))
    again = np.random.default_rng(9).binomial(8, p[rows]) / 8
    assert raw.raw_rate == pytest.approx(counts.c[rows].mean() / 8)
    assert raw.raw_rate > again.mean() + 0.03
    assert raw.pass_rate.low < again.mean() + 0.01
    assert raw.pass_rate.high > again.mean() - 0.01
    note = next(note for note in select(counts).notes if note.startswith("regression"))
    assert f"{raw.raw_rate:.3f}" in note
    assert f"{raw.pass_rate.value:.3f}" in note


@pytest.mark.slow
def test_intervals_of_the_arms_hold_the_truth():
    hits = {"chosen": 0, "control": 0}
    times = 24
    for seed in range(times):
        p = np.random.default_rng([seed, 7]).beta(0.4, 1.2, 150)
        found = select(counts_of(p, 16, seed), seed=seed)
        for name, rows in (("chosen", found.chosen), ("control", found.control)):
            estimate = getattr(found.arms, name).mixed
            hits[name] += estimate.low <= mixed(p[rows]).mean() <= estimate.high
    assert min(hits.values()) >= 19  # 95 % nominal


def test_an_interval_narrows_with_draws():
    p = few_teach(400)
    widths = []
    for n in (4, 64):
        counts = counts_of(p, n)
        estimate = arm_means(counts, [np.arange(400)], [mixed_on_grid(8)], seed=0)[0][0]
        assert estimate.low <= estimate.value <= estimate.high
        widths.append(estimate.high - estimate.low)
    assert widths[1] < widths[0] / 2


def test_the_control_has_the_same_size_and_is_drawn_by_the_seed_from_all():
    counts = counts_of(few_teach(500), 16)
    one, two, other = (select(counts, seed=seed) for seed in (3, 3, 4))
    assert len(one.control) == len(one.chosen) == len(set(one.control))
    assert np.array_equal(one.control, two.control)
    assert not np.array_equal(one.control, other.control)
    assert set(one.control) - set(one.chosen)
    assert one.arms.control.mixed.value < one.arms.chosen.mixed.value


def test_equal_counts_are_chosen_from_at_random():
    counts = Counts([f"p{i}" for i in range(200)], [8] * 200, [2] * 200)
    found = select(counts, size=50)
    assert found.chosen.max() > 150  # not the first fifty of the file
    assert not np.array_equal(found.chosen, select(counts, size=50, seed=1).chosen)


def test_adaptive_counts_and_undrawn_problems_count():
    counts = Counts("abcd", [16, 4, 4, 0], [2, 0, 4, 0], design="adaptive")
    found = select(counts, size=2)
    assert 0 in found.chosen
    everything = select(counts, size=4)
    assert any("no scored sample" in note for note in everything.notes)
    assert any("same set" in note for note in everything.notes)


def test_its_json_and_its_table():
    counts = counts_of(few_teach(300), 16)
    found = select(counts, group_size=4)
    data = found.to_dict()
    assert data["schema"] == "passgap.select/1"
    assert data["settings"] == {"low": 0.02, "high": 0.8, "size": None, "group_size": 4, "seed": 0}
    assert len(data["chosen"]) == data["arms"]["chosen"]["problems"] == len(data["control"])
    row = data["chosen"][0]
    assert row["low"] <= row["pass_rate"] <= row["high"]
    assert row["in_band"] >= 0.5
    assert NO_JUDGE in data["notes"]
    assert "expected mixed@4 (95%)" in str(found)
    by_size = select(counts, size=10).to_dict()
    assert (by_size["settings"]["low"], by_size["chosen"][0]["in_band"]) == (None, None)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"low": 0.5, "high": 0.4}, "0 <= low < high <= 1"),
        ({"low": -0.1}, "low=-0.1"),
        ({"size": 0}, "size is 0; allowed: 1 to 50"),
        ({"size": 51}, "1 to 50"),
        ({"group_size": 1}, "group_size is 1"),
        ({"low": 0.3, "high": 0.6}, "no problem is more likely inside the band"),
        ({"low": 0.0, "high": 0.2, "size": 30}, "only 25 problems"),
    ],
)
def test_what_cannot_be_chosen_is_refused(asked, says):
    counts = Counts([f"p{i}" for i in range(50)], [64] * 50, [1] * 25 + [63] * 25)
    with pytest.raises(UsageError, match=says):
        select(counts, **asked)
