"""What changed between two paired runs, besides the curves: crossover, problems, the tilt.

In: paired Counts. Out: small dicts and estimates in DESIGN's names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats as scipy_stats

from passgap.analysis import inputs
from passgap.stats import paired_curve, paired_interval, pass_at_k
from passgap.types import Counts, Estimate, FloatArray

EPSILON = 1e-12


def difference(base: Counts, trained: Counts, k: int) -> FloatArray:
    """d_i(k) = pass@k of the trained minus the base's, a problem; shape (P,)."""
    return pass_at_k(trained.n, trained.c, k) - pass_at_k(base.n, base.c, k)


def crossover(base: Counts, trained: Counts, seed: int) -> Mapping[str, int | None] | None:
    """The least k, after a k where the trained policy is ahead, where it is strictly behind.

    ``low`` and ``high`` invert the simultaneous band: the first k that may be behind, and the
    first that surely is (null: none up to n). None where it is never ahead and then behind.
    """
    ks = np.arange(1, min(int(base.n.min()), int(trained.n.min())) + 1)
    d = pass_at_k(trained.n, trained.c, ks) - pass_at_k(base.n, base.c, ks)
    mean = d.mean(axis=0)
    ahead = np.flatnonzero(mean > EPSILON)
    behind = np.flatnonzero(mean < -EPSILON)
    behind = behind[behind > ahead[0]] if ahead.size else behind[:0]
    if not behind.size:
        return None
    band = paired_curve(d, ks, seed=seed)
    assert band.band_low is not None
    assert band.band_high is not None
    after = ks > ks[ahead[0]]
    maybe = ks[after & (band.band_low < 0)]
    surely = ks[after & (band.band_high < 0)]
    return {
        "k": int(ks[behind[0]]),
        "low": int(maybe[0]) if maybe.size else None,
        "high": int(surely[0]) if surely.size else None,
    }


def coverage(base: Counts, trained: Counts) -> dict[str, Any]:
    """The solved-by table at the common n, with what chance alone would move.

    Where a problem has more draws than the common n, it counts with the chance that a sample of
    that size holds a correct one. ``expected_lost`` and ``expected_gained`` split each problem's
    hits over the two runs at random (hypergeometric): the noise floor.
    """
    k = min(int(base.n.min()), int(trained.n.min()))
    b, t = pass_at_k(base.n, base.c, k), pass_at_k(trained.n, trained.c, k)
    lost, gained = float(np.sum(b * (1 - t))), float(np.sum((1 - b) * t))
    whole = [round(lost), round(gained)]
    p = scipy_stats.binomtest(whole[0], sum(whole), 0.5).pvalue if sum(whole) else 1.0
    hits, draws = base.c + trained.c, base.n + trained.n
    return {
        "k": k,
        "both": _tidy(float(np.sum(b * t))),
        "lost": _tidy(lost),
        "gained": _tidy(gained),
        "neither": _tidy(float(np.sum((1 - b) * (1 - t)))),
        "expected_lost": _none_of(hits, draws, trained.n),
        "expected_gained": _none_of(hits, draws, base.n),
        "p_value": float(p),
    }


def _tidy(value: float) -> int | float:
    return round(value) if abs(value - round(value)) < 1e-9 else round(value, 2)


def _none_of(hits: Any, draws: Any, arm: Any) -> float:
    """Expected number of problems whose hits all fall in the other arm."""
    chance = scipy_stats.hypergeom.pmf(0, draws, hits, arm)
    return float(np.sum(np.where(hits > 0, chance, 0.0)))


def efficiency_gap(base: Counts, trained: Counts) -> dict[str, Any]:
    """Base pass@K minus trained pass@1, K = min(256, n) (arXiv 2504.13837's Delta_SE)."""
    k = min(256, int(base.n.min()))
    d = pass_at_k(base.n, base.c, k) - pass_at_k(trained.n, trained.c, 1)
    return {"k": k} | inputs.interval_dict(paired_interval(d))


def answered(base: Counts, trained: Counts, k: int) -> dict[str, Any] | None:
    """Format, apart from ability: shares without an answer, and delta among answered draws."""
    shares = {"base": inputs.answered_shares(base), "trained": inputs.answered_shares(trained)}
    if shares["base"] is None or shares["trained"] is None:
        return None
    n_b, n_t = inputs.answered_n(base), inputs.answered_n(trained)
    enough = (n_b >= k) & (n_t >= k)
    delta = Estimate(np.nan, np.nan, np.nan)
    if enough.any():
        d = pass_at_k(n_t[enough], trained.c[enough], k) - pass_at_k(n_b[enough], base.c[enough], k)
        delta = paired_interval(d)
    left_out = {"problems_left_out": int(np.sum(~enough))}
    return {**shares, "delta": {"k": k} | inputs.interval_dict(delta) | left_out}
