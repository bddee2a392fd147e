"""Sampling alone: what the base gives without training, at what cost in tokens a question.

In: the answers of the base's runs (its own, and those at other temperatures), of the trained
policy's, and the tokens that training drew. Out: majority vote (maj@k) and best-of-k (pass@k, which
needs the verifier when the model is used) against the trained policy's single try, at equal tokens
and at equal accuracy, and after how many questions training is the cheaper of the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats as scipy_stats

from passgap.analysis import inputs
from passgap.analysis.alone.voting import Answers, ladder, majority
from passgap.analysis.compare.shift import EPSILON
from passgap.data.arrays import FloatArray
from passgap.results.estimates import Estimate
from passgap.stats import mean_interval, paired_curve, paired_interval, pass_at_k

NOT_AT_HAND = (
    "what sampling alone gives (majority vote, tokens) is not shown: it is read off the answers in "
    "run folders, as passgap compare BASE TRAINED does"
)
NO_VOTE = "answers of this verifier cannot be put to a vote: best-of-k is shown alone"
BEST_OF = "best-of-k is pass@k and needs the verifier whenever the model is used; a vote does not"
NO_TOKENS = "the tokens of {name}'s completions are not known, so its cost is not shown"
LEFT_OUT = (
    "break-even counts drawn tokens only: training's forward and backward passes over them, which "
    "cost a few times as much again, and the work of preparing it, are left out"
)


@dataclass(frozen=True)
class Training:
    """What a training run drew: completions, their mean length, and tokens in all."""

    completions: int
    mean_tokens: float

    @property
    def tokens(self) -> float:
        return self.completions * self.mean_tokens

    def to_dict(self) -> dict[str, Any]:
        return {
            "completions": self.completions,
            "mean_tokens": self.mean_tokens,
            "tokens": self.tokens,
        }


@dataclass(frozen=True)
class Arms:
    """What is held against each other: the base's runs, the trained policy's, and its training."""

    base: tuple[Answers, ...]
    trained: Answers
    training: Training | None = None


@dataclass(frozen=True)
class SamplingAlone:
    """What sampling gives without training; ``arms`` are the base's runs, its own first.

    ``trained`` and ``training`` are None before training.
    """

    arms: tuple[Mapping[str, Any], ...]
    trained: Mapping[str, Any] | None
    training: Training | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "arms": [dict(arm) for arm in self.arms],
            "trained": None if self.trained is None else dict(self.trained),
            "training": None if self.training is None else self.training.to_dict(),
            "notes": list(self.notes),
        }


def alone(base: Sequence[Answers], *, seed: int = 0) -> SamplingAlone:
    """Before training: maj@k, pass@k and tokens a question of each of the base's runs.

    Parameters
    ----------
    base
        One or more runs' answers; those after the first on the first one's problems.
    seed
        Of the votes.
    """
    arms = [_Arm(answers.on(base[0].problem_id), seed) for answers in base]
    return SamplingAlone(tuple(arm.shown() for arm in arms), None, None, _notes(base))


def alone_against(
    arms: Arms, problem_ids: Sequence[str] | None = None, *, seed: int = 0
) -> SamplingAlone:
    """After training: the base's votes and best-of-k against one try of the trained policy.

    Parameters
    ----------
    arms
        The answers of both, and what training drew.
    problem_ids
        The problems compared; None: the trained policy's.
    seed
        Of the votes and of the bands.
    """
    ids = arms.trained.problem_id if problem_ids is None else problem_ids
    after = _Arm(arms.trained.on(ids), seed)
    base = [_Arm(answers.on(ids), seed) for answers in arms.base]
    more = LEFT_OUT if arms.training else "the tokens that training drew are not known"
    return SamplingAlone(
        tuple(arm.shown() | _against(arm, after, arms.training, seed) for arm in base),
        after.shown(),
        arms.training,
        (*_notes([*arms.base, arms.trained]), more),
    )


class _Arm:
    """One run's answers with the chances at every k of the ladder, each of shape (P, K)."""

    def __init__(self, answers: Answers, seed: int) -> None:
        self.answers = answers
        self.n = int(answers.n.min())
        self.ks = ladder(self.n)
        self.passes = pass_at_k(answers.n, answers.right, self.ks)
        self.votes = None if answers.wrong is None else majority(answers, self.ks, seed=seed)

    @property
    def tokens(self) -> float:
        """Mean tokens of a completion."""
        return float(self.answers.tokens.mean())

    def shown(self) -> dict[str, Any]:
        """The run and its rows at powers of two."""
        rows = []
        for i, k in enumerate(self.ks):
            if k & (k - 1) == 0:
                vote = None if self.votes is None else _interval(mean_interval(self.votes[:, i]))
                rows.append(
                    {
                        "k": k,
                        "tokens": _interval(_mean(k * self.answers.tokens)),
                        "pass_at_k": _interval(mean_interval(self.passes[:, i])),
                        "maj_at_k": vote,
                    }
                )
        return {
            "name": self.answers.name,
            "temperature": self.answers.temperature,
            "n": self.n,
            "rows": rows,
        }


def _against(arm: _Arm, after: _Arm, training: Training | None, seed: int) -> dict[str, Any]:
    once = after.passes[:, 0]
    how = {"best_of": arm.passes} | ({} if arm.votes is None else {"majority": arm.votes})
    reaches = {name: _reaches(once, table, arm, seed) for name, table in how.items()}
    even = {name: _break_even(row, arm, after, training) for name, row in reaches.items()}
    return {
        "equal_tokens": _at_equal_tokens(once, how, arm, after),
        "reaches": {"majority": None} | reaches,
        "break_even": {"majority": None} | even,
    }


def _at_equal_tokens(
    once: FloatArray, how: Mapping[str, FloatArray], arm: _Arm, after: _Arm
) -> dict[str, Any] | None:
    """The trained policy's one try minus what the base makes of no more tokens (at least one)."""
    share = after.tokens / arm.tokens
    if not np.isfinite(share):
        return None
    k = max(each for each in arm.ks if each <= max(share, 1.0))
    column = arm.ks.index(k)
    found: dict[str, Any] = {"k": k, "majority": None}
    for name, table in how.items():
        found[name] = _interval(paired_interval(once - table[:, column]))
    return found


def _reaches(once: FloatArray, table: FloatArray, arm: _Arm, seed: int) -> dict[str, Any]:
    """The least k at which the base's chance is the trained policy's of one try.

    ``low`` is the least k at which the band of the difference allows it, ``high`` the least at
    which the band shows it; null where no k up to n does.
    """
    band = paired_curve(once[:, None] - table, arm.ks, seed=seed)
    assert band.band_low is not None
    assert band.band_high is not None
    found = {
        name: next((k for k, end in zip(arm.ks, ends, strict=True) if end <= EPSILON), None)
        for name, ends in (("k", band.value), ("low", band.band_low), ("high", band.band_high))
    }
    tokens = None if found["k"] is None else _number(found["k"] * arm.tokens)
    return {**found, "n": arm.n, "tokens": tokens}


def _break_even(
    least: Mapping[str, Any], arm: _Arm, after: _Arm, training: Training | None
) -> dict[str, Any]:
    """Questions after which training has cost fewer tokens than ``least`` k draws of the base.

    null where no k is enough, where training's tokens are not known, or where the draws cost no
    more than the trained policy's one try: then training is never the cheaper.
    """

    def questions(k: int | None) -> float | None:
        if k is None or training is None:
            return None
        extra = k * arm.tokens - after.tokens
        return training.tokens / extra if extra > 0 else None

    extra = None if least["k"] is None else least["k"] * arm.tokens - after.tokens
    return {
        "value": questions(least["k"]),
        "low": questions(least["high"]),
        "high": questions(least["low"]),
        "extra_tokens": None if extra is None else _number(extra),
    }


def _mean(values: FloatArray) -> Estimate:
    """Mean over problems of a quantity without bounds, with its Student's t interval."""
    value, size = float(values.mean()), len(values)
    if size < 2 or not np.isfinite(value):
        return Estimate(value, np.nan, np.nan)
    reach = float(scipy_stats.t.ppf(0.975, size - 1) * values.std(ddof=1) / np.sqrt(size))
    return Estimate(value, max(value - reach, 0.0), value + reach, method="Student t over problems")


def _interval(estimate: Estimate) -> dict[str, float | None]:
    return inputs.interval_dict(estimate)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _notes(runs: Sequence[Answers]) -> tuple[str, ...]:
    notes = [BEST_OF]
    if any(answers.wrong is None for answers in runs):
        notes.append(NO_VOTE)
    notes += [NO_TOKENS.format(name=a.name) for a in runs if not np.isfinite(a.tokens).all()]
    return tuple(notes)
