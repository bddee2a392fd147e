"""The one codec: a typed result in, its documented JSON out.

A dataclass becomes an object of its fields, in their order and by their names, `Estimate` an
interval {value, low, high}, `Curve` a list of rows, an enum its value, an array a list; what could
not be computed (nan, infinity) becomes null. What differs is marked in the field's annotation,
as in ``base: Annotated[Curve, IN_CURVE]``.
A class with a ``schema`` says it in its object.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, get_type_hints

import numpy as np

from passgap.display import Displayed
from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict


class Mark(Enum):
    """How a field's JSON differs from its name and value; it stands in the field's annotation."""

    FLAT = "its entries stand among its owner's"
    OPTIONAL = "it is left out where it is None"
    HIDDEN = "it is for Python only"


@dataclass(frozen=True)
class Within:
    """Its value stands under ``name`` in an object of its own."""

    name: str


@dataclass(frozen=True)
class Named:
    """JSON calls it otherwise, as a word that Python keeps to itself."""

    name: str


FLAT, OPTIONAL, HIDDEN = Mark.FLAT, Mark.OPTIONAL, Mark.HIDDEN
IN_CURVE = Within("curve")


class Result(Displayed):
    """What an analysis gives: it prints, draws itself in a notebook, and has documented JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The documented JSON as plain values; what is not computable is None."""
        encoded: dict[str, Any] = to_json(self)
        return encoded


def to_json(value: object) -> Any:
    """A typed value as what `json.dumps` takes.

    Raises
    ------
    TypeError
        For a value of a kind that no result holds.
    """
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    if isinstance(value, Verdict):
        return value.to_dict()
    if isinstance(value, Estimate):
        return {name: to_json(getattr(value, name)) for name in ("value", "low", "high")}
    if isinstance(value, Curve):
        return value.rows()
    if is_dataclass(value) and not isinstance(value, type):
        return _object(value)
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | Sequence | set | frozenset):
        return [to_json(one) for one in value]
    raise TypeError(f"{type(value).__name__} has no JSON here")


def _object(value: Any) -> dict[str, Any]:
    schema = getattr(value, "schema", None)
    found: dict[str, Any] = {} if schema is None else {"schema": schema}
    for name, marks in _fields(type(value)):
        if Mark.HIDDEN in marks:
            continue
        found |= _entry(name, marks, to_json(getattr(value, name)))
    return found


def _fields(kind: Any) -> tuple[tuple[str, tuple[object, ...]], ...]:
    """The fields of a dataclass, each with the marks in its annotation."""
    hints = _hints(kind)
    return tuple((one.name, getattr(hints[one.name], "__metadata__", ())) for one in fields(kind))


def _entry(name: str, marks: tuple[object, ...], encoded: Any) -> dict[str, Any]:
    if Mark.FLAT in marks:
        return dict(encoded or {})
    if Mark.OPTIONAL in marks and encoded is None:
        return {}
    for mark in marks:
        if isinstance(mark, Within):
            return {name: {mark.name: encoded}}
        if isinstance(mark, Named):
            return {mark.name: encoded}
    return {name: encoded}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)
