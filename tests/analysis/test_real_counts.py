"""Real outcomes of others: what the instrument must and must not say about them."""

import numpy as np
import polars as pl
import pytest

from passgap.data.counts import Counts
from passgap.errors import MismatchError
from passgap.evidence.doors import adaptive_probe, compare, probe


def counts(frame, model, dataset):
    rows = frame.filter((pl.col("model") == model) & (pl.col("dataset") == dataset))
    assert len(rows)
    return Counts(rows["problem_id"].cast(pl.String), rows["n"].to_numpy(), rows["c"].to_numpy())


@pytest.fixture(scope="module")
def reasoning_gym(shared_data):
    return shared_data / "outcomes" / "reasoning_gym_rl"


@pytest.mark.parametrize("dataset", ["aime24", "amc23"])
def test_step_400_against_800_is_not_decided_and_says_what_it_takes(reasoning_gym, dataset):
    frame = pl.read_csv(reasoning_gym / "outcomes.csv")
    arms = [counts(frame, f"llama-3.2-3b-rg-math-rl-step{s}", dataset) for s in (400, 800)]
    result = compare(*arms)
    assert not result.verdict.settled
    assert "problems" in result.verdict.needs
    assert f"not attainable with these {len(arms[0])}" in result.verdict.needs
    assert (result.new.shown, result.lost.shown) == (False, False)
    assert result.coverage.certain.gained == result.coverage.certain.lost == 0


def test_other_questions_at_the_same_index_are_refused(reasoning_gym):
    """polynomial_multiplication: base and RL runs were asked different questions."""
    frame = pl.read_csv(reasoning_gym / "outcomes_inter_intra_n3.csv")
    name = "algebra/polynomial_multiplication"
    base = counts(frame, "Qwen2.5-3B-Instruct", name)
    trained = counts(frame, "inter_games_qwen_3b_500", name)
    with pytest.raises(
        MismatchError,
        match="73 problems are only in the base's run and 73 only in the trained policy's",
    ):
        compare(base, trained, k_small=1, k_large=2)


def test_humaneval_codegen_reads_as_published(shared_data):
    frame = pl.read_csv(shared_data / "outcomes" / "codegen16b_humaneval" / "outcomes.csv")
    result = probe(counts(frame, frame["model"][0], "HumanEval"), beyond=[200])
    curve = {row["k"]: row["value"] for row in result.to_dict()["curve"]}
    assert curve[1] == pytest.approx(0.2212, abs=1e-4)
    assert result.verdict.label == "rlvr_can_pay"
    assert 0.7378 < result.extrapolation[0].estimate.value < 0.95


def test_adaptive_probe_reads_humaneval_as_the_whole_run_does(shared_data):
    """Draws taken from the published 200 a problem, without repeats: the same label for a third."""
    frame = pl.read_csv(shared_data / "outcomes" / "codegen16b_humaneval" / "outcomes.csv")
    whole = counts(frame, frame["model"][0], "HumanEval")
    rng = np.random.default_rng(0)
    left, hits = whole.n.copy(), whole.c.copy()

    def draw(more):
        found = rng.hypergeometric(hits, left - hits, more)
        left[:] -= more
        hits[:] -= found
        return found

    found = adaptive_probe(draw, whole.problem_id)
    assert found.verdict.label == probe(whole).verdict.label == "rlvr_can_pay"
    assert found.draws < 64 * len(whole) / 3
