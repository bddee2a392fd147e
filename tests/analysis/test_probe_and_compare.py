"""Probe and compare on counts of known truth."""

import csv
import json

import numpy as np
import pytest
from drawing import drawn, ids, tilted

from passgap.data.counts import Counts
from passgap.errors import MismatchError, UsageError
from passgap.evidence.doors import compare, probe


@pytest.fixture
def rng():
    return np.random.default_rng(20_250_413)


@pytest.mark.parametrize(
    ("p", "label"),
    [
        (lambda r: r.beta(0.5, 3, 300), "rlvr_can_pay"),
        (lambda r: np.full(300, 0.97), "saturated"),
        (lambda r: np.zeros(300), "out_of_reach"),
        (lambda r: np.repeat([1.0, 0.0], 150), "little_headroom"),
        (lambda r: np.repeat([1.0, 0.07], [275, 25])[r.permutation(300)], "undecided"),
    ],
)
def test_probe_reads_known_worlds(p, label, rng):
    result = probe(drawn(p(rng), 64, rng))
    assert result.verdict.label == label
    json.dumps(result.to_dict(), allow_nan=False)
    assert label in str(result)


def test_probe_values_are_the_definition(rng):
    counts = drawn(rng.beta(0.5, 3, 100), 40, rng)
    result = probe(counts).to_dict()
    from math import comb

    for row in result["curve"]:
        k = row["k"]
        each = [1 - comb(n - c, k) / comb(n, k) for n, c in zip(counts.n, counts.c, strict=True)]
        assert row["value"] == pytest.approx(np.mean(each))
        assert row["band_low"] <= row["low"] <= row["value"] <= row["high"] <= row["band_high"]
    gap = {row["k"]: row["value"] for row in result["curve"]}
    assert result["headroom"]["value"] == pytest.approx(gap[20] - gap[2])
    assert sum(row["base"] for row in result["histogram"]) == 100
    assert result["histogram"][0]["base"] == int(np.sum(counts.c == 0))
    assert [row["group_size"] for row in result["signal"]] == [4, 8, 16, 32]


def test_thirty_impossible_problems_are_out_of_reach_under_fixed():
    counts = Counts(ids(30), np.full(30, 64), np.zeros(30, int))
    result = probe(counts)
    assert result.verdict.label == "out_of_reach"
    assert result.headroom.estimate.high == pytest.approx(1 - 0.05 ** (20 / (64 * 30)))
    assert any("exactly these problems" in note for note in result.notes)
    asked = probe(counts, interval="population")
    assert (asked.settings.interval, result.settings.interval) == ("population", "fixed")
    assert asked.headroom.estimate.high > 2 * result.headroom.estimate.high
    assert any("--interval fixed judges exactly these" in note for note in asked.notes)


def test_probe_refusals(rng):
    counts = drawn(np.full(100, 0.3), 16, rng)
    with pytest.raises(UsageError, match="p0000 with n=1; draw at least 20"):
        probe(drawn(np.full(100, 0.3), 1, rng))
    with pytest.raises(UsageError, match="k=1601 cannot be extrapolated from n=16"):
        probe(counts, k_large=1601)
    with pytest.raises(UsageError, match="1 <= k_small < k_large"):
        probe(counts, k_small=8, k_large=8)
    adaptive = Counts(counts.problem_id, counts.n, counts.c, design="adaptive")
    with pytest.raises(UsageError, match="adaptive"):
        probe(adaptive, k_large=8)
    unscored = Counts(counts.problem_id, counts.n, counts.c, unscored=np.ones(100))
    with pytest.raises(UsageError, match=r"5\.9% of the samples are unscored"):
        probe(unscored, k_large=8)
    notes = probe(unscored, k_large=8, accept_unscored=True).notes
    assert any("100 samples are unscored" in note for note in notes)


def test_format_is_told_apart_from_ability(rng):
    base = drawn(np.full(200, 0.2), 128, rng)
    answered = Counts(base.problem_id, base.n, base.c, no_answer=np.full(200, 64))
    always = Counts(base.problem_id, base.n, 2 * base.c.clip(max=64), no_answer=np.zeros(200))
    result = compare(answered, always).to_dict()
    assert result["answered"]["base"]["no_answer_share"] == 0.5
    assert result["answered"]["trained"]["no_answer_share"] == 0.0
    small = next(row for row in result["delta"] if row["k"] == 2)
    assert small["value"] > 0.15
    assert abs(result["answered"]["delta"]["value"]) < 0.03


def test_sharpening_of_a_finite_world_is_called_sharpened(rng):
    p = rng.beta(1, 4, 300).clip(0.05)
    result = compare(drawn(p, 256, rng), drawn(tilted(p, 1.5), 256, rng))
    assert result.verdict.label == "sharpened"
    assert result.tilt.delta == pytest.approx(1.5, abs=0.1)
    json.dumps(result.to_dict(), allow_nan=False)


def test_narrowing_shows_at_large_k(rng):
    p = np.concatenate([np.full(240, 0.2), np.full(60, 0.03)])
    after = np.concatenate([np.full(240, 0.6), np.zeros(60)])
    result = compare(drawn(p, 256, rng), drawn(after, 256, rng))
    assert result.verdict.label == "sharpened_narrowed"
    assert result.crossover.low <= result.crossover.k <= result.crossover.high
    assert result.coverage.lost == 60 - round(60 * 0.97**256)


def test_the_impossible_learnt_is_expanded(rng):
    p = np.where(np.arange(400) < 200, 0.0, rng.beta(0.5, 3, 400))
    after = np.where(np.arange(400) < 80, 0.3, tilted(p, 1.0))
    result = compare(drawn(p, 256, rng), drawn(after, 256, rng))
    assert result.verdict.label == "expanded"
    assert result.tilt.misfit_p < 0.05


def test_an_absent_ability_learnt_is_new_up_to_the_factor_that_the_draws_exclude(rng):
    zero = drawn(np.zeros(300), 256, rng)
    learnt = drawn(np.full(300, 0.7), 256, rng)
    result = compare(zero, learnt)
    assert result.verdict.label == "expanded"
    assert result.tilt is None
    assert result.new.problems == 300
    assert result.new.excluded_odds > 5_000
    few = compare(zero.take([0, 1]), learnt.take([0, 1]), max_odds=10_000)
    assert not few.new.shown
    assert few.new.excluded_odds < 1_000


def test_equal_certain_runs_are_unchanged_and_few_problems_are_not():
    counts = Counts(ids(300), np.full(300, 256), np.full(300, 256))
    assert compare(counts, counts).verdict.label == "unchanged"
    few = counts.take(np.arange(30))
    verdict = compare(few, few).verdict
    assert verdict.label == "inconclusive"
    assert "149 problems" in verdict.needs


@pytest.mark.slow
def test_null_pairs_are_seldom_called_changed(rng, one_tilt):
    false = 0
    for _ in range(60):
        p = rng.beta(0.5, 3, 200)
        label = compare(drawn(p, 128, rng), drawn(p, 128, rng)).verdict.label
        false += label not in ("unchanged", "inconclusive", "same_at_small_k", "same_at_large_k")
    assert false <= 7  # 5 % of 60 is 3; 7 or fewer has probability .99 at 5 %


@pytest.mark.parametrize(("n", "k"), [(16, 8), (39, 16), (40, 20), (63, 20), (64, 32), (100, 32)])
def test_the_large_k_follows_from_n_and_settles_from_20_up(rng, n, k):
    p = rng.beta(2, 2, 400)
    result = compare(drawn(p, n, rng), drawn(tilted(p, 2), n, rng))
    assert result.settings.k_large == k
    assert result.verdict.at_small_k == "up"
    assert result.verdict.settled == (k >= 20)
    assert result.verdict.label == ("sharpened" if k >= 20 else "up_at_small_k")
    assert ("n >= 40 samples" in result.verdict.needs) == (k < 20)


def test_k_equal_to_n_decides_nothing(rng):
    p = rng.beta(2, 2, 400)
    verdict = compare(drawn(p, 32, rng), drawn(tilted(p, 2), 32, rng), k_large=32).verdict
    assert verdict.label == "up_at_small_k"
    assert verdict.needs == "more than 32 samples per problem: k = n decides nothing"


def test_few_draws_and_few_problems_are_both_told(rng):
    p = rng.beta(0.5, 3, 60)
    needs = compare(drawn(p, 30, rng), drawn(p, 30, rng)).verdict.needs
    assert needs.startswith("n >= 40 samples")
    assert "problems to show equivalence within 2 points at k=2 (not attainable with" in needs
    p = rng.beta(1, 1, 60)
    wide = compare(drawn(p, 128, rng), drawn(p, 128, rng), interval="fixed", margin=0.001).verdict
    assert wide.needs.startswith("more samples of each of these problems to show")


@pytest.mark.parametrize("n", [1, 2])
def test_one_or_two_draws_lead_to_no_hint_that_fails(rng, n):
    p = rng.beta(0.5, 3, 60)
    with pytest.raises(UsageError, match=r"\(a comparison needs 128\)$"):
        compare(drawn(p, n, rng), drawn(p, n, rng))
    if n == 2:
        compare(drawn(p, n, rng), drawn(p, n, rng), k_small=1, k_large=2)


def test_pairing_is_by_id_whatever_the_order(rng):
    p = rng.beta(0.5, 3, 200)
    base, trained = drawn(p, 128, rng), drawn(tilted(p, 1), 128, rng)
    shuffled = trained.take(rng.permutation(200))
    assert compare(base, trained).to_dict() == compare(base, shuffled).to_dict()


def test_mismatches_are_refused_by_name(rng):
    p = np.full(200, 0.3)
    base, trained = drawn(p, 128, rng), drawn(p, 128, rng)
    with pytest.raises(
        MismatchError, match=r"50 problems are only in the base's run .*--intersect"
    ):
        compare(base, trained.take(np.arange(150)))
    assert compare(base, trained.take(np.arange(150)), intersect=True).problems == 150
    other = Counts([f"q{i}" for i in range(200)], base.n, base.c)
    with pytest.raises(MismatchError, match="have no id in common"):
        compare(base, other, intersect=True)
    a = drawn(p, 128, rng, provenance={"prompt": "plain", "verifier": "v1"})
    b = drawn(p, 128, rng, provenance={"prompt": "chat", "verifier": "v1"})
    c = drawn(p, 128, rng, provenance={"prompt": "plain", "verifier": "v2"})
    with pytest.raises(MismatchError, match="prompt differs: base plain, trained chat"):
        compare(a, b)
    assert compare(a, b, allow_different_prompts=True).settings.allow_different_prompts
    with pytest.raises(MismatchError, match="verifiers differ"):
        compare(a, c, allow_different_prompts=True)


def test_problems_trained_on_get_no_verdict_unless_accepted(rng):
    p = rng.beta(1, 4, 300).clip(0.05)
    base, trained = drawn(p, 128, rng), drawn(tilted(p, 2), 128, rng)
    withheld = compare(base, trained, trained_on=True).verdict
    assert withheld.label == "inconclusive"
    assert "used in training" in withheld.reasons[-1]
    given = compare(base, trained, trained_on=True, accept_trained_on=True).verdict
    assert given.label != "inconclusive"


def test_game_of_24_gives_the_papers_figures_and_crosses_between_5_and_10(shared_data):
    file = shared_data / "outcomes" / "game24_gpt4" / "outcomes.csv"
    with file.open() as lines:
        rows = list(csv.DictReader(lines))
    models = list(dict.fromkeys(row["model"] for row in rows))
    arms = []
    for model in models:
        mine = [row for row in rows if row["model"] == model]
        arms.append(
            Counts(
                [row["problem_id"] for row in mine],
                [int(row["n"]) for row in mine],
                [int(row["c"]) for row in mine],
            )
        )
    one, hundred = (
        [arm.c.mean() / 100 for arm in arms],
        [float(np.mean(arm.c > 0)) for arm in arms],
    )
    plain, steps = (0, 1) if one[0] > one[1] else (1, 0)
    assert (one[plain], one[steps]) == (
        pytest.approx(0.073, abs=5e-4),
        pytest.approx(0.04, abs=5e-4),
    )
    assert (hundred[plain], hundred[steps]) == (pytest.approx(0.33), pytest.approx(0.49))
    crossing = compare(arms[steps], arms[plain], k_large=64).crossover
    assert 5 <= crossing.k <= 10
