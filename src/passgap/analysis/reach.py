"""Reach: could the base have done it? In: counts, importance weights. Out: certified bounds.

For every problem that the trained policy solves and the base never did, the trained policy's own
correct completions bound the base's success probability from below (`betting_lower_bound`), and
the base's failures bound it from above. These problems were picked by looking at the same data:
the level of each bound is corrected for it (false coverage rate, Benjamini and Yekutieli 2005: the
share of problems picked times alpha), so that of all bounds shown at most alpha are expected wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from passgap.analysis.compare.pairing import paired
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.labels import ReachLabel
from passgap.results.reach import (
    Amplification,
    Calibration,
    Class,
    Classes,
    Perplexity,
    RareMass,
    Reach,
    ReachedWith,
    ReachRow,
)
from passgap.results.settings import ReachSettings
from passgap.results.verdict import Verdict
from passgap.stats import (
    betting_lower_bound,
    binomial_upper,
    effective_sample_size,
    mean_interval,
)

DEFAULTS = ReachSettings()


def reach(
    base: Counts,
    trained: Counts,
    log_ratios: Mapping[str, FloatArray],
    settings: ReachSettings = DEFAULTS,
    *,
    epsilon: float = 0.0,
) -> Reach:
    """Bound the base's success probability on the problems that only the trained policy solved.

    Parameters
    ----------
    base, trained
        Counts on the same problems, of fixed design.
    log_ratios
        For each problem id the ``log pi_B(y) - log pi_T(y)`` (nats) of the trained policy's correct
        completions y, both under the sampling settings; every problem with correct ones has one.
    settings
        How many tries the base is given.
    epsilon
        Numerical error of a log-ratio, nats: bounds are lowered by ``exp(-epsilon)``.

    Raises
    ------
    UsageError
        For settings out of range, or a problem without its log-ratios.
    MismatchError
        As in `passgap.compare`.
    """
    check_settings(settings, epsilon)
    base, trained = paired(base, trained, intersect=False, allow_different_prompts=False)
    missing = [i for i, c in zip(trained.problem_id, trained.c, strict=True)
               if c and len(log_ratios.get(i, ())) != c]  # fmt: skip
    if missing:
        raise UsageError(
            f"problem {missing[0]} has {trained.c[trained.problem_id.index(missing[0])]} correct "
            f"completions and {len(log_ratios.get(missing[0], ()))} log-ratios; needed: one "
            "log-ratio per correct completion"
        )
    gained = np.flatnonzero((base.c == 0) & (trained.c > 0) & (base.n > 0))
    alpha = (1 - settings.confidence_level) * max(1, len(gained)) / len(base)
    level = 1 - alpha / 2
    rows = tuple(
        _row(base, trained, i, log_ratios, epsilon, settings.budget, level) for i in gained.tolist()
    )
    calibration = _calibration(base, trained, log_ratios, epsilon, settings.confidence_level)
    return Reach(
        verdict=_verdict(rows, settings.budget),
        settings=ReachedWith(
            settings.budget, settings.confidence_level, level_of_each_bound=level, epsilon=epsilon
        ),
        problems=len(base),
        rows=tuple(sorted(rows, key=lambda row: -row.low)),
        calibration=calibration,
        notes=_notes(rows, calibration),
    )


def check_settings(settings: ReachSettings, epsilon: float = 0.0) -> None:
    """Refuse settings of `reach` out of range.

    Raises
    ------
    UsageError
    """
    budget, confidence_level = settings.budget, settings.confidence_level
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
    label: Class = (
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
) -> Calibration:
    """The same bound where the base did solve the problem, checked against the base's draws."""
    both = np.flatnonzero((base.c > 0) & (trained.c > 0)).tolist()
    level = 1 - (1 - confidence_level) / 2
    shares, contradicted = [], 0
    for i in both:
        ratios = np.asarray(log_ratios[base.problem_id[i]], float) - epsilon
        draws = int(trained.n[i] + trained.unscored[i])
        low = math.exp(betting_lower_bound(ratios, draws=draws, confidence_level=level))
        contradicted += low > binomial_upper(int(base.c[i]), int(base.n[i]), level)
        shares.append(low / (base.c[i] / base.n[i]))
    return Calibration(
        problems=len(both),
        contradicted=int(contradicted),
        expected_at_most=(1 - confidence_level) * len(both),
        median_share_of_rate=float(np.median(shares)) if shares else None,
    )


def _verdict(rows: Sequence[ReachRow], budget: int) -> Verdict:
    if not rows:
        return Verdict(
            ReachLabel.NOTHING_GAINED,
            ("the base solved every problem that the trained policy solved",),
        )
    found = Classes.of(rows)
    reasons = (
        f"of {len(rows)} problems that only the trained policy solved, the base reaches "
        f"{found.reachable} within {budget:,} samples (certified), {found.beyond_budget} are "
        f"certified to need more, and {found.undecided} are undecided",
    )
    needs = ""
    if found.undecided:
        level_zeros = math.ceil(3.7 * budget)
        needs = (
            "to decide the undecided ones: more samples of the trained policy raise the lower "
            f"bound; about {level_zeros:,} failures of the base in a row would show one to be "
            "beyond reach"
        )
    if found.reachable and found.beyond_budget:
        label = ReachLabel.MIXED
    elif 2 * found.reachable >= len(rows):
        label = ReachLabel.WITHIN_REACH
    elif 2 * found.beyond_budget >= len(rows):
        label = ReachLabel.BEYOND_REACH
    else:
        label = ReachLabel.UNDECIDED
    return Verdict(label, reasons, needs)


def _notes(rows: Sequence[ReachRow], calibration: Calibration) -> tuple[str, ...]:
    notes = []
    if calibration.contradicted > max(2.0, 2 * calibration.expected_at_most):
        notes.append(
            f"on {calibration.contradicted} of {calibration.problems} problems that the base "
            "solved, the lower bound contradicts its samples: the scored policy is not the one "
            "that was sampled, or the settings differ; do not trust these bounds"
        )
    crossed = sum(row.low > row.high for row in rows)
    if crossed:
        notes.append(f"on {crossed} of the gained problems the lower bound is above the upper one")
    return tuple(notes)


# -- what else the cross log-probabilities show


def amplification(log_gains: Mapping[str, FloatArray]) -> Amplification:
    """How much training amplified the base's own correct completions.

    Parameters
    ----------
    log_gains
        For each problem id, ``log pi_T(y) - log pi_B(y)`` of the base's correct completions y.
    """
    groups = [np.asarray(g, float) for g in log_gains.values() if len(g)]
    finite = [g[np.isfinite(g)] for g in groups]
    means = [float(g.mean()) for g in finite if len(g)]
    shares = [float(np.mean(g > 0)) for g in groups]
    return Amplification(
        problems=len(groups),
        completions=sum(len(g) for g in groups),
        impossible_now=int(sum(np.sum(~np.isfinite(g)) for g in groups)),
        mean_log_gain=_mean(means, bounded=False),
        amplified_share=_mean(shares),
    )


def rare_mass(
    base_draws: Mapping[str, FloatArray], trained_draws: Mapping[str, FloatArray], budget: int
) -> RareMass:
    """The share of each policy's completions that the base gives less than 1/budget.

    Both arguments contain ``log pi_B(y)`` of every completion y, by problem id. Any single long
    completion is rare under any policy: compare the trained policy's share with the base's own.
    """
    edge = -math.log(budget)

    def share(draws: Mapping[str, FloatArray]) -> Estimate:
        return _mean([float(np.mean(np.asarray(v) < edge)) for v in draws.values() if len(v)])

    return RareMass(budget, share(base_draws), share(trained_draws))


def perplexity(
    texts: str, under: str, logprobs: Sequence[float], tokens: Sequence[int]
) -> Perplexity:
    """Per-token perplexity ``exp(-log p / tokens)``: quartiles over completions (2504.13837)."""
    values = np.exp(-np.asarray(logprobs, float) / np.maximum(np.asarray(tokens), 1))
    quartiles = np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")
    return Perplexity(texts, under, len(values), *map(float, quartiles))


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
