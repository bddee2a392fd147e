"""Effects of groups on a response, with outliers: the mathematics behind the forecast.

    y_i = x_i b + sum_g s_i u_g[i] + e_i,   u_g ~ N(0, v_g),
    e_i ~ Student t with nu degrees of freedom and squared scale sum_j v_j r_ij.

A row's effects are multiplied by its own scale s_i, and its residual has several parts: a table of
published runs mixes 22 problems with 1,319. The variances are fitted by maximum marginal likelihood
with dense matrices, which is fast up to a few hundred rows. Student's t is a normal with a weight
for each row (Lange, Little and Taylor, 1989); the weights are found by expectation-maximisation.
Coefficients have normal priors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import linalg, optimize, special

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError

BOUNDS = (-10.0, 4.0)  # of a log variance
SPREAD = 2.0  # prior standard deviation of a log variance around its guess
JITTER = 1e-9
ROUNDS = 60
STEPS = 8  # of the variances, per round
NEAR = 5e-3
NODES = 24  # weights that stand for Student's t in a prediction


@dataclass(frozen=True, eq=False)
class Rows:
    """What is known of each of N rows before its response.

    Parameters
    ----------
    x
        Fixed effects, shape (N, B).
    scale
        What a group's effect is multiplied by, shape (N,).
    groups
        For each kind of group, the group of each row, shape (G, N); -1: in none that others are in.
    residual
        The known parts of the residual's variance, each >= 0, shape (R, N).
    """

    x: FloatArray
    scale: FloatArray
    groups: IntArray
    residual: FloatArray

    def at(self, rows: IntArray) -> Rows:
        """Some of the rows."""
        return Rows(self.x[rows], self.scale[rows], self.groups[:, rows], self.residual[:, rows])

    def __len__(self) -> int:
        return len(self.scale)


@dataclass(frozen=True, eq=False)
class MixedFit:
    """The fitted model.

    Parameters
    ----------
    coefficients, covariance
        Posterior of the fixed effects, shapes (B,) and (B, B).
    group_variances, residual_variances
        v_g and v_j, shapes (G,) and (R,).
    degrees
        nu.
    weights
        The weight of each row, shape (N,): well below 1 for an outlier.
    """

    coefficients: FloatArray
    covariance: FloatArray
    group_variances: FloatArray
    residual_variances: FloatArray
    degrees: float
    weights: FloatArray

    def predict(self, rows: Rows) -> Prediction:
        """The response of rows of new groups."""
        mean = rows.x @ self.coefficients
        normal = np.einsum("ij,jk,ik->i", rows.x, self.covariance, rows.x)
        normal = normal + self.group_variances.sum() * rows.scale**2
        return Prediction(mean, normal, self.residual_variances @ rows.residual, self.degrees)


@dataclass(frozen=True, eq=False)
class Prediction:
    """Distributions of responses: a normal plus a Student t, one per row.

    Parameters
    ----------
    mean, normal, scale
        Centre, variance of the normal part, and squared scale of the t part, each shape (N,).
    degrees
        Of the t part.
    """

    mean: FloatArray
    normal: FloatArray
    scale: FloatArray
    degrees: float

    def spreads(self) -> FloatArray:
        """Standard deviations of the normals whose even mixture this is, shape (NODES, N)."""
        share = (np.arange(NODES) + 0.5) / NODES
        weights = special.gammaincinv(self.degrees / 2, share) * 2 / self.degrees
        return np.asarray(np.sqrt(self.normal + self.scale / weights[:, None]), float)

    def below(self, value: FloatArray) -> FloatArray:
        """The chance that each response is at most ``value``, shape (N,)."""
        return np.asarray(special.ndtr((value - self.mean) / self.spreads()).mean(axis=0), float)

    def density(self, value: FloatArray) -> FloatArray:
        """The density of each response at ``value``, shape (N,)."""
        spread = self.spreads()
        z = (value - self.mean) / spread
        return np.asarray((np.exp(-0.5 * z**2) / (spread * np.sqrt(2 * np.pi))).mean(axis=0), float)


def quantiles(
    predictions: Sequence[Prediction], weights: Sequence[float], share: float
) -> FloatArray:
    """The quantile of a mixture of predictions of the same rows, shape (N,), by bisection."""
    if not 0 < share < 1:
        raise UsageError(f"share is {share!r}; allowed: inside (0, 1)")
    reach = max(float(one.spreads().max()) for one in predictions) * 8
    low = np.min([one.mean for one in predictions], axis=0) - reach
    high = np.max([one.mean for one in predictions], axis=0) + reach
    for _ in range(60):
        middle = (low + high) / 2
        chance = sum(w * one.below(middle) for w, one in zip(weights, predictions, strict=True))
        under = chance < share
        low, high = np.where(under, middle, low), np.where(under, high, middle)
    return np.asarray((low + high) / 2, float)


def fit_mixed(
    y: FloatArray,
    rows: Rows,
    prior: FloatArray,
    guesses: FloatArray,
    *,
    degrees: float,
    start: MixedFit | None = None,
    rounds: int = ROUNDS,
    hold: bool = False,
) -> MixedFit:
    """Fit variances, coefficients and weights.

    Parameters
    ----------
    y
        Responses, shape (N,).
    rows
        What is known of each.
    prior
        Prior standard deviation of each coefficient, around 0, shape (B,).
    guesses
        Guessed log variances of the groups and of the residual's parts, shape (G + R,); their
        prior is a normal around these with a standard deviation of 2.
    degrees
        nu > 0 of the residuals.
    start
        The fit of similar rows, to start from.
    rounds
        At most this many rounds of expectation and maximisation; fewer where it has converged.
    hold
        Keep the variances of ``start``, and fit coefficients and weights only.

    Raises
    ------
    UsageError
        For shapes that do not agree, or ``degrees`` that are not positive.
    """
    several = len(rows.groups) + len(rows.residual)
    if y.shape != rows.scale.shape or guesses.shape != (several,) or degrees <= 0:
        raise UsageError(
            f"y has shape {y.shape}, guesses {guesses.shape}, degrees are {degrees}; needed: "
            f"({len(rows)},), ({several},), and more than 0"
        )
    logs = guesses.copy()
    if start is not None:
        logs = np.log(np.concatenate([start.group_variances, start.residual_variances]))
    problem = _Problem.of(y, rows, prior, guesses)
    weights: FloatArray = np.ones(len(y))
    for _ in range(rounds):
        found = logs if hold else problem.better(logs, weights)
        before, weights = weights, problem.weights(found, weights, degrees)
        moved = max(np.abs(found - logs).max(), np.abs(np.log(weights / before)).max())
        logs = found
        if moved < NEAR:
            break
    return problem.solved(logs, weights, degrees)


@dataclass(frozen=True, eq=False)
class _Problem:
    """Responses, and the parts of their covariance."""

    y: FloatArray
    rows: Rows
    prior: FloatArray
    guesses: FloatArray
    kernels: Sequence[FloatArray]
    fixed: FloatArray

    @classmethod
    def of(cls, y: FloatArray, rows: Rows, prior: FloatArray, guesses: FloatArray) -> _Problem:
        """With the parts that do not change."""
        shared = (np.equal.outer(g, g) & (g >= 0) | np.eye(len(g), dtype=bool) for g in rows.groups)
        kernels = [one * np.outer(rows.scale, rows.scale) for one in shared]
        fixed = (rows.x * prior**2) @ rows.x.T + JITTER * np.eye(len(y))
        return cls(y, rows, prior, guesses, kernels, fixed)

    def _inverse(
        self, sizes: FloatArray, weights: FloatArray, fixed: FloatArray | float
    ) -> tuple[FloatArray, float]:
        """The inverse covariance, and half the log of its determinant."""
        noise = sizes[len(self.kernels) :] @ self.rows.residual / weights
        whole = np.diag(noise + JITTER) + fixed
        for size, kernel in zip(sizes, self.kernels, strict=False):
            whole = whole + size * kernel
        factor = linalg.cholesky(whole, lower=True)
        inverse, _ = linalg.lapack.dpotri(factor, lower=1)
        inverse = np.tril(inverse) + np.tril(inverse, -1).T
        return inverse, float(np.log(np.diag(factor)).sum())

    def loss(self, logs: FloatArray, weights: FloatArray) -> tuple[float, FloatArray]:
        """Minus the log posterior of the log variances, and its gradient."""
        sizes = np.exp(logs)
        inverse, size = self._inverse(sizes, weights, self.fixed)
        solved = inverse @ self.y
        off = (logs - self.guesses) / SPREAD
        value = 0.5 * self.y @ solved + size + 0.5 * off @ off
        by_group = [np.sum(inverse * one) - solved @ one @ solved for one in self.kernels]
        by_part = self.rows.residual @ ((np.diag(inverse) - solved**2) / weights)
        slopes = 0.5 * sizes * np.concatenate([by_group, by_part])
        return float(value), slopes + off / SPREAD

    def better(self, logs: FloatArray, weights: FloatArray) -> FloatArray:
        """Log variances of a smaller loss, after some steps."""
        found = optimize.minimize(
            self.loss,
            logs,
            args=(weights,),
            jac=True,
            method="L-BFGS-B",
            bounds=[BOUNDS] * len(logs),
            options={"maxiter": STEPS},
        )
        return np.asarray(found.x, float)

    def weights(self, logs: FloatArray, weights: FloatArray, degrees: float) -> FloatArray:
        """Expected weights, given the mean and the variance of each residual."""
        sizes = np.exp(logs)
        inverse, _ = self._inverse(sizes, weights, self.fixed)
        scale = sizes[len(self.kernels) :] @ self.rows.residual
        variance = scale / weights
        square = (variance * (inverse @ self.y)) ** 2 + variance - variance**2 * np.diag(inverse)
        return np.asarray((degrees + 1) / (degrees + square / scale), float)

    def solved(self, logs: FloatArray, weights: FloatArray, degrees: float) -> MixedFit:
        """The coefficients, given the variances."""
        sizes, several, x = np.exp(logs), len(self.kernels), self.rows.x
        inverse, _ = self._inverse(sizes, weights, 0.0)
        precision = x.T @ inverse @ x + np.diag(self.prior**-2.0)
        covariance = np.asarray(np.linalg.inv(precision), float)
        coefficients = covariance @ (x.T @ inverse @ self.y)
        return MixedFit(
            coefficients, covariance, sizes[:several], sizes[several:], degrees, weights
        )


def predict_beside(
    fit: MixedFit, y: FloatArray, rows: Rows, prior: FloatArray, new: Rows
) -> Prediction:
    """The response of new rows, some of whose groups are among the fitted rows'.

    With every group unknown this is `MixedFit.predict`.

    Parameters
    ----------
    fit
        The fit of these ``y``, ``rows`` and ``prior``, as in `fit_mixed`.
    new
        The new rows; the groups have the numbers that they have in ``rows``, or -1.
    """
    of = list(zip(fit.group_variances, rows.groups, new.groups, strict=True))
    same = sum((v * (np.equal.outer(g, g) & (g >= 0)) for v, g, _ in of), np.zeros((len(y),) * 2))
    cross = sum(
        (v * (np.equal.outer(h, g) & (h >= 0)[:, None]) for v, g, h in of),
        np.zeros((len(new), len(y))),
    )
    alone = sum((v * (g < 0) for v, g, _ in of), np.zeros(len(y)))
    spread = rows.x * prior**2
    noise = fit.residual_variances @ rows.residual / fit.weights + JITTER + alone * rows.scale**2
    whole = np.diag(noise) + same * np.outer(rows.scale, rows.scale) + spread @ rows.x.T
    beside = cross * np.outer(new.scale, rows.scale) + new.x @ spread.T
    solved = np.linalg.solve(whole, np.column_stack([y, beside.T]))
    own = np.einsum("ij,j,ij->i", new.x, prior**2, new.x)
    own = own + fit.group_variances.sum() * new.scale**2
    normal = own - np.einsum("ij,ji->i", beside, solved[:, 1:])
    scale = fit.residual_variances @ new.residual
    return Prediction(beside @ solved[:, 0], np.maximum(normal, 0), scale, fit.degrees)
