"""Majority votes over a run's answers. In: how often each was given. Out: the vote's accuracy.

`passgap.stats.maj_at_k` is exact for one problem and one k, and takes minutes for a run at the many
k that a search needs. Here the draws of every problem are put into random orders, and a vote is
taken after each k of them: an unbiased estimate of the same quantity, whose noise is part of the
interval over problems like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.stats import maj_at_k

ORDERS = 200
EXACT = 2


@dataclass(frozen=True, eq=False)
class Answers:
    """The answers of a run's scored draws, one row per problem.

    Parameters
    ----------
    name, temperature
        The run's name, and the temperature it was sampled at (None: unknown).
    problem_id
        Distinct ids, length P.
    n, right
        Scored draws and correct ones, shape (P,). Everything the verifier accepts is one answer.
    wrong
        Number of draws of each distinct wrong answer, for each problem; None where answers cannot
        be put to a vote (programs, or a verifier that extracts none).
    tokens
        Mean tokens of each problem's completions, shape (P,); nan where unknown.
    """

    name: str
    temperature: float | None
    problem_id: tuple[str, ...]
    n: IntArray
    right: IntArray
    wrong: tuple[tuple[int, ...], ...] | None
    tokens: FloatArray

    def on(self, problem_ids: Sequence[str]) -> Answers:
        """The same answers on these problems, in this order.

        Raises
        ------
        UsageError
            If a problem is not among them.
        """
        place = {problem_id: i for i, problem_id in enumerate(self.problem_id)}
        missing = [problem_id for problem_id in problem_ids if problem_id not in place]
        if missing:
            raise UsageError(
                f"{self.name} lacks {len(missing)} of the {len(problem_ids)} problems, e.g. "
                f"{missing[0]}; sample it on the same problem set"
            )
        rows = np.array([place[problem_id] for problem_id in problem_ids], np.int64)
        return Answers(
            self.name,
            self.temperature,
            tuple(problem_ids),
            self.n[rows],
            self.right[rows],
            None if self.wrong is None else tuple(self.wrong[i] for i in rows.tolist()),
            self.tokens[rows],
        )


def ladder(most: int) -> list[int]:
    """1 to 8, then steps of about a fifth, with every power of two, up to ``most``."""
    fine = {round(2 ** (i / 4)) for i in range(12, 4 * most.bit_length())}
    return sorted(k for k in {*range(1, 9), *fine} if k <= most)


def majority(answers: Answers, ks: Sequence[int], *, seed: int, orders: int = ORDERS) -> FloatArray:
    """Chance that the most frequent answer among k draws is right, ties broken at random.

    Parameters
    ----------
    answers
        Answers of a run that can be put to a vote.
    ks
        K ascending integers from 1 to the smallest n.
    seed
        Seed of the orders.
    orders
        Number of random orders of each problem's draws.

    Returns
    -------
    numpy.ndarray
        Shape (P, K). Exact for k <= 2.
    """
    if answers.wrong is None:
        raise UsageError(f"the answers of {answers.name} cannot be put to a majority vote")
    rng = np.random.default_rng(seed)
    columns = zip(answers.n.tolist(), answers.right.tolist(), answers.wrong, strict=True)
    return np.stack([_votes(n, right, wrong, ks, rng, orders) for n, right, wrong in columns])


def _votes(
    n: int,
    right: int,
    wrong: Sequence[int],
    ks: Sequence[int],
    rng: np.random.Generator,
    orders: int,
) -> FloatArray:
    silent = n - right - sum(wrong)
    if right in (0, n):
        return np.full(len(ks), float(right == n))
    kinds = len(wrong) + 2  # the right answer, the wrong ones, and last the draws without a vote
    said = np.repeat(np.arange(kinds), [right, *wrong, silent])
    shuffled = rng.permuted(np.tile(said, (orders, 1)), axis=1)
    flat = shuffled + kinds * np.arange(orders)[:, None]
    votes, done, chances = np.zeros((orders, kinds), np.int64), 0, []
    for k in ks:
        drawn = flat[:, done:k].ravel()
        votes += np.bincount(drawn, minlength=orders * kinds).reshape(orders, kinds)
        done = k
        most = votes[:, :-1].max(axis=1, keepdims=True)
        elected = (votes[:, 0] == most[:, 0]) & (most[:, 0] > 0)
        chances.append(float(np.mean(elected / np.sum(votes[:, :-1] == most, axis=1))))
    few = [i for i, k in enumerate(ks) if k <= EXACT]
    found = np.array(chances)
    if few:
        found[few] = maj_at_k(right, wrong, [ks[i] for i in few], silent=silent)
    return found
