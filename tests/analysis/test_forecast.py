"""The forecast: it finds what made its pairs, its intervals hold, its shipped numbers refit."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special

import passgap
from passgap.analysis.forecast.forecasting import Models, briefly
from passgap.analysis.forecast.known import Base, Training, at_third, base_of_counts
from passgap.analysis.forecast.model import (
    KNOTS,
    Fitted,
    fit_table,
    left_out,
    outlook,
    recalibration,
    stated,
    table_of,
)
from passgap.analysis.forecast.scoring import rule_record, score_forecasts, weighted_quantile
from passgap.errors import UsageError
from passgap.evidence.corpus import published
from passgap.evidence.forecasting import numbers, shipped
from passgap.results.pairs import TrainingPair

KS = (1, 2, 4, 8, 16, 32)


def world(sources=24, per=3, share=0.8, seed=0, between=0.2):
    """Pairs whose training covers a share of the headroom, one share per source."""
    rng = np.random.default_rng(seed)
    pairs = []
    for i in range(sources):
        mine = share + rng.normal(0, between)
        for j in range(per):
            p = rng.beta(0.5, rng.uniform(0.6, 6), 4_000)
            base = {k: float(np.mean(1 - (1 - p) ** k)) for k in KS}
            third = float(np.mean(1 - (1 - p) ** 3))
            moved = special.logit(base[1]) + mine * (special.logit(third) - special.logit(base[1]))
            after = float(special.expit(moved + rng.normal(0, 0.03)))
            pairs.append(pair(f"s{i}/{j}", base, {1: after, 32: base[32]}, trained_by=f"s{i}"))
    return pairs


def pair(name, base, trained, *, start="base", in_domain="yes", trained_by="s", problems=500):
    return TrainingPair(
        id=name,
        source="",
        where="",
        how_read="",
        sure="",
        base_model=f"model of {trained_by}",
        family=f"family {trained_by[:2]}",
        size_b=None,
        start=start,
        algorithm="GRPO",
        recipe=trained_by,
        trained_by=trained_by,
        steps=None,
        training_data="",
        in_domain=in_domain,
        benchmark=name,
        problems=problems,
        n=None,
        temperature=None,
        base=base,
        trained=trained,
        note="",
    )


def counts(problems=200, n=64, seed=0):
    rng = np.random.default_rng(seed)
    return passgap.Counts(
        range(problems), [n] * problems, rng.binomial(n, rng.beta(0.5, 1, problems))
    )


def test_the_share_of_the_headroom_is_found():
    fit = fit_table(table_of(world(share=0.8)))
    assert fit.coefficients[0] == pytest.approx(0.8, abs=0.12)
    assert np.sqrt(fit.group_variances[0]) == pytest.approx(0.2, abs=0.08)


def test_near_copies_do_not_decide():
    """Thirty copies of a training that failed count about as one."""
    pairs = world(share=0.8)
    failed = [
        pair(f"f/{i}", pairs[0].base, {1: pairs[0].base[1]}, trained_by="f") for i in range(30)
    ]
    few = fit_table(table_of([*pairs, failed[0]])).coefficients[0]
    many = fit_table(table_of([*pairs, *failed])).coefficients[0]
    assert abs(many - few) < 0.1


def test_pass_at_3_of_a_curve_is_that_of_its_problems():
    p = np.random.default_rng(3).beta(0.4, 1.2, 50_000)
    curve = {k: float(np.mean(1 - (1 - p) ** k)) for k in (1, 2, 8)}
    assert at_third(curve) == pytest.approx(np.mean(1 - (1 - p) ** 3), abs=2e-3)
    assert at_third({1: 0.2, 3: 0.41, 8: 0.6}) == 0.41


def test_counts_give_the_same_base_as_their_curve():
    told = base_of_counts(counts(), 20)
    n, c = counts().n, counts().c
    assert told.pass_at_1 == pytest.approx(np.mean(c / n))
    assert told.large_k == 20
    assert told.pass_at_1 < told.pass_at_3 < told.pass_at_large
    with pytest.raises(UsageError, match="needs pass@3"):
        base_of_counts(passgap.Counts(["a"], [2], [1]), 20)


@pytest.mark.slow
def test_scores_on_a_world_where_the_model_is_right():
    scores = score_forecasts(world(sources=14), tell=lambda _: None)
    own = scores.of("source")[-1]
    plain = {one.method: one.mean_error for one in scores.of("source")}
    assert own.mean_error < 0.6 * plain["no change"]
    assert 0.8 <= own.held[-1] <= 1.0
    assert own.held[0] < own.held[1] < own.held[2]
    assert own.worse_by == 0
    assert len(scores.rows) == 42
    with pytest.raises(UsageError, match="at least 30 pairs of 5 sources"):
        score_forecasts(world(sources=4))


def test_what_is_left_out_decides_nothing():
    """A source's outcomes are turned around: what is said of it does not follow."""
    pairs = world(sources=10)
    turned = [
        replace(one, trained={1: 0.01, 32: 0.02}) if one.trained_by == "s0" else one
        for one in pairs
    ]
    said = []
    for found in (pairs, turned):
        table = table_of(found)
        said.append(left_out(table, [one.trained_by for one in found], fit_table(table)))
    np.testing.assert_allclose(said[1].mean[:3], said[0].mean[:3], atol=0.03)
    assert np.abs(said[1].mean[3:] - said[0].mean[3:]).max() > 0.03


def test_recalibrated_levels_hold():
    rng = np.random.default_rng(0)
    central = rng.beta(2, 1, 4000)  # outcomes are further out than the model says
    levels = recalibration(central, np.ones(4000))
    for share in (0.6, 0.75, 0.95):
        level = abs(2 * stated(levels, share) - 1)
        assert np.mean(central <= level) == pytest.approx(2 * share - 1, abs=0.03)
    assert np.all(np.diff(levels) > 0)
    assert levels[0] == 0
    assert levels[-1] == 1


@pytest.fixture(scope="module")
def fitted():
    return Fitted(fit_table(table_of(world())), KNOTS.copy(), 0.5, 0.2, 72, 24)


def test_quantiles_chances_and_the_mean_agree(fitted):
    one = outlook(Base(0.3, 0.5, 200), Training(True, False), fitted)
    assert one.quantile(0.05) < one.quantile(0.5) < one.quantile(0.95)
    for share in (0.1, 0.5, 0.8):
        assert one.above(one.quantile(share)) == pytest.approx(1 - share, abs=1e-3)
    assert one.above(0) == 1
    assert one.above(1) == 0
    drawn = [one.quantile(float(u)) for u in np.random.default_rng(0).random(100)]
    assert one.mean() == pytest.approx(np.mean(drawn), abs=0.03)


def test_an_unknown_start_is_averaged_over():
    base, models = Base(0.3, 0.5, 200), shipped().first
    said = {s: outlook(base, Training(s, False), models) for s in (True, False, None)}
    assert said[False].quantile(0.5) < said[None].quantile(0.5) < said[True].quantile(0.5)


def test_fewer_problems_are_less_certain(fitted):
    few, many = (outlook(Base(0.3, 0.5, n), Training(True, False), fitted) for n in (20, 2000))
    assert few.quantile(0.95) - few.quantile(0.05) > many.quantile(0.95) - many.quantile(0.05)


def test_the_forecast_of_a_run():
    said = passgap.forecast(counts(), start="base", off_domain=False, gpu_hours=50, price=2)
    one = said.forecast.pass_at_1
    assert one.low < one.value < one.high
    assert [row.level for row in said.intervals] == [0.5, 0.8, 0.9]
    assert said.intervals[0].low > said.intervals[2].low
    assert said.payoff.cost == 100
    assert said.payoff.gain_per_gpu_hour == pytest.approx(said.payoff.expected_gain / 50)
    assert 0 < said.payoff.chance < 1
    assert said.rule.says
    assert [row.worth for row in said.rule.record] == [0.03, 0.05, 0.07, 0.1]
    assert "not known" not in said.forecast.basis
    assert "are not known" in passgap.forecast(counts()).forecast.basis
    more, less = (passgap.forecast(counts(), worth=w).payoff.chance for w in (0.02, 0.2))
    assert more > less


def test_instruct_starts_gain_less():
    base, instruct = (
        passgap.forecast(counts(), start=start, off_domain=False) for start in ("base", "instruct")
    )
    assert instruct.payoff.expected_gain < base.payoff.expected_gain


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"start": "raw"}, "start is 'raw'; allowed: base, instruct, sft, distilled"),
        ({"worth": 5}, "worth is 5; allowed: a share"),
        ({"gpu_hours": 0}, "gpu_hours is 0; allowed: more than 0"),
        ({"price": 2.0}, "price without gpu_hours"),
        ({"recipe": "mine"}, "known recipes of your own: none"),
        ({"k_large": 1}, "k_large=1; allowed: 2 or more"),
    ],
)
def test_settings_out_of_range_are_refused(settings, told):
    with pytest.raises(UsageError, match=told):
        passgap.forecast(counts(), **settings)


def test_a_probe_has_the_forecast():
    probe = passgap.probe(counts())
    assert probe.forecast == briefly(counts(), shipped(), 20)
    assert probe.to_dict()["forecast"]["pass_at_1"]["value"] == probe.forecast.pass_at_1.value
    assert "averaged over" in probe.forecast.basis
    assert briefly(passgap.Counts(["a", "b"], [2, 2], [1, 0]), shipped(), 20) is None


def test_an_adaptive_run_is_refused():
    one = passgap.Counts(["a", "b"], [30, 40], [1, 3], design="adaptive")
    with pytest.raises(UsageError, match="adaptive"):
        passgap.forecast(one)


@pytest.mark.slow
def test_the_shipped_numbers_are_those_of_a_refit():
    """The recalibration takes 45 fits more; the page's scores are made with it."""
    told = shipped()
    for large, one in ((False, told.first), (True, told.large)):
        table = table_of(published().pairs, large=large)
        fit = fit_table(table)
        assert fit.coefficients == pytest.approx(one.fit.coefficients, abs=0.02)
        assert fit.group_variances == pytest.approx(one.fit.group_variances, rel=0.1)
        assert one.pairs == len(table)
    again = Models(told.first, told.large, told.record)
    assert numbers(again)["pass_at_1"]["pairs"] == 362


def test_the_rule_is_counted_once_per_base():
    steep, flat = {1: 0.2, 2: 0.3, 20: 0.7}, {1: 0.2, 2: 0.22, 20: 0.3}
    pairs = [pair(f"a/{i}", steep, {1: gain}) for i, gain in enumerate((0.3, 0.31, 0.25))]
    pairs = [pair("a", one.base, one.trained) for one in pairs]
    pairs += [pair("b", flat, {1: 0.4}), pair("c", {1: 0.2, 4: 0.3}, {1: 0.4})]
    said = np.array([0.3, 0.3, 0.3, 0.2, 0.3])
    record = {row.worth: row for row in rule_record(pairs, said)}
    assert record[0.05].bases == 2
    assert (record[0.05].right, record[0.05].forecast, record[0.05].always) == (1, 1, 2)
    assert weighted_quantile(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 8.0]), 0.5) == 3.0
