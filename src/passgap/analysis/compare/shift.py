"""How much sooner: the trained policy's curve compared with the base's along the k axis.

In: paired Counts. Out: k*, the area between the curves, sign changes. All of them compare at every
integer k up to the common n.
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np

from passgap.analysis import inputs
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.results.comparison import Crossover, Speedup
from passgap.results.estimates import Curve, Estimate
from passgap.stats import (
    paired_curve,
    paired_ends,
    paired_interval,
    pass_at_k,
    plausible_limits,
)

EPSILON = 1e-12
MANY, DENSE = 4_096, 512
PER_FOLD = 50  # k in each e-fold beyond


class Passes:
    """pass@k of both runs at every k up to the common n: computed once, used by many.

    With a common n above `MANY`, the k above `DENSE` are about 2% apart, with the powers of two
    and n itself.
    """

    def __init__(self, base: Counts, trained: Counts) -> None:
        common = min(int(base.n.min()), int(trained.n.min()))
        self.ks = _every_k(common)
        self.clusters = base.clusters
        self.base: FloatArray = pass_at_k(base.n, base.c, self.ks)
        self.trained: FloatArray = pass_at_k(trained.n, trained.c, self.ks)

    @cached_property
    def ever_ahead(self) -> bool:
        """Whether the trained policy is ahead at some k."""
        return bool((self.mean > EPSILON).any())

    @cached_property
    def difference(self) -> FloatArray:
        """d_i(k), trained minus base, shape (P, n)."""
        return self.trained - self.base

    @cached_property
    def limits(self) -> tuple[FloatArray, FloatArray]:
        """The lowest and highest difference a new problem may have at each k, each of shape
        (n,)."""
        return plausible_limits(self.base, self.trained, self.clusters)

    def curve(self, seed: int) -> Curve:
        """The mean difference at every k, with its band."""
        return paired_curve(
            self.difference, self.ks, seed=seed, clusters=self.clusters, limits=self.limits
        )

    @cached_property
    def mean(self) -> FloatArray:
        """Mean of d over problems at each k, shape (n,)."""
        return np.asarray(self.difference.mean(axis=0))


def _every_k(most: int) -> IntArray:
    if most <= MANY:
        return np.arange(1, most + 1)
    wide = np.geomspace(DENSE, most, math.ceil(PER_FOLD * math.log(most / DENSE)))
    some = {*wide.astype(np.int64).tolist(), *inputs.listed_ks(most)}
    return np.array(sorted({*range(1, DENSE + 1), *some}))


def speedup(passes: Passes) -> tuple[Speedup, ...]:
    """The k at which the base matches the trained policy at k: the horizontal shift of its curve.

    The first row, k = 1, is k*: trained pass@1 equals base pass@k* (the literature's median is
    3.1). ``base_k`` is real, interpolated in log k; ``low`` and ``high`` are where the pointwise
    interval of the difference leaves 0. null with ``beyond`` true: above the common n.
    """
    powers = [int(k) for k in inputs.listed_ks(int(passes.ks[-1])) if k <= passes.ks[-1] // 2]
    return tuple(_shifted(passes, k) for k in powers or [1])


def _shifted(passes: Passes, k: int) -> Speedup:
    at = int(np.searchsorted(passes.ks, k))
    d = passes.trained[:, [at]] - passes.base  # falls as the base is given more tries
    down, up = passes.limits
    low, high = paired_ends(d, clusters=passes.clusters, limits=(down, up[at]))
    value = _crossing(d.mean(axis=0), passes.ks)
    return Speedup(
        k=k,
        base_k=value,
        low=_crossing(np.minimum.accumulate(low), passes.ks),
        high=_crossing(np.minimum.accumulate(high), passes.ks),
        beyond=bool(d.mean(axis=0)[-1] > EPSILON),
    )


def _crossing(falling: FloatArray, ks: IntArray) -> float | None:
    """The real k, interpolated in log k, where values at these k reach 0; None if they never do.

    It is 1.0 where they are at or below 0 from the start.
    """
    reached = np.flatnonzero(falling <= EPSILON)
    if not reached.size:
        return None
    j = int(reached[0])
    if j == 0:
        return 1.0
    above, below = float(falling[j - 1]), float(falling[j])
    share = above / (above - below)
    before, after = np.log(ks[j - 1]), np.log(ks[j])
    return float(np.exp(before + share * (after - before)))


def area(passes: Passes) -> Estimate:
    """Mean difference over log k from 1 to the common n (trapezoids), with its interval."""
    if len(passes.ks) < 2:
        return paired_interval(
            passes.difference[:, 0], clusters=passes.clusters, limits=passes.limits
        )
    log_k = np.log(passes.ks)
    steps = np.diff(log_k)
    weights = np.concatenate([steps, [0.0]]) + np.concatenate([[0.0], steps])
    weights /= weights.sum()
    per_problem = np.clip(passes.difference @ weights, -1.0, 1.0)
    down, up = passes.limits
    return paired_interval(
        per_problem, clusters=passes.clusters, limits=(down @ weights, up @ weights)
    )


def sign_changes(passes: Passes) -> int:
    """How often the mean difference changes sign over k; ties have no sign."""
    signs = np.sign(passes.mean[np.abs(passes.mean) > EPSILON])
    return int(np.sum(signs[1:] != signs[:-1]))


def crossover(passes: Passes, curve: Curve) -> Crossover | None:
    """The least k, after a k where the trained policy is ahead, where it is strictly behind.

    ``low`` and ``high`` invert the simultaneous band of ``curve``: the first k that may be behind,
    and the first that is shown to be (null: none up to n). None where it is never ahead and then
    behind.
    """
    ahead = np.flatnonzero(passes.mean > EPSILON)
    behind = np.flatnonzero(passes.mean < -EPSILON)
    behind = behind[behind > ahead[0]] if ahead.size else behind[:0]
    if not behind.size:
        return None
    assert curve.band_low is not None
    assert curve.band_high is not None
    after = passes.ks > passes.ks[ahead[0]]
    maybe = passes.ks[after & (curve.band_low < 0)]
    surely = passes.ks[after & (curve.band_high < 0)]
    return Crossover(
        k=int(passes.ks[behind[0]]),
        low=int(maybe[0]) if maybe.size else None,
        high=int(surely[0]) if surely.size else None,
    )
