"""Which problems changed between two paired runs, and whether only the form of answers did.

In: paired Counts. Out: typed parts of a comparison.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from passgap.analysis import inputs
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.bands import BANDS, band_index
from passgap.data.counts import Counts
from passgap.results.comparison import Answered, BandGain, Certain, Coverage, DeltaAnswered, Support
from passgap.results.estimates import Estimate
from passgap.results.parts import At
from passgap.stats import (
    binomial_interval,
    false_discovery_rates,
    fisher_exact,
    paired_interval,
    pass_at_k,
    plausible_limits,
    wins_at_k,
)
from passgap.stats.discrete import log_choose

FALSE_DISCOVERIES = 0.05


PassesOfBoth = tuple[FloatArray, FloatArray]


def passes(base: Counts, trained: Counts, k: int) -> PassesOfBoth:
    """pass@k of both, per problem; each of shape (P,)."""
    return pass_at_k(base.n, base.c, k), pass_at_k(trained.n, trained.c, k)


def difference(base: Counts, trained: Counts, k: int) -> FloatArray:
    """d_i(k) = trained minus base pass@k, per problem; shape (P,)."""
    before, after = passes(base, trained, k)
    return after - before


def mean_difference(arms: PassesOfBoth, clusters: IntArray | None, level: float = 0.95) -> Estimate:
    """The mean of d_i(k) over the population of problems, with its interval."""
    before, after = arms
    limits = plausible_limits(before, after, clusters)
    return paired_interval(after - before, confidence_level=level, clusters=clusters, limits=limits)


def by_cluster(counts: Counts, values: FloatArray) -> FloatArray:
    """The mean of values, shape (P,), over each cluster; the values where there are none."""
    place = counts.clusters
    return values if place is None else np.bincount(place, values) / np.bincount(place)


def coverage(base: Counts, trained: Counts) -> Coverage:
    """The solved-by table at the common n, with what resampling alone would change.

    A problem with more draws than the common n counts with the chance that a sample of that size
    holds a correct one. ``expected_lost`` and ``expected_gained`` split each problem's hits over
    the two runs at random (hypergeometric): the noise floor.
    """
    k = common_n(base, trained)
    b, t = pass_at_k(base.n, base.c, k), pass_at_k(trained.n, trained.c, k)
    lost, gained = float(np.sum(b * (1 - t))), float(np.sum((1 - b) * t))
    whole = [round(lost), round(gained)]
    p = min(1.0, 2 * float(special.bdtr(min(whole), sum(whole), 0.5)))  # McNemar, exact
    hits, draws = base.c + trained.c, base.n + trained.n
    return Coverage(
        k=k,
        both=_tidy(float(np.sum(b * t))),
        lost=_tidy(lost),
        gained=_tidy(gained),
        neither=_tidy(float(np.sum((1 - b) * (1 - t)))),
        expected_lost=_none_of(hits, draws, trained.n),
        expected_gained=_none_of(hits, draws, base.n),
        p_value=float(p),
        support=support(round(float(np.sum(b * t))), whole[1], whole[0]),
        certain=certain(base, trained),
    )


def support(both: int, gained: int, lost: int) -> Support:
    """Support measures of arXiv 2507.14843, from the number of problems each run solved.

    ``srr`` = both / (both + lost) is the share retained, ``ndr`` = gained / (both + gained) the
    share discovered, both with Clopper-Pearson intervals; ``sds`` is their harmonic mean (its ends
    from theirs at twice the confidence); ``nscr`` = (gained - lost) / all solved by either.
    """
    retained = _share(both, both + lost, 0.95)
    discovered = _share(gained, both + gained, 0.95)
    wide = [_share(both, both + lost, 0.975), _share(gained, both + gained, 0.975)]
    either = np.repeat([0.0, 1.0, -1.0], [both, gained, lost])
    change = paired_interval(either) if either.size else Estimate(np.nan, np.nan, np.nan)
    harmonic = Estimate(
        _harmonic(retained.value, discovered.value),
        _harmonic(wide[0].low, wide[1].low),
        _harmonic(wide[0].high, wide[1].high),
    )
    return Support(srr=retained, ndr=discovered, sds=harmonic, nscr=change)


def _share(hits: int, of: int, level: float) -> Estimate:
    return binomial_interval(hits, of, level) if of else Estimate(np.nan, np.nan, np.nan)


def _harmonic(a: float, b: float) -> float:
    return 2 * a * b / (a + b) if a + b > 0 else 0.0


def certain(base: Counts, trained: Counts) -> Certain:
    """How many problems changed significantly, in either direction."""
    moved = certain_moves(base, trained)
    return Certain(
        false_discovery_rate=FALSE_DISCOVERIES,
        better=int(np.sum(moved > 0)),
        worse=int(np.sum(moved < 0)),
        gained=int(np.sum((moved > 0) & (base.c == 0))),
        lost=int(np.sum((moved < 0) & (trained.c == 0))),
    )


def certain_moves(base: Counts, trained: Counts) -> IntArray:
    """1 for a problem that became significantly better, -1 worse, 0 for the others; shape (P,).

    Fisher's exact test per problem, false discovery rate 5%.
    """
    arms = base.n, base.c, trained.n, trained.c
    sure = false_discovery_rates(fisher_exact(*arms)) <= FALSE_DISCOVERIES
    return np.where(sure, np.sign(wins_at_k(*arms, 1)), 0).astype(np.int64)


def bands(base: Counts, trained: Counts, ks: Sequence[int], seed: int) -> tuple[BandGain, ...]:
    """Gains by difficulty, without mistaking regression to the mean for learning.

    Half of the base's draws of each problem, chosen at random, assign it to a band; the difference
    is taken on the other half. ``data.bands`` lists the bands.
    """
    first_n = base.n // 2
    first_c = np.random.default_rng(seed).hypergeometric(base.c, base.n - base.c, first_n)
    rest_n, rest_c = base.n - first_n, base.c - first_c
    place = band_index(first_n, first_c)
    return tuple(
        BandGain(
            name,
            int(np.sum(place == index)),
            tuple(At(k, _gain((rest_n, rest_c), trained, place == index, k)) for k in ks),
        )
        for index, name in enumerate(BANDS)
    )


def _gain(
    rest: tuple[IntArray, IntArray], trained: Counts, inside: NDArray[np.bool_], k: int
) -> Estimate:
    """The difference at k on the problems ``inside`` that have k draws in both."""
    n, c = rest
    possible = inside & (n >= k) & (trained.n >= k)
    if not possible.any():
        return Estimate(np.nan, np.nan, np.nan)
    after = pass_at_k(trained.n[possible], trained.c[possible], k)
    clusters = None if trained.clusters is None else trained.clusters[possible]
    return mean_difference((pass_at_k(n[possible], c[possible], k), after), clusters)


def common_n(base: Counts, trained: Counts) -> int:
    """The largest k that both runs allow on every problem."""
    return min(int(base.n.min()), int(trained.n.min()))


def _tidy(value: float) -> int | float:
    return round(value) if abs(value - round(value)) < 1e-9 else round(value, 2)


def _none_of(hits: IntArray, draws: IntArray, arm: IntArray) -> float:
    """Expected number of problems whose hits all fall in the other arm."""
    other = draws - arm
    chance = np.exp(log_choose(other, np.minimum(hits, other)) - log_choose(draws, hits))
    chance = np.where(hits <= other, chance, 0.0)
    return float(np.sum(np.where(hits > 0, chance, 0.0)))


def efficiency_gap(base: Counts, trained: Counts) -> At:
    """Base pass@K minus trained pass@1, K = min(256, n) (arXiv 2504.13837's Delta_SE)."""
    k = min(256, int(base.n.min()))
    arms = pass_at_k(trained.n, trained.c, 1), pass_at_k(base.n, base.c, k)
    return At(k, mean_difference(arms, base.clusters))


def answered(base: Counts, trained: Counts, k: int) -> Answered | None:
    """Form as distinct from ability: shares without an answer, and delta among answered draws."""
    before, after = inputs.answered_shares(base), inputs.answered_shares(trained)
    if before is None or after is None:
        return None
    n_b, n_t = inputs.answered_n(base), inputs.answered_n(trained)
    enough = (n_b >= k) & (n_t >= k)
    delta = Estimate(np.nan, np.nan, np.nan)
    if enough.any():
        solved = pass_at_k(n_t[enough], trained.c[enough], k)
        clusters = None if base.clusters is None else base.clusters[enough]
        delta = mean_difference((pass_at_k(n_b[enough], base.c[enough], k), solved), clusters)
    return Answered(before, after, DeltaAnswered(k, delta, int(np.sum(~enough))))
