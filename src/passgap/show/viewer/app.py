"""The routes: what URL shows what. In: a library and who may ask. Out: an ASGI app."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from functools import cache, partial
from importlib import resources

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from passgap.errors import PassgapError
from passgap.show.text import visible
from passgap.show.theme import css_variables
from passgap.show.viewer import compared, home, marking, problem, sample, table, training
from passgap.show.viewer.guard import Access, Guard
from passgap.show.viewer.library import Library, NothingThereError
from passgap.show.viewer.site import Site

Page = Callable[[Site, Request], Response]
PAGES: dict[str, Page] = {
    "/": home.home,
    "/live": home.home_live,
    "/compare": compared.chosen,
    "/compare/{base}/{trained}": compared.comparison,
    "/run/{run}": table.table,
    "/run/{run}/live": table.table_live,
    "/run/{run}/report": compared.report,
    "/run/{run}/checks": compared.checks,
    "/run/{run}/audit": marking.marking,
    "/run/{run}/problem/{problem:path}": problem.problem,
    "/run/{run}/sample/{draw:int}/{problem:path}": sample.sample,
    "/run/{run}/text/{draw:int}/{problem:path}": problem.exact_text,
    "/run/{run}/image/{name}": problem.image,
    "/diff": sample.two,
    "/training/{training}": training.training,
    "/training/{training}/live": training.training_live,
    "/training/{training}/charts": training.training_charts,
}
STATIC = resources.files("passgap.show.viewer") / "static"
FILES = {
    **dict.fromkeys(("view.js", "theme.js", "compared.js"), "text/javascript"),
    "view.css": "text/css",
}
KEPT = {"cache-control": "private, max-age=3600"}


def build(library: Library, access: Access) -> Starlette:
    """The app over everything below the library's root."""
    site = Site(library, access)
    routes = [
        Route(path, partial(_shown, page, site), methods=["GET"]) for path, page in PAGES.items()
    ]
    routes += [Route(f"/static/{name}", partial(_file, name), methods=["GET"]) for name in FILES]
    routes.append(Route("/static/charts.js", _charts, methods=["GET"]))
    routes.append(Route("/run/{run}/audit", partial(_marked, site), methods=["POST"]))
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={HTTPException: partial(_no_route, site)},
    )


NOTHING = (
    "There is no such page. The run, problem or sample may have been moved or removed since the "
    "link was made; the list of runs shows what is there now."
)
FAILED = "This is a bug in passgap view. The terminal that it runs in shows the details."


def _shown(page: Page, site: Site, request: Request) -> Response:
    try:
        return page(site, request)
    except Exception as error:
        return _fault(site, request, error)


async def _marked(site: Site, request: Request) -> Response:
    try:
        return await marking.mark(site, request)
    except ClientDisconnect:  # no one is left to answer
        return Response(status_code=400)
    except Exception as error:
        return _fault(site, request, error)


def _fault(site: Site, request: Request, error: Exception) -> Response:
    """The page of an error; an unexpected one is also printed, with nothing in it that steers
    the terminal."""
    if isinstance(error, NothingThereError):
        return site.page("error.html.j2", 404, title="Not found", message=NOTHING)
    if isinstance(error, PassgapError):
        return site.page("error.html.j2", 400, title="That cannot be shown", message=str(error))
    trace = "".join(traceback.format_exception(error))
    print(visible(f"{request.url.path}\n{trace}"), file=sys.stderr)
    return site.page("error.html.j2", 500, title="The viewer failed", message=FAILED)


def _no_route(site: Site, request: Request, error: Exception) -> Response:
    code = error.status_code if isinstance(error, HTTPException) else 404
    return site.page("error.html.j2", code, title="Not found", message=NOTHING)


def _charts(request: Request) -> Response:
    """Vega with the page's own script for charts, which draws them again when they have changed."""
    return PlainTextResponse(_bundle(), media_type="text/javascript", headers=KEPT)


@cache
def _bundle() -> str:
    from passgap.show.charts.figures import javascript_bundle
    from passgap.show.page.painter import template

    own = (STATIC / "training.js").read_text(encoding="utf-8")
    return javascript_bundle(f"{template('charts.js')}\n{own}")


def _file(name: str, request: Request) -> Response:
    """One of the package's own files; the style sheet begins with the report's palette."""
    palette = css_variables() if name == "view.css" else ""
    text = (STATIC / name).read_text(encoding="utf-8")
    return PlainTextResponse(f"{palette}\n{text}", media_type=FILES[name])
