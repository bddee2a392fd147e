"""The chance that a claim succeeds on P problems, under each of several difficulty distributions.

In: weights on `passgap.stats.mixture.GRID`, one row per distribution. Out: for a number of
problems, one chance per row. The intervals are those of `passgap.stats`: Student's t over the
problems with two pseudo-observations, and with training seeds the two half-widths combined as in
`seeds_interval`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy import special

from passgap.data.arrays import FloatArray
from passgap.stats import pass_at_k
from passgap.stats.discrete import log_choose
from passgap.stats.mixture import log_kernel

NODES = 64  # quantiles of the spread observed between few seeds


class Claim(Protocol):
    """What a plan is for."""

    def success(self, problems: int) -> FloatArray:
        """Chance that it succeeds on that many problems, under each distribution; shape (R,)."""
        ...


@dataclass(frozen=True, eq=False)
class Width:
    """The 95% interval of the headroom reaches at most ``half_width`` to each side.

    ``mean``, ``variance`` and ``fourth`` central moment are of one problem's estimated headroom,
    shape (R,). The observed variance differs from run to run, and so does the width.
    """

    mean: FloatArray
    variance: FloatArray
    fourth: FloatArray
    half_width: float

    def reach(self, problems: int) -> FloatArray:
        """Half the width of the interval to be expected, shape (R,)."""
        error = _error(self.variance, problems, 0.5, shifted=self.mean - 0.5)
        return _quantile(problems + 1, 0.975) * error

    def success(self, problems: int) -> FloatArray:
        room = (self.half_width / _quantile(problems + 1, 0.975)) ** 2
        pseudo = _pseudo(problems, 0.5, self.mean - 0.5)
        most = (room * (problems + 1) * (problems + 2) - pseudo) / problems
        noise = np.sqrt(np.maximum(self.fourth - self.variance**2, 0.0) / problems)
        with np.errstate(divide="ignore", invalid="ignore"):  # no noise: never or always
            z = (most - self.variance) / noise
        return np.asarray(special.ndtr(np.nan_to_num(z, nan=np.inf)), float)


@dataclass(frozen=True, eq=False)
class Difference:
    """The interval of d(k) = pass@k(trained) - pass@k(base) leaves out 0, or lies in the margin.

    ``mean`` and ``variance`` are of one problem's d(k), averaged over the training seeds, shape
    (R,); ``noise`` the variance of one problem's draws of one trained policy. ``seeds`` None: the
    claim is about one trained policy. ``seed_spread`` is the standard deviation between training
    seeds, ``margin`` None where 0 is to be left out.
    """

    mean: FloatArray
    variance: FloatArray
    noise: FloatArray
    seeds: int | None = None
    seed_spread: float = 0.0
    margin: float | None = None

    def success(self, problems: int) -> FloatArray:
        if self.margin is not None and not 1 - 0.05 ** (1 / problems) < self.margin:
            return np.zeros(len(self.mean))
        tail = 0.975 if self.margin is None else 0.95
        reach = _quantile(problems + 1, tail) * _error(
            self.variance, problems, 1.0, shifted=self.mean
        )
        error = np.sqrt(problems * self.variance) / (problems + 2)
        between = np.zeros((len(self.mean), 1))
        if self.seeds is not None:
            error = np.hypot(error, self.seed_spread / math.sqrt(self.seeds))
            between = self._between(problems, self.seeds, tail)
        whole = np.hypot(reach[:, None], between)
        with np.errstate(divide="ignore", invalid="ignore"):  # no spread at all: never or always
            found = self._inside(problems, whole, error[:, None])
        return np.asarray(found.mean(axis=1), float)

    def _inside(self, problems: int, reach: FloatArray, error: FloatArray) -> FloatArray:
        """Chance of the claim where the interval's reach is known, shape (R, reaches)."""
        centre = (np.abs(self.mean) * problems / (problems + 2))[:, None]
        if self.margin is None:
            return np.asarray(special.ndtr(np.nan_to_num((centre - reach) / error, nan=-np.inf)))
        room = self.margin - reach
        inside = special.ndtr((room - centre) / error) - special.ndtr((-room - centre) / error)
        return np.asarray(np.maximum(inside, 0.0), float)

    def _between(self, problems: int, seeds: int, tail: float) -> FloatArray:
        """Reaches for the seeds, equally likely: the spread observed between few seeds varies
        widely."""
        seen = self.seed_spread**2 + self.noise / problems
        chances = (np.arange(NODES) + 0.5) / NODES
        square = special.chdtri(seeds - 1, chances) / (seeds - 1)
        spread = np.asarray(np.sqrt(seen[:, None] * square / seeds), float)
        return _quantile(seeds - 1, tail) * spread


def width(weights: FloatArray, n: int, k_small: int, k_large: int, half_width: float) -> Width:
    """The claim on the headroom, from n draws per problem."""
    both = pass_at_k(n, np.arange(n + 1), [k_small, k_large])
    gap = both[:, 1] - both[:, 0]
    chance = weights @ count_chances(n)
    mean = chance @ gap
    second, fourth = (np.sum(chance * (gap - mean[:, None]) ** power, axis=1) for power in (2, 4))
    return Width(mean, second, fourth, half_width)


def difference(
    weights: FloatArray,
    n: int,
    k: int,
    delta: float,
    *,
    margin: float | None = None,
    seeds: int | None = None,
    seed_spread: float = 0.0,
) -> Difference:
    """The claim on a base and policies tilted by delta, from n draws per problem of each."""
    table = pass_at_k(n, np.arange(n + 1), k)
    means, noises = [], []
    for moved in (0.0, delta):
        chance = count_chances(n, moved)
        means.append(chance @ table)
        noises.append(np.maximum(chance @ table**2 - means[-1] ** 2, 0.0))
    d = means[1] - means[0]
    mean, noise = weights @ d, weights @ noises[1]
    within = weights @ noises[0] + noise / (seeds or 1)
    variance = np.maximum(weights @ d**2 - mean**2, 0.0) + within
    return Difference(mean, variance, noise, seeds, seed_spread, margin)


def count_chances(n: int, delta: float = 0.0) -> FloatArray:
    """Chance of each count c = 0..n at each point of `GRID` moved by delta, shape (M, n + 1)."""
    c = np.arange(n + 1)
    log_chance = log_kernel(c, np.zeros_like(c), np.full_like(c, n), delta).T + c * delta
    return np.asarray(np.exp(log_chance + log_choose(n, c)), float)


def _quantile(freedom: int, tail: float) -> float:
    return float(special.stdtrit(freedom, tail))


def _error(variance: FloatArray, problems: int, limits: float, shifted: FloatArray) -> FloatArray:
    """Standard error with two pseudo-observations, as in `_pseudo`."""
    total = problems * variance + _pseudo(problems, limits, shifted)
    return np.asarray(np.sqrt(total / (problems + 1) / (problems + 2)), float)


def _pseudo(problems: int, limits: float, shifted: FloatArray) -> FloatArray:
    """What two pseudo-observations add to the sum of squares.

    They lie ``limits`` from the middle of their range, and the mean ``shifted`` from it.
    """
    return np.asarray(2 * limits**2 + 2 * shifted**2 * problems / (problems + 2), float)
