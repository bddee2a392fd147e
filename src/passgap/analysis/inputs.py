"""What all analyses require of their counts, and the small summaries they share.

In: Counts. Out: an error that says what to do, or shares, histograms and lists of k.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from passgap.data.arrays import IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Curve, Estimate
from passgap.results.parts import AnswerShares, HistogramBin, Interval
from passgap.stats import agreeing, fixed_interval, mean_curve, mean_interval, pass_at_k

MOST_UNSCORED = 0.02
EDGES = tuple(round(0.1 * i, 1) for i in range(11))


def check_interval(interval: str) -> None:
    """Refuse an interval that is neither ``population`` nor ``fixed``."""
    if interval not in ("population", "fixed"):
        raise UsageError(f"interval is {interval!r}; allowed: 'population', 'fixed'")


def check_counts(
    counts: Counts, k: int, *, accept_unscored: bool, helps: str = "", advised: int | None = None
) -> None:
    """Refuse adaptive counts, n < k, and more than 2% unscored draws unless accepted.

    ``helps`` ends the refusal of problems with n < k, which advises a larger n if ``advised`` names
    one.
    """
    if counts.design == "adaptive":
        raise UsageError(
            "these counts are adaptive (n depended on the outcomes), which biases pass@k; sample "
            "a fixed n per problem"
        )
    refuse_all_unscored(counts)
    short = np.flatnonzero(counts.n < k)
    if short.size:
        _refuse_short(counts, short, k, helps, advised or k)
    refuse_unscored(counts, accept_unscored=accept_unscored)


def refuse_unscored(counts: Counts, *, accept_unscored: bool) -> None:
    """Refuse more than 2% unscored draws unless accepted."""
    share = unscored_share(counts)
    if share > MOST_UNSCORED and not accept_unscored:
        raise UsageError(
            f"{share:.1%} of the samples are unscored{_why(counts)}; allowed: at most "
            f"{MOST_UNSCORED:.0%}; fix the verifier and run passgap verify again, or accept them "
            "(--accept-unscored)"
        )


def refuse_all_unscored(counts: Counts) -> None:
    """Refuse counts where no draw could be scored: sampling more would not help.

    Raises
    ------
    UsageError
        With the reason, where a run records one.
    """
    if counts.unscored.any() and not counts.n.any():
        raise UsageError(
            f"none of the {int(counts.unscored.sum()):,} samples could be scored{_why(counts)}; "
            "fix the verifier and run passgap verify again, which re-scores them"
        )


def _refuse_short(counts: Counts, short: IntArray, k: int, helps: str, advised: int) -> None:
    """Refuse problems with too few scored draws, and say what would help."""
    i = int(short[0])
    helps = f"; or {helps}" if helps else ""
    head = (
        f"{short.size} of {len(counts)} problems with fewer than k={k} scored samples, e.g. "
        f"{counts.problem_id[i]} with n={counts.n[i]}"
    )
    if np.all((counts.n + counts.unscored)[short] >= k):
        raise UsageError(
            f"{head} and {counts.unscored[i]} unscored{_why(counts)}; there are enough samples, "
            f"so fix the verifier and run passgap verify again{helps}"
        )
    raise UsageError(
        f"{head}; draw at least {advised} samples per problem (a comparison needs 128){helps}"
    )


def _why(counts: Counts) -> str:
    """Why draws are unscored, to append to the sentence that they are."""
    known = counts.provenance.get("unscored")
    return f": {known}" if known else ""


def unscored_share(counts: Counts) -> float:
    """Share of all draws that the verifier could not score."""
    draws = int(counts.n.sum() + counts.unscored.sum())
    return float(counts.unscored.sum() / draws) if draws else 0.0


def listed_ks(least_n: int, *deciding: int) -> list[int]:
    """Powers of two up to n and n itself, with the deciding k."""
    powers = [2**i for i in range(int(least_n).bit_length()) if 2**i <= least_n]
    return sorted({*powers, int(least_n), *deciding})


def curve_of(counts: Counts, ks: Sequence[int], interval: Interval, seed: int) -> Curve:
    """Mean pass@k over problems at each k, by the requested interval."""
    if interval == "population":
        x = pass_at_k(counts.n, counts.c, list(ks))
        return mean_curve(x, ks, seed=seed, clusters=counts.clusters)
    found = curve_from([fixed_at(counts.n, counts.c, k) for k in ks], ks, FIXED)
    low, high = agreeing(found.k, found.low, found.high)
    return replace(found, low=low, high=high)


def failures(counts: Counts) -> Counts:
    """The same draws with right and wrong swapped: their pass@k is one minus pass^k."""
    ids, n, clusters = counts.problem_id, counts.n, counts.cluster
    return Counts(ids, n, n - counts.c, cluster=clusters)


def all_of_k(counts: Counts, ks: Sequence[int], interval: Interval, seed: int) -> Curve:
    """Mean pass^k over problems at each k (all of k draws correct), by the requested interval.

    One minus the curve of `failures`: some of k draws is wrong unless all are right.
    """
    missed = curve_of(failures(counts), ks, interval, seed)
    return replace(
        missed,
        value=1 - missed.value,
        low=1 - missed.high,
        high=1 - missed.low,
        band_low=None if missed.band_high is None else 1 - missed.band_high,
        band_high=None if missed.band_low is None else 1 - missed.band_low,
    )


def fixed_at(n: IntArray, c: IntArray, k: int, level: float = 0.95) -> Estimate:
    """The fixed-problems interval, or the value alone where 2 k exceeds n."""
    if 2 * k <= n.min():
        return fixed_interval(n, c, k, confidence_level=level)
    value = float(pass_at_k(n, c, k).mean())
    return Estimate(value, np.nan, np.nan, level, method="fixed", notes=(NO_FIXED,))


NO_FIXED = (
    "the fixed-problems interval exists only for k <= n/2; beyond that the value has no interval"
)


FIXED = "fixed problems"


def curve_from(estimates: Sequence[Estimate], ks: Sequence[int], method: str) -> Curve:
    """Estimates at each k as one curve, without a simultaneous band."""
    notes = dict.fromkeys(note for e in estimates for note in e.notes)
    return Curve(
        k=np.asarray(ks, np.int64),
        value=np.array([e.value for e in estimates]),
        low=np.array([e.low for e in estimates]),
        high=np.array([e.high for e in estimates]),
        method=method,
        notes=tuple(notes),
    )


def histogram(base: Counts, trained: Counts | None = None) -> tuple[HistogramBin, ...]:
    """Problems by share of correct draws: exactly 0, (0, .1], .., (.9, 1), exactly 1."""
    bins = [(0.0, 0.0), *itertools.pairwise(EDGES), (1.0, 1.0)]
    before, after = _binned(base), None if trained is None else _binned(trained)
    return tuple(
        HistogramBin(low, high, before[i], None if after is None else after[i])
        for i, (low, high) in enumerate(bins)
    )


def _binned(counts: Counts) -> list[int]:
    place = np.ceil(counts.c * 10 / np.maximum(counts.n, 1)).astype(int)
    place = np.where((counts.c == counts.n) & (counts.n > 0), 11, place)
    return [int(np.sum(place == i)) for i in range(len(EDGES) + 1)]


def answered_shares(counts: Counts) -> AnswerShares | None:
    """Shares of scored draws without an extractable answer, and cut by max_tokens."""
    if counts.no_answer is None:
        return None
    total = max(int(counts.n.sum()), 1)
    truncated = None if counts.truncated is None else float(counts.truncated.sum() / total)
    return AnswerShares(float(counts.no_answer.sum() / total), truncated)


def answered_n(counts: Counts) -> IntArray:
    """Draws with an extractable answer, per problem."""
    return counts.n - (0 if counts.no_answer is None else counts.no_answer)


def share(hits: IntArray | Sequence[bool], clusters: IntArray | None = None) -> Estimate:
    """A share of problems with its population interval."""
    return mean_interval(np.asarray(hits, float), clusters=clusters)
