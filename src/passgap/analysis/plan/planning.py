"""Plan. In: a pilot's counts. Out: how many problems, draws and training seeds a claim needs.

The difficulty distribution G gives the variance of what a run of P problems with n draws each will
estimate: between problems it falls with P, within a problem with n. The pilot's uncertainty about G
is part of the answer: with the number of problems given, nine in ten refits keep the power.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import get_args

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.plan.refits import refits
from passgap.analysis.plan.success import Claim, Difference, Width, difference, width
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.plan import Design, Plan, PlannedWith
from passgap.results.settings import CompareSettings, Goal, PlanSettings

MOST_PROBLEMS = 1_000_000
CENTRAL = 0.8  # share of the refits within a range
SEEDS = (3, 4, 5, 6, 8, 10)  # from the fewest with which `compare --seeds` settles
REFITS = "refits to resampled pilots"
NOTE = (
    "the difficulty distribution was refitted to resampled pilots: with this number of problems "
    "nine in ten refits keep the power, and the range starts where one in ten does. It is a "
    "plan, not a guarantee"
)
DEFAULTS = PlanSettings()


def plan(pilot: Counts, settings: PlanSettings = DEFAULTS) -> Plan:
    """Problems, draws and training seeds for a claim about a base like the pilot's.

    Parameters
    ----------
    pilot
        Counts of the base on some problems like those of the planned run.
    settings
        The claim, and what is available.

    Raises
    ------
    UsageError
        For a goal without its numbers, a number out of range, or a pilot of one problem.
    """
    by_goal = {"headroom": 20, "difference": 64}.get(settings.goal, 0)
    large = by_goal if settings.k_large is None else settings.k_large
    _check(settings, large)
    _check_seeds(settings)
    inputs.refuse_all_unscored(pilot)
    listed = _listed(settings, large)
    claim = partial(_claim, refits(pilot, settings.seed), settings=settings, k_large=large)
    designs = _designs(claim, listed, settings)
    possible = [design for design in designs if design.completions is not None]
    effect = _effect(claim(listed[0], None)) if settings.delta is not None else None
    return Plan(
        _planned_with(settings, large, len(pilot)),
        effect,
        designs,
        min(possible, key=lambda one: (one.seeds or 0, _cost(one)), default=None),
        (*_notes(pilot, settings, large, effect), *_never(designs)),
    )


def _planned_with(settings: PlanSettings, k_large: int, pilot_problems: int) -> PlannedWith:
    return PlannedWith(
        goal=settings.goal,
        half_width=settings.half_width,
        delta=settings.delta,
        power=settings.power,
        margin=settings.margin,
        problems=settings.problems,
        k_small=settings.k_small,
        k_large=k_large,
        seeds=_seeds(settings),
        seed_spread=settings.seed_spread,
        seed=settings.seed,
        confidence_level=CENTRAL,
        pilot_problems=pilot_problems,
    )


def _listed(settings: PlanSettings, large: int) -> list[int]:
    """The n to consider; a comparison at k = n decides nothing."""
    least = large
    if settings.goal == "difference":
        least = 2 * large if settings.k_large is None else large + 1
    listed = [n for n in sorted(settings.draws) or [2**i for i in range(1, 11)] if n >= least]
    if not listed:
        raise UsageError(
            f"no n of {list(settings.draws)} reaches k_large={large}; allowed: n >= {least}"
        )
    return listed


def _seeds(settings: PlanSettings) -> tuple[int, ...]:
    """The numbers of training seeds to consider; none where the claim is about one policy."""
    return () if settings.seed_spread is None else tuple(sorted(settings.seeds)) or SEEDS


def _claim(
    weights: FloatArray, n: int, seeds: int | None, *, settings: PlanSettings, k_large: int
) -> Claim:
    """The claim, with n draws per problem from each policy."""
    if settings.goal == "headroom" and settings.half_width is not None:
        return width(weights, n, settings.k_small, k_large, settings.half_width)
    return difference(
        weights,
        n,
        k_large,
        settings.delta or 0.0,
        margin=settings.margin,
        seeds=seeds,
        seed_spread=settings.seed_spread or 0.0,
    )


def _notes(
    pilot: Counts, settings: PlanSettings, k_large: int, effect: Estimate | None
) -> tuple[str, ...]:
    notes = [NOTE]
    reached = int(pilot.n.max())
    if reached < k_large:
        notes.append(
            f"the pilot has {reached} samples per problem, fewer than k={k_large}, so the number "
            f"of rarely solved problems is a guess; a pilot with {k_large} or more samples per "
            "problem narrows the range"
        )
    if pilot.clusters is not None:
        notes.append(
            f"the pilot's problems form {pilot.independent} clusters; the planned number is of "
            "independent problems, such as one per cluster"
        )
    if settings.goal == "difference":
        seeds = _seeds(settings)
        trained = "SEED1 SEED2 SEED3 .. --seeds" if seeds else "TRAINED"
        notes.append(f"evaluate it with passgap compare BASE {trained} --k-large {k_large}")
    margin = CompareSettings().margin
    if effect is not None and min(abs(effect.low), abs(effect.high)) < margin:
        notes.append(
            f"a change of less than {100 * margin:g} points at k={k_large} may come out as "
            "equivalent: compare --margin sets that line"
        )
    return tuple(notes)


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
            f"delta is {delta} and margin {margin}; give exactly one: delta, a tilt to detect, or "
            "margin, to show equivalence within it"
        )
    if delta is not None and not (math.isfinite(delta) and delta != 0):
        raise UsageError(f"delta is {delta}; allowed: a number other than 0")
    if margin is not None and not 0 < margin < 1:
        raise UsageError(f"margin is {margin}; allowed: a number in (0, 1), such as 0.02")


def _check_seeds(settings: PlanSettings) -> None:
    spread, seeds = settings.seed_spread, settings.seeds
    if isinstance(seeds, int):
        raise UsageError(f"seeds is {seeds}; allowed: numbers to consider, such as [{seeds}]")
    if (spread is not None or seeds) and settings.goal != "difference":
        raise UsageError(
            "training seeds are planned only for a comparison; give --goal difference with "
            "--delta or --margin, or leave out seeds and seed_spread"
        )
    if seeds and spread is None:
        raise UsageError(
            f"seeds is {list(seeds)} and seed_spread missing; allowed: the standard deviation of "
            "pass@k_large between training seeds, such as 0.02 (--seed-spread); passgap compare "
            "--seeds reports it for earlier trainings"
        )
    if spread is not None and not 0 <= spread < 1:
        raise UsageError(f"seed_spread is {spread}; allowed: a number in [0, 1), such as 0.02")
    few = [one for one in seeds if one < SEEDS[0]]
    if few:
        raise UsageError(
            f"seeds is {few[0]}; allowed: integers >= {SEEDS[0]}, the fewest with which compare "
            "--seeds settles a verdict"
        )


# ------------------------------------------------------------------------------------ designs


def _never(designs: Sequence[Design]) -> tuple[str, ...]:
    """What helps where no number of problems is enough."""
    if all(design.needed is not None for design in designs):
        return ()
    seeds = "more training seeds or " if designs[0].seeds else ""
    return (
        "a range without an upper end: in one refit in ten no number of problems is enough; "
        f"{seeds}a larger pilot may help",
    )


def _designs(
    claim: Callable[[int, int | None], Claim], listed: Sequence[int], settings: PlanSettings
) -> tuple[Design, ...]:
    """One per number of draws; with training seeds one per number of them, its cheapest."""

    def design(n: int, seeds: int | None) -> Design:
        return _design(claim(n, seeds), n, seeds, settings)

    several = _seeds(settings)
    if not several:
        return tuple(design(n, None) for n in listed)
    return tuple(min((design(n, seeds) for n in listed), key=_cost) for seeds in several)


def _design(claim: Claim, n: int, seeds: int | None, settings: PlanSettings) -> Design:
    at_hand, tokens, price = settings.problems, settings.tokens, settings.price
    fewest, needed = (_least(partial(_holds, claim, settings.power, of)) for of in (np.max, np.min))
    attainable = needed is not None and (at_hand is None or needed <= at_hand)
    runs = 1 if settings.goal == "headroom" else 1 + (seeds or 1)
    completions = needed * n * runs if needed is not None and attainable else None
    spent = completions * tokens if completions is not None and tokens is not None else None
    taken = needed if attainable else at_hand
    return Design(
        n=n,
        seeds=seeds,
        problems=needed if attainable else None,
        needed=needed,
        fewest=fewest,
        power=_range(claim.success(taken)) if taken and isinstance(claim, Difference) else None,
        half_width=_range(claim.reach(taken)) if taken and isinstance(claim, Width) else None,
        completions=completions,
        tokens=spent,
        price=spent / 1e6 * price if spent is not None and price is not None else None,
    )


def _holds(claim: Claim, power: float, of: Callable[[FloatArray], float], problems: int) -> bool:
    """Whether that many problems reach the power, under the best or the worst of the kept
    refits."""
    return bool(of(_kept(claim.success(problems))) >= power)


def _cost(design: Design) -> float:
    return math.inf if design.completions is None else design.completions


def _effect(claim: Claim) -> Estimate | None:
    """The difference that the claim is about, as far as the pilot shows it."""
    return _range(claim.mean) if isinstance(claim, Difference) else None


def _kept(values: FloatArray) -> FloatArray:
    """The central four fifths, ascending."""
    cut = round(len(values) * (1 - CENTRAL) / 2)
    return np.sort(values)[cut : len(values) - cut]


def _range(values: FloatArray) -> Estimate:
    kept = _kept(values)
    return Estimate(float(kept.mean()), float(kept[0]), float(kept[-1]), CENTRAL, REFITS)


def _least(holds: Callable[[int], bool]) -> int | None:
    """The smallest number of problems that is enough, or None within those considered."""
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
