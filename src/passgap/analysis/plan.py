"""Plan: a pilot's counts in, how many problems and draws a claim needs, and what they cost, out.

The pilot gives the difficulty distribution G; from it the variance of what a run of P problems with
n draws each will estimate follows exactly: between problems it falls with P, within a problem with
n. Intervals are those of `passgap.stats`: Student's t with two pseudo-observations.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import get_args

import numpy as np
from scipy import special

from passgap.analysis import inputs
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.plan import Design, Plan, PlannedWith
from passgap.results.settings import Goal, PlanSettings
from passgap.stats import Mixture, fit_mixture, pass_at_k

MOST_PROBLEMS = 1_000_000
NOTE = (
    "from a fitted difficulty distribution: a plan, not a promise; a pilot of few problems knows "
    "the hard ones badly"
)
DEFAULTS = PlanSettings()


def plan(pilot: Counts, settings: PlanSettings = DEFAULTS) -> Plan:
    """Problems and draws for a claim about a base like the pilot's.

    Parameters
    ----------
    pilot
        Counts of the base on some problems like those to come.
    settings
        The claim, and what there is.

    Raises
    ------
    UsageError
        For a goal without its numbers, or a number out of range.
    """
    by_goal = {"headroom": 20, "difference": 64}.get(settings.goal, 0)
    large = by_goal if settings.k_large is None else settings.k_large
    _check(settings, large)
    inputs.refuse_all_unscored(pilot)
    mixture = fit_mixture(pilot.n, pilot.c)
    designs = tuple(
        _design(n, _wanted(mixture, n, settings, large), settings) for n in _listed(settings, large)
    )
    possible = [design for design in designs if design.completions is not None]
    judge = f"judge it with passgap compare BASE TRAINED --k-large {large}"
    return Plan(
        PlannedWith(
            goal=settings.goal,
            half_width=settings.half_width,
            delta=settings.delta,
            power=settings.power,
            margin=settings.margin,
            problems=settings.problems,
            k_small=settings.k_small,
            k_large=large,
            pilot_problems=len(pilot),
        ),
        designs,
        min(possible, key=lambda design: design.completions or 0, default=None),
        (NOTE, *([judge] * (settings.goal == "difference"))),
    )


def _listed(settings: PlanSettings, large: int) -> list[int]:
    """The n to consider."""
    judged = settings.goal == "difference" and settings.k_large is None
    least = 2 * large if judged else large
    listed = [n for n in sorted(settings.draws) or [2**i for i in range(1, 11)] if n >= least]
    if not listed:
        raise UsageError(
            f"no n of {list(settings.draws)} reaches k_large={large}; allowed: n >= {least}"
        )
    return listed


def _wanted(mixture: Mixture, n: int, settings: PlanSettings, large: int) -> int | None:
    """The problems that the claim needs with n draws each."""
    if settings.goal == "headroom" and settings.half_width is not None:
        return _for_width(_gap_spread(mixture, n, settings.k_small, large), settings.half_width)
    mean, spread = _difference_spread(mixture, n, large, settings.delta or 0.0)
    return _for_power(mean, spread, settings.power, settings.margin)


def _check(settings: PlanSettings, k_large: int) -> None:
    goal, k_small = settings.goal, settings.k_small
    half_width, delta, margin = settings.half_width, settings.delta, settings.margin
    if goal not in get_args(Goal):
        raise UsageError(f"goal is {goal!r}; allowed: headroom, difference")
    if not 1 <= k_small < k_large:
        raise UsageError(f"k_small={k_small}, k_large={k_large}; allowed: 1 <= k_small < k_large")
    if not 0 < settings.power < 1:
        raise UsageError(f"power is {settings.power}; allowed: a number in (0, 1), such as 0.8")
    if settings.problems is not None and settings.problems < 2:
        raise UsageError(f"problems is {settings.problems}; allowed: an integer >= 2")
    if goal == "headroom" and (half_width is None or not 0 < half_width < 1):
        raise UsageError(
            f"half_width is {'missing' if half_width is None else half_width}; allowed: a number "
            "in (0, 1), such as 0.03 (--half-width)"
        )
    if goal == "difference" and (delta is None) == (margin is None):
        raise UsageError(
            f"delta is {delta} and margin {margin}; give one: a tilt to be told from none, or a "
            "margin to be shown equivalent within"
        )
    if delta is not None and not (math.isfinite(delta) and delta != 0):
        raise UsageError(f"delta is {delta}; allowed: a number other than 0")
    if margin is not None and not 0 < margin < 1:
        raise UsageError(f"margin is {margin}; allowed: a number in (0, 1), such as 0.02")


# --------------------------------------------------------------------------- means and spreads


def count_chances(p: FloatArray, n: int) -> FloatArray:
    """Chance of each count c = 0..n at each p, shape (M, n + 1)."""
    from scipy import stats  # takes longer to import than all else here

    return np.asarray(stats.binom.pmf(np.arange(n + 1), n, p[:, None]), float)


def _gap_spread(mixture: Mixture, n: int, k_small: int, k_large: int) -> float:
    """Standard deviation over problems and draws of one problem's estimated headroom."""
    both = pass_at_k(n, np.arange(n + 1), [k_small, k_large])
    gap = both[:, 1] - both[:, 0]
    chance = mixture.weights @ count_chances(mixture.p, n)
    mean = float(chance @ gap)
    return math.sqrt(max(float(chance @ gap**2) - mean**2, 0.0))


def _difference_spread(mixture: Mixture, n: int, k: int, delta: float) -> tuple[float, float]:
    """Mean and standard deviation of one problem's d(k), trained by a tilt of delta."""
    table = pass_at_k(n, np.arange(n + 1), k)
    moved = special.expit(special.logit(mixture.p) + delta)
    first, second = [], []
    for p in (mixture.p, moved):
        chance = count_chances(p, n)
        first.append(chance @ table)
        second.append(chance @ table**2)
    d = first[1] - first[0]
    within = second[0] - first[0] ** 2 + second[1] - first[1] ** 2
    mean = float(mixture.weights @ d)
    square = float(mixture.weights @ (d**2 + within))
    return mean, math.sqrt(max(square - mean**2, 0.0))


def _error(spread: float, problems: float, limits: float) -> float:
    """Standard error with one pseudo-observation at each limit, ``limits`` apart from the mean."""
    total = problems * spread**2 + 2 * limits**2
    return math.sqrt(total / (problems + 1) / (problems + 2))


def _for_width(spread: float, half_width: float) -> int | None:
    def reach(problems: int) -> float:
        return float(special.stdtrit(problems + 1, 0.975)) * _error(spread, problems, 0.5)

    return _least(lambda problems: reach(problems) <= half_width)


def _for_power(mean: float, spread: float, power: float, margin: float | None) -> int | None:
    """Problems for ``up`` (the 95 % interval above 0), or for equivalence (90 % inside)."""

    def passes(problems: int) -> bool:
        error = _error(spread, problems, 1.0)
        if margin is None:
            quantile = float(special.stdtrit(problems + 1, 0.975))
            return float(special.ndtr(abs(mean) / error - quantile)) >= power
        quantile = float(special.stdtrit(problems + 1, 0.95))
        inside = margin / error - quantile
        bound = 1 - 0.05 ** (1 / problems) < margin
        return bound and 2 * float(special.ndtr(inside)) - 1 >= power

    return _least(passes)


def _least(holds: Callable[[int], bool]) -> int | None:
    """The least number of problems that does, or None below the most that is looked at."""
    high = 2
    while not holds(high):
        high *= 2
        if high > MOST_PROBLEMS:
            return None
    low = high // 2 if high > 2 else 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _design(n: int, wanted: int | None, settings: PlanSettings) -> Design:
    at_hand, tokens, price = settings.problems, settings.tokens, settings.price
    attainable = wanted is not None and (at_hand is None or wanted <= at_hand)
    runs = 1 if settings.goal == "headroom" else 2
    completions = wanted * n * runs if wanted is not None and attainable else None
    spent = completions * tokens if completions is not None and tokens is not None else None
    return Design(
        n=n,
        problems=wanted if attainable else None,
        needed=wanted,
        completions=completions,
        tokens=spent,
        price=spent / 1e6 * price if spent is not None and price is not None else None,
    )
