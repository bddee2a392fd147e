"""Luck versus ability: the curve that guessing alone would give, and when it decides the verdict.

In: Counts with guess rates, or a stated false-positive rate. Out: the luck curve, the corrected
curve, and a verdict withheld where luck explains most of pass@K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Curve
from passgap.results.labels import CompareLabel, Label
from passgap.results.parts import Both, Luck
from passgap.results.settings import CompareSettings
from passgap.results.verdict import Verdict
from passgap.stats import (
    corrected_pass_at_k,
    lucky_pass_at_k,
    mean_curve,
    pass_at_k,
    student_interval,
)

DROWNING = 0.9
DROWNED = "not computed where guessing alone solves 90%: ability and luck cannot be separated"


def luck_of(
    counts: Counts,
    ks: Sequence[int],
    k_large: int,
    false_positive_rate: float | None,
    seed: int,
    *,
    solved: float | None = None,
) -> Luck | None:
    """Luck from measured guess rates, or from a stated rate; None where neither is known.

    ``solved`` is pass@k_large where the draws do not reach it.
    """
    rates, source = _rates(counts, false_positive_rate)
    if rates is None:
        return None
    lucky = lucky_pass_at_k(rates, list(ks))
    corrected = corrected_pass_at_k(counts.n, counts.c, rates, list(ks))
    at_large = float(lucky_pass_at_k(rates, [k_large]).mean())
    if solved is None:
        solved = float(pass_at_k(counts.n, counts.c, k_large).mean())
    return Luck(
        mean_curve(lucky, ks, seed=seed),
        _corrected_curve(np.where(lucky.mean(axis=0) < DROWNING, corrected, np.nan), ks),
        source,
        at_large,
        at_large / solved if solved > 0 else 0.0,
    )


def _corrected_curve(values: FloatArray, ks: Sequence[int]) -> Curve:
    """Means over problems with Student's t intervals; the means are floored at 0, not the
    problems."""
    means = [student_interval(column) for column in values.T]
    value, low, high = np.clip([(m.value, m.low, m.high) for m in means], 0.0, 1.0).T
    return Curve(
        np.asarray(ks),
        value,
        low,
        high,
        method="corrected for luck; Student's t over problems",
        notes=(DROWNED,) if np.isnan(value).any() else (),
    )


def _rates(counts: Counts, stated: float | None) -> tuple[FloatArray | None, str]:
    if stated is None:
        return counts.guess_rate, "how often wrong samples of other problems give this answer"
    if not 0 <= stated < 1:
        raise UsageError(f"false_positive_rate is {stated}; allowed: a number in [0, 1)")
    return np.full(len(counts), stated), f"a stated false-positive rate of {stated:g} per sample"


def luck_of_both(
    base: Counts, trained: Counts, ks: Sequence[int], k_large: int, settings: CompareSettings
) -> Both[Luck | None]:
    """The luck of a base and of a trained policy."""
    rate, seed = settings.false_positive_rate, settings.seed
    return Both(luck_of(base, ks, k_large, rate, seed), luck_of(trained, ks, k_large, rate, seed))


def withheld(verdict: Verdict, luck: Both[Luck | None], k: int, accept: bool) -> Verdict:
    """A comparison's verdict, or an open one where luck explains most of one policy's pass@K."""
    for name, one in (("base", luck.base), ("trained", luck.trained)):
        verdict = withheld_for(verdict, one, name, k, CompareLabel.INCONCLUSIVE, accept)
    return verdict


def withheld_for(
    verdict: Verdict, luck: Luck | None, whose: str, k: int, label: Label, accept: bool
) -> Verdict:
    """The verdict, or ``label`` in its place where luck explains most of one policy's pass@K."""
    if luck is None or not luck.decides or accept:
        return verdict
    reason = (
        f"guessing alone solves {luck.at_k_large:.0%} within {k} tries, more than half of what "
        f"the {whose} solves"
    )
    needs = "problems whose answers are harder to guess, or --accept-luck"
    if verdict.label == label and verdict.needs and needs not in verdict.needs:
        needs = f"{needs}; and {verdict.needs}"
    return replace(verdict, label=label, reasons=(*verdict.reasons, reason), needs=needs)
