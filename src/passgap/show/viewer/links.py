"""The addresses of pages: made here, so that every link to a problem or a sample is the same one.

In: ids. Out: paths. A run's id is made of its path below the folder that is viewed, so a link holds
after a restart, at another port, and for whoever views the same folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode


def link(path: str, query: Mapping[str, str] | None = None, **more: object) -> str:
    """A path with a query; what is empty is left out."""
    asked = {**(query or {}), **{name: str(value) for name, value in more.items()}}
    kept = {name: value for name, value in asked.items() if value not in ("", "None")}
    return f"{path}?{urlencode(kept)}" if kept else path


def of_problem(problem_id: str) -> str:
    """What follows a run in the address of one of its problems; an id may hold any characters."""
    return f"/problem/{quote(problem_id, safe='')}"


def problem_path(run: str, problem_id: str) -> str:
    """The page of a problem."""
    return f"/run/{run}{of_problem(problem_id)}"


def image_path(run: str, name: str) -> str:
    """An image of a run's questions, by its name there."""
    return f"/run/{run}/image/{quote(name, safe='')}"


def sample_path(run: str, problem_id: str, draw: int) -> str:
    """The page of one sample."""
    return f"/run/{run}/sample/{draw}/{quote(problem_id, safe='')}"


def text_path(run: str, problem_id: str, draw: int) -> str:
    """The exact characters of one sample, as a file."""
    return f"/run/{run}/text/{draw}/{quote(problem_id, safe='')}"


def diff_path(problem_id: str, run: str, draw: int, other: str, against: int) -> str:
    """The page of two samples of a problem, word by word."""
    arms = {"run": run, "sample": str(draw), "other": other, "against": str(against)}
    return link("/diff", {"problem": problem_id, **arms})
