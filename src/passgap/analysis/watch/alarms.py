"""Early warnings of a training run. In: evidence. Out: findings.

Each rule compares intervals, never trends: training curves are autocorrelated, and trend tests on
them call a flat run a trend most of the time. The false-alarm rates below are for one look at the
run; frequent looks see a false alarm more often. Intervals are 95%, over problems.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
from passgap.data.arrays import IntArray
from passgap.results.estimates import Estimate
from passgap.results.findings import Finding
from passgap.results.parts import At
from passgap.results.watching import CountedBy, StepZero
from passgap.stats import paired_interval, pass_at_k, plausible_limits

WARNINGS = (
    "nothing_scored",
    "no_signal",
    "forecast_missed",
    "coverage_falling",
    "held_out_falling",
    "held_out_flat",
    "reward_apart",
    "groups_uneven",
    "length_running_away",
    "truncation_rising",
    "entropy_rising",
    "entropy_spent",
    "sampler_apart",
)
LEAST_MIXED = 0.1
LENGTH_FACTOR = 2.0
MUCH_CUT = 0.1
MUCH_UNEVEN = 0.1


NO_COUNTS = np.empty(0, np.int64)


@dataclass(frozen=True, eq=False)
class HeldOut:
    """pass@k on held-out problems at one step, by k.

    ``n`` and ``c`` are the scored and correct samples of each problem, always in the same order;
    empty where they were not recorded.
    """

    step: int
    curve: Mapping[int, Estimate]
    n: IntArray = field(default_factory=lambda: NO_COUNTS)
    c: IntArray = field(default_factory=lambda: NO_COUNTS)


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
        f"none of the {int(recent.completions.sum()):,} completions of {steps_of(recent)} was "
        "scored",
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
        f"{shown(estimate)} of the groups of {steps_of(recent)} are mixed ({right:.0%} all right, "
        f"{wrong:.0%} all wrong): only mixed groups give a gradient",
        f"the problems are too {'easy' if easy else 'hard'} for this policy: choose "
        f"{'harder' if easy else 'easier'} ones (passgap select), or sample larger groups",
    )


def forecast_missed(agreement: StepZero | None) -> Finding | None:
    """The first step is not what the base's counts predict: mixed groups, or correct completions.

    Draws of one policy would differ as much, in either, in less than 2% of all cases
    (`same_policy_p`): that is the rate of false alarms.
    """
    if agreement is None or agreement.agrees:
        return None
    observed, forecast = agreement.observed.value, agreement.forecast.value
    solved, by_base = agreement.solved.value, agreement.solved_by_base.value
    return Finding(
        "forecast_missed",
        "warning",
        f"at step 0, {observed:.1%} of the groups are mixed and {solved:.1%} of their completions "
        f"correct, but the base's counts predict {forecast:.1%} and {by_base:.1%}",
        "training does not sample as the base was measured: compare prompt, chat template, "
        "temperature, max tokens, stop strings and the verifier",
    )


def coverage_falling(held_out: Sequence[HeldOut]) -> Finding | None:
    """Held-out pass@1 significantly up since the first measurement, and pass@K down.

    K is the largest k of both. Each claim needs the interval of the difference to exclude 0. False
    alarms: about 2.5% per look where coverage has not fallen, by the intervals; fewer where counts
    per problem are not recorded (`groups.difference`).
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


def held_out_falling(held_out: Sequence[HeldOut]) -> Finding | None:
    """Held-out pass@k, at the smallest k, significantly below the first measurement.

    False alarms: about 2.5% per look where it has not fallen, by the interval; fewer where counts
    per problem are not recorded (`groups.difference`).
    """
    changes = since_first(held_out)
    if not changes or not changes[0].estimate.high < 0:
        return None
    fall = changes[0].estimate
    return Finding(
        "held_out_falling",
        "warning",
        f"since step {held_out[0].step} pass@{changes[0].k} on held-out problems fell by "
        f"{-100 * fall.value:.1f} points ({-100 * fall.high:.1f} to {-100 * fall.low:.1f})",
        "training makes the policy worse: the learning rate is too high, or the reward pays for "
        "something other than a correct answer; return to an earlier checkpoint",
    )


def held_out_flat(windows: Windows, held_out: Sequence[HeldOut]) -> Finding | None:
    """What is learned on the training problems does not carry over to held-out ones.

    The share correct in training rose from the first window to the last, and the upper end of the
    change of held-out pass@k, at the smallest k, is below half of the lower end of that rise. False
    alarms: at most 5% per look where held-out problems gain at least half as much, since one of the
    two ends has to be wrong.
    """
    changes = since_first(held_out)
    if windows.first is None or windows.last is None or not changes:
        return None
    first, last = (share(g.problem, g.c, g.n) for g in (windows.first, windows.last))
    rise, change = difference(last, first), changes[0].estimate
    if not _lags(change, rise):
        return None
    return Finding(
        "held_out_flat",
        "warning",
        f"the share correct on training problems rose by {100 * rise.value:.1f} points "
        f"({100 * rise.low:.1f} to {100 * rise.high:.1f}) since {steps_of(windows.first)}, and "
        f"pass@{changes[0].k} on held-out problems changed by {100 * change.value:+.1f} "
        f"({100 * change.low:+.1f} to {100 * change.high:+.1f})",
        "the policy memorizes, or the reward pays something that evaluation does not: train on "
        "more problems, and audit the reward on completions of both",
    )


def reward_apart(windows: Windows) -> Finding | None:
    """The reward rises and correctness does not: what is paid is something else.

    From the first window to the last, the mean reward rose, and the upper end of the change of the
    share correct is below half of the lower end of that rise. Only for rewards from 0 to 1, which
    are on the scale of shares. False alarms: at most 5% per look where the share correct rises at
    least half as much, since one of the two ends has to be wrong.
    """
    if windows.first is None or windows.last is None:
        return None
    both = (windows.first, windows.last)
    means = np.concatenate([g.reward_sum[g.rewards > 0] / g.rewards[g.rewards > 0] for g in both])
    if not means.size or means.min() < 0 or means.max() > 1:
        return None
    rise = difference(*(level(g.problem, g.reward_sum, g.rewards) for g in reversed(both)))
    change = difference(*(share(g.problem, g.c, g.n) for g in reversed(both)))
    if not _lags(change, rise):
        return None
    return Finding(
        "reward_apart",
        "warning",
        f"since {steps_of(windows.first)} the mean reward rose by {rise.value:.2f} "
        f"({rise.low:.2f} to {rise.high:.2f}), and the share correct changed by "
        f"{change.value:+.2f} ({change.low:+.2f} to {change.high:+.2f})",
        "read completions with a high reward: the reward pays for something other than a correct "
        "answer",
    )


def groups_uneven(windows: Windows, size: int | None) -> Finding | None:
    """More than ``MUCH_UNEVEN`` of the groups are no whole multiples of the group size, if known.

    False alarms: none where every group of a step is recorded; the last step, which may be
    incomplete, is left out.
    """
    recent = windows.recent
    before = recent.take(np.flatnonzero(recent.step < recent.step[-1]))
    if size is None or not len(before):
        return None
    uneven = float(np.mean(before.completions % size != 0))
    if uneven <= MUCH_UNEVEN:
        return None
    return Finding(
        "groups_uneven",
        "warning",
        f"{uneven:.0%} of the groups of {steps_of(before)} do not have {size} completions or a "
        "multiple of it",
        "check that problem_id belongs to its completion, that every completion is recorded, and "
        f"that the group size is {size}",
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
        f"completions have {last.value:,.0f} tokens on average in {steps_of(windows.last)} "
        f"({last.low:,.0f} to {last.high:,.0f}), against {first.value:,.0f} in "
        f"{steps_of(windows.first)}",
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
        f"{shown(last)} of the completions of {steps_of(windows.last)} are cut off at the token "
        f"limit, against {first.value:.1%} in {steps_of(windows.first)}",
        "allow more tokens, or exclude cut-off completions from the loss "
        "(mask_truncated_completions)",
    )


def _lags(change: Estimate, rise: Estimate) -> bool:
    """Whether there is a rise, and a change that is shown to be less than half of it."""
    return rise.low > 0 and change.high < rise.low / 2


def since_first(held_out: Sequence[HeldOut]) -> list[At]:
    """pass@k now minus at the first measurement, at every k both have, smallest first.

    Paired by problem where the counts are known, and otherwise from the two intervals.
    """
    measured = [one for one in held_out if one.curve]
    if len(measured) < 2:
        return []
    first, last = measured[0], measured[-1]
    ks = sorted({*first.curve} & {*last.curve})
    if first.n.size and first.n.size == last.n.size:
        return _paired(first, last, ks)
    return [At(k, difference(last.curve[k], first.curve[k])) for k in ks]


def _paired(first: HeldOut, last: HeldOut, ks: Sequence[int]) -> list[At]:
    """The change at each k, over the problems with enough samples in both for the largest."""
    enough = np.minimum(first.n, last.n) >= max(ks)
    if not enough.any():
        return []
    before, now = (pass_at_k(one.n[enough], one.c[enough], ks) for one in (first, last))
    low, high = plausible_limits(before, now)
    return [
        At(k, paired_interval(now[:, i] - before[:, i], limits=(low[i : i + 1], high[i : i + 1])))
        for i, k in enumerate(ks)
    ]


def steps_of(groups: Groups) -> str:
    """The steps of these groups in words."""
    low, high = int(groups.step[0]), int(groups.step[-1])
    return f"step {low}" if low == high else f"steps {low} to {high}"


def shown(estimate: Estimate) -> str:
    """A share with its interval."""
    return f"{estimate.value:.1%} ({estimate.low:.1%} to {estimate.high:.1%})"
