"""Reach: labels from both bounds, calibration that gives a wrong scoring away, known truths."""

import math

import numpy as np
import pytest

from passgap.analysis.reach import amplification, perplexity, rare_mass, reach
from passgap.data.counts import Counts
from passgap.errors import MismatchError, UsageError
from passgap.results.codec import to_json
from passgap.results.reach import Classes
from passgap.results.settings import ReachSettings


def counts(n, c):
    c = np.asarray(c)
    return Counts([f"p{i}" for i in range(len(c))], np.full(len(c), n), c)


def ratios(*log_ratios_and_counts):
    return {f"p{i}": np.full(c, value) for i, (value, c) in enumerate(log_ratios_and_counts)}


def judge(base_n, base_c, trained, epsilon=0.0, **settings):
    """``trained``: a (log-ratio, correct draws) of 256 for each problem."""
    arm = counts(256, [c for _, c in trained])
    asked = ReachSettings(**settings)
    return reach(counts(base_n, base_c), arm, ratios(*trained), asked, epsilon=epsilon)


def test_a_base_that_can_is_certified():
    result = judge(256, [0, 9], [(math.log(1e-3), 200), (math.log(0.05), 250)])
    assert result.verdict.label == "within_reach"
    [row] = result.rows
    assert row.label == "reachable"
    assert 0.8e-3 * 200 / 256 < row.low <= 1e-3 * 200 / 256
    assert row.low < row.high < 0.03
    assert row.effective_sample_size == pytest.approx(200)
    found = result.to_dict()
    assert found["schema"] == "passgap.reach/1"
    assert found["rows"][0]["base_needs_at_most"] == pytest.approx(math.log(2) / row.low)


def test_a_base_that_cannot_is_certified_by_enough_failures():
    result = judge(100_000, [0], [(-60.0, 256)], budget=10_000)
    assert result.verdict.label == "beyond_reach"
    assert result.rows[0].high < 1e-4


def test_few_failures_and_tiny_weights_leave_it_open():
    result = judge(256, [0], [(-60.0, 256)])
    assert result.verdict.label == "undecided"
    assert "failures of the base in a row" in result.verdict.needs


def test_some_within_and_some_beyond():
    result = judge(100_000, [0, 0], [(-60.0, 256), (math.log(2e-4), 256)], budget=10_000)
    assert result.verdict.label == "mixed"
    assert [row.label for row in result.rows] == ["reachable", "beyond_budget"]
    assert result.classes == Classes(reachable=1, beyond_budget=1, undecided=0)


def test_nothing_gained_and_problems_nobody_solved():
    result = judge(256, [3, 0], [(math.log(0.5), 10), (0.0, 0)])
    assert result.verdict.label == "nothing_gained"
    assert result.rows == ()


def test_picking_few_of_many_costs_level():
    """The level of each bound is alpha / 2 times the share of problems picked."""
    trained = [(math.log(1e-3), 256)] + [(math.log(0.5), 256)] * 99
    result = judge(256, [0] + [128] * 99, trained)
    assert result.settings.level_of_each_bound == pytest.approx(1 - 0.05 / 100 / 2)
    alone = judge(256, [0], trained[:1])
    assert alone.rows[0].low > result.rows[0].low


def test_numerical_error_lowers_every_bound():
    rough, exact = (
        judge(256, [0], [(math.log(1e-3), 256)], epsilon=e).rows[0].low for e in (0.1, 0.0)
    )
    assert rough == pytest.approx(exact * math.exp(-0.1), rel=1e-4)


def test_a_wrong_scoring_gives_itself_away():
    """The base solved these in 1 of 100 draws; weights that say 1 in 2 belong to another policy."""
    result = judge(256, [3] * 40, [(math.log(0.5), 250)] * 40)
    assert result.calibration.contradicted == 40
    assert "do not trust these bounds" in result.notes[0]
    honest = judge(256, [128] * 40, [(math.log(0.5), 250)] * 40)
    assert honest.calibration.contradicted == 0
    assert honest.notes == ()


@pytest.mark.slow
def test_on_policies_that_are_known_the_bounds_hold():
    """Base and trained policies over 40 answers, the first four right; drawn, weighed, bounded."""
    rng = np.random.default_rng(8)
    wrong_bounds, shown = 0, 0
    for _ in range(60):
        problems = 30
        base_p = rng.dirichlet(np.full(40, 0.15), problems) * 0.9 + 0.1 / 40
        base_p[:, :4] *= 10 ** rng.uniform(-3, 0, (problems, 1))
        base_p /= base_p.sum(axis=1, keepdims=True)
        tilt = base_p * np.where(np.arange(40) < 4, 300.0, 1.0)
        trained_p = tilt / tilt.sum(axis=1, keepdims=True)
        draws = [[rng.choice(40, 64, p=p) for p in arm] for arm in (base_p, trained_p)]
        right = [[d[d < 4] for d in arm] for arm in draws]
        weights = {f"p{i}": np.log(base_p[i, y] / trained_p[i, y]) for i, y in enumerate(right[1])}
        result = reach(
            counts(64, list(map(len, right[0]))), counts(64, list(map(len, right[1]))), weights
        )
        truth = base_p[:, :4].sum(axis=1)
        for row in result.rows:
            p = truth[int(row.problem_id[1:])]
            wrong_bounds += not row.low <= p <= row.high
            shown += 1
    assert shown > 200
    assert wrong_bounds <= 0.05 * shown


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epsilon": -1.0}, "epsilon is -1.0"),
        ({"epsilon": math.nan}, "epsilon is nan"),
        ({"budget": 1}, "budget is 1"),
        ({"confidence_level": 0.0}, "confidence_level is 0.0"),
    ],
)
def test_bad_settings_are_told(options, message):
    with pytest.raises(UsageError) as told:
        judge(256, [0], [(-3.0, 5)], **options)
    assert message in str(told.value)


def test_every_correct_completion_needs_its_ratio():
    with pytest.raises(UsageError, match="p0 has 5 correct completions and 4 log-ratios"):
        reach(counts(256, [0]), counts(256, [5]), {"p0": np.zeros(4)})


def test_other_problems_are_refused():
    with pytest.raises(MismatchError, match="only in the base's run"):
        reach(counts(256, [0, 1]), counts(256, [1]), {"p0": np.zeros(1)})


def test_amplification_is_a_mean_over_problems():
    found = amplification({"a": np.array([2.0, 2.0, 2.0, 2.0]), "b": np.array([-1.0])})
    assert found.mean_log_gain.value == pytest.approx(0.5)
    assert found.amplified_share.value == pytest.approx(0.5)
    assert (found.problems, found.completions) == (2, 5)
    cut = amplification({"a": np.array([1.0, -np.inf]), "b": np.array([1.0])})
    assert cut.impossible_now == 1
    assert cut.mean_log_gain.value == pytest.approx(1.0)
    assert cut.amplified_share.value == pytest.approx(0.75)
    assert to_json(amplification({}))["mean_log_gain"]["value"] is None


def test_rare_mass_counts_what_the_base_hardly_draws():
    base = {"a": np.log([0.5, 0.5]), "b": np.log([0.5, 0.5])}
    trained = {"a": np.log([1e-6, 0.5]), "b": np.log([1e-6, 1e-6])}
    found = rare_mass(base, trained, 10_000)
    assert found.base.value == 0
    assert found.trained.value == pytest.approx(0.75)


def test_perplexity_is_per_token():
    found = perplexity("texts", "base", [4 * math.log(0.5)] * 3, [4] * 3)
    assert found.median == pytest.approx(2.0)
    assert to_json(perplexity("texts", "base", [-math.inf] * 3, [4] * 3))["median"] is None
