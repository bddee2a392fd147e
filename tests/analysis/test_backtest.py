"""The backtest: what it fits is fitted on other models, and the published pairs read as known."""

import json

import numpy as np
import polars as pl
import pytest

from passgap.analysis.backtest import backtest, pair_of_counts, pair_of_curves
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.evidence.pairs import read_pairs
from passgap.results.settings import BacktestSettings
from passgap.show.contents.backtest import blocks
from passgap.show.markdown import write_page
from passgap.stats import mixture_of_curve

pytestmark = pytest.mark.slow

KS = [1, 2, 4, 8, 16, 32, 64]


def curve(p, ks=KS):
    return {k: float(np.mean(1 - (1 - p) ** k)) for k in ks}


def tilted(p, delta):
    return 1 / (1 + np.exp(-(np.log(p) - np.log1p(-p) + delta)))


def pairs_with_one_delta(delta, models=4):
    """Tilted worlds from easy to hard: the tilt is right, and headroom follows the gain."""
    rng = np.random.default_rng(0)
    found = []
    for i in range(models):
        for j in range(3):
            p = np.clip(rng.beta(0.5, 0.6 + 4 * i + j, 2000), 1e-9, 1 - 1e-9)
            pair = pair_of_curves(f"bench {j}", f"model {i}", curve(p), curve(tilted(p, delta)))
            found.append(pair)
    return found


def test_a_curve_gives_back_its_distribution():
    p = np.random.default_rng(1).beta(0.5, 2, 5000)
    mixture = mixture_of_curve(KS, list(curve(p).values()))
    np.testing.assert_allclose(mixture.pass_at_k(KS), list(curve(p).values()), atol=2e-3)
    assert mixture.pass_at_k(3)[0] == pytest.approx(np.mean(1 - (1 - p) ** 3), abs=3e-3)
    with pytest.raises(UsageError, match="2 k need as many values"):
        mixture_of_curve([1, 2], [0.5])


def test_a_world_of_tilts_is_forecast_by_the_other_models_tilt():
    result = backtest(pairs_with_one_delta(1.5))
    by_name = {row.predictor: row for row in result.forecasts}
    assert by_name["tilt by the other models' median delta"].mean_error < 0.01
    assert by_name["no change"].mean_error > 0.05
    assert all(row.delta == pytest.approx(1.5, abs=0.1) for row in result.pairs)
    json.dumps(result.to_dict(), allow_nan=False)
    assert "12 pairs" in str(result)


def test_what_is_left_out_decides_nothing():
    """One model's gains are turned to losses: the forecasts of that model do not follow."""
    pairs = pairs_with_one_delta(1.5)
    turned = [
        pair_of_curves(p.benchmark, p.model, p.base, dict.fromkeys(KS, 0.0) | {1: 0.001})
        if p.model == "model 0"
        else p
        for p in pairs
    ]
    honest, other = (backtest(found).pairs for found in (pairs, turned))
    for before, after in zip(honest, other, strict=True):
        if before.model == "model 0":
            assert after.tilt_forecast == pytest.approx(before.tilt_forecast, abs=1e-12)


def test_counts_make_a_pair_too():
    rng = np.random.default_rng(2)
    p = rng.beta(0.5, 2, 400)
    arms = [Counts(range(400), np.full(400, 64), rng.binomial(64, q)) for q in (p, tilted(p, 2.0))]
    pair = pair_of_counts("bench", "model", *arms)
    assert not pair.from_curve
    assert pair.delta() == pytest.approx(2.0, abs=0.25)
    assert pair.at(3) == pytest.approx(np.mean(1 - (1 - p) ** 3), abs=0.02)


def test_refusals():
    pairs = pairs_with_one_delta(1.0)
    with pytest.raises(UsageError, match="2 pairs of 1 models"):
        backtest(pairs[:2])
    with pytest.raises(UsageError, match="k=64; the rule needs k=100"):
        backtest(pairs, BacktestSettings(k_large=100))
    with pytest.raises(UsageError, match="k = 1 and at least two more"):
        pair_of_curves("b", "m", {2: 0.5, 4: 0.6, 8: 0.7}, {1: 0.5, 2: 0.6, 4: 0.7})


def test_files_are_read_or_refused(tmp_path):
    file = tmp_path / "pairs.csv"
    rows = [
        {"benchmark": "b", "pair": "m", "policy": policy, "k": k, "pass_at_k": k / 10}
        for policy in ("base", "rl")
        for k in (1, 2, 4)
    ]
    pl.DataFrame(rows).write_csv(file)
    assert [pair.model for pair in read_pairs([file])] == ["m"]
    assert read_pairs([file], without=["b"]) == []
    with pytest.raises(UsageError, match="'a'; allowed: b"):
        read_pairs([file], without=["a"])
    pl.DataFrame(rows[:3]).write_csv(file)
    with pytest.raises(UsageError, match="base and one other"):
        read_pairs([file])
    file.write_text("benchmark,pair\nb,m\n")
    with pytest.raises(UsageError, match="needed: benchmark, pair, policy"):
        read_pairs([file])
    with pytest.raises(UsageError, match="not a file of pairs"):
        read_pairs([tmp_path / "nothing.csv"])


def test_the_34_published_pairs(shared_data, tmp_path):
    """FACTS of arXiv 2504.13837's figures: rank correlations .73 and .79, 32 of 34 at 15 points."""
    other_temperatures = [f"AIME24 T{t}" for t in ("0.6", "1", "1.2")]
    other_temperatures += [f"MATH500 {t}" for t in ("T.6", "T1", "T1.2")]
    pairs = read_pairs(
        [shared_data / "literature" / "yue2025_curves.csv"], without=other_temperatures
    )
    assert len(pairs) == 34
    result = backtest(pairs)
    lines = {row.predictor: row for row in result.forecasts}
    assert lines["line on pass@20 - pass@2"].spearman == pytest.approx(0.73, abs=0.01)
    assert lines["line on pass@4 - pass@1"].spearman == pytest.approx(0.79, abs=0.01)
    stated = result.screens[0]
    assert (stated.right, stated.paid_and_not_said) == (32, 0)
    tilt = lines["tilt by the other models' median delta"]
    assert tilt.mean_error < lines["the other models' mean gain"].mean_error
    page = write_page("A title", blocks(result, "passgap backtest"), tmp_path / "page.md")
    assert "| 32 of 34 |" in page.read_text()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("benchmark,pair,policy,problem_id,n,c\nx,m,base,a,16,4.5\nx,m,rl,a,16,5\n", r"'a'.*4\.5"),
        (
            "benchmark,pair,policy,problem_id,n,c,c\nx,m,base,a,16,4,5\nx,m,rl,a,16,5,5\n",
            "called c",
        ),
        ("benchmark,pair,policy,k,pass_at_k\nx,m,base,1.5,0.1\nx,m,rl,1,0.2\n", r"column k .*1\.5"),
        ("benchmark,pair,policy,k,pass_at_k\nx,m,base,1,12\nx,m,rl,1,0.2\n", "pass_at_k = 12"),
    ],
)
def test_pairs_that_hold_no_counts_are_told(tmp_path, text, told):
    (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(UsageError, match=told):
        read_pairs([tmp_path / "pairs.csv"])


def test_pairs_with_whole_floats_are_pairs(tmp_path):
    rows = [f"x,m,{arm},p{i},16.0,{i}.0" for arm in ("base", "rl") for i in range(4)]
    (tmp_path / "pairs.csv").write_text(
        "\n".join(["benchmark,pair,policy,problem_id,n,c", *rows]) + "\n"
    )
    (pair,) = read_pairs([tmp_path / "pairs.csv"])
    assert pair.base[1] == pytest.approx(6 / 64)
