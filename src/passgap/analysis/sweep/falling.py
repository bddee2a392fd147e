"""Differences between the steps of a sweep: where coverage begins to fall, which one to keep.

In: counts of the base (step 0) and of the checkpoints on the same problems, by step. Out: every
difference between two of them with one band over all, and the two answers read off such bands. A
claim about a sweep is picked from many differences, so it has to clear a band that holds for all of
them at once: sup-t, which accounts for their correlation (neighbouring checkpoints nearly agree),
where Bonferroni would count each separately.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.results.sweep import Difference
from passgap.stats import paired_curve, pass_at_k


@dataclass(frozen=True, eq=False)
class Differences:
    """pass@k of step s minus that of step r, at ``[r, s]``; every array of shape (S + 1, S + 1).

    Row 0 is the base. ``low`` and ``high`` are 95% for one difference, ``band_low`` and
    ``band_high`` for all at once. nan where r >= s.
    """

    k: int
    value: FloatArray
    low: FloatArray
    high: FloatArray
    band_low: FloatArray
    band_high: FloatArray

    def row(self, earlier: int, later: int) -> Difference:
        """One difference."""
        names = ("value", "low", "high", "band_low", "band_high")
        return Difference(self.k, *(float(getattr(self, name)[earlier, later]) for name in names))


def differences(arms: Sequence[Counts], k: int, seed: int) -> Differences:
    """All differences at one k, as in `differences_at`."""
    (found,) = differences_at(arms, [k], seed)
    return found


def differences_at(arms: Sequence[Counts], ks: Sequence[int], seed: int) -> list[Differences]:
    """All differences at each k; the band holds for all of them, at all these k, at once.

    Parameters
    ----------
    arms
        The base and S >= 1 checkpoints by step, on the same problems in the same order.
    ks
        Each at most the smallest n.
    seed
        Seed of the bootstrap behind the band.
    """
    passes = np.stack([pass_at_k(arm.n, arm.c, list(ks)) for arm in arms], axis=1)
    pairs = list(itertools.combinations(range(len(arms)), 2))
    earlier, later = np.array(pairs).T
    d = (passes[:, later] - passes[:, earlier]).transpose(0, 2, 1).reshape(len(passes), -1)
    curve = paired_curve(d, np.arange(d.shape[1]), seed=seed, clusters=arms[0].clusters)

    def squares(column: FloatArray | None) -> FloatArray:
        tables = np.full((len(ks), len(arms), len(arms)), np.nan)
        tables[:, earlier, later] = np.asarray(column).reshape(len(ks), -1)
        return tables

    columns = (curve.value, curve.low, curve.high, curve.band_low, curve.band_high)
    by_k = zip(ks, *map(squares, columns), strict=True)
    return [Differences(k, *tables) for k, *tables in by_k]


@dataclass(frozen=True)
class FallAt:
    """Coverage is lower at ``step``, and at every later one, than at ``since``.

    Positions among the arms, 0 being the base; ``below_base`` is the first from which the
    difference to the base stays below 0, None where that is not shown.
    """

    since: int
    step: int
    below_base: int | None


def fall(large: Differences) -> FallAt | None:
    """The first step from which coverage is shown to stay below an earlier one; or None.

    Of the earlier steps that it stays below, ``since`` is the latest: the fall lies between the
    two. Under a policy that never changes, such a claim is made in at most 5% of sweeps: the band
    holds for every difference at once, whichever is picked.
    """
    below = large.band_high < 0
    size = len(below)
    for later in range(1, size):
        since = [r for r in range(later) if below[r, later:].all()]
        if since:
            from_base = (s for s in range(1, size) if below[0, s:].all())
            return FallAt(since[-1], later, next(from_base, None))
    return None


def ranked(small: Differences, large: Differences, margin: float) -> list[int]:
    """The positions, best first; the first is to be kept: 0, the base, where none is better.

    The rule: the greatest lower end of the band of pass@k_small minus the base's, among the
    checkpoints whose pass@k_large is not shown to be below the base's by more than the margin;
    the earlier one where two tie.
    """
    lower = np.where(large.band_high[0] < -margin, -np.inf, small.band_low[0])
    lower[0] = 0.0
    return [int(position) for position in np.argsort(-lower, kind="stable")]


def alike(small: Differences, position: int) -> list[int]:
    """The other checkpoints that the band does not distinguish from this one at the small k."""
    found = []
    for other in range(1, len(small.value)):
        pair = (min(other, position), max(other, position))
        if other != position and small.band_low[pair] <= 0 <= small.band_high[pair]:
            found.append(other)
    return found
