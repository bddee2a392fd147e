"""Which of two runs is the base's: by their lineage, from wherever one opens them.

In: two opened runs. Out: whether they are the wrong way round, and the link that puts them right.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse

from passgap.errors import RunError
from passgap.runs.lineage import roles
from passgap.show.viewer.library import OpenRun
from passgap.show.viewer.site import link


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
