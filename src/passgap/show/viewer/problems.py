"""A run's problems as a table: filtered, sorted, a page at a time.

In: an `OpenRun`, its counts, maybe a second run's, and what the URL asks. Out: rows. Bands go by
the share of scored draws that are correct, cut where `passgap compare` cuts them; gained and lost
by whether any draw is correct in either run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
import polars as pl

from passgap.data.bands import BANDS, band_index
from passgap.errors import UsageError
from passgap.show.viewer.library import OpenRun

PAGE = 50
CHANGES = ("gained", "lost", "both", "neither")
CHANGE_WORDS = {
    "gained": "gained: only trained solves it",
    "lost": "lost: only base solves it",
    "both": "solved by both",
    "neither": "solved by neither",
}
Sort = Literal["order", "solved", "trained", "change", "unscored"]
FIELD = "meta."


@dataclass(frozen=True)
class Line:
    """One problem in the table: the columns of `select`."""

    row: int
    problem_id: str
    question: str
    reference: str
    n: int | None
    c: int | None
    unscored: int | None
    share: float | None
    band: str | None
    trained_n: int | None = None
    trained_c: int | None = None
    trained_unscored: int | None = None
    trained_share: float | None = None
    change: str | None = None


@dataclass(frozen=True)
class Query:
    """What to show of a run's problems; field names are those of the URL."""

    q: str = ""
    band: str = ""
    change: str = ""
    unscored: str = ""
    sort: Sort = "order"
    down: str = ""
    page: int = 1
    fields: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Query:
        """Read a URL's query; what is not named there has its default.

        Raises UsageError for a value that is not allowed.
        """
        allowed = {"band": BANDS, "change": CHANGES, "sort": get_args(Sort)}
        given = {name: asked[name] for name in ("q", *allowed, "unscored", "down") if name in asked}
        for name, values in allowed.items():
            if given.get(name) and given[name] not in values:
                raise UsageError(f"{name} is {given[name]!r}; allowed: {', '.join(values)}")
        fields = {
            name.removeprefix(FIELD): value
            for name, value in asked.items()
            if name.startswith(FIELD) and value
        }
        sort = given.pop("sort", "") or "order"
        return cls(**given, sort=sort, page=whole(asked.get("page"), "page"), fields=fields)  # type: ignore[arg-type]

    def to_dict(self) -> dict[str, str]:
        """As a URL's query, defaults left out."""
        plain = {"q": self.q, "band": self.band, "change": self.change, "unscored": self.unscored}
        plain |= {"sort": "" if self.sort == "order" else self.sort, "down": self.down}
        plain |= {FIELD + name: value for name, value in self.fields.items()}
        plain |= {"page": "" if self.page == 1 else str(self.page)}
        return {name: value for name, value in plain.items() if value}


def whole(value: str | None, name: str) -> int:
    """A page or draw number of a URL; UsageError if it is not an integer from 1 to a billion."""
    if value is None or value == "":
        return 1
    if not (value.isascii() and value.isdigit() and 1 <= int(value[:12]) <= 10**9):
        raise UsageError(f"{name} is {value[:40]!r}; allowed: an integer from 1 to 1,000,000,000")
    return int(value)


def select(
    run: OpenRun, counts: pl.DataFrame, beside: pl.DataFrame | None, query: Query
) -> pl.DataFrame:
    """The rows that the query asks for, in its order, all pages of them.

    ``beside`` are the counts of a second run on problems of the same ids. The columns are those of
    `Line`; ``row`` is the place in the run, and those from ``trained_n`` on come with ``beside``.
    """
    rows = _joined(run, counts, beside)
    for kept in _filters(run, rows, query):
        rows = rows.filter(kept)
    return _sorted(rows, query)


def page_of(rows: pl.DataFrame, number: int) -> list[Line]:
    """The rows of one page, counted from 1."""
    return [Line(**row) for row in rows.slice((number - 1) * PAGE, PAGE).iter_rows(named=True)]


def pages(rows: int, size: int = PAGE) -> int:
    """How many pages that many rows take, at least one."""
    return max(1, -(-rows // size))


def _joined(run: OpenRun, counts: pl.DataFrame, beside: pl.DataFrame | None) -> pl.DataFrame:
    rows = run.problems.select("problem_id", "question", "reference").with_row_index("row")
    rows = rows.join(counts, on="problem_id", how="left", maintain_order="left")
    n, c = pl.col("n"), pl.col("c")
    rows = rows.with_columns(
        share=pl.when(n > 0).then(c / n),
        band=pl.when(n > 0).then(pl.Series(np.array(BANDS)[band_index(rows["n"], rows["c"])])),
    )
    return rows if beside is None else _with_second(rows, beside)


def _with_second(rows: pl.DataFrame, beside: pl.DataFrame) -> pl.DataFrame:
    names = {name: f"trained_{name}" for name in ("n", "c", "unscored")}
    rows = rows.join(beside.rename(names), on="problem_id", how="left", maintain_order="left")
    n, c = pl.col("trained_n"), pl.col("trained_c")
    before, after = pl.col("c") > 0, c > 0
    return rows.with_columns(
        trained_share=pl.when(n > 0).then(c / n),
        change=pl.when(n.is_null())
        .then(None)
        .when(before & after)
        .then(pl.lit("both"))
        .when(before)
        .then(pl.lit("lost"))
        .when(after)
        .then(pl.lit("gained"))
        .otherwise(pl.lit("neither")),
    )


def _filters(run: OpenRun, rows: pl.DataFrame, query: Query) -> list[pl.Expr]:
    found = []
    if query.q:
        text = pl.concat_str(pl.col("problem_id", "question"), separator="\n").str.to_lowercase()
        found.append(text.str.contains(query.q.lower(), literal=True))
    if query.band:
        found.append(pl.col("band") == query.band)
    if query.change and "change" in rows.columns:
        found.append(pl.col("change") == query.change)
    if query.unscored:
        names = [name for name in ("unscored", "trained_unscored") if name in rows.columns]
        found.append(pl.any_horizontal(pl.col(name).fill_null(0) > 0 for name in names))
    for name, value in query.fields.items():
        kept = [i for i, row in enumerate(run.metadata) if str(row.get(name)) == value]
        found.append(pl.col("row").is_in(kept))
    return found


def _sorted(rows: pl.DataFrame, query: Query) -> pl.DataFrame:
    by: dict[str, pl.Expr] = {"order": pl.col("row"), "solved": pl.col("share")}
    by["unscored"] = pl.col("unscored")
    if "trained_share" in rows.columns:
        by["trained"] = pl.col("trained_share")
        by["change"] = pl.col("trained_share") - pl.col("share")
    key = by.get(query.sort, pl.col("row"))
    return rows.sort(key, descending=bool(query.down), nulls_last=True, maintain_order=True)
