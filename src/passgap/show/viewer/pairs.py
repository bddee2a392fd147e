"""Which of two runs is the base and which the trained one, by the files of their policies.

In: open runs. Out: roles, and the base that a trained run belongs to. Where no file says which was
trained from which, the roles are those that the reader chose, and the pages say so.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse

from passgap.data.policies import UNKNOWN_POLICY
from passgap.errors import RunError
from passgap.runs.lineage import Roles, roles
from passgap.runs.policy import Weights
from passgap.show.viewer.library import Library, OpenRun
from passgap.show.viewer.links import link

AS_BASE = "base-"  # before the id of a run that is to be the base of the one that is open


@dataclass(frozen=True)
class Shown:
    """The role of each run of a page; ``turn`` leads to the page with the roles turned, and is
    empty where policy files say them."""

    first: str
    second: str = ""
    turn: str = ""


class Pairs:
    """The roles of pairs of runs, read once for each."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._roles: dict[tuple[str, int, str, int], Roles] = {}
        self._lock = threading.Lock()

    def roles(self, first: OpenRun, second: OpenRun) -> Roles:
        """As `passgap.runs.lineage.roles`; unknown too where a policy file is damaged."""
        key = (first.id, first.opened, second.id, second.opened)
        with self._lock:
            if key not in self._roles:
                self._roles[key] = _roles(first, second)
            return self._roles[key]

    def chosen(self, request: Request, run: OpenRun) -> OpenRun | None:
        """The second run that ``with`` names."""
        key = request.query_params.get("with")
        return self._library.run(key.removeprefix(AS_BASE)) if key else None

    def put_right(
        self, request: Request, run: OpenRun, second: OpenRun | None, rest: str = ""
    ) -> RedirectResponse | None:
        """To the same page with the base first; None where it is."""
        if second is None:
            return None
        wanted = request.query_params["with"].startswith(AS_BASE)
        known = self.roles(run, second)
        if known == "as given" and not wanted:
            return None
        turned = known == "reversed" or (wanted and known == "unknown")
        first, other = (second, run) if turned else (run, second)
        if not (turned or wanted):
            return None
        query = {**request.query_params, "with": other.id}
        return RedirectResponse(link(f"/run/{first.id}{rest}", query), status_code=303)

    def companions(self, run: OpenRun) -> list[tuple[str, str]]:
        """What ``with`` may be, and in words: the runs on the same problems, with their roles."""
        found: list[tuple[str, str]] = []
        for other in self.beside(run):
            match self.roles(run, other):
                case "as given":
                    found.append((other.id, f"{other.name} (trained from it)"))
                case "reversed":
                    found.append((other.id, f"{other.name} (its base)"))
                case _:
                    found.append((other.id, f"{other.name} as the trained run"))
                    found.append((AS_BASE + other.id, f"{other.name} as the base"))
        return found

    def shown(self, run: OpenRun, second: OpenRun | None, rest: str = "") -> Shown:
        """The roles of a single run, or of two; ``rest`` follows the run in the address."""
        if second is None:
            return Shown(role_of(run))
        if self.roles(run, second) != "unknown":
            return Shown("base", "trained")
        return Shown("base", "trained", link(f"/run/{second.id}{rest}", {"with": run.id}))

    def beside(self, run: OpenRun) -> list[OpenRun]:
        """The other runs on the same problems."""
        return _on_same_problems(run, self._library.opened())

    def base_of(self, run: OpenRun, runs: Sequence[OpenRun] = ()) -> OpenRun | None:
        """The run to compare a trained one with; None where none is listed, or it was not trained.

        Of several, one whose policy it was trained from directly, then one of its settings, then
        the one with the most samples. ``runs`` are all runs, where they are known.
        """
        weights = run.trained_from
        if weights is None:
            return None
        others = _on_same_problems(run, runs) if runs else self.beside(run)
        near = [one for one in others if _is_of(one, weights)]
        near = near or [one for one in others if self.roles(one, run) == "as given"]
        return min(near, key=lambda one: _far(one, run), default=None)


def role_of(run: OpenRun) -> str:
    """``trained`` for a policy whose file says so; empty where nothing is known."""
    return "trained" if run.trained_from is not None else ""


def default_pair(pairs: Pairs, runs: Sequence[OpenRun]) -> tuple[str, str]:
    """The ids of the first trained run and its base; empty where no policy file names a pair."""
    for run in runs:
        base = pairs.base_of(run, runs)
        if base is not None:
            return base.id, run.id
    return "", ""


def _on_same_problems(run: OpenRun, runs: Sequence[OpenRun]) -> list[OpenRun]:
    return [one for one in runs if one.id != run.id and one.problem_set == run.problem_set]


def _roles(first: OpenRun, second: OpenRun) -> Roles:
    try:
        return roles(first.run, second.run)
    except RunError:  # a stranger's policy file says nothing
        return "unknown"


def _is_of(run: OpenRun, weights: Weights) -> bool:
    policy = run.manifest.policy
    if weights.weights_digest and weights.weights_digest == policy["weights_digest"]:
        return True
    return policy["path"] not in (UNKNOWN_POLICY, "") and policy["path"] == weights.path


def _far(one: OpenRun, run: OpenRun) -> tuple[bool, bool, int, str]:
    settled = one.manifest.sampling == run.manifest.sampling
    return not settled, one.template != run.template, -one.manifest.n, one.name
