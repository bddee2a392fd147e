"""The lab's truth: each problem's chance to be solved by enumeration, and what follows from it.

In: a policy of the lab, or one trained from it, and problems. Out: success probabilities; for a
pair of policies the changes of pass@k, the crossover and the label.

Every choice of meanings is written out, and the probabilities of those that end in the reference
are added. What is left out are completions that make a mistake and reach the reference all the
same; a study checks them by the number of correct samples (`research.known_worlds`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from passgap import Policy, Problem, ProblemSet, SamplingParams
from passgap.analysis.verdicts import compare_label
from passgap.data.arrays import FloatArray
from passgap.engines import load_engine
from passgap.engines.transformers.loading import load_tokenizer
from passgap.lab.world import readings
from passgap.problems import render
from passgap.results.labels import CompareLabel, State
from passgap.results.settings import CompareSettings
from passgap.stages.resolving import LAB_MAX_TOKENS

USUAL = CompareSettings()
LEAST_RATE = 0.1  # of a problem that is solved, as in the test for new and lost problems


def true_p(policy: Policy, problems: ProblemSet) -> FloatArray:
    """The probability that one sample at temperature 1 solves each problem, shape (P,)."""
    sampling = SamplingParams(max_tokens=LAB_MAX_TOKENS)
    tokenizer = load_tokenizer(policy)
    vocabulary, end = tokenizer.get_vocab(), tokenizer.eos_token_id
    rows = [(i, text) for i, one in enumerate(problems) for text in right_texts(one)]
    pairs = [
        (render(problems.problems[i], policy.prompt), [*(vocabulary[c] for c in text), end])
        for i, text in rows
    ]
    with closing(load_engine("transformers", policy, problems, sampling, {})) as engine:
        found = engine.score(pairs)
    p = np.zeros(len(problems))
    np.add.at(p, [i for i, _ in rows], np.exp(found))
    return p


def right_texts(problem: Problem) -> Iterator[str]:
    """Every completion that gives each step one of its meanings and ends in the reference."""
    symbols, text = problem.question.rstrip("=").split(":")
    for lines in readings(symbols, text):
        if lines[-1] == problem.reference:
            yield "\n".join(lines)


@dataclass(frozen=True)
class Truth:
    """Two policies' true success probabilities on the same problems, each of shape (P,)."""

    base: FloatArray
    trained: FloatArray

    def change(self, k: int) -> float:
        """True pass@k of the trained policy minus the base's, as a mean over the problems."""
        solved = (1 - (1 - p) ** k for p in (self.trained, self.base))
        trained, base = (float(one.mean()) for one in solved)
        return trained - base

    def crossover(self, most: int) -> int | None:
        """The least k up to ``most``, after one where training is ahead, where it is behind."""
        ahead = False
        for k in range(1, most + 1):
            change = self.change(k)
            if ahead and change < 0:
                return k
            ahead = ahead or change > 0
        return None

    def new(self, k_large: int) -> int:
        """Problems that only the trained policy solves (`gained`)."""
        return gained(self.base, self.trained, k_large)

    def lost(self, k_large: int) -> int:
        """Problems that only the base solves (`gained`)."""
        return gained(self.trained, self.base, k_large)

    def label(self, k_large: int) -> CompareLabel:
        """The label that these probabilities have by the table of `passgap compare`."""
        return compare_label(
            self._state(USUAL.k_small),
            self._state(k_large),
            new=self.new(k_large) > 0,
            lost=self.lost(k_large) > 0,
            enough_draws=True,
        )

    def _state(self, k: int) -> State:
        change = self.change(k)
        if abs(change) < USUAL.margin:
            return "equivalent"
        return "up" if change > 0 else "down"


def gained(before: FloatArray, after: FloatArray, k: int) -> int:
    """How many problems ``after`` solves and ``before`` does not, whatever sharpening did.

    The first policy solves one in k tries with a chance below 1/2, the second in one try with
    ``LEAST_RATE`` or more, and the odds differ by more than ``--max-odds``.
    """
    seldom = before < 1 - math.pow(0.5, 1 / k)
    before_odds, after_odds = (p / np.maximum(1 - p, 1e-12) for p in (before, after))
    return int(np.sum(seldom & (after >= LEAST_RATE) & (after_odds > USUAL.max_odds * before_odds)))
