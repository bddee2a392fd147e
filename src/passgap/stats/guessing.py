"""Luck as a curve: what guessing alone gives within k draws, and pass@k with it taken out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.stats.mixture import whole
from passgap.stats.passk import pass_at_k


def lucky_pass_at_k(guess_rate: ArrayLike, ks: Sequence[int] | IntArray) -> FloatArray:
    """pass@k of somebody who only guesses: ``1 - (1 - g)^k``.

    Parameters
    ----------
    guess_rate
        Chance g that a wrong draw says this problem's answer, in [0, 1), shape (P,).
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
    """pass@k with luck taken out: a draw is right by ability, or else by a guess.

    ``1 - p = (1 - p*) (1 - g)``, so ``1 - (1 - pass@k) / (1 - g)^k``: unbiased, and below 0 where a
    problem was guessed less often than expected. Only means are to be floored at 0: floored one by
    one, 200 problems of pure guessing at g = .1 would keep a pass@20 of 35 %.

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
        Shape (P, K), from ``1 - (1 - g)^-k`` to 1; nan where k > n.

    Raises
    ------
    UsageError
        As in `pass_at_k` and `lucky_pass_at_k`.
    """
    none = 1.0 - pass_at_k(n, c, ks)
    return np.asarray(1.0 - none / (1.0 - lucky_pass_at_k(guess_rate, ks)), float)


def _rates(guess_rate: ArrayLike) -> FloatArray:
    rates = np.atleast_1d(np.asarray(guess_rate, float))
    if rates.ndim != 1 or not np.all((rates >= 0) & (rates < 1)):
        raise UsageError("guess_rate needs one number in [0, 1) a problem")
    return rates
