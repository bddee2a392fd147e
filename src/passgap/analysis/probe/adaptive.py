"""Adaptive probing: the probe's verdict from as few draws as it takes.

Rounds: draw, fit the difficulty distribution, look whether the verdict is sure, else spend the next
draws on the problems that the headroom is least known of. Looking repeatedly is paid for: each of
the planned looks has its share of the error rate (Bonferroni). Draws that depend on outcomes bias
every plain mean, so all numbers come from the likelihood, which the stopping rule leaves alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.probe.extrapolation import passes_on_grid
from passgap.analysis.verdicts import Headroom, probe_verdict
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.verdict import Verdict
from passgap.stats import Mixture, fit_mixture, functional_interval
from passgap.stats.mixture import log_kernel

Draw = Callable[[IntArray], IntArray | tuple[IntArray, IntArray]]
FIRST, MOST = 8, 64
SHARE = 0.5


@dataclass(frozen=True)
class AdaptiveProbe(Displayed):
    """The verdict, the counts it rests on (design ``adaptive``), and how it came about."""

    verdict: Verdict
    settings: Mapping[str, Any]
    counts: Counts
    headroom: Estimate
    rounds: tuple[Mapping[str, Any], ...]

    @property
    def draws(self) -> int:
        """All draws spent."""
        return int(self.counts.n.sum() + self.counts.unscored.sum())

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": "passgap.adaptive_probe/1",
            "verdict": self.verdict.to_dict(),
            "settings": dict(self.settings),
            "problems": len(self.counts),
            "draws": self.draws,
            "unscored": int(self.counts.unscored.sum()),
            "headroom": {name: self.settings[name] for name in ("k_small", "k_large")}
            | inputs.interval_dict(self.headroom),
            "rounds": [dict(row) for row in self.rounds],
        }

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({len(self.counts)} problems, {self.draws:,} draws)"]
        lines += inputs.reasons(self.verdict)
        low, high = self.settings["k_small"], self.settings["k_large"]
        lines.append(f"  pass@{high} - pass@{low}: {self.headroom}")
        for i, row in enumerate(self.rounds, start=1):
            shown = f"{_percent(row['low'])} to {_percent(row['high'])}"
            lines.append(f"  round {i}: {row['draws']:,} draws, headroom {shown}: {row['label']}")
        if self.counts.unscored.any():
            lines.append(f"  unscored draws: {int(self.counts.unscored.sum()):,}, left out")
        return "\n".join(lines)


def adaptive_probe(
    draw: Draw,
    problem_id: Sequence[str],
    *,
    k_small: int = 2,
    k_large: int = inputs.K_LARGE,
    small: float = 0.05,
    large: float = 0.15,
    first: int = FIRST,
    most: int = MOST,
    confidence_level: float = 0.95,
) -> AdaptiveProbe:
    """Probe in rounds until the verdict is sure or the draws are spent.

    Parameters
    ----------
    draw
        Takes how many more draws each problem gets, shape (P,), and gives how many of them were
        correct; or how many could be scored and how many of those were correct. Called once a
        round; it does the sampling and the verifying.
    problem_id
        P distinct ids.
    k_small, k_large, small, large
        As in `probe`.
    first, most
        Draws of every problem in the first round, and the most that any problem gets; a chosen
        problem's draws are doubled.
    confidence_level
        Of the verdict as a whole, over all looks.

    Raises
    ------
    UsageError
        For settings out of range, or a ``draw`` that gives impossible numbers.
    """
    check_settings(k_small, k_large, small, large, first, most, confidence_level)
    size = len(problem_id)
    n, c, drawn = (np.zeros(size, np.int64) for _ in range(3))
    looks = 1 + math.ceil(math.log2(most / first))
    level = 1 - (1 - confidence_level) / looks
    more = np.full(size, first, np.int64)
    rounds: list[dict[str, Any]] = []
    while True:
        scored, hits = _drawn(draw, more)
        n, c, drawn = n + scored, c + hits, drawn + more
        mixture = fit_mixture(n, c)
        room = _headroom(n, c, mixture, k_small, k_large, level)
        verdict = probe_verdict(room, small, large, size)
        row = {"draws": int(drawn.sum())} | inputs.interval_dict(room.gap)
        rounds.append(row | {"label": verdict.label})
        more = _next(n, c, drawn, mixture, k_small, k_large, most)
        if verdict.label != "undecided" or not more.any() or len(rounds) == looks:
            break
    settings = {
        "k_small": k_small,
        "k_large": k_large,
        "small": small,
        "large": large,
        "first": first,
        "most": most,
        "confidence_level": confidence_level,
        "looks": looks,
    }
    counts = Counts(problem_id, n, c, unscored=drawn - n, design="adaptive")
    return AdaptiveProbe(verdict, settings, counts, room.gap, tuple(rounds))


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"


def _drawn(draw: Draw, more: IntArray) -> tuple[IntArray, IntArray]:
    """Scored and correct draws of one round."""
    given = draw(more)
    scored, hits = given if isinstance(given, tuple) else (more, given)
    scored, hits = np.asarray(scored, np.int64), np.asarray(hits, np.int64)
    for one, most in ((scored, more), (hits, scored)):
        if one.shape != more.shape or np.any((one < 0) | (one > most)):
            raise UsageError("draw gave counts outside 0..asked; it returns one number a problem")
    return scored, hits


def check_settings(
    k_small: int,
    k_large: int,
    small: float,
    large: float,
    first: int,
    most: int,
    confidence_level: float,
) -> None:
    """Refuse settings out of range, naming what is allowed."""
    if not 1 <= k_small < k_large:
        raise UsageError(f"k_small={k_small}, k_large={k_large}; allowed: 1 <= k_small < k_large")
    if not 0 < small <= large < 1:
        raise UsageError(f"small={small}, large={large}; allowed: 0 < small <= large < 1")
    if not 1 <= first <= most:
        raise UsageError(f"first={first}, most={most}; allowed: 1 <= first <= most")
    if not 0 < confidence_level < 1:
        raise UsageError(f"confidence_level is {confidence_level}; allowed: inside (0, 1)")


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
