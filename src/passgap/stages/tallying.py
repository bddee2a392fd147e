"""From a table with one row per sample to the columns of a counts file.

The least that your own script has to write: `problem_id`, whether the sample is correct, and
whatever else it likes. Texts are not read here; ``passgap import table`` reads them.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from passgap.errors import UsageError
from passgap.stages.looks import choices
from passgap.stages.policies import Splits, is_own, scalars

MARKS = ("correct", "is_correct", "passed")
TRUE = ("1", "1.0", "true", "t", "yes", "correct", "pass", "passed")
FALSE = ("0", "0.0", "false", "f", "no", "incorrect", "fail", "failed")
MISSING = ("", "nan", "null", "none", "unscored")  # could not be marked


def mark_column(columns: list[str]) -> str | None:
    """The column that marks a row's sample; None for a table that is not one of samples."""
    return next((name for name in MARKS if name in columns), None)


def tallied(name: str, frame: pl.DataFrame, mark: str, keep: Sequence[str] = ()) -> pl.DataFrame:
    """One row per problem with n, c and unscored, in order of first occurrence.

    Parameters
    ----------
    name
        The name of the table in errors.
    frame
        One row per sample, with the column ``problem_id``.
    mark
        The column that marks a sample: true or false, 1 or 0, or a word for it; empty if it could
        not be marked.
    keep
        Columns to keep, which have one value per problem.

    Raises
    ------
    UsageError
        For another mark, several policies in one table, a repeated sample, or a column to keep that
        has two values for one problem.
    """
    _refuse_several(name, frame, mark)
    ids, marks = words(frame["problem_id"]), words(frame[mark], lower=True)
    _refuse_strange(name, mark, ids, marks)
    if "draw" in frame.columns:
        _refuse_repeats(name, ids, words(frame["draw"]))
    kept = {column: words(frame[column]) for column in keep if column in frame.columns}
    table = pl.DataFrame({"problem_id": ids, "_mark": marks, **kept})
    refuse_varying(name, table.select("problem_id", *kept))
    return table.group_by("problem_id", maintain_order=True).agg(
        *(pl.col(column).first() for column in kept),
        n=pl.col("_mark").is_in([*TRUE, *FALSE]).sum(),
        c=pl.col("_mark").is_in(TRUE).sum(),
        unscored=pl.col("_mark").is_in(MISSING).sum(),
    )


def words(values: pl.Series, *, lower: bool = False) -> pl.Series:
    """Values of any type as texts, a missing one as the empty text."""
    texts = ("" if one is None else str(one).strip() for one in values.to_list())
    return pl.Series([one.lower() if lower else one for one in texts], dtype=pl.String)


def _refuse_strange(name: str, mark: str, ids: pl.Series, marks: pl.Series) -> None:
    strange = (~marks.is_in([*TRUE, *FALSE, *MISSING])).arg_true()
    if len(strange):
        row = int(strange[0])
        raise UsageError(
            f"{name} row {row + 1} (problem {ids[row]!r}): {mark} is {marks[row][:60]!r}; allowed: "
            "true, false, 1, 0, or empty for a sample that could not be marked. Partial credit: "
            f"passgap import table {shlex.quote(name)} --correct-if '{mark}>=1' --out counts.csv"
        )


def _refuse_several(name: str, frame: pl.DataFrame, mark: str) -> None:
    """Refuse samples of several policies, by what the other columns say."""
    splits = Splits(())
    others = [one for one in frame.columns if one not in ("problem_id", mark) and not is_own(one)]
    others = [one for one in others if len({str(v) for v in frame[one].to_list()}) > 1]
    if not others:
        return
    numbers = {one: i for i, one in enumerate(dict.fromkeys(frame["problem_id"].to_list()))}
    for row in frame.select("problem_id", *others).iter_rows(named=True):
        splits.add(numbers[row.pop("problem_id")], scalars(row))
    if found := splits.found():
        file, field = shlex.quote(name), shlex.quote(found.name)
        raise UsageError(
            f"{name}: {found}; choose one: passgap import {file} {found.where} --out one.csv; or "
            f"each as counts of its own: passgap import {file} --each --out each.csv; or, if all "
            f"are samples of one policy: passgap import {file} --pool {field} --out all.csv"
            if Path(name).is_file()
            else f"{name}: {found}; keep the rows of one, or leave out the column"
        )


def _refuse_repeats(name: str, ids: pl.Series, draws: pl.Series) -> None:
    pairs = pl.DataFrame({"problem_id": ids, "draw": draws})
    twice = pairs.filter(pairs.is_duplicated())
    if len(twice):
        problem, draw = twice.row(0)
        raise UsageError(
            f"{name} has draw {draw} of problem {problem!r} more than once; remove the copies, "
            "which would count double"
        )


def refuse_ids_twice(
    name: str, ids: Sequence[str], frame: pl.DataFrame, used: Sequence[str]
) -> None:
    """Refuse a problem with several rows, naming the columns beside ``used`` that tell them apart.

    Raises UsageError.
    """
    twice = next((one for one, rows in Counter(ids).items() if rows > 1), None)
    if twice is None:
        return
    flags = choices(list(frame.iter_rows(named=True)), used)
    file = shlex.quote(name) if Path(name).is_file() else "FILE"
    flag = flags.partition(" (of")[0] or "--where FIELD=VALUE"
    raise UsageError(
        f"{name}: problem_id {twice!r} occurs more than once; ids must be distinct, and rows of "
        f"several policies are not pooled{f'; tell them apart by {flags}' if flags else ''}: "
        f"passgap import counts {file} {flag} --out one.csv"
    )


def refuse_varying(name: str, table: pl.DataFrame) -> None:
    """Refuse a column that has two values for one problem; ``name`` is its name in the error.

    Raises UsageError.
    """
    each = table.group_by("problem_id", maintain_order=True).agg(pl.all().n_unique())
    for column in each.columns[1:]:
        varying = each.filter(pl.col(column) > 1)
        if len(varying):
            raise UsageError(
                f"{name}: problem {varying['problem_id'][0]!r} has several values of {column}; "
                "allowed: one per problem"
            )
