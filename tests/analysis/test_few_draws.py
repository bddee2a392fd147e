"""Probe below 20 draws: pass@20 is extrapolated, and thresholds belong to pass@20 - pass@2."""

import numpy as np
import pytest
from drawing import drawn, ids

from passgap.analysis.probe.extrapolation import Extrapolation
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.evidence.doors import adaptive_probe, probe
from passgap.show.contents.probe import figures, sentence, verdict
from passgap.stats import fit_beta_binomial, fit_mixture, functional_interval
from passgap.stats.mixture import GRID


@pytest.fixture
def rng():
    return np.random.default_rng(21)


def wide(rng, size=300):
    return rng.beta(0.6, 1.5, size)


def headroom(p):
    return float(np.mean((1 - p) ** 2 - (1 - p) ** 20))


def test_eight_draws_are_judged_by_an_extrapolated_headroom(rng):
    p = wide(rng)
    result = probe(drawn(p, 8, rng))
    gap = result.headroom
    assert result.verdict.label == "rlvr_can_pay"
    assert (gap.k_small, gap.k_large, gap.extrapolated) == (2, 20, True)
    assert gap.estimate.low < headroom(p) < gap.estimate.high
    assert result.at(20).value == result.extrapolation[0].estimate.value
    assert result.curve.k.max() == 8
    assert "extrapolated" in result.verdict.reasons[0]
    assert any("pass@20 is extrapolated from 8 samples" in note for note in result.notes)
    assert "extrapolated" in sentence(result)
    assert "extrapolated" in figures(result).figures[1].note
    shaped = gap.if_beta
    assert gap.estimate.low < shaped.low < shaped.high < gap.estimate.high
    assert "if difficulty is Beta-shaped" in " ".join(verdict(result).evidence)
    measured = probe(drawn(p, 20, rng)).headroom
    assert (measured.extrapolated, measured.if_beta) == (False, None)


def test_the_value_is_the_mean_of_both_shapes_and_the_interval_of_the_gap_itself(rng):
    counts = drawn(wide(rng, 100), 16, rng)
    found = probe(counts).headroom.estimate
    fits = [fit_beta_binomial(counts.n, counts.c, zero_inflated=z) for z in (False, True)]
    gaps = [np.diff(fit.pass_at_k([2, 20]))[0] for fit in fits]
    assert found.value == pytest.approx(np.mean(gaps))
    p = 1 / (1 + np.exp(-GRID))
    whole = functional_interval(counts.n, counts.c, (1 - p) ** 2 - (1 - p) ** 20)
    assert (found.low, found.high) == pytest.approx((whole.low, whole.high), abs=2e-3)


def test_a_value_outside_the_region_is_moved_to_its_end(rng):
    counts = Counts(ids(200), np.full(200, 16), np.repeat([0, 16, 1], [90, 90, 20]))
    shapes = Extrapolation(counts, fit_mixture(counts.n, counts.c))
    for k in (17, 100, 1600):
        one = shapes.pass_at_k(k)
        assert one.estimate.low <= one.estimate.value <= one.estimate.high


def test_problems_of_one_cluster_say_no_more_than_one(rng):
    p = np.repeat(rng.beta(0.6, 1.5, 60), 5)
    counts = drawn(p, 8, rng)
    together = counts.clustered([str(i // 5) for i in range(300)])
    alone, grouped = probe(counts), probe(together)
    narrow, broad = alone.headroom.estimate, grouped.headroom.estimate
    assert broad.value == narrow.value
    assert broad.high - broad.low > 1.4 * (narrow.high - narrow.low)
    assert any("the 300 problems form 60 clusters" in note for note in grouped.notes)
    assert not any("clusters" in note for note in alone.notes)
    with pytest.raises(UsageError, match=r"copies is 0\.5; allowed"):
        functional_interval(8, [1, 2], np.zeros(len(GRID)), copies=0.5)


@pytest.mark.parametrize("n", [16, 64])
def test_the_thresholds_are_applied_to_no_other_pair(rng, n):
    counts = drawn(wide(rng), n, rng)
    result = probe(counts, k_large=8)
    assert result.verdict.label == "undecided"
    assert (
        "are for pass@20 - pass@2 and are not applied to pass@8 - pass@2"
        in (result.verdict.reasons[-1])
    )
    assert "headroom is at least" in result.verdict.reasons[1]
    assert "--small and --large" in result.verdict.needs
    assert result.to_dict()["settings"]["small"] is None
    assert "no verdict is given: the thresholds" in sentence(result)
    assert probe(counts, k_large=8, small=0.05).verdict.label == "undecided"
    own = probe(counts, k_large=8, small=0.05, large=0.15)
    assert own.verdict.label == "rlvr_can_pay"
    assert own.settings.small == 0.05


def test_rounds_at_other_k_are_refused_before_they_are_drawn():
    def never(more):
        raise AssertionError("drawn")

    with pytest.raises(UsageError, match="not applied to pass@8 - pass@2; allowed"):
        adaptive_probe(never, ids(5), k_large=8)


def test_undecided_says_the_strongest_thing_that_holds(rng):
    p = np.where(rng.random(300) < 0.6, 0.0, rng.beta(0.5, 2, 300))
    result = probe(drawn(p, 8, rng))
    assert result.verdict.label == "undecided"
    least = f"{100 * result.headroom.estimate.low:.1f}"
    assert result.verdict.reasons[1].startswith(f"headroom is at least {least} points")
    assert f"headroom is at least {least} points" in sentence(result)
    assert result.verdict.needs.startswith("20 or more samples per problem (now 8)")


def test_each_problem_counts_with_its_own_draws(rng):
    n = np.repeat([64, 10], [95, 5])
    p = wide(rng, 100)
    mixed = probe(Counts(ids(100), n, rng.binomial(n, p))).headroom.estimate
    few = probe(drawn(p, 10, rng)).headroom.estimate
    assert mixed.high - mixed.low < 0.8 * (few.high - few.low)


def test_problems_without_scored_draws_are_left_out_by_name(rng):
    n, c = np.full(40, 8), rng.binomial(8, 0.6, 40)
    n[:2], c[:2] = (1, 0), (1, 0)
    counts = Counts(ids(40), n, c, unscored=8 - n)
    with pytest.raises(UsageError, match="add --drop-short --accept-unscored"):
        probe(counts)
    result = probe(counts, accept_unscored=True, drop_short=True)
    assert result.problems == 38
    assert any("2 of 40 problems left out" in one and "p0001" in one for one in result.notes)


def test_luck_and_unscored_draws_are_told_of_extrapolated_values(rng):
    counts = drawn(wide(rng), 8, rng)
    some = Counts(
        counts.problem_id, counts.n, counts.c, unscored=np.repeat([1, 0], [15, 285]),
        guess_rate=np.full(300, 0.02),
    )  # fmt: skip
    result = probe(some)
    assert result.luck.share == pytest.approx(result.luck.at_k_large / result.at(20).value)
    assert any("15 samples are unscored: the headroom is" in note for note in result.notes)
