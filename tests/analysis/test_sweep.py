"""The sweep: false falls are rare, a planted fall is found, the rule keeps what it says."""

import json

import numpy as np
import pytest
from drawing import drawn, ids, tilted

import passgap
from passgap.analysis.sweep.falling import alike, differences, fall, ranked
from passgap.data.counts import Counts
from passgap.errors import UsageError

P, N = 200, 128


def arms_of(ps, n=N, seed=0):
    rng = np.random.default_rng(seed)
    return [drawn(p, n, rng) for p in ps]


def swept(ps, steps=None, seed=0, **settings):
    base, *rest = arms_of(ps, seed=seed)
    steps = steps or [10 * (i + 1) for i in range(len(rest))]
    return passgap.compare_sweep(base, list(zip(steps, rest, strict=True)), **settings)


def test_a_policy_that_never_changes_falls_in_at_most_five_sweeps_of_a_hundred():
    rng = np.random.default_rng(1)
    sweeps, false, pointwise = 100, 0, 0
    for seed in range(sweeps):
        p = rng.beta(0.8, 2, 2 * P)
        found = differences([drawn(p, 32, rng) for _ in range(9)], 4, seed)
        false += fall(found) is not None
        pointwise += bool((found.high < 0).any())
    assert false <= 0.05 * sweeps
    assert pointwise > 0.2 * sweeps, "without the band, a lucky checkpoint looks like a fall"


def test_a_planted_fall_is_found_where_it_is():
    p = np.random.default_rng(2).beta(0.5, 1, P)
    lost = np.where(np.arange(P) < P // 4, 0.0, p)
    large = differences(arms_of([p, p, p, p, lost, lost, lost]), 64, 0)
    found = fall(large)
    assert (found.since, found.step, found.below_base) == (3, 4, 4)
    result = swept([p, p, p, p, lost, lost, lost])
    assert result.verdict.label == "coverage_falls"
    assert result.fall.since == 30
    assert result.fall.step == 40
    assert result.fall.below_base == 40
    assert result.fall.difference.band_high < 0
    assert "between step 30 and step 40" in str(result)


def test_a_fall_from_a_peak_back_to_the_base_is_not_a_fall_below_the_base():
    p = np.random.default_rng(3).beta(0.5, 1, 100)
    base = np.where(np.arange(100) < 25, 0.0, p)
    result = swept([base, p, p, base, base])
    assert (result.fall.since, result.fall.step) == (20, 30)
    assert result.fall.below_base is None
    assert "not shown to fall below the base" in result.verdict.reasons[1]


def test_a_dip_that_recovers_is_no_fall():
    p = np.random.default_rng(4).beta(0.5, 1, P)
    dip = np.where(np.arange(P) < P // 4, 0.0, p)
    assert fall(differences(arms_of([p, p, dip, p, p]), 64, 0)) is None


def test_coverage_holds_only_where_every_checkpoint_stays_within_the_margin():
    easy = np.full(800, 0.3)
    result = swept([easy, easy, easy])
    assert result.verdict.label == "coverage_holds"
    few = swept([easy[:60], easy[:60], easy[:60]])
    assert few.verdict.label == "no_fall_shown"
    assert "is not excluded" in few.verdict.needs


def test_the_rule_keeps_the_best_of_those_whose_coverage_stands():
    p = np.random.default_rng(5).uniform(0.1, 0.4, P)
    better, best = tilted(p, 1.0), tilted(p, 3.0)
    narrowed = np.where(p < 0.14, 0.0, best)
    result = swept([p, better, narrowed])
    assert result.keep.step == 10, "step 20 is better at small k and has lost coverage"
    assert result.keep.small.band_low > 0
    assert swept([p, better, best]).keep.step == 20
    assert "optimistic" in result.notes[0]


def test_the_earlier_one_is_kept_where_two_tie_and_the_other_is_named_alike():
    base, better = arms_of([np.full(100, 0.2), np.full(100, 0.5)])
    tables = [differences([base, better, better], k, 0) for k in (2, 64)]
    assert ranked(*tables, 0.02)[0] == 1
    assert alike(tables[0], 1) == [2]
    result = passgap.compare_sweep(base, [(5, better), (9, better)])
    assert (result.keep.step, result.keep.alike) == (5, (9,))


def test_the_base_is_kept_where_nothing_is_shown_to_be_better():
    p = np.full(100, 0.3)
    result = swept([p, p, p * 0.5])
    assert result.keep is None
    assert "keep the base" in result.notes[0]


def test_differences_are_those_of_the_curves_and_their_band_is_wider():
    rng = np.random.default_rng(6)
    arms = [drawn(rng.beta(1, 2, 60), 16, rng) for _ in range(4)]
    found = differences(arms, 4, 0)
    means = [passgap.pass_at_k(arm.n, arm.c, 4).mean() for arm in arms]
    for earlier in range(4):
        for later in range(earlier + 1, 4):
            value = found.value[earlier, later]
            assert value == pytest.approx(means[later] - means[earlier])
            assert found.band_low[earlier, later] < found.low[earlier, later] < value
    assert np.isnan(found.value[np.tril_indices(4)]).all()


def test_each_checkpoint_has_the_verdict_that_compare_gives_it():
    p = np.random.default_rng(7).uniform(0.02, 0.4, 80)
    base, first, second = arms_of([p, np.where(p < 0.1, 0.0, tilted(p, 2)), p])
    result = passgap.compare_sweep(base, [(1, first), (2, second)])
    for one, counts in zip(result.checkpoints, (first, second), strict=True):
        alone = passgap.compare(base, counts)
        assert one.verdict == alone.verdict
        for row in one.delta:
            assert row.low == pytest.approx(alone.delta.at(row.k).low)


def test_checkpoints_are_ordered_by_step_and_paired_by_id():
    base, first, second = arms_of([np.full(80, 0.2), np.full(80, 0.4), np.full(80, 0.6)])
    turned = first.take(np.arange(80)[::-1])
    a = passgap.compare_sweep(base, [(10, first), (20, second)]).to_dict()
    b = passgap.compare_sweep(base, [(20, second), (10, turned)]).to_dict()
    assert a == b
    assert [one["step"] for one in a["checkpoints"]] == [10, 20]
    assert a["schema"] == "passgap.compare_sweep/1"
    json.dumps(a, allow_nan=False)


@pytest.mark.parametrize("steps", [[5], [5, 5], [0, 5]])
def test_steps_that_make_no_sweep(steps):
    base, *rest = arms_of([np.full(80, 0.2)] * (len(steps) + 1))
    with pytest.raises(UsageError, match=r"2 or more|distinct"):
        passgap.compare_sweep(base, list(zip(steps, rest, strict=True)))


def test_no_verdict_on_problems_trained_on_or_on_few_draws():
    p = np.full(80, 0.3)
    assert swept([p, p, p], trained_on=True).verdict.label == "inconclusive"
    kept_on = swept([p, p, p], trained_on=True, accept_trained_on=True)
    assert kept_on.verdict.label != "inconclusive"
    base, *rest = arms_of([p, p, p], n=32)
    few = passgap.compare_sweep(base, [(1, rest[0]), (2, rest[1])])
    assert few.verdict.label == "inconclusive"
    assert "n >= 40" in few.verdict.needs


def test_luck_withholds_the_verdict_unless_accepted():
    counts = [Counts(ids(80), [N] * 80, [2] * 80, guess_rate=np.full(80, 0.015)) for _ in range(3)]
    checkpoints = [(1, counts[1]), (2, counts[2])]
    assert passgap.compare_sweep(counts[0], checkpoints).verdict.label == "inconclusive"
    accepted = passgap.compare_sweep(counts[0], checkpoints, accept_luck=True)
    assert accepted.verdict.label != "inconclusive"
