"""Compare: a base's and a trained policy's counts in, the verdict after training out.

Problems are paired by id, and every interval is over problems. The verdict rests on two k, a small
and a large one, decided before looking; ``ks`` only chooses what is listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.alone.sampling_alone import NOT_AT_HAND, Arms, SamplingAlone, alone_against
from passgap.analysis.compare import changes, shift
from passgap.analysis.compare.deciding import both_ends, decided, deciding, large_gain
from passgap.analysis.compare.pairing import paired
from passgap.analysis.compare.sharpening import sharpening
from passgap.analysis.inputs import Interval
from passgap.analysis.luck import Luck, luck_of, withheld
from passgap.data.counts import Counts
from passgap.display import Displayed
from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict
from passgap.stats import (
    fixed_paired_interval,
    mean_curve,
    paired_curve,
    paired_interval,
    pass_at_k,
)

SAME = 10  # problems with 0 < c < n in which two runs do not agree by chance


@dataclass(frozen=True)
class Comparison(Displayed):
    """The verdict after training with everything it rests on; print it, or take ``to_dict()``."""

    verdict: Verdict
    settings: Mapping[str, Any]
    problems: int
    draws: Mapping[str, int]
    unscored: Mapping[str, int]
    base: Curve
    trained: Curve
    delta: Curve
    crossover: Mapping[str, int | None] | None
    coverage: Mapping[str, Any]
    tilt: Mapping[str, Any] | None
    efficiency_gap: Mapping[str, Any]
    speedup: tuple[Mapping[str, Any], ...]
    area: Mapping[str, float | None]
    sign_changes: int
    bands: tuple[Mapping[str, Any], ...]
    luck: Mapping[str, Luck | None]
    reasoned: Mapping[str, Any] | None
    answered: Mapping[str, Any] | None
    histogram: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]
    sampling_alone: SamplingAlone | None = None

    def to_dict(self) -> dict[str, Any]:
        """By JSON names; what is not computable is null, and a note says why."""
        return {
            "schema": "passgap.compare/1",
            "verdict": self.verdict.to_dict(),
            "settings": dict(self.settings),
            "problems": self.problems,
            "draws": dict(self.draws),
            "unscored": dict(self.unscored),
            "base": {"curve": self.base.rows()},
            "trained": {"curve": self.trained.rows()},
            "delta": self.delta.rows(),
            "crossover": None if self.crossover is None else dict(self.crossover),
            "coverage": dict(self.coverage),
            "tilt": None if self.tilt is None else dict(self.tilt),
            "efficiency_gap": dict(self.efficiency_gap),
            "speedup": [dict(row) for row in self.speedup],
            "area": dict(self.area),
            "sign_changes": self.sign_changes,
            "bands": [dict(row) for row in self.bands],
            "luck": {
                arm: None if luck is None else luck.to_dict() for arm, luck in self.luck.items()
            },
            "reasoned": None if self.reasoned is None else dict(self.reasoned),
            "answered": None if self.answered is None else dict(self.answered),
            "histogram": [dict(row) for row in self.histogram],
            "notes": list(self.notes),
            "sampling_alone": self.sampling_alone and self.sampling_alone.to_dict(),
        }

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems)"]
        lines += inputs.reasons(self.verdict)
        lines += ["  k      base   trained  delta (95 %)"]
        rows = zip(self.base.rows(), self.trained.rows(), self.delta.rows(), strict=True)
        for b, t, d in rows:
            interval = "" if d["low"] is None else f" ({d['low']:+.3f} to {d['high']:+.3f})"
            value = f"{d['value']:+.3f}{interval}"
            lines.append(f"  {b['k']:<6} {b['value']:.3f}  {t['value']:.3f}    {value}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def compare(
    base: Counts,
    trained: Counts,
    *,
    ks: Sequence[int] | None = None,
    margin: float = 0.02,
    k_small: int = 2,
    k_large: int | None = None,
    interval: Interval = "population",
    budget: int = 10_000,
    seed: int = 0,
    intersect: bool = False,
    allow_different_prompts: bool = False,
    false_positive_rate: float | None = None,
    accept_luck: bool = False,
    accept_unscored: bool = False,
    trained_on: bool | None = None,
    accept_trained_on: bool = False,
    answers: Arms | None = None,
) -> Comparison:
    """Say what training did: sharpened, narrowed, expanded, unchanged, or not decided.

    Parameters
    ----------
    base, trained
        Counts on the same problems.
    ks
        The k to list (powers of two and n by default); the verdict's two are always computed.
    margin
        Differences inside (-margin, +margin) count as none (equivalence).
    k_small, k_large
        The k that decide. ``k_large`` defaults to the greatest power of two at most half the
        smallest n, and has to be at least 64 for a verdict.
    interval
        ``population`` or ``fixed`` (these very problems are the target).
    budget
        Draws a problem that would still count as reachable.
    seed
        Of the bootstraps.
    false_positive_rate
        Chance that the verifier takes a wrong draw for right, stated where it cannot be measured;
        None takes the counts' own guess rates.
    intersect, allow_different_prompts, accept_luck, accept_unscored, accept_trained_on
        Lift a refusal; the result records it.
    trained_on
        Whether these problems were trained on (None: not known).
    answers
        What the draws of both said: for what sampling alone gives.

    Raises
    ------
    MismatchError
        Where problems, prompts, settings or verifiers differ.
    UsageError
        For k or counts that do not allow a comparison.
    """
    base, trained = paired(
        base, trained, intersect=intersect, allow_different_prompts=allow_different_prompts
    )
    settings = deciding(
        (base, trained),
        margin=margin,
        k_small=k_small,
        k_large=k_large,
        interval=interval,
        budget=budget,
    )
    for counts in (base, trained):
        inputs.check_counts(counts, k_small, accept_unscored=accept_unscored)
    common = min(int(base.n.min()), int(trained.n.min()))
    listed = settings.listed(ks, common)
    ends = both_ends(
        settings, lambda k, level: _difference(base, trained, k, interval, level), len(base)
    )
    sharpened = sharpening(base, trained, settings.k_large, seed)
    gain = large_gain(
        base,
        trained,
        ends,
        fitted=sharpened.fitted,
        above=sharpened.misfit.above,
        budget=budget,
    )
    passes = shift.Passes(base, trained)
    band = paired_curve(passes.difference, passes.ks, seed=seed)
    crossing = shift.crossover(passes, band)
    verdict = decided(ends, gain, settings, lambda k: changes.difference(base, trained, k))
    arms = {"base": base, "trained": trained}
    luck = {
        name: luck_of(counts, listed, settings.k_large, false_positive_rate, seed)
        for name, counts in arms.items()
    }
    verdict = withheld(verdict, luck, settings.k_large, "inconclusive", accept_luck)
    if trained_on and not accept_trained_on:
        verdict = _memory(verdict)
    return Comparison(
        verdict=verdict,
        settings={
            "margin": margin,
            "k_small": settings.k_small,
            "k_large": settings.k_large,
            "interval": interval,
            "confidence_level": 0.95,
            "budget": budget,
            "seed": seed,
            "intersect": intersect,
            "allow_different_prompts": allow_different_prompts,
            "trained_on": trained_on,
            "false_positive_rate": false_positive_rate,
            "accept_luck": accept_luck,
        },
        problems=len(base),
        draws={"base": _draws(base), "trained": _draws(trained)},
        unscored={"base": int(base.unscored.sum()), "trained": int(trained.unscored.sum())},
        base=inputs.curve_of(base, listed, interval, seed),
        trained=inputs.curve_of(trained, listed, interval, seed),
        delta=_delta(base, trained, listed, interval, seed),
        crossover=crossing,
        coverage=changes.coverage(base, trained),
        tilt=sharpened.to_dict(),
        efficiency_gap=changes.efficiency_gap(base, trained),
        speedup=tuple(shift.speedup(passes)),
        area=shift.area(passes),
        sign_changes=shift.sign_changes(passes),
        bands=tuple(changes.bands(base, trained, (settings.k_small, settings.k_large), seed)),
        luck=luck,
        reasoned=_reasoned(base, trained, listed, seed),
        answered=changes.answered(base, trained, k_small),
        histogram=tuple(inputs.histogram(base=base, trained=trained)),
        notes=(
            *_notes(base, trained, crossing, passes.ever_ahead, common, trained_on),
            *(() if answers else (NOT_AT_HAND,)),
        ),
        sampling_alone=alone_against(answers, base.problem_id, seed=seed) if answers else None,
    )


def _difference(
    base: Counts, trained: Counts, k: int, interval: Interval, level: float
) -> Estimate:
    if interval == "population":
        d = changes.difference(base, trained, k)
        return paired_interval(d, confidence_level=level)
    if 2 * k <= min(base.n.min(), trained.n.min()):
        return fixed_paired_interval(
            base.n, base.c, trained.n, trained.c, k, confidence_level=level
        )
    value = float(changes.difference(base, trained, k).mean())
    return Estimate(value, np.nan, np.nan, level, "fixed", notes=(inputs.NO_FIXED,))


def _delta(
    base: Counts, trained: Counts, ks: Sequence[int], interval: Interval, seed: int
) -> Curve:
    if interval == "population":
        d = pass_at_k(trained.n, trained.c, list(ks)) - pass_at_k(base.n, base.c, list(ks))
        return paired_curve(d, ks, seed=seed)
    return inputs.fixed_curve([_difference(base, trained, k, interval, 0.95) for k in ks], ks)


def _reasoned(base: Counts, trained: Counts, ks: Sequence[int], seed: int) -> dict[str, Any] | None:
    """The same curves where only draws with right reasoning count (CoT-pass@k, 2506.14245)."""
    if base.c_reasoned is None or trained.c_reasoned is None:
        return None
    b = pass_at_k(base.n, base.c_reasoned, list(ks))
    t = pass_at_k(trained.n, trained.c_reasoned, list(ks))
    return {
        "base": {"curve": mean_curve(b, ks, seed=seed).rows()},
        "trained": {"curve": mean_curve(t, ks, seed=seed).rows()},
        "delta": paired_curve(t - b, ks, seed=seed).rows(),
    }


def _memory(verdict: Verdict) -> Verdict:
    return replace(
        verdict,
        label="inconclusive",
        reasons=(*verdict.reasons, "these problems were trained on: a gain here may be memory"),
        needs="a comparison on held-out problems, or --accept-trained-on",
    )


def _notes(
    base: Counts,
    trained: Counts,
    crossing: Mapping[str, int | None] | None,
    ahead: bool,
    common: int,
    trained_on: bool | None,
) -> tuple[str, ...]:
    notes = ["one trained checkpoint: the verdict speaks of it, not of the recipe"]
    if crossing is None:
        said = "does not fall behind, once ahead," if ahead else "is ahead at no k"
        notes.append(f"the trained policy {said} up to k={common}")
    if trained_on is None:
        notes.append("whether these problems were trained on is not known")
    if np.array_equal(base.c, trained.c) and np.sum((base.c > 0) & (base.c < base.n)) >= SAME:
        notes.insert(
            0,
            "every problem has the same counts in both runs: the same weights drawn from with the "
            "same seeds, or one run is a copy of the other; look whether training changed anything",
        )
    for name, counts in (("base", base), ("trained", trained)):
        if counts.unscored.any():
            notes.append(f"{int(counts.unscored.sum())} draws of the {name} are unscored")
    return tuple(notes)


def _draws(counts: Counts) -> int:
    return int(counts.n.sum() + counts.unscored.sum())
