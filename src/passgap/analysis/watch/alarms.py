"""Early warnings of a training run. In: evidence. Out: findings.

Each rule compares intervals, never trends: training curves are autocorrelated, and trend tests on
them call a flat run a trend most of the time. The false-alarm rates below are for one look at the
run; frequent looks see a false alarm more often. Intervals are 95%, over problems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from passgap.analysis.watch.groups import (
    Groups,
    difference,
    level,
    mixed_share,
    share,
    spans,
    within,
)
from passgap.results.estimates import Estimate
from passgap.results.findings import Finding
from passgap.results.parts import At
from passgap.results.watching import CountedBy, StepZero

LEAST_MIXED = 0.1
LENGTH_FACTOR = 2.0
MUCH_CUT = 0.1


@dataclass(frozen=True)
class HeldOut:
    """pass@k on held-out problems at one step, by k."""

    step: int
    curve: Mapping[int, Estimate]


@dataclass(frozen=True)
class Windows:
    """The recorded steps that the rules look at.

    ``recent`` are the last ``steps`` (all, where there are fewer). ``first`` and ``last`` are as
    many, at most half of all, so that they do not overlap; None with a single step.
    """

    steps: int
    recent: Groups
    first: Groups | None
    last: Groups | None

    @classmethod
    def of(cls, groups: Groups, steps: int, counted_by: CountedBy = "trainer") -> Windows:
        each = spans(groups, 1, counted_by)
        end = each[-1][1]
        recent = within(groups, (each[-min(steps, len(each))][0], end))
        width = min(steps, len(each) // 2)
        if not width:
            return cls(steps, recent, None, None)
        first = within(groups, (each[0][0], each[width - 1][1]))
        return cls(steps, recent, first, within(groups, (each[-width][0], end)))


def nothing_scored(windows: Windows) -> Finding | None:
    """No completion of the last window was scored: a fact, without a false-alarm rate."""
    recent = windows.recent
    if recent.n.any():
        return None
    return Finding(
        "nothing_scored",
        "error",
        f"none of the {int(recent.completions.sum()):,} completions of {_steps(recent)} was scored",
        "the reward fails on every completion: call the reward function on one of them",
    )


def no_signal(windows: Windows, size: int) -> Finding | None:
    """Almost no group is mixed: the upper bound of their share is under ``LEAST_MIXED``.

    False alarms: at most 4.1% per look where the true share is ``LEAST_MIXED`` or more (exact, for
    20 to 2,000 groups of different problems); with fewer than about 35 groups it never fires.
    """
    recent = windows.recent
    estimate, _ = mixed_share(recent, size)
    if not estimate.high < LEAST_MIXED:
        return None
    scored = recent.take(np.flatnonzero(recent.n > 1))
    right, wrong = np.mean(scored.c == scored.n), np.mean(scored.c == 0)
    easy = right > wrong
    return Finding(
        "no_signal",
        "warning",
        f"{_shown(estimate)} of the groups of {_steps(recent)} are mixed ({right:.0%} all right, "
        f"{wrong:.0%} all wrong): only mixed groups give a gradient",
        f"the problems are too {'easy' if easy else 'hard'} for this policy: choose "
        f"{'harder' if easy else 'easier'} ones (passgap select), or sample larger groups",
    )


def forecast_missed(agreement: StepZero | None) -> Finding | None:
    """The first step's mixed share is not what the base's counts predict.

    The paired interval of observed minus forecast, one pair per problem, excludes 0; it includes
    both uncertainties. False alarms: at most 6.5% (simulated with p from Beta(.5, 2), G = 8, 64
    base draws, 1,000 each: 0.0, 0.1 and 2.9% with 8, 16 and 64 problems).
    """
    if agreement is None or agreement.agrees:
        return None
    observed, forecast = agreement.observed.value, agreement.forecast.value
    return Finding(
        "forecast_missed",
        "warning",
        f"at step 0, {observed:.1%} of the groups are mixed, but the base's counts predict "
        f"{forecast:.1%}",
        "training does not sample as the base was measured: compare prompt, chat template, "
        "temperature, max tokens, stop strings and the verifier",
    )


def coverage_falling(held_out: Sequence[HeldOut]) -> Finding | None:
    """Held-out pass@1 significantly up since the first measurement, and pass@K down.

    K is the largest k of both. Each claim needs the interval of the difference to exclude 0. False
    alarms: about 2.5% per look where coverage has not fallen, by the intervals; fewer in practice,
    since both measurements are of the same problems (`groups.difference`).
    """
    changes = since_first(held_out)
    if len(changes) < 2:
        return None
    (small, rise), (large, fall) = ((one.k, one.estimate) for one in (changes[0], changes[-1]))
    if not (rise.low > 0 and fall.high < 0):
        return None
    return Finding(
        "coverage_falling",
        "warning",
        f"since step {held_out[0].step} pass@{small} on held-out problems rose by "
        f"{100 * rise.value:.1f} points and pass@{large} fell by {-100 * fall.value:.1f} "
        f"({-100 * fall.high:.1f} to {-100 * fall.low:.1f})",
        "the policy is narrowing: stop here or return to an earlier checkpoint, or keep it "
        "closer to its base (a KL term, a lower learning rate, pass@k training)",
    )


def length_running_away(windows: Windows) -> Finding | None:
    """Completions of the last window over ``LENGTH_FACTOR`` times as long as at first.

    The lower end of the last interval is above the factor times the upper end of the first. False
    alarms: at most 2.5% per look where the mean length has grown by the factor or less, as far as
    Student's t holds for mean lengths of problems.
    """
    if windows.first is None or windows.last is None:
        return None
    first, last = (level(g.problem, g.token_sum, g.tokens) for g in (windows.first, windows.last))
    if not last.low > LENGTH_FACTOR * first.high:
        return None
    return Finding(
        "length_running_away",
        "warning",
        f"completions have {last.value:,.0f} tokens on average in {_steps(windows.last)} "
        f"({last.low:,.0f} to {last.high:,.0f}), against {first.value:,.0f} in "
        f"{_steps(windows.first)}",
        "read some of them: if the loss rewards needless length, use a length-neutral one "
        "(dr_grpo, dapo) or a penalty for overlong completions",
    )


def truncation_rising(windows: Windows) -> Finding | None:
    """More completions are cut off than at first, and significantly over ``MUCH_CUT`` of them.

    False alarms: at most 4.1% per look where truncation is ``MUCH_CUT`` or less (as `no_signal`),
    about 2.5% where it has not risen.
    """
    if windows.first is None or windows.last is None:
        return None
    first, last = (share(g.problem, g.cut, g.endings) for g in (windows.first, windows.last))
    if not (last.low > MUCH_CUT and difference(last, first).low > 0):
        return None
    return Finding(
        "truncation_rising",
        "warning",
        f"{_shown(last)} of the completions of {_steps(windows.last)} are cut off at the token "
        f"limit, against {first.value:.1%} in {_steps(windows.first)}",
        "allow more tokens, or exclude cut-off completions from the loss "
        "(mask_truncated_completions)",
    )


def since_first(held_out: Sequence[HeldOut]) -> list[At]:
    """pass@k now minus at the first measurement, at every k both have, smallest first."""
    curves = [one.curve for one in held_out if one.curve]
    if len(curves) < 2:
        return []
    first, last = curves[0], curves[-1]
    return [At(k, difference(last[k], first[k])) for k in sorted({*first} & {*last})]


def _steps(groups: Groups) -> str:
    low, high = int(groups.step[0]), int(groups.step[-1])
    return f"step {low}" if low == high else f"steps {low} to {high}"


def _shown(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"
