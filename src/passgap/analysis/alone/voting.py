"""Majority votes over a run's answers. In: how often each was given. Out: the vote's accuracy.

`passgap.stats.maj_at_k` is exact for one problem and one k, and takes minutes for a run at the many
k that a search needs. Here the draws of every problem are put into random orders, and a vote is
taken after each k of them: an unbiased estimate of the same quantity, whose noise is part of the
interval over problems like any other.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.stats.votes import maj_at_two

ORDERS, FEWEST, MOST = 20_000, 32, 200
CELLS = 1 << 21  # draws in random orders that are held at a time


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
    _votes: dict[tuple[object, ...], FloatArray] = field(default_factory=dict, init=False)

    def on(self, problem_ids: Sequence[str]) -> Answers:
        """The same answers on these problems, in this order.

        Raises
        ------
        UsageError
            If a problem is not among them.
        """
        if tuple(problem_ids) == self.problem_id:
            return self  # with its votes
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


def majority(
    answers: Answers, ks: Sequence[int], *, seed: int, orders: int | None = None
) -> FloatArray:
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
        Number of random orders of each problem's draws. None: ``ORDERS`` of all problems together,
        but from 32 to 200 of each; what is reported is a mean over the problems.

    Returns
    -------
    numpy.ndarray
        Shape (P, K). Exact for k <= 2.
    """
    if answers.wrong is None:
        raise UsageError(f"the answers of {answers.name} cannot be put to a majority vote")
    if orders is None:
        orders = min(max(ORDERS // max(1, len(answers.n)), FEWEST), MOST)
    key = (*ks, seed, orders)
    if key not in answers._votes:  # probe and compare ask for the same
        answers._votes[key] = _majority(answers, answers.wrong, ks, seed, orders)
    return answers._votes[key]


def _majority(
    answers: Answers, wrongs: Sequence[Sequence[int]], ks: Sequence[int], seed: int, orders: int
) -> FloatArray:
    rng = np.random.default_rng(seed)
    found = np.empty((len(answers.n), len(ks)))
    sure = (answers.right == 0) | (answers.right == answers.n)
    found[sure] = (answers.right > 0)[sure, None]
    open_ = np.flatnonzero(~sure).tolist()
    for rows in _parts(open_, answers, orders):
        wrong = [wrongs[i] for i in rows]
        n, right = int(answers.n[rows[0]]), answers.right[rows].tolist()
        found[rows] = _votes(n, right, wrong, ks, rng, orders)
    silent = answers.n - answers.right - [sum(wrong) for wrong in wrongs]
    right, n, quiet = np.stack([answers.right, answers.n, silent])[:, open_].astype(float)
    for j, k in enumerate(ks):
        if k <= 2:
            found[open_, j] = maj_at_two(right, n, quiet, k)
    return found


def _parts(rows: Sequence[int], answers: Answers, orders: int) -> Iterator[list[int]]:
    """Problems next to each other with one n, as many as fit into memory."""
    for n, alike in itertools.groupby(rows, key=lambda i: int(answers.n[i])):
        size = max(1, CELLS // (orders * n))
        some = list(alike)
        yield from (some[first : first + size] for first in range(0, len(some), size))


def _votes(
    n: int,
    right: Sequence[int],
    wrong: Sequence[Sequence[int]],
    ks: Sequence[int],
    rng: np.random.Generator,
    orders: int,
) -> FloatArray:
    """The share of the orders in which the vote after each k is right; shape (problems, K)."""
    most_kinds = max(map(len, wrong)) + 2  # the right answer, the wrong ones, draws without a vote
    said = [_labels(n, r, w, most_kinds) for r, w in zip(right, wrong, strict=True)]
    shuffled = rng.permuted(np.repeat(np.array(said), orders, axis=0), axis=1)
    size = len(shuffled)
    flat = shuffled + most_kinds * np.arange(size)[:, None]
    small = np.int16 if n < 1 << 15 else np.int64  # little memory to go through at each k
    votes, done, chances = np.zeros((size, most_kinds), small), 0, []
    for k in ks:
        drawn = flat[:, done:k].ravel()
        more = np.bincount(drawn, minlength=votes.size).astype(small)
        votes += more.reshape(votes.shape)
        done = k
        most = votes[:, :-1].max(axis=1, keepdims=True)
        elected = (votes[:, 0] == most[:, 0]) & (most[:, 0] > 0)
        share = elected / np.count_nonzero(votes[:, :-1] == most, axis=1)
        chances.append(share.reshape(-1, orders).mean(axis=1))
    return np.stack(chances, axis=1)


def _labels(n: int, right: int, wrong: Sequence[int], kinds: int) -> IntArray:
    """What each draw says: 0 is the right answer, the last kind no answer."""
    silent = n - right - sum(wrong)
    labels = np.repeat(np.arange(len(wrong) + 2), [right, *wrong, silent])
    labels[n - silent :] = kinds - 1
    return labels
