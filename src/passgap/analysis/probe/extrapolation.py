"""pass@k beyond the draws at hand: from the fitted difficulty distribution, and labelled so.

In: Counts and the k asked for. Out: a value with the range that all well-fitting distributions
give, and two fits with a shape assumed beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Curve
from passgap.results.probe import Extrapolated
from passgap.stats import Mixture, fit_beta_binomial, functional_interval
from passgap.stats.mixture import GRID

FURTHEST = 100
TILTED = "tilt of the fitted difficulty distribution"


def extrapolation(counts: Counts, mixture: Mixture, ks: Sequence[int]) -> tuple[Extrapolated, ...]:
    """One row per k beyond the smallest n.

    ``value``, ``low`` and ``high`` come from the mixture's likelihood region; ``beta_binomial``
    and ``zero_inflated`` assume a shape (arXiv 2510.05197, 2502.17578) and have no interval.

    Raises
    ------
    UsageError
        For a k that the data reach, or one beyond 100 times the smallest n.
    """
    least = int(counts.n.min())
    for k in ks:
        if not least < k <= FURTHEST * least:
            raise UsageError(
                f"k={k} cannot be extrapolated from n={least}; allowed: {least + 1} to "
                f"{FURTHEST * least} (smaller k are measured, larger ones rest on nothing)"
            )
    if not ks:
        return ()
    fits = {
        name: fit_beta_binomial(counts.n, counts.c, zero_inflated=zeros).pass_at_k(list(ks))
        for name, zeros in (("beta_binomial", False), ("zero_inflated", True))
    }
    return tuple(
        Extrapolated(
            k=int(k),
            estimate=functional_interval(counts.n, counts.c, passes_on_grid(k), fit=mixture),
            beta_binomial=float(fits["beta_binomial"][i]),
            zero_inflated=float(fits["zero_inflated"][i]),
        )
        for i, k in enumerate(ks)
    )


def passes_on_grid(k: int, delta: float = 0.0) -> FloatArray:
    """pass@k at every point of the grid, its logits moved by delta; shape (M,)."""
    none = np.log(special.expit(-(GRID[:-1] + delta)))
    return np.append(-np.expm1(k * none), 1.0)


def forecast_curve(counts: Counts, mixture: Mixture, delta: float, ks: Sequence[int]) -> Curve:
    """Mean pass@k after a tilt by delta, with the likelihood region's range at each k."""
    found = [
        functional_interval(counts.n, counts.c, passes_on_grid(k, delta), fit=mixture) for k in ks
    ]
    value, low, high = np.array([[e.value, e.low, e.high] for e in found]).T
    return Curve(np.asarray(ks), value, low, high, method=TILTED)
