"""The difficulty distribution with a shape assumed: Beta-binomial, and zero-inflated.

Smoother than the mixture of `passgap.stats.mixture` and wrong where the shape is: a plain Beta has
no mass at p = 0, so it promises that everything is solved in the end. Both stand beside the
mixture, never in its place (arXiv 2510.05197; the zero inflation is added here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from passgap.data.arrays import FloatArray, IntArray
from passgap.stats.mixture import checked_counts, log_choose, whole

SPREADS = ((0.3, 0.5), (0.6, 2.0), (2.0, 6.0), (0.15, 5.0))  # starts: (mean-ish a, b)
BOUNDS = (-7.0, 9.0)  # of log a and log b


@dataclass(frozen=True)
class BetaBinomial:
    """p is 0 on a share of problems and Beta(a, b) on the others.

    Parameters
    ----------
    a, b
        The Beta's parameters, > 0.
    never
        Share of problems with p = 0; 0 where the model has none.
    log_likelihood
        Of the counts it was fitted to, in nats, binomial coefficients included.
    """

    a: float
    b: float
    never: float
    log_likelihood: float

    def pass_at_k(self, ks: int | Sequence[int] | IntArray) -> FloatArray:
        """Mean pass@k, ``(1 - never) (1 - B(a, b + k) / B(a, b))``, shape (K,), any k >= 1.

        Raises
        ------
        UsageError
            If a k is not a whole number >= 1.
        """
        k = whole("k", ks)
        none = special.betaln(self.a, self.b + k) - special.betaln(self.a, self.b)
        return np.asarray((1 - self.never) * -np.expm1(none), float)


def fit_beta_binomial(
    n: ArrayLike,
    c: ArrayLike,
    *,
    zero_inflated: bool = False,
    start: BetaBinomial | None = None,
) -> BetaBinomial:
    """Maximum likelihood from counts; n may differ between problems (arXiv 2510.05197).

    Parameters
    ----------
    n, c
        Scored and correct draws, shape (P,); a scalar n stands for all problems. Problems with
        n = 0 are left out.
    zero_inflated
        Allow a share of problems with p = 0.
    start
        The fit of similar counts, to start from; None: several starts.

    Returns
    -------
    BetaBinomial
        log a and log b are kept within (-7, 9): counts that are all alike have no finite maximum.

    Raises
    ------
    UsageError
        If the counts are not valid.
    """
    totals, hits = checked_counts(n, c)
    rows, copies = np.unique(np.stack([totals, hits]), axis=1, return_counts=True)

    def loss(x: FloatArray) -> tuple[float, FloatArray]:
        value, slopes = (of(x, rows[0], rows[1], zero_inflated) for of in (_log_density, _slopes))
        return -float(copies @ value), -(slopes @ copies)

    bounds = [BOUNDS, BOUNDS, (-12.0, 12.0)][: 3 if zero_inflated else 2]
    spreads = [(a, b, 1 / (1 + np.e)) for a, b in SPREADS]
    if start is not None:
        spreads = [(start.a, start.b, float(np.clip(start.never, 0.02, 0.98)))]
    found = []
    for a, b, never in spreads:
        first = [np.log(a), np.log(b), special.logit(never)][: len(bounds)]
        found.append(optimize.minimize(loss, first, method="L-BFGS-B", jac=True, bounds=bounds))
    best = min(found, key=lambda result: float(result.fun))
    constant = float(copies @ log_choose(rows[0], rows[1]))
    never = float(special.expit(best.x[2])) if zero_inflated else 0.0
    a, b = np.exp(best.x[:2]).tolist()
    return BetaBinomial(a, b, never, constant - float(best.fun))


def _log_density(x: FloatArray, n: IntArray, c: IntArray, zero_inflated: bool) -> FloatArray:
    """Log-probability of each count, binomial coefficients left out."""
    a, b = np.exp(x[:2])
    inside = np.asarray(special.betaln(a + c, b + n - c) - special.betaln(a, b))
    if not zero_inflated:
        return inside
    inside = inside + special.log_expit(-x[2])
    zero = np.logaddexp(inside, special.log_expit(x[2]))
    return np.asarray(np.where(c == 0, zero, inside), float)


def _slopes(x: FloatArray, n: IntArray, c: IntArray, zero_inflated: bool) -> FloatArray:
    """The slopes of `_log_density` in x, shape (2 or 3, R)."""
    a, b = np.exp(x[:2])
    both = special.digamma(a + b) - special.digamma(a + b + n)
    by_shape = np.stack(
        [
            a * (special.digamma(a + c) - special.digamma(a) + both),
            b * (special.digamma(b + n - c) - special.digamma(b) + both),
        ]
    )
    if not zero_inflated:
        return by_shape
    inside = _log_density(x, n, c, False) + special.log_expit(-x[2])
    own = np.exp(inside - _log_density(x, n, c, True))  # the chance that p is not 0
    return np.vstack([own * by_shape, 1 - own - special.expit(x[2])])
