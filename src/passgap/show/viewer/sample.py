"""The pages of one sample, and of two side by side, each at an address that does not change.

In: a run, a problem and a sample's number, or two of these. Out: the text with its mark; or both
texts with the words that only one of them has.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from passgap.errors import UsageError
from passgap.show.viewer import completions
from passgap.show.viewer.differing import MOST, Difference, difference
from passgap.show.viewer.library import NothingThereError, OpenRun
from passgap.show.viewer.links import diff_path, link, problem_path, sample_path
from passgap.show.viewer.pairs import role_of
from passgap.show.viewer.problem import MOST_DRAW, question_of, row_of, scored_under
from passgap.show.viewer.showing import CAP, Budget, raw, shown_text
from passgap.show.viewer.site import Site


def sample(site: Site, request: Request) -> Response:
    """``/run/{run}/sample/{draw}/{problem}``."""
    asked, run = request.query_params, site.library.run(request.path_params["run"])
    row = row_of(run, request.path_params["problem"])
    problem_id = run.problems["problem_id"][row]
    number = min(request.path_params["draw"], MOST_DRAW)
    second = site.pairs.chosen(request, run)
    rows = completions.draws(run, problem_id, scored_under(run, second))
    one = completions.one_of(run, problem_id, rows, number)
    if one is None:
        raise NothingThereError(str(number))
    exact, budget, kept = bool(asked.get("raw")), Budget(), {"with": second.id if second else ""}
    drawn = rows["draw"].to_list()
    at = drawn.index(number)

    def to(place: int) -> str:
        path = sample_path(run.id, problem_id, drawn[place])
        return link(path, kept, raw="1" if exact else "")

    here = sample_path(run.id, problem_id, number)
    return site.page(
        "sample.html.j2",
        **question_of(run, row, budget, exact),
        run=run,
        role=_role(site, run, second),
        one=one,
        body=shown_text(one.text, budget, exact),
        cap=CAP,
        exact=exact,
        total=len(drawn),
        previous=to(at - 1) if at > 0 else None,
        next=to(at + 1) if at + 1 < len(drawn) else None,
        raw_link=link(here, kept, raw="" if exact else "1"),
        here=link(here, kept),
        back=_problem(site, run, second, problem_id),
        other=second or run,
        against=number if second else drawn[at + 1 if at + 1 < len(drawn) else at - 1],
        runs=_choices(site, run),
    )


def two(site: Site, request: Request) -> Response:
    """``/diff?problem=..&run=..&sample=..&other=..&against=..``."""
    asked = request.query_params
    sides = [_side(site, request, *names) for names in (("run", "sample"), ("other", "against"))]
    first, second = sides
    roles = site.pairs.roles(first.run, second.run) if first.run.id != second.run.id else "unknown"
    if roles == "reversed":
        return RedirectResponse(_path(asked.get("problem", ""), second, first), status_code=303)
    row = row_of(first.run, asked.get("problem", ""))
    problem_id = first.run.problems["problem_id"][row]
    found = difference(first.one.text, second.one.text)
    one_run = first.run.id == second.run.id
    return site.page(
        "diff.html.j2",
        **question_of(first.run, row, Budget(), False),
        first=first,
        second=second,
        roles=("base", "trained") if roles == "as given" else ("", ""),
        one_run=one_run,
        found=found,
        merged=marked(found, ("first", "second")),
        columns=[marked(found, ("first",)), marked(found, ("second",))],
        cut=max(len(first.one.text), len(second.one.text)) > MOST,
        most=MOST,
        here=_path(problem_id, first, second),
        turned=None if roles == "as given" else _path(problem_id, second, first),
        back=_problem(site, first.run, None if one_run else second.run, problem_id),
        runs=_choices(site, first.run),
    )


@dataclass(frozen=True)
class _Side:
    run: OpenRun
    one: completions.Draw
    place: str


def _side(site: Site, request: Request, run_name: str, number_name: str) -> _Side:
    asked = request.query_params
    run = site.library.run(asked.get(run_name, ""))
    row = row_of(run, asked.get("problem", ""))
    problem_id = run.problems["problem_id"][row]
    number = asked.get(number_name, "")
    if not (number.isascii() and number.isdigit() and int(number[:12]) <= MOST_DRAW):
        raise UsageError(
            f"{number_name} is {number[:40]!r}; allowed: the number of a sample, from 0"
        )
    rows = completions.draws(run, problem_id)
    one = completions.one_of(run, problem_id, rows, int(number))
    if one is None:
        drawn = rows["draw"].to_list()
        numbers = f"{drawn[0]} to {drawn[-1]}" if drawn else "none, it has no sample yet"
        raise UsageError(f"{run.name} has no sample {number} of this problem; allowed: {numbers}")
    return _Side(run, one, link(sample_path(run.id, problem_id, one.draw)))


def _path(problem_id: str, first: _Side, second: _Side) -> str:
    return diff_path(problem_id, first.run.id, first.one.draw, second.run.id, second.one.draw)


def _problem(site: Site, run: OpenRun, second: OpenRun | None, problem_id: str) -> str:
    """The problem's page, with the base first."""
    if second is not None and site.pairs.roles(run, second) == "reversed":
        run, second = second, run
    return link(problem_path(run.id, problem_id), {"with": second.id if second else ""})


def _role(site: Site, run: OpenRun, second: OpenRun | None) -> str:
    if second is not None and site.pairs.roles(run, second) == "as given":
        return "base"
    return role_of(run)


def _choices(site: Site, run: OpenRun) -> list[tuple[str, str]]:
    return [(run.id, run.name), *((one.id, one.name) for one in site.pairs.beside(run))]


def marked(found: Difference, kinds: tuple[str, ...]) -> Markup:
    """The pieces of one text, or of both in one: what only the first has struck out."""
    forms = {"both": "{}", "first": "<del>{}</del>", "second": "<ins>{}</ins>"}
    return Markup("").join(
        Markup(forms[piece.kind]).format(raw(piece.text))
        for piece in found.pieces
        if piece.kind == "both" or piece.kind in kinds
    )
