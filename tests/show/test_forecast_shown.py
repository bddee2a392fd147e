"""What is shown of forecasts: the sentence, the numbers beside it, the pages, the pictures."""

import numpy as np
import pytest

import passgap
from passgap.results.forecast import RuleRecord
from passgap.results.forecast_scores import (
    AddedPairs,
    CorpusSize,
    ForecastRow,
    ForecastScore,
    ForecastScores,
    ScoredWith,
    Subset,
)
from passgap.results.pairs import TrainingPairs
from passgap.show import as_markdown
from passgap.show.blocks import pictures
from passgap.show.contents.dispatch import blocks_of
from passgap.show.contents.forecast import page_blocks
from passgap.show.markdown import paint

ROWS = (
    ForecastRow("a/1", "base", False, 0.2, 0.5, 0.4, 0.3, 0.6, True),
    ForecastRow("a/2", "instruct", False, 0.2, 0.9, 0.3, 0.2, 0.5, False),
    ForecastRow("b/1", "base", True, 0.3, 0.31, 0.35, 0.2, 0.5, True),
)


@pytest.fixture(scope="module")
def run():
    c = np.random.default_rng(0).binomial(64, np.random.default_rng(1).beta(0.5, 1, 100))
    counts = passgap.Counts(range(100), [64] * 100, c)
    return passgap.forecast(counts, start="base", off_domain=False, gpu_hours=40, price=2.5)


def score(method, error, *, subset=("all", "all"), left_out="source", target="pass@1"):
    held = (0.5, 0.8, 0.9)
    more = 0.0 if method == "ours" else 0.012
    return ForecastScore(
        left_out,
        method,
        target,
        Subset(*subset),
        3,
        2,
        error,
        error - 0.01,
        error + 0.01,
        error,
        0.004,
        held,
        0.4,
        more,
        more - 0.01,
        more + 0.01,
    )


def scores():
    found = [
        score(method, error, left_out=scheme)
        for scheme in ("source", "base model", "family")
        for method, error in (("no change", 0.117), ("ours", 0.08))
    ]
    found += [
        score("no change", 0.05, subset=("base", "in")),
        score("ours", 0.04, subset=("base", "in")),
    ]
    found.append(score("ours", 0.07, target="pass@k"))
    record = (RuleRecord(0.05, 82, 58, 61, 49),)
    size = CorpusSize(3, 2, 2, 2, 1)
    return ForecastScores(ScoredWith(0, (0.5, 0.8, 0.9)), size, tuple(found), record, (), ROWS, ())


def test_a_run_is_told_in_a_sentence_with_the_rule_beside_it(run):
    text = " ".join(as_markdown(run).split())
    one = run.forecast.pass_at_1
    assert f"to about {one.value:.1%}" in text
    assert "the chance of a gain above 5 points is" in text
    assert "cost per point of expected gain" in text
    assert "100.00 in all" in text
    assert "always training right" in text
    assert "RLVR turns about pass@3 into pass@1" in text
    assert "without" not in str(run)
    assert run.to_frame()["level"].to_list() == [0.5, 0.8, 0.9]


def test_the_scores_are_a_page():
    text = paint(page_blocks(scores(), "passgap backtest"))
    assert "| no change | 11.7 (10.7 to 12.7) | +1.2 (+0.2 to +2.2) |" in text
    assert "| ours | 8.0 (7.0 to 9.0) | – |" in text
    assert "| base model | same kind | 3 (2) | 5.0 | 4.0 |" in text
    assert "90.0% (outside)" in text
    assert "| 5 | 82 | 58 | 61 | 49 |" in text
    assert scores().to_frame().height == 3
    assert "leaving out each family" in str(scores())


def test_added_pairs_say_whether_the_interval_held():
    text = as_markdown(AddedPairs(ROWS, 0.24, 2, ("a note",)))
    assert "mean error of 24.0 points on these 3 pairs; 2 of 3 outcomes are inside" in text
    assert text.count("| yes |") == 2
    assert "a note" in text


def test_a_few_pairs_are_a_table():
    few = TrainingPairs(passgap.pairs().pairs[:2])
    assert "Qwen/Qwen2.5-1.5B-Instruct" in as_markdown(few)
    assert repr(few).startswith("<TrainingPairs: 2 pairs of 1 source")


def test_the_charts_are_valid(run):
    for one in (run, scores()):
        (picture,) = pictures(blocks_of(one))
        drawn = picture.draw().to_dict(validate=True)
        assert drawn["layer"]
    bands = blocks_of(scores())
    (picture,) = pictures(bands)
    kept = [rows for rows in picture.draw().to_dict()["datasets"].values() if len(rows) == 3]
    assert {row["series"] for rows in kept for row in rows if "series" in row} == {
        "base model",
        "trained start",
        "other kind of problems",
    }
