"""Is there a gain that no sharpening explains, however uneven?

Sharpening multiplies the odds of a correct draw; a truly new ability has no odds to multiply. So
the question is how large the odds ratio of a single problem would have to be. Under the null that
it is at most r for every problem,

    p_from >= need(p_to, r) = p_to / (r - (r - 1) p_to),

and problems that one arm never solves and the other often does must have more hits in fresh draws
than they do. Draws of both arms are split into halves: one chooses the problems, the other counts
the hits, so that luck in choosing does not count. Nothing is assumed about the difficulties, or
about the spread of the odds ratios below r; the problems are taken as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.stats.tilt import Pairs, pair_counts

LEVEL = 0.05
FROM_CHANCE = 0.002  # share of the level for the lower bound of the hits that the null requires
TERMS = 10  # terms of need's series in powers of p, all positive: fewer only lower the bound
RATES = (0.1, 0.2, 0.35, 0.5, 0.7)  # lowest rates of the solving arm to choose from
SPLITS = 15
MOST_ODDS = 10_000.0
LEAST_DRAWS = 4
LEAST_KNOWN = 5  # hits and misses of the starting arm for a problem's odds ratio to be used
LEAST_PROBLEMS = 10
SPREADS = 3.0


@dataclass(frozen=True)
class Excluded:
    """What the data say about the factors by which one arm's odds exceed the other's.

    Parameters
    ----------
    p_value
        p-value of the null that no problem's odds ratio exceeds ``max_odds``.
    max_odds
        The r that was tested.
    excluded
        The largest r that is excluded at the 5% level: a sharpening this strong does not explain
        the difference. 1 if none is excluded, at most 10,000.
    problems
        Problems that one arm never solved and the other solved at the rate that the test looked
        for.
    """

    p_value: float
    max_odds: float
    excluded: float
    problems: int


@dataclass(frozen=True)
class OddsSpread:
    """Mean and standard deviation over problems of the log odds ratio, trained over base.

    nan if fewer than 10 problems have 5 hits and 5 misses of the base.
    """

    mean: float
    deviation: float
    problems: int

    def most(self, least: float, *, down: bool = False) -> float:
        """The factor that sharpening here may reach: 3 deviations out, at least ``least``.

        ``down`` for the other direction, from the trained arm's odds to the base's.
        """
        if math.isnan(self.mean):
            return least
        mean = -self.mean if down else self.mean
        return max(least, math.exp(min(mean + SPREADS * self.deviation, math.log(MOST_ODDS))))


def odds_spread(
    n_base: ArrayLike, c_base: ArrayLike, n_trained: ArrayLike, c_trained: ArrayLike
) -> OddsSpread:
    """How unevenly the odds moved, on problems whose initial odds are known.

    Moment estimate of a random-effects model (DerSimonian and Laird 1986) on empirical logits with
    half a hit and half a miss added; up to 30% too small where the odds run to extremes, which the
    three spreads of `OddsSpread.most` allow for. Problems are chosen only by the base, so that the
    effect of training does not select them.

    Parameters
    ----------
    n_base, c_base, n_trained, c_trained
        As in `passgap.stats.fit_tilt`.

    Raises
    ------
    UsageError
        If the counts are not valid or not paired.
    """
    pairs = pair_counts(n_base, c_base, n_trained, c_trained)
    known = np.minimum(pairs.c_base, pairs.n_base - pairs.c_base) >= LEAST_KNOWN
    if known.sum() < LEAST_PROBLEMS:
        return OddsSpread(math.nan, math.nan, int(known.sum()))
    hits, misses = pairs.c_base[known] + 0.5, (pairs.n_base - pairs.c_base)[known] + 0.5
    after, failed = pairs.c[known] + 0.5, (pairs.n - pairs.c)[known] + 0.5
    ratio = np.log(after / failed) - np.log(hits / misses)
    noise = 1 / hits + 1 / misses + 1 / after + 1 / failed
    weight = 1 / noise
    mean = np.average(ratio, weights=weight)
    excess = np.sum(weight * (ratio - mean) ** 2) - (len(ratio) - 1)
    variance = max(excess / (weight.sum() - np.sum(weight**2) / weight.sum()), 0.0)
    mean = np.average(ratio, weights=1 / (noise + variance))
    return OddsSpread(float(mean), math.sqrt(variance), len(ratio))


def excluded_odds(
    n_from: ArrayLike,
    c_from: ArrayLike,
    n_to: ArrayLike,
    c_to: ArrayLike,
    *,
    max_odds: float = 32.0,
    seed: int = 0,
) -> Excluded:
    """Test that no problem's odds ratio, ``to`` over ``from``, exceeds a factor.

    Each half of the draws in turn chooses the problems without a hit of ``from`` and with a rate of
    ``to`` above one of five thresholds (the most promising one by that half alone); the other half
    gives the number of hits that the null requires at least, as a lower bound from unbiased powers
    of p_to, and the observed hits. A sum of independent draws whose mean is at least lambda has a
    lower tail below Poisson's (Hoeffding 1956). Fifteen random splits make 30 p-values; twice their
    median is a p-value whatever their dependence (Ruschendorf 1982).

    Measured (`bench/labels.py`; r = 32, raised to three spreads of the odds ratios; 200 pairs per
    world): at most 4% false in worlds without new problems, where odds ratios spread like Laplace
    over a heavy tail, at most .5% in all others; of 300 problems with 128 draws, 10% new ones are
    found always, 5% under a slope of 1.5 always, 3% in 93.5%.

    Parameters
    ----------
    n_from, c_from, n_to, c_to
        Scored and correct draws of both arms, shape (P,). Problems with fewer than 4 draws in one
        arm are left out.
    max_odds
        r >= 1.
    seed
        Seed of the splits.

    Raises
    ------
    UsageError
        If the counts are not valid or not paired, or ``max_odds`` is below 1.
    """
    if not 1 <= max_odds < math.inf:
        raise UsageError(f"max_odds is {max_odds}; allowed: a number of at least 1, such as 32")
    pairs = pair_counts(n_from, c_from, n_to, c_to)
    kept = (pairs.n_base >= LEAST_DRAWS) & (pairs.n >= LEAST_DRAWS)
    pairs = Pairs(*(a[kept] for a in (pairs.n_base, pairs.c_base, pairs.n, pairs.c)))
    rng = np.random.default_rng(seed)
    folds = _Folds.stacked([fold for _ in range(SPLITS) for fold in _split(pairs, rng)])
    often = (pairs.c_base == 0) & (pairs.c >= np.median(folds.rate) * pairs.n)
    p_value = folds.p_value(max_odds)
    return Excluded(p_value, max_odds, _largest(folds), int(often.sum()))


# --------------------------------------------------------------------------------- the parts


@dataclass(frozen=True, eq=False)
class _Folds:
    """What one half's problems show in the other half, one row per fold.

    ``hits`` of the arm that starts; ``powers`` the sums of n_from p_to^j over the problems, and
    ``covariance`` of these sums, for j = 1 .. TERMS; ``rate`` the lowest rate of the other arm.
    """

    rate: FloatArray
    hits: IntArray
    powers: FloatArray
    covariance: FloatArray

    @classmethod
    def stacked(cls, folds: Sequence[tuple[float, int, FloatArray, FloatArray]]) -> _Folds:
        return cls(*map(np.array, zip(*folds, strict=True)))

    def p_value(self, odds: float) -> float:
        """Twice the median of the folds' p-values."""
        share = (1 - 1 / odds) ** np.arange(TERMS) / odds  # need(p, r) = sum of share_j p^j
        error = np.sqrt(np.maximum(self.covariance @ share @ share, 0.0))
        least = self.powers @ share + special.ndtri(FROM_CHANCE) * error
        tail = special.gammaincc(self.hits + 1, np.maximum(least, 0.0)) + FROM_CHANCE
        return min(1.0, 2 * float(np.median(np.where(least > 0, tail, 1.0))))


def _largest(folds: _Folds) -> float:
    """The largest excluded factor, by bisection: a larger one requires fewer hits."""
    if folds.p_value(1.0) > LEVEL:
        return 1.0
    low, high = 0.0, math.log(MOST_ODDS)
    for _ in range(14):
        middle = (low + high) / 2
        low, high = (middle, high) if folds.p_value(math.exp(middle)) <= LEVEL else (low, middle)
    return math.exp(low)


def _split(
    pairs: Pairs, rng: np.random.Generator
) -> Iterator[tuple[float, int, FloatArray, FloatArray]]:
    """Both arms' draws in two random halves, each of which chooses once: the rows of `_Folds`."""
    half = Pairs(
        pairs.n_base // 2,
        rng.hypergeometric(pairs.c_base, pairs.n_base - pairs.c_base, pairs.n_base // 2),
        pairs.n // 2,
        rng.hypergeometric(pairs.c, pairs.n - pairs.c, pairs.n // 2),
    )
    rest = Pairs(
        pairs.n_base - half.n_base,
        pairs.c_base - half.c_base,
        pairs.n - half.n,
        pairs.c - half.c,
    )
    yield _fold(half, rest)
    yield _fold(rest, half)


def _fold(chooser: Pairs, counted: Pairs) -> tuple[float, int, FloatArray, FloatArray]:
    rate = _most_promising(chooser)
    chosen = (chooser.c_base == 0) & (chooser.c >= rate * chooser.n)
    n, c, weight = counted.n[chosen], counted.c[chosen], counted.n_base[chosen].astype(float)
    p = (c + 0.5) / (n + 1)
    slopes = np.arange(1, TERMS + 1)[:, None] * p ** np.arange(TERMS)[:, None]
    covariance = (slopes * (weight**2 * p * (1 - p) / n)) @ slopes.T
    return rate, int(counted.c_base[chosen].sum()), _powers(n, c) @ weight, covariance


def _most_promising(chooser: Pairs) -> float:
    """The lowest rate where the missing hits exceed their noise most, by one half alone.

    Problems without a hit in m draws will show about as many hits as there are problems with one
    hit (Good 1953): that number is what the other half will probably show.
    """
    near = (chooser.c_base <= 1) & (chooser.c >= RATES[0] * chooser.n)
    n, c, zero = chooser.n[near], chooser.c[near], chooser.c_base[near] == 0
    p = c / n
    often = c >= np.multiply.outer(RATES, n)
    asked = often @ np.where(zero, chooser.n_base[near] * p / (32 - 31 * p), 0.0)
    expected = often @ np.where(zero, 0.0, 1.0) + 0.5
    return RATES[int(np.argmax((asked - expected) / np.sqrt(asked + 1)))]


def _powers(n: IntArray, c: IntArray) -> FloatArray:
    """Unbiased p^j: (c)_j / (n)_j for j = 1 .. TERMS, 0 where j > n; shape (TERMS, P)."""
    j = np.arange(TERMS)[:, None]
    shares = np.maximum(c - j, 0) / np.maximum(n - j, 1)
    return np.asarray(np.cumprod(np.where(n > j, shares, 0.0), axis=0))
