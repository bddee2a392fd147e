"""A checkpoint sweep. In: counts of a base and its checkpoints. Out: pass@k against step.

Each checkpoint has its verdict against the base, as in `compare`. Two things are said of the sweep
as a whole, under bands that hold for all its checkpoints at once: where coverage begins to fall,
and which checkpoint to keep.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from passgap.analysis import inputs
from passgap.analysis.compare.comparison import DEFAULTS
from passgap.analysis.compare.deciding import (
    Deciding,
    deciding,
    from_memory,
    only_population,
    without_short,
)
from passgap.analysis.compare.judging import judge, robust
from passgap.analysis.compare.pairing import on_common_problems
from passgap.analysis.luck import luck_of, withheld, withheld_for
from passgap.analysis.sweep.corrected import corrected_gain
from passgap.analysis.sweep.falling import Differences, FallAt, alike, differences, fall, ranked
from passgap.analysis.sweep.frontier import frontier
from passgap.analysis.sweep.verdict import RULE, sweep_notes, sweep_verdict
from passgap.analysis.verdicts import points
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.labels import CompareLabel, SweepLabel
from passgap.results.parts import Both, Luck
from passgap.results.settings import CompareSettings
from passgap.results.sweep import Checkpoint, Fall, Keep, Sweep


def compare_sweep(
    base: Counts,
    checkpoints: Sequence[tuple[int, Counts]],
    settings: CompareSettings = DEFAULTS,
    *,
    trained_on: bool | None = None,
) -> Sweep:
    """Say how pass@k moves over training, where coverage falls, and which checkpoint to keep.

    Parameters
    ----------
    base
        Counts of the base.
    checkpoints
        Two or more (step, Counts) of one training run, on the same problems; steps are distinct
        and positive, in any order.
    settings, trained_on
        As in `compare`, for each checkpoint; the interval is of a population.

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
    only_population(settings, "several checkpoints")
    ordered = _by_step(checkpoints)
    paired = on_common_problems(base, [counts for _, counts in ordered], settings)
    everyone, settings, left_out = without_short(paired, settings)
    rule = deciding(everyone, settings)
    listed = rule.listed(settings.ks, min(int(counts.n.min()) for counts in everyone))
    steps = [0, *(step for step, _ in ordered)]
    lucks = [
        luck_of(one, listed, rule.k_large, settings.false_positive_rate, settings.seed)
        for one in everyone
    ]
    tables = {k: differences(everyone, k, settings.seed) for k in listed}
    small, large = tables[rule.k_small], tables[rule.k_large]
    order = ranked(small, large, rule.margin)
    rows = _rows(everyone, steps, tables, lucks, order, rule, settings, trained_on)
    found, chosen = fall(large), order[0]
    verdict = sweep_verdict(found, large, rule, steps)
    for step, luck in zip(steps, lucks, strict=True):
        whose = f"policy of step {step}"
        verdict = withheld_for(
            verdict, luck, whose, rule.k_large, SweepLabel.INCONCLUSIVE, settings.accept_luck
        )
    return Sweep(
        verdict=from_memory(
            verdict, SweepLabel.INCONCLUSIVE, trained_on=trained_on, settings=settings
        ),
        settings=rule.compared_with(settings, trained_on),
        problems=len(everyone[0]),
        base=inputs.curve_of(everyone[0], listed, "population", settings.seed),
        checkpoints=rows,
        fall=None if found is None else _fall_row(found, large, steps),
        keep=_keep_row(chosen, small, large, rows, _corrected(everyone, rule, settings))
        if chosen
        else None,
        frontier=frontier(everyone, steps, rule.k_large, settings.seed),
        rule=RULE.format(k=rule.k_small, K=rule.k_large, margin=points(rule.margin)),
        notes=(*left_out, *rule.notes, *sweep_notes(chosen, everyone, trained_on)),
    )


def _by_step(checkpoints: Sequence[tuple[int, Counts]]) -> list[tuple[int, Counts]]:
    steps = [step for step, _ in checkpoints]
    if len(steps) < 2:
        raise UsageError(f"{len(steps)} checkpoint given; a sweep needs 2 or more")
    twice = next((step for step in steps if steps.count(step) > 1), None)
    if min(steps) < 1 or twice is not None:
        raise UsageError(
            f"the checkpoints have the steps {', '.join(map(str, steps))}; allowed: distinct "
            "steps, each at least 1 (the base is step 0); to compare training seeds of one "
            "recipe use --seeds"
        )
    return sorted(checkpoints, key=lambda one: one[0])


def _rows(
    everyone: Sequence[Counts],
    steps: Sequence[int],
    tables: Mapping[int, Differences],
    lucks: Sequence[Luck | None],
    order: Sequence[int],
    rule: Deciding,
    settings: CompareSettings,
    trained_on: bool | None,
) -> tuple[Checkpoint, ...]:
    """Each checkpoint with the verdict that `compare` gives it."""
    rows, ranks = [], [position for position in order if position]  # the base has none
    for i in range(1, len(everyone)):
        found = judge(everyone[0], everyone[i], rule, settings.seed)
        verdict = robust(found, everyone[0], everyone[i], rule, settings)
        verdict = withheld(verdict, Both(lucks[0], lucks[i]), rule.k_large, settings.accept_luck)
        verdict = from_memory(
            verdict, CompareLabel.INCONCLUSIVE, trained_on=trained_on, settings=settings
        )
        curve = inputs.curve_of(everyone[i], list(tables), "population", settings.seed)
        delta = tuple(table.row(0, i) for table in tables.values())
        policy = everyone[i].provenance.get("policy", "")
        rows.append(Checkpoint(steps[i], policy, verdict, curve, delta, 1 + ranks.index(i)))
    return tuple(rows)


def _fall_row(found: FallAt, large: Differences, steps: Sequence[int]) -> Fall:
    below = None if found.below_base is None else steps[found.below_base]
    row = large.row(found.since, found.step)
    return Fall(steps[found.since], steps[found.step], below, row)


def _corrected(everyone: Sequence[Counts], rule: Deciding, settings: CompareSettings) -> Estimate:
    return corrected_gain(everyone, rule.k_small, rule.k_large, rule.margin, settings.seed)


def _keep_row(
    chosen: int,
    small: Differences,
    large: Differences,
    rows: Sequence[Checkpoint],
    corrected: Estimate,
) -> Keep:
    one = rows[chosen - 1]
    return Keep(
        step=one.step,
        policy=one.policy,
        small=small.row(0, chosen),
        large=large.row(0, chosen),
        corrected=corrected,
        alike=tuple(rows[other - 1].step for other in alike(small, chosen)),
    )
