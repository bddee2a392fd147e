"""A checkpoint sweep: a base's counts and those of its checkpoints in, pass@k against step out.

Each checkpoint has its verdict against the base, as in `compare`. Two things are said of the sweep
as a whole, under bands that hold for all its checkpoints at once: where coverage begins to fall,
and which checkpoint to keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from passgap.analysis import inputs
from passgap.analysis.compare import changes
from passgap.analysis.compare.deciding import Deciding, both_ends, decided, deciding, large_gain
from passgap.analysis.compare.pairing import paired
from passgap.analysis.compare.sharpening import sharpening
from passgap.analysis.luck import Luck, luck_of, withheld
from passgap.analysis.sweep.falling import Differences, Fall, alike, differences, fall, kept
from passgap.analysis.sweep.verdict import RULE, from_memory, sweep_notes, sweep_verdict
from passgap.analysis.verdicts import points
from passgap.data.counts import Counts
from passgap.display import Displayed
from passgap.errors import UsageError
from passgap.results.estimates import Curve
from passgap.results.verdict import Verdict
from passgap.stats import paired_interval


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
class Sweep(Displayed):
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
    everyone = _on_common_problems(base, [counts for _, counts in ordered], **pairing)
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
    steps = [0, *(step for step, _ in ordered)]
    luck = {
        f"policy of step {step}": luck_of(
            counts, listed, settings.k_large, false_positive_rate, seed
        )
        for step, counts in zip(steps, everyone, strict=True)
    }
    tables = {k: differences(everyone, k, seed) for k in listed}
    small, large = tables[k_small], tables[settings.k_large]
    rows = _rows(everyone, steps, tables, luck, settings, accept_luck, seed)
    found, chosen = fall(large), kept(small, large, margin)
    verdict = sweep_verdict(found, large, settings, steps)
    verdict = withheld(verdict, luck, settings.k_large, "inconclusive", accept_luck)
    return Sweep(
        verdict=from_memory(verdict) if trained_on and not accept_trained_on else verdict,
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
        problems=len(everyone[0]),
        base=inputs.curve_of(everyone[0], listed, "population", seed),
        checkpoints=rows,
        fall=None if found is None else _fall_row(found, large, steps),
        keep=_keep_row(chosen, small, large, rows) if chosen else None,
        rule=RULE.format(k=k_small, K=settings.k_large, margin=points(margin)),
        notes=sweep_notes(chosen, everyone, trained_on),
    )


def _by_step(checkpoints: Sequence[tuple[int, Counts]]) -> list[tuple[int, Counts]]:
    steps = [step for step, _ in checkpoints]
    if len(steps) < 2:
        raise UsageError(f"{len(steps)} checkpoint given; a sweep needs 2 or more")
    twice = next((step for step in steps if steps.count(step) > 1), None)
    if min(steps) < 1 or twice is not None:
        raise UsageError(
            f"the checkpoints have the steps {', '.join(map(str, steps))}; allowed: distinct, each "
            "at least 1 (the base is step 0); training seeds of one recipe go with --seeds"
        )
    return sorted(checkpoints, key=lambda one: one[0])


def _on_common_problems(
    base: Counts, checkpoints: Sequence[Counts], *, intersect: bool, allow_different_prompts: bool
) -> list[Counts]:
    """The base and the checkpoints, each on the problems that all of them hold."""
    for counts in checkpoints:
        base, _ = paired(
            base, counts, intersect=intersect, allow_different_prompts=allow_different_prompts
        )
    same = {"intersect": True, "allow_different_prompts": True}
    return [base, *(paired(base, counts, **same)[1] for counts in checkpoints)]


def _rows(
    everyone: Sequence[Counts],
    steps: Sequence[int],
    tables: Mapping[int, Differences],
    luck: Mapping[str, Luck | None],
    settings: Deciding,
    accept_luck: bool,
    seed: int,
) -> tuple[Checkpoint, ...]:
    base, lucks = everyone[0], list(luck.values())
    rows = []
    for i in range(1, len(everyone)):
        verdict = _against_base(base, everyone[i], settings, seed)
        both = {"base": lucks[0], "trained": lucks[i]}
        rows.append(
            Checkpoint(
                steps[i],
                everyone[i].provenance.get("policy", ""),
                withheld(verdict, both, settings.k_large, "inconclusive", accept_luck),
                inputs.curve_of(everyone[i], list(tables), "population", seed),
                tuple(table.row(0, i) for table in tables.values()),
            )
        )
    return tuple(rows)


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
