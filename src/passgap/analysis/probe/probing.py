"""Probe. In: a base's counts. Out: the verdict before training.

The rule (arXiv 2504.13837's practical reading): a large gap between pass@2 and pass@20 is what RLVR
can turn into answers found at the first try; a small gap means that there is nothing to gain,
because everything is solved already (saturated) or nothing is (out of reach).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from passgap.analysis import inputs
from passgap.analysis.alone.sampling_alone import NOT_AT_HAND, alone
from passgap.analysis.alone.voting import Answers
from passgap.analysis.forecast.forecasting import Models, briefly
from passgap.analysis.luck import luck_of, withheld_for
from passgap.analysis.probe.extrapolation import Extrapolation, extrapolation, forecast_curve
from passgap.analysis.short import flag_that_helps, usual_draws, without_short
from passgap.analysis.trajectories import Tries, trajectories
from passgap.analysis.verdicts import Headroom, Thresholds, probe_verdict
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.plain import plural
from passgap.results.estimates import Estimate
from passgap.results.labels import ProbeLabel
from passgap.results.parts import Interval
from passgap.results.probe import (
    Gap,
    NeverSolved,
    Probe,
    ProbeAnswered,
    ProbedWith,
    ReasonedCurve,
    Shares,
    Signal,
    TiltedCurve,
)
from passgap.results.settings import ProbeSettings
from passgap.stats import (
    binomial_upper,
    fit_mixture,
    fixed_interval,
    mean_curve,
    mean_interval,
    mixed_at_g,
    pass_at_k,
)

DEFAULTS = ProbeSettings()
GROUPS = (4, 8, 16, 32, 64)
DELTAS = (1, 2, 3, 4)
FEW_PROBLEMS = 72
SECOND = (1, 4)
NAMED = 5  # problems left out that are named
CAVEAT = (
    "the tilted curves shift the log odds of every problem by delta (pure sharpening); their "
    "interval covers the uncertainty of the base's difficulty distribution, not of what training "
    "will do"
)


def probe(
    counts: Counts,
    settings: ProbeSettings = DEFAULTS,
    *,
    answers: Sequence[Answers] = (),
    models: Models | None = None,
    tries: Tries | None = None,
) -> Probe:
    """Say whether RLVR can pay on this base, on problems like these.

    Parameters
    ----------
    counts
        The base's counts, design ``fixed``; n >= k_small for every problem. If one has fewer than
        k_large, pass@k_large is extrapolated, each problem with its own n.
    settings
        What decides the verdict, and which flaws of the data are accepted.
    answers
        The answers of the base's run and of its runs at other settings.
    models
        The forecast's models; None: no forecast.
    tries
        What the base's trajectories took; None: its samples are single answers.

    Raises
    ------
    UsageError
        For settings out of range, or counts that do not allow them.
    """
    k_small, k_large, seed = settings.k_small, settings.k_large, settings.seed
    thresholds = _check(settings)
    counts, left_out = _kept(counts, settings)
    least = int(counts.n.min())
    beyond = {k_large} if least < k_large else set()
    ks = inputs.listed_ks(least, *{k_small, k_large} - beyond)
    interval, notes = _effective(counts, k_large, settings.interval)
    mixture = fit_mixture(counts.n, counts.c)
    shapes = Extrapolation(counts, mixture)
    further = extrapolation(shapes, least, sorted({*settings.beyond, *beyond}))
    room = (
        extrapolated_headroom(counts, shapes, k_small, k_large)
        if beyond
        else _headroom(counts, k_small, k_large, interval)
    )
    luck = luck_of(
        counts, ks, k_large, settings.false_positive_rate, seed, solved=room.at_large.value
    )
    verdict = probe_verdict(room, thresholds, counts.independent)
    if verdict.label is not ProbeLabel.OUT_OF_REACH:
        verdict = withheld_for(
            verdict, luck, "base", k_large, ProbeLabel.UNDECIDED, settings.accept_luck
        )
    return Probe(
        verdict=verdict,
        settings=_probed_with(settings, thresholds, interval),
        problems=len(counts),
        draws=int(counts.n.sum() + counts.unscored.sum()),
        unscored=int(counts.unscored.sum()),
        curve=inputs.curve_of(counts, ks, interval, seed),
        headroom=Gap(
            k_small,
            k_large,
            room.gap,
            extrapolated=bool(beyond),
            if_beta=shapes.headroom_if_beta(k_small, k_large) if beyond else None,
        ),
        signal=tuple(
            Signal(g, mean_interval(mixed_at_g(counts.n, counts.c, g), clusters=counts.clusters))
            for g in GROUPS
            if g <= least
        ),
        forecast=None if models is None else briefly(counts, models, k_large),
        tilts=tuple(
            TiltedCurve(float(delta), forecast_curve(counts, mixture, delta, ks))
            for delta in DELTAS
        ),
        shares=Shares(
            mastered=inputs.share(counts.c == counts.n, counts.clusters),
            never_solved=inputs.share(counts.c == 0, counts.clusters),
        ),
        never_solved=_never_solved(counts),
        second_predictor=_second_predictor(counts),
        extrapolation=further,
        luck=luck,
        reasoned=_reasoned(counts, ks, seed),
        all_of_k=inputs.all_of_k(counts, ks, interval, seed),
        answered=_answered(counts, k_small),
        histogram=inputs.histogram(counts),
        notes=(
            *left_out,
            *_clusters_note(counts),
            *_extrapolated_note(counts, room),
            *notes,
            CAVEAT,
            *_unscored_notes(counts, k_small, k_large),
            *(() if answers else (NOT_AT_HAND,)),
        ),
        sampling_alone=alone(answers, seed=seed) if answers else None,
        trajectories=None if tries is None else trajectories(tries, counts, ks, seed),
    )


def _probed_with(
    settings: ProbeSettings, thresholds: Thresholds | None, interval: Interval
) -> ProbedWith:
    return ProbedWith(
        k_small=settings.k_small,
        k_large=settings.k_large,
        small=None if thresholds is None else thresholds.small,
        large=None if thresholds is None else thresholds.large,
        interval=interval,
        confidence_level=0.95,
        false_positive_rate=settings.false_positive_rate,
        accept_luck=settings.accept_luck,
        seed=settings.seed,
        drop_short=settings.drop_short,
    )


def _kept(counts: Counts, settings: ProbeSettings) -> tuple[Counts, tuple[str, ...]]:
    """The counts that the probe is of, checked, and a note where problems were left out.

    Problems with fewer draws than the large k count with their own n; on request they are left out,
    if nine in ten have more.
    """
    k, accepted = settings.k_small, settings.accept_unscored
    notes: tuple[str, ...] = ()
    if settings.drop_short:
        most = settings.k_large if usual_draws([counts]) >= settings.k_large else k
        (counts,), notes = without_short([counts], most, accept_unscored=accepted)
        accepted = True
    helps = flag_that_helps([counts], k, accept_unscored=accepted)
    inputs.check_counts(counts, k, accept_unscored=accepted, helps=helps, advised=settings.k_large)
    return counts, notes


def _check(settings: ProbeSettings) -> Thresholds | None:
    if settings.interval is not None:
        inputs.check_interval(settings.interval)
    k_small, k_large = settings.k_small, settings.k_large
    if not 1 <= k_small < k_large:
        raise UsageError(f"k_small={k_small}, k_large={k_large}; allowed: 1 <= k_small < k_large")
    return Thresholds.of(settings)


def _clusters_note(counts: Counts) -> tuple[str, ...]:
    if counts.clusters is None:
        return ()
    return (
        f"the {plural(len(counts), 'problem')} form {plural(counts.independent, 'cluster')}; "
        "intervals for the population resample clusters",
    )


def _extrapolated_note(counts: Counts, room: Headroom) -> tuple[str, ...]:
    if room.reached is None:
        return ()
    k, most = room.k_large, int(counts.n.max())
    each = f"{room.reached}" if room.reached == most else f"{room.reached} to {most}"
    return (
        f"pass@{k} is extrapolated from {each} samples per problem: the value is the mean of two "
        "Beta-shaped fits, and the interval covers every difficulty distribution that fits the "
        f"counts; {k} samples per problem would measure it",
    )


def _effective(
    counts: Counts, k_large: int, interval: Interval | None
) -> tuple[Interval, tuple[str, ...]]:
    """The interval that is used: few problems say little about others, and much about
    themselves."""
    enough_draws = 2 * k_large <= counts.n.min()
    if interval == "fixed" and not enough_draws:
        raise UsageError(
            f"k_large={k_large} with n={counts.n.min()}: the fixed-problems interval needs n >= 2 "
            f"k; draw {2 * k_large} samples per problem, or use --interval population"
        )
    if interval == "fixed":
        return interval, ()
    if counts.independent >= FEW_PROBLEMS:
        return "population", ()
    what = "problems" if counts.clusters is None else "clusters of problems"
    few = f"fewer than {FEW_PROBLEMS} {what} are too few to generalize to others like them"
    if enough_draws and interval is None:
        return "fixed", (
            f"{few}: the verdict, the curve and their intervals are about exactly these problems "
            "(--interval fixed); --interval population gives the wide ones",
        )
    if enough_draws:
        return "population", (
            f"{few}, so the intervals are wide; --interval fixed judges exactly these problems",
        )
    return "population", (
        f"{few}, and {int(counts.n.min())} samples per problem are too few for intervals about "
        f"exactly these problems (--interval fixed needs {2 * k_large}), so the intervals are wide",
    )


def _headroom(counts: Counts, k_small: int, k_large: int, interval: Interval) -> Headroom:
    fixed = interval == "fixed"
    at_small, at_large = _end(counts, k_small, fixed), _end(counts, k_large, fixed)
    return Headroom(
        k_small,
        k_large,
        _fixed_gap(at_small, at_large) if fixed else _population_gap(counts, k_small, k_large),
        at_small,
        at_large,
        mastered=float(np.mean(counts.c == counts.n)),
        never_solved=float(np.mean(counts.c == 0)),
        draws=int(counts.n.min()) if fixed else None,
        unit="problems" if counts.clusters is None else "clusters of problems",
    )


def extrapolated_headroom(
    counts: Counts, shapes: Extrapolation, k_small: int, k_large: int
) -> Headroom:
    """The verdict's estimates where some n is below k_large."""
    return Headroom(
        k_small,
        k_large,
        shapes.headroom(k_small, k_large),
        _end(counts, k_small, fixed=False),
        shapes.pass_at_k(k_large).estimate,
        mastered=float(np.mean(counts.c == counts.n)),
        never_solved=float(np.mean(counts.c == 0)),
        reached=int(counts.n.min()),
    )


def _end(counts: Counts, k: int, fixed: bool) -> Estimate:
    if fixed:
        return fixed_interval(counts.n, counts.c, k)
    return mean_interval(pass_at_k(counts.n, counts.c, k), clusters=counts.clusters)


def _population_gap(counts: Counts, k_small: int, k_large: int) -> Estimate:
    both = pass_at_k(counts.n, counts.c, [k_small, k_large])
    return mean_interval(both[:, 1] - both[:, 0], clusters=counts.clusters)


def _fixed_gap(at_small: Estimate, at_large: Estimate) -> Estimate:
    """The gap of two ends drawn from the same completions: their reaches add (conservative)."""
    value = at_large.value - at_small.value
    below = (at_large.value - at_large.low) + (at_small.high - at_small.value)
    above = (at_large.high - at_large.value) + (at_small.value - at_small.low)
    low, high = max(0.0, value - below), min(1.0, value + above)
    if at_large.value == 0:  # nothing solved: the gap is at most pass@k_large itself
        high = at_large.high
    return Estimate(value, low, high, method="fixed problems, half-widths added")


def _never_solved(counts: Counts) -> NeverSolved:
    """Problems without a correct draw, and what that leaves possible (95% upper bounds)."""
    zero = counts.c == 0
    draws = counts.n[zero]
    if not draws.size:
        return NeverSolved(0, None, None)
    each, mean = binomial_upper(0, int(draws.min())), binomial_upper(0, int(draws.sum()))
    return NeverSolved(int(zero.sum()), each, mean)


def _second_predictor(counts: Counts) -> Gap:
    """pass@4 - pass@1, which follows the gain in pass@1 more closely in the literature's pairs."""
    small, large = SECOND
    if counts.n.min() < large:
        return Gap(small, large, Estimate(np.nan, np.nan, np.nan))
    both = pass_at_k(counts.n, counts.c, list(SECOND))
    return Gap(small, large, mean_interval(both[:, 1] - both[:, 0], clusters=counts.clusters))


def _reasoned(counts: Counts, ks: list[int], seed: int) -> ReasonedCurve | None:
    if counts.c_reasoned is None:
        return None
    return ReasonedCurve(mean_curve(pass_at_k(counts.n, counts.c_reasoned, ks), ks, seed=seed))


def _answered(counts: Counts, k: int) -> ProbeAnswered | None:
    shares = inputs.answered_shares(counts)
    if shares is None:
        return None
    n = inputs.answered_n(counts)
    enough = n >= k
    passes = pass_at_k(n[enough], counts.c[enough], k) if enough.any() else np.array([np.nan])
    value = float(passes.mean())
    return ProbeAnswered(shares, value if np.isfinite(value) else None, int(np.sum(~enough)))


def _unscored_notes(counts: Counts, k_small: int, k_large: int) -> tuple[str, ...]:
    if not counts.unscored.any():
        return ()
    n = counts.n + counts.unscored
    gaps = []
    for c in (counts.c, counts.c + counts.unscored):
        if n.min() < k_large:
            gap = Extrapolation(Counts(counts.problem_id, n, c)).headroom(k_small, k_large).value
        else:
            both = pass_at_k(n, c, [k_small, k_large]).mean(axis=0)
            gap = float(both[1] - both[0])
        gaps.append(gap)
    return (
        f"{plural(int(counts.unscored.sum()), 'sample is', 'samples are')} unscored: the "
        f"headroom is {gaps[0]:.3f} if all unscored samples are wrong and {gaps[1]:.3f} if all "
        "are right",
    )
