"""One problem's page: its samples, by answer and one by one, for two runs side by side.

In: a run's id, a problem's id, the URL's query. Out: the page; and one sample's exact text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from passgap.plain import Json
from passgap.runs.names import LOGPROBS
from passgap.show.text import visible
from passgap.show.viewer import completions, problems
from passgap.show.viewer.library import NothingThereError, OpenRun
from passgap.show.viewer.links import image_path, link, of_problem, problem_path
from passgap.show.viewer.problems import Query, whole
from passgap.show.viewer.showing import CAP, Budget, shown_text
from passgap.show.viewer.site import Site
from passgap.show.viewer.table import selected

MOST_DRAW = 2**31 - 1
UNCHANGING = {"cache-control": "private, max-age=86400, immutable"}  # its name is its digest


def problem(site: Site, request: Request) -> Response:
    """``/run/{run}/problem/{problem}``."""
    asked, run = request.query_params, site.library.run(request.path_params["run"])
    row, second = row_of(run, request.path_params["problem"]), site.pairs.chosen(request, run)
    problem_id = run.problems["problem_id"][row]
    rest = of_problem(problem_id)
    if other := site.pairs.put_right(request, run, second, rest):
        return other
    query = Query.of({name: value for name, value in asked.items() if name != "page"})
    around = query.to_dict() | ({"with": second.id} if second else {})
    look = _Look(
        problem_id,
        asked.get("status", ""),
        asked.get("answer", ""),
        whole(asked.get("draws"), "draws"),
        bool(asked.get("raw")),
    )
    kept = {**around, "status": look.status, "answer": look.answer, "raw": "1" * look.exact}
    roles = site.pairs.shown(run, second, rest)
    sides = [(run, second, roles.first), *([(second, run, roles.second)] if second else [])]
    arms = [_arm(look, *side) for side in sides]
    place = _neighbours(site, run, second, query, problem_id)
    return site.page(
        "problem.html.j2",
        **question_of(run, row, look.budget, look.exact),
        run=run,
        second=second,
        roles=roles,
        companions=site.pairs.companions(run),
        arms=arms,
        groups=completions.groups([arm.rows for arm in arms]),
        place=place,
        links=_links(run, place, kept),
        look=look,
        statuses=completions.STATUSES,
        pages=max(arm.pages for arm in arms),
        cap=CAP,
        around=around,
        kept=kept,
        here=problem_path(run.id, problem_id),
    )


def question_of(run: OpenRun, row: int, budget: Budget, exact: bool) -> dict[str, object]:
    """What a page shows of a problem itself."""
    found = run.problems.row(row, named=True)
    return {
        "problem": found,
        "question": shown_text(found["question"], budget, exact),
        "images": [image_path(run.id, image.name) for image in run.images(row)],
        "metadata": {name: _short(value) for name, value in run.metadata[row].items()},
    }


def image(site: Site, request: Request) -> Response:
    """``/run/{run}/image/{name}``: an image as it is, with the type that its bytes have."""
    run = site.library.run(request.path_params["run"])
    try:
        found = run.run.image(request.path_params["name"])
    except ValueError as error:
        raise NothingThereError(request.path_params["name"]) from error
    return Response(found.read(), media_type=found.mime, headers=UNCHANGING)


def exact_text(site: Site, request: Request) -> Response:
    """``/run/{run}/text/{draw}/{problem}``: the characters of one sample, as a file."""
    run = site.library.run(request.path_params["run"])
    problem_id = request.path_params["problem"]
    row_of(run, problem_id)
    draw = min(request.path_params["draw"], MOST_DRAW)
    found = completions.texts(run, problem_id, [draw])
    if draw not in found:
        raise NothingThereError(str(draw))
    name = f"{re.sub('[^0-9A-Za-z_.-]+', '-', problem_id)[:80]}-{draw}.txt"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(found[draw], headers=headers)


@dataclass(frozen=True)
class _Look:
    """What to show of a problem's samples: which, the page of them, and whether as exact text."""

    problem_id: str
    status: str
    answer: str
    number: int
    exact: bool
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True)
class _Arm:
    """One run's samples of the problem: all rows, how many by status, and those of the page."""

    role: str
    id: str
    name: str
    rows: pl.DataFrame
    counts: Mapping[str, int]
    chosen: int
    pages: int
    draws: list[tuple[completions.Draw, Markup]]


@dataclass(frozen=True)
class _Place:
    """Where the problem stands among those that the filters keep, and which lie beside it."""

    number: int | None
    total: int
    previous: str | None
    next: str | None
    page: int


def row_of(run: OpenRun, problem_id: str) -> int:
    """The problem's place in the run; raises NothingThereError if it holds none of that id.

    A page that shows ids can only show them with steering characters named, so such an id is
    taken too.
    """
    ids = run.problems["problem_id"]
    found = ids.index_of(problem_id)
    if found is None:
        found = next((i for i, one in enumerate(ids) if visible(one) == problem_id), None)
    if found is None:
        raise NothingThereError(problem_id)
    return found


def _arm(look: _Look, run: OpenRun, other: OpenRun | None, role: str) -> _Arm:
    rows = completions.draws(run, look.problem_id, scored_under(run, other))
    counts = dict(rows["status"].value_counts().iter_rows())
    chosen = completions.with_answer(completions.with_status(rows, look.status), look.answer)
    shown = completions.page_of(run, look.problem_id, chosen, look.number)
    return _Arm(
        role=role,
        id=run.id,
        name=run.name,
        rows=rows,
        counts={name: counts.get(name, 0) for name in completions.STATUSES},
        chosen=chosen.height,
        pages=problems.pages(chosen.height, completions.PAGE),
        draws=[(one, shown_text(one.text, look.budget, look.exact)) for one in shown],
    )


def scored_under(run: OpenRun, other: OpenRun | None) -> str | None:
    """Under which digest the run's completions were scored with the other run's policy."""
    if other is None or not (run.run.path / LOGPROBS).is_dir():
        return None
    from passgap.stages.scoring import recorded_policy, scoring_digest

    digest = scoring_digest(run.run, recorded_policy(other.run))
    return digest if run.run.logprob_names(digest) else None


def _neighbours(
    site: Site, run: OpenRun, second: OpenRun | None, query: Query, problem_id: str
) -> _Place:
    ids = selected(site, run, second, query)[0]["problem_id"].to_list()
    if problem_id not in ids:
        return _Place(None, len(ids), None, None, 1)
    at = ids.index(problem_id)
    return _Place(
        number=at + 1,
        total=len(ids),
        previous=ids[at - 1] if at > 0 else None,
        next=ids[at + 1] if at + 1 < len(ids) else None,
        page=at // problems.PAGE + 1,
    )


def _links(run: OpenRun, place: _Place, kept: dict[str, str]) -> dict[str, str | None]:
    def to(problem_id: str | None) -> str | None:
        return problem_id and link(problem_path(run.id, problem_id), {**kept, "answer": ""})

    own = ("status", "answer", "raw")
    back = {name: value for name, value in kept.items() if name not in own}
    return {
        "previous": to(place.previous),
        "next": to(place.next),
        "back": link(f"/run/{run.id}", back, page=place.page if place.page > 1 else ""),
    }


def _short(value: Json) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
