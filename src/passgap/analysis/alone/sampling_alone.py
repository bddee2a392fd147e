"""Sampling alone: what the base gives without training, and its cost in tokens per question.

In: the answers of the base's runs (its own, and those at other temperatures) and of the trained
policy's, and the number of tokens sampled in training. Out: majority vote (maj@k) and best-of-k
(pass@k, which needs the verifier when the model is used) against one try of the trained policy, at
equal tokens and at equal accuracy, and the number of questions after which training is cheaper.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from passgap.analysis.alone.voting import Answers, ladder, majority
from passgap.analysis.compare.shift import EPSILON
from passgap.data.arrays import FloatArray
from passgap.results.estimates import Estimate
from passgap.results.sampling_alone import (
    AgainstTrained,
    AloneArm,
    AloneAt,
    AloneBase,
    BreakEven,
    ByMethod,
    EqualTokens,
    Reaches,
    SamplingAlone,
    TrainingTokens,
)
from passgap.stats import (
    mean_interval,
    paired_curve,
    paired_interval,
    pass_at_k,
    student_interval,
)

NOT_AT_HAND = (
    "what sampling alone gives (majority vote, tokens) is not shown: it needs the answers, which "
    "run folders have and counts do not"
)
NO_VOTE = "this verifier's answers cannot be put to a vote, so only best-of-k is shown"
BEST_OF = (
    "best-of-k is pass@k: it needs the verifier whenever the model is used, a majority vote does "
    "not"
)
NO_TOKENS = "token counts of {name}'s completions are unknown, so its cost is not shown"
LEFT_OUT = (
    "break-even counts sampled tokens only: the forward and backward passes over them in "
    "training, which cost several times as much, and the work of setting up training are left out"
)


@dataclass(frozen=True)
class Training:
    """What a training run sampled: completions, their mean length, tokens in total."""

    completions: int
    mean_tokens: float

    @property
    def tokens(self) -> float:
        return self.completions * self.mean_tokens

    def shown(self) -> TrainingTokens:
        return TrainingTokens(self.completions, self.mean_tokens, self.tokens)


@dataclass(frozen=True)
class Arms:
    """What is compared: the base's runs, the trained policy's run, and its training."""

    base: tuple[Answers, ...]
    trained: Answers
    training: Training | None = None


def alone(base: Sequence[Answers], *, seed: int = 0) -> SamplingAlone:
    """Before training: maj@k, pass@k and tokens per question of each of the base's runs.

    Parameters
    ----------
    base
        Answers of one or more runs, all on the problems of the first.
    seed
        Seed of the votes.
    """
    arms = [_Arm(answers.on(base[0].problem_id), seed) for answers in base]
    return SamplingAlone(tuple(arm.of_base(None) for arm in arms), None, None, _notes(base))


def alone_against(
    arms: Arms, problem_ids: Sequence[str] | None = None, *, seed: int = 0
) -> SamplingAlone:
    """After training: votes and best-of-k of the base against one try of the trained policy.

    Parameters
    ----------
    arms
        The answers of both, and what training sampled.
    problem_ids
        The problems compared; None: the trained policy's.
    seed
        Seed of the votes and of the bands.
    """
    ids = arms.trained.problem_id if problem_ids is None else problem_ids
    after = _Arm(arms.trained.on(ids), seed)
    base = [_Arm(answers.on(ids), seed) for answers in arms.base]
    more = LEFT_OUT if arms.training else "the number of tokens sampled in training is unknown"
    return SamplingAlone(
        tuple(arm.of_base(_against(arm, after, arms.training, seed)) for arm in base),
        after.shown(),
        None if arms.training is None else arms.training.shown(),
        (*_notes([*arms.base, arms.trained]), more),
    )


class _Arm:
    """One run's answers with its chances at every k of the ladder, each of shape (P, K)."""

    def __init__(self, answers: Answers, seed: int) -> None:
        self.answers = answers
        self.n = int(answers.n.min())
        self.ks = ladder(self.n)
        self.passes = pass_at_k(answers.n, answers.right, self.ks)
        self.votes = None if answers.wrong is None else majority(answers, self.ks, seed=seed)

    @property
    def tokens(self) -> float:
        """Mean tokens per completion."""
        return float(self.answers.tokens.mean())

    def rows(self) -> tuple[AloneAt, ...]:
        """What k draws give, at powers of two."""
        return tuple(
            AloneAt(
                k=k,
                tokens=_mean(k * self.answers.tokens),
                pass_at_k=mean_interval(self.passes[:, i]),
                maj_at_k=None if self.votes is None else mean_interval(self.votes[:, i]),
            )
            for i, k in enumerate(self.ks)
            if k & (k - 1) == 0
        )

    def shown(self) -> AloneArm:
        return AloneArm(self.answers.name, self.answers.temperature, self.n, self.rows())

    def of_base(self, against: AgainstTrained | None) -> AloneBase:
        answers = self.answers
        return AloneBase(answers.name, answers.temperature, self.n, self.rows(), against)


def _against(arm: _Arm, after: _Arm, training: Training | None, seed: int) -> AgainstTrained:
    once = after.passes[:, 0]
    best = _reaches(once, arm.passes, arm, seed)
    vote = None if arm.votes is None else _reaches(once, arm.votes, arm, seed)
    return AgainstTrained(
        equal_tokens=_at_equal_tokens(once, arm, after),
        reaches=ByMethod(best, vote),
        break_even=ByMethod(
            _break_even(best, arm, after, training),
            None if vote is None else _break_even(vote, arm, after, training),
        ),
    )


def _at_equal_tokens(once: FloatArray, arm: _Arm, after: _Arm) -> EqualTokens | None:
    """One try of the trained policy minus what the base does with no more tokens (>= 1 draw)."""
    share = after.tokens / arm.tokens
    if not np.isfinite(share):
        return None
    k = max(each for each in arm.ks if each <= max(share, 1.0))
    column = arm.ks.index(k)
    return EqualTokens(
        k=k,
        best_of=paired_interval(once - arm.passes[:, column]),
        majority=None if arm.votes is None else paired_interval(once - arm.votes[:, column]),
    )


def _reaches(once: FloatArray, table: FloatArray, arm: _Arm, seed: int) -> Reaches:
    """The smallest k at which the base matches one try of the trained policy."""
    band = paired_curve(once[:, None] - table, arm.ks, seed=seed)

    def first(ends: FloatArray | None) -> int | None:
        assert ends is not None
        return next((k for k, end in zip(arm.ks, ends, strict=True) if end <= EPSILON), None)

    k = first(band.value)
    return Reaches(
        k=k,
        low=first(band.band_low),
        high=first(band.band_high),
        n=arm.n,
        tokens=None if k is None else k * arm.tokens,
    )


def _break_even(least: Reaches, arm: _Arm, after: _Arm, training: Training | None) -> BreakEven:
    """Questions after which training has cost fewer tokens than ``least`` draws of the base each.

    None where no k is enough, where training's tokens are not known, or where the draws cost no
    more than the trained policy's one try: then training is never the cheaper.
    """

    def extra(k: int | None) -> float | None:
        return None if k is None else k * arm.tokens - after.tokens

    def questions(k: int | None) -> float | None:
        more = extra(k)
        return training.tokens / more if training and more is not None and more > 0 else None

    return BreakEven(
        questions(least.k), questions(least.high), questions(least.low), extra(least.k)
    )


def _mean(values: FloatArray) -> Estimate:
    """Mean over problems of an unbounded quantity, with its Student's t interval."""
    found = student_interval(values)
    return replace(found, low=max(0.0, found.low)) if np.isfinite(found.low) else found


def _notes(runs: Sequence[Answers]) -> tuple[str, ...]:
    notes = [BEST_OF]
    if any(answers.wrong is None for answers in runs):
        notes.append(NO_VOTE)
    notes += [NO_TOKENS.format(name=a.name) for a in runs if not np.isfinite(a.tokens).all()]
    return tuple(notes)
