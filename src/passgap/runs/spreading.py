"""One function over many items of a run: in this process, or where the caller sends it.

In: a function and its items, both of which can be pickled. Out: its results, in the order of the
items. Nothing that a function does elsewhere is written there: the caller's process writes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

In = TypeVar("In")
Out = TypeVar("Out")


class Mapper(Protocol):
    """What calls a function for every item and gives the results in order."""

    def __call__(self, function: Callable[[Any], Any], items: list[Any], /) -> Iterator[Any]: ...


_MAPPER: ContextVar[Mapper | None] = ContextVar("mapper", default=None)


@contextmanager
def spreading(mapper: Mapper | None) -> Iterator[None]:
    """Within the block, `spread` uses this mapper; None: this process."""
    token = _MAPPER.set(mapper)
    try:
        yield
    finally:
        _MAPPER.reset(token)


def spread(function: Callable[[In], Out], items: Iterable[In]) -> Iterator[Out]:
    """``function(item)`` for every item, in their order."""
    mapper = _MAPPER.get()
    if mapper is None:
        yield from map(function, items)
    else:
        yield from mapper(function, list(items))
