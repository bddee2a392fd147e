"""Several training seeds. In: counts of a base and of one trained policy per seed. Out: a claim
about the training recipe. One checkpoint is not a recipe: differences between seeds widen every
interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.compare import changes
from passgap.analysis.compare.comparison import DEFAULTS, compare
from passgap.analysis.compare.deciding import (
    Deciding,
    both_ends,
    decided,
    deciding,
    from_memory,
    only_population,
    unknown_training,
    without_short,
)
from passgap.analysis.compare.pairing import on_common_problems
from passgap.analysis.luck import luck_of_both, withheld
from passgap.analysis.verdicts import LEVEL, points
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.comparison import Comparison, Novel
from passgap.results.estimates import Curve, Estimate
from passgap.results.labels import CompareLabel
from passgap.results.parts import At
from passgap.results.seeds import SeedsComparison, TrainingSeed
from passgap.results.settings import CompareSettings
from passgap.results.verdict import Verdict
from passgap.stats import binomial_upper, paired_interval, pass_at_k, seeds_interval

LEAST_SEEDS = 3


def compare_seeds(
    base: Counts,
    trained: Sequence[Counts],
    settings: CompareSettings = DEFAULTS,
    *,
    trained_on: bool | None = None,
) -> SeedsComparison:
    """Say what a training recipe does, from policies that differ only in the training seed.

    Parameters
    ----------
    base
        Counts of the base.
    trained
        Counts of S >= 2 trained policies on the same problems.
    settings, trained_on
        As in `compare`; the interval is of a population.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`, for any of the policies; for fewer than two, or another interval.
    """
    if len(trained) < 2:
        raise UsageError(
            f"{len(trained)} trained policy given; a claim about a training recipe needs 2 or more"
        )
    only_population(settings, "several training seeds")
    paired = on_common_problems(base, trained, settings)
    (base, *arms), settings, left_out = without_short(paired, settings)
    rule = deciding((base, *arms), settings)
    listed = rule.listed(settings.ks, min(int(counts.n.min()) for counts in (base, *arms)))
    alike = replace(settings, allow_different_prompts=True, drop_short=False)
    own = [compare(base, arm, alike, trained_on=trained_on) for arm in arms]
    verdict, new, lost = judged(base, arms, rule, [(one.new, one.lost) for one in own])
    luck = luck_of_both(base, _pooled(arms), listed, rule.k_large, settings)
    verdict = withheld(verdict, luck, rule.k_large, settings.accept_luck)
    return SeedsComparison(
        verdict=from_memory(
            verdict, CompareLabel.INCONCLUSIVE, trained_on=trained_on, settings=settings
        ),
        settings=rule.compared_with(settings, trained_on),
        problems=len(base),
        base=inputs.curve_of(base, listed, "population", settings.seed),
        trained=_curve([_level(arms, k) for k in listed], listed),
        delta=_curve([_interval(base, arms, k, 0.95) for k in listed], listed),
        seeds=tuple(_row(arm, one) for arm, one in zip(arms, own, strict=True)),
        new=new,
        lost=lost,
        notes=(
            *left_out,
            *rule.notes,
            f"{len(arms)} training seeds: the verdict is about the training recipe on problems "
            "like these",
            "the interval assumes that seeds scatter evenly around their mean; it cannot account "
            "for a collapse that none of them shows",
            *unknown_training(trained_on),
        ),
    )


def judged(
    base: Counts, arms: Sequence[Counts], rule: Deciding, found: Sequence[tuple[Novel, Novel]]
) -> tuple[Verdict, Novel, Novel]:
    """The verdict on the recipe, with its new and lost problems.

    ``found`` are the tests of new and lost problems in each seed.
    """
    ends = both_ends(rule, lambda k, level: _interval(base, arms, k, level), base.independent)
    new, lost = (_in_most(tests) for tests in zip(*found, strict=True))
    if len(arms) < LEAST_SEEDS:  # what two seeds share may be chance: no verdict is settled
        new, lost = replace(new, shown=False), replace(lost, shown=False)
        rule = replace(rule, enough_draws=False)
    verdict = decided(ends, new, lost, rule, lambda k: _per_cluster(base, arms, k))
    return _by_seed(verdict, base, arms, rule), new, lost


def _in_most(found: Sequence[Novel]) -> Novel:
    """New or lost problems in more than half of the training seeds.

    Each seed is tested separately, since a mixture of sharpened policies is not a sharpened policy.
    The u-th smallest of S p-values, times S - u + 1, tests that fewer than u seeds show it
    (Benjamini and Heller 2008); u is the least majority.
    """
    majority = len(found) // 2 + 1
    p_value = sorted(one.p_value for one in found)[majority - 1] * (len(found) - majority + 1)
    excluded = sorted((one.excluded_odds for one in found), reverse=True)[majority - 1]
    return Novel(
        shown=p_value <= LEVEL,
        p_value=min(p_value, 1.0),
        max_odds=max(one.max_odds for one in found),
        excluded_odds=excluded,
        problems=int(np.median([one.problems for one in found])),
    )


def _by_seed(verdict: Verdict, base: Counts, arms: Sequence[Counts], rule: Deciding) -> Verdict:
    """The verdict with its worst and best seed, and what few seeds leave open."""
    told = []
    for k in (rule.k_small, rule.k_large):
        means = _differences(base, arms, k).mean(axis=1)
        spread = f"standard deviation {points(means.std(ddof=1))}"
        told.append(f"pass@{k} from {points(means.min())} to {points(means.max())} ({spread})")
    by_seed = f"change per seed, in points: {', '.join(told)}"
    reasons = (*verdict.reasons, by_seed, _collapse(base, arms, rule.k_small))
    if len(arms) >= LEAST_SEEDS:
        return replace(verdict, reasons=reasons)
    few = f"{LEAST_SEEDS} or more training seeds (here {len(arms)}) to settle a verdict"
    needs = f"{few}; and {verdict.needs}" if verdict.needs else few
    return replace(verdict, reasons=reasons, needs=needs)


def fallen(base: Counts, arms: Sequence[Counts], k: int) -> int:
    """How many seeds are below the base at k, each by its own 95% interval."""
    found = (paired_interval(d, clusters=base.clusters) for d in _differences(base, arms, k))
    return sum(one.high < 0 for one in found)


def _collapse(base: Counts, arms: Sequence[Counts], k: int) -> str:
    """How often training may end below the base, from how many of these seeds did."""
    fell = fallen(base, arms, k)
    most = binomial_upper(fell, len(arms))
    return (
        f"{fell or 'none'} of the {len(arms)} seeds ended below the base at pass@{k}: up to "
        f"{most:.0%} of such training runs may do so (95% bound)"
    )


def _differences(base: Counts, arms: Sequence[Counts], k: int) -> FloatArray:
    """d_is(k), shape (S, P)."""
    return np.stack([changes.difference(base, arm, k) for arm in arms])


def _per_cluster(base: Counts, arms: Sequence[Counts], k: int) -> FloatArray:
    return changes.by_cluster(base, _differences(base, arms, k).mean(axis=0))


def _interval(base: Counts, arms: Sequence[Counts], k: int, level: float) -> Estimate:
    d = _differences(base, arms, k)
    return seeds_interval(d, confidence_level=level, clusters=base.clusters)


def _level(arms: Sequence[Counts], k: int) -> Estimate:
    """Mean pass@k of the recipe, kept within [0, 1]."""
    passes = np.stack([pass_at_k(arm.n, arm.c, k) for arm in arms])
    found = seeds_interval(passes, clusters=arms[0].clusters)
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def _curve(found: Sequence[Estimate], ks: Sequence[int]) -> Curve:
    value, low, high = np.array([[e.value, e.low, e.high] for e in found]).T
    return Curve(np.asarray(ks), value, low, high, method=found[0].method)


def _pooled(arms: Sequence[Counts]) -> Counts:
    """All seeds' draws of a problem pooled: the policy that picks a seed at random."""
    first = arms[0]
    n, c = (np.sum([getattr(arm, name) for arm in arms], axis=0) for name in ("n", "c"))
    rates = [arm.guess_rate for arm in arms if arm.guess_rate is not None]
    known = len(rates) == len(arms)
    return Counts(first.problem_id, n, c, guess_rate=np.mean(rates, axis=0) if known else None)


def _row(arm: Counts, result: Comparison) -> TrainingSeed:
    ks = (result.settings.k_small, result.settings.k_large)
    delta = tuple(At(k, result.delta.at(k)) for k in ks)
    return TrainingSeed(arm.provenance.get("policy", ""), result.verdict, delta)
