"""What a sweep says: its verdict with the reasons, and what a reader should keep in mind.

In: the differences at the large k and the fall found in them. Out: a Verdict, notes.
"""

from __future__ import annotations

from collections.abc import Sequence

from passgap.analysis.compare.deciding import LEAST_LARGE_K, Deciding, unknown_training
from passgap.analysis.sweep.falling import Differences, FallAt
from passgap.analysis.verdicts import points
from passgap.data.counts import Counts
from passgap.plain import plural
from passgap.results.labels import SweepLabel
from passgap.results.verdict import Verdict

RULE = (
    "keep the checkpoint whose pass@{k} has the greatest lower bound above the base's, among those "
    "whose pass@{K} is not shown to be below the base's by more than {margin} points; the earlier "
    "of two that tie"
)
CAVEAT = (
    "the checkpoint to keep is chosen on these problems, so its own numbers are optimistic; the "
    "corrected gain is measured on problems that had no part in the choice"
)
BANDS = "at its k, each band holds for all differences among the base and its checkpoints at once"


def sweep_verdict(
    found: FallAt | None, large: Differences, settings: Deciding, steps: Sequence[int]
) -> Verdict:
    """``coverage_falls``, ``coverage_holds``, ``no_fall_shown``, or ``inconclusive``."""
    k, margin = settings.k_large, settings.margin
    if not settings.enough_draws:
        reason = f"a verdict needs a large k of at least {LEAST_LARGE_K}; here it is {k}"
        needs = f"n >= {2 * LEAST_LARGE_K} samples per problem, or --k-large set beforehand"
        return Verdict(SweepLabel.INCONCLUSIVE, (reason,), needs)
    lowest = float(large.band_low[0, 1:].min())
    if found is not None:
        return Verdict(SweepLabel.COVERAGE_FALLS, _fallen(found, large, steps))
    if lowest > -margin:
        reason = (
            f"pass@{k} stays above the base's or within {points(margin)} points of it throughout"
        )
        return Verdict(SweepLabel.COVERAGE_HOLDS, (reason,))
    reason = f"pass@{k} is not shown to fall at any checkpoint"
    needs = (
        f"more problems: a fall of up to {points(-lowest)} points below the base is not excluded"
    )
    return Verdict(SweepLabel.NO_FALL_SHOWN, (reason,), needs)


def _fallen(found: FallAt, large: Differences, steps: Sequence[int]) -> tuple[str, ...]:
    row = large.row(found.since, found.step)
    since = "the base" if found.since == 0 else f"step {steps[found.since]}"
    band = f"{points(row.band_low)} to {points(row.band_high)}"
    first = (
        f"pass@{large.k} falls between {since} and step {steps[found.step]} by "
        f"{points(-row.value)} points (band {band}) and stays below from then on"
    )
    if found.below_base is None:
        return (first, "it is not shown to fall below the base's")
    if found.since == 0:
        return (first,)
    return (first, f"from step {steps[found.below_base]} on it stays below the base's")


def sweep_notes(
    chosen: int, everyone: Sequence[Counts], trained_on: bool | None
) -> tuple[str, ...]:
    """How far the result holds; ``chosen`` is the position to keep, 0 for the base."""
    notes = [
        CAVEAT if chosen else "no checkpoint is shown to be better than the base: keep the base"
    ]
    notes += [BANDS, "one training run: with another seed coverage may fall at another step"]
    notes += unknown_training(trained_on)
    unscored = sum(int(counts.unscored.sum()) for counts in everyone)
    if unscored:
        notes.append(f"{plural(unscored, 'sample is', 'samples are')} unscored")
    return tuple(notes)
