"""One's own runs: they refit the forecast, and new pairs are compared with what it said."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from commands import run

import passgap
from passgap.errors import UsageError
from passgap.evidence.corpus import COLUMNS, cells_of, published
from passgap.evidence.forecasting import foretold, own_pairs, shipped, with_own
from passgap.results.pairs import TrainingPairs


def counts():
    rng = np.random.default_rng(0)
    return passgap.Counts(range(200), [64] * 200, rng.binomial(64, rng.beta(0.5, 1, 200)))


def mine(path, *, share, rows=6):
    """Pairs of one recipe whose trainings all moved pass@1 by ``share`` of the way to pass@8."""
    kept = [one for one in published() if one.trained_by == "SimpleRL-Zoo" and 8 in one.base]
    cells = []
    for i, one in enumerate(kept[:rows]):
        after = one.base[1] + share * (one.base[8] - one.base[1])
        row = cells_of(replace(one, id=f"mine/{i}", recipe="night", trained={1: after}))
        cells.append(row | {"trained_by": ""})
    pl.DataFrame(cells, schema=dict.fromkeys(COLUMNS, pl.String)).write_csv(path)
    return path


@pytest.mark.slow
def test_own_runs_move_the_forecast_of_their_recipe(tmp_path):
    file = mine(tmp_path / "mine.csv", share=0.95)
    asked = {"start": "base", "off_domain": False}
    plain = passgap.forecast(counts(), **asked)
    other = passgap.forecast(counts(), pairs=[file], **asked)
    same = passgap.forecast(counts(), pairs=[file], recipe="night", **asked)
    assert same.forecast.pass_at_1.value > plain.forecast.pass_at_1.value + 0.05
    assert abs(other.forecast.pass_at_1.value - plain.forecast.pass_at_1.value) < 0.02
    width = [one.forecast.pass_at_1.high - one.forecast.pass_at_1.low for one in (same, plain)]
    assert width[0] < width[1]
    assert "your recipe 'night'" in same.forecast.basis
    with pytest.raises(UsageError, match="'day'; known recipes of your own: 'night'"):
        passgap.forecast(counts(), pairs=[file], recipe="day")


@pytest.mark.slow
def test_one_own_run_is_shrunk_to_the_published_ones(tmp_path):
    asked = {"start": "base", "off_domain": False, "recipe": "night"}
    one, six = (
        passgap.forecast(
            counts(), pairs=[mine(tmp_path / f"{rows}.csv", share=0.95, rows=rows)], **asked
        ).forecast.pass_at_1.value
        for rows in (1, 6)
    )
    plain = passgap.forecast(counts(), start="base", off_domain=False).forecast.pass_at_1.value
    assert plain < one < six


def test_own_tables_share_no_ids(tmp_path):
    file = mine(tmp_path / "a.csv", share=0.5)
    with pytest.raises(UsageError, match="'mine/0'; give each its own"):
        own_pairs([file, mine(tmp_path / "b.csv", share=0.5)])
    models = with_own(own_pairs([file]))
    assert models.first.pairs == shipped().first.pairs + 6
    assert models.recipes == ("night",)


def test_new_pairs_are_compared_with_their_forecast():
    new = TrainingPairs(tuple(replace(one, id=f"new/{one.id}") for one in published().pairs[:5]))
    said = foretold(new)
    assert said.notes == ()
    errors = [abs(row.forecast - row.trained) for row in said.rows]
    assert said.mean_error == pytest.approx(np.mean(errors))
    assert said.held == sum(row.held for row in said.rows)
    assert "has seen it" in foretold(TrainingPairs(published().pairs[:1])).notes[0]


def test_the_commands(tmp_path):
    mine(tmp_path / "mine.csv", share=0.5)
    counts().to_frame().write_csv(tmp_path / "counts.csv")
    told = run("forecast", "counts.csv", "--start", "base", "--domain", "in", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "chance of a gain above 5 points" in " ".join(told.stdout.split())
    priced = run("forecast", "counts.csv", "--gpu-hours", "10", "--json", cwd=tmp_path)
    assert json.loads(priced.stdout)["payoff"]["gain_per_gpu_hour"] > 0
    added = run("backtest", "--add", "mine.csv", "--json", cwd=tmp_path)
    assert json.loads(added.stdout)["schema"] == "passgap.added_pairs/1"
    first = cells_of(published()[0])
    row = ",".join(f'"{first[name]}"' for name in COLUMNS)
    (tmp_path / "table.csv").write_text(",".join(COLUMNS) + "\n" + row + "\n")
    grown = run("backtest", "--add", "mine.csv", "--to", "table.csv", cwd=tmp_path)
    assert "table.csv: 7 pairs" in grown.stdout
    for words, told in (
        (("forecast", "counts.csv", "--domain", "here"), "--domain 'here'; allowed: in, off"),
        (("forecast", "counts.csv", "--worth", "100"), "--worth 100; allowed: points"),
        (("backtest", "--to", "table.csv"), "--to without --add"),
        (("backtest", "x.csv", "--add", "mine.csv"), "--add with PAIRS"),
    ):
        done = run(*words, cwd=tmp_path)
        assert done.returncode == 2
        assert told in " ".join(done.stderr.split())
