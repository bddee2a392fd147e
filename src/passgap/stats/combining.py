"""Sums of independent means, with an interval from theirs.

In: estimates with their intervals, all at one level. Out: an estimate of the weighted sum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from passgap.data.arrays import FloatArray
from passgap.results.estimates import Estimate

UNPAIRED = "two samples of problems: half-widths combined (Zou and Donner 2008)"


def weighted_sum(
    each: Sequence[Estimate], weights: Sequence[float], *, method: str, overlap: bool = False
) -> Estimate:
    """The sum of weights times means, in [-1, 1], with an interval from theirs.

    Each mean reaches as far as its own interval, to the other side where its weight is negative,
    and the reaches of independent means combine as the root of the sum of squares (method of
    variance estimates recovery: Zou and Donner 2008, Statistics in Medicine 27:1693). If they are
    not independent (``overlap``), the reaches add.

    Parameters
    ----------
    each
        Estimates, all at one level; if an end is nan, both ends of the sum are.
    weights
        As many numbers.
    method
        The name of the method in the estimate.
    """
    value, low, high = np.array([[one.value, one.low, one.high] for one in each]).T
    weight = np.asarray(weights, np.float64)

    def together(reaches: FloatArray) -> float:
        return float(reaches.sum()) if overlap else math.sqrt(float(np.sum(reaches**2)))

    down, up = np.abs(weight) * (value - low), np.abs(weight) * (high - value)
    below = together(np.where(weight > 0, down, up))
    above = together(np.where(weight > 0, up, down))
    middle = float(weight @ value)
    ends = np.clip([middle - below, middle + above], -1.0, 1.0)
    level, notes = each[0].confidence_level, dict.fromkeys(n for one in each for n in one.notes)
    return Estimate(middle, float(ends[0]), float(ends[1]), level, method, notes=tuple(notes))


def difference_of(base: Estimate, trained: Estimate) -> Estimate:
    """The trained policy's mean minus the base's, of two samples of problems that are not paired.

    Simulated with `passgap.stats.mean_interval` of both at 95%, in 480 cells (P = 30, 100, 300,
    alike and not; n = 16, 64; k = 2, n / 2; five shapes of difficulty; nothing changed, a tilt of
    2, 3% new, 10% lost; 600 repetitions): median 97.2%; the six lowest, taken again with 4,000,
    cover 94.5 to 95.7%.
    """
    return weighted_sum([base, trained], [-1.0, 1.0], method=UNPAIRED)
