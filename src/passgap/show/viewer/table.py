"""A run's page: its problems, filtered, sorted and paged, alone or beside a second run.

In: a run's id and the URL's query. Out: the page, and its values that change while samples come.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from passgap.show.text import BANDS
from passgap.show.viewer import problems
from passgap.show.viewer.home import health_text
from passgap.show.viewer.library import Counted, OpenRun
from passgap.show.viewer.links import link
from passgap.show.viewer.problems import Query
from passgap.show.viewer.site import (
    Site,
    pass_at_1_text,
    progress_text,
    verifier_text,
)

PATIENCE = 0.2
COLUMNS = {"order": "problem", "solved": "correct", "trained": "trained", "change": "change"}


class Column(NamedTuple):
    """A column that can be sorted by: the link that does, and its ``aria-sort``."""

    name: str
    words: str
    href: str
    state: str


def table(site: Site, request: Request) -> Response:
    """``/run/{run}``."""
    run = site.library.run(request.path_params["run"])
    if other := site.pairs.put_right(request, run, site.pairs.chosen(request, run)):
        return other
    content, values = _content(site, request)
    return site.page("run.html.j2", **content, values=values, seen=site.version(values))


def table_live(site: Site, request: Request) -> Response:
    """``/run/{run}/live``."""
    return site.changes(request.query_params.get("seen", ""), _content(site, request)[1])


def selected(
    site: Site, run: OpenRun, second: OpenRun | None, query: Query
) -> tuple[pl.DataFrame, list[Counted | None]]:
    """The requested problems, counted as far as that is done; and what is counted of each run."""
    runs = [run] if second is None else [run, second]
    counted = [site.library.counts(one, PATIENCE / len(runs)) for one in runs]
    rows = [(done or one.uncounted).rows for one, done in zip(runs, counted, strict=True)]
    return problems.select(run, rows[0], rows[1] if second else None, query), counted


def _content(site: Site, request: Request) -> tuple[dict[str, object], dict[str, str]]:
    run = site.library.run(request.path_params["run"])
    second = site.pairs.chosen(request, run)
    query = Query.of(dict(request.query_params))
    rows, counted = selected(site, run, second, query)
    asked = query.to_dict() | ({"with": second.id} if second else {})
    shown = problems.page_of(rows, query.page)
    now = run.progress()
    values = {
        "progress": progress_text(now),
        "pass1": pass_at_1_text(counted[0]),
        "health": health_text(site, run),
        "verifier": verifier_text(run, now.verifier),
        "reload": "counting" if None in counted else "",
    }
    if second is not None:
        values["pass1_second"] = pass_at_1_text(counted[1])
        values["health_second"] = health_text(site, second)
        values["progress_second"] = progress_text(second.progress())
    for row in shown:
        values[f"{row.row}.solved"] = _of(row.c, row.n)
        if second is not None:
            values[f"{row.row}.trained"] = _of(row.trained_c, row.trained_n)
    content: dict[str, object] = {
        "run": run,
        "second": second,
        "roles": site.pairs.shown(run, second),
        "base": site.pairs.base_of(run) if second is None else None,
        "companions": site.pairs.companions(run),
        "query": query,
        "asked": asked,
        "rows": shown,
        "total": rows.height,
        "pages": problems.pages(rows.height),
        "fields": run.fields,
        "bands": BANDS,
        "changes": problems.CHANGE_WORDS,
        "sorts": _sorts(run, query, asked, second is not None),
        "live": link(f"/run/{run.id}/live", asked),
    }
    return content, values


def _sorts(run: OpenRun, query: Query, asked: dict[str, str], two: bool) -> list[Column]:
    """The sortable columns, with the link that sorts by each, or turns it round."""
    names = {**COLUMNS, "unscored": "unscored"}
    if not two:
        del names["trained"], names["change"]
    else:
        names["solved"] = "base"
    found = []
    for name, words in names.items():
        chosen = query.sort == name
        down = "" if (chosen and query.down) or not chosen else "1"
        target = {**asked, "sort": "" if name == "order" else name, "down": down, "page": ""}
        state = ("descending" if query.down else "ascending") if chosen else "none"
        found.append(Column(name, words, link(f"/run/{run.id}", target), state))
    return found


def _of(c: int | None, n: int | None) -> str:
    return "no sample" if not n else f"{c or 0:,} of {n:,}"
