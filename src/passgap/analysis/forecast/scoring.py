"""How good is the forecast? In: pairs. Out: its errors on what it had not seen, and plain rules'.

Every method is scored on rows whose group (who trained, base model, or family) it was not fitted
to. Rows that share a measurement of the base count together as one. A rule's interval is its
forecast plus and minus the quantile of its errors on the other groups; the model's levels are
recalibrated on the other groups too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from passgap.analysis.backtest import Pair, backtest
from passgap.analysis.forecast.known import base_of_pair, shape_of
from passgap.analysis.forecast.model import (
    Outlook,
    Table,
    central_level,
    fit_table,
    left_out,
    numbered,
    recalibration,
    stated,
    table_of,
)
from passgap.data.arrays import BoolArray, FloatArray, IntArray
from passgap.errors import UsageError
from passgap.results.forecast import RuleRecord
from passgap.results.forecast_scores import (
    AddedPairs,
    CorpusSize,
    ForecastRow,
    ForecastScore,
    ForecastScores,
    ScoredWith,
    Subset,
)
from passgap.results.pairs import STARTS, TrainingPair
from passgap.results.settings import K_LARGE, K_SMALL, LARGE
from passgap.stats import mixture_of_curve
from passgap.stats.mixed import MixedFit, Prediction, quantiles

LEVELS = (0.5, 0.8, 0.9)
WORTHS = (0.03, 0.05, 0.07, 0.10)
RESAMPLES = 1000
MODEL = "the forecast: share of the headroom"
GRID = np.linspace(-12, 12, 241)  # log odds, for tilts
DELTAS = np.linspace(-4, 6, 101)
SCHEMES: Mapping[str, Callable[[TrainingPair], str]] = {
    "source": lambda pair: pair.trained_by,
    "base model": lambda pair: pair.base_model,
    "family": lambda pair: pair.family,
}
Progress = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Said:
    """What a method says of each row that it was not fitted to.

    ``value`` has shape (N,); ``low``, ``high`` and ``held``, whether the outcome is between them,
    have shape (3, N), one row per level.
    """

    value: FloatArray
    low: FloatArray
    high: FloatArray
    held: BoolArray


def score_forecasts(
    pairs: Sequence[TrainingPair], *, seed: int = 0, tell: Progress = lambda _: None
) -> ForecastScores:
    """Score the forecast and the plain rules on published pairs.

    Parameters
    ----------
    pairs
        At least 30, of at least 5 sources.
    seed
        Of the bootstrap over groups.
    tell
        Receives what is being fitted, which takes a while.

    Raises
    ------
    UsageError
        For too few pairs or sources.
    """
    sources = {one.trained_by for one in pairs}
    if len(pairs) < 30 or len(sources) < 5:
        raise UsageError(
            f"{len(pairs)} pairs of {len(sources)} sources; scoring a forecast needs at least 30 "
            "pairs of 5 sources"
        )
    table = table_of(pairs)
    full = fit_table(table)
    scores, found = [], {}
    for scheme, group in SCHEMES.items():
        tell(f"leaving out each {scheme}")
        of = numbered([group(one) for one in pairs])
        methods = dict(_methods(table, full, of))
        found[scheme] = methods
        scores += list(_scored(table, scheme, of, methods, seed))
    tell("pass@k")
    scores += list(_large_scores(pairs, seed))
    own = found["source"][MODEL]
    return ForecastScores(
        ScoredWith(seed, LEVELS),
        CorpusSize(
            len(pairs),
            len(sources),
            len({one.measured for one in pairs}),
            len({one.base_model for one in pairs}),
            len({one.family for one in pairs}),
        ),
        tuple(scores),
        rule_record(pairs, own.value),
        backtest(_full_curves(pairs)).screens,
        tuple(_rows(table, own)),
        (),
    )


def _methods(table: Table, full: MixedFit, of: IntArray) -> Iterator[tuple[str, Said]]:
    first = np.array([one.pass_at_1 for one in table.bases])
    third = np.array([one.pass_at_3 for one in table.bases])
    after = _after(table)
    yield "no change", _around(first, after, table.weights, of)
    yield "base pass@3", _around(third, after, table.weights, of)
    yield "tilt by the others' median delta", _around(_tilts(table, of), after, table.weights, of)
    yield "line in two log odds", _around(_lines(table, of), after, table.weights, of)
    yield MODEL, recalibrated(table, left_out(table, of.tolist(), full), of)


def _after(table: Table) -> FloatArray:
    if table.large:
        return np.array(
            [p.trained[b.large_k] for p, b in zip(table.pairs, table.bases, strict=True)]
        )
    return np.array([one.trained[1] for one in table.pairs])


def _around(value: FloatArray, after: FloatArray, weights: FloatArray, of: IntArray) -> Said:
    """A rule with the errors that it makes on the other groups as its intervals."""
    errors, reach = np.abs(after - value), np.zeros((len(LEVELS), len(value)))
    for group in range(of.max() + 1):
        rest, here = of != group, of == group
        for i, level in enumerate(LEVELS):
            reach[i, here] = weighted_quantile(errors[rest], weights[rest], level)
    ends = np.clip(value - reach, 0, 1), np.clip(value + reach, 0, 1)
    return Said(value, *ends, errors <= reach)


def weighted_quantile(values: FloatArray, weights: FloatArray, share: float) -> float:
    """The smallest value that this share of the weight does not exceed."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reached, share)), len(values) - 1)])


def recalibrated(table: Table, said: Prediction, of: IntArray) -> Said:
    """The model's median and intervals, its levels recalibrated on the other groups.

    Outcomes are compared with the intervals as the model takes them, smoothed by half a problem.
    """
    central = central_level(said, table.response)
    value, ends = np.zeros(len(table)), np.zeros((2, len(LEVELS), len(table)))
    for group in range(of.max() + 1):
        rest, here = of != group, np.flatnonzero(of == group)
        levels = recalibration(central[rest], table.weights[rest])
        part = Prediction(said.mean[here], said.normal[here], said.scale[here], said.degrees)

        def at(
            share: float,
            part: Prediction = part,
            levels: FloatArray = levels,
            here: IntArray = here,
        ) -> FloatArray:
            change = quantiles([part], [1.0], stated(levels, share))
            return np.asarray(special.expit(table.known.at[here] + change), float)

        value[here] = at(0.5)
        for i, level in enumerate(LEVELS):
            ends[0, i, here], ends[1, i, here] = at((1 - level) / 2), at((1 + level) / 2)
    after = special.expit(table.known.at + table.response)
    return Said(value, ends[0], ends[1], (after >= ends[0]) & (after <= ends[1]))


# --------------------------------------------------------------------------------- plain rules


def _tilts(table: Table, of: IntArray) -> FloatArray:
    """Every problem's log odds moved by the other groups' median delta."""
    odds = [_tilted(one) for one in table.pairs]
    after = _after(table)
    deltas = np.array([float(np.interp(after[i], curve, DELTAS)) for i, curve in enumerate(odds)])
    said = np.zeros(len(table))
    for group in range(of.max() + 1):
        typical = weighted_quantile(deltas[of != group], table.weights[of != group], 0.5)
        for i in np.flatnonzero(of == group):
            said[i] = np.interp(typical, DELTAS, odds[i])
    return said


def _tilted(pair: TrainingPair) -> FloatArray:
    """pass@1 after a tilt by each of `DELTAS`, of the Beta through the base's curve."""
    shape = shape_of(tuple(sorted(pair.base.items())))
    steps = special.betainc(shape.a, shape.b, special.expit(np.append(GRID, 20.0)))
    weights = np.diff(np.concatenate([[0.0], steps]))
    middles = np.concatenate([[GRID[0]], (GRID[1:] + GRID[:-1]) / 2, [GRID[-1]]])
    moved = special.expit(middles[:, None] + DELTAS)
    return np.maximum.accumulate(weights @ moved / weights.sum())


def _lines(table: Table, of: IntArray) -> FloatArray:
    """Least squares of the log odds of trained pass@1 on those of base pass@1 and pass@4."""
    fourth = [
        max(
            one.base.get(4) or float(shape_of(tuple(sorted(one.base.items()))).pass_at_k(4)[0]),
            one.base[1],
        )
        for one in table.pairs
    ]
    second = [base.smoothed(share) for base, share in zip(table.bases, fourth, strict=True)]
    x = np.column_stack([np.ones(len(table)), table.known.at, second])
    y, said = table.response + table.known.at, np.zeros(len(table))
    for group in range(of.max() + 1):
        rest, here = of != group, of == group
        half = np.sqrt(table.weights[rest])
        line = np.linalg.lstsq(x[rest] * half[:, None], y[rest] * half, rcond=None)[0]
        said[here] = special.expit(x[here] @ line)
    return said


# -------------------------------------------------------------------------------------- scores


def _scored(
    table: Table, scheme: str, of: IntArray, methods: Mapping[str, Said], seed: int
) -> Iterator[ForecastScore]:
    after = _after(table)
    for name, said in methods.items():
        for subset, rows in _subsets(table, scheme):
            if rows.any():
                yield _score(
                    scheme,
                    name,
                    subset,
                    said,
                    methods[MODEL],
                    after,
                    table.weights * rows,
                    of,
                    seed,
                    table.large,
                )


def _subsets(table: Table, scheme: str) -> Iterator[tuple[Subset, BoolArray]]:
    yield Subset("all", "all"), np.ones(len(table), bool)
    if scheme != "source":
        return
    starts = np.array([one.start for one in table.pairs])
    off = np.array([one.in_domain == "no" for one in table.pairs])
    for start in STARTS:
        for domain, rows in (("in", ~off), ("off", off)):
            yield Subset(start, domain), (starts == start) & rows


def _score(
    scheme: str,
    name: str,
    subset: Subset,
    said: Said,
    beside: Said,
    after: FloatArray,
    weights: FloatArray,
    of: IntArray,
    seed: int,
    large: bool,
) -> ForecastScore:
    errors = np.abs(said.value - after)
    low, high = _resampled(errors, weights, of, seed)
    worse = errors - np.abs(beside.value - after)
    worse_low, worse_high = _resampled(worse, weights, of, seed)
    return ForecastScore(
        left_out=scheme,
        method=name,
        target="pass@k" if large else "pass@1",
        subset=subset,
        pairs=int(np.sum(weights > 0)),
        bases=round(float(weights.sum())),
        mean_error=float(np.average(errors, weights=weights)),
        mean_error_low=low,
        mean_error_high=high,
        median_error=weighted_quantile(errors[weights > 0], weights[weights > 0], 0.5),
        bias=float(np.average(said.value - after, weights=weights)),
        held=tuple(float(np.average(one, weights=weights)) for one in said.held),
        width=float(np.average((said.high - said.low)[-1], weights=weights)),
        worse_by=float(np.average(worse, weights=weights)),
        worse_by_low=worse_low,
        worse_by_high=worse_high,
    )


def _resampled(
    errors: FloatArray, weights: FloatArray, of: IntArray, seed: int
) -> tuple[float, float]:
    """95% bootstrap interval of the mean error over whole groups."""
    rng, several = np.random.default_rng(seed), int(of.max()) + 1
    total = np.bincount(of, weights * errors, several)
    size = np.bincount(of, weights, several)
    drawn = rng.multinomial(several, np.full(several, 1 / several), RESAMPLES)
    sizes = drawn @ size
    means = (drawn @ total)[sizes > 0] / sizes[sizes > 0]
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def _large_scores(pairs: Sequence[TrainingPair], seed: int) -> Iterator[ForecastScore]:
    """The model of pass@K against no change, leave-one-source-out."""
    table = table_of(pairs, large=True)
    of = numbered([one.trained_by for one in table.pairs])
    base = np.array([one.pass_at_large for one in table.bases])
    methods = {
        "no change": _around(base, _after(table), table.weights, of),
        MODEL: recalibrated(table, left_out(table, of.tolist(), fit_table(table)), of),
    }
    for score in _scored(table, "source", of, methods, seed):
        if score.subset == Subset("all", "all"):
            yield score


def _rows(table: Table, said: Said) -> Iterator[ForecastRow]:
    for i, (pair, base) in enumerate(zip(table.pairs, table.bases, strict=True)):
        yield ForecastRow(
            id=pair.id,
            start=pair.start,
            off_domain=pair.in_domain == "no",
            base=base.pass_at_1,
            trained=pair.trained[1],
            forecast=float(said.value[i]),
            low=float(said.low[-1, i]),
            high=float(said.high[-1, i]),
            held=bool(said.held[-1, i]),
        )


def rule_record(pairs: Sequence[TrainingPair], said: FloatArray) -> tuple[RuleRecord, ...]:
    """How often pass@20 - pass@2 at its cut was right, one count per measurement of a base.

    The gain of a measurement is the median of the trainings that start from it; only curves with k
    up to 20 or more count. ``said`` is the forecast of each pair's trained pass@1.
    """
    by_base = _by_base(pairs)
    gains = np.array([np.median([pairs[i].gain for i in same]) for same in by_base])
    foretold = np.array([np.median([said[i] - pairs[i].base[1] for i in same]) for same in by_base])
    says = np.array([_headroom(pairs[same[0]].base) >= LARGE for same in by_base])
    return tuple(
        RuleRecord(
            worth,
            len(gains),
            int(np.sum(says == (gains > worth))),
            int(np.sum((foretold > worth) == (gains > worth))),
            int(np.sum(gains > worth)),
        )
        for worth in WORTHS
    )


def _by_base(pairs: Sequence[TrainingPair]) -> list[list[int]]:
    """The pairs of each measurement of a base whose curve has k up to 20 or more."""
    found: dict[object, list[int]] = {}
    for i, one in enumerate(pairs):
        if max(one.base) >= K_LARGE and len(one.base) > 2:
            found.setdefault(one.measured, []).append(i)
    return list(found.values())


def _full_curves(pairs: Sequence[TrainingPair]) -> list[Pair]:
    """A pair for each measurement whose curve has k up to 20 or more, its gain the median."""
    rows = []
    for same in ([pairs[i] for i in places] for places in _by_base(pairs)):
        one, ks = same[0], sorted(same[0].base)
        mixture = mixture_of_curve(ks, [one.base[k] for k in ks])
        after = {1: float(np.median([other.trained[1] for other in same]))}
        rows.append(Pair(one.benchmark, one.base_model, one.base, after, mixture, from_curve=True))
    return rows


def _headroom(curve: Mapping[int, float]) -> float:
    ks = sorted(curve)
    at = np.interp(np.log([K_SMALL, K_LARGE]), np.log(ks), [curve[k] for k in ks])
    return float(at[1] - at[0])


def added(pairs: Sequence[TrainingPair], outlooks: Sequence[Outlook]) -> AddedPairs:
    """Pairs that the model was not fitted to, beside what it says of them."""
    rows = tuple(_added(pair, one) for pair, one in zip(pairs, outlooks, strict=True))
    error = float(np.mean([abs(row.forecast - row.trained) for row in rows]))
    return AddedPairs(rows, error, sum(row.held for row in rows), ())


def _added(pair: TrainingPair, one: Outlook) -> ForecastRow:
    low, high = one.quantile(0.05), one.quantile(0.95)
    after = special.expit(base_of_pair(pair).smoothed(pair.trained[1]))
    return ForecastRow(
        id=pair.id,
        start=pair.start,
        off_domain=pair.in_domain == "no",
        base=pair.base[1],
        trained=pair.trained[1],
        forecast=one.quantile(0.5),
        low=low,
        high=high,
        held=bool(low <= after <= high),
    )
