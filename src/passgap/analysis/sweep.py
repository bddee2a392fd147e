"""A checkpoint sweep: a base's counts and those of its checkpoints in, pass@k against step out.

Each checkpoint has its verdict against the base, as in `compare`. Two things are said of the sweep
as a whole, under bands that hold for all its checkpoints at once: where coverage begins to fall,
and which checkpoint to keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from passgap.analysis import changes, inputs
from passgap.analysis.deciding import (
    LEAST_LARGE_K,
    Deciding,
    both_ends,
    decided,
    deciding,
    large_gain,
)
from passgap.analysis.falling import Differences, Fall, alike, differences, fall, kept
from passgap.analysis.luck import Luck, luck_of, withheld
from passgap.analysis.pairing import paired
from passgap.analysis.sharpening import sharpening
from passgap.analysis.verdicts import points
from passgap.errors import UsageError
from passgap.stats import paired_interval
from passgap.types import Counts, Curve, Verdict

RULE = (
    "keep the checkpoint whose pass@{k} has the greatest lower bound above the base's, among those "
    "whose pass@{K} is not shown to be below the base's by more than {margin} points; the earlier "
    "of two that tie"
)
CAVEAT = (
    "the checkpoint to keep is chosen on these problems, so its own numbers here are optimistic; "
    "judge it on fresh ones"
)
BANDS = (
    "bands hold at their k for all differences between two of the base and its checkpoints at once"
)


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint of a sweep: its curve, its difference to the base at each k, its verdict."""

    step: int
    policy: str
    verdict: Verdict
    curve: Curve
    delta: tuple[Mapping[str, Any], ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "policy": self.policy,
            "verdict": self.verdict.to_dict(),
            "curve": self.curve.rows(),
            "delta": [dict(row) for row in self.delta],
        }


@dataclass(frozen=True)
class Sweep:
    """pass@k against training step and what it says; print it, or take ``to_dict()``."""

    verdict: Verdict
    settings: Mapping[str, Any]
    problems: int
    base: Curve
    checkpoints: tuple[Checkpoint, ...]
    fall: Mapping[str, Any] | None
    keep: Mapping[str, Any] | None
    rule: str
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """By JSON names; ``fall`` is null where none is shown, ``keep`` where the base is best."""
        return {
            "schema": "passgap.compare_sweep/1",
            "verdict": self.verdict.to_dict(),
            "settings": dict(self.settings),
            "problems": self.problems,
            "base": {"curve": self.base.rows()},
            "checkpoints": [one.to_dict() for one in self.checkpoints],
            "fall": None if self.fall is None else dict(self.fall),
            "keep": None if self.keep is None else dict(self.keep),
            "rule": self.rule,
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        k, large = self.settings["k_small"], self.settings["k_large"]
        lines = [f"{self.verdict.label}  ({self.problems} problems)"]
        lines += inputs.reasons(self.verdict)
        lines += [f"  step    pass@{k:<6} pass@{large:<6} verdict"]
        rows = [(0, self.base, "base")]
        rows += [(one.step, one.curve, one.verdict.label) for one in self.checkpoints]
        for step, curve, label in rows:
            both = (f"{curve.at(each).value:<11.3f}" for each in (k, large))
            lines.append(f"  {step:<7} {' '.join(both)} {label}")
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def compare_sweep(
    base: Counts,
    checkpoints: Sequence[tuple[int, Counts]],
    *,
    ks: Sequence[int] | None = None,
    margin: float = 0.02,
    k_small: int = 2,
    k_large: int | None = None,
    budget: int = 10_000,
    seed: int = 0,
    intersect: bool = False,
    allow_different_prompts: bool = False,
    false_positive_rate: float | None = None,
    accept_luck: bool = False,
    accept_unscored: bool = False,
    trained_on: bool | None = None,
    accept_trained_on: bool = False,
) -> Sweep:
    """Say how pass@k moves over training, where coverage falls, and which checkpoint to keep.

    Parameters
    ----------
    base
        Counts of the base.
    checkpoints
        Two or more (step, Counts) of one training run, on the same problems; steps are distinct
        and positive, in any order.
    ks, margin, k_small, k_large, budget, seed
        As in `compare`.
    intersect, allow_different_prompts, false_positive_rate, accept_luck, accept_unscored
        As in `compare`, for each checkpoint.
    trained_on, accept_trained_on
        As in `compare`: whether these problems were trained on.

    Returns
    -------
    Sweep
        Its verdict is ``coverage_falls``, ``coverage_holds`` (at no checkpoint further below the
        base than the margin, all at once), ``no_fall_shown``, or ``inconclusive``.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`, for any of the policies; or for steps that make no sweep.
    """
    ordered = _by_step(checkpoints)
    pairing = {"intersect": intersect, "allow_different_prompts": allow_different_prompts}
    for _, counts in ordered:
        base, _ = paired(base, counts, **pairing)
    arms = [
        paired(base, counts, intersect=True, allow_different_prompts=True)[1]
        for _, counts in ordered
    ]
    everyone = (base, *arms)
    settings = deciding(
        everyone,
        margin=margin,
        k_small=k_small,
        k_large=k_large,
        interval="population",
        budget=budget,
    )
    for counts in everyone:
        inputs.check_counts(counts, k_small, accept_unscored=accept_unscored)
    listed = settings.listed(ks, min(int(counts.n.min()) for counts in everyone))
    luck = [
        luck_of(counts, listed, settings.k_large, false_positive_rate, seed) for counts in everyone
    ]
    tables = {k: differences(everyone, k, seed) for k in listed}
    small, large = tables[k_small], tables[settings.k_large]
    steps = [0, *(step for step, _ in ordered)]
    found = fall(large)
    chosen = kept(small, large, margin)
    rows = []
    for i, arm in enumerate(arms, start=1):
        verdict = _against_base(base, arm, settings, seed)
        lucks = {"base": luck[0], "checkpoint": luck[i]}
        rows.append(
            Checkpoint(
                steps[i],
                arm.provenance.get("policy", ""),
                withheld(verdict, lucks, settings.k_large, "inconclusive", accept_luck),
                inputs.curve_of(arm, listed, "population", seed),
                tuple(tables[k].row(0, i) for k in listed),
            )
        )
    verdict = _verdict(found, large, settings, steps)
    named: dict[str, Luck | None] = {
        f"policy of step {step}": one for step, one in zip(steps, luck, strict=True)
    }
    verdict = withheld(verdict, named, settings.k_large, "inconclusive", accept_luck)
    if trained_on and not accept_trained_on:
        verdict = _memory(verdict)
    return Sweep(
        verdict=verdict,
        settings={
            "margin": margin,
            "k_small": k_small,
            "k_large": settings.k_large,
            "interval": "population",
            "confidence_level": 0.95,
            "budget": budget,
            "seed": seed,
            **pairing,
            "trained_on": trained_on,
            "false_positive_rate": false_positive_rate,
            "accept_luck": accept_luck,
        },
        problems=len(base),
        base=inputs.curve_of(base, listed, "population", seed),
        checkpoints=tuple(rows),
        fall=None if found is None else _fall_row(found, large, steps),
        keep=_keep_row(chosen, small, large, rows) if chosen else None,
        rule=RULE.format(k=k_small, K=settings.k_large, margin=points(margin)),
        notes=_notes(chosen, everyone, trained_on),
    )


def _by_step(checkpoints: Sequence[tuple[int, Counts]]) -> list[tuple[int, Counts]]:
    steps = [step for step, _ in checkpoints]
    if len(steps) < 2:
        raise UsageError(f"{len(steps)} checkpoint given; a sweep needs 2 or more")
    twice = next((step for step in steps if steps.count(step) > 1), None)
    if min(steps) < 1 or twice is not None:
        raise UsageError(
            f"the checkpoints have the steps {', '.join(map(str, steps))}; allowed: distinct, each "
            "at least 1 (the base is step 0)"
        )
    return sorted(checkpoints, key=lambda one: one[0])


def _against_base(base: Counts, arm: Counts, settings: Deciding, seed: int) -> Verdict:
    """The verdict of `compare`; a tilt is fitted only where the large k is up and needs one."""
    ends = both_ends(
        settings,
        lambda k, level: paired_interval(changes.difference(base, arm, k), confidence_level=level),
        len(base),
    )
    fitted = above = False
    if ends.at_large == "up":
        tilt = sharpening(base, arm, settings.k_large, seed)
        fitted, above = tilt.fitted, tilt.misfit.above
    gain = large_gain(base, arm, ends, fitted=fitted, above=above, budget=settings.budget)
    return decided(ends, gain, settings, lambda k: changes.difference(base, arm, k))


def _verdict(
    found: Fall | None, large: Differences, settings: Deciding, steps: Sequence[int]
) -> Verdict:
    k, margin = settings.k_large, settings.margin
    if not settings.enough_draws:
        reason = f"a verdict needs a large k of at least {LEAST_LARGE_K}; here it is {k}"
        needs = f"n >= {2 * LEAST_LARGE_K} draws a problem, or --k-large set beforehand"
        return Verdict("inconclusive", (reason,), needs)
    lowest = float(large.band_low[0, 1:].min())
    if found is not None:
        return Verdict("coverage_falls", _fallen(found, large, steps))
    if lowest > -margin:
        reason = (
            f"pass@{k} stays within {points(margin)} points of the base's, or above, throughout"
        )
        return Verdict("coverage_holds", (reason,))
    reason = f"pass@{k} is not shown to fall at any checkpoint"
    needs = (
        f"more problems: a fall of up to {points(-lowest)} points below the base is not excluded"
    )
    return Verdict("no_fall_shown", (reason,), needs)


def _fallen(found: Fall, large: Differences, steps: Sequence[int]) -> tuple[str, ...]:
    row = large.row(found.since, found.step)
    since = "the base" if found.since == 0 else f"step {steps[found.since]}"
    band = f"{points(row['band_low'])} to {points(row['band_high'])}"
    first = (
        f"pass@{large.k} falls between {since} and step {steps[found.step]}, by "
        f"{points(-row['value'])} points (band {band}), and stays below from there on"
    )
    if found.below_base is None:
        return (first, "it is not shown to fall below the base's")
    if found.since == 0:
        return (first,)
    return (first, f"from step {steps[found.below_base]} on it stays below the base's")


def _fall_row(found: Fall, large: Differences, steps: Sequence[int]) -> dict[str, Any]:
    return {
        "since": steps[found.since],
        "step": steps[found.step],
        "below_base": None if found.below_base is None else steps[found.below_base],
        **large.row(found.since, found.step),
    }


def _keep_row(
    chosen: int, small: Differences, large: Differences, rows: Sequence[Checkpoint]
) -> dict[str, Any]:
    one = rows[chosen - 1]
    return {
        "step": one.step,
        "policy": one.policy,
        "small": small.row(0, chosen),
        "large": large.row(0, chosen),
        "alike": [rows[other - 1].step for other in alike(small, chosen)],
    }


def _memory(verdict: Verdict) -> Verdict:
    return replace(
        verdict,
        label="inconclusive",
        reasons=(*verdict.reasons, "these problems were trained on: a gain here may be memory"),
        needs="a comparison on held-out problems, or --accept-trained-on",
    )


def _notes(chosen: int, everyone: Sequence[Counts], trained_on: bool | None) -> tuple[str, ...]:
    notes = [CAVEAT if chosen else "no checkpoint is shown to be better than the base: keep that"]
    notes += [BANDS, "one training run: another seed may fall elsewhere"]
    if trained_on is None:
        notes.append("whether these problems were trained on is not known")
    unscored = sum(int(counts.unscored.sum()) for counts in everyone)
    if unscored:
        notes.append(f"{unscored} draws are unscored")
    return tuple(notes)
