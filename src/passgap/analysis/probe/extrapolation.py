"""pass@k beyond the number of draws: from the fitted difficulty distribution, and labelled so.

In: Counts and the requested k. Out: the mean of two fits with an assumed shape, with the range over
all distributions that fit well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy import special

from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Curve, Estimate
from passgap.results.probe import Extrapolated
from passgap.stats import (
    BetaBinomial,
    Mixture,
    fit_beta_binomial,
    functional_interval,
    shaped_interval,
)
from passgap.stats.mixture import GRID

FURTHEST = 100
TILTED = "tilt of the fitted difficulty distribution"
EXTRAPOLATED = "extrapolated: mean of two Beta fits, range of the likelihood region"


class Extrapolation:
    """Two Beta shapes and the mixture fitted to the same counts, for numbers beyond n.

    The value is the mean of the Beta-binomial's and the zero-inflated Beta-binomial's: on held-out
    draws its error is 9 to 55% below the mixture's, whose tail near p = 0 the counts leave open
    (arXiv 2510.05197, 2502.17578). The interval assumes no shape: it is the range over all
    distributions in the 95% likelihood region, and a value outside it is moved to its end. The
    narrower range over the zero-inflated Beta-binomials alone is given in addition. Clusters of
    problems widen it, as if each held no more information than one problem.
    """

    def __init__(self, counts: Counts, mixture: Mixture | None = None) -> None:
        self._counts, self._mixture = counts, mixture
        self._copies = _copies(counts)

    @cached_property
    def _fits(self) -> tuple[BetaBinomial, BetaBinomial]:
        n, c = self._counts.n, self._counts.c
        return fit_beta_binomial(n, c), fit_beta_binomial(n, c, zero_inflated=True)

    def pass_at_k(self, k: int) -> Extrapolated:
        """pass@k with its interval, and as each shape has it."""
        plain, zeros = (float(fit.pass_at_k(k)[0]) for fit in self._fits)
        found = self._estimate(passes_on_grid(k), (plain + zeros) / 2)
        shaped = self._if_beta(lambda fit: float(fit.pass_at_k(k)[0]))
        return Extrapolated(k, found, plain, zeros, shaped)

    def headroom(self, k_small: int, k_large: int) -> Estimate:
        """pass@k_large - pass@k_small, as one functional of the difficulty distribution."""
        values = passes_on_grid(k_large) - passes_on_grid(k_small)
        both = [_gap(fit, k_small, k_large) for fit in self._fits]
        return self._estimate(values, sum(both) / 2)

    def headroom_if_beta(self, k_small: int, k_large: int) -> Estimate:
        """The same, if difficulty is Beta-shaped."""
        return self._if_beta(lambda fit: _gap(fit, k_small, k_large))

    def _if_beta(self, function: Callable[[BetaBinomial], float]) -> Estimate:
        return shaped_interval(self._counts.n, self._counts.c, function, copies=self._copies)

    def _estimate(self, values: FloatArray, value: float) -> Estimate:
        found = functional_interval(
            self._counts.n, self._counts.c, values, fit=self._mixture, copies=self._copies
        )
        inside = min(max(value, found.low), found.high)
        return replace(found, value=inside, method=EXTRAPOLATED)


def extrapolation(shapes: Extrapolation, least: int, ks: Sequence[int]) -> tuple[Extrapolated, ...]:
    """One row per k beyond the smallest n, ``least``.

    Raises
    ------
    UsageError
        For a k that the data reach, or one beyond 100 times the smallest n.
    """
    for k in ks:
        if not least < k <= FURTHEST * least:
            raise UsageError(
                f"k={k} cannot be extrapolated from n={least}; allowed: {least + 1} to "
                f"{FURTHEST * least} (smaller k are measured; for larger ones the data say "
                "nothing)"
            )
    return tuple(shapes.pass_at_k(int(k)) for k in ks)


def _gap(fit: BetaBinomial, k_small: int, k_large: int) -> float:
    at_small, at_large = fit.pass_at_k([k_small, k_large])
    return float(at_large - at_small)


def _copies(counts: Counts) -> float:
    """The mean size of a problem's cluster: what clusters may cost at most; 1 without clusters."""
    if counts.clusters is None:
        return 1.0
    sizes = np.unique(np.asarray(counts.clusters), return_counts=True)[1]
    return float(np.sum(sizes**2) / np.sum(sizes))


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
