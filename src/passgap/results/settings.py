"""The settings of every analysis, and the only place for their defaults.

Python's keywords and the command line's flags are these fields; no default is set elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from passgap.results.parts import Interval

Goal = Literal["headroom", "difference"]
K_SMALL, K_LARGE = 2, 20  # of the rule: pass@2 against pass@20
SMALL, LARGE = 0.05, 0.15  # of the rule, for this pair of k only


@dataclass(frozen=True)
class ProbeSettings:
    """How a base is probed; the defaults of Python and of the command line.

    Parameters
    ----------
    k_small, k_large
        The headroom is pass@k_large - pass@k_small; extrapolated where n < k_large.
    small, large
        A headroom whose interval lies below ``small`` is small, above ``large`` large. None: .05
        and .15, which separate the literature's pairs by pass@20 - pass@2. They apply to these two
        k only: with others both have to be given, or the verdict is ``undecided``.
    interval
        ``population`` or ``fixed`` (exactly these problems are the target). None: ``population``,
        and ``fixed`` where there are fewer than 72 problems with enough samples for it.
    beyond
        k above n to extrapolate to.
    false_positive_rate
        Chance that the verifier accepts a wrong draw, stated where it cannot be measured; None uses
        the counts' own guess rates.
    accept_luck, accept_unscored
        Lift a refusal.
    drop_short
        Leave out the problems with fewer than k_large scored draws, and name them.
    seed
        Seed of the bootstraps.
    """

    k_small: int = K_SMALL
    k_large: int = K_LARGE
    small: float | None = None
    large: float | None = None
    interval: Interval | None = None
    beyond: Sequence[int] = ()
    false_positive_rate: float | None = None
    accept_luck: bool = False
    accept_unscored: bool = False
    drop_short: bool = False
    seed: int = 0


@dataclass(frozen=True)
class AdaptiveSettings:
    """How a base is probed in rounds; ``first`` and ``most`` are draws per problem.

    ``small`` and ``large`` as in `ProbeSettings`; with other k than 2 and 20 both are needed.
    """

    k_small: int = K_SMALL
    k_large: int = K_LARGE
    small: float | None = None
    large: float | None = None
    first: int = 8
    most: int = 64
    confidence_level: float = 0.95


@dataclass(frozen=True)
class KeepSettings:
    """How the checkpoint to keep is found, in rounds.

    Parameters
    ----------
    k
        The best is that of the highest pass@k; at most ``first``.
    first, most
        Draws per problem of every checkpoint in the first round, and of those in the last; each
        round doubles them.
    seed
        Seed of the folds and bootstraps.
    accept_trained_on
        Choose on problems that the checkpoints were trained on.
    accept_unscored
        Choose even if more than 2% of a policy's draws are unscored.
    """

    k: int = 1
    first: int = 8
    most: int = 64
    seed: int = 0
    accept_trained_on: bool = False
    accept_unscored: bool = False


@dataclass(frozen=True)
class CompareSettings:
    """How two policies are compared; the defaults of Python and of the command line.

    Parameters
    ----------
    ks
        The k to list; None: powers of two and n. The verdict's two are always computed.
    margin
        Differences inside (-margin, +margin) count as none (equivalence).
    k_small, k_large
        The k that decide. ``k_large`` None: the largest power of two up to half the smallest n, or
        20 where that is below 20 and half of n is not; from 20 up, and below n, it can settle a
        verdict. A few unscored draws do not lower it as long as every problem has more than that
        many scored ones.
    interval
        ``population`` or ``fixed`` (exactly these problems are the target).
    budget
        Draws per problem that would still count as reachable, where a page shows `reach` too.
    max_odds
        The largest factor by which sharpening may multiply a problem's odds: gains that need more
        are new. Raised to three spreads where the odds moved unevenly.
    seed
        Seed of the bootstraps.
    intersect, allow_different_prompts, accept_luck, accept_unscored, accept_trained_on
        Lift a refusal; the result records it.
    drop_short
        Leave out the problems with fewer scored draws than the large k, and name them; the large k
        then follows from the draws that nine in ten problems have, scored or not.
    false_positive_rate
        Chance that the verifier accepts a wrong draw, stated where it cannot be measured; None uses
        the counts' own guess rates.
    """

    ks: Sequence[int] | None = None
    margin: float = 0.02
    k_small: int = 2
    k_large: int | None = None
    interval: Interval = "population"
    budget: int = 10_000
    max_odds: float = 32.0
    seed: int = 0
    intersect: bool = False
    allow_different_prompts: bool = False
    false_positive_rate: float | None = None
    accept_luck: bool = False
    accept_unscored: bool = False
    drop_short: bool = False
    accept_trained_on: bool = False


@dataclass(frozen=True)
class ReachSettings:
    """How many tries the base is given; the defaults of Python and of the command line.

    Parameters
    ----------
    budget
        Draws per problem that still count as reachable.
    confidence_level
        Confidence level of each interval, after the correction for having picked these problems.
    """

    budget: int = 10_000
    confidence_level: float = 0.95


@dataclass(frozen=True)
class PlanSettings:
    """What is claimed, and what is available; the defaults of Python and of the command line.

    Parameters
    ----------
    goal
        ``headroom``: the interval of pass@k_large - pass@k_small reaches ``half_width`` to each
        side. ``difference``: a trained policy that is the base tilted by ``delta`` is distinguished
        from it at k_large with the given ``power`` (its 95% interval is above 0), or, with
        ``margin`` and delta 0, shown equivalent to it within the margin.
    half_width
        Half the width of the 95% interval, in (0, 1); for ``headroom``.
    delta
        The tilt to detect; for ``difference``.
    power
        Chance that the claim succeeds, kept in nine of ten refits to the pilot; in (0, 1).
    margin
        For equivalence: an untrained copy (delta 0) passes with this power.
    problems
        The problems available: designs that need more are reported as not attainable.
    draws
        The n to consider; powers of two from k_large to 1024 by default.
    k_small, k_large
        The k of the claim; k_large is 20 for ``headroom`` and 64 for ``difference`` by default,
        the latter with n >= 128, twice that k.
    seeds, seed_spread
        For a ``difference`` that is to hold for a training recipe: the numbers of training seeds to
        consider, each >= 3 (3 to 10 by default), and the standard deviation of pass@k_large between
        seeds, in [0, 1). Without ``seed_spread`` the claim is about one trained policy.
    seed
        Seed of the resampled pilots.
    tokens, price
        Mean tokens per completion, and the price of a million, for the totals.
    """

    goal: Goal = "headroom"
    half_width: float | None = None
    delta: float | None = None
    power: float = 0.8
    margin: float | None = None
    problems: int | None = None
    draws: Sequence[int] = ()
    k_small: int = 2
    k_large: int | None = None
    seeds: Sequence[int] = ()
    seed_spread: float | None = None
    seed: int = 0
    tokens: float | None = None
    price: float | None = None


@dataclass(frozen=True)
class SelectSettings:
    """Which problems are chosen; the defaults of Python and of the command line.

    Parameters
    ----------
    low, high
        The band of p, 0 <= low < high <= 1. Without ``size`` they are .02 and .8 where not given;
        with ``size`` alone there is no band.
    size
        How many problems: 1 to all of them.
    group_size
        G of mixed@G: completions per prompt in a GRPO step, >= 2.
    seed
        Seed of the ties, the control and the intervals.
    """

    low: float | None = None
    high: float | None = None
    size: int | None = None
    group_size: int = 8
    seed: int = 0


@dataclass(frozen=True)
class WatchSettings:
    """How a training run is evaluated; the defaults of Python and of the command line.

    Parameters
    ----------
    group_size
        G; by default as recorded, else the most frequent number of completions of a group.
    every
        Recorded steps per row; by default as many as give at most 50 rows.
    window
        Steps that the early warnings use, at most half of those recorded.
    visits
        Last groups of a problem without a correct completion that make it lost.
    """

    group_size: int | None = None
    every: int | None = None
    window: int = 10
    visits: int = 2


@dataclass(frozen=True)
class AuditSettings:
    """Which completions are inspected; the defaults of Python and of the command line.

    Parameters
    ----------
    size
        Problems to inspect, one completion each.
    seed
        Seed of the choice.
    """

    size: int = 60
    seed: int = 0


@dataclass(frozen=True)
class BacktestSettings:
    """The settings of the rule; the defaults of Python and of the command line.

    Parameters
    ----------
    worth
        A gain in pass@1 above this counts as worth the training.
    cut
        The rule's stated cut; another is chosen leave-one-model-out for comparison.
    k_small, k_large
        The rule's headroom.
    seed
        Seed of the bootstrap over models behind the rank correlations' intervals.
    """

    worth: float = 0.07
    cut: float = 0.15
    k_small: int = 2
    k_large: int = K_LARGE
    seed: int = 0


@dataclass(frozen=True)
class ForecastSettings:
    """The training that is asked about; the defaults of Python and of the command line.

    Parameters
    ----------
    start
        What the policy was trained to be before RLVR: ``base``, ``instruct``, ``sft`` or
        ``distilled``. None: averaged over.
    off_domain
        Whether the problems are of another kind than those to be trained on. None: averaged over.
    recipe
        A recipe of your own pairs, whose effect the new run shares.
    worth
        A gain in pass@1 above this, as a share, is worth the training.
    gpu_hours, price
        GPU-hours of the training, and the price of one, in any currency.
    k_large
        The k of pass@k after training; the smallest n where that is lower.
    """

    start: str | None = None
    off_domain: bool | None = None
    recipe: str | None = None
    worth: float = 0.05
    gpu_hours: float | None = None
    price: float | None = None
    k_large: int = K_LARGE
