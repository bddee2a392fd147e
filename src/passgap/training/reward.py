"""The reward: the verifier of the evaluation, called on the completions in training.

In: for each completion its problem id, its text and how it ended. Out: 1.0 correct, 0.0 incorrect,
None unscored (TRL then leaves it out of its group's baseline and gives it no advantage). A rule
turns the outcomes into something else: the advantage of pass@k, or a control that ignores them. The
verifier's outcomes are recorded and logged whatever the rule.
"""

from __future__ import annotations

import logging
import math
import random
import threading
from collections.abc import Callable, Iterable, Sequence

from passgap.data.completions import FinishReason
from passgap.data.identity import digest
from passgap.data.outcomes import Outcome, Status
from passgap.data.problems import Problem
from passgap.plain import visible
from passgap.training.calls import State
from passgap.training.config import TrainConfig
from passgap.verifiers import Item, Verifier
from passgap.verifiers.failures import take_failures

log = logging.getLogger("passgap.reward")
REWARDS: dict[Status, float | None] = {"correct": 1.0, "incorrect": 0.0, "unscored": None}
Rule = Callable[[Sequence[str], Sequence[Outcome], int], list[float | None]]
Read = Callable[[Sequence[int]], tuple[str, FinishReason]]


class RaisedOnce:
    """Reports what a verifier's code raises during training, once per kind; from any thread."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self._lock = threading.Lock()

    def tell(self, verifier: Verifier) -> None:
        """Warn about new kinds of errors in the verifier's code since the last call."""
        for failure in take_failures(verifier):
            with self._lock:
                new = failure.kind not in self._told
                self._told.add(failure.kind)
            if new:
                log.warning(
                    "some completions are unscored, the first of problem %s: %s; further errors "
                    "of this kind are only counted", failure.problem_id, visible(failure.error),
                )  # fmt: skip


class VerifierReward:
    """A reward function in TRL's form around a verifier.

    TRL calls it with the columns of the data set (``problem_id``), the ids it drew and, if the
    engine drew them, their text and finish reason (``text``, ``finish_reason``): one entry per
    completion, whole groups in each process. ``rule`` computes rewards from (problem ids, outcomes,
    step). ``read`` gives text and finish reason of a completion's ids, if TRL itself samples.
    ``record`` is called as `Watch.record`.
    """

    __name__ = "verifier"

    def __init__(
        self,
        verifier: Verifier,
        problems: Iterable[Problem],
        *,
        rule: Rule | None = None,
        read: Read | None = None,
        record: Callable[..., None] | None = None,
    ) -> None:
        self._verifier = verifier
        self._problems = {problem.id: problem for problem in problems}
        self._rule, self._read, self._record = rule or by_verifier, read, record
        self._raised = RaisedOnce()

    def __call__(
        self,
        *,
        problem_id: Sequence[str],
        completion_ids: Sequence[Sequence[int]],
        trainer_state: State,
        text: Sequence[str] | None = None,
        finish_reason: Sequence[FinishReason] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **_: object,
    ) -> list[float | None]:
        if text is None or finish_reason is None:
            if self._read is None:
                raise TypeError("the reward needs text and finish_reason, or a way to read ids")
            text, finish_reason = zip(*map(self._read, completion_ids), strict=True)
        step = int(trainer_state.global_step)
        rows = zip(problem_id, text, finish_reason, strict=True)
        outcomes = self._verifier.verify_all([Item(self._problems[i], t, f) for i, t, f in rows])
        self._raised.tell(self._verifier)
        rewards = self._rule(problem_id, outcomes, step)
        if log_metric:
            for name, value in signal(problem_id, outcomes, finish_reason).items():
                log_metric(name, value)
        if self._record:
            self._record(
                step=step,
                problem_id=list(problem_id),
                status=[outcome.status for outcome in outcomes],
                reward=rewards,
                tokens=[len(ids) for ids in completion_ids],
                finish_reason=list(finish_reason),
                reason=[outcome.reason for outcome in outcomes],
            )
        return rewards


def rule_of(config: TrainConfig, rank: int = 0) -> Rule:
    """The rule that a config chooses."""
    if config.algorithm == "pass_at_k":
        return PassAtK(config.pass_k)
    if config.reward == "random":
        return AtRandom(config.seed, rank)
    return by_format if config.reward == "format" else by_verifier


def by_verifier(ids: Sequence[str], outcomes: Sequence[Outcome], step: int) -> list[float | None]:
    """1 for a correct completion, 0 for an incorrect one, None for an unscored one."""
    return [REWARDS[outcome.status] for outcome in outcomes]


def by_format(ids: Sequence[str], outcomes: Sequence[Outcome], step: int) -> list[float | None]:
    """1 if there is an answer to mark, right or wrong: a control (arXiv 2506.10947)."""
    return [
        None if o.status == "unscored" else float(o.status == "correct" or o.extracted is not None)
        for o in outcomes
    ]


class AtRandom:
    """A fair coin for every scored completion: a control (arXiv 2506.10947)."""

    def __init__(self, seed: int, rank: int) -> None:
        self._seed, self._rank = seed, rank

    def __call__(
        self, ids: Sequence[str], outcomes: Sequence[Outcome], step: int
    ) -> list[float | None]:
        rng = random.Random(digest(["random reward", self._seed, self._rank, step]))
        coins = [float(rng.random() < 0.5) for _ in outcomes]
        return [
            None if o.status == "unscored" else coin
            for o, coin in zip(outcomes, coins, strict=True)
        ]


class PassAtK:
    """The analytical advantage of pass@k within each group (arXiv 2508.10751, eq. 14 and 15).

    Its mean over a group is 0, so TRL, set not to scale, uses it unchanged.
    """

    def __init__(self, k: int) -> None:
        self._k = k

    def __call__(
        self, ids: Sequence[str], outcomes: Sequence[Outcome], step: int
    ) -> list[float | None]:
        groups: dict[str, list[int]] = {}
        for i, (problem, outcome) in enumerate(zip(ids, outcomes, strict=True)):
            if outcome.status != "unscored":
                groups.setdefault(problem, []).append(i)
        rewards: list[float | None] = [None] * len(outcomes)
        for members in groups.values():
            wrong = sum(outcomes[i].status == "incorrect" for i in members)
            right, other = pass_at_k_advantages(len(members), wrong, self._k)
            for i in members:
                rewards[i] = right if outcomes[i].status == "correct" else other
        return rewards


def pass_at_k_advantages(size: int, wrong: int, k: int) -> tuple[float, float]:
    """Advantages of a (correct, incorrect) completion when pass@k is the reward.

    ``size`` scored completions of a group, ``wrong`` of them incorrect; a subset of ``k`` is
    rewarded if one of them is correct. Both are 0 if every subset, or none, is rewarded, or the
    group is smaller than k.
    """
    if size < k:
        return 0.0, 0.0
    mean = 1 - math.comb(wrong, k) / math.comb(size, k)
    spread = math.sqrt(mean * (1 - mean))
    if spread == 0:
        return 0.0, 0.0
    without_it = math.comb(wrong - 1, k - 1) / math.comb(size - 1, k - 1)
    return (1 - mean) / spread, (1 - mean - without_it) / spread


def signal(
    problem_id: Sequence[str], outcomes: Sequence[Outcome], finish_reason: Sequence[FinishReason]
) -> dict[str, float]:
    """The learning signal of one step.

    ``solved_share``: correct among the scored completions, nan if none was scored; ``mixed_share``:
    share of groups (completions of one problem) with both correct and incorrect members, the only
    ones with a gradient; ``truncated_share`` and ``no_answer_share``: shares of all completions;
    ``unscored``: how many.
    """
    groups: dict[str, set[Status]] = {}
    for problem, outcome in zip(problem_id, outcomes, strict=True):
        groups.setdefault(problem, set()).add(outcome.status)
    mixed = [{"correct", "incorrect"} <= members for members in groups.values()]
    count = len(outcomes)
    unscored = sum(o.status == "unscored" for o in outcomes)
    correct = sum(o.status == "correct" for o in outcomes)
    return {
        "solved_share": correct / (count - unscored) if count > unscored else float("nan"),
        "mixed_share": sum(mixed) / len(mixed),
        "truncated_share": sum(f == "length" for f in finish_reason) / count,
        "no_answer_share": sum(o.reason == "no_answer" for o in outcomes) / count,
        "unscored": float(unscored),
    }
