"""The gain in pass@1 of exactly these problems, split by whether the base solves them otherwise.

In: counts of both runs on the same problems. Out: `Estimate`s in which only the draws are random.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import optimize, special

from passgap.data.arrays import FloatArray, IntArray
from passgap.results.estimates import Estimate
from passgap.stats.discrete import log_choose
from passgap.stats.intervals.fixed import fixed_paired_interval

METHOD = "fixed problems: half-widths of both runs' samples combined"
FURTHEST = 100.0  # shares of the gain are searched up to this distance from the value
Sides = tuple[float, float]  # how far a sum reaches below and above


def missed_by(n: IntArray, c: IntArray, drawn: IntArray) -> FloatArray:
    """The chance that ``drawn`` of n draws hold none of the c hits; all of shape (P,)."""
    rest = n - c
    possible = drawn <= rest
    chance = np.exp(log_choose(rest, np.minimum(drawn, rest)) - log_choose(n, drawn))
    return np.where(possible, chance, 0.0)


@dataclass(frozen=True)
class FixedSplit:
    """What the split of the gain is based on; one row per problem.

    With p the base's rate, q the trained policy's and h half of the base's draws, a problem is
    missed by h draws of the base with chance ``u = (1 - p)^h``. The gain where the base reaches is
    the mean of ``(1 - u) (q - p)``, the gain on the rest that of ``u (q - p)``. Both, and their
    ratio, are means of ``(1 - s - u) (q - p)`` for some s; `at` gives these.

    Reaches at s, combined as the root of the sum of squares (as in `fixed_interval`):

    - the standard errors of p and q, weighted by ``|1 - s - u|``; where no draw or every draw is
      correct, they are 0 and replaced by what all such problems together could hold (exact);
    - the base's draws through u, times ``|q - p|``: its unbiased standard error, at least up to the
      Clopper-Pearson limit of p, and for problems without a hit what all of them together could
      hold (exact): there u is 1 by the data but may be far less.

    Simulated at 95% (P = 10, 30, 100; n = 16, 64, 256; ten pairs of rates; 600 repetitions per
    cell): each part is covered in 94% or more in every cell but one, and in 92.7% where all of 100
    problems have p = 1/32, q = 1 and 16 draws; median 97%.
    """

    n_b: IntArray
    c_b: IntArray
    n_t: IntArray
    c_t: IntArray
    confidence_level: float = 0.95

    @property
    def half(self) -> IntArray:
        """h, the number of draws that decide whether the base reaches a problem; shape (P,)."""
        return np.maximum(self.n_b // 2, 1)

    def at(self, s: float) -> Estimate:
        """The mean of ``(1 - s - u) (q - p)`` with its interval."""
        p, q = self.c_b / self.n_b, self.c_t / self.n_t
        missed = self._missed
        rest = np.maximum(self.n_b - self.half, 1)
        value = (1 - s) * (q - p) - missed * (q - self.c_b / rest)
        weight = np.abs(1 - s - missed)
        trained = self._z * float(np.linalg.norm(weight * _deviation(self.n_t, self.c_t)))
        blind = max(abs(1 - s), abs(s)) * math.hypot(
            self._blind(self.n_b, self.c_b), self._blind(self.n_t, self.c_t)
        )
        sides = self._base(weight, q - p)
        below, above = (math.hypot(trained, blind, side) / len(p) for side in sides)
        middle, level = float(value.mean()), self.confidence_level
        low, high = max(middle - below, -1.0), min(middle + above, 1.0)
        return Estimate(middle, low, high, level, METHOD)

    def on_the_rest(self) -> Estimate:
        """The mean of ``u (q - p)``, which is `at` 1 with the opposite sign."""
        turned = self.at(1.0)
        return replace(turned, value=-turned.value, low=-turned.high, high=-turned.low)

    def share(self) -> Estimate:
        """The reached problems' share of the whole gain; nan where no gain is shown.

        The interval holds every s at which the interval `at` s holds 0.
        """
        level = self.confidence_level
        total = fixed_paired_interval(
            self.n_b, self.c_b, self.n_t, self.c_t, 1, confidence_level=level
        )
        if not total.low > 0:
            none = math.nan
            return Estimate(none, none, none, level, METHOD, notes=("no gain is shown",))
        value = self.at(0.0).value / total.value
        low = _root(lambda s: self.at(s).low, value, value - FURTHEST)
        high = _root(lambda s: self.at(s).high, value, value + FURTHEST)
        return Estimate(value, low, high, level, METHOD)

    def _blind(self, n: IntArray, c: IntArray) -> float:
        """How far rates can be from 0, or 1, where no draw or every draw is correct; summed."""
        return math.hypot(
            *(_unseen(n[at], 1, np.ones(n.size)[at], self._tail)[1] for at in (c == 0, c == n))
        )

    @cached_property
    def _missed(self) -> FloatArray:
        """u, estimated without bias."""
        return missed_by(self.n_b, self.c_b, self.half)

    @cached_property
    def _reaches(self) -> tuple[FloatArray, FloatArray]:
        """How far u may be less, and more, by the draws of a problem with a hit."""
        n, c, h, missed = self.n_b, self.c_b, self.half, self._missed
        noise = self._z * np.sqrt(np.maximum(missed**2 - missed_by(n, c, 2 * h), 0.0))
        least = special.betaincinv(np.maximum(c, 1), n - c + 1, self._tail)
        return noise, np.where(c > 0, np.maximum(noise, (1 - least) ** h - missed), 0.0)

    def _base(self, weight: FloatArray, gain: FloatArray) -> Sides:
        """What the base's draws leave open, through p and through u."""
        n, c, h = self.n_b, self.c_b, self.half
        by_p = self._z * weight * _deviation(n, c)
        noise, more = self._reaches
        up, down = np.maximum(gain, 0.0), np.maximum(-gain, 0.0)
        never = _unseen(n[c == 0], h[c == 0], gain[c == 0], self._tail)
        below = float(np.linalg.norm(by_p + up * more + down * noise))
        above = float(np.linalg.norm(by_p + up * noise + down * more))
        return math.hypot(below, never[0]), math.hypot(above, never[1])

    @property
    def _tail(self) -> float:
        return (1.0 - self.confidence_level) / 2

    @property
    def _z(self) -> float:
        return float(special.ndtri(1.0 - self._tail))


def _deviation(n: IntArray, c: IntArray) -> FloatArray:
    """The unbiased standard error of c / n."""
    return np.asarray(np.sqrt(c * (n - c) / (np.maximum(n - 1, 1) * n.astype(float) ** 2)))


def _unseen(n: IntArray, k: IntArray | int, weight: FloatArray, tail: float) -> Sides:
    """How far problems without one hit can move the sum of weights times their pass@k.

    The chance of no hit at all stays at ``tail`` or more; each sign of the weights by itself.
    """
    sides = []
    for one in (-weight, weight):
        size = int(np.sum(one > 0))
        share = float(np.max(k / n)) if size else 0.0
        held = size * -math.expm1(math.log(tail) * share / size) if size else 0.0
        sides.append(held * float(one.max()) if size else 0.0)
    return sides[0], sides[1]


def _root(end: Callable[[float], float], value: float, furthest: float) -> float:
    """Where an end of the interval crosses 0, going out from the value; infinite if it does not."""
    if end(value) * end(furthest) > 0:
        return math.copysign(math.inf, furthest - value)
    return float(optimize.brentq(end, value, furthest))
