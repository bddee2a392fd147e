"""The reward is the verifier's word, and what it says of a step is counted right."""

import itertools
import logging
from types import SimpleNamespace

import numpy as np
import pytest

from passgap.data.outcomes import Outcome
from passgap.training.config import TrainConfig
from passgap.training.reward import (
    PassAtK,
    VerifierReward,
    by_format,
    pass_at_k_advantages,
    rule_of,
    signal,
)
from passgap.verifiers.base import TextVerifier, Verifier
from passgap.verifiers.guarded import GuardedVerifier

FROM_TRL = {"completion_ids": [[1]] * 4, "trainer_state": SimpleNamespace(global_step=3)}


def test_the_reward_is_what_evaluation_would_mark(train_set, verifier):
    problem = train_set.problems[0]
    texts = ["a", "cc", "ba", ""]
    rewards = VerifierReward(verifier, train_set)(
        problem_id=[problem.id] * 4,
        text=texts,
        finish_reason=["stop"] * 4,
        prompts=["ignored"],
        **FROM_TRL,
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
        problem_id=ids, text=["x", "y"], finish_reason=["length", "stop"], **FROM_TRL
    )
    assert seen == [(ids[0], "x", "length"), (ids[1], "y", "stop")]


def test_what_the_verifier_raises_is_said_once_per_kind(train_set, caplog):
    class Raising(Verifier):
        name, digest = "raising", "raising"

        def verify_all(self, items):
            raise {"k": KeyError, "v": ValueError}[items[0].text](items[0].text)

    reward = VerifierReward(GuardedVerifier(Raising()), train_set)
    ids = [problem.id for problem in train_set][:2]
    with caplog.at_level(logging.WARNING, "passgap.reward"):
        for _ in range(3):
            given = reward(problem_id=ids, text=["k", "v"], finish_reason=["stop"] * 2, **FROM_TRL)
            assert given == [None, None]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2
    assert f"the first of problem {ids[0]}: KeyError: 'k'" in told[0]
    assert f"the first of problem {ids[1]}: ValueError: v" in told[1]


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


def test_what_the_verifier_said_is_recorded_whatever_the_reward(train_set, verifier):
    problem, seen = train_set.problems[0], []
    reward = VerifierReward(
        verifier,
        train_set,
        rule=rule_of(TrainConfig(max_tokens=4, reward="random", seed=5)),
        read=lambda ids: ("abc"[ids[0]], "length"),
        record=lambda **row: seen.append(row),
    )
    given = reward(
        problem_id=[problem.id] * 3,
        completion_ids=[[0], [2, 9], [1]],
        trainer_state=SimpleNamespace(global_step=7),
    )
    (row,) = seen
    assert row["step"] == 7
    assert row["status"] == ["correct", "incorrect", "unscored"]
    assert row["tokens"] == [1, 2, 1]
    assert row["finish_reason"] == ["length"] * 3
    assert row["reward"] == given
    assert given[2] is None


def test_the_random_reward_is_a_fair_coin_of_seed_and_step():
    rule = rule_of(TrainConfig(max_tokens=4, reward="random", seed=5))
    marks = outcomes("1" * 2000 + "0" * 2000)
    first = rule(["p"] * 4000, marks, 1)
    assert first == rule(["p"] * 4000, marks, 1)
    assert first != rule(["p"] * 4000, marks, 2)
    assert abs(np.mean(first[:2000]) - 0.5) < 0.06
    assert abs(np.mean(first[2000:]) - 0.5) < 0.06


def test_the_format_reward_asks_for_an_answer_only():
    marks = [
        Outcome("correct", "4"),
        Outcome("incorrect", "5"),
        Outcome("incorrect", reason="no_answer"),
        Outcome("unscored", reason="timeout"),
    ]
    assert by_format(["p"] * 4, marks, 0) == [1.0, 1.0, 0.0, None]


@pytest.mark.parametrize(("size", "right", "k"), [(8, 1, 4), (8, 3, 2), (6, 2, 3), (4, 1, 1)])
def test_pass_at_k_advantages_are_the_mean_over_all_subsets(size, right, k):
    """By enumeration: a subset's reward is pass@k's, standardised over all subsets; a completion's
    advantage is the mean over the subsets it is in (arXiv 2508.10751)."""
    subsets = list(itertools.combinations(range(size), k))
    rewards = np.array([any(i < right for i in subset) for subset in subsets], float)
    scaled = (rewards - rewards.mean()) / rewards.std()
    advantage = [
        np.mean([a for a, subset in zip(scaled, subsets, strict=True) if i in subset])
        for i in (0, size - 1)
    ]
    assert pass_at_k_advantages(size, size - right, k) == pytest.approx(advantage)


def test_pass_at_k_leaves_unscored_completions_out_and_sums_to_nothing():
    rewards = PassAtK(2)(["p"] * 5 + ["q"] * 2, outcomes("1000?" + "11"), 0)
    assert rewards[4] is None
    assert sum(rewards[:4]) == pytest.approx(0)
    assert rewards[0] > 0 > rewards[1]
    assert rewards[5:] == [0.0, 0.0]
