"""What all pages share: the library, templates, what a run says of itself in words.

In: values. Out: HTML in which every value is escaped and every steering character is named.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlencode

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from passgap._version import __version__
from passgap.data.identity import digest
from passgap.errors import RunError, UsageError
from passgap.results.findings import Checks
from passgap.runs.lineage import roles
from passgap.show.page.painter import environment
from passgap.show.text import ABSENT, estimated
from passgap.show.viewer.guard import Access
from passgap.show.viewer.library import Counted, Library, OpenRun
from passgap.show.viewer.tallies import Progress, check_digests

REMEMBERED = 256


class Site:
    """The app's parts, given to every page."""

    def __init__(self, library: Library, access: Access) -> None:
        self.library, self.access = library, access
        self._told: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._asked: set[str] = set()
        self._lock = threading.Lock()

    def page(self, template: str, code: int = 200, /, **values: object) -> Response:
        """One page from its template."""
        html = (
            _environment()
            .get_template(template)
            .render(
                values,
                version=__version__,
                root=self.library.root.name,
                form_key=self.access.form_key,
            )
        )
        return HTMLResponse(html, status_code=code)

    def asked(self, run: OpenRun) -> bool:
        """Whether somebody opened the checks of this run."""
        return run.id in self._asked

    def checks(self, run: OpenRun, seconds: float = 0.0, *, asked: bool = False) -> Checks | None:
        """The data checks of a run, None while they are worked out; errors as `check_inert`."""
        check_inert(run)
        if asked:
            self._asked.add(run.id)
        job = self.library.checking.ask(run.state(), lambda: _checked(run), seconds)
        return job.result() if job.done() else None

    def version(self, values: dict[str, str]) -> str:
        """Remember what a page shows, so that a later look tells only what changed."""
        name = digest(values)
        with self._lock:
            self._told[name] = values
            self._told.move_to_end(name)
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        return name

    def changes(self, seen: str, values: dict[str, str]) -> Response:
        """The values that differ from those of the version ``seen``; 204 where none does."""
        before = self._told.get(seen, {})
        version = self.version(values)
        if version == seen:
            return Response(status_code=204)
        changed = {name: value for name, value in values.items() if before.get(name) != value}
        return JSONResponse({"version": version, "values": changed})


def link(path: str, query: Mapping[str, str] | None = None, **more: object) -> str:
    """A path with a query; what is empty is left out."""
    asked = {**(query or {}), **{name: str(value) for name, value in more.items()}}
    kept = {name: value for name, value in asked.items() if value not in ("", "None")}
    return f"{path}?{urlencode(kept)}" if kept else path


def reversed_roles(first: OpenRun, second: OpenRun | None) -> bool:
    """Whether the first run's policy was trained from the second's; False where nothing says so."""
    if second is None:
        return False
    try:
        return roles(first.run, second.run) == "reversed"
    except RunError:  # a stranger's policy file says nothing
        return False


def put_right(
    request: Request, first: OpenRun, second: OpenRun | None, rest: str = ""
) -> RedirectResponse | None:
    """To the same page with the base first; None where the roles are right, or nothing says."""
    if second is None or not reversed_roles(first, second):
        return None
    query = {**request.query_params, "with": first.id}
    return RedirectResponse(link(f"/run/{second.id}{rest}", query), status_code=303)


def progress_text(now: Progress) -> str:
    """How far a run is, in a few words."""
    if now.complete:
        return "complete"
    if now.drawn < now.blocks:
        blocks = f"{now.drawn:,} of {now.blocks:,} blocks"
        return f"{blocks} drawn" if now.growing else f"stopped at {blocks}"
    return f"drawn; {now.marked:,} of {now.blocks:,} blocks verified"


def pass_at_1_text(counted: Counted | None) -> str:
    """pass@1 with its interval; a dash where nothing is verified, dots while it is counted."""
    if counted is None:
        return "counting"
    return estimated(counted.pass_at_1) if counted.pass_at_1 else ABSENT


def check_inert(run: OpenRun) -> None:
    """Refuse what would run the verifiers that a run names: a viewer only reads.

    `passgap verify` notes which references a verifier refuses; without that note, data checks
    would have to ask it again.

    Raises UsageError if the note is not there.
    """
    check_digests(run.run)
    verifier = run.run.latest_verifier()
    if verifier is None or run.run.outcomes_about(verifier).faults is None:
        raise UsageError(
            f"{run.name} was not marked by passgap verify, so this would run the verifiers that "
            f"its problems name, which a viewer does not; run passgap verify {run.run.place} first"
        )


def verifier_text(run: OpenRun, verifier: str | None) -> str:
    """Which verifier's outcomes count."""
    return "not verified" if verifier is None else f"{run.run.marked_by(verifier)} ({verifier[:6]})"


def _checked(run: OpenRun) -> Checks:
    from passgap.checks import check  # scipy, which a first page need not wait for

    return check(run.run)


@cache
def _environment() -> jinja2.Environment:
    made = environment("passgap.show.viewer")
    made.globals["link"] = link
    made.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    return made
