"""Any result in, its main table as a polars data frame out, under the names of its JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import singledispatch

import polars as pl

from passgap.data.counts import Counts
from passgap.results.audit import Audit
from passgap.results.backtest import Backtest
from passgap.results.codec import Json, to_json
from passgap.results.comparison import Comparison
from passgap.results.estimates import Curve, Estimate
from passgap.results.feature_audit import FeatureAudit
from passgap.results.findings import Checks
from passgap.results.forecast import RunForecast
from passgap.results.forecast_scores import AddedPairs, ForecastScores
from passgap.results.pairs import TrainingPair, TrainingPairs
from passgap.results.plan import Plan
from passgap.results.probe import AdaptiveProbe, Probe
from passgap.results.proxy_audit import ProxyAudit
from passgap.results.reach import Reach
from passgap.results.reward_audit import RewardAudit
from passgap.results.seeds import SeedsComparison
from passgap.results.selection import Selection
from passgap.results.slices import Slices
from passgap.results.sweep import Sweep
from passgap.results.unpaired import UnpairedComparison
from passgap.results.verdict import Verdict
from passgap.results.watching import Watching
from passgap.stages.counting import counts_frame

Row = dict[str, Json]
ROLES = ("base", "trained")


@singledispatch
def frame_of(result: object) -> pl.DataFrame:
    """The main table of a result.

    Raises TypeError for what is not a result.
    """
    raise TypeError(f"{type(result).__name__} is not a result that has a data frame")


def rows_of(values: Iterable[object]) -> pl.DataFrame:
    """Values of one type as rows: an interval becomes three columns, an object its entries."""
    return pl.DataFrame([_flat(to_json(value)) for value in values], infer_schema_length=None)


def _flat(row: Mapping[str, Json]) -> Row:
    """An object as one row; what a cell cannot hold is left out."""
    flat: Row = {}
    for name, value in row.items():
        if not isinstance(value, Mapping):
            if not isinstance(value, list):
                flat[name] = value
            continue
        for inner, one in _flat(value).items():
            flat[name if inner == "value" else f"{name}_{inner}"] = one
    return flat


def by_k(**curves: Json) -> pl.DataFrame:
    """Curves side by side, a row per k that any of them lists."""
    rows: dict[int, Row] = {}
    for name, curve in curves.items():
        for row in curve:
            one = {part: value for part, value in row.items() if part != "k"}
            rows.setdefault(row["k"], {"k": row["k"]}).update(_flat({name: one}))
    return pl.DataFrame([rows[k] for k in sorted(rows)], infer_schema_length=None)


@frame_of.register
def _(curve: Curve) -> pl.DataFrame:
    return rows_of(curve.rows())


@frame_of.register
def _(probe: Probe) -> pl.DataFrame:
    return frame_of(probe.curve)


@frame_of.register(Estimate)
@frame_of.register(Verdict)
def _(one: Estimate | Verdict) -> pl.DataFrame:
    return rows_of([one])


@frame_of.register(Comparison)
@frame_of.register(SeedsComparison)
@frame_of.register(UnpairedComparison)
def _(result: Comparison | SeedsComparison | UnpairedComparison) -> pl.DataFrame:
    return by_k(base=result.base.rows(), trained=result.trained.rows(), delta=result.delta.rows())


@frame_of.register
def _(sweep: Sweep) -> pl.DataFrame:
    def named(step: int, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.select(pl.lit(step).alias("step"), pl.all())

    after = (
        named(one.step, by_k(pass_at_k=one.curve.rows(), delta=to_json(one.delta)))
        for one in sweep.checkpoints
    )
    return pl.concat([named(0, by_k(pass_at_k=sweep.base.rows())), *after], how="diagonal")


@frame_of.register
def _(slices: Slices) -> pl.DataFrame:
    return rows_of(
        {"name": line.name, "problems": line.problems, **to_json(at), "label": line.label}
        for line in slices.lines()
        for at in (line.small, line.large)
    )


@frame_of.register
def _(selection: Selection) -> pl.DataFrame:
    chosen, control = set(selection.chosen.tolist()), set(selection.control.tolist())
    return rows_of(
        to_json(selection.row(i)) | {"chosen": i in chosen, "control": i in control}
        for i in range(selection.problems)
    )


@frame_of.register
def _(result: TrainingPairs) -> pl.DataFrame:
    """A row per pair; a column per k of either curve."""
    ks = {role: sorted({k for one in result for k in getattr(one, role)}) for role in ROLES}

    def curves(one: TrainingPair) -> Row:
        return {f"{role}_pass_{k}": getattr(one, role).get(k) for role in ROLES for k in ks[role]}

    def plain(one: TrainingPair) -> Row:
        return {name: value for name, value in to_json(one).items() if name not in ROLES}

    return rows_of({**plain(one), **curves(one)} for one in result)


def _table_of(name: str) -> Callable[[object], pl.DataFrame]:
    return lambda result: rows_of(getattr(result, name))


frame_of.register(AdaptiveProbe, _table_of("rounds"))
frame_of.register(AddedPairs, _table_of("rows"))
frame_of.register(Audit, _table_of("corrected"))
frame_of.register(Backtest, _table_of("pairs"))
frame_of.register(Checks, _table_of("findings"))
frame_of.register(Counts, counts_frame)
frame_of.register(FeatureAudit, _table_of("rows"))
frame_of.register(ForecastScores, _table_of("rows"))
frame_of.register(Plan, _table_of("designs"))
frame_of.register(ProxyAudit, _table_of("shares"))
frame_of.register(Reach, _table_of("rows"))
frame_of.register(RewardAudit, _table_of("attempts"))
frame_of.register(RunForecast, _table_of("intervals"))
frame_of.register(Watching, _table_of("steps"))
