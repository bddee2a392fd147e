"""Adaptive probing: the probe's verdict from as few draws as it takes.

Rounds: draw, fit the difficulty distribution, check whether the verdict is settled; if not, spend
the next draws on the problems whose headroom is least known. Repeated looks are accounted for: each
of the planned looks has its share of the error rate (Bonferroni). Draws that depend on outcomes
bias every plain mean, so all numbers come from the likelihood, which the stopping rule leaves
alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from passgap.analysis.probe.extrapolation import passes_on_grid
from passgap.analysis.verdicts import (
    OWN_THRESHOLDS,
    Headroom,
    Thresholds,
    foreign_thresholds,
    probe_verdict,
)
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.labels import ProbeLabel
from passgap.results.probe import AdaptivelyProbedWith, AdaptiveProbe, Gap, Look
from passgap.results.settings import AdaptiveSettings
from passgap.stats import Mixture, fit_mixture, functional_interval
from passgap.stats.mixture import log_kernel

Draw = Callable[[IntArray], IntArray | tuple[IntArray, IntArray]]
DEFAULTS = AdaptiveSettings()
SHARE = 0.5


def adaptive_probe(
    draw: Draw, problem_id: Sequence[str], settings: AdaptiveSettings = DEFAULTS
) -> AdaptiveProbe:
    """Probe in rounds until the verdict is settled or the draws are spent.

    Parameters
    ----------
    draw
        Takes the number of further draws for each problem, shape (P,), and returns how many of them
        were correct; or how many could be scored and how many of those were correct. Called once
        per round; it does the sampling and the verifying.
    problem_id
        P distinct ids.
    settings
        What decides; a chosen problem's draws are doubled from round to round. The confidence
        level is of the verdict as a whole, over all looks.

    Raises
    ------
    UsageError
        For settings out of range, or a ``draw`` that gives impossible numbers.
    """
    thresholds = check_settings(settings)
    k_small, k_large, most = settings.k_small, settings.k_large, settings.most
    size = len(problem_id)
    n, c, drawn = (np.zeros(size, np.int64) for _ in range(3))
    looks = 1 + math.ceil(math.log2(most / settings.first))
    level = 1 - (1 - settings.confidence_level) / looks
    more = np.full(size, settings.first, np.int64)
    rounds: list[Look] = []
    while True:
        scored, hits = _drawn(draw, more)
        n, c, drawn = n + scored, c + hits, drawn + more
        mixture = fit_mixture(n, c)
        room = _headroom(n, c, mixture, k_small, k_large, level)
        verdict = probe_verdict(room, thresholds, size)
        rounds.append(Look(int(drawn.sum()), room.gap, verdict.label))
        more = _next(n, c, drawn, mixture, k_small, k_large, most)
        if verdict.label is not ProbeLabel.UNDECIDED or not more.any() or len(rounds) == looks:
            break
    counts = Counts(problem_id, n, c, unscored=drawn - n, design="adaptive")
    asked = replace(settings, small=thresholds.small, large=thresholds.large)
    return AdaptiveProbe(
        verdict=verdict,
        settings=AdaptivelyProbedWith(**vars(asked), looks=looks),
        problems=size,
        draws=int(drawn.sum()),
        unscored=int((drawn - n).sum()),
        headroom=Gap(k_small, k_large, room.gap, extrapolated=bool(n.min() < k_large)),
        rounds=tuple(rounds),
        counts=counts,
    )


def _drawn(draw: Draw, more: IntArray) -> tuple[IntArray, IntArray]:
    """Scored and correct draws of one round."""
    given = draw(more)
    scored, hits = given if isinstance(given, tuple) else (more, given)
    scored, hits = np.asarray(scored, np.int64), np.asarray(hits, np.int64)
    for one, most in ((scored, more), (hits, scored)):
        if one.shape != more.shape or np.any((one < 0) | (one > most)):
            raise UsageError(
                "draw returned counts outside 0..requested; it must return one number per problem"
            )
    return scored, hits


def check_settings(settings: AdaptiveSettings) -> Thresholds:
    """The thresholds; refuse settings out of range, naming what is allowed.

    Thresholds of other k are refused too: no draw would settle the verdict.
    """
    k_small, k_large = settings.k_small, settings.k_large
    first, most = settings.first, settings.most
    if not 1 <= k_small < k_large:
        raise UsageError(f"k_small={k_small}, k_large={k_large}; allowed: 1 <= k_small < k_large")
    thresholds = Thresholds.of(settings)
    if thresholds is None:
        raise UsageError(f"{foreign_thresholds(k_small, k_large)}; allowed: {OWN_THRESHOLDS}")
    if not 1 <= first <= most:
        raise UsageError(f"first={first}, most={most}; allowed: 1 <= first <= most")
    if not 0 < settings.confidence_level < 1:
        raise UsageError(f"confidence_level is {settings.confidence_level}; allowed: inside (0, 1)")
    return thresholds


def _headroom(
    n: IntArray, c: IntArray, mixture: Mixture, k_small: int, k_large: int, level: float
) -> Headroom:
    """The verdict's three estimates, each the range over the likelihood region."""
    at = {k: passes_on_grid(k) for k in (k_small, k_large)}

    def estimate(values: FloatArray) -> Estimate:
        return functional_interval(n, c, values, confidence_level=level, fit=mixture)

    return Headroom(
        k_small,
        k_large,
        estimate(at[k_large] - at[k_small]),
        estimate(at[k_small]),
        estimate(at[k_large]),
        mastered=float(np.mean(c == n)),
        never_solved=float(np.mean(c == 0)),
    )


def _next(
    n: IntArray,
    c: IntArray,
    drawn: IntArray,
    mixture: Mixture,
    k_small: int,
    k_large: int,
    most: int,
) -> IntArray:
    """Twice the draws for the half of the problems whose headroom is least known."""
    spread = _posterior_variance(n, c, mixture, passes_on_grid(k_large) - passes_on_grid(k_small))
    room = np.minimum(most - drawn, drawn)
    spread[room <= 0] = -1.0
    chosen = np.argsort(-spread, kind="stable")[: max(int(np.ceil(SHARE * len(n))), 1)]
    more = np.zeros_like(n)
    more[chosen] = np.maximum(room[chosen], 0)
    return more


def _posterior_variance(
    n: IntArray, c: IntArray, mixture: Mixture, values: FloatArray
) -> FloatArray:
    """Variance of a function of p given each problem's counts, with G as the prior; shape (P,)."""
    rows, where = np.unique(np.stack([n, c], axis=1), axis=0, return_inverse=True)
    kernel = log_kernel(rows[:, 1], rows[:, 0], np.zeros(len(rows), np.int64), 0.0)
    joint = np.exp(kernel - kernel.max(axis=1)[:, None]) * mixture.weights
    joint /= joint.sum(axis=1)[:, None]
    mean = joint @ values
    return np.asarray((joint @ values**2 - mean**2)[where.reshape(-1)], float)
