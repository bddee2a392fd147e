"""Several training seeds: a base's counts and a trained policy's a seed in, a claim about the
recipe out. One checkpoint is not a recipe: what differs between seeds widens every interval.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.compare import changes
from passgap.analysis.compare.comparison import compare
from passgap.analysis.compare.deciding import both_ends, decided, deciding, large_gain
from passgap.analysis.compare.pairing import paired
from passgap.analysis.compare.sharpening import sharpening
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict
from passgap.stats import pass_at_k, seeds_interval


@dataclass(frozen=True)
class SeedsComparison(Displayed):
    """The verdict on a recipe, with each seed's own; print it, or take ``to_dict()``."""

    verdict: Verdict
    settings: Mapping[str, Any]
    problems: int
    base: Curve
    trained: Curve
    delta: Curve
    seeds: tuple[Mapping[str, Any], ...]
    tilt: Mapping[str, Any] | None
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """As a comparison's, with ``seeds``: one row a trained policy."""
        return {
            "schema": "passgap.compare_seeds/1",
            "verdict": self.verdict.to_dict(),
            "settings": dict(self.settings),
            "problems": self.problems,
            "base": {"curve": self.base.rows()},
            "trained": {"curve": self.trained.rows()},
            "delta": self.delta.rows(),
            "seeds": [dict(row) for row in self.seeds],
            "tilt": None if self.tilt is None else dict(self.tilt),
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        lines = [f"{self.verdict.label}  ({self.problems} problems, {len(self.seeds)} seeds)"]
        lines += inputs.reasons(self.verdict)
        lines += [f"  {row['policy']}: {row['verdict']['label']}" for row in self.seeds]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def compare_seeds(
    base: Counts,
    trained: Sequence[Counts],
    *,
    ks: Sequence[int] | None = None,
    margin: float = 0.02,
    k_small: int = 2,
    k_large: int | None = None,
    budget: int = 10_000,
    seed: int = 0,
    intersect: bool = False,
    allow_different_prompts: bool = False,
    accept_unscored: bool = False,
) -> SeedsComparison:
    """Say what a training recipe does, from policies that differ in the training seed alone.

    Parameters
    ----------
    base
        Counts of the base.
    trained
        Counts of S >= 2 trained policies on the same problems.
    ks, margin, k_small, k_large, budget, seed
        As in `compare`.
    intersect, allow_different_prompts, accept_unscored
        As in `compare`.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`, for any of the policies; or for fewer than two.
    """
    if len(trained) < 2:
        raise UsageError(f"{len(trained)} trained policy; a claim about a recipe needs 2 or more")
    for counts in trained:
        base, _ = paired(
            base, counts, intersect=intersect, allow_different_prompts=allow_different_prompts
        )
    arms = [
        paired(base, counts, intersect=True, allow_different_prompts=True)[1] for counts in trained
    ]
    settings = deciding(
        (base, *arms),
        margin=margin,
        k_small=k_small,
        k_large=k_large,
        interval="population",
        budget=budget,
    )
    for counts in (base, *arms):
        inputs.check_counts(counts, k_small, accept_unscored=accept_unscored)
    listed = settings.listed(ks, min(int(counts.n.min()) for counts in (base, *arms)))
    pooled = _pooled(arms)
    sharpened = sharpening(base, pooled, settings.k_large, seed)
    ends = both_ends(settings, lambda k, level: _interval(base, arms, k, level), len(base))
    gain = large_gain(
        base, pooled, ends, fitted=sharpened.fitted, above=sharpened.misfit.above, budget=budget
    )
    verdict = decided(ends, gain, settings, lambda k: _differences(base, arms, k).mean(axis=0))
    own = [
        compare(
            base,
            arm,
            margin=margin,
            k_small=k_small,
            k_large=k_large,
            budget=budget,
            seed=seed,
            allow_different_prompts=True,
            accept_unscored=accept_unscored,
        )
        for arm in arms
    ]
    return SeedsComparison(
        verdict=verdict,
        settings={
            "margin": margin,
            "k_small": settings.k_small,
            "k_large": settings.k_large,
            "interval": "population",
            "confidence_level": 0.95,
            "budget": budget,
            "seed": seed,
            "intersect": intersect,
            "allow_different_prompts": allow_different_prompts,
        },
        problems=len(base),
        base=inputs.curve_of(base, listed, "population", seed),
        trained=_curve([_level(arms, k) for k in listed], listed),
        delta=_curve([_interval(base, arms, k, 0.95) for k in listed], listed),
        seeds=tuple(_row(arm, result) for arm, result in zip(arms, own, strict=True)),
        tilt=sharpened.to_dict(),
        notes=(
            f"{len(arms)} training seeds: the verdict speaks of the recipe on problems like these",
        ),
    )


def _differences(base: Counts, arms: Sequence[Counts], k: int) -> FloatArray:
    """d_is(k), shape (S, P)."""
    return np.stack([changes.difference(base, arm, k) for arm in arms])


def _interval(base: Counts, arms: Sequence[Counts], k: int, level: float) -> Estimate:
    return seeds_interval(_differences(base, arms, k), confidence_level=level)


def _level(arms: Sequence[Counts], k: int) -> Estimate:
    """Mean pass@k of the recipe, kept within [0, 1]."""
    found = seeds_interval(np.stack([pass_at_k(arm.n, arm.c, k) for arm in arms]))
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def _curve(found: Sequence[Estimate], ks: Sequence[int]) -> Curve:
    value, low, high = np.array([[e.value, e.low, e.high] for e in found]).T
    return Curve(np.asarray(ks), value, low, high, method=found[0].method)


def _pooled(arms: Sequence[Counts]) -> Counts:
    """All seeds' draws of a problem together: the policy that picks a seed at random."""
    first = arms[0]
    n, c = (np.sum([getattr(arm, name) for arm in arms], axis=0) for name in ("n", "c"))
    return Counts(first.problem_id, n, c)


def _row(arm: Counts, result: Any) -> dict[str, Any]:
    k_small, k_large = result.settings["k_small"], result.settings["k_large"]
    return {
        "policy": arm.provenance.get("policy", ""),
        "verdict": result.verdict.to_dict(),
        "delta": [{"k": k} | inputs.interval_dict(result.delta.at(k)) for k in (k_small, k_large)],
    }
