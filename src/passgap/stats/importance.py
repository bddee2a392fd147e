"""Could it have been drawn from the other policy? Importance weights and a certified lower bound.

Draws y of one policy (the trained one, T) carry weights ``w = pi_B(y) / pi_T(y)``. Since
``E_T[correct(y) w(y)] <= p_B``, a lower confidence bound for that mean bounds the other policy's
success probability from below, however rarely it succeeds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import logsumexp

from passgap.data.arrays import FloatArray
from passgap.errors import UsageError

SMALLEST = -700.0
LARGE_BETS = (0.7, 0.85, 0.95, 0.98)


def betting_lower_bound(
    log_values: ArrayLike, *, draws: int | None = None, confidence_level: float = 0.95
) -> float:
    r"""Lower confidence bound for the mean of a non-negative variable, as a log.

    A gambler starts with 1 and at every draw bets a share b of the capital that x is above m: the
    capital becomes ``prod_i (1 - b + b x_i / m)``. If the mean is at most m, its expectation is at
    most 1 for every b in [0, 1), whatever the distribution, so a weighted mean of the capitals over
    a fixed grid of b (`bets`) exceeds ``1 / alpha`` with probability at most alpha (Markov). The
    bound is the largest m at which it does. Nothing has to be bounded or clipped: a heavy tail
    costs width, never validity.

    Parameters
    ----------
    log_values
        Logarithms of the values, shape (m,); -inf for a value of 0. Values of 0 may be left out if
        ``draws`` gives the total number of draws.
    draws
        The number of independent draws, at least m; None for m.
    confidence_level
        Confidence level of the one-sided bound.

    Returns
    -------
    float
        The log of the bound; -inf if nothing can be said (no positive value).

    Raises
    ------
    UsageError
        For an empty sample, nan or +inf values, or a level outside (0, 1).

    References
    ----------
    Waudby-Smith and Ramdas, arXiv 2010.09686: the mixture over bets of their section on betting.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.log(np.full(200, 0.01))
    >>> round(float(np.exp(betting_lower_bound(x))), 4)
    0.0096
    """
    values = np.asarray(log_values, float)
    total = len(values) if draws is None else draws
    _check(values, total, confidence_level)
    positive = values[values > SMALLEST]
    if not positive.size:
        return -np.inf
    needed = -float(np.log1p(-confidence_level))

    def capital(log_mean: float) -> float:
        return _log_capital(positive, total, log_mean) - needed

    high = float(logsumexp(positive) - np.log(total))
    if capital(high - 60.0) <= 0:
        return -np.inf
    return float(brentq(capital, high - 60.0, high, xtol=1e-6))


def bets(draws: int) -> tuple[FloatArray, FloatArray]:
    """The shares that are bet and their weights, shape (bets,) each; the weights sum to 1.

    Each share is twice the previous one, starting from 1 / ``draws``: with c of m draws above zero,
    c / m is about optimal. Weights are proportional to 1 / b: if few draws carry the mean every
    factor counts, if many do it hardly matters.
    """
    small = np.geomspace(1 / (draws + 1), 0.5, int(np.ceil(np.log2(draws + 1))))
    shares = np.concatenate([small, LARGE_BETS])
    return shares, (1 / shares) / np.sum(1 / shares)


def _log_capital(positive: FloatArray, total: int, log_mean: float) -> float:
    """Log of the mean capital over the bets, if the mean is assumed to be exp(log_mean)."""
    shares, weights = bets(total)
    stakes, rest = np.log(shares), np.log1p(-shares)
    gains = np.logaddexp(rest[:, None], stakes[:, None] + (positive - log_mean)[None, :])
    capital = gains.sum(axis=1) + (total - len(positive)) * rest
    return float(logsumexp(capital + np.log(weights)))


def effective_sample_size(log_weights: ArrayLike) -> float:
    """``(sum w)^2 / sum w^2`` of weights given as logs: how many equal weights these are worth.

    0 for no positive weight.
    """
    values = np.asarray(log_weights, float)
    values = values[values > -np.inf]
    if not values.size:
        return 0.0
    return float(np.exp(2 * logsumexp(values) - logsumexp(2 * values)))


def _check(values: FloatArray, total: int, confidence_level: float) -> None:
    if values.ndim != 1 or total < 1 or total < len(values):
        raise UsageError(
            f"{len(values) if values.ndim == 1 else values.shape} values from {total} sampled; "
            "needed: at most one value per sample, and at least one sample"
        )
    if np.isnan(values).any() or (values == np.inf).any():
        raise UsageError("log_values has nan or +inf; needed: logarithms of finite values")
    if not 0 < confidence_level < 1:
        raise UsageError(f"confidence_level is {confidence_level}; allowed: inside (0, 1)")
