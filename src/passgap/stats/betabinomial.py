"""The difficulty distribution with an assumed shape: Beta-binomial, and zero-inflated.

Smoother than the mixture of `passgap.stats.mixture`, but wrong if the shape is: a plain Beta has no
mass at p = 0, so it promises that everything is solved eventually. Both are used beside the
mixture, never instead of it (arXiv 2510.05197; the zero inflation is added here).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.stats.discrete import log_choose
from passgap.stats.mixture import checked_counts, fall_allowed, whole

LIMITS = ((-7.0, 9.0), (-7.0, 9.0), (-12.0, 12.0))  # bounds of log a, log b and the logit of never
NEAR, TINY, FAR = 5e-4, 1e-7, 1e4
CLOSE = 1e-3  # sum of squares, in log odds, of a curve that is met
END = 1e-4  # published shares are seldom given more exactly
INSIDE = LIMITS[0][0] + 1.0, LIMITS[0][1] - 1.0
SIMPLEX = np.array([(0.0, 0.0), (0.4, 0.3), (-0.3, 0.4)])
PROFILE = "profile likelihood of a zero-inflated Beta-binomial"
SPREADS = ((0.3, 0.5), (0.6, 2.0), (2.0, 6.0), (0.15, 5.0))  # starts: (mean-ish a, b)


@dataclass(frozen=True)
class BetaBinomial:
    """p is 0 on a share of problems and Beta(a, b) on the others.

    Parameters
    ----------
    a, b
        The Beta's parameters, > 0.
    never
        Share of problems with p = 0; 0 if the model has none.
    log_likelihood
        Log-likelihood of the counts it was fitted to, in nats, binomial coefficients included.
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
        The fit of similar counts, as a starting point; None: several starting points.

    Returns
    -------
    BetaBinomial
        log a and log b are kept within (-7, 9): counts that are all equal have no finite maximum.

    Raises
    ------
    UsageError
        If the counts are not valid.
    """
    rows, copies = _grouped(n, c)

    def loss(x: FloatArray) -> tuple[float, FloatArray]:
        value, slopes = (of(x, rows[0], rows[1], zero_inflated) for of in (_log_density, _slopes))
        return -float(copies @ value), -(slopes @ copies)

    bounds = LIMITS[: 3 if zero_inflated else 2]
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


def beta_of_curve(ks: Sequence[int] | IntArray, values: ArrayLike) -> BetaBinomial:
    """The Beta whose pass@k runs closest to a published curve, by least squares in log odds.

    There is no likelihood, so nothing based on this fit has an interval.

    Parameters
    ----------
    ks
        K >= 2 distinct whole numbers >= 1.
    values
        pass@k at each, in [0, 1], shape (K,); a 0 or 1 is taken as 1e-4 from it.

    Raises
    ------
    UsageError
        If the shapes differ, or a number is out of range.

    Examples
    --------
    >>> fit = beta_of_curve([1, 2, 4], [0.5, 2 / 3, 0.8])
    >>> fit.pass_at_k(3).round(3)
    array([0.75])
    """
    k, curve = whole("k", ks), np.asarray(values, float)
    if curve.shape != k.shape or len(k) < 2 or not np.all((curve >= 0) & (curve <= 1)):
        raise UsageError(f"{len(k)} k need as many values in [0, 1], at least 2; got {values!r}")
    target = special.logit(np.clip(curve, END, 1 - END))
    bounds = np.array(LIMITS[:2]).T

    def miss(logs: FloatArray) -> FloatArray:
        a, b = np.exp(np.clip(logs, *bounds))
        reached = -np.expm1(special.betaln(a, b + k) - special.betaln(a, b))
        return np.asarray(special.logit(np.clip(reached, TINY, 1 - TINY)) - target, float)

    found = []
    for spread in (-1.0, 1.0):
        first = np.log(special.expit([target[0], -target[0]])) + spread
        inside = np.clip(first, bounds[0] + 0.1, bounds[1] - 0.1)
        found.append(optimize.least_squares(miss, inside, method="lm"))
        if found[-1].cost < CLOSE:
            break
    best = min(found, key=lambda one: float(one.cost)).x
    a, b = np.exp(np.clip(best, *bounds)).tolist()
    return BetaBinomial(a, b, 0.0, math.nan)


def shaped_interval(
    n: ArrayLike,
    c: ArrayLike,
    function: Callable[[BetaBinomial], float],
    *,
    confidence_level: float = 0.95,
    copies: float = 1.0,
) -> Estimate:
    """Interval for a function of the difficulty distribution, if that is Beta-shaped.

    The range of the function over all zero-inflated Beta-binomials whose log-likelihood is within
    half a chi-square (1) quantile of the maximum (profile likelihood): narrower than
    `functional_interval`, and valid if the shape is.

    Parameters
    ----------
    n, c
        As in `fit_beta_binomial`.
    function
        Takes a shape and returns a number in [0, 1] proportional to ``1 - never``: its pass@k, or a
        difference of two.
    confidence_level
        In (0, 1).
    copies
        As in `functional_interval`.

    Returns
    -------
    Estimate
        The value is that of the fitted shape; ends are found to .001.

    Raises
    ------
    UsageError
        As in `fit_beta_binomial`, or if the level or copies are out of range.
    """
    drop = fall_allowed(confidence_level, copies)
    rows, multiplicity = _grouped(n, c)
    best = fit_beta_binomial(n, c, zero_inflated=True)
    middle = min(max(function(best), NEAR), 1 - NEAR)
    start = np.log([best.a, best.b])
    least = _Profile(rows, multiplicity, function, start).loss(middle)

    def end(edge: float) -> float:
        profile = _Profile(rows, multiplicity, function, start)

        def fallen(q: float) -> float:
            """As a root, nearly linear in q; far out only its sign counts."""
            fall = profile.loss(q) - least if q != middle else 0.0
            return min(math.sqrt(max(fall, 0.0) / drop), 4.0) - 1.0

        if fallen(edge) <= 0:
            return round(edge)
        return float(optimize.brentq(fallen, middle, edge, xtol=NEAR))

    low, high = min(end(NEAR), middle), max(end(1 - NEAR), middle)
    return Estimate(function(best), low, high, confidence_level, PROFILE)


class _Profile:
    """The least loss over all shapes whose function is q: ``never`` follows from q, a and b."""

    def __init__(
        self,
        rows: IntArray,
        copies: IntArray,
        function: Callable[[BetaBinomial], float],
        start: FloatArray,
    ) -> None:
        self._rows, self._copies, self._function = rows, copies, function
        self._start = self._last = np.clip(start, *INSIDE)

    def loss(self, q: float) -> float:
        """Minus the greatest log-likelihood, binomial coefficients left out."""
        best = min((self._search(x, q) for x in (self._start, self._last)), key=lambda one: one[0])
        self._last = best[1]
        return best[0]

    def _search(self, start: FloatArray, q: float) -> tuple[float, FloatArray]:
        corners = np.clip(start + SIMPLEX, *INSIDE)
        options = {"xatol": 0.01, "fatol": 0.01, "initial_simplex": corners}
        found = optimize.minimize(
            self._at, start, (q,), method="Nelder-Mead", bounds=LIMITS[:2], options=options
        )
        return float(found.fun), np.clip(found.x, *INSIDE)

    def _at(self, x: FloatArray, q: float) -> float:
        a, b = np.exp(x).tolist()
        most = self._function(BetaBinomial(a, b, 0.0, math.nan))
        share = min(q / most, 1 - TINY) if most > 0 else 1 - TINY
        missed = max(q - most, 0.0) * FAR  # no share of such problems gives q
        shape = np.array([*x, special.logit(1 - share)])
        return missed - float(
            self._copies @ _log_density(shape, self._rows[0], self._rows[1], True)
        )


def _grouped(n: ArrayLike, c: ArrayLike) -> tuple[IntArray, IntArray]:
    """The distinct (n, c), shape (2, R), and how many problems have each."""
    return np.unique(np.stack(checked_counts(n, c)), axis=1, return_counts=True)


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
