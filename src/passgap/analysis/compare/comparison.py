"""Compare. In: counts of a base and a trained policy. Out: the verdict after training.

Problems are paired by id, and every interval is over problems. The verdict depends on two k, a
small and a large one, fixed in advance; ``ks`` only chooses what is listed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.alone.sampling_alone import NOT_AT_HAND, Arms, alone_against
from passgap.analysis.compare import changes, shift
from passgap.analysis.compare.deciding import (
    deciding,
    from_memory,
    unknown_training,
    without_short,
)
from passgap.analysis.compare.judging import difference, judge, robust
from passgap.analysis.compare.pairing import paired
from passgap.analysis.compare.sharpening import sharpening
from passgap.analysis.luck import luck_of_both, withheld
from passgap.analysis.trajectories import Tries, trajectories_compared
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.plain import plural
from passgap.results.comparison import AllOfK, Comparison, Crossover, Reasoned
from passgap.results.estimates import Curve
from passgap.results.labels import CompareLabel
from passgap.results.parts import Both, Interval
from passgap.results.settings import CompareSettings
from passgap.stats import mean_curve, paired_curve, pass_at_k, plausible_limits

DEFAULTS = CompareSettings()
RELIABLE = 8  # the largest k at which the change of pass^k is named, as in arXiv 2406.12045
SAME = 10  # so many problems with 0 < c < n do not agree by chance in two runs


def compare(
    base: Counts,
    trained: Counts,
    settings: CompareSettings = DEFAULTS,
    *,
    trained_on: bool | None = None,
    answers: Arms | None = None,
    tries: Both[Tries] | None = None,
) -> Comparison:
    """Say what training did: sharpened, narrowed, expanded, unchanged, or not decided.

    Parameters
    ----------
    base, trained
        Counts on the same problems.
    settings
        What decides the verdict, and which flaws of the data are accepted.
    trained_on
        Whether these problems were trained on (None: unknown).
    answers
        The answers of both, for what sampling alone gives.
    tries
        What the trajectories of both took; None: the samples are single answers.

    Raises
    ------
    MismatchError
        If problems, prompts, settings or verifiers differ.
    UsageError
        For k or counts that do not allow a comparison.
    """
    base, trained = paired(
        base,
        trained,
        intersect=settings.intersect,
        allow_different_prompts=settings.allow_different_prompts,
    )
    (base, trained), settings, left_out = without_short((base, trained), settings)
    rule = deciding((base, trained), settings)
    common = min(int(base.n.min()), int(trained.n.min()))
    listed = rule.listed(settings.ks, common)
    found = judge(base, trained, rule, settings.seed)
    sharpened = sharpening(base, trained, rule.k_large)
    passes = shift.Passes(base, trained)
    crossing = shift.crossover(passes, passes.curve(settings.seed))
    luck = luck_of_both(base, trained, listed, rule.k_large, settings)
    verdict = robust(found, base, trained, rule, settings)
    verdict = withheld(verdict, luck, rule.k_large, settings.accept_luck)
    return Comparison(
        verdict=from_memory(
            verdict, CompareLabel.INCONCLUSIVE, trained_on=trained_on, settings=settings
        ),
        settings=rule.compared_with(settings, trained_on),
        problems=len(base),
        draws=Both(_draws(base), _draws(trained)),
        unscored=Both(int(base.unscored.sum()), int(trained.unscored.sum())),
        base=inputs.curve_of(base, listed, rule.interval, settings.seed),
        trained=inputs.curve_of(trained, listed, rule.interval, settings.seed),
        delta=_delta(base, trained, listed, rule.interval, settings.seed),
        new=found.new,
        lost=found.lost,
        gain_source=found.source,
        crossover=crossing,
        coverage=changes.coverage(base, trained),
        tilt=sharpened.fit(),
        efficiency_gap=changes.efficiency_gap(base, trained),
        speedup=shift.speedup(passes),
        area=shift.area(passes),
        sign_changes=shift.sign_changes(passes),
        bands=changes.bands(base, trained, (rule.k_small, rule.k_large), settings.seed),
        luck=luck,
        reasoned=_reasoned(base, trained, listed, settings.seed),
        all_of_k=_all_of_k(base, trained, listed, rule.interval, settings.seed),
        answered=changes.answered(base, trained, rule.k_small),
        histogram=inputs.histogram(base, trained),
        notes=(
            *left_out,
            *rule.notes,
            *_notes(base, trained, crossing, passes.ever_ahead, common, trained_on),
            *(() if answers else (NOT_AT_HAND,)),
        ),
        sampling_alone=(
            alone_against(answers, base.problem_id, seed=settings.seed) if answers else None
        ),
        trajectories=(
            trajectories_compared(tries, Both(base, trained), listed, settings.seed)
            if tries
            else None
        ),
    )


def _delta(
    base: Counts, trained: Counts, ks: Sequence[int], interval: Interval, seed: int
) -> Curve:
    if interval == "population":
        b, t = (pass_at_k(one.n, one.c, list(ks)) for one in (base, trained))
        return _difference_curve(b, t, ks, seed, base)
    each = [difference(base, trained, k, interval, 0.95) for k in ks]
    return inputs.curve_from(each, ks, inputs.FIXED)


def _reasoned(base: Counts, trained: Counts, ks: Sequence[int], seed: int) -> Reasoned | None:
    if base.c_reasoned is None or trained.c_reasoned is None:
        return None
    b = pass_at_k(base.n, base.c_reasoned, list(ks))
    t = pass_at_k(trained.n, trained.c_reasoned, list(ks))
    return Reasoned(
        base=mean_curve(b, ks, seed=seed, clusters=base.clusters),
        trained=mean_curve(t, ks, seed=seed, clusters=base.clusters),
        delta=_difference_curve(b, t, ks, seed, base),
    )


def _all_of_k(
    base: Counts, trained: Counts, ks: Sequence[int], interval: Interval, seed: int
) -> AllOfK:
    """pass^k of both and its difference, from the failures: base minus trained of their pass@k."""
    missed = inputs.failures(trained), inputs.failures(base)
    delta = _delta(*missed, ks, interval, seed)
    known = [k for k in map(int, delta.k) if k <= RELIABLE and np.isfinite(delta.at(k).low)]
    k = max(known, default=int(delta.k[0]))
    one = delta.at(k)
    return AllOfK(
        base=inputs.all_of_k(base, ks, interval, seed),
        trained=inputs.all_of_k(trained, ks, interval, seed),
        delta=delta,
        k=k,
        change="up" if one.low > 0 else "down" if one.high < 0 else "unclear",
    )


def _difference_curve(
    b: FloatArray, t: FloatArray, ks: Sequence[int], seed: int, base: Counts
) -> Curve:
    limits = plausible_limits(b, t, base.clusters)
    return paired_curve(t - b, ks, seed=seed, clusters=base.clusters, limits=limits)


def _notes(
    base: Counts,
    trained: Counts,
    crossing: Crossover | None,
    ahead: bool,
    common: int,
    trained_on: bool | None,
) -> tuple[str, ...]:
    notes = [
        "one trained checkpoint: the verdict is about this checkpoint, not about the "
        "training recipe"
    ]
    if crossing is None:
        said = "stays level or ahead" if ahead else "is never ahead"
        notes.append(f"the trained policy {said} up to k={common}")
    notes += unknown_training(trained_on)
    if np.array_equal(base.c, trained.c) and np.sum((base.c > 0) & (base.c < base.n)) >= SAME:
        notes.insert(
            0,
            "every problem has the same counts in both runs: either both sampled the same "
            "weights with the same seed, or one run is a copy of the other; check that training "
            "changed the weights",
        )
    for name, counts in (("base", base), ("trained", trained)):
        if counts.unscored.any():
            notes.append(f"{plural(int(counts.unscored.sum()), 'sample')} of the {name} unscored")
    return tuple(notes)


def _draws(counts: Counts) -> int:
    return int(counts.n.sum() + counts.unscored.sum())
