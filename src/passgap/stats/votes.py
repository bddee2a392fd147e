"""Majority vote: the chance that k draws elect the right answer, exactly.

In: how often each distinct answer was given to a problem. Out: maj@k for every k, the average over
all subsets of k of the n draws of whether the majority is right, with ties broken at random.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from passgap.data.arrays import FloatArray
from passgap.errors import UsageError
from passgap.stats.discrete import binomial


def maj_at_k(
    right: int, wrong: Sequence[int], k: int | Sequence[int], *, silent: int = 0
) -> FloatArray:
    """Chance that the most frequent answer among k draws is the right one, without bias.

    For the right answer to be drawn m times and elected, no wrong one may be drawn more than m
    times, and t that tie with it leave it 1 chance in t + 1. The sum over all such draws is a
    coefficient of a product of binomial polynomials, one per distinct answer; ``1 / (t + 1)`` is
    the integral of ``y^t`` over [0, 1], taken exactly by Gauss-Legendre nodes, and the coefficient
    comes from a discrete Fourier transform. Exact to about 1e-12.

    Parameters
    ----------
    right
        Draws with the right answer; whatever the verifier accepts is one answer.
    wrong
        Draws of each distinct wrong answer, shape (J,); may be empty.
    k
        An integer from 1 to n = right + sum(wrong) + silent, or a sequence of K of them.
    silent
        Draws without an extractable answer: they are drawn but do not vote.

    Returns
    -------
    numpy.ndarray
        Shape () for an integer k, (K,) for a sequence; nan where k > n.

    Raises
    ------
    UsageError
        If a count is negative or not whole, or k < 1.

    Examples
    --------
    >>> maj_at_k(2, [1, 1], 2).round(6).item()
    0.583333
    """
    counts = np.asarray([right, silent, *wrong])
    if np.any(counts != np.floor(counts)) or np.any(counts < 0):
        raise UsageError(f"right={right}, silent={silent}, wrong={wrong}; allowed: counts >= 0")
    ks = np.atleast_1d(np.asarray(k))
    if np.any(ks != np.floor(ks)) or np.any(ks < 1):
        raise UsageError(f"k is {k!r}; allowed: an integer >= 1 or a sequence of them")
    votes = tuple(sorted(one for one in map(int, wrong) if one))
    values = [_elected(int(right), int(silent), votes, int(size)) for size in ks]
    return np.asarray(values if np.ndim(k) else values[0], float)


def maj_at_two(right: FloatArray, n: FloatArray, silent: FloatArray, k: int) -> FloatArray:
    """The same for k = 1 or 2, where only the number of wrong answers counts, of many problems.

    One right answer among two draws is elected unless the other is wrong: then it is a tie.
    """
    if k == 1:
        return right / n
    wrong = n - right - silent
    pairs = right * (right - 1) / 2 + right * silent + right * wrong / 2
    return pairs / (n * (n - 1) / 2)


@lru_cache(maxsize=1 << 16)  # with few draws, most problems are alike
def _elected(right: int, silent: int, votes: tuple[int, ...], k: int) -> float:
    """``votes`` are the draws of each wrong answer, in order."""
    # the distinct numbers, and how many answers have each
    sizes, copies = np.unique(np.array(votes, np.int64), return_counts=True)
    n = right + silent + int(sizes @ copies)
    if k > n:
        return float("nan")
    if k <= 2:
        counts = np.array([[right], [n], [silent]], float)
        return float(maj_at_two(counts[0], counts[1], counts[2], k)[0])
    if not right:
        return 0.0
    # every draw enters with chance r on its own; given that k enter, they are a uniform subset
    r = k / (n + 1)
    roots = np.exp(2j * np.pi * np.arange(n + 1) / (n + 1))
    below = {a: np.zeros(n + 1, complex) for a in sizes.tolist()}  # drawn fewer than m times
    times = np.arange(min(right, k) + 1)
    *drawn, ours = binomial(times, np.append(sizes, right)[:, None], r)
    total = 0.0
    for m in times[1:].tolist():
        free, rivals = silent, []
        for a, chance, many in zip(sizes.tolist(), drawn, copies.tolist(), strict=True):
            if a < m:
                free += a * many  # cannot reach m: drawn any number of times
            else:
                below[a] += chance[m - 1] * roots ** (m - 1)
                rivals.append((below[a], chance[m] * roots**m, many))
        ties = min(sum(many for _, _, many in rivals), (k - m) // m)
        nodes, weights = _nodes(ties // 2 + 1)
        product = np.zeros(n + 1, complex)
        for y, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            term = np.full(n + 1, weight, complex)
            for less, equal, many in rivals:
                term *= (less + y * equal) ** many
            product += term
        product *= (1 - r + r * roots) ** free
        coefficient = float(np.mean(product * roots ** -(k - m)).real)
        total += float(ours[m]) * coefficient
    return min(max(total / float(binomial(k, n, r)), 0.0), 1.0)


_nodes = lru_cache(maxsize=256)(np.polynomial.legendre.leggauss)
