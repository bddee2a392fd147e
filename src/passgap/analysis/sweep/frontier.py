"""Coverage against pass@1: which checkpoints no other one beats in both.

In: counts of the base and its checkpoints, by step. Out: each one's place. Training trades coverage
for pass@1, so several checkpoints may be the right one, for different uses. One that another beats
in both is right for none. Which one beats which is read off one band over all differences at both
k: all places hold at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from passgap.analysis.sweep.falling import Differences, differences_at
from passgap.data.arrays import BoolArray
from passgap.data.counts import Counts
from passgap.results.sweep import Frontier, FrontierPoint, Standing
from passgap.stats import mean_interval, pass_at_k


def frontier(
    arms: Sequence[Counts], steps: Sequence[int], k_large: int, seed: int
) -> Frontier | None:
    """The place of each policy; None where ``k_large`` is 1.

    Parameters
    ----------
    arms, steps
        The base, whose step is 0, and S >= 1 checkpoints by step, on the same problems in the same
        order.
    k_large
        The k of coverage, at most the smallest n.
    seed
        Seed of the bootstrap behind the band.
    """
    if k_large == 1:
        return None
    ahead = [shown_ahead(one) for one in differences_at(arms, (1, k_large), seed)]
    either, both = np.logical_or(*ahead), np.logical_and(*ahead)
    np.fill_diagonal(either, val=True)
    clusters = arms[0].clusters
    points = []
    for place, (arm, step) in enumerate(zip(arms, steps, strict=True)):
        passes = (pass_at_k(arm.n, arm.c, k) for k in (1, k_large))
        small, large = (mean_interval(one, clusters=clusters) for one in passes)
        behind = tuple(steps[i] for i in np.flatnonzero(both[place]).tolist())
        standing: Standing = "behind" if behind else "on" if either[:, place].all() else "open"
        points.append(FrontierPoint(step, small, large, standing, behind))
    return Frontier(k_large, tuple(points))


def shown_ahead(found: Differences) -> BoolArray:
    """Whether s is shown to be ahead of r, at ``[r, s]``; shape (S + 1, S + 1)."""
    return np.asarray((found.band_low > 0) | (found.band_high < 0).T)
