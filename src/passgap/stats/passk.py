"""Unbiased estimates from counts: pass@k, all@k and mixed@G of every problem.

With n scored draws of a problem, c of them correct, each estimate is a U-statistic: the average,
over all subsets of k of the n draws, of what one asks of k draws. Everything here is built from
one quantity, the share of subsets of size k without a correct draw,

    C(n - c, k) / C(n, k) = prod_{j < k} (1 - c / (n - j)),

kept as a sum of logarithms, which neither overflows nor cancels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from passgap.errors import UsageError
from passgap.types import FloatArray, IntArray


def pass_at_k(n: ArrayLike, c: ArrayLike, k: int | Sequence[int] | IntArray) -> FloatArray:
    """Chance that at least one of k draws is correct, estimated without bias.

    ``1 - C(n - c, k) / C(n, k)`` (Chen et al. 2021, arXiv 2107.03374).

    Parameters
    ----------
    n, c
        Scored and correct draws, one entry a problem, shape (P,), 0 <= c <= n. A scalar stands
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
    policy gradient (GRPO) anything to learn from.

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


def _log_none(n: IntArray, c: IntArray, k: IntArray) -> FloatArray:
    """log of C(n - c, k) / C(n, k), shape (P, K): -inf where n - c < k <= n, nan where k > n."""
    if not n.size:
        return np.empty((0, k.size))
    pairs, where = np.unique(np.stack([n, c], axis=1), axis=0, return_inverse=True)
    table = np.full((len(pairs), k.size), np.nan)
    for row, (total, hits) in zip(table, pairs.tolist(), strict=True):
        drawn = k <= total
        reach = int(min(total - hits, k[drawn].max(initial=0)))
        steps = np.log1p(-hits / (total - np.arange(reach)))
        sums = np.concatenate([[0.0], np.cumsum(steps)])
        short = k <= reach
        row[drawn] = -np.inf
        row[short] = sums[k[short]]
    return np.asarray(table[where.reshape(-1)])


def _checked(
    n: ArrayLike, c: ArrayLike, k: int | Sequence[int] | IntArray, name: str = "k"
) -> tuple[IntArray, IntArray, IntArray]:
    totals, hits = _whole("n", np.atleast_1d(n)), _whole("c", np.atleast_1d(c))
    if totals.ndim != 1 or hits.ndim != 1 or len({totals.size, hits.size} - {1}) > 1:
        raise UsageError(
            f"n has shape {totals.shape} and c {hits.shape}; both need one entry a problem"
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
        raise UsageError(f"{name} holds {array.dtype} values; whole numbers are needed")
    broken = ~(np.isfinite(array) & (array == np.floor(array)))
    if broken.any():
        raise UsageError(f"{name} holds {array[broken][0]}; whole numbers are needed")
    return array.astype(np.int64)


def _shaped(table: FloatArray, k: int | Sequence[int] | IntArray) -> FloatArray:
    return table[:, 0] if np.ndim(k) == 0 else table
