"""The verdict in each slice of the problems, and over all of them in two weightings.

In: paired Counts and a value for each problem (benchmark, level, subject). Out: `Slices`. Many
slices give many chances to find something in one of them; the error rates here hold for all slices
together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from passgap.analysis.compare import changes
from passgap.analysis.compare.comparison import DEFAULTS, compare
from passgap.analysis.compare.deciding import (
    Deciding,
    both_ends,
    decided,
    deciding,
    from_memory,
    without_short,
)
from passgap.analysis.compare.judging import JudgedPair, at_levels, difference, judge, robust
from passgap.analysis.compare.pairing import paired
from passgap.analysis.luck import luck_of_both, withheld
from passgap.analysis.short import named
from passgap.analysis.verdicts import LEVEL
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.comparison import Comparison
from passgap.results.estimates import Estimate
from passgap.results.labels import CompareLabel
from passgap.results.parts import At
from passgap.results.settings import CompareSettings
from passgap.results.slices import Pooled, Slice, Slices
from passgap.results.verdict import Verdict
from passgap.stats import holm_levels
from passgap.stats.combining import weighted_sum

FEWEST = 5  # problems that a slice needs to be judged
METHOD = "equal weights: half-widths combined (Zou and Donner 2008)"
BENCHMARK = "benchmark"


@dataclass(frozen=True)
class Part:
    """One slice's paired counts, the rule it is judged by, and whether it was trained on."""

    name: str
    base: Counts
    trained: Counts
    rule: Deciding
    trained_on: bool | None

    @property
    def judged(self) -> bool:
        """Whether it has enough problems for a verdict."""
        return len(self.base) >= FEWEST


def compare_by(
    base: Counts,
    trained: Counts,
    values: Mapping[str, str],
    field: str,
    settings: CompareSettings = DEFAULTS,
    *,
    trained_on: bool | None = None,
) -> Slices:
    """Say what training did in each slice of the problems, and over all slices (see `sliced`).

    All slices are judged at the same two k.

    Parameters
    ----------
    base, trained, settings, trained_on
        As in `compare`.
    values
        The field's value for each problem id of the base.
    field
        The name of the field.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`; or where no slice has 5 problems.
    """
    base, trained = paired(
        base,
        trained,
        intersect=settings.intersect,
        allow_different_prompts=settings.allow_different_prompts,
        alone=False,
    )
    (base, trained), settings, left_out = without_short((base, trained), settings)
    rule = deciding((base, trained), settings)
    rows: dict[str, list[int]] = {}
    for i, problem_id in enumerate(base.problem_id):
        rows.setdefault(values[problem_id], []).append(i)
    parts = [
        Part(name, base.take(of), trained.take(of), rule, trained_on) for name, of in rows.items()
    ]
    if not any(one.judged for one in parts):
        raise UsageError(
            f"{field!r} has {len(parts)} values, none of them with {FEWEST} or more problems; "
            "choose a field with fewer values"
        )
    whole = Part("", base, trained, rule, trained_on)
    found = sliced(parts, whole, field, settings)
    return replace(
        found,
        slices=tuple(sorted(found.slices, key=_order)),
        notes=(*left_out, *rule.notes, *found.notes),
    )


def sliced(parts: Sequence[Part], whole: Part, by: str, settings: CompareSettings) -> Slices:
    """The verdict in each part, and over the whole of them in two weightings.

    With S parts of 5 problems or more, a difference at a deciding k is up, down or equivalent by
    intervals of level 1 - .05 / S (up, down) and 1 - .10 / S (equivalent), so that the chance of
    any false one of a kind is at most 5% over all parts (Bonferroni). The tests of new and of lost
    problems go through Holm's procedure over parts, each separately. Holm's step for the intervals
    would not be valid: a part that is decided at one k can still be wrong at the other.

    Parameters
    ----------
    parts
        At least one of them can be judged; each by its own rule.
    whole
        All of them; its rule is that of the pooled lines.
    by
        What the parts are split by.
    """
    judged = [one for one in parts if one.judged]
    noun = BENCHMARK if by == BENCHMARK else "slice"
    verdicts = _verdicts(judged, settings, noun)
    together = compare(
        whole.base,
        whole.trained,
        replace(settings, allow_different_prompts=True, drop_short=False),
        trained_on=whole.trained_on,
    )
    level = 1 - LEVEL / len(judged)
    return Slices(
        by=by,
        slices=tuple(_slice(one, verdicts.get(one.name), level) for one in parts),
        slice_confidence_level=level,
        by_slices=_alike(judged, whole, together, settings),
        by_problems=replace(
            together, settings=whole.rule.compared_with(settings, whole.trained_on)
        ),
        notes=_notes(parts, judged, noun),
    )


def _verdicts(
    parts: Sequence[Part], settings: CompareSettings, noun: str
) -> dict[str, tuple[Verdict, JudgedPair]]:
    """The verdict of each judged slice, by its name."""
    rules = [replace(one.rule, slices=len(parts)) for one in parts]
    pairs = list(zip(parts, rules, strict=True))
    found = [judge(one.base, one.trained, rule, settings.seed) for one, rule in pairs]
    new = holm_levels([one.new.p_value for one in found], LEVEL)
    lost = holm_levels([one.lost.p_value for one in found], LEVEL)
    verdicts = {}
    for i, (one, rule) in enumerate(pairs):
        own = replace(rule, new_level=float(new[i]), lost_level=float(lost[i]))
        told = at_levels(found[i], one.base, one.trained, own)
        verdict = robust(told, one.base, one.trained, own, settings)
        if verdict.needs:
            verdict = replace(verdict, needs=f"more problems in this {noun}, or fewer {noun}s")
        verdict = _lifted(verdict, one.base, one.trained, own, settings, one.trained_on)
        verdicts[one.name] = verdict, told
    return verdicts


def _lifted(
    verdict: Verdict,
    base: Counts,
    trained: Counts,
    rule: Deciding,
    settings: CompareSettings,
    trained_on: bool | None,
) -> Verdict:
    """The verdict, or an open one in its place where luck or memorization explains it."""
    luck = luck_of_both(base, trained, [rule.k_large], rule.k_large, settings)
    verdict = withheld(verdict, luck, rule.k_large, settings.accept_luck)
    return from_memory(verdict, CompareLabel.INCONCLUSIVE, trained_on=trained_on, settings=settings)


def _slice(one: Part, found: tuple[Verdict, JudgedPair] | None, level: float) -> Slice:
    small, large = (
        At(k, difference(one.base, one.trained, k, one.rule.interval, level))
        for k in (one.rule.k_small, one.rule.k_large)
    )
    verdict, judged = found or (None, None)
    return Slice(
        one.name,
        len(one.base),
        small,
        large,
        verdict,
        None if judged is None else judged.new,
        None if judged is None else judged.lost,
    )


def _order(one: Slice) -> tuple[float, str]:
    return -one.large.estimate.value, one.name


# ---------------------------------------------------------------------------- equal weights


def _alike(
    parts: Sequence[Part], whole: Part, together: Comparison, settings: CompareSettings
) -> Pooled:
    """All judged slices with the same weight; new and lost problems are those of the whole."""
    overlap, rule = _overlap(parts), whole.rule

    def mean(k: int, level: float) -> Estimate:
        each = [difference(one.base, one.trained, k, rule.interval, level) for one in parts]
        return mean_of_slices(each, overlap=overlap)

    # none discordant: treating each slice as if it were as small as the smallest is an upper bound
    least = len(parts) * min(one.base.independent for one in parts)
    ends = both_ends(rule, mean, least)
    verdict = decided(ends, together.new, together.lost, rule, lambda k: _weighted(parts, k))
    verdict = withheld(verdict, together.luck, rule.k_large, settings.accept_luck)
    verdict = from_memory(
        verdict, CompareLabel.INCONCLUSIVE, trained_on=whole.trained_on, settings=settings
    )
    return Pooled(
        len(parts),
        sum(len(one.base) for one in parts),
        At(rule.k_small, ends.small.wide),
        At(rule.k_large, ends.large.wide),
        verdict,
    )


def _weighted(parts: Sequence[Part], k: int) -> FloatArray:
    """Each problem's difference (or each cluster's), times its weight when slices count equally."""
    each = [
        changes.by_cluster(one.base, changes.difference(one.base, one.trained, k)) for one in parts
    ]
    total = sum(map(len, each))
    return np.concatenate([d * (total / (len(parts) * len(d))) for d in each])


def mean_of_slices(each: Sequence[Estimate], *, overlap: bool = False) -> Estimate:
    """The mean of the slices' means, with an interval from theirs (`weighted_sum`).

    ``overlap``: clusters lie in several slices, which are then not independent.
    """
    return weighted_sum(each, [1 / len(each)] * len(each), method=METHOD, overlap=overlap)


def _overlap(parts: Sequence[Part]) -> bool:
    """Whether a cluster has problems in several slices."""
    seen = [name for one in parts for name in set(one.base.cluster or ())]
    return len(seen) > len(set(seen))


def _notes(parts: Sequence[Part], judged: Sequence[Part], noun: str) -> tuple[str, ...]:
    level = f"{100 * (1 - LEVEL / len(judged)):.4g}%"
    notes = [
        f"the {len(judged)} {noun}s have {level} intervals, which hold for all of them at once "
        "with 95% confidence; new and lost problems are tested with Holm's correction over "
        f"{noun}s",
        "the verdict is over all problems, each with the same weight; the two pooled lines, one "
        f"weighting problems equally and one weighting {noun}s equally, have 95% intervals",
    ]
    few = [one.name for one in parts if not one.judged]
    if few:
        notes.append(
            f"{noun}s of fewer than {FEWEST} problems are shown but not judged; they count only "
            f"in the line over all problems: {named(few)}"
        )
    if _overlap(judged):
        notes.append(
            f"some clusters lie in several {noun}s, which makes the interval with equal "
            "weights wider"
        )
    return tuple(notes)
