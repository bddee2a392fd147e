"""What is known before training. In: published pairs, or a base's counts. Out: arrays of rows.

A base is described by pass@1, pass@3 and pass@K for a large K. Published rows have different k, so
that pass@3 is read from the Beta distribution of difficulty that runs through their curve. Shares
are smoothed by half a problem, so that none of 30 is not minus infinity in log odds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import special

from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.pairs import SMALL, TrainingPair
from passgap.stats import BetaBinomial, beta_of_curve, pass_at_k
from passgap.stats.mixed import Rows

THIRD = 3  # RLVR turns about pass@3 into pass@1 (arXiv 2504.13837, its 34 pairs)
UNKNOWN_PROBLEMS = 100  # where a source does not say how many
LARGE = range(4, 1025)
LEAST = 0.01  # of a share, in the variance of its log odds
RARE = 0.05  # a base this seldom right may fail the form that is asked for, which RLVR fixes
OCTAVES = 8  # doublings of k that count as one unit


@dataclass(frozen=True)
class Base:
    """A base on one benchmark: pass@1, pass@3, its problems, and pass@``large_k`` (nan if none)."""

    pass_at_1: float
    pass_at_3: float
    problems: int
    large_k: int = 0
    pass_at_large: float = float("nan")

    def smoothed(self, share: float) -> float:
        """A share in log odds, half a problem away from 0 and 1."""
        return float(special.logit((share * self.problems + 0.5) / (self.problems + 1)))


def at_third(curve: Mapping[int, float]) -> float:
    """pass@3 of a published curve that has k = 1 and at least one more, at least its pass@1."""
    if THIRD in curve:
        return max(curve[THIRD], curve[1])
    near = {k: curve[k] for k in curve if k == 1 or k in SMALL}
    shape = shape_of(tuple(sorted((near if len(near) > 1 else curve).items())))
    return max(float(shape.pass_at_k(THIRD)[0]), curve[1])


@cache
def shape_of(curve: tuple[tuple[int, float], ...]) -> BetaBinomial:
    """The Beta through a curve, pairs of k and pass@k; many rows share a base."""
    ks, values = zip(*curve, strict=True)
    return beta_of_curve(ks, values)


def base_of_pair(pair: TrainingPair) -> Base:
    """The base of a published pair, with the largest k that both its models have."""
    both = [k for k in pair.base if k in pair.trained and k in LARGE]
    large = max(both, default=0)
    return Base(
        pair.base[1],
        at_third(pair.base),
        pair.problems or UNKNOWN_PROBLEMS,
        large,
        pair.base[large] if large else float("nan"),
    )


def base_of_counts(counts: Counts, large_k: int) -> Base:
    """The base of a run; ``large_k`` is lowered to the smallest n.

    Raises
    ------
    UsageError
        If a problem has fewer than 3 scored draws: the forecast starts from pass@3.
    """
    least = int(counts.n.min())
    if least < THIRD:
        raise UsageError(
            f"a problem has {least} scored samples; a forecast needs pass@{THIRD}, so at least "
            f"{THIRD} samples per problem"
        )
    large = min(large_k, least)
    first, third, most = pass_at_k(counts.n, counts.c, [1, THIRD, large]).mean(axis=0).tolist()
    return Base(first, third, counts.independent, large, most)


@dataclass(frozen=True)
class Training:
    """The training that is asked about; None where it is not known."""

    base_start: bool | None
    off_domain: bool | None


@dataclass(frozen=True, eq=False)
class Known:
    """Rows of bases and trainings, ready for the model of pass@1 or of pass@K.

    ``at`` is the log odds of the base's pass@1 (or pass@K), which the response is counted from.
    """

    at: FloatArray
    rows: Rows


def known(
    bases: Sequence[Base],
    trainings: Sequence[Training],
    groups: IntArray | None = None,
    *,
    large: bool = False,
) -> Known:
    """Bases and trainings as rows of the model.

    Everything is multiplied by the headroom, the log odds of pass@3 less those of pass@1: a base
    that solves no more in three tries than in one has nothing to turn into pass@1.

    Parameters
    ----------
    bases, trainings
        N of each; trainings have no None.
    groups
        The group of each row, shape (G, N); None: all in groups of their own.
    large
        Rows of the model of pass@K, which falls with log K.
    """
    first = np.array([one.smoothed(one.pass_at_1) for one in bases])
    third = np.array([one.smoothed(one.pass_at_3) for one in bases])
    headroom = third - first
    trained = np.array([not one.base_start for one in trainings], float)
    off = np.array([bool(one.off_domain) for one in trainings], float)
    columns = [np.ones(len(bases)), trained, off]
    middle, at = third, first
    if large:
        at = middle = np.array([one.smoothed(one.pass_at_large) for one in bases])
        columns.append(np.log2([one.large_k for one in bases]) / OCTAVES)
    problems = np.array([one.problems for one in bases], float)
    share = np.clip(special.expit(middle), LEAST, 1 - LEAST)
    low = RARE / (RARE + special.expit(first))
    residual = np.array([1 / (problems * share * (1 - share)), low, headroom**2, off])
    own = np.full((2, len(bases)), -1) if groups is None else groups
    return Known(at, Rows(np.stack(columns, axis=1) * headroom[:, None], headroom, own, residual))
