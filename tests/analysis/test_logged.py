"""Warnings from what the trainer logs: each in its case, and silent where it should be."""

import numpy as np
import pytest

from passgap.analysis.watch.alarms import Windows
from passgap.analysis.watch.groups import Groups
from passgap.analysis.watch.logged import (
    Logged,
    entropy_rising,
    entropy_spent,
    sampler_apart,
)

STEPS = 40
NONE = np.full(STEPS, np.nan)


def entropy(last, noise=0.05):
    """From 1 nat to ``last``, geometrically, with noise between the steps."""
    rng = np.random.default_rng(0)
    line = np.geomspace(1.0, last, STEPS)
    return Logged(line * rng.lognormal(0, noise, STEPS), NONE)


def windows(correct, of=8):
    ids = np.array([f"p{i}" for i in range(60)])
    full, right = np.full(60, of), np.full(60, correct)
    rows = {"step": np.arange(60) // 10, "problem_id": ids, "completions": full, "n": full}
    rows |= {"c": right, "rewards": full, "reward_sum": right.astype(float), "tokens": full}
    rows |= {"token_sum": full.astype(float), "endings": full, "cut": 0 * full}
    return Windows.of(Groups.of(rows), 10)


def test_entropy_that_rises():
    found = entropy_rising(entropy(3.0), 10)
    assert found.check == "entropy_rising"
    assert "nats" in found.evidence
    assert entropy_rising(entropy(1.2), 10) is None
    assert entropy_rising(entropy(0.3), 10) is None


def test_entropy_that_is_spent_before_the_problems_are_solved():
    found = entropy_spent(entropy(0.01), windows(correct=4))
    assert found.check == "entropy_spent"
    assert "50.0%" in found.evidence
    assert entropy_spent(entropy(0.01), windows(correct=8)) is None, "nearly all is solved"
    assert entropy_spent(entropy(0.2), windows(correct=4)) is None


@pytest.mark.parametrize(("apart", "warned"), [(0.02, False), (0.099, False), (0.2, True)])
def test_a_sampler_of_other_weights(apart, warned):
    rng = np.random.default_rng(1)
    found = sampler_apart(Logged(NONE, apart * rng.lognormal(0, 0.05, STEPS)), 10)
    assert (found is not None) == warned


@pytest.mark.parametrize(("apart", "warned"), [(0.004, False), (0.019, False), (0.03, True)])
def test_a_sampler_of_other_weights_where_tokens_are_nearly_certain(apart, warned):
    rng = np.random.default_rng(2)
    entropy, apart = (mean * rng.lognormal(0, 0.05, STEPS) for mean in (0.05, apart))
    found = sampler_apart(Logged(entropy, apart), 10)
    assert (found is not None) == warned
    assert found is None or "where its entropy is 0.05" in found.evidence
    assert sampler_apart(Logged(NONE, apart), 10) is None


def test_only_the_last_steps_say_whether_they_are_apart():
    apart = np.where(np.arange(STEPS) < 30, 0.5, 0.01)
    assert sampler_apart(Logged(NONE, apart), 10) is None
    assert sampler_apart(Logged(NONE, apart[::-1]), 10) is not None


@pytest.mark.parametrize("steps", [0, 1, 3])
def test_too_few_steps_say_nothing(steps):
    few = Logged(np.full(steps, 1.0), np.full(min(steps, 1), 9.0))
    assert entropy_rising(few, 10) is None
    assert entropy_spent(few, windows(correct=4)) is None
    assert sampler_apart(few, 10) is None
