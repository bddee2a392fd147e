"""What all pages share: the library, templates, what a run says of itself in words.

In: values. Out: HTML in which every value is escaped and every steering character is named.
"""

from __future__ import annotations

import json
import re
import shlex
import threading
from collections import OrderedDict
from functools import cache

import jinja2
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, JSONResponse, Response

from passgap._version import __version__
from passgap.data.identity import digest
from passgap.errors import UsageError
from passgap.results.findings import Checks
from passgap.show.page.painter import environment
from passgap.show.text import ABSENT, estimated, held, percent, visible
from passgap.show.viewer import links
from passgap.show.viewer.guard import Access
from passgap.show.viewer.library import Counted, Library, OpenRun
from passgap.show.viewer.pairs import Pairs
from passgap.show.viewer.tallies import Progress, check_digests

REMEMBERED = 256


class Site:
    """The app's parts, given to every page."""

    def __init__(self, library: Library, access: Access) -> None:
        self.library, self.access, self.pairs = library, access, Pairs(library)
        self.shown = False  # the list: nothing is worked out beside the pages before it is there
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
        """Whether the checks of this run were opened."""
        return run.id in self._asked

    def checks(self, run: OpenRun, seconds: float = 0.0, *, asked: bool = False) -> Checks | None:
        """The data checks of a run, None while they are worked out; errors as `check_inert`."""
        check_inert(run)
        if asked:
            self._asked.add(run.id)
        job = self.library.checking.ask(run.state(), lambda: _checked(run), seconds)
        return job.result() if job.done() else None

    def version(self, values: dict[str, str]) -> str:
        """Remember what a page shows, so that a later look sends only what changed."""
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


def progress_text(now: Progress) -> str:
    """How far a run is, in a few words."""
    if now.complete:
        return "complete"
    if now.drawn < now.blocks:
        share = percent(now.drawn / now.blocks, 0)
        return f"sampling, {share} done" if now.growing else f"stopped, {share} sampled"
    return f"sampled, {percent(now.marked / now.blocks, 0)} verified"


def pass_at_1_text(counted: Counted | None) -> str:
    """pass@1 with its interval; a dash where nothing is verified."""
    if counted is None:
        return "counting"
    return unbroken(estimated(counted.pass_at_1)) if counted.pass_at_1 else ABSENT


def unbroken(text: str) -> str:
    """A number with its interval, in which no line may end inside the interval."""
    return held(text, "\N{NO-BREAK SPACE}")


def check_inert(run: OpenRun) -> None:
    """Refuse what would run the verifiers that a run names: the viewer only reads.

    `passgap verify` notes which references a verifier refuses; without that note, data checks
    would have to ask it again.

    Raises UsageError if the note is not there.
    """
    check_digests(run.run)
    verifier = run.run.latest_verifier()
    if verifier is None or run.run.outcomes_about(verifier).faults is None:
        raise UsageError(
            f"{run.name} was not verified by passgap verify, so this page would have to run the "
            "verifiers that its problems name. The viewer runs none. First run: "
            f"passgap verify {shlex.quote(str(run.run.place))}"
        )


def verifier_text(run: OpenRun, verifier: str | None) -> str:
    """Which verifier's outcomes count."""
    return "not verified" if verifier is None else f"{run.run.marked_by(verifier)} ({verifier[:6]})"


def breakable(name: str) -> Markup:
    """A path or name that a line may end after any of ``/ _ - . :`` in."""
    parts = re.split(r"(?<=[/_.:-])", visible(name))
    return Markup("<wbr>").join(escape(part) for part in parts)


def _checked(run: OpenRun) -> Checks:
    from passgap.checks import check  # scipy, which a first page need not wait for

    return check(run.run)


@cache
def _environment() -> jinja2.Environment:
    made = environment("passgap.show.viewer")
    for make in (links.link, links.problem_path, links.sample_path, links.text_path):
        made.globals[make.__name__] = make
    made.filters["breakable"] = breakable
    made.filters["pretty"] = lambda value: json.dumps(value, indent=2, ensure_ascii=False)
    return made
