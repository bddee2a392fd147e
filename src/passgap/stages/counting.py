"""Counting. In: a run's outcomes, or a counts file. Out: Counts.

A counts file is CSV, Parquet or JSONL with ``problem_id`` (or ``id``), ``n`` and ``c``, and
optionally ``unscored``, ``no_answer``, ``truncated``, ``c_reasoned``, ``guess_rate`` and
``design``; further columns are ignored. Counts are whole numbers: 16.0 is 16, and 4.5 is refused.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from passgap.data.arrays import IntArray
from passgap.data.counts import Counts, Design
from passgap.data.whole_numbers import refuse_repeated, whole_numbers
from passgap.errors import RunError, UsageError
from passgap.runs import Run, is_run, is_watch, opened, write_from
from passgap.runs.batches import batched, marked_frame
from passgap.runs.frames import tally
from passgap.runs.lineage import trained_on
from passgap.runs.names import WATCH
from passgap.runs.spreading import spread
from passgap.stages.guessing import Guesses, Sums
from passgap.stages.looks import LOOKED_AT, other_names
from passgap.stages.tallying import MARKS, mark_column, refuse_ids_twice, tallied
from passgap.stages.unscored import in_one_line, unscored


class Column(Protocol):
    """A column of a `Frame`."""

    def tolist(self) -> list[object]: ...


@runtime_checkable
class Frame(Protocol):
    """A pandas data frame; pandas is not imported here."""

    @property
    def columns(self) -> Iterable[str]: ...

    def __getitem__(self, name: str, /) -> Column: ...

    def to_dict(self) -> object: ...


Source = Counts | Run | Path | str | pl.DataFrame | Frame | ArrayLike
COUNTS_SUFFIXES = (".csv", ".parquet", ".jsonl")
OPTIONAL = ("unscored", "no_answer", "truncated", "c_reasoned", "c_asked", "c_any")
COLUMNS = (
    "problem_id",
    "id",
    "n",
    "c",
    *OPTIONAL,
    "guess_rate",
    "cluster",
    "design",
    "draw",
    *MARKS,
)
OUTCOMES = ("status", "reason", "extracted", "readings.asked", "readings.any")
KEPT = ("guess_rate", "cluster", "design")  # columns of a row per sample that are of its problem


def count(run: Run | Path | str, *, verifier_digest: str | None = None) -> Counts:
    """Count a verified run, one row per problem in the run's order.

    Parameters
    ----------
    run
        A run or its folder, with all draws sampled and verified.
    verifier_digest
        Which verifier's outcomes; None: the last one's.

    Raises
    ------
    UsageError
        When draws are missing or not verified yet; the error names what to run.
    """
    run = opened(run)
    chosen = verifier_digest or run.verifier_digest()
    expected = sum(run.draws().values())
    marked = run.outcome_names(chosen)
    names = [name for name in run.completion_names() if name in marked]
    source = run.outcomes_about(chosen).source  # an imported run's own labels
    counting = _Counting(run, chosen, guessed=source is None or source.answers)
    guesses = counting.guesses
    tallies: list[pl.DataFrame] = []
    for one, sums in spread(counting, batched(run, names)):
        tallies.append(one)
        if guesses is not None and sums is not None:
            guesses.take(sums)
    drawn = sum(int(tally["draws"].sum()) for tally in tallies)
    if drawn < expected or not drawn:
        raise UsageError(
            f"{run.place} has {drawn} verified samples of {expected}; run passgap sample again to "
            "finish it and passgap verify to score it"
        )
    order = pl.DataFrame({"problem_id": run.problem_ids})
    rows = pl.concat(tallies).group_by("problem_id").sum()
    frame = order.join(rows, on="problem_id", how="left", maintain_order="left")
    return Counts(
        problem_id=frame["problem_id"].to_list(),
        n=frame["n"].to_numpy(),
        c=frame["c"].to_numpy(),
        unscored=frame["unscored"].to_numpy(),
        no_answer=frame["no_answer"].to_numpy() if source is None else None,
        truncated=frame["truncated"].to_numpy() if frame["endings"].sum() else None,
        c_reasoned=_reasoned(run, order, chosen),
        guess_rate=None if guesses is None else guesses.luck().rates,
        design=run.manifest.design,
        provenance=run.manifest.provenance()
        | {"verifier": chosen}
        | _training(run)
        | _why(run, chosen, frame),
        cluster=clusters_of(run),
        c_asked=frame["c_asked"].to_numpy() if frame["read"].sum() else None,
        c_any=frame["c_any"].to_numpy() if frame["read"].sum() else None,
    )


@dataclass(frozen=True)
class _Counting:
    """What some shards add to the counts; another process can do it."""

    run: Run
    chosen: str
    guessed: bool

    def __reduce__(self) -> tuple[type[_Counting], tuple[Run, str, bool]]:
        return _Counting, (self.run, self.chosen, self.guessed)

    @cached_property
    def guesses(self) -> Guesses | None:
        return Guesses.of(self.run, self.chosen) if self.guessed else None

    def __call__(self, names: Sequence[str]) -> tuple[pl.DataFrame, Sums | None]:
        frame = marked_frame(self.run, self.chosen, names, OUTCOMES, "finish_reason")
        return _tally(frame), self.guesses.counted(frame) if self.guesses else None


def clusters_of(run: Run) -> list[str] | None:
    """Each problem's cluster, if all of them name one."""
    found = run.problem_field("cluster")
    known = [one for one in found if one is not None]
    return known if known and len(known) == len(found) else None


def _training(run: Run) -> dict[str, str]:
    """Whether the policy was trained on these problems, where its policy file says so."""
    try:
        known = trained_on(run)
    except RunError:  # counting needs no policy file; a comparison of runs reports the damage
        known = None
    return {} if known is None else {"trained_on": "yes" if known else "no"}


def _why(run: Run, chosen: str, frame: pl.DataFrame) -> dict[str, str]:
    """Why draws are unscored, if some are."""
    return {"unscored": in_one_line(unscored(run, chosen))} if frame["unscored"].sum() else {}


def _tally(outcomes: pl.DataFrame) -> pl.DataFrame:
    """The counts of some shards: a run of any size is counted in the memory of a few."""
    status, reason, readings = pl.col("status"), pl.col("reason"), pl.col("readings")
    stretch = pl.col("problem_id").rle_id()  # whole numbers are grouped five times as fast
    each = outcomes.group_by(stretch.alias("stretch")).agg(
        pl.col("problem_id").first(),
        **tally(),
        no_answer=reason.is_in(["no_answer", "truncated"]).sum(),
        endings=pl.col("finish_reason").count(),
        truncated=((pl.col("finish_reason") == "length") & (status == "incorrect")).sum(),
        read=readings.is_not_null().sum(),
        c_asked=(readings.struct.field("asked").fill_null(status) == "correct").sum(),
        c_any=(readings.struct.field("any").fill_null(status) == "correct").sum(),
        draws=pl.len(),
    )
    return each.drop("stretch")


def _reasoned(run: Run, order: pl.DataFrame, chosen: str) -> IntArray | None:
    """Correct draws whose reasoning was marked right too; None where it was not judged."""
    judge = run.reasoning_digest()
    if judge is None or run.outcomes_about(judge).correct_by != chosen:
        return None
    if not set(run.completion_names()) <= run.outcome_names(judge):
        return None
    right = pl.col("status") == "correct"
    tallies = [
        run.read_outcomes(judge, name)
        .filter(right)
        .join(run.read_outcomes(chosen, name).filter(right), on=["problem_id", "draw"])
        .group_by("problem_id")
        .len()
        for name in run.completion_names()
    ]
    rows = pl.concat(tallies).group_by("problem_id").sum()
    found = order.join(rows, on="problem_id", how="left", maintain_order="left")
    return found["len"].fill_null(0).to_numpy().astype(np.int64)


def read_counts(path: Path | str) -> Counts:
    """Read a counts file (CSV, Parquet, JSONL) or count a run, a folder or any fsspec URL."""
    if "://" in str(path) or is_run(path):
        return count(Run(path))
    name, path = str(path), Path(path)
    if not path.is_file():
        lost = "" if path.exists() else "; there is no such file"
        if is_watch(path) or is_watch(path / WATCH):
            lost = f"; it holds a training's reward calls: passgap watch {shlex.quote(name)}"
        raise UsageError(
            f"{name} is neither a run folder nor a counts file (.csv, .parquet, .jsonl){lost}"
        )
    if not path.stat().st_size:
        raise UsageError(f"{path} is empty; a counts file needs problem_id, n, c")
    return _of_table(str(path), read_table(path), {"policy": path.name})


def counts_of(source: Source) -> Counts:
    """Whatever holds counts, as Counts.

    Parameters
    ----------
    source
        `Counts` themselves; a run, or the path of one; the path of a counts file; a polars or
        pandas frame with the columns of a counts file; or a matrix of 0 and 1, shape (P, n), with
        one row per problem and one column per draw; its problems are named 1 to P.

    Raises
    ------
    UsageError
        For anything else, or for values that are not counts.
    """
    if isinstance(source, Counts):
        return source
    if isinstance(source, Run):
        return count(source)
    if isinstance(source, str | Path):
        return read_counts(source)
    if isinstance(source, pl.DataFrame):
        return _of_table("the frame", source, {})
    if isinstance(source, Frame):
        columns = {str(name): source[name].tolist() for name in source.columns}
        series = {name: pl.Series(name, one, dtype=pl.Object) for name, one in columns.items()}
        return _of_table("the frame", pl.DataFrame(series), {})
    return _of_matrix(source)


def _of_matrix(source: ArrayLike) -> Counts:
    matrix = np.asarray(source)
    if matrix.ndim != 2 or not matrix.size or not np.isin(matrix, (0, 1)).all():
        what = f"shape {matrix.shape}" if matrix.ndim != 2 or not matrix.size else "other values"
        raise UsageError(
            f"{type(source).__name__} with {what}; allowed: Counts, a run, a path, a frame with "
            "problem_id, n, c, or a matrix of 0 and 1 with one row per problem"
        )
    size, n = matrix.shape
    c = matrix.astype(np.int64).sum(axis=1)
    return Counts([str(i + 1) for i in range(size)], n=[n] * size, c=c)


def _of_table(name: str, frame: pl.DataFrame, provenance: dict[str, str]) -> Counts:
    """The columns of a counts file as Counts; ``name`` is what errors call it."""
    if "problem_id" not in frame.columns and "id" in frame.columns:
        frame = frame.rename({"id": "problem_id"})
    frame = per_problem(name, frame)
    ids = _ids(name, frame)
    refuse_ids_twice(name, ids, frame, COLUMNS)

    def whole(column: str) -> IntArray:
        return whole_numbers(
            column, frame[column].to_list(), lambda i: f"{name} row {i + 1} (problem {ids[i]!r})"
        )

    return Counts(
        problem_id=ids,
        n=whole("n"),
        c=whole("c"),
        **{column: whole(column) for column in OPTIONAL if column in frame.columns},
        guess_rate=_rates(name, frame),
        cluster=frame["cluster"].cast(pl.String).to_list() if "cluster" in frame.columns else None,
        design=_design(name, frame),
        provenance=provenance,
    )


def per_problem(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """One row per problem with n and c; a table with one row per sample is tallied.

    Raises UsageError for a table that has neither.
    """
    columns = frame.columns
    mark = mark_column(columns)
    missing = [column for column in ("problem_id", "n", "c") if column not in columns]
    if not missing:
        return frame
    if "problem_id" in columns and mark is not None and {"n", "c"} <= set(missing):
        _ids(name, frame)
        return tallied(name, frame, mark, KEPT)
    rows = list(frame.head(LOOKED_AT).iter_rows(named=True))
    raise UsageError(
        f"{name} has no column {', '.join(missing)}; its columns are {', '.join(columns)}; "
        "allowed: problem_id, n, c (one row per problem), or problem_id, correct (one row per "
        f"sample){other_names(name, rows)}"
    )


def _ids(path: str, frame: pl.DataFrame) -> list[str]:
    """The ids of the problems; a row without one is refused."""
    ids = frame["problem_id"].to_list()
    empty = [row for row, one in enumerate(ids, start=1) if one is None or not str(one).strip()]
    if empty:
        raise UsageError(f"{path} row {empty[0]} has no problem_id; every row needs one")
    return [str(one) for one in ids]


def _rates(path: str, frame: pl.DataFrame) -> list[float] | None:
    if "guess_rate" not in frame.columns:
        return None
    found = []
    for row, value in enumerate(frame["guess_rate"].to_list(), start=1):
        try:
            found.append(float(value))
        except (TypeError, ValueError) as error:
            raise UsageError(
                f"{path} row {row}: column guess_rate has a value that is not a number: "
                f"{value!r}; allowed: a number in [0, 1) in every row, or no such column"
            ) from error
    return found


def _design(path: str, frame: pl.DataFrame) -> Design:
    """``adaptive`` if any row says so: analyses that it would bias then refuse."""
    found = set(map(str, frame["design"].to_list())) if "design" in frame.columns else {"fixed"}
    if not found <= {"fixed", "adaptive"}:
        raise UsageError(f"{path} column design has {sorted(found)}; allowed: fixed, adaptive")
    return "adaptive" if "adaptive" in found else "fixed"


def write_counts(counts: Source, path: Path | str, *, id_column: str = "problem_id") -> Path:
    """Write a counts file that `read_counts` reads, by its suffix: .csv .parquet .jsonl.

    ``counts`` are counts, or what holds them: a run or its folder, a frame, a matrix.
    Columns that were not measured are left out. ``id_column="id"`` with .jsonl is what
    passk-inference reads.
    """
    if id_column not in ("problem_id", "id"):
        raise UsageError(f"id_column is {id_column!r}; allowed: problem_id, id")
    path = Path(path)
    frame = counts_frame(counts_of(counts)).rename({"problem_id": id_column})
    writers: dict[str, Callable[[BytesIO], object]] = {
        ".csv": frame.write_csv,
        ".parquet": frame.write_parquet,
        ".jsonl": frame.write_ndjson,
    }
    if path.suffix not in writers:
        raise UsageError(f"{path} ends in {path.suffix!r}; allowed: {', '.join(writers)}")
    write_from(path, writers[path.suffix])
    return path


def counts_frame(counts: Counts) -> pl.DataFrame:
    """The counts as in a counts file; columns that were not measured are left out."""
    columns = {"problem_id": list(counts.problem_id), "n": counts.n, "c": counts.c}
    columns |= {name: getattr(counts, name) for name in (*OPTIONAL, "guess_rate", "cluster")}
    frame = pl.DataFrame({name: c for name, c in columns.items() if c is not None})
    return frame.with_columns(design=pl.lit(counts.design))


def outcome_matrix(counts: Source) -> IntArray:
    """The counts as scorio's matrix ``R``: one row per problem, one column per draw, 1 if correct.

    Counts do not know the order of the draws: each row's ones come first, which makes no difference
    to a statistic of exchangeable draws. ``counts`` as in `write_counts`.

    Returns
    -------
    Shape (P, n), values 0 and 1.

    Raises
    ------
    UsageError
        For unequal n, which a matrix cannot hold.
    """
    counts = counts_of(counts)
    if counts.n.min() != counts.n.max():
        raise UsageError(
            f"n goes from {counts.n.min()} to {counts.n.max()}; a matrix needs the same n for "
            "every problem: write a counts file instead (write_counts, or passgap export counts)"
        )
    return (np.arange(counts.n[0]) < counts.c[:, None]).astype(np.int64)


def read_table(path: Path) -> pl.DataFrame:
    """The table as it is: what a cell of a text file means is decided where it is read."""
    readers = {".csv": _read_csv, ".jsonl": _read_json_lines, ".parquet": _read_parquet}
    if path.suffix not in readers:
        raise UsageError(
            f"{path} ends in {path.suffix!r}; allowed: {', '.join(readers)}; other tables are "
            f"imported first: passgap import {shlex.quote(str(path))} --out counts.csv"
        )
    try:
        return readers[path.suffix](path)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        why = str(error).splitlines()[0]
        raise UsageError(
            f"{path} cannot be read as {path.suffix} ({why}); save it again in that format"
        ) from error


def _read_csv(path: Path) -> pl.DataFrame:
    refuse_repeated(path, csv_header(path), COLUMNS)
    frame = pl.read_csv(path, infer_schema=False)
    spaced = {name: name.strip() for name in frame.columns if name != name.strip()}
    return frame.rename({name: bare for name, bare in spaced.items() if bare in COLUMNS})


def csv_header(path: Path) -> list[str]:
    """The names in the first line of a CSV file, without surrounding spaces; repeated ones too."""
    first = pl.read_csv(path, has_header=False, n_rows=1, infer_schema=False)
    return [str(name).strip() for name in first.row(0)] if len(first) else []


def _read_parquet(path: Path) -> pl.DataFrame:
    return pl.read_parquet(path, glob=False)


def _read_json_lines(path: Path) -> pl.DataFrame:
    """The columns of a counts file, a value that a row lacks as None."""
    rows = [
        _json_row(path, number, line)
        for number, line in enumerate(path.read_text(encoding="utf-8-sig").split("\n"), start=1)
        if line.strip()
    ]
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: [row.get(name) for row in rows] for name in names}
    return pl.DataFrame({name: pl.Series(name, c, dtype=pl.Object) for name, c in columns.items()})


def _json_row(path: Path, number: int, line: str) -> dict[str, object]:
    """One line as an object; a name that occurs twice in it is refused."""

    def once(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
        refuse_repeated(f"{path} line {number}", [name for name, _ in pairs], COLUMNS)
        return dict(pairs)

    try:
        row = json.loads(line, object_pairs_hook=once)
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{path} cannot be read as .jsonl: line {number}: {error}; correct or remove that line"
        ) from error
    if not isinstance(row, dict):
        raise UsageError(
            f"{path} line {number} is not a JSON object with fields; correct or remove it"
        )
    return row
