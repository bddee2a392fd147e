"""Unbiased estimates per problem from counts: pass@k, all@k, mixed@G and similar measures.

With n scored draws of a problem, c of them correct, each estimate is a U-statistic: the average of
a statistic of k draws over all subsets of k of the n draws. Everything here is built from one
quantity, the share of subsets of size k without a correct draw,

    C(n - c, k) / C(n, k) = prod_{j < k} (1 - c / (n - j)),

kept as a sum of logarithms, which neither overflows nor cancels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.stats.discrete import log_hypergeometric
from passgap.stats.mixture import distinct

CELLS = 1_000_000  # largest size of a table of products
LONGEST = 65_536  # up to this k, all smaller k are computed on the way
FACTORS = 512  # multiplied one by one; more of them by Stirling's series


def pass_at_k(n: ArrayLike, c: ArrayLike, k: int | Sequence[int] | IntArray) -> FloatArray:
    """Chance that at least one of k draws is correct, estimated without bias.

    ``1 - C(n - c, k) / C(n, k)`` (Chen et al. 2021, arXiv 2107.03374).

    Parameters
    ----------
    n, c
        Scored and correct draws, one entry per problem, shape (P,), 0 <= c <= n. A scalar stands
        for all problems.
    k
        An integer >= 1, or a sequence of K of them.

    Returns
    -------
    numpy.ndarray
        Shape (P,) for an integer k, (P, K) for a sequence. Exactly 0 where c = 0, exactly 1 where
        n - c < k <= n, nan where k > n (no unbiased estimate exists there).

    Raises
    ------
    UsageError
        If a count is not whole, c is not in 0..n, the shapes differ, or k < 1.

    Examples
    --------
    >>> pass_at_k([4, 4], [1, 0], 2).tolist()
    [0.5, 0.0]
    """
    totals, hits, ks = _checked(n, c, k)
    # the addition turns -0.0 into 0.0
    return _shaped(-np.expm1(_log_none(totals, hits, ks)) + 0.0, k)


def all_at_k(n: ArrayLike, c: ArrayLike, k: int | Sequence[int] | IntArray) -> FloatArray:
    """Chance that all of k draws are correct ("pass^k"), estimated without bias.

    ``C(c, k) / C(n, k)``, the estimator of arXiv 2107.03374 with right and wrong swapped.

    Parameters
    ----------
    n, c, k
        As in `pass_at_k`.

    Returns
    -------
    numpy.ndarray
        Shape (P,) or (P, K); exactly 1 where c = n, exactly 0 where c < k <= n, nan where k > n.

    Raises
    ------
    UsageError
        As in `pass_at_k`.
    """
    totals, hits, ks = _checked(n, c, k)
    return _shaped(np.exp(_log_none(totals, totals - hits, ks)), k)


def mixed_at_g(n: ArrayLike, c: ArrayLike, g: int | Sequence[int] | IntArray) -> FloatArray:
    """Chance that a group of G draws is neither all right nor all wrong, estimated without bias.

    ``1 - C(c, G) / C(n, G) - C(n - c, G) / C(n, G)``: only such a group gives a group-relative
    policy gradient (GRPO) a signal.

    Parameters
    ----------
    n, c
        As in `pass_at_k`.
    g
        Group size, an integer >= 1, or a sequence of K of them.

    Returns
    -------
    numpy.ndarray
        Shape (P,) or (P, K); exactly 0 where c = 0, c = n or G = 1, nan where G > n.

    Raises
    ------
    UsageError
        As in `pass_at_k`.
    """
    totals, hits, sizes = _checked(n, c, g, "g")
    rare = np.minimum(hits, totals - hits)  # the statistic is symmetric; this side cannot cancel
    none, every = _log_none(totals, rare, sizes), _log_none(totals, totals - rare, sizes)
    mixed = np.maximum(-np.expm1(none) - np.exp(every), 0.0)
    mixed[:, sizes == 1] *= 0.0
    return _shaped(mixed, g)


def share_at_k(
    n: ArrayLike, c: ArrayLike, tau: float, k: int | Sequence[int] | IntArray
) -> FloatArray:
    """Chance that at least a share tau of k draws is correct, estimated without bias.

    The hypergeometric tail from ``ceil(tau k)`` correct draws on: G-Pass@k_tau (arXiv 2412.13147).
    At k = 1 it is pass@1, at a tau of at most 1/k pass@k, at tau = 1 all@k.

    Parameters
    ----------
    n, c, k
        As in `pass_at_k`.
    tau
        In (0, 1].

    Returns
    -------
    numpy.ndarray
        Shape (P,) or (P, K); nan where k > n.

    Raises
    ------
    UsageError
        As in `pass_at_k`, or if tau is not in (0, 1].
    """
    from scipy import stats  # takes longer to import than everything else here

    totals, hits, ks = _checked(n, c, k)
    needed = _least_hits(tau, ks)
    drawn = np.broadcast_to(ks, (len(totals), ks.size))
    table = stats.hypergeom.sf(needed - 1, totals[:, None], hits[:, None], drawn)
    return _shaped(np.where(drawn <= totals[:, None], table, np.nan), k)


def cover_at_tau(n: ArrayLike, c: ArrayLike, tau: float) -> FloatArray:
    """Whether at least a share tau of a problem's draws is correct, 0 or 1.

    Its mean over problems is Cover@tau (arXiv 2510.08325) of these draws: the reliability that
    pass@k, an average over all tau, does not show. ``c >= tau n`` in whole numbers.

    Parameters
    ----------
    n, c
        As in `pass_at_k`.
    tau
        In (0, 1].

    Returns
    -------
    numpy.ndarray
        Shape (P,); nan where n = 0.

    Raises
    ------
    UsageError
        As in `pass_at_k`, or if tau is not in (0, 1].
    """
    totals, hits, _ = _checked(n, c, 1)
    return np.where(totals > 0, (hits >= _least_hits(tau, totals)).astype(float), np.nan)


def wins_at_k(n_b: ArrayLike, c_b: ArrayLike, n_t: ArrayLike, c_t: ArrayLike, k: int) -> IntArray:
    """Which of two runs has the higher pass@k on each problem, in exact integers.

    Compares ``C(n_b - c_b, k) C(n_t, k)`` with ``C(n_t - c_t, k) C(n_b, k)``: with floats equal
    values may compare as unequal, or the reverse, and counts of wins and losses come out wrong.

    Parameters
    ----------
    n_b, c_b, n_t, c_t
        Counts of the base and of the trained run, shape (P,).
    k
        An integer from 1 to the smallest n.

    Returns
    -------
    numpy.ndarray
        Shape (P,): 1 where the trained run is ahead, -1 where the base is, 0 where they are equal.

    Raises
    ------
    UsageError
        As in `pass_at_k`, or if k exceeds an n.
    """
    base, trained = _checked(n_b, c_b, k), _checked(n_t, c_t, k)
    rows = np.stack(np.broadcast_arrays(base[0], base[1], trained[0], trained[1]), axis=1)
    if rows.size and k > rows[:, [0, 2]].min():
        raise UsageError(f"k is {k}; allowed: 1 to the smallest n, {rows[:, [0, 2]].min()}")
    distinct, where = np.unique(rows, axis=0, return_inverse=True)
    signs = np.zeros(len(distinct), np.int64)
    for i, (nb, cb, nt, ct) in enumerate(distinct.tolist()):
        base_none = math.comb(nb - cb, k) * math.comb(nt, k)
        trained_none = math.comb(nt - ct, k) * math.comb(nb, k)
        signs[i] = (base_none > trained_none) - (base_none < trained_none)
    return signs[where.reshape(-1)]


def fisher_exact(n_b: ArrayLike, c_b: ArrayLike, n_t: ArrayLike, c_t: ArrayLike) -> FloatArray:
    """Two-sided p-values of Fisher's exact test on right and wrong draws, one per problem.

    Given c_b + c_t, c_b is hypergeometric if both runs solve the problem equally often; p sums all
    splits that are at most as likely as the observed one.

    Parameters
    ----------
    n_b, c_b, n_t, c_t
        Counts of the base and of the trained run, shape (P,).

    Returns
    -------
    numpy.ndarray
        Shape (P,); 1 where a run has no draws.

    Raises
    ------
    UsageError
        As in `pass_at_k`.
    """
    base, trained = _checked(n_b, c_b, 1), _checked(n_t, c_t, 1)
    rows = np.stack([base[0], trained[0], base[1] + trained[1]], axis=1)
    margins, where = np.unique(rows, axis=0, return_inverse=True)
    where, hits = where.reshape(-1), base[1]
    p = np.ones(len(rows))
    for i, (size, other, total) in enumerate(margins.tolist()):
        inside = where == i
        least = max(0, total - other)
        if min(total, size) - least > LONGEST:
            each = [_fisher_of_many(size, other, total, int(hit)) for hit in hits[inside]]
            p[inside] = each
            continue
        split = np.arange(least, min(total, size) + 1)
        chance = np.exp(log_hypergeometric(split, size + other, size, total))
        order = np.argsort(chance)
        upto = np.cumsum(chance[order])
        seen = chance[hits[inside] - least] * (1 + 1e-7)
        p[inside] = upto[np.searchsorted(chance[order], seen, side="right") - 1]
    return np.minimum(p, 1.0)


def _fisher_of_many(size: int, other: int, total: int, hits: int) -> float:
    """The same for one split among too many to add up: every `step`-th stands for its neighbours.

    Splits more than 40 standard deviations from the mean do not count. p is off by less than 1% of
    itself.
    """
    drawn = size + other
    mean = size * total / drawn
    sd = math.sqrt(mean * (other / drawn) * ((drawn - total) / (drawn - 1)))
    low = max(0, total - other, math.floor(mean - 40 * sd))
    high = min(total, size, math.ceil(mean + 40 * sd))
    if not low <= hits <= high:
        return 0.0
    step = max(1, (high - low) // LONGEST)
    split = np.arange(hits - (hits - low) // step * step, high + 1, step)
    log_chance = log_hypergeometric(split, drawn, size, total)
    seen = log_chance[(hits - low) // step]
    inside = np.exp(log_chance[log_chance <= seen + 1e-7]).sum() * step
    return float(inside - (step - 1) / 2 * np.exp(seen))  # the last one has neighbours on one side


def _least_hits(tau: float, draws: IntArray) -> IntArray:
    """``ceil(tau draws)``, at least 1, with tau taken as the decimal that it was written as."""
    if not 0 < tau <= 1:
        raise UsageError(f"tau is {tau!r}; allowed: a number in (0, 1]")
    written = Fraction(str(tau))
    return np.maximum(-(-draws * written.numerator // written.denominator), 1)


def _log_none(n: IntArray, c: IntArray, k: IntArray) -> FloatArray:
    """log of C(n - c, k) / C(n, k), shape (P, K): -inf where n - c < k <= n, nan where k > n."""
    if not n.size:
        return np.empty((0, k.size))
    pairs, where, _ = distinct(n, c)
    table = np.empty((len(pairs), k.size))
    large = k > LONGEST
    if large.any():  # each k on its own, in a time that does not grow with k, c or n
        table[:, large] = _log_none_at(pairs[:, :1], pairs[:, 1:], k[None, large])
    most = int(k[~large].max(initial=0))
    size = max(CELLS // (most + 1), 1)
    for i in range(0, len(pairs), size):
        table[i : i + size, ~large] = _log_none_of(pairs[i : i + size], k[~large], most)
    return np.asarray(table[where])


def _log_none_of(pairs: IntArray, k: IntArray, most: int) -> FloatArray:
    """The same of distinct pairs (n, c), for k up to ``most``."""
    total, hits = pairs[:, :1], pairs[:, 1:]
    wrong = total - hits
    reach = min(most, int(wrong.max()))
    drawn, sums = np.arange(reach), np.zeros((len(pairs), reach + 1))
    share = np.where(drawn < wrong, -hits / np.maximum(total - drawn, 1), 0.0)
    np.cumsum(np.log1p(share), axis=1, out=sums[:, 1:])
    table = np.where(k <= wrong, sums[:, np.minimum(k, reach)], -np.inf)
    return np.where(k <= total, table, np.nan)


def _log_none_at(n: IntArray, c: IntArray, k: IntArray) -> FloatArray:
    """The same for k of any size, shapes broadcast.

    With x = n - k and y = n - c, the logarithm of ``y! x! / ((x - c)! n!)`` is a difference of
    ``t log t - t``, whose largest parts cancel by hand, and of the rest of Stirling's series. The
    product is symmetric in k and c: where one of the two is at most `FACTORS`, so is the number of
    its factors, and they are multiplied; where neither is, the difference loses to rounding about
    ``1e-16 n / min(c, k)`` of its size, 2e-10 at n = 10^9.
    """
    n, c, k = np.broadcast_arrays(n, c, k)
    found = np.where(k > n, np.nan, -np.inf)
    short, long = np.minimum(c, k), np.maximum(c, k)
    inside = long <= n - short
    few = inside & (short <= FACTORS)
    for size in np.unique(short[few]).tolist():
        places = np.argwhere(few & (short == size))
        for first in range(0, len(places), CELLS // FACTORS):
            at = tuple(places[first : first + CELLS // FACTORS].T)
            left = n[at][:, None] - np.arange(size)
            found[at] = np.log1p(-long[at][:, None] / left).sum(axis=1)
    many = inside & ~few
    if many.any():
        a, b, d = (x[many].astype(float) for x in (n, short, long))
        rest = a - b - d
        logs = (a - b) * np.log1p(-b / a) + (a - d) * np.log1p(-d / a)
        logs -= special.xlogy(rest, rest / a)
        found[many] = logs + _rest(a - b) + _rest(a - d) - _rest(a) - _rest(rest)
    return found


def _rest(t: FloatArray) -> FloatArray:
    """``log t! - (t log t - t)``."""
    large = np.maximum(t, 32.0)
    series = 0.5 * np.log(2 * np.pi * large) + 1 / (12 * large) - 1 / (360 * large**3)
    return np.where(t > 32, series, special.gammaln(t + 1) - special.xlogy(t, t) + t)


def _checked(
    n: ArrayLike, c: ArrayLike, k: int | Sequence[int] | IntArray, name: str = "k"
) -> tuple[IntArray, IntArray, IntArray]:
    totals, hits = _whole("n", np.atleast_1d(n)), _whole("c", np.atleast_1d(c))
    if totals.ndim != 1 or hits.ndim != 1 or len({totals.size, hits.size} - {1}) > 1:
        raise UsageError(
            f"n has shape {totals.shape} and c {hits.shape}; both need one entry per problem"
        )
    totals, hits = np.broadcast_arrays(totals, hits)
    bad = np.flatnonzero((hits < 0) | (hits > totals))
    if bad.size:
        i = int(bad[0])
        raise UsageError(f"row {i} has n={totals[i]}, c={hits[i]}; needed: 0 <= c <= n")
    ks = _whole(name, np.atleast_1d(k))
    if ks.ndim != 1 or np.any(ks < 1):
        raise UsageError(f"{name} is {k!r}; allowed: an integer >= 1 or a sequence of them")
    return totals, hits, ks


def _whole(name: str, values: ArrayLike) -> IntArray:
    array = np.asarray(values)
    if array.size and array.dtype.kind not in "biuf":
        raise UsageError(f"{name} has {array.dtype} values; whole numbers are needed")
    broken = ~(np.isfinite(array) & (array == np.floor(array)))
    if broken.any():
        raise UsageError(f"{name} has the value {array[broken][0]}; whole numbers are needed")
    return array.astype(np.int64)


def _shaped(table: FloatArray, k: int | Sequence[int] | IntArray) -> FloatArray:
    return table[:, 0] if np.ndim(k) == 0 else table
