"""The keywords of the entry points: each settings record's fields, for type checkers and `help`.

A test compares them with the records, where the defaults are set.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields
from typing import TYPE_CHECKING, TypedDict, TypeVar

from passgap.results.parts import Interval
from passgap.results.settings import Goal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

F = TypeVar("F", bound=Callable[..., object])
Bar = Callable[[str], AbstractContextManager[Callable[..., None]]]


def silent(title: str) -> AbstractContextManager[Callable[..., None]]:
    """A progress bar that shows nothing."""
    return nullcontext(lambda *_: None)


class CompareOptions(TypedDict, total=False):
    """The fields of `CompareSettings`."""

    ks: Sequence[int] | None
    margin: float
    k_small: int
    k_large: int | None
    interval: Interval
    budget: int
    max_odds: float
    seed: int
    intersect: bool
    allow_different_prompts: bool
    false_positive_rate: float | None
    accept_luck: bool
    accept_unscored: bool
    drop_short: bool
    accept_trained_on: bool


class ProbeOptions(TypedDict, total=False):
    """The fields of `ProbeSettings`."""

    k_small: int
    k_large: int
    small: float | None
    large: float | None
    interval: Interval | None
    beyond: Sequence[int]
    false_positive_rate: float | None
    accept_luck: bool
    accept_unscored: bool
    drop_short: bool
    seed: int


class AdaptiveOptions(TypedDict, total=False):
    """The fields of `AdaptiveSettings`."""

    k_small: int
    k_large: int
    small: float | None
    large: float | None
    first: int
    most: int
    confidence_level: float


class KeepOptions(TypedDict, total=False):
    """The fields of `KeepSettings`."""

    k: int
    first: int
    most: int
    seed: int
    accept_trained_on: bool
    accept_unscored: bool


class PlanOptions(TypedDict, total=False):
    """The fields of `PlanSettings`."""

    goal: Goal
    half_width: float | None
    delta: float | None
    power: float
    margin: float | None
    problems: int | None
    draws: Sequence[int]
    k_small: int
    k_large: int | None
    seeds: Sequence[int]
    seed_spread: float | None
    seed: int
    tokens: float | None
    price: float | None


class SelectOptions(TypedDict, total=False):
    """The fields of `SelectSettings`."""

    low: float | None
    high: float | None
    size: int | None
    group_size: int
    seed: int


class ReachOptions(TypedDict, total=False):
    """The fields of `ReachSettings`."""

    budget: int
    confidence_level: float


class WatchOptions(TypedDict, total=False):
    """The fields of `WatchSettings`."""

    group_size: int | None
    every: int | None
    window: int
    visits: int


class AuditOptions(TypedDict, total=False):
    """The fields of `AuditSettings`."""

    size: int
    seed: int


class BacktestOptions(TypedDict, total=False):
    """The fields of `BacktestSettings`."""

    worth: float
    cut: float
    k_small: int
    k_large: int
    seed: int


class ForecastOptions(TypedDict, total=False):
    """The fields of `ForecastSettings`."""

    start: str | None
    off_domain: bool | None
    recipe: str | None
    worth: float
    gpu_hours: float | None
    price: float | None
    k_large: int


def shows(settings: type[DataclassInstance]) -> Callable[[F], F]:
    """Let `help` and editors show a record's fields and defaults as a function's keywords."""

    def shown(function: F) -> F:
        signature = inspect.signature(function)
        own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
        mine = [
            inspect.Parameter(
                field.name,
                inspect.Parameter.KEYWORD_ONLY,
                default=field.default,
                annotation=field.type,
            )
            for field in fields(settings)
        ]
        function.__signature__ = signature.replace(parameters=[*own, *mine])  # type: ignore[attr-defined]
        return function

    return shown
