"""The audit's pages: one completion after the other, marked right, wrong or unsure.

In: a run's id, and a mark from a form. Out: the same completions as `passgap audit` draws with the
same size and seed, the marks in the run's ``audits/`` folder, and what they say so far.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from passgap.errors import UsageError
from passgap.show.page.painter import of_page
from passgap.show.text import estimated, number
from passgap.show.viewer.guard import may_change
from passgap.show.viewer.library import OpenRun
from passgap.show.viewer.links import image_path, link
from passgap.show.viewer.problem import row_of
from passgap.show.viewer.problems import whole
from passgap.show.viewer.showing import CAP, Budget, shown_text
from passgap.show.viewer.site import Site
from passgap.show.viewer.tallies import check_digests

if TYPE_CHECKING:
    from passgap.data.counts import Counts
    from passgap.evidence.auditing import Case
    from passgap.results.audit import Mark

SIZE, MOST = 60, 1_000
PATIENCE = 0.15
MARKS = ("right", "wrong", "unsure")


def marking(site: Site, request: Request) -> Response:
    """``GET /run/{run}/audit``."""
    run, asked = site.library.run(request.path_params["run"]), request.query_params
    size, seed = _size(asked.get("size")), _seed(asked.get("seed"))
    check_digests(run.run)
    drawn = site.library.analysing.ask(
        ("audit", run.state(), size, seed), lambda: _drawn(run, size, seed), PATIENCE
    )
    if not drawn.done():
        page = site.page("waiting.html.j2", runs=[run])
        page.headers["refresh"] = "2"
        return page
    counts, cases = drawn.result()
    rows = run.run.audit_marks(run.run.verifier_digest())
    marks = {(row.problem_id, row.draw): row.mark for row in rows}
    given = [marks.get((case.problem_id, case.draw), "") for case in cases]
    open_ = next((i for i, mark in enumerate(given, start=1) if not mark), len(given))
    at = min(whole(asked.get("case"), "case"), len(cases)) if asked.get("case") else open_
    case, exact = cases[at - 1], bool(asked.get("raw"))
    budget, place = Budget(), row_of(run, case.problem_id)
    kept = {"size": str(size) if size != SIZE else "", "seed": str(seed) if seed else ""}
    here = f"/run/{run.id}/audit"
    return site.page(
        "audit.html.j2",
        run=run,
        case=case,
        mark=given[at - 1],
        question=shown_text(case.question, budget, exact),
        images=[image_path(run.id, image.name) for image in run.images(place)],
        body=shown_text(case.text, budget, exact),
        left_out=max(0, len(case.text) - CAP),
        at=at,
        given=given,
        marked=sum(1 for mark in given if mark),
        marks=MARKS,
        size=size,
        seed=seed,
        exact=exact,
        previous=link(here, kept, case=at - 1) if at > 1 else None,
        next=link(here, kept, case=at + 1) if at < len(cases) else None,
        raw_link=link(here, kept, case=at, raw="" if exact else "1"),
        **_result(counts, marks),
        here=here,
        kept=kept,
    )


async def mark(site: Site, request: Request) -> Response:
    """``POST /run/{run}/audit``: keep one mark, continue with the next completion."""
    form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    return await run_in_threadpool(_marked, site, request.path_params["run"], form)


def _marked(site: Site, key: str, form: dict[str, str]) -> Response:
    if not may_change(site.access, form):
        return site.page("error.html.j2", 403, title="Not marked", message=FOREIGN)
    run = site.library.run(key)
    size, seed = _size(form.get("size")), _seed(form.get("seed"))
    at = whole(form.get("case"), "case")
    draw = form.get("draw", "")
    if not (draw.isascii() and draw.isdigit() and len(draw) < 10):
        raise UsageError(f"draw is {draw[:40]!r}; allowed: a whole number")
    check_digests(run.run)
    from passgap.evidence.auditing import keep_marks

    keep_marks(run.run, {(form.get("problem_id", ""), int(draw)): form.get("mark", "")})
    here, kept = f"/run/{run.id}/audit", {"size": str(size), "seed": str(seed)}
    return RedirectResponse(link(here, kept, case=at + 1), status_code=303)


FOREIGN = (
    "the form was made by another run of passgap view, or by another site; open the audit page "
    "again and mark there"
)


def _drawn(run: OpenRun, size: int, seed: int) -> tuple[Counts, list[Case]]:
    from passgap.evidence.auditing import cases
    from passgap.stages.counting import count

    return count(run.run), cases(run.run, size=size, seed=seed)


def _result(counts: Counts, marks: dict[tuple[str, int], str]) -> dict[str, object]:
    """What the marks say: the rate of false positives, by stratum and in all."""
    from passgap.analysis.audit import audit
    from passgap.show.contents.audit import corrected_table, strata_table
    from passgap.show.contents.parts import noted, present

    by_problem = {problem_id: cast("Mark", given) for (problem_id, _), given in marks.items()}
    found = audit(counts, by_problem)
    paint = of_page({}).paint
    return {
        "result": found,
        "rate": estimated(found.rate),
        "strata": paint(present(strata_table(found))),
        "corrected": paint(present(corrected_table(found), noted(found.notes))),
    }


def _size(value: str | None) -> int:
    size = whole(value, "size") if value else SIZE
    if size > MOST:
        raise UsageError(f"size is {number(size)}; allowed: 1 to {MOST:,} completions")
    return size


def _seed(value: str | None) -> int:
    return 0 if value in (None, "", "0") else whole(value, "seed")
