"""Compare two samples of problems: which problem of one run is which of the other is not known.

In: a base's and a trained policy's Counts, whose ids mean nothing (histograms) or name different
problems. Out: the verdict that both curves allow. New and lost problems, the tilt and everything
else computed per problem need pairs and are not available.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.compare.changes import by_cluster
from passgap.analysis.compare.deciding import (
    Deciding,
    both_ends,
    deciding,
    from_memory,
    needs,
    problems_wanted,
    settled,
    unknown_training,
    without_short,
)
from passgap.analysis.compare.judging import Judged, robust
from passgap.analysis.compare.pairing import same_settings
from passgap.analysis.luck import luck_of_both, withheld
from passgap.analysis.verdicts import unpaired_label
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.plain import plural
from passgap.results.comparison import Answered, DeltaAnswered
from passgap.results.estimates import Curve, Estimate
from passgap.results.labels import CompareLabel
from passgap.results.parts import Both, Interval
from passgap.results.settings import CompareSettings
from passgap.results.unpaired import UnpairedComparison
from passgap.results.verdict import Verdict
from passgap.stats import mean_interval, pass_at_k
from passgap.stats.combining import UNPAIRED, difference_of

NO_PAIRS: Mapping[Interval, str] = {
    "population": "the runs are not paired: the intervals are those of two independent samples "
    "of problems, which are wider, and it is not known which problems changed",
    "fixed": "the runs are not paired: it is not known which problems changed, and if the "
    "problems differ between the runs, part of the difference is due to that",
}
PAIRS = (
    "the same problems with their own ids in both runs: only pairs show whether problems are new "
    "or lost"
)


def compare_unpaired(
    base: Counts,
    trained: Counts,
    settings: CompareSettings,
    *,
    trained_on: bool | None = None,
) -> UnpairedComparison:
    """Say what training did to pass@k, from runs that are not paired.

    Parameters
    ----------
    base, trained
        Counts of two samples of problems, of any two sizes.
    settings, trained_on
        As in `passgap.analysis.compare.comparison.compare`; ``intersect`` means nothing here.

    Raises
    ------
    MismatchError
        If prompts, settings or verifiers differ.
    UsageError
        For ``intersect``, and for k or counts that do not allow a comparison.
    """
    if settings.intersect:
        raise UsageError(
            "--intersect and --unpaired exclude each other, since unpaired runs "
            "have no common problems; drop one of them"
        )
    same_settings(base, trained, settings.allow_different_prompts)
    arms, settings, left_out = without_short((base, trained), settings, paired=False)
    base, trained = arms
    rule = deciding(arms, settings, paired=False)
    listed = rule.listed(settings.ks, min(int(one.n.min()) for one in arms))
    luck = luck_of_both(base, trained, listed, rule.k_large, settings)
    found = judge_unpaired(base, trained, rule)
    verdict = robust(found, base, trained, rule, settings, _again)
    verdict = withheld(verdict, luck, rule.k_large, settings.accept_luck)
    return UnpairedComparison(
        verdict=from_memory(
            verdict, CompareLabel.INCONCLUSIVE, trained_on=trained_on, settings=settings
        ),
        settings=rule.compared_with(settings, trained_on),
        problems=Both(len(base), len(trained)),
        draws=Both(*(int(one.n.sum() + one.unscored.sum()) for one in arms)),
        unscored=Both(*(int(one.unscored.sum()) for one in arms)),
        base=inputs.curve_of(base, listed, rule.interval, settings.seed),
        trained=inputs.curve_of(trained, listed, rule.interval, settings.seed),
        delta=_delta(base, trained, listed, rule.interval),
        luck=luck,
        answered=_answered(base, trained, rule),
        histogram=inputs.histogram(base, trained),
        notes=(*left_out, *rule.notes, NO_PAIRS[rule.interval], *unknown_training(trained_on)),
    )


def judge_unpaired(base: Counts, trained: Counts, rule: Deciding) -> Judged:
    """The verdict on two samples, every draw taken as it was marked."""
    ends = both_ends(
        rule,
        lambda k, level: difference(base, trained, k, rule.interval, level),
        min(base.independent, trained.independent),
    )
    small, large = ends.small.stands, ends.large.stands
    label = unpaired_label(small, large, enough_draws=rule.enough_draws)
    verdict = Verdict(label, ends.reasons(), "", small, large, ends.bounds)
    if not label.settled:
        wanted = needs(ends, rule, lambda k: _problems_needed(base, trained, rule, k))
        verdict = Verdict(label, ends.reasons(), wanted or PAIRS, small, large, ends.bounds)
    return Judged(verdict, ends)


def difference(base: Counts, trained: Counts, k: int, interval: Interval, level: float) -> Estimate:
    """The difference of mean pass@k of two samples, by the requested interval."""
    return difference_of(*(_mean(one, k, interval, level) for one in (base, trained)))


def _mean(counts: Counts, k: int, interval: Interval, level: float) -> Estimate:
    if interval == "fixed":
        return inputs.fixed_at(counts.n, counts.c, k, level)
    passes = pass_at_k(counts.n, counts.c, k)
    return mean_interval(passes, confidence_level=level, clusters=counts.clusters)


def _delta(base: Counts, trained: Counts, ks: Sequence[int], interval: Interval) -> Curve:
    each = [difference(base, trained, k, interval, 0.95) for k in ks]
    return inputs.curve_from(each, ks, UNPAIRED)


def _again(base: Counts, trained: Counts, rule: Deciding, seed: int) -> Judged | None:
    """The verdict on the problems of each with enough draws; None where one has none."""
    before, after = (np.flatnonzero(one.n > rule.k_large) for one in (base, trained))
    if not (before.size and after.size):
        return None
    return judge_unpaired(base.take(before), trained.take(after), rule)


def _problems_needed(base: Counts, trained: Counts, rule: Deciding, k: int) -> str:
    """How many problems in each run would show equivalence at k, and that pairs need fewer."""
    each: list[FloatArray] = [
        by_cluster(one, pass_at_k(one.n, one.c, k)) for one in (base, trained)
    ]
    variance = sum(float(values.var()) for values in each)
    variance += float(each[1].mean() - each[0].mean()) ** 2
    wanted = problems_wanted(variance, rule.margin)
    return (
        f"about {plural(wanted, 'problem')} in each run to {settled(k, rule.margin)} (fewer if "
        "both runs have the same problems with their own ids, which also shows whether some are "
        "new or lost)"
    )


def _answered(base: Counts, trained: Counts, rule: Deciding) -> Answered | None:
    """Form, apart from ability: shares without an answer, and the difference among the others."""
    shares = [inputs.answered_shares(one) for one in (base, trained)]
    before, after = shares
    if before is None or after is None:
        return None
    k, means, left_out = rule.k_small, [], 0
    for one in (base, trained):
        n = inputs.answered_n(one)
        rows = np.flatnonzero(n >= k)
        left_out += len(one) - len(rows)
        if rows.size:
            kept = one.take(rows)
            means.append(mean_interval(pass_at_k(n[rows], kept.c, k), clusters=kept.clusters))
    delta = difference_of(*means) if len(means) == 2 else Estimate(np.nan, np.nan, np.nan)
    return Answered(before, after, DeltaAnswered(k, delta, left_out))
