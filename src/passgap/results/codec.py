"""The one codec. In: a typed result. Out: its documented JSON.

A dataclass becomes an object of its fields, in their order and by their names, `Estimate` an
interval {value, low, high}, `Curve` a list of rows, an enum its value, an array a list; what could
not be computed (nan, infinity) becomes null. A dataclass from elsewhere may have its own
``to_dict``. Exceptions are marked in the field's annotation, as in ``base: Annotated[Curve,
IN_CURVE]``; a property whose annotation has a mark is in the object too, after the fields. A class
with a ``schema`` names it in its object.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np

from passgap.display import Displayed
from passgap.results.estimates import Curve, Estimate

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Json = Any  # what `json.dumps` takes; a closed type would make every reader narrow at every key


class Mark(Enum):
    """How a value's JSON differs from its name and value; part of its annotation."""

    FLAT = "its entries are merged into its owner's"
    OPTIONAL = "left out where it is None"
    OR_NULL = "null where it is empty"
    HIDDEN = "for Python only"
    SHOWN = "a property that is in the object too"


@dataclass(frozen=True)
class Within:
    """Its value is under ``name`` in an object of its own."""

    name: str


@dataclass(frozen=True)
class Named:
    """JSON has another name for it, which is a reserved word in Python."""

    name: str


FLAT, OPTIONAL, OR_NULL, HIDDEN, SHOWN = Mark
IN_CURVE = Within("curve")
Marks = tuple[object, ...]


class Encoded:
    """A value with documented JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Json]:
        """The documented JSON as plain values; what is not computable is None."""
        encoded: dict[str, Json] = to_json(self)
        return encoded


class Result(Encoded, Displayed):
    """The result of an analysis: it prints, renders in a notebook, and has documented JSON."""

    __slots__ = ()


def to_json(value: object) -> Json:
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
    if isinstance(value, Estimate):
        return {name: to_json(getattr(value, name)) for name in ("value", "low", "high")}
    if isinstance(value, Curve):
        return value.rows()
    if is_dataclass(value) and not isinstance(value, type):
        own = getattr(value, "to_dict", None)
        return _object(value) if own is None or isinstance(value, Encoded) else own()
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, np.ndarray | Sequence | set | frozenset):
        return [to_json(one) for one in value]
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def _object(value: DataclassInstance) -> dict[str, Json]:
    schema = getattr(value, "schema", None)
    found: dict[str, Json] = {} if schema is None else {"schema": schema}
    for name, marks in _entries(type(value)):
        if HIDDEN not in marks:
            found |= _entry(name, marks, to_json(getattr(value, name)))
    return found


@cache
def _entries(kind: type[DataclassInstance]) -> tuple[tuple[str, Marks], ...]:
    """What a dataclass's object holds, with the marks in its annotation."""
    hints = get_type_hints(kind, include_extras=True)
    own = ((one.name, _marks(hints[one.name])) for one in fields(kind))
    return (*own, *_shown(kind))


def _shown(kind: type) -> Iterator[tuple[str, Marks]]:
    for owner in reversed(kind.__mro__):
        for name, one in vars(owner).items():
            if isinstance(one, property) and one.fget is not None:
                marks = _marks(get_type_hints(one.fget, include_extras=True).get("return"))
                if marks:
                    yield name, marks


def _marks(hint: object) -> Marks:
    return getattr(hint, "__metadata__", ())


def _entry(name: str, marks: Marks, encoded: Json) -> dict[str, Json]:
    if FLAT in marks:
        return dict(encoded or {})
    if OPTIONAL in marks and encoded is None:
        return {}
    if OR_NULL in marks:
        encoded = encoded or None
    for mark in marks:
        if isinstance(mark, Within):
            return {name: {mark.name: encoded}}
        if isinstance(mark, Named):
            return {mark.name: encoded}
    return {name: encoded}
