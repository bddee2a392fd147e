"""Several starts: which to train, which differ, and what is not shown."""

import json

import numpy as np
import pytest

import passgap
from passgap.analysis.probe.starts import probe_starts, ratio
from passgap.cli import main
from passgap.data.counts import Counts
from passgap.errors import MismatchError, UsageError
from passgap.results.forecast import Forecast
from passgap.results.labels import StartsLabel
from passgap.results.settings import ProbeSettings

IDS = [f"p{i}" for i in range(150)]


def drawn(p, seed, n=32, ids=IDS, **more):
    p = np.broadcast_to(p, len(ids))
    return Counts(ids, [n] * len(ids), np.random.default_rng(seed).binomial(n, p), **more)


@pytest.fixture
def rates():
    return np.random.default_rng(0).beta(0.4, 1.5, len(IDS))


def test_a_better_start_stands_out_and_the_order_of_what_is_given_does_not_matter(rates):
    base, sft = drawn(rates, 1), drawn(np.sqrt(rates), 2)
    found = passgap.probe_starts({"base": base, "sft": sft})
    assert found.verdict.label is StartsLabel.ONE_STANDS_OUT
    assert [one.name for one in found.starts] == ["sft", "base"]
    assert [one.rank for one in found.starts] == [1, 2]
    shown = {(one.what, one.start, one.other) for one in found.apart}
    assert {("pass@2", "sft", "base"), ("pass@20", "sft", "base")} <= shown
    again = passgap.probe_starts({"sft": sft, "base": base})
    assert [one.name for one in again.starts] == ["sft", "base"]
    assert {(one.what, one.start, one.other) for one in again.apart} == shown
    for one in found.apart:
        assert 0 < one.band_low < one.difference < one.band_high


def test_numbers_are_those_of_each_probe(rates):
    named = {"a": drawn(rates, 1), "b": drawn(rates, 2)}
    found = passgap.probe_starts(named)
    for one in found.starts:
        alone = passgap.probe(named[one.name])
        assert one.verdict.label is alone.verdict.label
        assert one.forecast == alone.forecast
        assert isinstance(one.forecast, Forecast)
        assert one.headroom.value == pytest.approx(alone.headroom.estimate.value)
        assert one.curve.at(20).value == pytest.approx(alone.at(20).value)
        (eight,) = (row for row in alone.signal if row.group_size == 8)
        assert one.teaching.value == pytest.approx(eight.estimate.value)
    assert found.starts[0].forecast.pass_at_1.value >= found.starts[1].forecast.pass_at_1.value


def test_equal_starts_are_not_shown_to_differ(rates):
    named = {name: drawn(rates, seed) for seed, name in enumerate("abcd", start=3)}
    found = passgap.probe_starts(named)
    assert found.verdict.label is StartsLabel.NONE_STANDS_OUT
    assert found.apart == ()
    assert set(found.undistinguished) == set(named) - {found.starts[0].name}


def test_differences_that_are_not_there_are_seldom_shown():
    rng, ids, settings = np.random.default_rng(7), IDS[:80], ProbeSettings()
    any_probe = passgap.probe(drawn(0.3, 0, 24, ids))  # what differs is read from the counts
    shown = 0
    for world in range(60):
        rates = rng.beta(0.4, 1.5, 80)
        named = {name: drawn(rates, [world, i], 24, ids) for i, name in enumerate("abc")}
        shown += bool(probe_starts(named, settings, dict.fromkeys(named, any_probe)).apart)
    assert shown <= 8  # 60 at 5%: more than 8 has a chance of 1%


def test_a_trade_off_is_told():
    ids = IDS
    sure = np.where(np.arange(len(ids)) < 75, 0.95, 0.0)
    wide = np.full(len(ids), 0.12)
    found = passgap.probe_starts({"sure": drawn(sure, 1), "wide": drawn(wide, 2)})
    assert found.verdict.label is StartsLabel.TRADE_OFF
    shown = {(one.what, one.start) for one in found.apart}
    assert {("pass@2", "sure"), ("pass@20", "wide")} <= shown


def test_the_coverage_ratio_is_to_the_first(rates):
    base, other = drawn(rates, 1), drawn(rates * 0.5, 2)
    by_name = {one.name: one for one in passgap.probe_starts({"a": base, "b": other}).starts}
    assert by_name["a"].coverage_ratio is None
    found = by_name["b"].coverage_ratio
    both = [passgap.pass_at_k(one.n, one.c, 20).mean() for one in (base, other)]
    assert found.value == pytest.approx(both[1] / both[0])
    assert found.low < found.value < found.high < 1


def test_the_ratio_covers_the_true_one():
    rng, hits = np.random.default_rng(5), 0
    for world in range(200):
        first = rng.beta(0.5, 1.5, 100)
        other = np.clip(first * 0.8, 0, 1)
        ids = IDS[:100]
        one = ratio(drawn(first, [world, 0], 16, ids), drawn(other, [world, 1], 16, ids), 1)
        hits += one.low <= 0.8 <= one.high
    assert hits >= 182  # 200 at 95%: fewer than 182 has a chance of 1%


def test_the_ratio_resamples_clusters(rates):
    pairs = [f"c{i // 2}" for i in range(len(IDS))]
    rates = np.repeat(rates[::2], 2)
    loose = ratio(drawn(rates, 1), drawn(rates * 0.7, 2), 4)
    tied = ratio(drawn(rates, 1, cluster=pairs), drawn(rates * 0.7, 2, cluster=pairs), 4)
    assert tied.value == pytest.approx(loose.value)
    assert tied.standard_error != loose.standard_error
    none = ratio(drawn(rates, 1), drawn(0.0, 2), 4)
    assert np.isnan([none.value, none.low, none.high]).all()


def test_pools_share_no_problem_and_are_compared_as_samples(rates):
    pools = {
        "easy": drawn(0.6, 1, ids=[f"e{i}" for i in range(150)]),
        "hard": drawn(0.02, 2, ids=[f"h{i}" for i in range(150)]),
        "mastered": drawn(0.97, 3, ids=[f"m{i}" for i in range(150)]),
    }
    found = passgap.probe_starts(pools)
    assert not found.settings.paired
    assert found.verdict.label is StartsLabel.ONE_STANDS_OUT
    assert found.starts[0].name == "easy"  # of the three, "mastered" has the highest forecast
    forecasts = {one.name: one.forecast.pass_at_1.value for one in found.starts}
    assert max(forecasts, key=forecasts.get) == "mastered"
    assert all(one.coverage_ratio is None for one in found.starts)
    assert any("no problem in common" in note for note in found.notes)
    teaching = [one for one in found.apart if one.what == "teaching"]
    assert {("easy", "hard"), ("easy", "mastered")} <= {(t.start, t.other) for t in teaching}


def test_problems_that_only_some_have_are_refused_or_left_out(rates):
    named = {"a": drawn(rates, 1), "b": drawn(rates[:100], 2, ids=IDS[:100])}
    with pytest.raises(MismatchError, match=r"share 100 of 150 and 100 .*100 .* --intersect"):
        passgap.probe_starts(named)
    found = passgap.probe_starts(named, intersect=True)
    assert {one.problems for one in found.starts} == {100}
    assert found.settings.paired


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"a": 0}, "1 start given; allowed: 2 or more"),
        ({"a": 0, "b": 2}, "at least 3"),
    ],
)
def test_what_cannot_be_compared_is_told(rates, named, told):
    counts = {name: drawn(rates, 1, n or 32) for name, n in named.items()}
    with pytest.raises(UsageError, match=told):
        passgap.probe_starts(counts, k_small=1, k_large=20)


def test_fewer_samples_lower_the_large_k(rates):
    found = passgap.probe_starts({"a": drawn(rates, 1), "b": drawn(rates, 2, n=12)})
    assert found.settings.k_large == 12
    assert any("compared at k = 12 instead of 20" in note for note in found.notes)


def test_the_command_ranks_them(rates, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for folder, seed, p in (("base", 1, rates), ("sft", 2, np.sqrt(rates))):
        (tmp_path / folder).mkdir()
        passgap.write_counts(drawn(p, seed), tmp_path / folder / "counts.csv")
    paths = ["base/counts.csv", "sft/counts.csv"]
    assert run(monkeypatch, "probe", *paths) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "Start from sft/counts: it has the highest forecast" in said
    assert "pass@1 after training" in said
    assert run(monkeypatch, "probe", *paths, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "passgap.probe_starts/1"
    assert [one["name"] for one in told["starts"]] == ["sft/counts", "base/counts"]
    assert run(monkeypatch, "probe", *paths, "--fail-on", "one_stands_out") == 1
    for wrong, said in {
        (*paths, paths[0]): "given twice",
        (*paths, "--sampling-alone", "x"): "--sampling-alone with 2 starts",
        (paths[0], "--intersect"): "--intersect with one start",
        (*paths, "--fail-on", "sharpened"): "one_stands_out",
    }.items():
        capsys.readouterr()
        assert run(monkeypatch, "probe", *wrong) == 2
        assert said in " ".join(capsys.readouterr().err.split())


def run(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["passgap", *words])
    with pytest.raises(SystemExit) as stopped:
        main()
    return stopped.value.code or 0
