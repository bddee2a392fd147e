"""Watching: by hand, by simulation at the stated false-alarm rates, and each warning's case."""

import json
from collections import defaultdict

import numpy as np
import pytest
from scipy import stats

from passgap.analysis.watch.alarms import HeldOut, Windows, no_signal
from passgap.analysis.watch.groups import Groups, difference, mixed, within
from passgap.analysis.watch.progress import Progress
from passgap.analysis.watch.watching import watching
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.evidence.forecasting import shipped
from passgap.results.codec import to_json
from passgap.results.estimates import Estimate
from passgap.results.settings import WatchSettings
from passgap.results.watching import Drawn, NewToBase, ProblemsOfSpan
from passgap.stats import mean_interval, mixed_at_g, pass_at_k, same_policy_p


def groups_of(rows, **columns):
    """Groups from (step, problem, n, c) rows; every completion scored unless said."""
    step, problem, n, c = (np.array(column) for column in zip(*rows, strict=True))
    found = {
        "step": step,
        "problem_id": problem,
        "completions": n,
        "n": n,
        "c": c,
        "rewards": n,
        "reward_sum": c.astype(float),
        "tokens": n,
        "token_sum": 10.0 * n,
        "endings": n,
        "cut": 0 * n,
    }
    return Groups.of(found | {name: np.array(values) for name, values in columns.items()})


def look(groups, *, base=None, held_out=(), counted_by="trainer", models=None, **settings):
    asked, more = WatchSettings(**settings), {"counted_by": counted_by, "models": models}
    return watching(groups, asked, base=base, held_out=held_out, **more)


def training(rng, p, steps=20, prompts=16, size=8, moved=0.0):
    """Groups of a run whose every problem has logit p moved by ``moved`` a step."""
    rows = []
    for step in range(steps):
        for i in rng.choice(len(p), prompts, replace=False):
            odds = p[i] / (1 - p[i]) * np.exp(moved * step)
            rows.append((step, f"p{i}", size, int(rng.binomial(size, odds / (1 + odds)))))
    return rows


def base_counts(rng, p, n=64):
    return Counts([f"p{i}" for i in range(len(p))], np.full(len(p), n), rng.binomial(n, p))


# -- groups


def test_a_step_by_hand():
    rows = [
        (0, "mixed", 4, 1),
        (0, "right", 4, 4),
        (0, "wrong", 3, 0),  # one of four unscored
        (0, "alone", 1, 1),  # three of four unscored: no group to learn from
        (0, "none", 0, 0),
        (1, "mixed", 4, 4),
    ]
    result = look(groups_of(rows, completions=[4, 4, 4, 4, 4, 4]))
    first, second = result.steps
    assert (first.groups, first.groups_left_out, first.unscored) == (5, 2, 8)
    assert first.mixed.value == pytest.approx(1 / 3)
    expected = mean_interval([1.0, 0.0, 0.0])
    assert (first.mixed.low, first.mixed.high) == (expected.low, expected.high)
    assert first.solved.value == pytest.approx((0.25 + 1 + 0 + 1) / 4)  # over problems
    assert first.problems == ProblemsOfSpan(
        seen=4, solved=3, never_solved=1, lost=0, newly_solved=3
    )
    assert second.problems.newly_solved == 0
    assert result.settings.group_size == 4


def test_a_problem_drawn_twice_in_a_step_counts_as_its_subsets():
    groups = groups_of([(0, "twice", 8, 1), (0, "once", 4, 1)])
    expected = [mixed_at_g(8, 1, 4)[0], 1.0]
    assert sorted(mixed(groups, 4)) == pytest.approx(sorted(expected))


def test_a_problem_counts_once_however_often_a_span_holds_it():
    rows = [(step, "often", 4, 2) for step in range(9)] + [(0, "seldom", 4, 0)]
    row = look(groups_of(rows), every=9).steps[0]
    assert row.groups == 10
    assert row.mixed.value == 0.5
    assert row.solved.value == 0.25


def test_rows_are_spans_of_recorded_steps():
    rows = [(step, "a", 4, 2) for step in (0, 1, 5, 6, 7)]
    spans = [(r.step, r.last_step) for r in look(groups_of(rows), every=2).steps]
    assert spans == [(0, 1), (5, 6), (7, 7)]
    many = look(groups_of([(step, "a", 4, 2) for step in range(501)]))
    assert len(many.steps) == 46
    assert many.settings.every == 11


def test_nothing_recorded_is_said():
    with pytest.raises(UsageError, match="nothing is recorded"):
        groups_of([(0, "a", 4, 2)]).of({"problem_id": [], "step": []})


# -- the forecast


def test_the_forecast_is_that_of_the_problems_trained_on():
    base = Counts(["a", "b", "never trained"], [16, 16, 16], [4, 16, 8])
    result = look(groups_of([(0, "a", 4, 1), (0, "b", 4, 4), (0, "c", 4, 0)]), base=base)
    expected = mixed_at_g([16, 16], [4, 16], 4).mean()
    assert result.steps[0].forecast.estimate.value == pytest.approx(expected)
    assert result.steps[0].forecast.problems == 2
    assert result.agreement.problems == 2
    assert result.agreement.left_out == 1


@pytest.mark.slow
def test_agreement_at_step_0_errs_as_rarely_as_said_and_sees_another_policy():
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 2.0, 400)
    said = defaultdict(int)
    for _ in range(120):
        base = base_counts(rng, p)
        for name, drawn in {"same": p, "other": p**0.5}.items():
            rows = training(rng, drawn, steps=1, prompts=64)
            agreement = look(groups_of(rows), base=base).agreement
            said[name] += not agreement.agrees
    assert said["same"] / 120 < 0.02 + 3 * np.sqrt(0.02 * 0.98 / 120)
    assert said["other"] / 120 > 0.8


@pytest.mark.slow
@pytest.mark.parametrize("select", [lambda c: (c > 0) & (c < 32), lambda c: (c >= 8) & (c <= 24)])
def test_problems_chosen_by_the_bases_counts_are_no_other_policy(select):
    """Their counts are more often mixed than what is drawn next: the luck of the choice."""
    rng = np.random.default_rng(3)
    levels, apart = [], 0
    for _ in range(60):
        p = rng.beta(0.5, 1.5, 400)
        base = base_counts(rng, p, 32)
        chosen = np.flatnonzero(select(base.c))
        rows = [(0, f"p{i}", 16, int(rng.binomial(16, p[i]))) for i in chosen]
        found = look(groups_of(rows), base=base)
        assert "chosen by the base's counts" in found.notes[0]
        levels.append(found.agreement.p_value)
        c = np.array([row[3] for row in rows])
        apart += same_policy_p(base.n[chosen], base.c[chosen], np.full(len(c), 16), c) <= 0.05
    assert np.mean(np.array(levels) <= 0.05) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 60)
    assert apart / 60 > 0.2, "without the choice it would be seen too often"


def test_a_missed_forecast_warns_and_visits_claim_nothing():
    rng = np.random.default_rng(1)
    p = np.full(100, 0.02)
    base = base_counts(rng, p)
    groups = groups_of(training(rng, np.full(100, 0.5), steps=1, prompts=80))
    assert "forecast_missed" in [w.check for w in look(groups, base=base).warnings]
    by_visits = look(groups, base=base, counted_by="visits")
    assert by_visits.agreement is None
    assert "no step 0" in by_visits.notes[0]
    assert "forecast_missed" not in [w.check for w in by_visits.warnings]


def test_step_0_is_compared_by_whole_groups():
    base = Counts(["a", "b"], [16, 16], [4, 8])
    rows = [(0, "a", 4, 1), (0, "b", 3, 1)]
    agreement = look(groups_of(rows, completions=[4, 4]), base=base).agreement
    assert (agreement.problems, agreement.left_out) == (1, 1)
    assert agreement.forecast.value == pytest.approx(mixed_at_g(16, 4, 4)[0])
    assert (agreement.solved.value, agreement.solved_by_base.value) == (0.25, 0.25)
    assert agreement.p_value > 0.5


def test_step_0_is_checked_for_correct_completions_too():
    """As many groups are mixed, but their completions are more often correct."""
    ids = [f"p{i}" for i in range(30)]
    base = Counts(ids, np.full(30, 64), np.full(30, 16))
    found = look(groups_of([(0, one, 8, 6) for one in ids]), base=base)
    assert found.agreement.difference.low <= 0 <= found.agreement.difference.high
    assert not found.agreement.agrees
    (warning,) = found.warnings
    assert "75.0% of their completions correct" in warning.evidence
    assert "and 25.0%" in warning.evidence


def test_a_base_that_cannot_forecast_is_refused_or_said():
    groups = groups_of([(0, "a", 8, 1)])
    with pytest.raises(UsageError, match="none of the 1 training problems"):
        look(groups, base=Counts(["b"], [16], [1]))
    with pytest.raises(UsageError, match="adaptive"):
        look(groups, base=Counts(["a"], [16], [1], design="adaptive"))
    few = look(groups, base=Counts(["a"], [4], [1]))
    assert few.agreement is None
    assert to_json(few)["steps"][0]["forecast"]["value"] is None
    assert "8 samples" in few.notes[0]


# -- progress


def test_progress_is_what_counting_gives():
    rng = np.random.default_rng(2)
    rows = training(rng, rng.beta(0.3, 1.5, 40), steps=30, prompts=6)
    progress = Progress.of(groups_of(rows), visits=2)
    for step in (0, 3, 11, 29):
        upto = [row for row in rows if row[0] <= step]
        seen = {row[1] for row in upto}
        solved = {row[1] for row in upto if row[3]}
        found = progress.after(step)
        assert (found.seen, found.solved) == (len(seen), len(solved))
        assert found.never_solved == len(seen) - len(solved)
    assert progress.solved_ids() == {row[1] for row in rows if row[3]}


def test_a_lost_problem_is_lost_by_the_exact_test():
    before = [(step, "lost", 8, 5) for step in range(4)]
    last = [(step, "lost", 8, 0) for step in (4, 5)]
    rest = [(step, f"kept {i}", 8, 5) for step in range(6) for i in range(3)]
    rest += [(step, "never", 8, 0) for step in range(6)]
    result = look(groups_of(before + last + rest))
    p = stats.hypergeom.pmf(0, 48, 20, 16)  # no hit among the last 16 of 48 draws, 20 hits in all
    (lost,) = result.lost
    assert lost.q_value == pytest.approx(4 * p)  # four problems were solved before
    assert lost.before == Drawn(n=32, c=20)
    assert lost.since_step == 4
    assert [row.problems.lost for row in result.steps] == [0, 0, 0, 0, 0, 1]
    assert result.steps[3].problems.never_solved == 1


def test_problems_that_did_not_change_are_seldom_called_lost():
    rng = np.random.default_rng(3)
    false, runs = 0, 200
    for _ in range(runs):
        p = rng.beta(0.5, 1.5, 60)
        rows = [
            (step, f"p{i}", 8, int(rng.binomial(8, p[i]))) for step in range(8) for i in range(60)
        ]
        false += bool(Progress.of(groups_of(rows), 2).lost())
    assert false / runs <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / runs)


def test_what_the_base_never_solved_is_counted_apart():
    base = Counts(["a", "b", "c"], [16] * 3, [0, 0, 3])
    result = look(groups_of([(0, "a", 8, 1), (0, "b", 8, 0), (0, "c", 8, 1)]), base=base)
    assert result.new_to_base == NewToBase(problems=2, solved=1, base_draws=16)


# -- bands


def test_bands_by_the_base_and_by_the_first_group():
    rng = np.random.default_rng(4)
    p = np.repeat([0.003, 0.05, 0.5, 0.97], 30)
    groups = groups_of(training(rng, p, steps=24, prompts=40))
    by_base = look(groups, base=base_counts(rng, p, 256)).bands
    assert [band.band for band in by_base] == [
        "p < 1/64",
        "1/64 to 1/8",
        "1/8 to 9/10",
        "p > 9/10",
    ]
    for band, value in zip(by_base, (0.003, 0.05, 0.5, 0.97), strict=True):
        assert len(band.rows) <= 12
        shares = [row.estimate.value for row in band.rows]
        assert np.mean(shares) == pytest.approx(value, abs=0.05)
        estimates = [row.estimate for row in band.rows]
        assert all(one.low <= one.value <= one.high for one in estimates)


def test_first_groups_are_left_out_of_the_bands_they_made():
    rng = np.random.default_rng(5)
    rows = [(step, f"p{i}", 4, int(rng.binomial(4, 0.5))) for i in range(400) for step in range(6)]
    for band in look(groups_of(rows)).bands:
        # p is .5 in every band: a band that held its own first group would start far from it
        for row in band.rows:
            assert row.estimate.low - 0.05 <= 0.5 <= row.estimate.high + 0.05
        assert band.rows[0].step == 1


# -- warnings


def warned(groups, **settings):
    return {finding.check: finding for finding in look(groups, **settings).warnings}


def test_almost_no_mixed_groups():
    easy = groups_of([(step, f"p{step}-{i}", 8, 8) for step in range(10) for i in range(8)])
    finding = warned(easy)["no_signal"]
    assert "100% all right" in finding.evidence
    assert "too easy" in finding.remedy
    hard = groups_of([(step, f"p{step}-{i}", 8, 0) for step in range(10) for i in range(8)])
    assert "too hard" in warned(hard)["no_signal"].remedy
    few = groups_of([(0, f"p{i}", 8, 0) for i in range(8)])
    assert not warned(few)  # eight groups cannot say so


@pytest.mark.parametrize("groups", [36, 48, 92, 160, 400])
def test_no_signal_errs_as_rarely_as_said(groups):
    def warns(hits):
        rows = [(i % 10, f"p{i}", 8, int(i < hits)) for i in range(groups)]
        return no_signal(Windows.of(groups_of(rows), 10), 8) is not None

    most = next(hits for hits in range(groups) if not warns(hits)) - 1
    assert most >= 0
    assert stats.binom.cdf(most, groups, 0.1) <= 0.041


def test_nothing_scored_is_an_error_while_earlier_steps_were():
    rows = [(0, "a", 8, 4), (1, "a", 0, 0), (2, "b", 0, 0)]
    groups = groups_of(rows, completions=[8, 8, 8])
    assert not warned(groups)
    finding = warned(groups, window=2)["nothing_scored"]
    assert finding.severity == "error"
    assert "16 completions of steps 1 to 2" in finding.evidence


def test_length_and_truncation_running_away():
    rng = np.random.default_rng(7)
    rows = training(rng, np.full(200, 0.5), steps=30)
    step = np.array([row[0] for row in rows])
    n = np.full(len(rows), 8)
    steady = groups_of(rows, token_sum=n * rng.normal(100, 10, len(rows)))
    assert not warned(steady)
    longer = groups_of(rows, token_sum=n * rng.normal(100 + 8 * step, 10), cut=step // 6)
    found = warned(longer)
    assert "steps 20 to 29" in found["length_running_away"].evidence
    assert "cut off at the token limit" in found["truncation_rising"].evidence
    always_cut = groups_of(rows, cut=np.full(len(rows), 4))
    assert not warned(always_cut)


def held_out(step, small, large, reach=0.04):
    values = {1: small, 8: 0.5, 16: large}
    return HeldOut(step, {k: Estimate(v, v - reach, v + reach) for k, v in values.items()})


def test_training_that_does_not_carry_over():
    step = np.repeat(np.arange(20), 30)
    rng = np.random.default_rng(3)
    share = 0.2 + 0.5 * step / 19
    rows = [
        (int(t), f"p{t}-{i}", 8, int(rng.binomial(8, p)))
        for i, (t, p) in enumerate(zip(step, share, strict=True))
    ]
    groups, first = groups_of(rows), held_out(0, 0.2, 0.8)
    found = warned(groups, held_out=[first, held_out(19, 0.22, 0.8)])["held_out_flat"]
    assert "pass@1 on held-out problems changed by +2.0" in found.evidence
    assert not warned(groups, held_out=[first, held_out(19, 0.45, 0.9)])
    assert not warned(groups, held_out=[first])
    level = groups_of([(int(t), f"p{t}-{i}", 8, 3) for i, t in enumerate(step)])
    assert not warned(level, held_out=[first, held_out(19, 0.2, 0.8)])


def test_a_reward_that_rises_without_correct_answers():
    step = np.repeat(np.arange(20), 30)
    rows = [(int(t), f"p{t}-{i}", 8, 2) for i, t in enumerate(step)]
    rising = groups_of(rows, reward_sum=8 * (0.25 + 0.5 * step / 19))
    found = warned(rising)["reward_apart"]
    assert "the mean reward rose by 0.26" in found.evidence
    assert "share correct changed by +0.00" in found.evidence
    right = [(t, problem, n, int(8 * (0.25 + 0.5 * t / 19))) for t, problem, n, _ in rows]
    assert "reward_apart" not in warned(groups_of(right, reward_sum=8 * (0.25 + 0.5 * step / 19)))
    assert not warned(groups_of(rows, reward_sum=80 * (0.25 + 0.5 * step / 19)))  # no share
    assert not warned(groups_of(rows, rewards=0 * step, reward_sum=0.0 * step))


def test_groups_of_other_sizes():
    rng = np.random.default_rng(5)
    rows = [(t, f"p{i}", 8, 4) for t in range(12) for i in range(8)]
    sizes = rng.integers(5, 12, len(rows))
    mixed_up = groups_of(rows, completions=sizes)
    share = np.mean(sizes[16:-8] % 8 != 0)  # of the window, without its last step
    evidence = warned(mixed_up, group_size=8)["groups_uneven"].evidence
    assert evidence.startswith(f"{share:.0%} of the groups of steps 2 to 10 do not have 8")
    assert "groups_uneven" not in warned(mixed_up)  # the size is not known
    assert "groups_uneven" not in warned(mixed_up, group_size=8, counted_by="visits")
    twice = groups_of(rows, completions=np.where(np.arange(len(rows)) % 9, 8, 16))
    assert "groups_uneven" not in warned(twice, group_size=8)
    last = groups_of(rows, completions=np.where(np.arange(len(rows)) < 88, 8, 3))
    assert "groups_uneven" not in warned(last, group_size=8)


def test_held_out_problems_get_worse():
    groups = groups_of([(step, "a", 8, 4) for step in range(4)])
    first = held_out(0, 0.4, 0.8)
    found = warned(groups, held_out=[first, held_out(50, 0.2, 0.8)])["held_out_falling"]
    assert "since step 0 pass@1 on held-out problems fell by 20.0 points" in found.evidence
    assert not warned(groups, held_out=[first, held_out(50, 0.36, 0.8)])
    assert not warned(groups, held_out=[first])


def test_coverage_falls_where_both_ends_say_so():
    groups = groups_of([(step, "a", 8, 4) for step in range(4)])
    first = held_out(0, 0.2, 0.8)
    fell = warned(groups, held_out=[first, held_out(50, 0.4, 0.9), held_out(100, 0.4, 0.7)])
    assert "since step 0 pass@1" in fell["coverage_falling"].evidence
    assert "pass@16" in fell["coverage_falling"].evidence
    for other in (held_out(100, 0.4, 0.77), held_out(100, 0.22, 0.6), held_out(100, 0.1, 0.6)):
        assert "coverage_falling" not in warned(groups, held_out=[first, other])
    assert not warned(groups, held_out=[first])
    assert not warned(groups, held_out=[first, HeldOut(9, {})])
    unknown = held_out(100, 0.4, 0.6)
    unknown.curve[16] = Estimate(np.nan, np.nan, np.nan)
    assert not warned(groups, held_out=[first, unknown])
    last = look(groups, held_out=[first, unknown]).held_out[-1]
    assert to_json(last) == {"k": 16, "value": None, "low": None, "high": None}


def test_a_fall_is_seen_problem_by_problem():
    """Every problem loses a little: too little for two separate intervals, not for the pairs."""
    rng = np.random.default_rng(0)
    p = rng.beta(0.5, 1.0, 100)
    n = np.full(100, 16)

    def at(step, rates):
        c = rng.binomial(16, rates)
        curve = {k: mean_interval(pass_at_k(n, c, k)) for k in (1, 16)}
        return HeldOut(step, curve, n, c)

    before, now = at(0, p), at(20, p**3)
    groups = groups_of([(step, f"p{i}", 8, 4) for step in range(20) for i in range(40)])
    paired = look(groups, held_out=[before, now])
    apart = look(groups, held_out=[HeldOut(one.step, one.curve) for one in (before, now)])
    fall, wide = (found.held_out[-1].estimate for found in (paired, apart))
    assert fall.value == pytest.approx(wide.value)
    assert fall.high - fall.low < wide.high - wide.low
    few = HeldOut(20, now.curve, np.where(np.arange(100) < 99, n, 3), now.c)
    left = look(groups, held_out=[before, few]).held_out[-1].estimate
    assert left.value == pytest.approx(np.mean(((now.c > 0) * 1.0 - (before.c > 0))[:99]))


def test_a_difference_of_two_intervals():
    found = difference(Estimate(0.5, 0.44, 0.58), Estimate(0.3, 0.27, 0.34))
    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.2 - np.hypot(0.06, 0.04))
    assert found.high == pytest.approx(0.2 + np.hypot(0.08, 0.03))


# -- the result


def test_the_result_is_json_and_prints():
    rng = np.random.default_rng(8)
    p = rng.beta(0.4, 1.5, 100)
    result = look(groups_of(training(rng, p)), base=base_counts(rng, p))
    data = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert data["schema"] == "passgap.watching/1"
    assert set(data["steps"][0]) == {
        "step",
        "last_step",
        "completions",
        "unscored",
        "groups",
        "groups_left_out",
        "mixed",
        "forecast",
        "solved",
        "reward",
        "length",
        "truncated",
        "pass_at_k",
        "problems",
    }
    assert "2,560 completions up to step 19" in str(result)


def test_what_the_unscored_could_change_is_said():
    groups = groups_of([(0, "a", 6, 3), (0, "b", 8, 4)], completions=[10, 10])
    (note,) = look(groups).notes
    assert note == (
        "30.0% of all completions are unscored: the share correct is 35.0% if those are wrong and "
        "65.0% if they are right"
    )
    assert not look(groups_of([(0, "a", 99, 3)], completions=[100])).notes


def test_what_is_not_known_is_null():
    groups = groups_of([(0, "a", 0, 0)], completions=[4], tokens=[0], endings=[0], rewards=[0])
    row = json.loads(json.dumps(look(groups).to_dict(), allow_nan=False))["steps"][0]
    for name in ("mixed", "solved", "reward", "length", "truncated"):
        assert row[name] == {"value": None, "low": None, "high": None}
    assert "-" in str(look(groups))


@pytest.mark.parametrize(
    "bad",
    [{"group_size": 1}, {"every": 0}, {"window": 0}, {"visits": 0}, {"counted_by": "epochs"}],
)
def test_settings_out_of_range_are_refused(bad):
    with pytest.raises(UsageError, match=f"{next(iter(bad))} is"):
        look(groups_of([(0, "a", 4, 2)]), **bad)


def test_a_span_holds_its_steps():
    groups = groups_of([(step, "a", 4, 2) for step in (0, 2, 4)])
    assert within(groups, (1, 3)).step.tolist() == [2]


def test_visits_that_few_problems_reached_are_one_row_and_no_collapse():
    # every problem is solved always; the hard one alone was visited often, as luck will have it
    rows = [(visit, f"p{i}", 4, 4) for visit in range(3) for i in range(5)]
    rows += [(visit, "hard", 4, 0) for visit in range(9)]
    found = look(groups_of(rows), counted_by="visits")
    assert [(row.step, row.last_step) for row in found.steps] == [(0, 0), (1, 1), (2, 8)]
    assert {round(row.solved.value, 6) for row in found.steps} == {round(5 / 6, 6)}
    assert found.steps[-1].problems.seen == 6
    assert not any(one.code == "no_signal" for one in found.warnings)
    by_trainer = look(groups_of(rows))
    assert [row.last_step for row in by_trainer.steps] == list(range(9))


# -- against the forecast of the end


def against(rng, p, moved, **more):
    rows = training(rng, p, steps=40, prompts=32, moved=moved)
    found = look(groups_of(rows), base=base_counts(rng, p), models=shipped(), **more)
    return found.against_forecast


def test_a_run_that_stands_still_is_at_its_base():
    rng = np.random.default_rng(1)
    p = rng.beta(2, 3, 100)
    found = against(rng, p, moved=0.0)
    assert found.base == pytest.approx(p.mean(), abs=0.02)
    assert found.now.low < found.base < found.now.high
    assert found.last_step == 39
    assert found.problems > 90
    assert found.stands == "within"


def test_a_run_that_passes_its_forecast_is_told():
    rng = np.random.default_rng(2)
    p = np.full(100, 0.3)
    found = against(rng, p, moved=0.2)
    assert found.now.low > found.forecast.high
    assert found.stands == "above"
    assert found.forecast.confidence_level == 0.9


def test_a_run_that_collapses_is_told():
    rng = np.random.default_rng(3)
    found = against(rng, np.full(100, 0.4), moved=-0.3)
    assert found.now.high < found.forecast.low
    assert found.stands == "below"


def test_an_easy_window_is_no_gain():
    rng = np.random.default_rng(4)
    p = np.repeat([0.1, 0.9], 50)
    base = base_counts(rng, p)
    rows = [(step, f"p{i}", 8, int(rng.binomial(8, p[i]))) for step in range(9) for i in range(100)]
    rows += [(9, f"p{i}", 8, int(rng.binomial(8, 0.9))) for i in range(50, 100)]
    found = look(groups_of(rows), base=base, models=shipped(), window=1).against_forecast
    assert found.problems == 50
    assert found.now.low < 0.5 < found.now.high  # 90% of this window are correct


def test_without_enough_draws_of_the_base_nothing_is_foretold():
    rng = np.random.default_rng(5)
    p = np.full(20, 0.5)
    groups = groups_of(training(rng, p))
    few = base_counts(rng, p, n=2)
    assert look(groups, base=few, models=shipped(), group_size=2).against_forecast is None
    assert look(groups, base=base_counts(rng, p)).against_forecast is None
    assert look(groups, models=shipped()).against_forecast is None


def test_pass_at_k_on_the_training_problems_is_that_of_single_groups():
    rows = [(0, "a", 4, 1), (0, "b", 4, 0), (1, "a", 4, 3), (1, "c", 3, 3)]
    (span,) = look(groups_of(rows), group_size=4, every=2).steps
    found = {one.k: one.estimate.value for one in span.pass_at_k}
    assert list(found) == [1, 2, 4]
    assert found[1] == pytest.approx(np.mean([(1 / 4 + 3 / 4) / 2, 0, 1]))
    assert found[2] == pytest.approx(np.mean([(1 / 2 + 1) / 2, 0, 1]))
    assert found[4] == pytest.approx(np.mean([1, 0])), "c has three scored completions"
    assert to_json(span)["pass_at_k"][0].keys() >= {"k", "value", "low", "high"}


def test_pass_at_k_of_a_group_has_the_true_value_on_average():
    rng = np.random.default_rng(3)
    p = rng.beta(0.8, 2, 2000)
    rows = [(0, f"p{i}", 6, int(rng.binomial(6, one))) for i, one in enumerate(p)]
    (span,) = look(groups_of(rows)).steps
    assert [one.k for one in span.pass_at_k] == [1, 2, 4, 6]
    for one in span.pass_at_k:
        assert one.estimate.low < np.mean(1 - (1 - p) ** one.k) < one.estimate.high


def test_without_a_scored_completion_pass_at_k_is_unknown():
    groups = groups_of([(0, "a", 2, 0), (0, "b", 2, 0)], n=[0, 0])
    assert all(np.isnan(one.estimate.value) for one in look(groups).steps[0].pass_at_k)
