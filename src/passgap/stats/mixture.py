"""The difficulty distribution: maximum likelihood of a binomial mixture, without an assumed shape.

Each problem has a chance p of being solved by one draw, and p varies over problems with a
distribution G. From counts c ~ Binomial(n, p), p ~ G, the nonparametric maximum likelihood
estimate of G (Kiefer and Wolfowitz 1956) maximises

    l(G) = sum_i log sum_m w_m Binomial(c_i; n_i, p_m)

over weights w on a fixed grid: even in logit p, plus the points 0 and 1. The problem is convex, so
a fit has a certificate: no other weights on the grid gain more than ``P (max_gradient - 1)`` in
log-likelihood.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError, WorkError
from passgap.results.estimates import Estimate
from passgap.stats.discrete import log_choose

# The stated grid: logit p = -12, -11.85, .., 12 between the points p = 0 and p = 1.
GRID = np.concatenate([[-np.inf], np.linspace(-12.0, 12.0, 161), [np.inf]])
TOLERANCE = 1e-6
HEAVY, RIDGE = (
    100.0,
    1e-3,
)  # penalties in mixture_of_curve: sum to 1, squares
CLOSE = 0.01  # tolerance of the log-likelihood when an end of an interval is searched
LARGEST_PUSH = 1e5  # pseudo-problems
MAX_PUSHES = 25
LEAST_LEFT = 0.05  # floor of a row's likelihood, after one step
MAX_ROUNDS = 500
LIKELIHOOD = "range over all difficulty distributions in the likelihood region"


@dataclass(frozen=True, eq=False)
class Mixture:
    """A distribution of p over problems on finitely many points.

    Parameters
    ----------
    p
        Points in [0, 1], ascending, shape (M,).
    weights
        Their probabilities, shape (M,), summing to 1.
    log_likelihood
        Log-likelihood of the counts it was fitted to, in nats, binomial coefficients included;
        nan where the mixture was not fitted (see `tilted`).
    max_gradient
        The optimality certificate ``max_m mean_i f(c_i | p_m) / f(c_i | G)``: 1 at the optimum,
        never less; nan where not fitted.
    """

    p: FloatArray
    weights: FloatArray
    log_likelihood: float = float("nan")
    max_gradient: float = float("nan")

    def pass_at_k(self, ks: int | Sequence[int] | IntArray) -> FloatArray:
        """Mean pass@k over G, ``sum_m w_m (1 - (1 - p_m)^k)``, for any k >= 1.

        Parameters
        ----------
        ks
            K whole numbers >= 1; they may exceed every n (then G's lower tail, about which the
            counts say little, decides).

        Returns
        -------
        numpy.ndarray
            Shape (K,).

        Raises
        ------
        UsageError
            If a k is not a whole number >= 1.
        """
        k = whole("k", ks)
        with np.errstate(divide="ignore"):
            none = np.log1p(-self.p)
        return np.asarray(-np.expm1(k[:, None] * none) @ self.weights + 0.0, float)

    def mixed_at_g(self, g: int | Sequence[int] | IntArray) -> FloatArray:
        """Share of groups of g draws that are neither all right nor all wrong.

        ``sum_m w_m (1 - p_m^g - (1 - p_m)^g)``: the groups from which GRPO learns anything.

        Parameters
        ----------
        g
            Group sizes, whole numbers >= 1.

        Returns
        -------
        numpy.ndarray
            Shape (number of sizes,).

        Raises
        ------
        UsageError
            If a size is not a whole number >= 1.
        """
        size = whole("g", g)
        right = np.asarray(self.p[None, :] ** size[:, None] @ self.weights, float)
        return np.asarray(np.maximum(self.pass_at_k(size) - right, 0.0), float)

    def share_below(self, eps: float) -> float:
        """Share of problems with p < eps, ``sum_m w_m [p_m < eps]``; eps in (0, 1].

        Raises
        ------
        UsageError
            If eps is not in (0, 1].
        """
        if not 0 < eps <= 1:
            raise UsageError(f"eps is {eps!r}; allowed: a number in (0, 1]")
        return float(self.weights[self.p < eps].sum())

    def tilted(self, delta: float) -> Mixture:
        """The forecast after RLVR: every logit moved by delta, 0 stays 0 and 1 stays 1.

        ``logit p' = logit p + delta`` is the optimum of KL-regularised RL with a 0/1 reward,
        ``delta = 1 / beta`` (arXiv 2503.06639).

        Raises
        ------
        UsageError
            If delta is not finite.
        """
        if not np.isfinite(delta):
            raise UsageError(f"delta is {delta!r}; allowed: a finite number")
        return Mixture(special.expit(special.logit(self.p) + delta), self.weights)


def fit_mixture(n: ArrayLike, c: ArrayLike) -> Mixture:
    """Nonparametric maximum likelihood estimate of G from counts.

    Equal (n, c) are grouped, and the weights found by the constrained Newton method of Wang
    (2007, J. R. Stat. Soc. B 69:185-198): add the grid points where the gradient peaks, solve a
    quadratic model by nonnegative least squares, search along the line. The likelihood ignores a
    stopping rule that looks only at the data, so n may have been chosen adaptively.

    Parameters
    ----------
    n, c
        Scored and correct draws, one entry per problem, shape (P,), 0 <= c <= n, P >= 1. A scalar n
        stands for all problems. Problems with n = 0 carry no information and are left out.

    Returns
    -------
    Mixture
        On `GRID` (163 points), with ``max_gradient <= 1 + 1e-6``.

    Raises
    ------
    UsageError
        If the counts are not whole, the shapes differ, c is not in 0..n, or no problem has n > 0.
    WorkError
        If the optimum is not reached (not seen on valid counts).

    Examples
    --------
    >>> fit_mixture([8, 8], [0, 8]).pass_at_k([1, 2]).round(6).tolist()
    [0.5, 0.5]
    """
    totals, hits = checked_counts(n, c)
    weights, gradient, value = solve(*_grouped(totals, hits))
    constant = float(log_choose(totals, hits).sum())
    return Mixture(special.expit(GRID), weights, value + constant, gradient)


def mixture_of_curve(ks: Sequence[int] | IntArray, values: ArrayLike) -> Mixture:
    """A distribution of p whose pass@k runs through a published curve, by least squares.

    For curves without counts behind them: nonnegative weights on `GRID`, summing to 1, with a
    slight ridge. There is no likelihood, so nothing based on this fit has an interval.

    Parameters
    ----------
    ks
        K distinct whole numbers >= 1.
    values
        pass@k at each, in [0, 1], shape (K,).

    Raises
    ------
    UsageError
        If the shapes differ or a number is out of range.
    """
    k, curve = whole("k", ks), np.asarray(values, float)
    if curve.shape != k.shape or not np.all((curve >= 0) & (curve <= 1)):
        raise UsageError(f"{len(k)} k need as many values in [0, 1]; got {values!r}")
    p = special.expit(GRID)
    with np.errstate(divide="ignore"):
        table = -np.expm1(k[:, None] * np.log1p(-p))
    rows = np.vstack([table, HEAVY * np.ones(len(p)), RIDGE * np.eye(len(p))])
    target = np.concatenate([curve, [HEAVY], np.zeros(len(p))])
    weights = optimize.nnls(rows, target, maxiter=50 * len(p))[0]
    return Mixture(p, weights / weights.sum())


def functional_interval(
    n: ArrayLike,
    c: ArrayLike,
    values: ArrayLike,
    *,
    confidence_level: float = 0.95,
    fit: Mixture | None = None,
    copies: float = 1.0,
) -> Estimate:
    """Interval for the mean of a function of p over the problems' distribution G.

    The range of ``sum_m w_m values_m`` over all G whose log-likelihood is within half a chi-square
    (1) quantile of the maximum, p = 0 and p = 1 included: the counts hardly distinguish 40% of
    problems at p = 0 from 40% at p = .001, and this interval shows it while a bootstrap of the fit
    does not. An end is found by adding lambda pseudo-problems that are "solved" with chance values
    (or 1 - values) to the likelihood, and lambda from its fall: the same convex program again.

    Parameters
    ----------
    n, c
        As in `fit_mixture`.
    values
        The function on `GRID`, within [0, 1], shape (M,): 1 - (1 - p)^k for pass@k.
    confidence_level
        In (0, 1).
    fit
        The fit of the same counts, if known.
    copies
        How many problems are worth one independent problem, >= 1: the log-likelihood's fall is
        divided by it. The mean size of a problem's cluster if problems are related.

    Raises
    ------
    UsageError
        As in `fit_mixture`, or if the values are not M numbers in [0, 1], or copies below 1.
    """
    function = np.asarray(values, float)
    if function.shape != GRID.shape or not np.all((function >= 0) & (function <= 1)):
        raise UsageError(f"the values need shape {GRID.shape} and must lie in [0, 1]")
    drop = fall_allowed(confidence_level, copies)
    kernel, counts = _grouped(*checked_counts(n, c))
    weights = fit.weights if fit is not None else solve(kernel, counts)[0]
    low, high = (_end(kernel, counts, weights, side, drop) for side in (1 - function, function))
    value = float(weights @ function)
    return Estimate(value, min(1 - low, value), max(high, value), confidence_level, LIKELIHOOD)


def fall_allowed(level: float, copies: float) -> float:
    """How far a log-likelihood may fall below its maximum inside an interval of this level."""
    if not 0 < level < 1:
        raise UsageError(f"confidence_level is {level!r}; allowed: inside (0, 1)")
    if not 1 <= copies < math.inf:
        raise UsageError(f"copies is {copies!r}; allowed: a finite number >= 1")
    return float(special.chdtri(1, 1 - level)) / 2 * copies


def _end(
    kernel: FloatArray,
    counts: IntArray,
    weights: FloatArray,
    function: FloatArray,
    drop: float,
) -> float:
    """The greatest mean of the function with a log-likelihood within ``drop`` of the maximum."""
    with np.errstate(divide="ignore"):
        rows = np.concatenate([kernel, np.log(function)[None, :]])
    if not np.isfinite(rows[-1]).any():
        return 0.0
    table = np.exp(kernel - kernel.max(axis=1)[:, None])
    best = float(counts @ np.log(table @ weights))
    pseudo = 2.0
    for _ in range(MAX_PUSHES):
        weighted = np.append(counts, pseudo)
        weights, _, _ = solve(rows, weighted, weights, CLOSE / weighted.sum())
        fallen = max(best - float(counts @ np.log(table @ weights)), 0.0)
        # the fall grows with the square of lambda, so its root is nearly linear
        ratio = math.sqrt(fallen / drop)
        if abs(ratio - 1) < 0.02 or (ratio < 1 and pseudo >= LARGEST_PUSH):
            break
        pseudo = min(pseudo / max(ratio, 0.15), LARGEST_PUSH)
    return float(weights @ function)


def _grouped(n: IntArray, c: IntArray) -> tuple[FloatArray, IntArray]:
    """The likelihood's table of distinct (n, c) and how many problems have each."""
    rows, _, counts = distinct(n, c)
    return log_kernel(rows[:, 1], rows[:, 0], np.zeros(len(rows), np.int64), 0.0), counts


def distinct(n: IntArray, c: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """The distinct (n, c), shape (U, 2); which of them each problem has; and how many have it."""
    size = int(n.max()) + 1
    if size**2 > 1 << 62:
        pairs, where, copies = np.unique(
            np.stack([n, c], axis=1), axis=0, return_inverse=True, return_counts=True
        )
        return pairs, where.reshape(-1), copies
    # one number per pair sorts ten times as fast as rows
    keys, where, copies = np.unique(n * size + c, return_inverse=True, return_counts=True)
    return np.stack(np.divmod(keys, size), axis=1), where, copies


def checked_counts(n: ArrayLike, c: ArrayLike) -> tuple[IntArray, IntArray]:
    """Counts as whole-number arrays of one shape (P,), without problems of n = 0."""
    totals, hits = np.asarray(n), np.atleast_1d(np.asarray(c))
    if hits.ndim != 1 or totals.shape not in ((), hits.shape):
        raise UsageError(f"n has shape {totals.shape} and c {hits.shape}; needed: both (P,)")
    totals = np.broadcast_to(totals, hits.shape)
    for name, values in (("n", totals), ("c", hits)):
        if not np.all(np.isfinite(values)) or np.any(values != np.floor(values)):
            raise UsageError(
                f"{name} has a value that is not a whole number; counts must be whole numbers"
            )
    if np.any((hits < 0) | (hits > totals)):
        i = int(np.flatnonzero((hits < 0) | (hits > totals))[0])
        raise UsageError(f"problem {i} has n={totals[i]}, c={hits[i]}; needed: 0 <= c <= n")
    kept = totals > 0
    if not kept.any():
        raise UsageError("no problem has a scored sample; at least one with n > 0 is needed")
    return totals[kept].astype(np.int64), hits[kept].astype(np.int64)


def log_kernel(s: IntArray, n: IntArray, n_moved: IntArray, delta: float) -> FloatArray:
    """Log-likelihood of s = c + c_moved right draws at every grid point t = logit p.

    ``s t - n log(1 + e^t) - n_moved log(1 + e^(t + delta))``: n draws at t and n_moved draws at t +
    delta depend on t only through s (binomial coefficients and ``c_moved delta`` left out). Shapes
    (R,) in, (R, M) out; -inf where a point excludes the counts.
    """
    inner = GRID[1:-1]
    table = np.full((len(s), len(GRID)), -np.inf)
    table[:, 1:-1] = (
        s[:, None] * inner
        - n[:, None] * np.logaddexp(0.0, inner)
        - n_moved[:, None] * np.logaddexp(0.0, inner + delta)
    )
    table[s == 0, 0] = 0.0
    full = s == n + n_moved
    table[full, -1] = -n_moved[full] * delta
    return table


def solve(
    kernel: FloatArray, counts: IntArray, start: FloatArray | None = None, tol: float = TOLERANCE
) -> tuple[FloatArray, float, float]:
    """Weights that maximise ``sum_r counts_r log sum_m w_m exp(kernel_rm)`` (Wang 2007).

    Parameters
    ----------
    kernel
        Log-likelihoods, shape (R, M), at least one finite entry per row.
    counts
        Multiplicities, shape (R,).
    start
        Weights of a similar problem, shape (M,), as a starting point.
    tol
        Stops at ``max_gradient <= 1 + tol``.

    Returns
    -------
    tuple
        The weights (M,), ``max_gradient`` and the maximum.

    Raises
    ------
    WorkError
        If the tolerance is not reached.
    """
    top = kernel.max(axis=1)
    table = np.exp(kernel - top[:, None])
    share = counts / counts.sum()
    weights = _start(table, start)
    for _ in range(MAX_ROUNDS):
        density = table @ weights
        gradient = (share / density) @ table
        if gradient.max() <= 1.0 + tol:
            value = float(counts @ (np.log(density) + top))
            return weights, float(gradient.max()), value
        weights = _step(table, share, weights, density, gradient)
    raise WorkError(
        f"the mixture's gradient is {gradient.max():.2g} after {MAX_ROUNDS} rounds, above "
        f"1 + {tol:g}; please report these counts"
    )


def _start(table: FloatArray, start: FloatArray | None) -> FloatArray:
    """The given weights if they explain every row, else with every 8th point mixed in."""
    if start is not None and (table @ start).min() > 1e-8:
        return start
    spread = np.zeros(table.shape[1])
    spread[::8] = 1.0
    spread[[0, -1]] = 1.0
    spread /= spread.sum()
    if (table @ spread).min() <= 1e-8:  # large n: narrow peaks between the points
        spread = np.full(table.shape[1], 1.0 / table.shape[1])
    return spread if start is None else 0.5 * (start + spread)


def _step(
    table: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    density: FloatArray,
    gradient: FloatArray,
) -> FloatArray:
    """One constrained Newton step on the support plus the gradient's peaks above 1."""
    padded = np.concatenate([[-np.inf], gradient, [-np.inf]])
    peak = (gradient >= padded[:-2]) & (gradient >= padded[2:]) & (gradient > 1.0)
    active = np.flatnonzero((weights > 0) | peak)
    # minimise |sqrt(share) (S w - 2)|^2 over sum w = 1: homogeneous, then normalised
    model = np.sqrt(share)[:, None] * (table[:, active] / density[:, None] - 2.0)
    # through the triangular factor, with the right-hand side as the last column: the same minimum
    # from a small square system
    stacked = np.vstack([model, np.ones(len(active))])
    side = np.zeros((len(stacked), 1))
    side[-1] = 1.0
    factor = np.asarray(np.linalg.qr(np.hstack([stacked, side]), mode="r"), float)
    square = factor[: len(active)]
    solution = optimize.nnls(square[:, :-1], square[:, -1], maxiter=30 * len(active))[0]
    target = np.zeros_like(weights)
    target[active] = solution / solution.sum()
    return _line_search(table, share, weights, density, gradient, target)


def _line_search(
    table: FloatArray,
    share: FloatArray,
    weights: FloatArray,
    density: FloatArray,
    gradient: FloatArray,
    target: FloatArray,
) -> FloatArray:
    """The longest of the steps 1, 1/2, 1/4, .. towards target with a third of the promised gain."""
    move = target - weights
    slope, change = float(gradient @ move), (table @ move) / density
    size = 1.0
    while size > 1e-9:
        gain = size * change
        if gain.min() > LEAST_LEFT - 1.0 and share @ np.log1p(gain) >= size * slope / 3.0:
            break
        size /= 2.0
    return target if size == 1.0 else np.maximum(weights + size * move, 0.0)


def whole(name: str, values: int | Sequence[int] | IntArray) -> IntArray:
    """The values as an array of whole numbers >= 1, shape (K,); anything else is refused."""
    numbers = np.atleast_1d(np.asarray(values))
    if numbers.ndim != 1 or np.any(numbers != np.floor(numbers)) or np.any(numbers < 1):
        raise UsageError(f"{name} is {values!r}; allowed: whole numbers >= 1")
    return numbers.astype(np.int64)
