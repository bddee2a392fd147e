"""A watch folder: one row for every completion that a reward call saw, in any trainer.

In: the rows of one reward call. Out: on disk, one writer per rank ::

    about.json                                schema and what the rows are; written once
    rank-00000/part-<first call>-<last call>.parquet

A call is one part, on disk when ``append`` returns. Small parts are merged occasionally: the merged
part is written completely under the range of its calls before the small ones are removed, and where
ranges overlap the widest counts, so that a writer killed in between neither loses nor duplicates a
row.

The writer uses Arrow and not polars, whose threads do not exist in a forked process: there it would
wait for them forever.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import polars as pl
import pyarrow

from passgap.errors import RunError, UsageError, WorkError
from passgap.runs.about import is_watch, read_about, write_about
from passgap.runs.frames import tally
from passgap.runs.locks import hold
from passgap.runs.names import ABOUT_FILE
from passgap.runs.parts import MERGED, Part, level, parse_part, parse_rank, rank_name, widest
from passgap.runs.places import Place
from passgap.runs.shards import (
    UNREADABLE,
    ShardError,
    one_line,
    read_shard,
    read_table,
    write_shard,
)
from passgap.runs.writing import own

STATUSES = ("correct", "incorrect", "unscored")
COLUMNS: dict[str, pl.DataType] = {
    "call": pl.Int64(),
    "step": pl.Int64(),
    "problem_id": pl.String(),
    "status": pl.String(),
    "reward": pl.Float64(),
    "tokens": pl.Int32(),
    "finish_reason": pl.String(),
    "reason": pl.String(),
    "seconds": pl.Float64(),
}
SCHEMA = pyarrow.schema(  # the same for the writer
    [
        ("call", pyarrow.int64()),
        ("step", pyarrow.int64()),
        ("problem_id", pyarrow.large_string()),
        ("status", pyarrow.large_string()),
        ("reward", pyarrow.float64()),
        ("tokens", pyarrow.int32()),
        ("finish_reason", pyarrow.large_string()),
        ("reason", pyarrow.large_string()),
        ("seconds", pyarrow.float64()),
    ]
)
LISTINGS = 100
NEEDED, OPTIONAL = ("problem_id", "status"), ("reward", "tokens", "finish_reason", "reason")


class WatchLog:
    """The rows of one rank, written call by call.

    All ranks share the watch folder; each has its own folder in it, and one writer. ``about`` says
    what the rows are (JSON values), equal in all ranks; None uses what is there.

    Raises RunError if the folder holds something else, or another process writes this rank;
    WorkError if it cannot be written.
    """

    def __init__(
        self, folder: Path | str, *, rank: int = 0, about: Mapping[str, object] | None = None
    ) -> None:
        if rank < 0:
            raise UsageError(f"rank is {rank}; allowed: an integer >= 0")
        self.folder, self.rank = Path(folder), rank
        if about is not None:
            write_about(self.folder, about)
        elif is_watch(self.folder):
            read_about(self.folder)
        self._place = own(self.folder, rank_name(rank))
        hold(self._place)
        self._tidy()

    def append(self, step: int | Sequence[int], rows: Mapping[str, Sequence[object]]) -> None:
        """Write one reward call; it is completely on disk when this returns.

        ``step`` is the number of optimizer steps of the policy when it sampled, one number or one
        per row. ``rows`` are columns of one length: ``problem_id``, ``status``, and any of
        ``reward``, ``tokens``, ``finish_reason``, ``reason`` and ``seconds`` (unix time; now where
        absent).

        Raises UsageError for columns that are missing, unknown or of different lengths, or another
        status; WorkError if it cannot be written, and then nothing of this call is written.
        """
        call = self._parts[-1].last + 1 if self._parts else 0
        table = _table(call, step, rows)
        if not table.num_rows:
            return
        if not (self.folder / ABOUT_FILE).is_file():
            write_about(self.folder, {})
        part = Part(call, call)
        if (self._place / part.name).exists():
            raise RunError(
                f"{self._place} was written by another object of this process; give each watched "
                "reward its own folder"
            )
        self._merge()  # first: if it fails, nothing of this call is written
        try:
            write_shard(table, self._place / part.name)
        except WorkError:
            with suppress(OSError):
                (self._place / part.name).unlink(missing_ok=True)
            raise
        self._parts.append(part)

    def read(self) -> pl.DataFrame:
        """This rank's rows."""
        return _read_rank(Place(self.folder), self._place.name)

    def drop_after(self, step: int) -> int:
        """Remove this rank's rows beyond ``step``, which a resumed run draws again; returns how
        many."""
        import pyarrow.compute  # here, since it takes longer to import than the rest of pyarrow

        self._tidy()
        dropped = 0
        for part in self._parts:
            table = self._part(part)
            kept = table.filter(pyarrow.compute.less_equal(table["step"], step))
            dropped += table.num_rows - kept.num_rows
            if not kept.num_rows:
                _remove(self._place / part.name)
            elif kept.num_rows < table.num_rows:
                write_shard(kept, self._place / part.name)
        self._tidy()
        return dropped

    def _merge(self) -> None:
        """Merge the newest parts once there are MERGED of similar size."""
        newest = self._parts[-MERGED:]
        if len(newest) < MERGED or len({level(part) for part in newest}) > 1:
            return
        merged = Part(newest[0].first, newest[-1].last)
        tables = [self._part(part) for part in newest]
        write_shard(pyarrow.concat_tables(tables), self._place / merged.name)
        self._parts[-MERGED:] = [merged]
        for part in newest:
            _remove(self._place / part.name)
        self._merge()

    def _part(self, part: Part) -> pyarrow.Table:
        with Place(self.folder).open(f"{self._place.name}/{part.name}") as file:
            try:
                return read_table(file, SCHEMA.names)[0].cast(SCHEMA)
            except UNREADABLE as error:
                raise _unreadable(
                    self._place / part.name, f"is damaged ({one_line(error)})"
                ) from error

    def _tidy(self) -> None:
        """Resume from what is there: remove incomplete files and parts that a wider one
        contains."""
        names = {path.name for path in self._place.iterdir()}
        self._parts = widest(names)
        kept = {part.name for part in self._parts}
        for name in names - kept:
            if parse_part(name) or name.endswith(".tmp"):
                _remove(self._place / name)


def ranks_of(folder: Path) -> list[int]:
    """The ranks that have a folder in a watch folder."""
    found = (parse_rank(path.name) for path in folder.iterdir())
    return sorted(rank for rank in found if rank is not None)


def read_watch(folder: Path | str) -> pl.DataFrame:
    """The rows of all ranks, ordered by step, rank and call.

    If the trainer gave no step (``about.json``: ``"step": "visits"``), ``step`` counts the visits
    of the row's problem: its rows over all ranks in order of time, ``group_size`` per visit. A
    completion that was never recorded shifts the later visits of its problem by one row.

    ``folder`` may be a URL, and may still be growing. The frame has the columns of COLUMNS and
    ``rank``, and no row where nothing was recorded yet. Raises UsageError if it is not a watch
    folder, RunError for an unknown schema or a damaged part.
    """
    about = read_about(folder)
    place = Place(folder)
    found = [
        _read_rank(place, name) for name in sorted(place.names("")) if parse_rank(name) is not None
    ]
    empty = pl.DataFrame(schema={**COLUMNS, "rank": pl.Int64})
    rows = pl.concat([empty, *found])
    if about.step == "visits" and about.group_size:
        visit = pl.int_range(pl.len(), dtype=pl.Int64).over("problem_id") // about.group_size
        rows = rows.sort("seconds", "rank", "call", maintain_order=True).with_columns(step=visit)
    return rows.sort("step", "rank", "call", maintain_order=True)


def _read_rank(place: Place, name: str) -> pl.DataFrame:
    """All rows of a rank; listed again if a merge removed a part between listing and reading."""
    frames = _parts_of(place, name)
    frame = pl.concat([pl.DataFrame(schema=COLUMNS), *frames])
    return frame.with_columns(pl.lit(parse_rank(name), pl.Int64).alias("rank"))


def _parts_of(place: Place, name: str) -> list[pl.DataFrame]:
    for _ in range(LISTINGS):
        try:
            return [_read(place, f"{name}/{part.name}") for part in widest(place.names(name))]
        except FileNotFoundError as error:
            gone = error
    raise RunError(f"{place}/{name} lists a part that is not there ({gone}); remove its name")


def _read(place: Place, name: str) -> pl.DataFrame:
    with place.open(name) as file:
        try:
            return read_shard(name, file, schema=COLUMNS)
        except ShardError as error:
            raise _unreadable(f"{place}/{name}", error.fault) from error


def _unreadable(part: Path | str, fault: str) -> RunError:
    return RunError(f"{part} {fault}; move it away to read the other calls")


def _table(
    call: int, step: int | Sequence[int], rows: Mapping[str, Sequence[object]]
) -> pyarrow.Table:
    allowed = {*NEEDED, *OPTIONAL, "seconds"}
    wrong = sorted({*NEEDED} - {*rows}) + sorted({*rows} - allowed)
    if wrong:
        raise UsageError(
            f"the rows have columns {sorted(rows)}; needed: {', '.join(NEEDED)}; also allowed: "
            f"{', '.join(OPTIONAL)}, seconds (see {wrong[0]!r})"
        )
    height = len(rows["problem_id"])
    columns: dict[str, Sequence[object]] = {name: [None] * height for name in OPTIONAL}
    columns |= {"reason": [""] * height, "seconds": [time.time()] * height}
    columns |= {name: list(values) for name, values in rows.items()}
    columns |= {"call": [call] * height}
    columns |= {"step": [step] * height if isinstance(step, int) else list(step)}
    uneven = {name: len(values) for name, values in columns.items() if len(values) != height}
    if uneven:
        raise UsageError(
            f"the columns have lengths {uneven}; needed: {height}, one entry per completion"
        )
    strange = next((status for status in columns["status"] if status not in STATUSES), None)
    if strange is not None:
        raise UsageError(f"status is {strange!r}; allowed: {', '.join(STATUSES)}")
    try:
        return pyarrow.table({name: columns[name] for name in COLUMNS}, schema=SCHEMA)
    except (pyarrow.ArrowException, TypeError, OverflowError) as error:
        raise UsageError(
            f"a column has a value of another type ({one_line(error)}); needed: a number or None "
            "for reward and tokens, an integer for step, texts for the others"
        ) from error


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WorkError(f"cannot remove {path}: {error.strerror}; fix the permission") from error


def group_rows(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per step and problem, over all ranks: what `passgap.analysis.watch.watching` needs.

    Its columns are ``step``, ``problem_id``, ``completions``, ``n`` (scored), ``c`` (correct),
    ``rewards`` and ``reward_sum``, ``tokens`` and ``token_sum``, ``endings`` (known finish reasons)
    and ``cut``, ordered by step and problem.
    """
    ended, reward, counted = pl.col("finish_reason"), pl.col("reward"), tally()
    rewards = reward.fill_nan(None)
    return (
        rows.group_by("step", "problem_id")
        .agg(
            completions=pl.len(),
            n=counted["n"],
            c=counted["c"],
            rewards=rewards.count(),
            reward_sum=rewards.sum(),
            tokens=pl.col("tokens").count(),
            token_sum=pl.col("tokens").sum(),
            endings=ended.count(),
            cut=(ended == "length").sum(),
        )
        .sort("step", "problem_id")
    )
