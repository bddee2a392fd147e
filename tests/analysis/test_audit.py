"""The audit: who is looked at, what the marks say, and how far they can be believed."""

import numpy as np
import pytest
from scipy import stats

from passgap.analysis.audit import audit, choose_problems, strata_of
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.stats import pass_at_k, thinned_pass_at_k


def counts_of(c, n=100):
    return Counts([f"p{i}" for i in range(len(c))], np.full(len(c), n), c)


def test_problems_fall_into_strata_by_their_share():
    np.testing.assert_array_equal(
        strata_of(counts_of([0, 1, 5, 6, 25, 26, 75, 76, 100])), [-1, 0, 0, 1, 1, 2, 2, 3, 3]
    )


def test_half_of_those_looked_at_are_seldom_solved():
    c = [0] * 50 + [2] * 50 + [15] * 50 + [50] * 50 + [90] * 50
    place = strata_of(counts_of(c))[choose_problems(counts_of(c), 60, seed=0)]
    np.testing.assert_array_equal(np.bincount(place, minlength=4), [30, 10, 10, 10])


def test_where_a_stratum_is_short_the_others_get_its_share():
    few_hard = counts_of([2] * 3 + [90] * 50)
    chosen = choose_problems(few_hard, 20, seed=0)
    assert len(chosen) == len(set(chosen)) == 20
    assert sum(i < 3 for i in chosen) == 3
    only_hard = counts_of([2] * 30)
    assert len(choose_problems(only_hard, 20, seed=0)) == 20
    assert choose_problems(counts_of([0] * 9), 5, seed=0) == []


def test_rates_are_exact_and_the_curve_loses_what_is_false():
    counts = counts_of([2] * 20 + [90] * 20)
    marks = {f"p{i}": "wrong" if i < 5 else "right" for i in range(10)}
    marks |= {f"p{i}": "right" for i in range(20, 30)} | {"p30": "unsure"}
    result = audit(counts, marks)
    hard, easy = result.strata[0], result.strata[3]
    assert (hard.wrong, hard.right, easy.unsure) == (5, 5, 1)
    exact = stats.binomtest(5, 10).proportion_ci(method="exact")
    assert (hard.rate.low, hard.rate.high) == pytest.approx((exact.low, exact.high))
    assert result.rate.value == pytest.approx(0.25)
    first = result.corrected[0]
    one = first.estimate
    assert one.value == pytest.approx(0.5 * 0.02 * 0.5 + 0.5 * 0.9)
    assert one.low < one.value < one.high <= first.pass_at_k


def test_what_nobody_looked_at_stays_unknown():
    result = audit(counts_of([2] * 20 + [90] * 20), {"p25": "right"})
    data = result.to_dict()
    assert data["corrected"][0]["value"] is None
    assert data["corrected"][0]["low"] < data["corrected"][0]["high"]
    assert "unknown" in str(result)


def test_a_mark_of_an_unsolved_problem_or_a_strange_one_is_refused():
    counts = counts_of([0, 2])
    with pytest.raises(UsageError, match="no correct sample"):
        audit(counts, {"p0": "right"})
    with pytest.raises(UsageError, match="allowed: right, wrong, unsure"):
        audit(counts, {"p1": "maybe"})


@pytest.mark.slow
def test_the_rate_covers_the_truth_by_simulation(rng):
    """200 audits of 60 where a fifth of the seldom solved are false: the 95 % interval holds."""
    counts = counts_of([2] * 200 + [60] * 200)
    false = np.r_[rng.random(200) < 0.2, rng.random(200) < 0.02]
    truth = false.mean()
    covered = 0
    for seed in range(200):
        chosen = choose_problems(counts, 60, seed)
        marks = {f"p{i}": "wrong" if false[i] else "right" for i in chosen}
        rate = audit(counts, marks).rate
        covered += rate.low <= truth <= rate.high
    assert covered >= 190


WORLDS = {
    "of the problem": lambda rng, c: np.where(rng.random(len(c)) < 0.1, 0, c),
    "of the draw": lambda rng, c: rng.binomial(c, 0.9),
    "of the draw, often": lambda rng, c: rng.binomial(c, 0.6),
    "of few hits": lambda rng, c: c - np.minimum(rng.binomial(64 - c, 0.02), c),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", WORLDS)
def test_the_corrected_curve_covers_whatever_false_positives_are(name):
    """100 audits of 60 of 200 problems: right marks of the same draws lie inside, at every k."""
    held = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        counts = counts_of(rng.binomial(64, rng.beta(0.5, 3, 200)), 64)
        true = WORLDS[name](rng, counts.c)
        right = rng.random(200) < true / np.maximum(counts.c, 1)
        chosen = choose_problems(counts, 60, seed)
        rows = audit(counts, {f"p{i}": "right" if right[i] else "wrong" for i in chosen}).corrected
        truth = pass_at_k(64, true, [row.k for row in rows]).mean(axis=0)
        ends = np.array([(row.estimate.low, row.estimate.high) for row in rows]).T
        held += (ends[0] <= truth + 1e-12) & (truth <= ends[1] + 1e-12)
    assert np.all(held >= 93)


def test_thinned_draws_are_those_of_the_definition():
    """The mean of pass@k over which of the correct draws are false."""
    for n, c, rate in ((8, 3, 0.3), (8, 8, 0.5), (5, 0, 0.2)):
        kept = stats.binom.pmf(np.arange(c + 1), c, 1 - rate)
        wanted = kept @ pass_at_k(n, np.arange(c + 1), [1, 2, 5])
        found = thinned_pass_at_k([n], [c], [rate], [1, 2, 5])[0]
        np.testing.assert_allclose(found, wanted, atol=1e-9)
    with pytest.raises(UsageError, match="k=9 with n=8; allowed: 1 to the smallest n"):
        thinned_pass_at_k([8], [3], [0.1], [9])
    with pytest.raises(UsageError, match="false_rate needs"):
        thinned_pass_at_k([8], [3], [1.0], [1])


@pytest.fixture
def rng():
    return np.random.default_rng(0)
