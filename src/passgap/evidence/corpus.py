"""Published pairs, and a user's own. In: a CSV table, a row per pair. Out: checked typed rows.

The package has a table of published pairs (``published.csv``); a user's own has the same columns,
of which those in `NEEDED` are required. A wrong cell is refused with its row, column and value, and
what is allowed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType

import polars as pl

from passgap.data.whole_numbers import refuse_repeated
from passgap.errors import UsageError
from passgap.results.pairs import DOMAINS, SMALL, STARTS, TrainingPair, TrainingPairs
from passgap.stages.counting import csv_header

PUBLISHED = Path(__file__).with_name("published.csv")
KS = (1, 2, 4, 8, 16, 20, 32, 64, 128, 256, 1024)
BASE = {k: f"base_pass_{k}" for k in KS}
TRAINED = ("trained_pass_1", "trained_large_k", "trained_pass_large")
PLAIN = tuple(one.name for one in fields(TrainingPair) if one.name not in ("base", "trained"))
COLUMNS = (*PLAIN[:-1], *BASE.values(), *TRAINED, "base_other", "trained_other", PLAIN[-1])
NEEDED = (
    *("id", "base_model", "family", "start", "recipe", "in_domain", "benchmark"),
    *("base_pass_1", "trained_pass_1"),
)
CITED = ("source", "where", "how_read", "sure")
CHOICES = {
    "start": STARTS,
    "in_domain": DOMAINS,
    "how_read": ("file", "table", "text", "figure"),
    "sure": ("exact", "about"),
}
FALLS = 5e-4  # a base's curve may fall by this much from one k to the next: rounding
Cells = Mapping[str, str]


@cache
def published() -> TrainingPairs:
    """The table of published pairs.

    Examples
    --------
    >>> import passgap
    >>> pairs = passgap.pairs()
    >>> print(pairs[0].base_model, pairs[0].base[1], pairs[0].trained[1])
    Qwen/Qwen2.5-1.5B-Instruct 0.2472 0.2514
    """
    return read_table(PUBLISHED)


def read_table(path: Path | str, *, cited: bool = False) -> TrainingPairs:
    """The pairs of a table.

    Parameters
    ----------
    path
        A CSV file with the columns `COLUMNS`; those that are not in `NEEDED` may be absent or
        empty. Without ``trained_by`` the rows are the user's own.
    cited
        Require the columns that a published row needs, `CITED`.

    Raises
    ------
    UsageError
        For a column that is missing, repeated or unknown, or a wrong cell.
    """
    place = Path(path)
    rows = _rows(place, (*NEEDED, *CITED) if cited else NEEDED)
    found: dict[str, TrainingPair] = {}
    for number, cells in enumerate(rows, start=2):
        pair = _Row(place, number, cells).pair(cited=cited)
        if pair.id in found:
            raise UsageError(
                f"{place}, row {number}, column id: {pair.id!r} is the id of an earlier row; give "
                "each row its own"
            )
        found[pair.id] = pair
    if not found:
        raise UsageError(f"{place} has no rows; needed: at least one pair")
    return TrainingPairs(tuple(found.values()))


def _rows(place: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    if place.suffix != ".csv" or not place.is_file():
        raise UsageError(f"{place} is not a table of pairs; allowed: an existing .csv file")
    try:
        header = csv_header(place)
        frame = pl.read_csv(place, infer_schema=False)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{place} cannot be read as CSV ({error}); save it again as CSV"
        ) from error
    refuse_repeated(place, header, COLUMNS)
    if missing := [name for name in needed if name not in header]:
        raise UsageError(
            f"{place} lacks the columns {', '.join(missing)}; needed: {', '.join(needed)}, and the "
            "base's pass@k at a k from 2 to 32, such as base_pass_4"
        )
    if unknown := [name for name in header if name not in COLUMNS]:
        raise UsageError(
            f"{place} has the unknown columns {', '.join(unknown)}; allowed: {', '.join(COLUMNS)}"
        )
    frame.columns = header
    return [{name: (cell or "").strip() for name, cell in row.items()} for row in frame.to_dicts()]


class _Row:
    """One row of a table, its cells checked as they are read."""

    def __init__(self, place: Path, number: int, cells: Cells) -> None:
        self.place, self.number, self.cells = place, number, cells

    def wrong(self, column: str, allowed: str) -> UsageError:
        """The error of a cell."""
        value = self.cells.get(column, "")
        return UsageError(
            f"{self.place}, row {self.number}, column {column}: {value!r}; allowed: {allowed}"
        )

    def pair(self, *, cited: bool) -> TrainingPair:
        """The row as a pair."""
        needed = (*NEEDED, *CITED) if cited else NEEDED
        for column in needed:
            if not self.cells.get(column):
                raise self.wrong(column, "a value; it may not be empty")
        for column, choices in CHOICES.items():
            if self.cells.get(column) and self.cells[column] not in choices:
                raise self.wrong(column, ", ".join(choices))
        base, trained = self._curve("base"), self._curve("trained")
        self._check_base(base)
        kept: dict[str, object] = {name: self.cells.get(name, "") for name in PLAIN}
        kept |= {"base": MappingProxyType(base), "trained": MappingProxyType(trained)}
        kept |= {name: self._whole(name) for name in ("steps", "problems", "n")}
        kept |= {name: self._number(name, most=math.inf) for name in ("size_b", "temperature")}
        kept["trained_by"] = self.cells.get("trained_by") or f"own: {self.cells['recipe']}"
        return TrainingPair(**kept)  # type: ignore[arg-type]

    def _check_base(self, base: Mapping[int, float]) -> None:
        if not any(k in SMALL for k in base) and len(base) < 2:
            raise self.wrong(
                "base_pass_4",
                "the base's pass@k at one more k, best from 2 to 32 (in base_pass_2, base_pass_4, "
                "base_pass_8, base_pass_16, or base_other as 5:0.41)",
            )
        ks = sorted(base)
        for k, larger in itertools.pairwise(ks):
            if base[larger] < base[k] - FALLS:
                column = BASE.get(larger, "base_other")
                raise self.wrong(column, f"at least pass@{k} = {base[k]:g}: pass@k rises with k")

    def _curve(self, policy: str) -> dict[int, float]:
        found: dict[int, float] = {}
        if policy == "base":
            named = [(k, column) for k, column in BASE.items() if self.cells.get(column)]
        else:
            large = self._whole("trained_large_k")
            named = [(1, "trained_pass_1")]
            if large is not None and large > 1:
                named.append((large, "trained_pass_large"))
        for k, column in named:
            share = self._number(column, most=1)
            if share is None:
                raise self.wrong(column, "0 to 1")
            found[k] = share
        return found | {k: v for k, v in self._other(f"{policy}_other").items() if k not in found}

    def _other(self, column: str) -> dict[int, float]:
        """The rest of a curve, ``k:value`` with ``;`` between."""
        found: dict[int, float] = {}
        for part in filter(None, self.cells.get(column, "").split(";")):
            k, _, value = part.partition(":")
            share = _finite(value)
            if not k.strip().isdecimal() or int(k) < 1 or share is None or not 0 <= share <= 1:
                raise self.wrong(column, "k:value with ; between, such as 3:0.41;64:0.9")
            found[int(k)] = share
        return found

    def _number(self, column: str, *, most: float) -> float | None:
        text = self.cells.get(column, "")
        if not text:
            return None
        value = _finite(text)
        if value is None or not 0 <= value <= most:
            shares = "0 to 1: fractions, not percentages"
            raise self.wrong(column, "a number from 0" if most == math.inf else shares)
        return value

    def _whole(self, column: str) -> int | None:
        value = self._number(column, most=math.inf)
        if value is None:
            return None
        if value != int(value) or value < 1:
            raise self.wrong(column, "a whole number from 1, or empty")
        return int(value)


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def append(pairs: TrainingPairs, table: Path | str) -> int:
    """Append pairs to a table of published pairs, in its columns; how many it has then.

    Raises
    ------
    UsageError
        For a table that cannot be read, or an id that it already has.
    """
    from passgap.runs import write_text

    place = Path(table)
    there = read_table(place)
    known = {one.id for one in there}
    for one in pairs:
        if one.id in known:
            raise UsageError(
                f"{place} has a row with the id {one.id!r}; give the new row another id"
            )
    text = place.read_text(encoding="utf-8")
    lines = pl.DataFrame([cells_of(one) for one in pairs], schema=dict.fromkeys(COLUMNS, pl.String))
    columns = csv_header(place)
    added = lines.select(columns).write_csv(include_header=False)
    write_text(text + ("" if text.endswith("\n") else "\n") + added, place)
    return len(there) + len(pairs)


def cells_of(pair: TrainingPair) -> dict[str, str]:
    """A pair as the cells of a table."""

    def text(value: object) -> str:
        return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)

    cells = {name: text(getattr(pair, name)) for name in PLAIN}
    cells |= {column: text(pair.base.get(k)) for k, column in BASE.items()}
    cells["base_other"] = _listed(pair.base, BASE)
    large = max(pair.trained)
    cells["trained_pass_1"] = text(pair.trained[1])
    cells["trained_large_k"] = text(large if large > 1 else None)
    cells["trained_pass_large"] = text(pair.trained[large] if large > 1 else None)
    cells["trained_other"] = _listed(pair.trained, (1, large))
    return cells


def _listed(curve: Mapping[int, float], known: Mapping[int, str] | Sequence[int]) -> str:
    return ";".join(f"{k}:{curve[k]:g}" for k in sorted(curve) if k not in known)


def joined(*tables: TrainingPairs) -> TrainingPairs:
    """Several tables as one; a repeated id gets the number of its table."""
    found: dict[str, TrainingPair] = {}
    for number, table in enumerate(tables):
        for one in table:
            name = one.id if one.id not in found else f"{one.id} ({number})"
            found[name] = replace(one, id=name)
    return TrainingPairs(tuple(found.values()))
