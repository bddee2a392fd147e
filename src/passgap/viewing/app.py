"""The routes: what URL shows what. In: a library and who may ask. Out: an ASGI app."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from passgap.errors import PassgapError
from passgap.viewing import compared, home, marking, problem, style, table, trained
from passgap.viewing.guard import Access, Guard
from passgap.viewing.library import Library
from passgap.viewing.site import Site

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
    "/run/{run}/problem/{problem}": problem.problem,
    "/run/{run}/text/{problem}/{draw:int}": problem.exact_text,
    "/training/{training}": trained.training,
    "/training/{training}/live": trained.training_live,
}
FILES = {"/static/view.js": "view.js", "/static/theme.js": "theme.js"}


def build(library: Library, access: Access) -> Starlette:
    """The app over everything below the library's root."""
    site = Site(library, access)
    routes = [Route(path, _endpoint(site, page), methods=["GET"]) for path, page in PAGES.items()]
    routes += [Route(path, _file(name), methods=["GET"]) for path, name in FILES.items()]
    routes += [
        Route("/static/view.css", _style, methods=["GET"]),
        Route("/run/{run}/audit", _marking(site), methods=["POST"]),
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Guard, access=access)],
        exception_handlers={
            KeyError: _handler(site, "Not found", NOTHING),
            HTTPException: _handler(site, "Not found", NOTHING),
            PassgapError: _handler(site, "That cannot be shown", None),
            Exception: _handler(site, "The viewer failed", FAILED),
        },
    )


NOTHING = "Nothing below the folder that is viewed has this address; it may have been moved."
FAILED = "This is a fault of passgap view; the terminal it runs in says more."


def _endpoint(site: Site, page: Page) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return page(site, request)

    return answer


def _marking(site: Site) -> Callable[[Request], object]:
    async def answer(request: Request) -> Response:
        return await marking.mark(site, request)

    return answer


def _file(name: str) -> Callable[[Request], Response]:
    def answer(request: Request) -> Response:
        return PlainTextResponse(style.static(name), media_type="text/javascript")

    return answer


def _style(request: Request) -> Response:
    return PlainTextResponse(style.style_sheet(), media_type="text/css")


def _code(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, KeyError):
        return 404
    return 400 if isinstance(error, PassgapError) else 500


def _handler(
    site: Site, title: str, message: str | None
) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        code = _code(error)
        if code == 500:
            logging.getLogger("passgap.viewing").error("%s", request.url.path, exc_info=error)
        return site.page("error.html.j2", code, title=title, message=message or str(error))

    return answer
