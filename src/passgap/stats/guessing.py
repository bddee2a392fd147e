"""Luck as a curve: what guessing alone gives within k draws, and pass@k corrected for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.stats.discrete import log_choose
from passgap.stats.mixture import whole
from passgap.stats.passk import pass_at_k

SMALLEST = 1e-12


def lucky_pass_at_k(guess_rate: ArrayLike, ks: Sequence[int] | IntArray) -> FloatArray:
    """pass@k of pure guessing: ``1 - (1 - g)^k``.

    Parameters
    ----------
    guess_rate
        Chance g that a wrong draw gives this problem's answer, in [0, 1), shape (P,).
    ks
        K whole numbers >= 1.

    Returns
    -------
    numpy.ndarray
        Shape (P, K).

    Raises
    ------
    UsageError
        If a rate is not in [0, 1) or a k is not a whole number >= 1.
    """
    rates, k = _rates(guess_rate), whole("k", ks)
    return np.asarray(-np.expm1(np.log1p(-rates)[:, None] * k) + 0.0, float)


def corrected_pass_at_k(
    n: ArrayLike, c: ArrayLike, guess_rate: ArrayLike, ks: Sequence[int] | IntArray
) -> FloatArray:
    """pass@k corrected for luck: a draw is right by ability, or else by a guess.

    ``1 - p = (1 - p*) (1 - g)``, so ``1 - (1 - pass@k) / (1 - g)^k``: unbiased, and below 0 where a
    problem was guessed less often than expected. Only means should be floored at 0: floored one by
    one, 200 problems of pure guessing at g = .1 would keep a pass@20 of 35%.

    Parameters
    ----------
    n, c
        Scored and correct draws, shape (P,).
    guess_rate
        In [0, 1), shape (P,).
    ks
        K whole numbers >= 1.

    Returns
    -------
    numpy.ndarray
        Shape (P, K), from ``1 - (1 - g)^-k`` to 1; nan where k > n. Where guessing alone solves a
        problem to within rounding, nothing is known: nan, or -inf.

    Raises
    ------
    UsageError
        As in `pass_at_k` and `lucky_pass_at_k`.
    """
    none, unlucky = 1.0 - pass_at_k(n, c, ks), 1.0 - lucky_pass_at_k(guess_rate, ks)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(1.0 - none / unlucky, float)


def shrunken_rates(rates: ArrayLike, variances: ArrayLike) -> FloatArray:
    """Estimated rates, shrunk to their mean as far as noise explains their differences.

    ``(1 - g)^-k`` is convex, so noise in g overstates luck at large k: 5.6 points of pass@64 at g =
    .02 with a log standard deviation of .3, and .1 after this. Each rate keeps the share ``t / (t +
    v)`` of its distance to the mean, with v the mean variance and t the variance of the rates
    beyond it (Efron and Morris 1973).

    Parameters
    ----------
    rates, variances
        Estimates in [0, 1) and the variance of each, shape (P,).

    Returns
    -------
    numpy.ndarray
        Shape (P,), with the mean of the rates.
    """
    given, noise = _rates(rates), float(np.asarray(variances, float).mean())
    spread = float(given.var())
    kept = max(1.0 - noise / spread, 0.0) if spread > 0 else 1.0
    return np.asarray(given.mean() + kept * (given - given.mean()))


def thinned_pass_at_k(
    n: ArrayLike, c: ArrayLike, false_rate: ArrayLike, ks: Sequence[int] | IntArray
) -> FloatArray:
    """pass@k of draws where each correct one is false with a known chance.

    k draws with h correct ones fail with chance ``f^h``, so ``1 - E f^H``, H hypergeometric: the
    generating function, summed until f^h is below 1e-12.

    Parameters
    ----------
    n, c
        Scored and correct draws, shape (P,).
    false_rate
        Chance f that a correct draw is false, in [0, 1), shape (P,).
    ks
        K whole numbers from 1 to the smallest n.

    Returns
    -------
    numpy.ndarray
        Shape (P, K).

    Raises
    ------
    UsageError
        If a rate is not in [0, 1), a k is not a whole number >= 1 or one exceeds a problem's n.
    """
    rates, k = _rates(false_rate, "false_rate"), whole("k", ks)
    total, hits = (np.asarray(one, np.int64)[:, None] for one in (n, c))
    if k.max() > total.min():
        raise UsageError(f"k={k.max()} with n={total.min()}; allowed: 1 to the smallest n")
    most = int(min(k.max(), hits.max()))
    decay = float(rates.max())
    if decay > 0:
        most = min(most, int(np.ceil(np.log(SMALLEST) / np.log(decay))))
    failed = np.zeros((len(hits), len(k)))
    for h in range(most + 1):
        possible = (h <= hits) & (h <= k) & (k - h <= total - hits)
        chance = log_choose(hits, np.minimum(h, hits)) - log_choose(total, k)
        rest = np.clip(k - h, 0, total - hits)
        chance = np.exp(chance + log_choose(total - hits, rest))
        failed += np.where(possible, chance, 0.0) * rates[:, None] ** h
    return 1.0 - np.minimum(failed, 1.0)


def _rates(guess_rate: ArrayLike, name: str = "guess_rate") -> FloatArray:
    rates = np.atleast_1d(np.asarray(guess_rate, float))
    if rates.ndim != 1 or not np.all((rates >= 0) & (rates < 1)):
        raise UsageError(f"{name} needs one number in [0, 1) per problem")
    return rates
