"""What compare and probe add beside the verdict: each against its definition or known truth."""

import json
from math import comb

import numpy as np
import pytest
from drawing import drawn, ids, tilted
from scipy import stats as scipy_stats

from passgap.analysis.compare import changes, shift
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.evidence.doors import compare, compare_seeds, probe
from passgap.results.codec import to_json
from passgap.results.parts import MOST_LUCK
from passgap.stats import pass_at_k


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# ------------------------------------------------------------------------------- along the k axis


def test_k_star_is_where_the_base_reaches_the_trained_first_try():
    """p .1 for all; trained at 1 - .9^5 on one try: k* is 5, and a pair of curves 5 apart."""
    n, size = 400, 200
    base = Counts(ids(size), np.full(size, n), np.full(size, 40))
    trained = Counts(ids(size), np.full(size, n), np.full(size, round(n * (1 - 0.9**5))))
    row = shift.speedup(shift.Passes(base, trained))[0]
    assert row.k == 1
    assert row.base_k == pytest.approx(5, abs=0.15)
    assert row.low < row.base_k < row.high
    assert row.beyond is False


def test_k_star_says_when_it_lies_outside(rng):
    low, high = drawn(np.full(100, 0.02), 32, rng), drawn(np.full(100, 0.9), 32, rng)
    sooner = shift.speedup(shift.Passes(low, high))[0]
    assert (sooner.base_k, sooner.high, sooner.beyond) == (None, None, True)
    later = shift.speedup(shift.Passes(high, low))[0]
    assert (later.base_k, later.beyond) == (1.0, False)


def test_k_star_covers_the_truth():
    """Simulated: the interval holds the true k* in at least 90 % of 60 pairs."""
    held = 0
    grid = np.random.default_rng(0).beta(0.6, 3, 4000)
    truth_k = 3.0
    p1 = np.mean(1 - (1 - grid) ** truth_k)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        p = rng.choice(grid, 200)
        base, trained = drawn(p, 64, rng), drawn(1 - (1 - p) ** truth_k, 64, rng)
        row = shift.speedup(shift.Passes(base, trained))[0]
        held += row.low <= truth_k <= row.high
    assert 0 < p1 < 1
    assert held >= 54


def test_area_is_the_mean_difference_over_log_k():
    base, trained = Counts(["a"], [4], [1]), Counts(["a"], [4], [2])
    d = [1 - comb(2, k) / comb(4, k) - (1 - comb(3, k) / comb(4, k)) for k in (1, 2, 3, 4)]
    d = np.array(d)
    expected = np.sum((d[1:] + d[:-1]) / 2 * np.diff(np.log([1, 2, 3, 4]))) / np.log(4)
    assert shift.area(shift.Passes(base, trained)).value == pytest.approx(expected)


def test_sign_changes():
    """Trained ahead at k = 1, behind later: one change; a tie is none."""
    base = Counts(["a", "b"], [8, 8], [1, 1])
    trained = Counts(["a", "b"], [8, 8], [4, 0])
    assert shift.sign_changes(shift.Passes(base, trained)) == 1
    assert shift.sign_changes(shift.Passes(base, base)) == 0


# --------------------------------------------------------------------------------------- problems


def test_certain_changes_are_fishers_test_with_false_discoveries_controlled(rng):
    base = drawn([0.0, 0.0, 0.5, 0.5, 1.0], 40, rng)
    trained = drawn([0.0, 0.9, 0.5, 0.0, 0.0], 40, rng)
    p = [
        scipy_stats.fisher_exact([[b, 40 - b], [t, 40 - t]]).pvalue
        for b, t in zip(base.c, trained.c, strict=True)
    ]
    sure = scipy_stats.false_discovery_control(p) <= 0.05
    assert sure.tolist() == [False, True, False, True, True]
    found = changes.certain(base, trained)
    assert (found.better, found.worse, found.gained, found.lost) == (1, 2, 1, 2)
    edge = [drawn(np.full(60, q), 20, rng) for q in (0.3, 0.6)]
    p = [
        scipy_stats.fisher_exact([[b, 20 - b], [t, 20 - t]]).pvalue
        for b, t in zip(edge[0].c, edge[1].c, strict=True)
    ]
    wins = np.sign(edge[1].c - edge[0].c)[scipy_stats.false_discovery_control(p) <= 0.05]
    found = changes.certain(*edge)
    assert (found.better, found.worse) == (np.sum(wins > 0), np.sum(wins < 0))
    assert 0 < found.better < 60


def test_a_gain_of_one_hit_is_not_sure():
    """c = 0 against c = 1 of 100, on many problems: gains by count, none of them certain."""
    base = Counts(ids(50), np.full(50, 100), np.zeros(50))
    trained = Counts(ids(50), np.full(50, 100), np.ones(50))
    found = changes.coverage(base, trained)
    assert found.gained == 50
    assert found.certain.gained == 0
    assert found.expected_gained == pytest.approx(25)


def test_support_measures_of_the_leash_paper():
    """AIME24's solved lists in arXiv 2504.13837: 19 both, 4 lost, none gained."""
    found = changes.support(19, 0, 4)
    assert found.srr.value == pytest.approx(19 / 23)
    assert found.srr.low < 0.7 < found.srr.high
    assert found.ndr.value == 0
    assert found.ndr.high == pytest.approx(1 - 0.025 ** (1 / 19))
    assert found.sds.value == 0
    assert found.nscr.value == pytest.approx(-4 / 23)
    assert found.nscr.high > -0.01  # 4 against 0: not decided
    assert to_json(changes.support(0, 0, 0))["srr"]["value"] is None


def test_bands_do_not_sell_regression_to_the_mean(rng):
    """Nothing was learnt. Bands by all draws would show gains where c happened to be 0."""
    p = rng.beta(0.4, 4, 3000)
    base, trained = drawn(p, 64, rng), drawn(p, 64, rng)
    naive = base.c == 0
    shown = (trained.c[naive] / 64).mean()
    assert shown > 0.002  # "newly solved", from chance alone
    bands = changes.bands(base, trained, (2, 32), seed=0)
    assert sum(band.problems for band in bands) == 3000
    for band in bands:
        for row in band.delta:
            if band.problems >= 30:
                assert row.estimate.low <= 0 <= row.estimate.high, band


def test_bands_see_where_the_gain_is(rng):
    p = np.repeat([0.0, 0.05, 0.5, 1.0], 100)
    base, trained = drawn(p, 128, rng), drawn(np.repeat([0.0, 0.5, 0.5, 1.0], 100), 128, rng)
    bands = changes.bands(base, trained, (2,), seed=0)
    gains = {band.band: band.delta[0].estimate for band in bands}
    assert gains["boundary"].low > 0.3
    assert abs(gains["never"].value) < 0.05
    assert gains["mid"].low < 0 < gains["mid"].high
    assert gains["saturated"].value == 0


# ------------------------------------------------------------------------------- is it sharpening


def test_the_reading_tells_a_tilt_from_more_and_from_uneven(rng):
    p = np.where(rng.random(500) < 0.3, 0.0, rng.beta(0.6, 1.5, 500))
    q = tilted(p, 1.5)
    lifted = np.where((p == 0) & (rng.random(500) < 0.3), 0.3, q)
    uneven = np.where(rng.random(500) < 0.5, tilted(p, 4.0), tilted(p, -1.0))
    base = drawn(p, 128, rng)
    readings = [compare(base, drawn(after, 128, rng)).tilt.reading for after in (q, lifted, uneven)]
    assert readings == ["tilt", "more", "uneven"]


# ------------------------------------------------------------------------------------------- luck


def test_luck_withholds_a_verdict_it_explains(rng):
    guessed = drawn(np.full(200, 0.1), 64, rng, guess_rate=np.full(200, 0.1))
    result = probe(guessed)
    assert result.luck.at_k_large > MOST_LUCK
    assert result.verdict.label == "undecided"
    assert "guessing alone" in result.verdict.reasons[-1]
    assert "--accept-luck" in result.verdict.needs
    assert probe(guessed, accept_luck=True).verdict.label == "rlvr_can_pay"
    luck = result.to_dict()["luck"]
    corrected = {row["k"]: row for row in luck["corrected"]}
    assert corrected[20]["value"] < 0.2
    assert luck["curve"][0]["value"] == pytest.approx(0.1)


def test_out_of_reach_stands_beside_luck_and_a_stated_rate_is_used(rng):
    nothing = drawn(np.zeros(200), 64, rng)
    assert probe(nothing, false_positive_rate=0.01).verdict.label == "out_of_reach"
    assert probe(nothing).luck is None
    with pytest.raises(UsageError, match="false_positive_rate is 1"):
        probe(nothing, false_positive_rate=1)


def test_luck_in_either_arm_withholds_a_comparison(rng):
    base = drawn(np.full(200, 0.02), 128, rng, guess_rate=np.full(200, 0.0))
    trained = drawn(np.full(200, 0.05), 128, rng, guess_rate=np.full(200, 0.04))
    result = compare(base, trained)
    assert result.verdict.label == "inconclusive"
    assert "guessing alone" in result.verdict.reasons[-1]
    assert result.to_dict()["luck"]["trained"]["at_k_large"] > 0.5


def test_reasoned_draws_give_a_second_curve(rng):
    c = rng.binomial(64, 0.5, 100)
    base = Counts(ids(100), np.full(100, 64), c, c_reasoned=c // 2)
    trained = Counts(ids(100), np.full(100, 64), c, c_reasoned=c)
    result = compare(base, trained, k_large=32).to_dict()
    assert result["delta"][0]["value"] == 0
    assert result["reasoned"]["delta"][0]["low"] > 0.1
    assert probe(base).to_dict()["reasoned"]["curve"][0]["value"] < 0.3
    assert probe(Counts(ids(100), np.full(100, 64), c)).to_dict()["reasoned"] is None


# ------------------------------------------------------------------------------------- beyond n


def test_extrapolation_is_labelled_bounded_and_refused_where_it_rests_on_nothing(rng):
    counts = drawn(rng.beta(0.5, 2, 300), 32, rng)
    rows = probe(counts, beyond=[64, 256]).to_dict()["extrapolation"]
    assert [row["k"] for row in rows] == [64, 256]
    for row in rows:
        assert row["low"] < row["value"] < row["high"]
        assert 0 < row["beta_binomial"] <= 1
        assert 0 < row["zero_inflated"] <= 1
        shaped = row["if_beta"]
        assert row["low"] < shaped["low"] < shaped["value"] < shaped["high"] < row["high"]
    assert rows[1]["high"] - rows[1]["low"] > rows[0]["high"] - rows[0]["low"]
    for k in (32, 3201):
        with pytest.raises(UsageError, match=f"k={k} cannot be extrapolated from n=32"):
            probe(counts, beyond=[k])


def test_never_solved_problems_come_with_their_bounds(rng):
    counts = Counts(ids(80), np.full(80, 64), np.repeat([0, 32], 40))
    found = probe(counts).to_dict()["never_solved"]
    assert found["problems"] == 40
    assert found["p_upper_each"] == pytest.approx(1 - 0.05 ** (1 / 64))
    assert found["p_upper_mean"] == pytest.approx(1 - 0.05 ** (1 / 2560))


@pytest.mark.slow
def test_the_forecast_has_an_interval_that_holds_the_tilted_truth():
    held = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        p = rng.beta(0.6, 2, 200)
        forecast = {one.delta: one.curve for one in probe(drawn(p, 64, rng)).tilts}
        curve = forecast[2.0].at(2)
        truth = np.mean(1 - (1 - tilted(rng.beta(0.6, 2, 100_000), 2.0)) ** 2)
        held += curve.low <= truth <= curve.high
    assert held >= 17


# ------------------------------------------------------------------------------------------ seeds


def test_seeds_that_agree_make_a_claim_about_the_recipe(rng):
    p = np.where(rng.random(400) < 0.5, 0.02, 1.0)
    q = np.where(p < 1, 0.3, 1.0)
    base = drawn(p, 256, rng)
    result = compare_seeds(base, [drawn(q, 256, rng) for _ in range(3)])
    assert result.verdict.at_small_k == "up"
    assert len(result.seeds) == 3
    assert "recipe" in result.notes[0]
    json.dumps(result.to_dict(), allow_nan=False)
    assert "3 seeds" in str(result)


def test_seeds_that_disagree_do_not(rng):
    """Each checkpoint alone reads up or down; the recipe is open."""
    p = np.full(300, 0.2)
    base = drawn(p, 128, rng)
    arms = [drawn(np.full(300, q), 128, rng) for q in (0.1, 0.4)]
    alone = [compare(base, arm).verdict.at_small_k for arm in arms]
    assert alone == ["down", "up"]
    verdict = compare_seeds(base, arms).verdict
    assert not verdict.settled
    assert verdict.needs.startswith("3 or more training seeds (here 2)")
    assert "change per seed, in points: pass@2 from -1" in verdict.reasons[-2]
    spread = np.std([np.mean(pass_at_k(128, arm.c, 2)) for arm in arms], ddof=1)
    assert f"(standard deviation {100 * spread:.1f})" in verdict.reasons[-2]
    assert verdict.reasons[-1].startswith(
        "1 of the 2 seeds ended below the base at pass@2: up to 97%"
    )


def test_seeds_that_all_rise_leave_open_how_many_trainings_collapse(rng):
    base = drawn(np.full(200, 0.2), 64, rng)
    found = compare_seeds(base, [drawn(np.full(200, 0.4), 64, rng) for _ in range(3)])
    assert found.verdict.reasons[-1] == (
        "none of the 3 seeds ended below the base at pass@2: up to 63% of such training runs "
        "may do so (95% bound)"
    )


def test_a_seed_is_judged_as_it_would_be_alone(rng):
    """Few draws, many unscored: the same label and the same acceptance as `compare` by itself."""
    p = rng.beta(0.5, 2, 120)
    base = drawn(p, 64, rng)
    arms = [
        Counts(base.problem_id, base.n, rng.binomial(64, p**0.5), unscored=np.full(120, 4))
        for _ in range(2)
    ]
    with pytest.raises(UsageError, match="unscored"):
        compare_seeds(base, arms)
    together = compare_seeds(base, arms, accept_unscored=True)
    alone = [compare(base, arm, accept_unscored=True).verdict.label for arm in arms]
    assert [row.verdict.label for row in together.seeds] == alone == ["sharpened"] * 2


def test_one_seed_is_refused(rng):
    counts = drawn(np.full(50, 0.2), 128, rng)
    with pytest.raises(UsageError, match="1 trained policy"):
        compare_seeds(counts, [counts])


def test_two_runs_that_are_one_are_noted():
    rng = np.random.default_rng(5)
    ids = [str(i) for i in range(60)]
    base = Counts(ids, np.full(60, 32), rng.binomial(32, rng.beta(0.5, 2, 60)))
    found = compare(base, base)
    assert "the same counts in both runs" in found.notes[0]
    assert "note: every problem has the same counts" in str(found)
    other = Counts(ids, np.full(60, 32), rng.binomial(32, rng.beta(0.5, 2, 60)))
    assert not any("same counts" in note for note in compare(base, other).notes)
    nothing = Counts(ids, np.full(60, 32), np.zeros(60, int))
    assert not any("same counts" in note for note in compare(nothing, nothing).notes)
