"""What decides a comparison: two k, a margin, and where the difference stands at each k.

In: settings and a way to get the difference's interval at a k. Out: the two ends and the verdict
they give. Shared by the comparison of one trained policy and that of several training seeds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.inputs import Interval
from passgap.analysis.verdicts import Ends, LargeGain, State, compare_verdict, state
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.verdict import Verdict
from passgap.stats import binomial_upper, zero_discordance_bound

LEAST_LARGE_K = 64
POWER = 21_400  # problems for 80 % power of equivalence at 2 points, times the discordant share


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


def deciding(
    arms: Sequence[Counts],
    *,
    margin: float,
    k_small: int,
    k_large: int | None,
    interval: Interval,
    budget: int,
) -> Deciding:
    """Check the settings against the counts; the large k defaults to half the smallest n."""
    inputs.check_interval(interval)
    if not 0 < margin < 1:
        raise UsageError(f"margin is {margin}; allowed: a number in (0, 1), such as 0.02")
    if budget < 1:
        raise UsageError(f"budget is {budget}; allowed: an integer >= 1")
    half = min(int(counts.n.min()) for counts in arms) // 2
    chosen = k_large if k_large is not None else 2 ** max(half.bit_length() - 1, 0)
    if k_large is None and chosen <= k_small:
        chosen = k_small + 1
    if not 1 <= k_small < chosen:
        raise UsageError(f"k_small={k_small}, k_large={chosen}; allowed: 1 <= k_small < k_large")
    for counts in arms:
        inputs.check_counts(counts, chosen, accept_unscored=True)
    enough = k_large is not None or chosen >= LEAST_LARGE_K
    return Deciding(margin, k_small, chosen, enough, interval, budget)


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
    base: Counts, trained: Counts, ends: Ends, *, fitted: bool, above: bool, budget: int
) -> LargeGain | None:
    """What stands behind a gain at the large k; None where there is none to explain."""
    if ends.at_large != "up" or ends.at_small not in ("up", "equivalent"):
        return None
    gained = trained.c > 0
    hits, draws = int(base.c[gained].sum()), int(base.n[gained].sum())
    upper = binomial_upper(hits, draws) if draws else 1.0
    return LargeGain(fitted, above, upper, budget)


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
            f"n >= {2 * LEAST_LARGE_K} draws a problem in both runs, or --k-large set beforehand"
        )
        if settings.interval == "population" and ends.at_small == "unclear":
            d = difference(ends.k_small)
            wanted = _problems_wanted(d, settings.margin)
            if wanted > len(d):
                settled = _settled(ends.k_small, settings.margin)
                needs += f"; and about {wanted:,} problems (now {len(d)}) to {settled}"
        return replace(
            verdict, label="inconclusive", reasons=(*verdict.reasons, reason), needs=needs
        )
    if verdict.label == "inconclusive" and not verdict.needs:
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
