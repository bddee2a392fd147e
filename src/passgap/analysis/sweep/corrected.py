"""The gain of the checkpoint to keep, corrected for the choice.

In: counts of the base and its checkpoints. Out: the gain on problems that had no part in the
choice. Whatever is best on some problems looks better on them than it is: so the problems are
divided into folds, the rule chooses on all folds but one, and the gain is measured on that one
(cross-fitting). The mean over all problems is the gain of choosing like this, with a tenth of the
problems fewer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from passgap.analysis.sweep.falling import differences, ranked
from passgap.data.arrays import IntArray
from passgap.data.counts import Counts
from passgap.results.estimates import Estimate
from passgap.stats import paired_interval, pass_at_k

FOLDS = 10


def corrected_gain(
    arms: Sequence[Counts], k_small: int, k_large: int, margin: float, seed: int
) -> Estimate:
    """pass@k_small of what the rule keeps, minus the base's, on problems not used to choose it.

    Parameters
    ----------
    arms
        The base and S >= 1 checkpoints by step, on the same problems in the same order; at least
        two independent ones.
    k_small, k_large, margin
        As in the rule (`falling.ranked`). Where it keeps the base, the gain is 0.
    seed
        Of the folds, and of the bootstrap behind the bands.
    """
    passes = np.stack([pass_at_k(arm.n, arm.c, k_small) for arm in arms])
    fold, gains = folds(arms[0], seed), np.zeros(len(arms[0]))
    for one in np.unique(fold):
        rest = [arm.take(np.flatnonzero(fold != one)) for arm in arms]
        small, large = (differences(rest, k, seed) for k in (k_small, k_large))
        chosen = ranked(small, large, margin)[0]
        here = fold == one
        gains[here] = passes[chosen, here] - passes[0, here]
    return paired_interval(gains, clusters=arms[0].clusters)


def folds(counts: Counts, seed: int) -> IntArray:
    """The fold of each problem; problems of one cluster are in one."""
    group = np.arange(len(counts)) if counts.clusters is None else counts.clusters
    _, group = np.unique(group, return_inverse=True)
    place = np.random.default_rng(seed).permutation(int(group.max()) + 1)
    return np.asarray(place[group] % FOLDS, np.int64)
