"""The reward is the verifier's word, and what it says of a step is counted right."""

import numpy as np
import pytest

from passgap.training.reward import VerifierReward, signal
from passgap.types import Outcome
from passgap.verifiers.base import TextVerifier


def test_the_reward_is_what_evaluation_would_mark(train_set, verifier):
    problem = train_set.problems[0]
    texts = ["a", "cc", "ba", ""]
    rewards = VerifierReward(verifier, train_set)(
        problem_id=[problem.id] * 4, text=texts, finish_reason=["stop"] * 4, prompts=["ignored"]
    )
    marks = [verifier.verify(problem, text, "stop").status for text in texts]
    assert marks == ["correct", "incorrect", "unscored", "incorrect"]
    assert rewards == [1.0, 0.0, None, 0.0]


def test_the_verifier_is_told_how_a_completion_ended(train_set):
    seen = []

    class Asked(TextVerifier):
        name, digest = "asked", "asked"

        def mark(self, problem, text, finish_reason):
            seen.append((problem.id, text, finish_reason))
            return Outcome("incorrect")

    ids = [problem.id for problem in train_set][:2]
    VerifierReward(Asked(), train_set)(
        problem_id=ids, text=["x", "y"], finish_reason=["length", "stop"]
    )
    assert seen == [(ids[0], "x", "length"), (ids[1], "y", "stop")]


def outcomes(marks):
    names = {"1": "correct", "0": "incorrect", "-": "incorrect", "?": "unscored"}
    return [Outcome(names[m], reason="no_answer" if m == "-" else "") for m in marks]


def test_the_signal_of_a_step():
    # four groups of three: mixed, all right, nothing but unscored, one kind besides the unscored
    marks = "10-" + "111" + "???" + "?00"
    groups = [g for g in "wxyz" for _ in range(3)]
    ended = ["length"] * 3 + ["stop"] * 9
    found = signal(groups, outcomes(marks), ended)
    assert found == {
        "solved_share": pytest.approx(4 / 8),
        "mixed_share": pytest.approx(1 / 4),
        "truncated_share": pytest.approx(3 / 12),
        "no_answer_share": pytest.approx(1 / 12),
        "unscored": 4.0,
    }


def test_a_step_without_a_scored_completion_has_no_reward():
    assert np.isnan(signal(["p"], outcomes("?"), ["stop"])["solved_share"])
