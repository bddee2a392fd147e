"""The report of any run, or of any two, and a run's data checks, made on demand.

In: ids. Out: the page of `passgap report`, kept by the state of both runs' shards, so that it is
made once; while it is made, a page that asks again. The page brings its own content policy, which
names its one script by its hash.
"""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from passgap.errors import UsageError
from passgap.show.page.painter import of_page
from passgap.show.viewer.library import OpenRun
from passgap.show.viewer.links import link
from passgap.show.viewer.site import Site, breakable, check_inert

if TYPE_CHECKING:
    from passgap.evidence.options import CompareOptions

PATIENCE = 0.15
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
SCRIPT = '<script src="/static/compared.js" defer></script></body>'
REFRESH = {"refresh": "2"}


def chosen(site: Site, request: Request) -> Response:
    """``/compare?base=..&trained=..``: to the page of the two."""
    chosen = [request.query_params.get(role, "") for role in _ROLES]
    if not all(chosen):
        raise UsageError("choose a base run and a trained run on the list of runs, then Compare")
    base, trained = map(site.library.run, chosen)
    if site.pairs.roles(base, trained) == "reversed":
        base, trained = trained, base
    flags = {name: "1" for name in _FLAGS if request.query_params.get(name)}
    target = link(f"/compare/{base.id}/{trained.id}", flags)
    return RedirectResponse(target, status_code=303)


def comparison(site: Site, request: Request) -> Response:
    """``/compare/{base}/{trained}``."""
    base, trained = (site.library.run(request.path_params[role]) for role in _ROLES)
    if site.pairs.roles(base, trained) == "reversed":
        target = link(f"/compare/{trained.id}/{base.id}", request.query_params)
        return RedirectResponse(target, status_code=303)
    intersect, across = (bool(request.query_params.get(name)) for name in _FLAGS)
    settings: CompareOptions = {"intersect": intersect, "allow_different_prompts": across}
    return _report(site, [base, trained], settings)


def report(site: Site, request: Request) -> Response:
    """``/run/{run}/report``: what a probe says of one run."""
    return _report(site, [site.library.run(request.path_params["run"])], {})


def checks(site: Site, request: Request) -> Response:
    """``/run/{run}/checks``."""
    from passgap.show.contents.checks import blocks

    run = site.library.run(request.path_params["run"])
    found = site.checks(run, PATIENCE, asked=True)
    body = None if found is None else of_page({}).paint(blocks(found))
    page = site.page("checks.html.j2", run=run, body=body)
    if found is None:
        page.headers.update(REFRESH)
    return page


_ROLES = ("base", "trained")
_FLAGS = ("intersect", "allow_different_prompts")


def _report(site: Site, runs: list[OpenRun], settings: CompareOptions) -> Response:
    for run in runs:
        check_inert(run)
    key = ("report", *(run.state() for run in runs), *settings.items())
    job = site.library.analysing.ask(
        key, lambda: _made([run.run.path for run in runs], settings), PATIENCE
    )
    if not job.done():
        page = site.page("waiting.html.j2", runs=runs)
        page.headers.update(REFRESH)
        return page
    text, policy = job.result()
    headers = {"content-security-policy": f"{policy}; frame-ancestors 'none'"}
    placed = text.replace("<body>", f"<body>{_place(site, runs)}", 1)
    return HTMLResponse(placed, headers=headers)


def _place(site: Site, runs: list[OpenRun]) -> Markup:
    """Where the page stands: the list, the runs with their problems, the roles turned."""
    beside = {"with": runs[1].id} if len(runs) > 1 else {}
    named = Markup(" and ").join(breakable(run.name) for run in runs)
    problems = Markup('<a href="{}">{}: all problems</a>').format(
        link(f"/run/{runs[0].id}", beside), named
    )
    parts = [Markup('<a href="/">All runs</a>'), problems]
    if beside and site.pairs.roles(*runs) == "unknown":
        turned = f"/compare/{runs[1].id}/{runs[0].id}"
        parts.append(Markup('<a href="{}">swap base and trained</a>').format(turned))
    inside = Markup(" / ").join(parts)
    return Markup('<nav class="small" aria-label="place">{}</nav>').format(inside)


def _made(paths: list[Path], settings: CompareOptions) -> tuple[str, str]:
    """The page as text, and its own content policy."""
    from passgap.show.contents.report import page
    from passgap.show.page.gathering import page_data
    from passgap.show.page.page import render

    base, trained = paths[0], paths[1] if len(paths) > 1 else None
    names = " ".join(str(path) for path in paths)
    data = page_data(base, trained, title=None, command=f"passgap report {names}", **settings)
    text = render(page(data))
    # The report's script is inline, which the viewer's own policy forbids. The report's policy
    # allows that one script by its hash; as a header of this answer it replaces the viewer's, and
    # allows the server's own scripts besides: one of them links each problem to its samples.
    policy = POLICY.search(text)
    if policy is None:
        raise RuntimeError("the report names no content policy")
    allowed = html.unescape(policy.group(1)).replace("script-src ", "script-src 'self' ", 1)
    text = POLICY.sub("", text, count=1)
    head, _, tail = text.rpartition("</body>")
    return f"{head}{SCRIPT}{tail}", allowed
