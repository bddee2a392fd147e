"""The verdict on one trained policy, and whether it holds where its draws are counted differently.

In: paired Counts and the checked settings. Out: the verdict with its tests of new and lost
problems; then the same among answered draws and under each reading of the answers. A label that
changes there depends on cut-offs or on marks, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.compare import changes
from passgap.analysis.compare.deciding import Deciding, both_ends, decided
from passgap.analysis.compare.novelty import gain_source, new_and_lost
from passgap.analysis.select.posteriors import P_GRID, posterior
from passgap.analysis.verdicts import End, Ends, points
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.results.comparison import GainSource, Novel
from passgap.results.estimates import Estimate
from passgap.results.labels import CompareLabel
from passgap.results.parts import Interval
from passgap.results.settings import CompareSettings
from passgap.results.verdict import Robust, Verdict
from passgap.stats import fixed_paired_interval


@dataclass(frozen=True)
class Judged:
    """A verdict with the two ends that it rests on."""

    verdict: Verdict
    ends: Ends

    @property
    def exchanged(self) -> tuple[bool, bool]:
        """Whether problems are shown to be new, and to be lost."""
        return False, False

    @property
    def label(self) -> CompareLabel:
        label = self.verdict.label
        assert isinstance(label, CompareLabel)
        return label


@dataclass(frozen=True)
class JudgedPair(Judged):
    """The same for paired counts, with what only pairs can show."""

    new: Novel
    lost: Novel
    source: GainSource

    @property
    def exchanged(self) -> tuple[bool, bool]:
        """Whether problems are shown to be new, and to be lost."""
        return self.new.shown, self.lost.shown


def judge(base: Counts, trained: Counts, rule: Deciding, seed: int) -> JudgedPair:
    """The verdict on paired counts, every draw taken as it was marked."""
    arms = cache(lambda k: changes.passes(base, trained, k))

    def interval(k: int, level: float) -> Estimate:
        return difference(base, trained, k, rule.interval, level, arms(k))

    ends = both_ends(rule, interval, base.independent)
    levels = rule.new_level, rule.lost_level
    new, lost = new_and_lost(base, trained, rule.max_odds, seed, levels)
    return _labelled(
        base, trained, rule, ends, new, lost, gain_source(base, trained, rule.interval)
    )


def at_levels(found: JudgedPair, base: Counts, trained: Counts, rule: Deciding) -> JudgedPair:
    """The same judgement, with its tests of new and lost problems at the rule's levels."""
    new = replace(found.new, shown=found.new.p_value <= rule.new_level)
    lost = replace(found.lost, shown=found.lost.p_value <= rule.lost_level)
    return _labelled(base, trained, rule, found.ends, new, lost, found.source)


def _labelled(
    base: Counts,
    trained: Counts,
    rule: Deciding,
    ends: Ends,
    new: Novel,
    lost: Novel,
    source: GainSource,
) -> JudgedPair:
    def per_cluster(k: int) -> FloatArray:
        return changes.by_cluster(base, changes.difference(base, trained, k))

    verdict = decided(ends, new, lost, rule, per_cluster, source)
    return JudgedPair(verdict, ends, new, lost, source)


def difference(
    base: Counts,
    trained: Counts,
    k: int,
    interval: Interval,
    level: float,
    arms: changes.PassesOfBoth | None = None,
) -> Estimate:
    """The mean difference of pass@k by the requested interval; ``arms``: pass@k, where known."""
    arms = arms or changes.passes(base, trained, k)
    if interval == "population":
        return changes.mean_difference(arms, base.clusters, level)
    if 2 * k <= min(base.n.min(), trained.n.min()):
        return fixed_paired_interval(
            base.n, base.c, trained.n, trained.c, k, confidence_level=level
        )
    value = float(arms[1].mean() - arms[0].mean())
    return Estimate(value, np.nan, np.nan, level, "fixed", notes=(inputs.NO_FIXED,))


# ------------------------------------------------------------------------ counted differently


@dataclass(frozen=True)
class Other:
    """The same draws counted differently, and the label for a verdict that does not survive it."""

    name: str
    words: str
    label: CompareLabel
    base: Counts
    trained: Counts


def robust(
    found: Judged,
    base: Counts,
    trained: Counts,
    rule: Deciding,
    settings: CompareSettings,
    again: Callable[[Counts, Counts, Deciding, int], Judged | None] | None = None,
) -> Verdict:
    """The verdict with its label computed again where the draws are counted differently.

    A settled or partial label that changes gives way to ``depends_on_cuts`` or
    ``depends_on_marks``. One that merely shows less, as fewer draws do, does not: the difference
    must have moved by half the margin at a k that is open now, or a test of new or lost problems
    must fail. ``again`` judges the same draws counted differently; None where too few are left.
    """
    again = again or _again
    labels: dict[str, CompareLabel | None] = {"answered": None, "asked": None, "any": None}
    verdict = found.verdict
    for other in _others(base, trained, settings):
        judged = again(other.base, other.trained, rule, settings.seed)
        if judged is None:
            continue
        if other.name in labels:
            labels[other.name] = judged.label
        if verdict.label is found.label and _moved(found, judged):
            reason = _both(found, judged, other.words)
            verdict = replace(verdict, label=other.label, reasons=(*verdict.reasons, reason))
    return replace(verdict, robust=Robust(final=found.label, **labels))


def _others(base: Counts, trained: Counts, settings: CompareSettings) -> Iterator[Other]:
    arms = base, trained
    cuts, marks = CompareLabel.DEPENDS_ON_CUTS, CompareLabel.DEPENDS_ON_MARKS
    answered = [_kept(one, one.no_answer) for one in arms]
    yield from _other("answered", "among samples with an answer", cuts, *answered)
    asked, anything = ([_marked(one, c) for one in arms] for c in ("c_asked", "c_any"))
    yield from _other("asked", "counting only answers in the requested form", marks, *asked)
    yield from _other("any", "counting any mention of the answer", marks, *anything)
    rate = settings.false_positive_rate
    if rate:
        rng = np.random.default_rng(settings.seed)
        true = [_true(one, rate, rng) for one in arms]
        words = f"without the verifier's false positives ({rate:g} of the wrong answers)"
        yield from _other("true", words, marks, *true)


def _other(
    name: str, words: str, label: CompareLabel, base: Counts | None, trained: Counts | None
) -> Iterator[Other]:
    if base is not None and trained is not None:
        yield Other(name, words, label, base, trained)


def _kept(counts: Counts, without: IntArray | None) -> Counts | None:
    """The counts without some of the wrong draws; None where there are none, or none known."""
    if without is None or not without.any():
        return None if without is None else counts
    return replace_counts(counts, n=counts.n - without)


def _marked(counts: Counts, column: str) -> Counts | None:
    c: IntArray | None = getattr(counts, column)
    return None if c is None else replace_counts(counts, c=c)


def replace_counts(
    counts: Counts, *, n: IntArray | None = None, c: IntArray | None = None
) -> Counts:
    """The same problems with another n or c, and nothing else known about the draws."""
    return Counts(
        counts.problem_id,
        counts.n if n is None else n,
        counts.c if c is None else c,
        design=counts.design,
        provenance=counts.provenance,
        cluster=counts.cluster,
    )


def _true(counts: Counts, rate: float, rng: np.random.Generator) -> Counts:
    """The counts without the share of hits that a false-positive rate makes of wrong draws.

    Where draws are marked correct at rate q, (q - rate) / (1 - rate) of them really are. The share
    of a problem's hits that is real is averaged over its possible q, under the fitted difficulty
    distribution: from c / n alone, floored at 0, half of the luck would remain.
    """
    marked = np.maximum(P_GRID, rate)
    share = posterior(counts).mean((marked - rate) / ((1 - rate) * marked))
    return replace_counts(counts, c=rng.binomial(counts.c, np.clip(share, 0.0, 1.0)))


def _again(base: Counts, trained: Counts, rule: Deciding, seed: int) -> JudgedPair | None:
    """The verdict on problems with enough draws; None where there are none."""
    rows = np.flatnonzero(np.minimum(base.n, trained.n) > rule.k_large)
    return judge(base.take(rows), trained.take(rows), rule, seed) if rows.size else None


def _moved(found: Judged, again: Judged) -> bool:
    """Whether the label does not survive the other way to count the draws."""
    if again.label is found.label or found.label is CompareLabel.INCONCLUSIVE:
        return False
    if found.label.settled and again.label.settled:
        return True
    if any(was and not now for was, now in zip(found.exchanged, again.exchanged, strict=True)):
        return True
    pairs = ((found.ends.small, again.ends.small), (found.ends.large, again.ends.large))
    return any(_shifted(before, after, found.ends.margin) for before, after in pairs)


def _shifted(before: End, after: End, margin: float) -> bool:
    if before.stands in ("unclear", after.stands):
        return False
    return after.stands != "unclear" or abs(before.wide.value - after.wide.value) >= margin / 2


def _both(found: Judged, again: Judged, words: str) -> str:
    """Both labels with the differences that they rest on."""

    def told(one: Judged) -> str:
        small, large = one.ends.small, one.ends.large
        deltas = (f"{points(end.wide.value)} points at k={end.k}" for end in (small, large))
        return f"{one.label.words} ({', '.join(deltas)})"

    return f"as marked, it is {told(found)}; {words}, {told(again)}"
