"""Early warnings from what the trainer itself logs: entropy, and how far its sampler is from it.

In: a number per logged step. Out: findings. As in `analysis.watch.alarms`, intervals are compared,
here over the steps of a window.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from passgap.analysis.watch.alarms import Windows, shown, steps_of
from passgap.analysis.watch.groups import NOTHING, share
from passgap.data.arrays import FloatArray
from passgap.results.estimates import Estimate
from passgap.results.findings import Finding
from passgap.stats import student_interval

ENTROPY_FACTOR = 1.5
ENTROPY_SPENT = 0.05
NEARLY_ALL = 0.9
MUCH_APART = 0.1  # nats
MUCH_OF_ENTROPY = 0.5


@dataclass(frozen=True)
class Logged:
    """What the trainer logged of each step, oldest first; nan where it did not say.

    ``entropy`` is the mean of a sampled token, ``logp_difference`` the mean distance of the
    log-probabilities that sampler and trainer give it, both in nats, of shape (steps,).
    """

    entropy: FloatArray
    logp_difference: FloatArray


NOTHING_LOGGED = Logged(np.empty(0), np.empty(0))


def entropy_rising(logged: Logged, steps: int) -> Finding | None:
    """The policy becomes random: tokens are over ``ENTROPY_FACTOR`` times as uncertain as at first.

    The lower end of the mean of the last ``steps`` logged steps is above the factor times the upper
    end of the first. False alarms: not known in general, since the steps of a window are not
    independent. In 18 healthy runs of the lab, entropy fell to .38 to .86 of that of the first
    steps. In 6 that were broken by their learning rate it rose 3- to 9-fold, but 3- to 7-fold
    within the first ten steps, which are those compared with: the warning was there in 1.
    """
    ends = _ends(logged.entropy, steps)
    if ends is None:
        return None
    first, last = ends
    if not last.low > ENTROPY_FACTOR * first.high:
        return None
    return Finding(
        "entropy_rising",
        "warning",
        f"the entropy of a token rose from {first.value:.3g} to {last.value:.3g} nats on average "
        f"({last.low:.3g} to {last.high:.3g})",
        "the policy becomes random: lower the learning rate or the entropy bonus, and return to an "
        "earlier checkpoint",
    )


def entropy_spent(logged: Logged, windows: Windows) -> Finding | None:
    """Almost nothing is left to explore, while problems remain unsolved.

    The upper end of the entropy of the last window is below ``ENTROPY_SPENT`` of the lower end of
    the first, and the share correct shown to be under ``NEARLY_ALL``. Where the reward follows
    ``b - a exp(entropy)`` (arXiv 2505.22617), nearly all of what training can gain is gained then.
    False alarms: as `entropy_rising`.
    """
    ends, recent = _ends(logged.entropy, windows.steps), windows.recent
    if ends is None:
        return None
    (first, last), solved = ends, share(recent.problem, recent.c, recent.n)
    if not (last.high < ENTROPY_SPENT * first.low and solved.high < NEARLY_ALL):
        return None
    return Finding(
        "entropy_spent",
        "warning",
        f"the entropy of a token fell from {first.value:.3g} to {last.value:.3g} nats on average, "
        f"while {shown(solved)} of the completions of {steps_of(recent)} are correct",
        "samples hardly differ any more, so what is not solved by now stays unsolved: stop here, "
        "or go back and keep entropy up (clip-higher, a KL term, a higher temperature)",
    )


def sampler_apart(logged: Logged, steps: int) -> Finding | None:
    """Completions are sampled from another policy than the one that is trained.

    The log-probabilities of sampler and trainer differ by more than ``MUCH_APART`` nats a token on
    average in the last ``steps`` logged steps, by the lower end of the interval; or by more than
    ``MUCH_OF_ENTROPY`` of the upper end of the entropy of a token, if that is logged: where most
    tokens are certain, no policy is ``MUCH_APART`` away from another on average. The first bound is
    that of slime's own tests; NeMo RL's are 1.05 to 1.1 on ``exp(difference)``. False alarms: those
    of the bounds, which another precision or a mixture of experts may reach without harm. On the
    lab (docs/results/alarms.md), a sampler in bfloat16 that was one step behind was below a tenth
    of the entropy.
    """
    apart, entropy = (_recent(one, steps) for one in (logged.logp_difference, logged.entropy))
    if not (apart.low > MUCH_APART or apart.low > MUCH_OF_ENTROPY * entropy.high):
        return None
    certain = f", where its entropy is {entropy.value:.2g}" if np.isfinite(entropy.value) else ""
    return Finding(
        "sampler_apart",
        "warning",
        f"sampler and trainer differ by {apart.value:.2g} nats a token on average "
        f"({apart.low:.2g} to {apart.high:.2g}){certain}",
        "check that the sampler gets the new weights after each step, and that temperature, "
        "precision and chat template are the same in both",
    )


def _recent(values: FloatArray, steps: int) -> Estimate:
    """The mean of the last known values; unknown under 2."""
    known = values[np.isfinite(values)][-steps:]
    return student_interval(known) if known.size > 1 else NOTHING


def _ends(values: FloatArray, steps: int) -> tuple[Estimate, Estimate] | None:
    """Means of the first and the last known values, at most half of them each; None under 4."""
    known = values[np.isfinite(values)]
    width = min(steps, len(known) // 2)
    if width < 2:
        return None
    return student_interval(known[:width]), student_interval(known[-width:])
