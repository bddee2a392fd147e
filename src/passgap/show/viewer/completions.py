"""One problem's samples: which there are, in groups by answer, and the text of a few of them.

In: an `OpenRun`, a problem id, what to show. Out: rows of plain values. Only the shards that hold
the problem are opened, and text is read for the draws on the page alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl
from polars import selectors as cs

from passgap.data.identity import digest
from passgap.errors import UsageError
from passgap.runs.frames import COMPLETION_SCHEMA, OUTCOME_SCHEMA
from passgap.show.viewer.library import OpenRun

PAGE = 10
STATUSES = ("correct", "incorrect", "unscored")
KEYS = ["problem_id", "draw"]
FACTS = [*KEYS, "token_count", "finish_reason", "logprob"]
TEXTS = [*KEYS, "text"]
MARKS = [*KEYS, "status", "extracted", "reason"]
SCORED = [*KEYS, "logprob"]
SCHEMA = COMPLETION_SCHEMA | OUTCOME_SCHEMA


@dataclass(frozen=True)
class Draw:
    """One completion: the columns of `draws` and its text."""

    draw: int
    token_count: int
    finish_reason: str | None
    logprob: float | None
    status: str | None
    extracted: str | None
    reason: str | None
    text: str
    other_logprob: float | None = None


@dataclass(frozen=True)
class Group:
    """Samples that gave one answer and got one mark, and how many there are in each arm."""

    key: str
    answer: str | None
    status: str | None
    counts: tuple[int, ...]


def draws(run: OpenRun, problem_id: str, under: str | None = None) -> pl.DataFrame:
    """Every draw of a problem that is there, without text, in order.

    The columns are those of `Draw`: ``logprob`` in nats, null where unknown, ``status`` null where
    not verified; ``other_logprob`` with ``under``, the digest of another policy's
    log-probabilities.
    """
    store, verifier = run.run, run.run.latest_verifier()
    rows = _completions(run, problem_id, FACTS)
    marked = set() if verifier is None else store.outcome_names(verifier)
    marks = _of_problem(
        run, problem_id, marked, MARKS, lambda name: store.read_outcomes(str(verifier), name, MARKS)
    )
    rows = rows.join(marks.drop("problem_id"), on="draw", how="left")
    if under is not None:
        scored = store.logprob_names(under)
        other = _of_problem(
            run, problem_id, scored, SCORED, lambda name: store.read_logprobs(under, name)
        )
        other = other.select("draw", other_logprob="logprob")
        rows = rows.join(other, on="draw", how="left")
    return rows.drop("problem_id").with_columns(cs.float().fill_nan(None)).sort("draw")


def texts(run: OpenRun, problem_id: str, numbers: Sequence[int]) -> dict[int, str]:
    """The text of some draws of a problem, by draw."""
    rows = _completions(run, problem_id, TEXTS).filter(pl.col("draw").is_in(list(numbers)))
    return dict(rows.select("draw", "text").iter_rows())


def one_of(run: OpenRun, problem_id: str, rows: pl.DataFrame, number: int) -> Draw | None:
    """One sample with its text, of the rows of `draws`; None where there is none."""
    row = rows.filter(pl.col("draw") == number)
    if row.is_empty():
        return None
    return page_of(run, problem_id, row, 1)[0]


def page_of(run: OpenRun, problem_id: str, rows: pl.DataFrame, number: int) -> list[Draw]:
    """One page of draws with their text; counted from 1."""
    shown = rows.slice((number - 1) * PAGE, PAGE)
    found = texts(run, problem_id, shown["draw"].to_list())
    return [Draw(**row, text=found[row["draw"]]) for row in shown.iter_rows(named=True)]


def group_key(answer: str | None, status: str | None) -> str:
    """The name of a group of samples with one answer and one mark, as a URL has it."""
    return digest([answer, status])[:12]


def groups(arms: Sequence[pl.DataFrame]) -> list[Group]:
    """The samples of each arm by answer and mark, the most frequent first."""
    found: dict[tuple[str | None, str | None], list[int]] = {}
    for at, rows in enumerate(arms):
        for answer, status, count in rows.group_by("extracted", "status").len().iter_rows():
            found.setdefault((answer, status), [0] * len(arms))[at] = count
    made = [Group(group_key(*key), *key, tuple(counts)) for key, counts in found.items()]
    return sorted(made, key=_frequent_first)


def _frequent_first(group: Group) -> tuple[int, bool, str, str]:
    return -sum(group.counts), group.answer is None, group.status or "", group.answer or ""


def with_answer(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """The samples of one group; all of them if none is requested."""
    if not key:
        return rows
    pairs = rows.select("extracted", "status").unique().rows()
    kept = [pair for pair in pairs if group_key(*pair) == key]
    wanted = pl.DataFrame(kept, schema=rows.select("extracted", "status").schema, orient="row")
    return rows.join(wanted, on=["extracted", "status"], how="semi", nulls_equal=True).sort("draw")


def with_status(rows: pl.DataFrame, status: str) -> pl.DataFrame:
    """The draws with this status; all of them if none is requested.

    Raises UsageError for a status that there is not.
    """
    if not status:
        return rows
    if status not in STATUSES:
        raise UsageError(f"status is {status!r}; allowed: {', '.join(STATUSES)}")
    return rows.filter(pl.col("status") == status)


def _completions(run: OpenRun, problem_id: str, columns: list[str]) -> pl.DataFrame:
    store = run.run
    return _of_problem(
        run,
        problem_id,
        set(store.completion_names()),
        columns,
        lambda name: store.read_completions(name, columns),
    )


def _of_problem(
    run: OpenRun,
    problem_id: str,
    present: set[str],
    columns: list[str],
    read: Callable[[str], pl.DataFrame],
) -> pl.DataFrame:
    """The rows of a problem in the shards that are there, by the checks of the store."""
    names = [name for name in run.blocks_of.get(problem_id, ()) if name in present]
    mine = pl.col("problem_id") == problem_id
    empty = pl.DataFrame(schema={name: SCHEMA[name] for name in columns})
    return pl.concat([empty, *(read(name).filter(mine) for name in names)])
