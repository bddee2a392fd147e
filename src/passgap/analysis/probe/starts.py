"""Several starts side by side. In: counts of each. Out: which to train, and what is shown of it.

A start is what training would begin from: a base, the stages of its fine-tuning, other sizes; or
one model on several pools of problems. On the same problems they are paired by problem, and every
difference between two of them has to clear a band that holds for all of them at once (sup-t). Pools
share no problems: there the levels of the intervals are divided by the number of differences.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from scipy import special

from passgap.analysis import inputs
from passgap.analysis.compare.pairing import paired
from passgap.analysis.forecast.known import THIRD
from passgap.analysis.verdicts import points
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import MismatchError, UsageError
from passgap.plain import plural
from passgap.results.estimates import Estimate
from passgap.results.forecast import Forecast
from passgap.results.labels import StartsLabel
from passgap.results.probe import Probe
from passgap.results.settings import ProbeSettings
from passgap.results.starts import Apart, Start, Starts, StartsWith
from passgap.results.verdict import Verdict
from passgap.stats import mean_interval, mixed_at_g, paired_curve, pass_at_k
from passgap.stats.combining import difference_of

Measures = Mapping[str, Sequence[FloatArray]]  # a value for each problem of each start, by name

GROUPS = (8, 4, 2)
LEVEL = 0.95
RULE = (
    "by the forecast of pass@1 after training; which starts differ is read from the measured "
    "curves, under a band that holds for all differences at once"
)
RULE_OF_POOLS = (
    "by the share of groups that teach: a pool with a higher pass@1 is easier, not better to train "
    "on"
)
RATIO = "ratio of paired means (delta method on its log)"
TEACHING = "teaching"
POOLS = "the starts have no problem in common, so their differences are those of separate samples"


def probe_starts(
    named: Mapping[str, Counts], settings: ProbeSettings, probes: Mapping[str, Probe]
) -> Starts:
    """Say which of several starts to train, and how sure that is.

    Parameters
    ----------
    named
        What `side_by_side` gives. Coverage ratios are to the first.
    settings
        As in `probe`; the large k is lowered to the smallest n.
    probes
        The probe of each, with these settings.

    Raises
    ------
    UsageError
        If a problem has no more samples than the small k.
    """
    arms = list(named.values())
    same = all(one.problem_id == arms[0].problem_id for one in arms)
    least = min(int(one.n.min()) for one in arms)
    ks = settings.k_small, min(settings.k_large, least)
    told = {name: one.forecast for name, one in probes.items() if one.forecast is not None}
    if ks[0] >= ks[1] or len(told) < len(named):
        raise UsageError(
            f"a start has only {least} samples of a problem; allowed: at least "
            f"{max(ks[0] + 1, THIRD)}, for the forecast and for a k above k_small={ks[0]}"
        )
    group = next(size for size in GROUPS if size <= least)
    measures, names = _measures(arms, ks, group), list(named)
    apart = (
        _paired(names, arms, measures, settings.seed) if same else _separate(names, arms, measures)
    )
    first = arms[0] if same else None
    found = [_row(name, named[name], probes[name], told[name], ks, group, first) for name in named]
    found.sort(key=_by_forecast if same else _by_teaching, reverse=True)
    rows = tuple(replace(one, rank=rank) for rank, one in enumerate(found, start=1))
    order = [one.name for one in rows]
    ahead, behind = _shown(order[0], apart, same)
    alike = tuple(name for name in order[1:] if name not in ahead | behind)
    label = _label(behind, alike)
    return Starts(
        verdict=Verdict(label, tuple(_reasons(rows, apart, group, same)), label.settles),
        settings=StartsWith(*ks, group, same, LEVEL, settings.seed),
        starts=rows,
        apart=tuple(apart),
        undistinguished=alike,
        rule=RULE if same else RULE_OF_POOLS,
        notes=tuple(_notes(settings, ks, same)),
    )


def side_by_side(named: Mapping[str, Counts], *, intersect: bool = False) -> dict[str, Counts]:
    """The counts as they are compared: on the same problems in the first one's order, or as pools.

    Parameters
    ----------
    named
        Two or more starts by name.
    intersect
        Leave out the problems that not all starts have.

    Raises
    ------
    UsageError
        For fewer than two starts.
    MismatchError
        If some problems are shared and others are not, unless ``intersect``; or if starts on the
        same problems have other verifiers.
    """
    if len(named) < 2:
        raise UsageError(f"{plural(len(named), 'start')} given; allowed: 2 or more")
    first, *others = named
    everywhere = set.intersection(*(set(counts.problem_id) for counts in named.values()))
    if not (intersect and everywhere):
        for one, other in itertools.combinations(named, 2):
            _refuse_some_shared(one, named[one], other, named[other], len(everywhere))
    if not everywhere:
        return dict(named)
    base = _only(named[first], everywhere)
    found = {first: base}
    for name in others:
        mine = _only(named[name], everywhere)
        _, found[name] = paired(
            base, mine, intersect=False, allow_different_prompts=True, alone=False
        )
    return found


def _only(counts: Counts, kept: set[str]) -> Counts:
    return counts.take([i for i, one in enumerate(counts.problem_id) if one in kept])


def _refuse_some_shared(
    one: str, counts: Counts, other: str, others: Counts, everywhere: int
) -> None:
    ids, theirs = set(counts.problem_id), set(others.problem_id)
    shared = len(ids & theirs)
    if 0 < shared < max(len(ids), len(theirs)):
        helps = f"; or compare the {everywhere} that all have with --intersect"
        raise MismatchError(
            f"{one} and {other} share {shared} of {len(ids)} and {len(theirs)} problems; allowed: "
            f"starts that were all sampled on the same problems, or pools that share none"
            f"{helps if everywhere else ''}"
        )


def _measures(arms: Sequence[Counts], ks: tuple[int, int], group: int) -> Measures:
    """What starts may differ in, by name."""
    found = {f"pass@{k}": [pass_at_k(one.n, one.c, k) for one in arms] for k in ks}
    return found | {TEACHING: [mixed_at_g(one.n, one.c, group) for one in arms]}


def _paired(
    names: Sequence[str], arms: Sequence[Counts], measures: Measures, seed: int
) -> list[Apart]:
    """The shown differences of starts on the same problems."""
    pairs = list(itertools.combinations(range(len(arms)), 2))
    rows = [(what, *pair) for what in measures for pair in pairs]
    d = np.stack([measures[what][j] - measures[what][i] for what, i, j in rows], axis=1)
    curve = paired_curve(d, np.arange(len(rows)), seed=seed, clusters=arms[0].clusters)
    low, high = np.asarray(curve.band_low), np.asarray(curve.band_high)
    ends = zip(curve.value.tolist(), low.tolist(), high.tolist(), strict=True)
    each = zip(rows, ends, strict=True)
    return [
        one for (what, i, j), found in each for one in _if_shown(what, names[i], names[j], *found)
    ]


def _separate(names: Sequence[str], arms: Sequence[Counts], measures: Measures) -> list[Apart]:
    """The shown differences of starts on problems of their own."""
    pairs = list(itertools.combinations(range(len(arms)), 2))
    level = 1 - (1 - LEVEL) / (len(pairs) * len(measures))
    found: list[Apart] = []
    for what, values in measures.items():
        ends = [
            mean_interval(x, confidence_level=level, clusters=one.clusters)
            for x, one in zip(values, arms, strict=True)
        ]
        for i, j in pairs:
            d = difference_of(ends[i], ends[j])
            found += _if_shown(what, names[i], names[j], d.value, d.low, d.high)
    return found


def _if_shown(
    what: str, one: str, other: str, value: float, low: float, high: float
) -> Iterator[Apart]:
    """The difference, the start that has more first, if its band excludes 0."""
    if low > 0:
        yield Apart(what, other, one, value, low, high)
    elif high < 0:
        yield Apart(what, one, other, -value, -high, -low)


def _row(
    name: str,
    counts: Counts,
    probe: Probe,
    told: Forecast,
    ks: tuple[int, int],
    group: int,
    first: Counts | None,
) -> Start:
    both = pass_at_k(counts.n, counts.c, list(ks))
    teaching = mixed_at_g(counts.n, counts.c, group)
    return Start(
        name=name,
        rank=0,
        problems=len(counts),
        draws=probe.draws,
        verdict=probe.verdict,
        curve=inputs.curve_of(counts, sorted({1, *ks}), "population", probe.settings.seed),
        headroom=mean_interval(both[:, 1] - both[:, 0], clusters=counts.clusters),
        teaching=mean_interval(teaching, clusters=counts.clusters),
        coverage_ratio=None if first is None or first is counts else ratio(first, counts, ks[1]),
        forecast=told,
    )


def ratio(first: Counts, other: Counts, k: int) -> Estimate:
    """pass@k of one policy over that of another on the same problems, with an interval.

    The delta method on the log ratio, over problems or their clusters; nan where one is 0.
    """
    x, y = (pass_at_k(one.n, one.c, k) for one in (other, first))
    if not (x.any() and y.any()):
        return Estimate(math.nan, math.nan, math.nan, LEVEL, RATIO)
    off = x / x.mean() - y / y.mean()
    if first.clusters is not None:
        off = np.bincount(first.clusters, weights=off)
    size = len(off)
    value = float(x.mean() / y.mean())
    if size < 2:
        return Estimate(value, math.nan, math.nan, LEVEL, RATIO)
    error = math.sqrt(float(np.sum(off**2)) * size / (size - 1)) / len(x)
    reach = float(special.stdtrit(size - 1, (1 + LEVEL) / 2)) * error
    return Estimate(value, value * math.exp(-reach), value * math.exp(reach), LEVEL, RATIO, error)


def _by_forecast(one: Start) -> float:
    return one.forecast.pass_at_1.value


def _by_teaching(one: Start) -> float:
    return one.teaching.value


def _shown(best: str, apart: Sequence[Apart], same: bool) -> tuple[set[str], set[str]]:
    """What the first in rank is shown ahead of, and what it is behind: in pass@k, or for pools in
    the groups that teach."""
    measured = [one for one in apart if (one.what == TEACHING) != same]
    ahead = {one.other for one in measured if one.start == best}
    return ahead, {one.start for one in measured if one.other == best}


def _label(behind: set[str], alike: Sequence[str]) -> StartsLabel:
    if behind:
        return StartsLabel.TRADE_OFF
    return StartsLabel.NONE_STANDS_OUT if alike else StartsLabel.ONE_STANDS_OUT


def _reasons(
    rows: Sequence[Start], apart: Sequence[Apart], group: int, same: bool
) -> Iterator[str]:
    best, said = rows[0], {TEACHING: f"groups of {group} that teach"}
    told, share = best.forecast.pass_at_1, best.teaching
    if same:
        yield (
            f"{best.name} has the highest forecast of pass@1 after training: {told.value:.1%} "
            f"({told.low:.1%} to {told.high:.1%} in {told.confidence_level:.0%} of new runs)"
        )
    else:
        yield (
            f"{best.name} has the most {said[TEACHING]}: {share.value:.1%} ({share.low:.1%} to "
            f"{share.high:.1%})"
        )
    for one in apart:
        if best.name in (one.start, one.other) and (same or one.what == TEACHING):
            yield (
                f"{one.start} is ahead of {one.other} in {said.get(one.what, one.what)} by "
                f"{points(one.difference)} points ({points(one.band_low)} to "
                f"{points(one.band_high)})"
            )


def _notes(settings: ProbeSettings, ks: tuple[int, int], same: bool) -> Iterator[str]:
    if ks[1] < settings.k_large:
        yield (
            f"a start has only {ks[1]} samples of a problem, so all are compared at k = {ks[1]} "
            f"instead of {settings.k_large}"
        )
    if not same:
        yield POOLS
        return
    yield (
        "forecasts of several starts share what is not known of the training, so their order may "
        "be surer than each interval suggests; that has not been measured"
    )
