"""Luck beside ability: the curve that guessing alone would give, and when it takes the verdict.

In: Counts with guess rates, or a stated false-positive rate. Out: the luck curve, the corrected
curve, and a verdict withheld where luck explains most of pass@K.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Curve
from passgap.results.verdict import Verdict
from passgap.stats import corrected_pass_at_k, lucky_pass_at_k, mean_curve, pass_at_k

MOST_LUCK = 0.05
MOST_SHARE = 0.5
DROWNING = 0.9
DROWNED = "nan where guessing alone solves 90 %: nothing is left to tell ability from"


@dataclass(frozen=True, eq=False)
class Luck:
    """What guessing gives at each listed k, and the base's curve without it."""

    curve: Curve
    corrected: Curve
    source: str
    at_large: float
    share: float

    @property
    def decides(self) -> bool:
        """Whether luck at the verdict's K is above 5 points and half of pass@K."""
        return self.at_large > MOST_LUCK and self.share > MOST_SHARE

    def to_dict(self) -> dict[str, Any]:
        """``curve`` is luck alone, ``corrected`` is pass@k without it."""
        return {
            "curve": self.curve.rows(),
            "corrected": self.corrected.rows(),
            "source": self.source,
            "at_k_large": self.at_large,
        }


def luck_of(
    counts: Counts, ks: Sequence[int], k_large: int, false_positive_rate: float | None, seed: int
) -> Luck | None:
    """Luck from measured guess rates, or from a stated rate; None where neither is known."""
    rates, source = _rates(counts, false_positive_rate)
    if rates is None:
        return None
    lucky = lucky_pass_at_k(rates, list(ks))
    corrected = corrected_pass_at_k(counts.n, counts.c, rates, list(ks))
    at_large = float(lucky_pass_at_k(rates, [k_large]).mean())
    solved = float(pass_at_k(counts.n, counts.c, k_large).mean())
    return Luck(
        mean_curve(lucky, ks, seed=seed),
        _corrected_curve(np.where(lucky.mean(axis=0) < DROWNING, corrected, np.nan), ks),
        source,
        at_large,
        at_large / solved if solved > 0 else 0.0,
    )


def _corrected_curve(values: FloatArray, ks: Sequence[int]) -> Curve:
    """Means over problems with Student's t intervals, all floored at 0 (never the problems)."""
    size = len(values)
    value = values.mean(axis=0)
    error = values.std(axis=0, ddof=1) / np.sqrt(size) if size > 1 else np.full(len(ks), np.nan)
    reach = stats.t.ppf(0.975, max(size - 1, 1)) * error
    low, high = np.clip(value - reach, 0.0, 1.0), np.clip(value + reach, 0.0, 1.0)
    return Curve(
        np.asarray(ks),
        np.clip(value, 0.0, 1.0),
        low,
        high,
        method="luck taken out; Student t over problems",
        notes=(DROWNED,) if np.isnan(value).any() else (),
    )


def _rates(counts: Counts, stated: float | None) -> tuple[FloatArray | None, str]:
    if stated is None:
        return counts.guess_rate, "how often wrong draws of other problems say this answer"
    if not 0 <= stated < 1:
        raise UsageError(f"false_positive_rate is {stated}; allowed: a number in [0, 1)")
    return np.full(len(counts), stated), f"a stated false-positive rate of {stated:g} a draw"


def withheld(
    verdict: Verdict, lucks: Mapping[str, Luck | None], k: int, label: str, accept: bool
) -> Verdict:
    """The verdict, or ``label`` in its place where luck explains most of an arm's pass@K."""
    for arm, luck in lucks.items():
        if luck is not None and luck.decides and not accept:
            reason = (
                f"guessing alone solves {luck.at_large:.0%} within {k} tries, more than half of "
                f"what the {arm} solves"
            )
            needs = "answers that are harder to guess, or --accept-luck"
            if verdict.label == label and verdict.needs:
                needs = f"{needs}; and {verdict.needs}"
            return replace(verdict, label=label, reasons=(*verdict.reasons, reason), needs=needs)
    return verdict
