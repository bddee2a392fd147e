"""Plan: a pilot's counts in, how many problems and draws a claim needs, and what they cost, out.

The pilot gives the difficulty distribution G; from it the variance of what a run of P problems with
n draws each will estimate follows exactly: between problems it falls with P, within a problem with
n. Intervals are those of `passgap.stats`: Student's t with two pseudo-observations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import special

from passgap.analysis import inputs
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.stats import Mixture, fit_mixture, pass_at_k

Goal = Literal["headroom", "difference"]
MOST_PROBLEMS = 1_000_000
NOTE = (
    "from a fitted difficulty distribution: a plan, not a promise; a pilot of few problems knows "
    "the hard ones badly"
)


COLUMNS = {
    "n": ("draws", "d"),
    "problems": ("problems", ",d"),
    "completions": ("completions", ",d"),
    "tokens": ("tokens", ",.0f"),
    "price": ("price", ",.2f"),
}


@dataclass(frozen=True)
class Plan(Displayed):
    """Designs by their number of draws, the cheapest named; print it, or take ``to_dict()``."""

    settings: Mapping[str, Any]
    designs: tuple[Mapping[str, Any], ...]
    cheapest: Mapping[str, Any] | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": "passgap.plan/1",
            "settings": dict(self.settings),
            "designs": [dict(row) for row in self.designs],
            "cheapest": None if self.cheapest is None else dict(self.cheapest),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        shown = [
            name
            for name in COLUMNS
            if name == "problems" or any(row[name] is not None for row in self.designs)
        ]
        both = " (completions of both runs)" if self.settings["goal"] == "difference" else ""
        lines = [self._claim() + both, "  " + "".join(f"{COLUMNS[name][0]:<15}" for name in shown)]
        for row in self.designs:
            cells = [_cell(row[name], COLUMNS[name][1]) for name in shown]
            if row["problems"] is None:
                cells[shown.index("problems")] = "not attainable"
            mark = "<- cheapest" if row == self.cheapest else ""
            lines.append("  " + "".join(f"{cell:<15}" for cell in cells) + mark)
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])

    def _claim(self) -> str:
        """What the designs are for, in words."""
        s = self.settings
        ks = f"pass@{s['k_large']}"
        if s["goal"] == "headroom":
            return (
                f"to know {ks} - pass@{s['k_small']} of the base to {100 * s['half_width']:g} "
                "points either way, at 95 %"
            )
        if s["margin"] is not None:
            return (
                f"to show {ks} of an untrained copy equivalent within {100 * s['margin']:g} "
                f"points, in {s['power']:.0%} of such comparisons"
            )
        return (
            f"to tell a tilt of {s['delta']:g} from none at {ks}, in {s['power']:.0%} of such "
            "comparisons"
        )


def _cell(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def plan(
    pilot: Counts,
    *,
    goal: Goal = "headroom",
    half_width: float | None = None,
    delta: float | None = None,
    power: float = 0.8,
    margin: float | None = None,
    problems: int | None = None,
    draws: Sequence[int] = (),
    k_small: int = 2,
    k_large: int | None = None,
    tokens: float | None = None,
    price: float | None = None,
) -> Plan:
    """Problems and draws for a claim about a base like the pilot's.

    Parameters
    ----------
    pilot
        Counts of the base on some problems like those to come.
    goal
        ``headroom``: the interval of pass@k_large - pass@k_small reaches ``half_width`` to each
        side. ``difference``: a trained policy that is the base tilted by ``delta`` is told from it
        at k_large with the ``power`` given (its 95 % interval above 0), or, with ``margin`` and
        delta 0, shown equivalent to it within the margin.
    half_width
        Of the 95 % interval, in (0, 1); for ``headroom``.
    delta
        The tilt to be told from none; for ``difference``.
    power
        In (0, 1).
    margin
        For equivalence: an untrained copy (delta 0) passes with this power.
    problems
        What is at hand: designs that need more are said to be not attainable.
    draws
        The n to consider; powers of two from k_large to 1024 by default.
    k_small, k_large
        The k of the claim; k_large is 20 for ``headroom`` and 64 for ``difference`` by default,
        the latter with n >= 128, as ``compare`` wants them.
    tokens, price
        Mean tokens of a completion, and what a million cost, for the totals.

    Raises
    ------
    UsageError
        For a goal without its numbers, or a number out of range.
    """
    large = k_large if k_large is not None else {"headroom": 20, "difference": 64}.get(goal, 0)
    _check(goal, half_width, delta, power, margin, k_small, large, problems)
    inputs.refuse_all_unscored(pilot)
    mixture = fit_mixture(pilot.n, pilot.c)
    listed = sorted(draws) or [2**i for i in range(1, 11)]
    least = 2 * large if goal == "difference" and k_large is None else large
    listed = [n for n in listed if n >= least]
    if not listed:
        raise UsageError(f"no n of {list(draws)} reaches k_large={large}; allowed: n >= {least}")
    designs = []
    for n in listed:
        if goal == "headroom":
            assert half_width is not None
            wanted = _for_width(_gap_spread(mixture, n, k_small, large), half_width)
        else:
            mean, spread = _difference_spread(mixture, n, large, delta or 0.0)
            wanted = _for_power(mean, spread, power, margin)
        designs.append(_design(n, wanted, problems, tokens, price, 1 if goal == "headroom" else 2))
    possible = [row for row in designs if row["problems"] is not None]
    settings = {
        "goal": goal,
        "half_width": half_width,
        "delta": delta,
        "power": power,
        "margin": margin,
        "problems": problems,
        "k_small": k_small,
        "k_large": large,
        "pilot_problems": len(pilot),
    }
    cheapest = min(possible, key=lambda row: row["completions"], default=None)
    judge = f"judge it with passgap compare BASE TRAINED --k-large {large}"
    return Plan(settings, tuple(designs), cheapest, (NOTE, *([judge] * (goal == "difference"))))


def _check(
    goal: str,
    half_width: float | None,
    delta: float | None,
    power: float,
    margin: float | None,
    k_small: int,
    k_large: int,
    problems: int | None,
) -> None:
    if goal not in ("headroom", "difference"):
        raise UsageError(f"goal is {goal!r}; allowed: headroom, difference")
    if not 1 <= k_small < k_large:
        raise UsageError(f"k_small={k_small}, k_large={k_large}; allowed: 1 <= k_small < k_large")
    if not 0 < power < 1:
        raise UsageError(f"power is {power}; allowed: a number in (0, 1), such as 0.8")
    if problems is not None and problems < 2:
        raise UsageError(f"problems is {problems}; allowed: an integer >= 2")
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


def _design(
    n: int,
    wanted: int | None,
    at_hand: int | None,
    tokens: float | None,
    price: float | None,
    runs: int,
) -> dict[str, Any]:
    attainable = wanted is not None and (at_hand is None or wanted <= at_hand)
    completions = wanted * n * runs if wanted is not None and attainable else None
    spent = completions * tokens if completions is not None and tokens is not None else None
    return {
        "n": n,
        "problems": wanted if attainable else None,
        "needed": wanted,
        "completions": completions,
        "tokens": spent,
        "price": spent / 1e6 * price if spent is not None and price is not None else None,
    }
