"""What decides a comparison: two k, a margin, and where the difference stands at each k.

In: settings and a way to get the difference's interval at a k. Out: the two ends and the verdict
they give. Shared by the comparison of one trained policy and that of several training seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.compare.sharpening import Sharpening
from passgap.analysis.verdicts import Ends, LargeGain, compare_verdict, state
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.comparison import ComparedWith, CompareSettings
from passgap.results.estimates import Estimate
from passgap.results.labels import CompareLabel, Label, State
from passgap.results.parts import Interval
from passgap.results.verdict import Verdict
from passgap.stats import binomial_upper, zero_discordance_bound

LEAST_LARGE_K = 64
POWER = 21_400  # problems for 80% power of equivalence at 2 points, times the discordant share


@dataclass(frozen=True)
class Deciding:
    """The checked settings of a comparison, with the k that decide."""

    margin: float
    k_small: int
    k_large: int
    enough_draws: bool
    interval: Interval
    budget: int

    def listed(self, ks: Sequence[int] | None, common: int) -> list[int]:
        """The k to show: those asked for or powers of two and n, always with the deciding two."""
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
            budget=self.budget,
            seed=settings.seed,
            intersect=settings.intersect,
            allow_different_prompts=settings.allow_different_prompts,
            trained_on=trained_on,
            false_positive_rate=settings.false_positive_rate,
            accept_luck=settings.accept_luck,
        )


def deciding(arms: Sequence[Counts], settings: CompareSettings) -> Deciding:
    """Check the settings against the counts; the large k defaults to half the smallest n.

    Raises
    ------
    UsageError
        For settings out of range, or counts that do not allow the k asked for.
    """
    inputs.check_interval(settings.interval)
    margin, budget, k_small = settings.margin, settings.budget, settings.k_small
    if not 0 < margin < 1:
        raise UsageError(f"margin is {margin}; allowed: a number in (0, 1), such as 0.02")
    if budget < 1:
        raise UsageError(f"budget is {budget}; allowed: an integer >= 1")
    k_large = _large_k(arms, settings)
    if not 1 <= k_small < k_large:
        raise UsageError(f"k_small={k_small}, k_large={k_large}; allowed: 1 <= k_small < k_large")
    for counts in arms:
        inputs.check_counts(counts, k_large, accept_unscored=True)
        inputs.check_counts(counts, k_small, accept_unscored=settings.accept_unscored)
    enough = settings.k_large is not None or k_large >= LEAST_LARGE_K
    return Deciding(margin, k_small, k_large, enough, settings.interval, budget)


def _large_k(arms: Sequence[Counts], settings: CompareSettings) -> int:
    """The large k asked for, or the greatest power of two at most half the smallest n."""
    if settings.k_large is not None:
        return settings.k_large
    half = min(int(counts.n.min()) for counts in arms) // 2
    chosen: int = 2 ** max(half.bit_length() - 1, 0)
    return max(chosen, settings.k_small + 1)


def both_ends(
    settings: Deciding, difference: Callable[[int, float], Estimate], problems: int
) -> Ends:
    """Where the difference stands at both deciding k; ``difference`` takes (k, level)."""
    population = settings.interval == "population"
    discordance = zero_discordance_bound(problems) if population else 0.0

    def at(k: int) -> tuple[Estimate, State, bool]:
        wide, narrow = difference(k, 0.95), difference(k, 0.90)
        stands = state(wide, narrow, settings.margin, discordance)
        return wide, stands, bool(narrow.high < settings.margin)

    small, at_small, _ = at(settings.k_small)
    large, at_large, no_gain = at(settings.k_large)
    return Ends(settings.k_small, settings.k_large, small, large, at_small, at_large, no_gain)


def large_gain(
    base: Counts, trained: Counts, ends: Ends, sharpened: Sharpening, budget: int
) -> LargeGain | None:
    """What stands behind a gain at the large k; None where there is none to explain."""
    if ends.at_large != "up" or ends.at_small not in ("up", "equivalent"):
        return None
    gained = trained.c > 0
    hits, draws = int(base.c[gained].sum()), int(base.n[gained].sum())
    upper = binomial_upper(hits, draws) if draws else 1.0
    return LargeGain(sharpened.fitted, sharpened.misfit.above, upper, budget)


def only_population(settings: CompareSettings, what: str) -> None:
    """Refuse what a claim about several policies cannot honour."""
    if settings.interval != "population":
        raise UsageError(f"interval is {settings.interval!r} with {what}; allowed: 'population'")


def unknown_training(trained_on: bool | None) -> tuple[str, ...]:
    """The note where nobody knows whether the problems were trained on."""
    unknown = "whether these problems were trained on is not known"
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
        reasons=(*verdict.reasons, "these problems were trained on: a gain here may be memory"),
        needs="a comparison on held-out problems, or --accept-trained-on",
    )


def decided(
    ends: Ends,
    gain: LargeGain | None,
    settings: Deciding,
    difference: Callable[[int], FloatArray],
) -> Verdict:
    """The verdict, with what an open one would take; ``difference`` gives d_i(k), shape (P,)."""
    verdict = compare_verdict(ends, gain)
    if not settings.enough_draws:
        reason = f"a verdict needs a large k of at least {LEAST_LARGE_K}; here it is {ends.k_large}"
        needs = (
            f"n >= {2 * LEAST_LARGE_K} draws per problem in both runs, or --k-large set beforehand"
        )
        if settings.interval == "population" and ends.at_small == "unclear":
            d = difference(ends.k_small)
            wanted = _problems_wanted(d, settings.margin)
            if wanted > len(d):
                settled = _settled(ends.k_small, settings.margin)
                needs += f"; and about {wanted:,} problems (now {len(d)}) to {settled}"
        return replace(
            verdict,
            label=CompareLabel.INCONCLUSIVE,
            reasons=(*verdict.reasons, reason),
            needs=needs,
        )
    if verdict.label is CompareLabel.INCONCLUSIVE and not verdict.needs:
        k = ends.k_small if ends.at_small == "unclear" else ends.k_large
        if settings.interval == "fixed":
            needs = f"more draws of each of these problems to {_settled(k, settings.margin)}"
        else:
            needs = _problems_needed(difference(k), k, settings.margin)
        return replace(verdict, needs=needs)
    return verdict


def _problems_needed(d: FloatArray, k: int, margin: float) -> str:
    wanted = _problems_wanted(d, margin)
    text = f"about {wanted:,} problems to {_settled(k, margin)}"
    if wanted > len(d):
        text += (
            f" (not attainable with these {len(d)}; more draws help only under --interval fixed)"
        )
    return text


def _problems_wanted(d: FloatArray, margin: float) -> int:
    """Problems with which equivalence could be shown, given the differences d, shape (P,)."""
    discordant = float(np.mean(d**2))  # for 0/1 outcomes: the share of problems that differ
    least = int(np.ceil(np.log(0.05) / np.log1p(-margin)))
    return max(int(np.ceil(POWER * (0.02 / margin) ** 2 * discordant)), least)


def _settled(k: int, margin: float) -> str:
    return f"settle equivalence within {100 * margin:g} points at k={k}"
