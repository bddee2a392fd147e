"""The reward: the verifier of the evaluation, called on what the policy drew while training.

In: for each completion its problem id, its text and how it ended. Out: 1.0 correct, 0.0 incorrect,
None unscored (TRL then leaves it out of its group's baseline and gives it no advantage).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from passgap.types import FinishReason, Outcome, Problem, Status
from passgap.verifiers import Item, Verifier

REWARDS: dict[Status, float | None] = {"correct": 1.0, "incorrect": 0.0, "unscored": None}


class VerifierReward:
    """A reward function in TRL's form around a verifier.

    TRL calls it with the columns of the data set (``problem_id``) and what the rollout adds
    (``text``, ``finish_reason``), one entry a completion.
    """

    __name__ = "verifier"

    def __init__(self, verifier: Verifier, problems: Iterable[Problem]) -> None:
        self._verifier = verifier
        self._problems = {problem.id: problem for problem in problems}

    def __call__(
        self,
        *,
        problem_id: Sequence[str],
        text: Sequence[str],
        finish_reason: Sequence[FinishReason],
        log_metric: Callable[[str, float], None] | None = None,
        **_: Any,
    ) -> list[float | None]:
        rows = zip(problem_id, text, finish_reason, strict=True)
        outcomes = self._verifier.verify_all([Item(self._problems[i], t, f) for i, t, f in rows])
        if log_metric:
            for name, value in signal(problem_id, outcomes, finish_reason).items():
                log_metric(name, value)
        return [REWARDS[outcome.status] for outcome in outcomes]


def signal(
    problem_id: Sequence[str], outcomes: Sequence[Outcome], finish_reason: Sequence[FinishReason]
) -> dict[str, float]:
    """What one step has to learn from.

    Returns
    -------
    dict
        ``solved_share``: correct among the scored completions, nan where none was scored;
        ``mixed_share``: share of groups (completions of one problem) with both correct and
        incorrect members, the only ones that move the policy; ``truncated_share`` and
        ``no_answer_share``: shares of all completions; ``unscored``: how many.
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
