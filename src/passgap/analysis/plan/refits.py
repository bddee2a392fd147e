"""What a pilot leaves open: refits of the difficulty distribution to resampled pilots.

A single fit to few problems knows the hard ones badly, and a plan made from it promises too much.
Three fits disagree just where the pilot says little: the mixture, which takes problems that were
never solved for impossible, the Beta, which never does, and the zero-inflated Beta between them.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.stats import BetaBinomial, fit_beta_binomial, fit_mixture
from passgap.stats.mixture import GRID

EACH = 40  # resampled pilots, each with three fits
EDGES = (GRID[1:-2] + GRID[2:-1]) / 2  # between the grid's points, in logit p
STEP = EDGES[1] - EDGES[0]


def refits(pilot: Counts, seed: int) -> FloatArray:
    """Difficulty distributions that the pilot allows, as weights on `GRID`, shape (120, M).

    Problems are resampled, or whole clusters of them where the pilot names clusters.

    Raises
    ------
    UsageError
        For a pilot of one problem, or one cluster.
    """
    independent = pilot.independent
    if independent < 2:
        raise UsageError(
            f"the pilot holds {independent} independent problem; needed: 2 or more, since what a "
            "plan does not know is read off resampled problems"
        )
    rng = np.random.default_rng(seed)
    shapes = [
        (inflated, fit_beta_binomial(pilot.n, pilot.c, zero_inflated=inflated))
        for inflated in (False, True)
    ]
    found = []
    for _ in range(EACH):
        chosen = _resampled(pilot, rng)
        n, c = pilot.n[chosen], pilot.c[chosen]
        if not n.any():
            continue
        found.append(fit_mixture(n, c).weights)
        for inflated, start in shapes:
            found.append(on_grid(fit_beta_binomial(n, c, zero_inflated=inflated, start=start)))
    return np.array(found)


def _resampled(pilot: Counts, rng: np.random.Generator) -> IntArray:
    """Indices of a pilot drawn with replacement, cluster by cluster."""
    if pilot.clusters is None:
        return rng.integers(0, len(pilot), len(pilot))
    names, place = np.unique(pilot.clusters, return_inverse=True)
    drawn = rng.integers(0, len(names), len(names))
    return np.concatenate([np.flatnonzero(place == one) for one in drawn])


def on_grid(fit: BetaBinomial) -> FloatArray:
    """The fit's distribution of p as weights on `GRID`, shape (M,)."""
    edges = np.concatenate([[EDGES[0] - STEP], EDGES, [EDGES[-1] + STEP]])
    below = np.concatenate([[0.0], special.betainc(fit.a, fit.b, special.expit(edges)), [1.0]])
    weights = (1 - fit.never) * np.diff(below)
    weights[0] += fit.never
    return np.asarray(weights, float)
