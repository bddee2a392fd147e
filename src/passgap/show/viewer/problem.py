"""One problem's page: its completions, for two runs side by side where two are chosen.

In: a run's id, a problem's id, the URL's query. Out: the page; and one completion's exact text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from passgap.plain import Json
from passgap.runs.names import LOGPROBS
from passgap.show.viewer import completions, problems
from passgap.show.viewer.library import NothingThereError, OpenRun
from passgap.show.viewer.problems import Query, whole
from passgap.show.viewer.showing import CAP, Budget, shown_text
from passgap.show.viewer.site import Site, link, put_right
from passgap.show.viewer.table import companions, second_run, selected

MOST_DRAW = 2**31 - 1


def problem(site: Site, request: Request) -> Response:
    """``/run/{run}/problem/{problem}``."""
    asked = request.query_params
    run, second = site.library.run(request.path_params["run"]), second_run(site, request)
    if other := put_right(request, run, second, f"/problem/{request.path_params['problem']}"):
        return other
    problem_id = request.path_params["problem"]
    row = _row(run, problem_id)
    asked_for = run.problems.row(row, named=True)
    query = Query.of({name: value for name, value in asked.items() if name != "page"})
    around = query.to_dict() | ({"with": second.id} if second else {})
    status, number = asked.get("status", ""), whole(asked.get("draws"), "draws")
    exact, budget = bool(asked.get("raw")), Budget()
    kept = {**around, "status": status, "raw": "1" if exact else ""}
    here = f"/run/{run.id}/problem/{problem_id}"
    sides = [("completions", run, second)]
    if second:
        sides = [("base", run, second), ("trained", second, run)]
    arms = [
        _arm(one, other, role, problem_id, status, number, exact, budget)
        for role, one, other in sides
    ]
    place = _neighbours(site, run, second, query, problem_id)
    return site.page(
        "problem.html.j2",
        run=run,
        second=second,
        companions=companions(site, run),
        problem=asked_for,
        question=shown_text(asked_for["question"], budget, exact),
        metadata={name: _short(value) for name, value in run.metadata[row].items()},
        arms=arms,
        place=place,
        links=_links(run, place, kept),
        status=status,
        statuses=completions.STATUSES,
        number=number,
        pages=max(arm.pages for arm in arms),
        exact=exact,
        cap=CAP,
        around=around,
        kept=kept,
        here=here,
    )


def exact_text(site: Site, request: Request) -> Response:
    """``/run/{run}/text/{problem}/{draw}``: the characters of one completion, as a file."""
    run = site.library.run(request.path_params["run"])
    problem_id = request.path_params["problem"]
    _row(run, problem_id)
    draw = min(request.path_params["draw"], MOST_DRAW)
    found = completions.texts(run, problem_id, [draw])
    if draw not in found:
        raise NothingThereError(str(draw))
    name = f"{problem_id}-{draw}.txt"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return PlainTextResponse(found[draw], headers=headers)


@dataclass(frozen=True)
class _Arm:
    """One run's completions of the problem: how many by status, and those of the page."""

    role: str
    id: str
    name: str
    drawn: int
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


def _row(run: OpenRun, problem_id: str) -> int:
    """The problem's place in the run."""
    found = run.problems["problem_id"].index_of(problem_id)
    if found is None:
        raise NothingThereError(problem_id)
    return found


def _arm(
    run: OpenRun,
    other: OpenRun | None,
    role: str,
    problem_id: str,
    status: str,
    number: int,
    exact: bool,
    budget: Budget,
) -> _Arm:
    rows = completions.draws(run, problem_id, _scored_under(run, other))
    counts = dict(rows["status"].value_counts().iter_rows())
    chosen = completions.with_status(rows, status)
    shown = completions.page_of(run, problem_id, chosen, number)
    return _Arm(
        role=role,
        id=run.id,
        name=run.name,
        drawn=rows.height,
        counts={name: counts.get(name, 0) for name in completions.STATUSES},
        chosen=chosen.height,
        pages=problems.pages(chosen.height, completions.PAGE),
        draws=[(one, shown_text(one.text, budget, exact)) for one in shown],
    )


def _scored_under(run: OpenRun, other: OpenRun | None) -> str | None:
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
        return problem_id and link(f"/run/{run.id}/problem/{problem_id}", kept)

    back = {name: value for name, value in kept.items() if name not in ("status", "raw")}
    return {
        "previous": to(place.previous),
        "next": to(place.next),
        "back": link(f"/run/{run.id}", back, page=place.page if place.page > 1 else ""),
    }


def _short(value: Json) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
