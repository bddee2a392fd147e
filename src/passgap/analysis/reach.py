"""Reach: could the base have done it? Counts and importance weights in, certified bounds out.

For every problem that the trained policy solves and the base never did, the trained policy's own
correct completions bound the base's success probability from below (`betting_lower_bound`), and
the base's failures bound it from above. These problems were picked by looking at the same data:
the level of each bound is corrected for it (false coverage rate, Benjamini and Yekutieli 2005: the
share of problems picked times alpha), so that of all bounds shown at most alpha are expected wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.compare.pairing import paired
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.labels import ReachLabel
from passgap.results.verdict import Verdict
from passgap.stats import (
    betting_lower_bound,
    binomial_upper,
    effective_sample_size,
    mean_interval,
)

CLASSES = ("reachable", "beyond_budget", "undecided")


@dataclass(frozen=True)
class ReachRow:
    """One problem: bounds on the base's success probability, from both sides."""

    problem_id: str
    base_n: int
    trained_n: int
    trained_c: int
    low: float
    high: float
    effective_sample_size: float
    label: str

    def to_dict(self) -> dict[str, Any]:
        needed = math.log(2) / self.low if self.low > 0 else None
        return {
            "problem_id": self.problem_id,
            "base_n": self.base_n,
            "trained_n": self.trained_n,
            "trained_c": self.trained_c,
            "low": self.low,
            "high": self.high,
            "effective_sample_size": self.effective_sample_size,
            "class": self.label,
            "base_needs_at_most": needed,
        }


@dataclass(frozen=True)
class Reach(Displayed):
    """Whether the base could have solved what only the trained policy did."""

    verdict: Verdict
    settings: Mapping[str, Any]
    problems: int
    rows: tuple[ReachRow, ...]
    calibration: Mapping[str, Any]
    sections: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def classes(self) -> dict[str, int]:
        """How many of the gained problems are in each class."""
        return {name: sum(row.label == name for row in self.rows) for name in CLASSES}

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": "passgap.reach/1",
            "verdict": self.verdict.to_dict(),
            "settings": dict(self.settings),
            "problems": self.problems,
            "gained": len(self.rows),
            "classes": self.classes(),
            "rows": [row.to_dict() for row in self.rows],
            "calibration": dict(self.calibration),
            **self.sections,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems, {len(self.rows)} gained)"]
        lines += self.verdict.lines()
        for row in self.rows:
            lines.append(
                f"  {row.problem_id}  {row.label:<13} {row.low:.2g} to {row.high:.2g}  "
                f"(trained {row.trained_c} of {row.trained_n}, base 0 of {row.base_n})"
            )
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def reach(
    base: Counts,
    trained: Counts,
    log_ratios: Mapping[str, FloatArray],
    *,
    epsilon: float = 0.0,
    budget: int = 10_000,
    confidence_level: float = 0.95,
    sections: Mapping[str, Any] | None = None,
) -> Reach:
    """Bound the base's success probability on the problems that only the trained policy solved.

    Parameters
    ----------
    base, trained
        Counts on the same problems, of fixed design.
    log_ratios
        For each problem id the ``log pi_B(y) - log pi_T(y)`` (nats) of the trained policy's correct
        completions y, both under the sampling settings; every problem with correct ones has one.
    epsilon
        Numerical error of a log-ratio, nats: bounds are lowered by ``exp(-epsilon)``.
    budget
        Draws a problem that still count as reachable.
    confidence_level
        Of each interval, after the correction for having picked these problems.
    sections
        Further results to show with it, by JSON name (`amplification`, `perplexity`, ...).

    Raises
    ------
    UsageError
        For settings out of range, or a problem without its log-ratios.
    MismatchError
        As in `passgap.compare`.
    """
    check_settings(epsilon, budget, confidence_level)
    base, trained = paired(base, trained, intersect=False, allow_different_prompts=False)
    missing = [i for i, c in zip(trained.problem_id, trained.c, strict=True)
               if c and len(log_ratios.get(i, ())) != c]  # fmt: skip
    if missing:
        raise UsageError(
            f"problem {missing[0]} has {trained.c[trained.problem_id.index(missing[0])]} correct "
            f"completions and {len(log_ratios.get(missing[0], ()))} log-ratios; needed: one each"
        )
    gained = np.flatnonzero((base.c == 0) & (trained.c > 0) & (base.n > 0))
    alpha = (1 - confidence_level) * max(1, len(gained)) / len(base)
    level = 1 - alpha / 2
    rows = tuple(
        _row(base, trained, i, log_ratios, epsilon, budget, level) for i in gained.tolist()
    )
    calibration = _calibration(base, trained, log_ratios, epsilon, confidence_level)
    settings = {
        "budget": budget,
        "confidence_level": confidence_level,
        "level_of_each_bound": level,
        "epsilon": epsilon,
    }
    return Reach(
        verdict=_verdict(rows, budget),
        settings=settings,
        problems=len(base),
        rows=tuple(sorted(rows, key=lambda row: -row.low)),
        calibration=calibration,
        sections=dict(sections or {}),
        notes=_notes(rows, calibration),
    )


def check_settings(
    epsilon: float = 0.0, budget: int = 10_000, confidence_level: float = 0.95
) -> None:
    """Refuse settings of `reach` out of range.

    Raises
    ------
    UsageError
    """
    if not (math.isfinite(epsilon) and epsilon >= 0):
        raise UsageError(f"epsilon is {epsilon}; allowed: a finite number >= 0 (nats)")
    if budget < 2:
        raise UsageError(f"budget is {budget}; allowed: an integer >= 2")
    if not 0 < confidence_level < 1:
        raise UsageError(f"confidence_level is {confidence_level}; allowed: inside (0, 1)")


def _row(
    base: Counts,
    trained: Counts,
    i: int,
    log_ratios: Mapping[str, FloatArray],
    epsilon: float,
    budget: int,
    level: float,
) -> ReachRow:
    problem_id = base.problem_id[i]
    ratios = np.asarray(log_ratios[problem_id], float) - epsilon
    draws = int(trained.n[i] + trained.unscored[i])
    low = math.exp(betting_lower_bound(ratios, draws=draws, confidence_level=level))
    high = binomial_upper(0, int(base.n[i]), level)
    label = (
        "reachable" if low >= 1 / budget else "beyond_budget" if high < 1 / budget else "undecided"
    )
    return ReachRow(
        problem_id=problem_id,
        base_n=int(base.n[i]),
        trained_n=int(trained.n[i]),
        trained_c=int(trained.c[i]),
        low=low,
        high=high,
        effective_sample_size=effective_sample_size(ratios),
        label=label,
    )


def _calibration(
    base: Counts,
    trained: Counts,
    log_ratios: Mapping[str, FloatArray],
    epsilon: float,
    confidence_level: float,
) -> dict[str, Any]:
    """The same bound where the base did solve the problem, against what the base's draws say."""
    both = np.flatnonzero((base.c > 0) & (trained.c > 0)).tolist()
    level = 1 - (1 - confidence_level) / 2
    shares, contradicted = [], 0
    for i in both:
        ratios = np.asarray(log_ratios[base.problem_id[i]], float) - epsilon
        draws = int(trained.n[i] + trained.unscored[i])
        low = math.exp(betting_lower_bound(ratios, draws=draws, confidence_level=level))
        contradicted += low > binomial_upper(int(base.c[i]), int(base.n[i]), level)
        shares.append(low / (base.c[i] / base.n[i]))
    return {
        "problems": len(both),
        "contradicted": contradicted,
        "expected_at_most": (1 - confidence_level) * len(both),
        "median_share_of_rate": float(np.median(shares)) if shares else None,
    }


def _verdict(rows: Sequence[ReachRow], budget: int) -> Verdict:
    if not rows:
        return Verdict(
            ReachLabel.NOTHING_GAINED, ("every problem the trained solved, the base solved too",)
        )
    count = {name: sum(row.label == name for row in rows) for name in CLASSES}
    reasons = (
        f"of {len(rows)} problems that only the trained policy solved, the base reaches "
        f"{count['reachable']} within {budget:,} draws (certified), {count['beyond_budget']} are "
        f"certified beyond, {count['undecided']} undecided",
    )
    needs = ""
    if count["undecided"]:
        level_zeros = math.ceil(3.7 * budget)
        needs = (
            f"to place the undecided ones: more draws of the trained policy raise the lower "
            f"bound; about {level_zeros:,} failures of the base in a row would put one beyond"
        )
    if count["reachable"] and count["beyond_budget"]:
        label = ReachLabel.MIXED
    elif 2 * count["reachable"] >= len(rows):
        label = ReachLabel.WITHIN_REACH
    elif 2 * count["beyond_budget"] >= len(rows):
        label = ReachLabel.BEYOND_REACH
    else:
        label = ReachLabel.UNDECIDED
    return Verdict(label, reasons, needs)


def _notes(rows: Sequence[ReachRow], calibration: Mapping[str, Any]) -> tuple[str, ...]:
    notes = []
    if calibration["contradicted"] > max(2.0, 2 * calibration["expected_at_most"]):
        notes.append(
            f"on {calibration['contradicted']} of {calibration['problems']} problems that the base "
            "solved, the bound is above what its draws allow: the scored policy is not the one "
            "that was sampled, or other settings were used; do not trust these bounds"
        )
    crossed = sum(row.low > row.high for row in rows)
    if crossed:
        notes.append(f"on {crossed} gained problems the lower bound is above the upper one")
    return tuple(notes)


# -- what else the cross log-probabilities tell


def amplification(log_gains: Mapping[str, FloatArray]) -> dict[str, Any]:
    """How much training amplified the base's own correct completions.

    Parameters
    ----------
    log_gains
        For each problem id, ``log pi_T(y) - log pi_B(y)`` of the base's correct completions y.

    Returns
    -------
    dict
        ``mean_log_gain`` and ``amplified_share`` (both means over problems with their intervals),
        ``problems``, ``completions``.
    """
    groups = [np.asarray(g, float) for g in log_gains.values() if len(g)]
    finite = [g[np.isfinite(g)] for g in groups]
    means = [float(g.mean()) for g in finite if len(g)]
    shares = [float(np.mean(g > 0)) for g in groups]
    return {
        "problems": len(groups),
        "completions": int(sum(len(g) for g in groups)),
        "impossible_now": int(sum(np.sum(~np.isfinite(g)) for g in groups)),
        "mean_log_gain": inputs.interval_dict(_mean(means, bounded=False)),
        "amplified_share": inputs.interval_dict(_mean(shares)),
    }


def rare_mass(
    base_draws: Mapping[str, FloatArray], trained_draws: Mapping[str, FloatArray], budget: int
) -> dict[str, Any]:
    """The share of each policy's completions that the base gives less than 1/budget.

    Both arguments hold ``log pi_B(y)`` of every completion y, a problem id each. Long completions
    are rare one by one under any policy: read the trained's share against the base's own.
    """
    edge = -math.log(budget)

    def share(draws: Mapping[str, FloatArray]) -> dict[str, float | None]:
        means = [float(np.mean(np.asarray(v) < edge)) for v in draws.values() if len(v)]
        return inputs.interval_dict(_mean(means))

    return {"budget": budget, "base": share(base_draws), "trained": share(trained_draws)}


def perplexity(
    texts: str, under: str, logprobs: Sequence[float], tokens: Sequence[int]
) -> dict[str, Any]:
    """Per-token perplexity ``exp(-log p / tokens)``: quartiles over completions (2504.13837)."""
    values = np.exp(-np.asarray(logprobs, float) / np.maximum(np.asarray(tokens), 1))
    quartiles = [float(q) for q in np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")]
    names = ("quantile_25", "median", "quantile_75")
    return {"texts": texts, "under": under, "completions": len(values)} | dict(
        zip(names, [q if math.isfinite(q) else None for q in quartiles], strict=True)
    )


def _mean(values: Sequence[float], *, bounded: bool = True) -> Estimate:
    if len(values) < 2:
        value = float(values[0]) if values else math.nan
        return Estimate(value, math.nan, math.nan)
    array = np.asarray(values, float)
    if bounded:
        return mean_interval(array)
    half = 1.96 * float(array.std(ddof=1)) / math.sqrt(len(array))
    value = float(array.mean())
    return Estimate(value, value - half, value + half)
