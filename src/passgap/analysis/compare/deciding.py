"""What decides a comparison: two k, a margin, and the state of the difference at each k.

In: settings and a function that gives the difference's interval at a k. Out: the two ends and the
verdict they give. Shared by the comparison of one trained policy and of several training seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from passgap.analysis import inputs, short
from passgap.analysis.verdicts import LEVEL, End, Ends, compare_label, spread, state
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.plain import factor, plural
from passgap.results.comparison import ComparedWith, GainSource, Novel
from passgap.results.estimates import Estimate
from passgap.results.labels import Label, State
from passgap.results.parts import Interval
from passgap.results.settings import CompareSettings
from passgap.results.verdict import Verdict
from passgap.stats import zero_discordance_bound

LEAST_LARGE_K = 20  # the rule's own: pass@2 against pass@20
MOVED = ("up", "down")
NEW, LOST = "the trained policy", "the base"
POWER = 21_400  # problems for 80% power of equivalence at 2 points, times the discordant share


@dataclass(frozen=True)
class Deciding:
    """The checked settings of a comparison, with the k that decide.

    In one of several ``slices``, intervals get that slice's part of the 5%, and the tests of new
    and lost problems the levels given by Holm's procedure.
    """

    margin: float
    k_small: int
    k_large: int
    enough_draws: bool
    interval: Interval
    max_odds: float
    notes: tuple[str, ...] = ()
    new_level: float = LEVEL
    lost_level: float = LEVEL
    slices: int = 1

    def listed(self, ks: Sequence[int] | None, common: int) -> list[int]:
        """The k to show: those requested, or powers of two and n; always with the deciding two."""
        if ks is None:
            return inputs.listed_ks(common, self.k_small, self.k_large)
        bad = [k for k in ks if not 1 <= k <= common]
        if bad:
            raise UsageError(f"k={bad[0]} cannot be listed; allowed: 1 to the common n, {common}")
        return sorted({*map(int, ks), self.k_small, self.k_large})

    def compared_with(self, settings: CompareSettings, trained_on: bool | None) -> ComparedWith:
        """The settings as a result records them."""
        return ComparedWith(
            margin=self.margin,
            k_small=self.k_small,
            k_large=self.k_large,
            interval=self.interval,
            confidence_level=0.95,
            budget=settings.budget,
            max_odds=self.max_odds,
            seed=settings.seed,
            intersect=settings.intersect,
            allow_different_prompts=settings.allow_different_prompts,
            trained_on=trained_on,
            false_positive_rate=settings.false_positive_rate,
            accept_luck=settings.accept_luck,
            drop_short=settings.drop_short,
        )


def deciding(arms: Sequence[Counts], settings: CompareSettings, *, paired: bool = True) -> Deciding:
    """Check the settings against the counts; the large k defaults to half the smallest n.

    ``paired``: whether all arms hold the same problems in the same order.

    Raises
    ------
    UsageError
        For settings out of range, or counts that do not allow the requested k.
    """
    inputs.check_interval(settings.interval)
    margin, k_small, max_odds = settings.margin, settings.k_small, settings.max_odds
    if not 0 < margin < 1:
        raise UsageError(f"margin is {margin}; allowed: a number in (0, 1), such as 0.02")
    if settings.budget < 1:
        raise UsageError(f"budget is {settings.budget}; allowed: an integer >= 1")
    if not 1 <= max_odds < math.inf:
        raise UsageError(f"max_odds is {max_odds}; allowed: a number of at least 1, such as 32")
    least = min(int(counts.n.min()) for counts in arms)
    k_large, helps, notes = _chosen_k(arms, settings, paired)
    if not 1 <= k_small < k_large:
        raise UsageError(f"k_small={k_small}, k_large={k_large}; allowed: 1 <= k_small < k_large")
    for counts in arms:
        inputs.check_counts(counts, k_large, accept_unscored=True, helps=helps)
        inputs.check_counts(counts, k_small, accept_unscored=settings.accept_unscored)
    enough = LEAST_LARGE_K <= k_large < least
    return Deciding(margin, k_small, k_large, enough, settings.interval, max_odds, notes)


def without_short(
    arms: Sequence[Counts], settings: CompareSettings, *, paired: bool = True
) -> tuple[list[Counts], CompareSettings, tuple[str, ...]]:
    """Counts without the problems that have too few scored draws, if requested.

    ``paired`` as in `deciding`: a problem that is short in one arm is left out of all.

    Returns
    -------
    arms, settings, notes
        The counts; the settings with the large k that was used; which problems were left out.

    Raises
    ------
    UsageError
        As `passgap.analysis.short.without_short`.
    """
    if not settings.drop_short:
        return list(arms), settings, ()
    k = settings.k_large or _k_without_short(arms, settings)
    groups = [arms] if paired else [[one] for one in arms]
    accepted = settings.accept_unscored
    found = [short.without_short(one, k, accept_unscored=accepted) for one in groups]
    kept = [one for group, _ in found for one in group]
    notes = tuple(note for _, told in found for note in told)
    return kept, replace(settings, k_large=k, accept_unscored=True), notes


def _k_without_short(arms: Sequence[Counts], settings: CompareSettings) -> int:
    """The large k where problems may be left out."""
    return max(_large_k(short.usual_draws(arms)), settings.k_small + 1)


def _chosen_k(
    arms: Sequence[Counts], settings: CompareSettings, paired: bool
) -> tuple[int, str, tuple[str, ...]]:
    """The large k, how its refusal ends, and a note where few problems keep it small."""

    def flag(k: int) -> str:
        accepted = settings.accept_unscored
        return short.flag_that_helps(arms, k, accept_unscored=accepted, paired=paired)

    if settings.k_large is not None:
        return settings.k_large, flag(settings.k_large), ()
    least = min(int(counts.n.min()) for counts in arms)
    k = max(_large_k(short.least_draws(arms)), settings.k_small + 1)
    if k >= least:  # k = n decides nothing
        k = max(_large_k(least), settings.k_small + 1)
    larger = _k_without_short(arms, settings)
    if settings.drop_short or larger <= k:
        return k, flag(k), ()
    helps = flag(larger)
    note = (
        f"the large k is {k}, because one problem has only {plural(least, 'scored sample')}; for "
        f"k={larger}, "
    )
    return k, helps, (note + helps,) if helps else ()


def _large_k(least: int) -> int:
    """The greatest power of two at most half the smallest n; 20 where only that is possible."""
    half = least // 2
    chosen: int = 2 ** max(half.bit_length() - 1, 0)
    return LEAST_LARGE_K if chosen < LEAST_LARGE_K <= half else chosen


def both_ends(
    settings: Deciding, difference: Callable[[int, float], Estimate], problems: int
) -> Ends:
    """The state of the difference at both deciding k; ``difference`` takes (k, level).

    A rise or fall at one of two k is one of two looks: Holm's procedure requires that at least one
    of them holds at half the level. Otherwise up to 7.5% of null pairs would be called different.
    """
    population = settings.interval == "population"
    part = LEVEL / settings.slices
    discordance = zero_discordance_bound(problems, 1 - part) if population else 0.0

    def stands(wide: Estimate, narrow: Estimate) -> State:
        return state(wide, narrow, settings.margin, discordance)

    def at(k: int) -> End:
        wide, narrow = difference(k, 1 - part), difference(k, 1 - 2 * part)
        return End(k, wide, narrow, discordance, stands(wide, narrow))

    def halved(end: End) -> End:
        wide = difference(end.k, 1 - part / 2) if end.stands in MOVED else end.wide
        return replace(end, wide=wide, stands=stands(wide, end.narrow))

    small, large = at(settings.k_small), at(settings.k_large)
    strict = halved(small), halved(large)
    if not any(end.stands in MOVED for end in strict):
        small, large = strict
    return Ends(small, large, settings.margin)


def only_population(settings: CompareSettings, what: str) -> None:
    """Refuse settings that a claim about several policies cannot use."""
    if settings.interval != "population":
        raise UsageError(f"interval is {settings.interval!r} with {what}; allowed: 'population'")


def unknown_training(trained_on: bool | None) -> tuple[str, ...]:
    """The note where it is unknown whether the problems were trained on."""
    unknown = "it is not known whether these problems were trained on"
    return (unknown,) if trained_on is None else ()


def from_memory(
    verdict: Verdict, label: Label, *, trained_on: bool | None, settings: CompareSettings
) -> Verdict:
    """The verdict, or ``label`` in its place where these problems were trained on."""
    if not trained_on or settings.accept_trained_on:
        return verdict
    return replace(
        verdict,
        label=label,
        reasons=(
            *verdict.reasons,
            "these problems were used in training: a gain on them may be memorization",
        ),
        needs="a comparison on held-out problems, or --accept-trained-on",
    )


def decided(
    ends: Ends,
    new: Novel,
    lost: Novel,
    settings: Deciding,
    difference: Callable[[int], FloatArray],
    source: GainSource | None = None,
) -> Verdict:
    """The verdict, with what would settle an open one; ``difference`` gives d_i(k), shape (P,).

    ``source`` comes first among the reasons where equivalence is out of reach, since it is
    informative even with few problems.
    """
    small, large = ends.small.stands, ends.large.stands
    label = compare_label(
        small, large, new=new.shown, lost=lost.shown, enough_draws=settings.enough_draws
    )
    reasons = (*ends.reasons(), *_novel(new, NEW), *_novel(lost, LOST))
    if source is not None and (large == "unclear" or ends.large.discordance >= ends.margin):
        reasons = (*_split(source), *reasons)
    verdict = Verdict(label, reasons, "", small, large, ends.bounds)
    if label.settled:
        return verdict
    return replace(
        verdict, needs=needs(ends, settings, partial(_pairs_needed, settings, difference))
    )


def _novel(found: Novel, whose: str) -> tuple[str, ...]:
    """What a test of new or lost problems shows, where it shows anything."""
    if not found.shown:
        return ()
    return (
        f"{plural(found.problems, 'problem is', 'problems are')} solved only by {whose}: no "
        f"change of the odds by up to {factor(found.excluded_odds)}-fold explains that "
        f"({factor(found.max_odds)}-fold was required)",
    )


def _split(source: GainSource) -> tuple[str, ...]:
    reached, rest = source.reached, source.not_reached
    return (
        f"of the change in pass@1, {spread(reached)} points are on problems that the base also "
        f"solves in its other samples, {spread(rest)} on the rest",
    )


def needs(ends: Ends, settings: Deciding, problems: Callable[[int], str]) -> str:
    """What would settle an open verdict; ``problems`` says how many problems, or what else, at a
    k."""
    wanted = []
    if ends.large.k < LEAST_LARGE_K:
        wanted.append(
            f"n >= {2 * LEAST_LARGE_K} samples per problem in both runs, for a large k of at "
            f"least {LEAST_LARGE_K} (here it is {ends.large.k})"
        )
    elif not settings.enough_draws:
        wanted.append(f"more than {ends.large.k} samples per problem: k = n decides nothing")
    k = ends.small.k if ends.small.stands == "unclear" else ends.large.k
    open_at = ends.small if k == ends.small.k else ends.large
    if open_at.stands == "unclear" and settings.interval == "fixed":
        wanted.append(f"more samples of each of these problems to {settled(k, settings.margin)}")
    elif open_at.stands == "unclear":
        wanted.append(problems(k))
    return "; and ".join(wanted)


def _pairs_needed(settings: Deciding, difference: Callable[[int], FloatArray], k: int) -> str:
    d = difference(k)
    # for 0/1 outcomes the mean square is the share of problems that differ
    wanted = problems_wanted(float(np.mean(d**2)), settings.margin)
    text = f"about {plural(wanted, 'problem')} to {settled(k, settings.margin)}"
    if wanted > len(d):
        text += (
            f" (not attainable with these {len(d)}; more samples help only with --interval fixed)"
        )
    return text


def problems_wanted(variance: float, margin: float) -> int:
    """Number of problems with which equivalence could be shown, given the variance per problem."""
    least = int(np.ceil(np.log(0.05) / np.log1p(-margin)))
    return max(int(np.ceil(POWER * (0.02 / margin) ** 2 * variance)), least)


def settled(k: int, margin: float) -> str:
    """The end of a sentence on what equivalence takes."""
    return f"show equivalence within {100 * margin:g} points at k={k}"
