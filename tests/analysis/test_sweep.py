"""The sweep: false falls are rare, a planted fall is found, the rule keeps what it says."""

import json

import numpy as np
import pytest
from drawing import drawn, ids, tilted

import passgap
from passgap.analysis.sweep.corrected import corrected_gain, folds
from passgap.analysis.sweep.falling import alike, differences, fall, ranked
from passgap.analysis.sweep.frontier import frontier
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


def test_the_gain_is_corrected_for_the_choice():
    """Eight checkpoints, equally good: the one that looks best does so by luck."""
    rng = np.random.default_rng(8)
    shown, corrected, true = [], [], []
    for _ in range(12):
        p = rng.beta(0.5, 1.5, 150)
        after = [
            1 / (1 + np.exp(-(np.log(p / (1 - p)) + 0.6 + rng.normal(0, 0.9, len(p)))))
            for _ in range(8)
        ]
        arms = [drawn(one, 32, rng) for one in (p, *after)]
        tables = [differences(arms, k, 0) for k in (2, 16)]
        kept = ranked(*tables, 0.03)[0]
        shown.append(tables[0].value[0, kept] if kept else 0.0)
        corrected.append(corrected_gain(arms, 2, 16, 0.03, 0).value)
        true.append(np.mean((1 - p) ** 2 - np.mean([(1 - q) ** 2 for q in after], axis=0)))
    assert np.mean(shown) > np.mean(true) + 0.01
    assert np.mean(corrected) == pytest.approx(np.mean(true), abs=0.012)


def test_problems_of_one_cluster_are_in_one_fold():
    counts = drawn(np.full(40, 0.5), 4, np.random.default_rng(0))
    found = folds(counts.clustered([f"c{i // 4}" for i in range(40)]), 0)
    assert all(len(set(found[i : i + 4])) == 1 for i in range(0, 40, 4))
    assert len(set(found)) == 10
    assert len(set(folds(counts, 0))) == 10


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


def test_the_frontier_holds_what_nothing_beats_in_both():
    rng = np.random.default_rng(7)
    base = rng.beta(0.4, 1, P) * 0.4  # nearly every problem within reach, none at the first try
    sharp = np.where(np.arange(P) < P // 2, 0.95, 0.0)
    worse = base * 0.3
    found = frontier(arms_of([base, sharp, worse]), [0, 10, 20], 32, 0)
    assert found.k_large == 32
    assert [one.standing for one in found.points] == ["on", "on", "behind"]
    assert [one.behind for one in found.points] == [(), (), (0,)]
    assert frontier(arms_of([base, sharp]), [0, 10], 1, 0) is None


def test_equal_checkpoints_are_neither_on_the_frontier_nor_behind():
    wrong, sweeps = 0, 40
    for seed in range(sweeps):
        p = np.random.default_rng(seed).beta(0.8, 2, 100)
        found = frontier(arms_of([p] * 6, n=32, seed=seed), range(6), 16, seed)
        wrong += any(one.standing != "open" for one in found.points)
    assert wrong <= 0.05 * sweeps


def test_a_sweep_has_the_frontier_at_its_large_k():
    p = np.random.default_rng(4).beta(0.5, 1, P)
    result = swept([p, np.minimum(1, p * 1.5), p * 0.5])
    assert [one.step for one in result.frontier.points] == [0, 10, 20]
    assert result.frontier.k_large == result.settings.k_large
    assert result.frontier.points[2].behind
    assert result.to_dict()["frontier"]["points"][2]["standing"] == "behind"
