"""Forecasts as users call them. In: counts, settings, own pairs. Out: a typed forecast.

The numbers of the models are in ``forecast.json``, made from the table of published pairs by
``python -m research forecast``: a probe need not wait for the fit. With your own pairs the
models are fitted again, to both tables.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from passgap.errors import UsageError
from passgap.evidence.corpus import joined, published, read_table
from passgap.results.forecast import RuleRecord
from passgap.results.forecast_scores import AddedPairs
from passgap.results.pairs import TrainingPairs
from passgap.stats.mixed import MixedFit

if TYPE_CHECKING:
    from passgap.analysis.forecast.forecasting import Models
    from passgap.analysis.forecast.model import Fitted

NUMBERS = Path(__file__).with_name("forecast.json")
DIGITS = 6


@cache
def shipped() -> Models:
    """The models fitted to the published pairs."""
    from passgap.analysis.forecast.forecasting import Models

    told = json.loads(NUMBERS.read_text(encoding="utf-8"))
    record = tuple(RuleRecord(**row) for row in told["rule"])
    return Models(_read(told["pass_at_1"]), _read(told["pass_at_k"]), record)


def numbers(models: Models) -> dict[str, Any]:
    """Models as plain values: what ``forecast.json`` holds."""
    return {
        "pass_at_1": _written(models.first),
        "pass_at_k": _written(models.large),
        "rule": [vars(row) for row in models.record],
    }


def _written(fitted: Fitted) -> dict[str, Any]:
    fit = fitted.fit
    arrays = {
        "coefficients": fit.coefficients,
        "covariance": fit.covariance,
        "group_variances": fit.group_variances,
        "residual_variances": fit.residual_variances,
        "levels": fitted.levels,
    }
    return {
        **{name: np.round(array, DIGITS).tolist() for name, array in arrays.items()},
        "degrees": fit.degrees,
        "base_starts": round(fitted.base_starts, DIGITS),
        "off_domain": round(fitted.off_domain, DIGITS),
        "pairs": fitted.pairs,
        "sources": fitted.sources,
    }


def _read(told: dict[str, Any]) -> Fitted:
    from passgap.analysis.forecast.model import Fitted

    names = ("coefficients", "covariance", "group_variances", "residual_variances")
    arrays = {name: np.array(told.pop(name)) for name in names}
    fit = MixedFit(**arrays, degrees=told.pop("degrees"), weights=np.ones(0))
    return Fitted(fit, np.array(told.pop("levels")), **told)


def with_own(own: TrainingPairs) -> Models:
    """The models fitted to the published pairs and your own together.

    Variances and the recalibration of the levels stay those of the published pairs.
    """
    from passgap.analysis.forecast.model import fit_table, table_of

    before = shipped()
    marked = [replace(one, trained_by=_own_group(one.trained_by)) for one in own]
    both = joined(published(), TrainingPairs(tuple(marked))).pairs
    fitted, tables = [], []
    for was, large in ((before.first, False), (before.large, True)):
        table = table_of(both, large=large)
        start = replace(was.fit, weights=np.ones(len(table)))
        sources = len({one.trained_by for one in table.pairs})
        fit = fit_table(table, start, hold=True)
        fitted.append(replace(was, fit=fit, pairs=len(table), sources=sources))
        tables.append(table)
    return replace(
        before,
        first=fitted[0],
        large=fitted[1],
        tables=(tables[0], tables[1]),
        recipes=tuple(dict.fromkeys(one.recipe for one in own)),
    )


def _own_group(name: str) -> str:
    return name if name.startswith("own") else f"own: {name}"


def own_pairs(paths: Sequence[Path | str]) -> TrainingPairs:
    """The pairs of your own tables.

    Raises
    ------
    UsageError
        For a table that cannot be read, or an id that two of them have.
    """
    tables = [read_table(path) for path in paths]
    seen: dict[str, Path | str] = {}
    for path, table in zip(paths, tables, strict=True):
        for one in table:
            if one.id in seen:
                raise UsageError(
                    f"{path} and {seen[one.id]} have a row with the id {one.id!r}; "
                    "give each its own"
                )
            seen[one.id] = path
    return joined(*tables)


def foretold(new: TrainingPairs) -> AddedPairs:
    """New pairs beside what the models of the published pairs say of them."""
    from passgap.analysis.forecast.known import Training, base_of_pair
    from passgap.analysis.forecast.model import outlook
    from passgap.analysis.forecast.scoring import added

    domains = {"yes": False, "no": True, "unknown": None}
    outlooks = [
        outlook(
            base_of_pair(one),
            Training(one.start == "base", domains[one.in_domain]),
            shipped().first,
        )
        for one in new
    ]
    there = {one.id for one in published()}
    notes = [
        f"{one.id} is in the table: the forecast has seen it" for one in new if one.id in there
    ]
    return replace(added(new.pairs, outlooks), notes=tuple(notes))
