"""Plain values as JSON and back: what may pass between a test and the program.

In: a Python value. Out: JSON that names the built-in type it derives from: a list that claims to
equal everything arrives as a list. Iterators become what they would yield. Anything else stays
where it is and is passed as a number.
"""

from __future__ import annotations

import collections
import decimal
import fractions
import itertools
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TypeAlias

with suppress(ImportError):
    import numpy

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"
MOST_ITEMS = 1_000_000
SEQUENCES: tuple[tuple[type[Iterable[object]], str], ...] = (
    (list, "l"),
    (tuple, "t"),
    (set, "s"),
    (frozenset, "f"),
    (collections.deque, "q"),
)
ITERATORS: tuple[type[Iterable[object]], ...] = (
    types.GeneratorType,
    map,
    filter,
    zip,
    enumerate,
    reversed,
    *map(type, ({}.keys(), {}.values(), {}.items())),
    *map(type, (iter([]), iter(()), iter(""), iter(range(0)))),
    itertools.chain,
    itertools.islice,
)
MAKERS: dict[str, Callable[[list[object]], object]] = {
    "l": list,
    "t": tuple,
    "s": set,
    "f": frozenset,
    "q": collections.deque,
    "I": iter,
}


def encode(value: object, keep: Callable[[object], int]) -> Json:
    """A value as JSON; ``keep(object)`` gives the number of one that stays."""
    if value is None or type(value) is bool or type(value) is str or type(value) is float:
        return value
    atom = _atom(value)
    if atom is not None:
        return atom[0]
    # With the built-in type's methods, never the object's own: the program's list may have an
    # ``__iter__`` or ``__eq__`` that returns whatever wins.
    for base, tag in SEQUENCES:
        if isinstance(value, base):
            return [tag, [encode(v, keep) for v in base.__iter__(value)]]
    if isinstance(value, dict):
        return ["d", [[encode(k, keep), encode(v, keep)] for k, v in dict.items(value)]]
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        plain = encode(value.tolist(), keep)
        return ["n", plain] if getattr(value, "ndim", 0) else plain
    if isinstance(value, ITERATORS):
        return ["I", [encode(item, keep) for item in _some(value)]]
    return ["o", keep(value), type(value).__name__]


def _atom(value: object) -> tuple[Json] | None:
    """A value without parts, as JSON in a tuple; None for any other."""
    if isinstance(value, int):
        whole = int.__int__(value)
        return (whole if -(1 << 63) < whole < 1 << 63 else ["i", hex(whole)],)
    if isinstance(value, float):
        return (float.__float__(value),)
    if isinstance(value, str):
        return (str.__str__(value),)
    if isinstance(value, bytes | bytearray):
        return (["b" if isinstance(value, bytes) else "B", bytes(value).decode("latin-1")],)
    if isinstance(value, complex):
        return (["c", value.real, value.imag],)
    if isinstance(value, range):
        return (["r", value.start, value.stop, value.step],)
    if isinstance(value, decimal.Decimal):
        return (["D", decimal.Decimal.__str__(value)],)
    if isinstance(value, fractions.Fraction):
        return (["F", hex(value.numerator), hex(value.denominator)],)
    return None


def _some(items: Iterable[object]) -> list[object]:
    found = list(itertools.islice(items, MOST_ITEMS + 1))
    if len(found) > MOST_ITEMS:
        raise ValueError("too many items")
    return found


def decode(value: Json, held: Callable[[int, str], object]) -> object:
    """The inverse of `encode`; ``held(number, name)`` returns the stand-in for a kept object."""
    if not isinstance(value, list):
        return value
    tag, rest = value[0], value[1:]
    if tag in MAKERS:
        return MAKERS[tag]([decode(v, held) for v in rest[0]])
    if tag == "d":
        return {decode(k, held): decode(v, held) for k, v in rest[0]}
    if tag == "n":
        return numpy.array(decode(rest[0], held))
    if tag == "o":
        return held(*rest)
    return ATOMS[tag](*rest)


ATOMS: dict[str, Callable[..., object]] = {
    "i": lambda digits: int(digits, 16),
    "b": lambda text: text.encode("latin-1"),
    "B": lambda text: bytearray(text.encode("latin-1")),
    "c": complex,
    "r": range,
    "D": decimal.Decimal,
    "F": lambda over, under: fractions.Fraction(int(over, 16), int(under, 16)),
}
