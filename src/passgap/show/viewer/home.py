"""The first page: every run and training folder below the root, with what is known at once.

In: the library. Out: rows, and the same values as text for the page that is already open. Counts,
verdicts and data checks are computed in the background and appear when they are ready. What is not
searched, such as a symbolic link, is listed with the reason.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from passgap.data.identity import digest
from passgap.errors import PassgapError
from passgap.show.viewer.library import FAULTS, Faulty, OpenRun
from passgap.show.viewer.pairs import default_pair, role_of
from passgap.show.viewer.problems import pages, whole
from passgap.show.viewer.site import Site, pass_at_1_text, progress_text, verifier_text
from passgap.show.viewer.training import Training, live_of, training_of
from passgap.show.viewer.verdicts import Said, said

PAGE = 100
MOST_CHECKED = 200_000
PATIENCE = 0.12


def home(site: Site, request: Request) -> Response:
    """``/``."""
    page = whole(request.query_params.get("page"), "page")
    rows, trainings, values = _content(site, page)
    below = site.library.below()
    runs = site.library.opened()
    base, trained = default_pair(site.pairs, runs)
    return site.page(
        "home.html.j2",
        rows=rows,
        trainings=trainings,
        choices=[(run.id, run.name) for run in runs],
        chosen=(base, trained),
        left_out=below.left_out,
        folder=shlex.quote(str(site.library.root)),
        values=values,
        page=page,
        pages=pages(len(below.found), PAGE),
        live=f"/live?page={page}",
        seen=site.version(values),
    )


def home_live(site: Site, request: Request) -> Response:
    """``/live``: what changed since the version ``seen``."""
    page = whole(request.query_params.get("page"), "page")
    return site.changes(request.query_params.get("seen", ""), _content(site, page)[2])


@dataclass(frozen=True)
class Row:
    """A run on the list, and where its verdict leads; ``role`` is empty where nothing says it."""

    run: OpenRun
    role: str
    verdict: Said


def _content(site: Site, page: int) -> tuple[list[Row | Faulty], list[Training], dict[str, str]]:
    values: dict[str, str] = {}
    start = (page - 1) * PAGE
    end = time.perf_counter() + PATIENCE
    every = site.library.runs()
    opened = [run for run in every if isinstance(run, OpenRun)]
    runs = [_row(site, run, opened, values, end) for run in every[start : start + PAGE]]
    below, trainings = site.library.below(), []
    for found in (one for one in below.found if one.kind == "training"):
        one = training_of(found, site.library.watches)
        values |= {f"{found.id}.{name}": text for name, text in live_of(one).items()}
        trainings.append(one)
    names = [*(one.id for one in below.found), *(one.name for one in below.left_out)]
    faults = [[row.id, row.fault] for row in runs if isinstance(row, Faulty)]
    values["reload"] = digest([names, faults])
    site.shown = True
    return runs, trainings[start : start + PAGE], values


def _row(
    site: Site,
    run: OpenRun | Faulty,
    opened: Sequence[OpenRun],
    values: dict[str, str],
    end: float,
) -> Row | Faulty:
    if isinstance(run, Faulty):
        return run
    try:
        left = end - time.perf_counter()
        # Reading the problems of a hundred runs takes seconds: what is not read in time is left to
        # the job that counts, and the list fills in.
        ready = left > 0 or run.is_read
        counted = site.library.counts(run, left) if ready or site.shown else None
        found = {
            "progress": progress_text(run.progress()) if ready else "reading",
            "pass1": pass_at_1_text(counted),
            "health": health_text(site, run, begin=site.shown) if ready else "checking",
            "verifier": verifier_text(run, run.run.latest_verifier()),
        }
        verdict = said(site, run, opened, ready=ready, begin=site.shown)
    except FAULTS as error:
        return Faulty(run.id, run.name, str(error))
    found |= {"verdict": verdict.words, "tone": verdict.tone}
    values |= {f"{run.id}.{name}": text for name, text in found.items()}
    return Row(run, role_of(run), verdict)


def health_text(site: Site, run: OpenRun, *, begin: bool = True) -> str:
    """What the data checks found in a complete run, in few words; made if they are to begin."""
    if not run.progress().complete:
        return "once complete"
    if run.run.manifest.n * len(run.run.problem_ids) > MOST_CHECKED and not site.asked(run):
        return "large: open it"
    try:
        found = site.checks(run) if begin else None
    except PassgapError:
        return "cannot be checked"
    if found is None:
        return "checking"
    kinds = [finding.severity for finding in found.findings]
    parts = [
        f"{kinds.count(kind)} {kind}{'s' if kinds.count(kind) > 1 else ''}"
        for kind in ("error", "warning", "note")
        if kind in kinds
    ]
    return ", ".join(parts) or "nothing found"
