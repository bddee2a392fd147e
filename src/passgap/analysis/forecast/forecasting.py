"""The forecast of one run. In: a base's counts, the training, the models. Out: a typed forecast."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from passgap.analysis.forecast.known import THIRD, Base, Training, base_of_counts
from passgap.analysis.forecast.model import Fitted, Outlook, Table, outlook
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.plain import plural
from passgap.results.estimates import Estimate
from passgap.results.forecast import (
    Forecast,
    ForecastAtK,
    ForecastBase,
    LevelInterval,
    Payoff,
    RuleBeside,
    RuleRecord,
    RunForecast,
)
from passgap.results.pairs import STARTS
from passgap.results.settings import K_LARGE, K_SMALL, LARGE, ForecastSettings
from passgap.stats import pass_at_k

LEVEL = 0.9
LEVELS = (0.5, 0.8, 0.9)
METHOD = "share of the headroom, mixed model of published pairs, recalibrated on left-out sources"
LOW, FEW = 0.02, 50
NEAR_ZERO = (
    "the base is almost never right: where it fails the asked form rather than the problem, RLVR "
    "can gain far more than any forecast from its samples says"
)


@dataclass(frozen=True, eq=False)
class Models:
    """The models of pass@1 and pass@K, the rule's record, and the user's own pairs.

    ``tables`` are those that the models were fitted to, for runs of a known recipe; ``recipes``
    are the user's own.
    """

    first: Fitted
    large: Fitted
    record: tuple[RuleRecord, ...]
    tables: tuple[Table, Table] | None = None
    recipes: tuple[str, ...] = ()


def forecast(counts: Counts, settings: ForecastSettings, models: Models) -> RunForecast:
    """Say what RLVR will probably make of a base.

    Parameters
    ----------
    counts
        The base's counts; at least 3 scored draws per problem.
    settings
        The training that is asked about.
    models
        Fitted to published pairs, and to the user's own.

    Raises
    ------
    UsageError
        For settings out of range, or counts with too few draws.
    """
    _check(settings, models)
    if counts.design == "adaptive":
        raise UsageError(
            "these counts are adaptive (n depended on the outcomes), which biases pass@k; sample a "
            "fixed n per problem"
        )
    base = base_of_counts(counts, settings.k_large)
    first, large = outlooks(base, settings, models)
    told = of_outlooks(base, first, large, _basis(settings, models))
    return RunForecast(
        settings,
        ForecastBase(
            base.problems, base.pass_at_1, base.pass_at_3, base.large_k, base.pass_at_large
        ),
        told,
        tuple(LevelInterval(level, *_ends(first, level)) for level in LEVELS),
        _payoff(base, first, settings),
        _rule(counts, models.record),
        _notes(base, counts),
    )


def briefly(counts: Counts, models: Models, k_large: int) -> Forecast | None:
    """The forecast that a probe shows, start and domain unknown; None below 3 draws per problem."""
    if int(counts.n.min()) < THIRD:
        return None
    settings = ForecastSettings(k_large=k_large)
    base = base_of_counts(counts, k_large)
    return of_outlooks(base, *outlooks(base, settings, models), _basis(settings, models))


def forecast_of_training(counts: Counts, models: Models) -> Estimate | None:
    """pass@1 after training, on the training problems; None below 3 draws per problem."""
    if not len(counts) or int(counts.n.min()) < THIRD:
        return None
    base = base_of_counts(counts, THIRD)
    return _estimate(outlook(base, Training(None, False), models.first))


def outlooks(
    base: Base, settings: ForecastSettings, models: Models
) -> tuple[Outlook, Outlook | None]:
    """The distributions of pass@1 and of pass@K after training."""
    start = None if settings.start is None else settings.start == "base"
    training = Training(start, settings.off_domain)
    besides = _besides(settings, models)
    first = outlook(base, training, models.first, beside=besides[0])
    if base.large_k <= THIRD:
        return first, None
    return first, outlook(base, training, models.large, large=True, beside=besides[1])


def _besides(
    settings: ForecastSettings, models: Models
) -> Sequence[tuple[Table, tuple[int, int]] | None]:
    if models.tables is None or settings.recipe is None:
        return None, None
    found: list[tuple[Table, tuple[int, int]] | None] = []
    for table in models.tables:
        mine = [i for i, one in enumerate(table.pairs) if one.recipe == settings.recipe]
        own = [i for i in mine if table.pairs[i].trained_by.startswith("own")]
        group = int(table.known.rows.groups[0, own[-1]]) if own else -1
        found.append((table, (group, -1)))
    return found


def of_outlooks(base: Base, first: Outlook, large: Outlook | None, basis: str) -> Forecast:
    """Both distributions as estimates."""
    at = None
    if large is not None:
        at = ForecastAtK(base.large_k, _estimate(large))
    return Forecast(_estimate(first), at, LEVEL, basis)


def _estimate(one: Outlook) -> Estimate:
    return Estimate(one.quantile(0.5), *_ends(one, LEVEL), LEVEL, METHOD)


def _ends(one: Outlook, level: float) -> tuple[float, float]:
    return one.quantile((1 - level) / 2), one.quantile((1 + level) / 2)


def _payoff(base: Base, first: Outlook, settings: ForecastSettings) -> Payoff:
    gain = first.mean() - base.pass_at_1
    low, high = _ends(first, LEVEL)
    hours, price = settings.gpu_hours, settings.price
    cost = hours * price if hours and price else None
    return Payoff(
        worth=settings.worth,
        chance=first.above(base.pass_at_1 + settings.worth),
        expected_gain=gain,
        gain_low=low - base.pass_at_1,
        gain_high=high - base.pass_at_1,
        gain_per_gpu_hour=gain / hours if hours else None,
        cost=cost,
        cost_per_point=cost / (100 * gain) if cost and gain > 0 else None,
    )


def _rule(counts: Counts, record: tuple[RuleRecord, ...]) -> RuleBeside:
    if int(counts.n.min()) < K_LARGE:
        return RuleBeside(None, LARGE, None, record)
    both = pass_at_k(counts.n, counts.c, [K_SMALL, K_LARGE]).mean(axis=0)
    headroom = float(both[1] - both[0])
    return RuleBeside(headroom, LARGE, headroom >= LARGE, record)


def _basis(settings: ForecastSettings, models: Models) -> str:
    unknown = []
    if settings.start is None:
        unknown.append("the start")
    if settings.off_domain is None:
        unknown.append("whether the problems are of the kind trained on")
    said = (
        f"from {plural(models.first.pairs, 'pair')} of {plural(models.first.sources, 'source')}, "
        f"for a new run{_of_recipe(settings)}"
    )
    if unknown:
        verb = "is" if len(unknown) == 1 else "are"
        said += f"; {' and '.join(unknown)} {verb} not known and averaged over"
    return said


def _of_recipe(settings: ForecastSettings) -> str:
    return f" of your recipe {settings.recipe!r}" if settings.recipe else " of a new recipe"


def _notes(base: Base, counts: Counts) -> tuple[str, ...]:
    notes = []
    if base.pass_at_1 < LOW:
        notes.append(NEAR_ZERO)
    if base.problems < FEW:
        notes.append(
            f"{plural(base.problems, 'problem')}: outcomes on so few vary by chance alone, which "
            "the interval includes"
        )
    if counts.unscored.any():
        notes.append(
            f"{plural(int(counts.unscored.sum()), 'sample is', 'samples are')} unscored and left "
            "out"
        )
    return tuple(notes)


def _check(settings: ForecastSettings, models: Models) -> None:
    if settings.start is not None and settings.start not in STARTS:
        raise UsageError(f"start is {settings.start!r}; allowed: {', '.join(STARTS)}")
    if not 0 <= settings.worth < 1:
        raise UsageError(
            f"worth is {settings.worth!r}; allowed: a share from 0 to below 1, such as 0.05 for 5 "
            "points"
        )
    for name in ("gpu_hours", "price"):
        value = getattr(settings, name)
        if value is not None and not (value > 0 and math.isfinite(value)):
            raise UsageError(f"{name} is {value!r}; allowed: more than 0")
    if settings.price is not None and settings.gpu_hours is None:
        raise UsageError("price without gpu_hours; give the GPU-hours of the training too")
    if settings.k_large < 2:
        raise UsageError(f"k_large={settings.k_large}; allowed: 2 or more")
    if settings.recipe is not None and settings.recipe not in models.recipes:
        known = ", ".join(map(repr, models.recipes)) or "none: give your own pairs (--pairs FILE)"
        raise UsageError(f"recipe is {settings.recipe!r}; known recipes of your own: {known}")
