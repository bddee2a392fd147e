"""Association within groups: what separates the right from the wrong samples of one problem.

In: features of samples, marks, groups. Out: a rank association per feature, and how often chance
reaches it. Chance is asked twice, with the largest of all features each time, so that the best of
many features is not taken for a finding: the marks are permuted within every group, and whole
groups have right and wrong exchanged. The second matters where all right samples of a problem say
the same: its words then differ from the wrong samples' words, in no common direction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, Floats, IntArray
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.stats.intervals.population import student_interval

AT_ONCE = 64  # permutations in one product of matrices


@dataclass(frozen=True, eq=False)
class Associations:
    """One association per feature.

    ``estimates`` lie in [-1, 1]: over pairs of a right and a wrong sample of one group, the share
    in which the right one has more minus the share in which it has less. ``p_values``, shape (F,):
    the chance that any of the features is associated as strongly if none is. ``groups`` have both
    marks, ``samples`` are theirs.
    """

    estimates: tuple[Estimate, ...]
    p_values: FloatArray
    groups: int
    samples: int


def within_associations(
    features: ArrayLike,
    right: ArrayLike,
    group: ArrayLike,
    *,
    permutations: int = 999,
    seed: int = 0,
) -> Associations:
    """Van Elteren's stratified rank test (1960) of each feature, with a permutation floor.

    With mid-ranks within each group, the association of a group with c right of n samples is
    Somers' D, ``2 AUC - 1``. Groups are weighted by ``c (n - c) / (n + 1)``, about their number of
    pairs; a group with one kind of mark has none. Ranks make an outlier count no more than any
    other largest value. Intervals are Student's t over groups (linearised ratio). The p-value is
    the larger of two, each of the maximum over all features (Westfall and Young 1993): marks
    permuted within groups, and the signs of whole groups flipped, which is exact where a group's
    association is symmetric about 0.

    Simulated with 24 features of which none is associated, 40 groups of 16: some p-value is at most
    5% in 5% of the repetitions or fewer, also if all right samples of a group are equal (a test).

    Parameters
    ----------
    features
        Shape (N, F), finite.
    right
        Whether a sample is right, shape (N,).
    group
        The group of each sample, whole numbers, shape (N,).
    permutations
        How often the marks are permuted; at least 19.
    seed
        Seed of the permutations.

    Raises
    ------
    UsageError
        For other shapes, a feature that is not finite, or too few permutations.

    Examples
    --------
    >>> found = within_associations([[3], [2], [1], [9], [8], [7]], [1, 1, 0, 1, 0, 0],
    ...                             [0, 0, 0, 1, 1, 1])
    >>> found.estimates[0].value
    1.0
    """
    x, marks, ids = _checked(features, right, group, permutations)
    x, marks, sizes = _mixed(x, marks, ids)
    count = x.shape[1]
    if not len(sizes):
        unknown = tuple(student_interval([np.nan]) for _ in range(count))
        return Associations(unknown, np.full(count, np.nan), 0, 0)
    starts = np.cumsum(sizes) - sizes
    correct = np.add.reduceat(marks, starts).astype(np.float64)
    scores = _scores(x, sizes)
    sums = np.add.reduceat(scores * marks[:, None], starts, axis=0).astype(np.float64)
    spread = np.sqrt(_variance(scores, sizes, starts, correct))
    rng = np.random.default_rng(seed)
    permuted = _largest_permuted(scores, spread, marks, sizes, permutations, rng)
    flipped = _largest_flipped(sums, permutations, rng)
    weights = correct * (sizes - correct) / (sizes + 1)
    return Associations(
        estimates=tuple(_ratio(sums[:, j], weights) for j in range(count)),
        p_values=np.maximum(
            _p_values(_over(sums.sum(axis=0), spread), permuted),
            _p_values(_over(sums.sum(axis=0), np.sqrt(np.square(sums).sum(axis=0))), flipped),
        ),
        groups=len(sizes),
        samples=len(marks),
    )


def _over(sums: FloatArray, spread: FloatArray) -> FloatArray:
    """A standardised sum; 0 for a feature that is the same in all samples of each group."""
    found: FloatArray = np.divide(sums, spread, out=np.zeros_like(sums), where=spread > 0)
    return found


def _p_values(z: FloatArray, largest: FloatArray) -> FloatArray:
    """The chance that the largest abs(z) of all features reaches each, shape (F,)."""
    below = np.searchsorted(np.sort(largest), np.abs(z) * (1 - 1e-5), side="left")
    found: FloatArray = (1 + len(largest) - below) / (1 + len(largest))
    return found


def _largest_flipped(sums: FloatArray, permutations: int, rng: np.random.Generator) -> FloatArray:
    """The largest abs(z) of all features with the signs of groups flipped at random."""
    spread = np.sqrt(np.square(sums).sum(axis=0))
    signs = rng.choice((-1.0, 1.0), size=(permutations, len(sums)))
    found: FloatArray = np.abs(
        _over(signs @ sums, np.broadcast_to(spread, (permutations, *spread.shape)))
    ).max(axis=1)
    return found


def _checked(
    features: ArrayLike, right: ArrayLike, group: ArrayLike, permutations: int
) -> tuple[Floats, Floats, IntArray]:
    x = np.asarray(features, np.float32)
    marks, ids = np.asarray(right, np.float32), np.asarray(group, np.int64)
    if x.ndim != 2 or marks.shape != (len(x),) or ids.shape != (len(x),):
        raise UsageError(
            f"features {x.shape}, right {marks.shape}, group {ids.shape}; allowed: (N, F), (N,), "
            "(N,)"
        )
    if not np.isfinite(x).all():
        raise UsageError("features hold a value that is not finite; leave those samples out")
    if permutations < 19:
        raise UsageError(f"permutations is {permutations}; allowed: an integer >= 19")
    return x, marks, ids


def _mixed(x: Floats, marks: Floats, ids: IntArray) -> tuple[Floats, Floats, IntArray]:
    """The samples of groups with both marks, group after group, the smallest groups first."""
    _, place, sizes = np.unique(ids, return_inverse=True, return_counts=True)
    correct = np.bincount(place, marks, minlength=len(sizes))
    kept = (correct > 0) & (correct < sizes)
    by_size = np.lexsort((np.arange(len(sizes)), sizes))
    rank = np.empty(len(sizes), np.int64)
    rank[by_size] = np.arange(len(sizes))
    order = np.argsort(rank[place], kind="stable")
    order = order[kept[place[order]]]
    return x[order], marks[order], sizes[by_size][kept[by_size]]


def _scores(x: Floats, sizes: IntArray) -> Floats:
    """Centred mid-ranks within groups, times ``2 / (n + 1)``, shape (N, F)."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.cumsum(sizes) - sizes
    n = sizes[group].astype(np.float32)
    scores = np.empty_like(x)
    for j in range(x.shape[1]):
        one = x[:, j]
        if np.isin(one[:256], (0, 1)).all() and np.isin(one, (0, 1)).all():
            share = np.add.reduceat(one, starts) / sizes  # ties make two steps of n / 2
            scores[:, j] = (one - share[group]) * n / 2
        else:
            scores[:, j] = _mid_ranks(one, group, starts) - (n + 1) / 2
    return scores * (2 / (n + 1))[:, None]


def _mid_ranks(one: Floats, group: IntArray, starts: IntArray) -> FloatArray:
    """Ranks from 1 within each group, ties at their mean."""
    order = np.lexsort((one, group))
    value, owner = one[order], group[order]
    first = np.flatnonzero(np.r_[True, (value[1:] != value[:-1]) | (owner[1:] != owner[:-1])])
    ties = np.diff(np.r_[first, len(one)])
    middle = first + (ties + 1) / 2
    ranks = np.empty(len(one))
    ranks[order] = np.repeat(middle, ties) - starts[owner]
    return ranks


def _variance(scores: Floats, sizes: IntArray, starts: IntArray, correct: FloatArray) -> FloatArray:
    """Exact variance of the sum over right samples when marks are permuted within groups."""
    squares = np.add.reduceat(np.square(scores, dtype=np.float64), starts, axis=0)
    shares = correct * (sizes - correct) / (sizes * np.maximum(sizes - 1, 1))
    found: FloatArray = shares @ squares
    return found


def _largest_permuted(
    scores: Floats,
    spread: FloatArray,
    marks: Floats,
    sizes: IntArray,
    permutations: int,
    rng: np.random.Generator,
) -> FloatArray:
    """The largest abs(z) of all features in each permutation, shape (permutations,)."""
    kept = spread > 0
    scaled = (scores[:, kept] / spread[kept]).astype(np.float32)
    if not kept.any():
        return np.zeros(permutations)
    ends = np.cumsum(np.unique(sizes, return_counts=True)[1] * np.unique(sizes))
    found = []
    for first in range(0, permutations, AT_ONCE):
        some = np.empty((min(AT_ONCE, permutations - first), len(marks)), np.float32)
        start = 0
        for size, end in zip(np.unique(sizes), ends, strict=True):
            tables = np.broadcast_to(
                marks[start:end].reshape(-1, size), (len(some), (end - start) // size, size)
            )
            some[:, start:end] = rng.permuted(tables, axis=2).reshape(len(some), -1)
            start = end
        found.append(np.abs(some @ scaled).max(axis=1))
    return np.concatenate(found).astype(np.float64)


def _ratio(sums: FloatArray, weights: FloatArray) -> Estimate:
    """The weighted mean of the groups' associations, by values whose mean it is."""
    mean = float(weights.mean())
    value = float(sums.sum() / weights.sum())
    return student_interval(value + (sums - weights * value) / mean)
