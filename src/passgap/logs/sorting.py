"""From draws in a log's order to the draws of a span of problems, in bounded memory.

Draws are kept until they fill a buffer, then sorted by problem and written as Parquet with small
row groups; a span of problems then reads only the groups it is in. The last buffer stays in memory,
so that a small log touches no disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from passgap.logs.base import Record
from passgap.runs import write_from

BUFFER = 48 << 20
GROUPS = 64
COLUMNS: dict[str, type[pl.DataType]] = {
    "row": pl.Int32,
    "order": pl.Int64,
    "text": pl.String,
    "finish_reason": pl.String,
    "token_count": pl.Int32,
    "status": pl.String,
    "extracted": pl.String,
    "reason": pl.String,
    "turns": pl.Int32,
    "cost": pl.Float64,
}


class Sorter:
    """Collects draws by the row of their problem.

    What does not fit ``buffer`` (characters of text in memory) is written to ``folder``.
    ``knows_effort`` says whether any draw has turns or a cost.
    """

    def __init__(self, folder: Path, *, buffer: int = BUFFER) -> None:
        self._folder, self._buffer = folder, buffer
        self._rows: list[tuple[object, ...]] = []
        self._held = 0
        self._parts: list[pl.LazyFrame] = []
        self._merged: dict[int, list[int]] = {}
        self.characters = 0
        self.knows_effort = False

    def merge(self, rows: Sequence[int]) -> None:
        """From now on a problem's row is ``rows[i]`` where it was ``i``; several may become one."""
        self._merged = {}
        for before, after in enumerate(rows):
            self._merged.setdefault(after, []).append(before)

    def add(self, row: int, record: Record) -> None:
        """Take one draw of the problem in ``row``."""
        turns, cost = record.turns, record.cost
        self.knows_effort |= turns is not None or cost is not None
        self._rows.append(
            (
                *(row, record.order, record.text, record.finish_reason, record.tokens),
                *(record.status, record.extracted, record.reason, turns, cost),
            )
        )
        size = len(record.text) + 100
        self.characters += size
        self._held += size
        if self._held >= self._buffer:
            self._put_down()

    def finish(self) -> None:
        """All draws have been added."""
        if self._rows:
            self._parts.append(self._frame().lazy())
            self._rows = []

    def draws(self, rows: Sequence[int], first: int, size: int) -> pl.DataFrame:
        """Draws ``first .. first + size - 1`` of some problems, numbered in the column ``draw``."""
        of = {one: row for row in rows for one in self._merged.get(row, [row])}
        rows = list(of)
        # The span first: parts are sorted by row, so a range skips the row groups outside it.
        low, high = min(rows), max(rows)
        within = pl.col("row").is_between(low, high)
        if len(rows) < high - low + 1:
            within &= pl.col("row").is_in(list(rows))
        found = pl.concat([part.filter(within).collect() for part in self._parts])
        if self._merged:
            found = found.with_columns(pl.col("row").replace_strict(of, return_dtype=pl.Int32))
        numbered = found.sort("row", "order", maintain_order=True).with_columns(
            draw=pl.int_range(pl.len(), dtype=pl.Int32).over("row")
        )
        return numbered.filter(pl.col("draw").is_between(first, first + size - 1))

    def _frame(self) -> pl.DataFrame:
        frame = pl.DataFrame(self._rows, schema=COLUMNS, orient="row")
        return frame.sort("row", "order", maintain_order=True)

    def _put_down(self) -> None:
        path = self._folder / f"sorted-{len(self._parts):05d}.parquet"
        frame = self._frame()
        size = max(1, frame.height // GROUPS)
        write_from(
            path,
            lambda memory: frame.write_parquet(
                memory, compression="lz4", row_group_size=size, statistics=True
            ),
        )
        self._parts.append(pl.scan_parquet(path))
        self._rows, self._held = [], 0


class Forgetful(Sorter):
    """Takes draws for counting alone and keeps none."""

    def __init__(self) -> None:
        super().__init__(Path())

    def add(self, row: int, record: Record) -> None:
        """Nothing of the draw is kept."""
