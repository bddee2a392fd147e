"""The truth that the studies compare with: enumerated against sampled, labels by hand."""

from contextlib import contextmanager

import numpy as np
import pytest

pytest.importorskip("transformers", reason="needs passgap[lm]")

import passgap
from passgap.demo import measured
from passgap.lab import lab_problems
from passgap.results.labels import CompareLabel
from passgap.stages.resolving import resolve_policy
from research.truth import Truth, right_texts, true_p


@contextmanager
def silent(_title):
    yield lambda *_: None


@pytest.mark.parametrize("family", ["mastered", "ambiguous"])
def test_enumerated_probabilities_are_those_of_sampling(family, tmp_path):
    policy, problems, n = resolve_policy("lab:base"), lab_problems(family, size=6, seed=3), 128
    p = true_p(policy, problems)
    counts = passgap.count(measured(policy, problems, tmp_path / "run", n, silent, ""))
    error = np.sqrt(n * np.sum(p * (1 - p)))
    assert list(counts.problem_id) == [problem.id for problem in problems]
    assert abs(counts.c.sum() - n * p.sum()) < 5 * error + 1


def test_right_texts_end_in_the_reference():
    for problem in lab_problems("ambiguous", size=50):
        (text,) = right_texts(problem)
        assert text.split("\n")[-1] == problem.reference


def test_the_crossover_by_hand():
    """base 1-(1-.5)^k; trained .8 at every k: ahead at 1 and 2, behind from 3 on."""
    truth = Truth(np.full(10, 0.5), np.array([1.0] * 8 + [0.0] * 2))
    assert truth.change(1) == pytest.approx(0.3)
    assert [truth.change(k) > 0 for k in (2, 3)] == [True, False]
    assert truth.crossover(64) == 3
    assert truth.crossover(2) is None
    assert Truth(truth.base, truth.base).crossover(64) is None


@pytest.mark.parametrize(
    ("base", "trained", "label"),
    [
        ([0.3] * 10, [0.9] * 8 + [1e-5] * 2, CompareLabel.SHARPENED_NARROWED),
        ([1e-4] * 10, [0.9] * 10, CompareLabel.EXPANDED),
        ([0.3] * 10, [0.9] * 10, CompareLabel.SHARPENED),
        ([0.3] * 10, [0.3] * 10, CompareLabel.UNCHANGED),
        ([0.9] * 5 + [1e-5] * 5, [1e-5] * 5 + [0.9] * 5, CompareLabel.RESHUFFLED),
    ],
)
def test_labels_of_known_probabilities(base, trained, label):
    assert Truth(np.array(base), np.array(trained)).label(64) == label


def test_a_gain_within_the_odds_is_not_new():
    """From 1 in 200 to 0.13: 30-fold odds, though the base seldom solves it in 64 tries."""
    truth = Truth(np.full(4, 0.005), np.full(4, 0.13))
    assert truth.new(64) == 0
    assert Truth(np.full(4, 0.005), np.full(4, 0.2)).new(64) == 4
