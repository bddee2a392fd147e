"""Probe: a base's counts in, the verdict before training out.

The rule (arXiv 2504.13837's practical reading): a large gap between pass@2 and pass@20 is what
RLVR can turn into answers found at once; a small gap means that there is nothing to find, because
everything is found already (saturated) or nothing is (out of reach).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.alone.sampling_alone import NOT_AT_HAND, SamplingAlone, alone
from passgap.analysis.alone.voting import Answers
from passgap.analysis.inputs import Interval
from passgap.analysis.luck import Luck, luck_of, withheld
from passgap.analysis.probe.extrapolation import extrapolation, forecast_curve
from passgap.analysis.verdicts import Headroom, probe_verdict
from passgap.data.counts import Counts
from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict
from passgap.stats import (
    binomial_upper,
    fit_mixture,
    fixed_interval,
    mean_curve,
    mean_interval,
    mixed_at_g,
    pass_at_k,
)

GROUPS = (4, 8, 16, 32, 64)
DELTAS = (1, 2, 3, 4)
FEW_PROBLEMS = 72
SECOND = (1, 4)
CAVEAT = (
    "the forecast is what moving every logit by delta would give (pure sharpening); its interval "
    "is that of the base's difficulty distribution, not of what training will do"
)


@dataclass(frozen=True)
class Probe(Displayed):
    """The verdict before training with everything it rests on; print it, or take ``to_dict()``."""

    verdict: Verdict
    settings: Mapping[str, Any]
    problems: int
    draws: int
    unscored: int
    curve: Curve
    headroom: Estimate
    signal: tuple[tuple[int, Estimate], ...]
    forecast: tuple[tuple[float, Curve], ...]
    shares: Mapping[str, Estimate]
    never_solved: Mapping[str, Any]
    second_predictor: Mapping[str, Any]
    extrapolation: tuple[Mapping[str, Any], ...]
    luck: Luck | None
    reasoned: Curve | None
    answered: Mapping[str, float | None] | None
    histogram: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    sampling_alone: SamplingAlone | None = None

    def to_dict(self) -> dict[str, Any]:
        """By JSON names; what is not computable is null, and a note says why."""
        ks = {name: self.settings[name] for name in ("k_small", "k_large")}
        return {
            "schema": "passgap.probe/1",
            "verdict": self.verdict.to_dict(),
            "settings": dict(self.settings),
            "problems": self.problems,
            "draws": self.draws,
            "unscored": self.unscored,
            "curve": self.curve.rows(),
            "headroom": ks | inputs.interval_dict(self.headroom),
            "signal": [{"group_size": g} | inputs.interval_dict(e) for g, e in self.signal],
            "forecast": [{"delta": d, "curve": c.rows()} for d, c in self.forecast],
            "shares": {name: inputs.interval_dict(e) for name, e in self.shares.items()},
            "never_solved": dict(self.never_solved),
            "second_predictor": dict(self.second_predictor),
            "extrapolation": [dict(row) for row in self.extrapolation],
            "luck": None if self.luck is None else self.luck.to_dict(),
            "reasoned": None if self.reasoned is None else {"curve": self.reasoned.rows()},
            "answered": None if self.answered is None else dict(self.answered),
            "histogram": [dict(row) for row in self.histogram],
            "notes": list(self.notes),
            "sampling_alone": self.sampling_alone and self.sampling_alone.to_dict(),
        }

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems, {self.draws:,} draws)"]
        lines += inputs.reasons(self.verdict)
        lines += ["  k      pass@k  95 %"]
        for row in self.curve.rows():
            low, high = row["low"], row["high"]
            interval = "" if low is None else f"{low:.3f} to {high:.3f}"
            lines.append(f"  {row['k']:<6} {row['value']:.3f}   {interval}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def probe(
    counts: Counts,
    *,
    k_small: int = 2,
    k_large: int = inputs.K_LARGE,
    small: float = 0.05,
    large: float = 0.15,
    interval: Interval = "population",
    beyond: Sequence[int] = (),
    false_positive_rate: float | None = None,
    accept_luck: bool = False,
    accept_unscored: bool = False,
    seed: int = 0,
    answers: Sequence[Answers] = (),
) -> Probe:
    """Say whether RLVR can pay on this base, on problems like these.

    Parameters
    ----------
    counts
        The base's counts; n >= k_large for every problem, design ``fixed``.
    k_small, k_large
        The headroom is pass@k_large - pass@k_small.
    small, large
        A headroom whose interval lies below ``small`` is small, above ``large`` large. The
        defaults separate the literature's pairs; they are conventions, not constants of nature.
    interval
        ``population``: the problems are a sample of those one cares about. ``fixed``: these very
        problems are the target.
    beyond
        k above n to extrapolate to, at most 100 n; labelled as extrapolation.
    false_positive_rate
        Chance that the verifier takes a wrong draw for right, stated where it cannot be measured;
        None takes the counts' own guess rates.
    accept_luck
        Give a verdict although guessing explains most of pass@k_large.
    accept_unscored
        Give a verdict although more than 2 % of the draws are unscored.
    seed
        Of the bootstrap behind the simultaneous band.
    answers
        What this run's draws said, and those of the base's runs at other settings: for what
        sampling alone gives.

    Raises
    ------
    UsageError
        For k, thresholds or counts that do not allow it.
    """
    _check(k_small, k_large, small, large)
    inputs.check_interval(interval)
    inputs.check_counts(counts, k_large, accept_unscored=accept_unscored)
    least = int(counts.n.min())
    ks = inputs.listed_ks(least, k_small, k_large)
    interval, notes = _effective(counts, k_large, interval)
    room = _headroom(counts, k_small, k_large, interval)
    mixture = fit_mixture(counts.n, counts.c)
    luck = luck_of(counts, ks, k_large, false_positive_rate, seed)
    verdict = probe_verdict(room, small, large, len(counts))
    if verdict.label != "out_of_reach":
        verdict = withheld(verdict, {"base": luck}, k_large, "undecided", accept_luck)
    return Probe(
        verdict=verdict,
        settings={
            "k_small": k_small,
            "k_large": k_large,
            "small": small,
            "large": large,
            "interval": interval,
            "confidence_level": 0.95,
            "false_positive_rate": false_positive_rate,
            "accept_luck": accept_luck,
            "seed": seed,
        },
        problems=len(counts),
        draws=int(counts.n.sum() + counts.unscored.sum()),
        unscored=int(counts.unscored.sum()),
        curve=inputs.curve_of(counts, ks, interval, seed),
        headroom=room.gap,
        signal=tuple(
            (g, mean_interval(mixed_at_g(counts.n, counts.c, g))) for g in GROUPS if g <= least
        ),
        forecast=tuple(
            (float(delta), forecast_curve(counts, mixture, delta, ks)) for delta in DELTAS
        ),
        shares={
            "mastered": inputs.share(counts.c == counts.n),
            "never_solved": inputs.share(counts.c == 0),
        },
        never_solved=_never_solved(counts),
        second_predictor=_second_predictor(counts),
        extrapolation=tuple(extrapolation(counts, mixture, list(beyond))),
        luck=luck,
        reasoned=_reasoned(counts, ks, seed),
        answered=_answered(counts, k_small),
        histogram=tuple(inputs.histogram(base=counts)),
        notes=(
            *notes,
            CAVEAT,
            *_unscored_notes(counts, k_small, k_large),
            *(() if answers else (NOT_AT_HAND,)),
        ),
        sampling_alone=alone(answers, seed=seed) if answers else None,
    )


def _check(k_small: int, k_large: int, small: float, large: float) -> None:
    if not 1 <= k_small < k_large:
        raise UsageError(f"k_small={k_small}, k_large={k_large}; allowed: 1 <= k_small < k_large")
    if not 0 < small <= large < 1:
        raise UsageError(f"small={small}, large={large}; allowed: 0 < small <= large < 1")


def _effective(
    counts: Counts, k_large: int, interval: Interval
) -> tuple[Interval, tuple[str, ...]]:
    """The interval that is used: few problems say little of others, and much of themselves."""
    enough_draws = 2 * k_large <= counts.n.min()
    if interval == "fixed" and not enough_draws:
        raise UsageError(
            f"k_large={k_large} with n={counts.n.min()}: the fixed interval needs n >= 2 k; "
            f"sample {2 * k_large} draws a problem, or take --interval population"
        )
    if interval == "fixed" or len(counts) >= FEW_PROBLEMS:
        return interval, ()
    few = f"fewer than {FEW_PROBLEMS} problems are too few to speak of others like them"
    if enough_draws:
        return "fixed", (
            f"{few}: the verdict, the curve and their intervals are of these very problems "
            "(--interval fixed)",
        )
    return interval, (
        f"{few}, and {int(counts.n.min())} draws too few to speak of these very problems "
        f"(--interval fixed needs {2 * k_large}): the intervals are wide",
    )


def _headroom(counts: Counts, k_small: int, k_large: int, interval: Interval) -> Headroom:
    fixed = interval == "fixed"
    at_small, at_large = _end(counts, k_small, fixed), _end(counts, k_large, fixed)
    return Headroom(
        k_small,
        k_large,
        _fixed_gap(at_small, at_large) if fixed else _population_gap(counts, k_small, k_large),
        at_small,
        at_large,
        mastered=float(np.mean(counts.c == counts.n)),
        never_solved=float(np.mean(counts.c == 0)),
        draws=int(counts.n.min()) if fixed else None,
    )


def _end(counts: Counts, k: int, fixed: bool) -> Estimate:
    if fixed:
        return fixed_interval(counts.n, counts.c, k)
    return mean_interval(pass_at_k(counts.n, counts.c, k))


def _population_gap(counts: Counts, k_small: int, k_large: int) -> Estimate:
    both = pass_at_k(counts.n, counts.c, [k_small, k_large])
    return mean_interval(both[:, 1] - both[:, 0])


def _fixed_gap(at_small: Estimate, at_large: Estimate) -> Estimate:
    """The gap of two ends drawn from the same completions: their reaches add (conservative)."""
    value = at_large.value - at_small.value
    below = (at_large.value - at_large.low) + (at_small.high - at_small.value)
    above = (at_large.high - at_large.value) + (at_small.value - at_small.low)
    low, high = max(0.0, value - below), min(1.0, value + above)
    if at_large.value == 0:  # nothing solved: the gap is at most pass@k_large itself
        high = at_large.high
    return Estimate(value, low, high, method="fixed problems, reaches added")


def _never_solved(counts: Counts) -> dict[str, Any]:
    """Problems without a correct draw, and what that leaves possible (95 % upper bounds)."""
    zero = counts.c == 0
    draws = counts.n[zero]
    return {
        "problems": int(zero.sum()),
        "p_upper_each": binomial_upper(0, int(draws.min())) if draws.size else None,
        "p_upper_mean": binomial_upper(0, int(draws.sum())) if draws.size else None,
    }


def _second_predictor(counts: Counts) -> dict[str, Any]:
    """pass@4 - pass@1, which follows the gain in pass@1 more closely in the literature's pairs."""
    small, large = SECOND
    ks: dict[str, Any] = {"k_small": small, "k_large": large}
    if counts.n.min() < large:
        return ks | inputs.interval_dict(Estimate(np.nan, np.nan, np.nan))
    both = pass_at_k(counts.n, counts.c, list(SECOND))
    return ks | inputs.interval_dict(mean_interval(both[:, 1] - both[:, 0]))


def _reasoned(counts: Counts, ks: list[int], seed: int) -> Curve | None:
    """CoT-pass@k: only draws whose reasoning was found right count (arXiv 2506.14245)."""
    if counts.c_reasoned is None:
        return None
    return mean_curve(pass_at_k(counts.n, counts.c_reasoned, ks), ks, seed=seed)


def _answered(counts: Counts, k: int) -> Mapping[str, float | None] | None:
    shares = inputs.answered_shares(counts)
    if shares is None:
        return None
    n = inputs.answered_n(counts)
    enough = n >= k
    passes = pass_at_k(n[enough], counts.c[enough], k) if enough.any() else np.array([np.nan])
    value = float(passes.mean())
    return shares | {
        "pass_at_k_small": value if np.isfinite(value) else None,
        "problems_left_out": float(np.sum(~enough)),
    }


def _unscored_notes(counts: Counts, k_small: int, k_large: int) -> tuple[str, ...]:
    if not counts.unscored.any():
        return ()
    n = counts.n + counts.unscored
    gaps = []
    for c in (counts.c, counts.c + counts.unscored):
        both = pass_at_k(n, c, [k_small, k_large]).mean(axis=0)
        gaps.append(both[1] - both[0])
    return (
        f"{int(counts.unscored.sum())} draws are unscored: the headroom is {gaps[0]:.3f} if all of "
        f"them are wrong and {gaps[1]:.3f} if all are right",
    )
