"""What lies below a folder: runs and training folders, by the files that make them such.

In: a folder. Out: `Found` entries with an id of their own; a page looks a thing up by that id and
never joins a path from a URL. Symbolic links are not followed: what is left out for that or another
reason is listed as `LeftOut`, with what to do. A folder whose files lead out of the root by links
is refused when it is opened.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from passgap.errors import RunError, UsageError
from passgap.plain import shareable
from passgap.runs import is_watch
from passgap.runs.names import (
    ABOUT_FILE,
    ADAPTER,
    CHECKPOINT,
    MANIFEST_FILE,
    POLICY_FILE,
    REQUEST_FILE,
    TRAINER,
    WATCH,
)
from passgap.runs.writing import links_out

Kind = Literal["run", "training"]
MOST_FOLDERS = 20_000
MOST_DEPTH = 8


@dataclass(frozen=True)
class Found:
    """A run or a training folder; ``name`` is its path below the root."""

    id: str
    kind: Kind
    name: str
    path: Path


def root_of(folder: Path | str) -> Path:
    """The folder to look in, links resolved once, here; raises UsageError if it is not a folder."""
    path = Path(folder)
    if "://" in str(folder):
        raise UsageError(
            f"{shareable(str(folder))} is a URL; the viewer reads local folders: copy the run to "
            "one, or write its page with passgap report"
        )
    if not path.is_dir():
        raise UsageError(f"{folder} is not a folder; give the folder that contains your runs")
    return path.resolve()


@dataclass(frozen=True)
class LeftOut:
    """A folder that is not searched: its path below the root, why, and what to type, if any."""

    name: str
    why: str
    command: str = ""


class Below(NamedTuple):
    """Runs and training folders, by name, and what was left out."""

    found: list[Found]
    left_out: list[LeftOut]


def find(root: Path) -> Below:
    """Look below ``root``, itself included."""
    found: list[Found] = []
    left_out: list[LeftOut] = []
    for path, kind in _walk(root, left_out):
        below = path.relative_to(root).as_posix()
        # An id and no path: a URL can then name only what was found here, and `..`, an absolute
        # path or a link put there later leads nowhere.
        key = hashlib.sha256(os.fsencode(below)).hexdigest()[:12]
        found.append(Found(key, kind, root.name if below == "." else below, path))
    found.sort(key=lambda one: one.name)
    return Below(found, sorted(left_out, key=lambda one: one.name))


def check_links(root: Path, folder: Path) -> None:
    """Refuse a folder that contains a symbolic link to anywhere outside the root.

    Raises RunError naming the link.
    """
    for link in links_out(folder, root):
        raise RunError(
            f"{folder.name} contains the symbolic link {link.relative_to(folder)}, which points "
            "outside the folder that is viewed; copy its target, or view a folder that contains "
            "both"
        )


def _walk(root: Path, left_out: list[LeftOut]) -> Iterator[tuple[Path, Kind]]:
    waiting, seen = [(root, 0)], 0
    while waiting and seen < MOST_FOLDERS:
        place, depth = waiting.pop()
        seen += 1
        kind = _kind(place)
        if kind is not None:
            yield place, kind
        if kind != "run":
            children = _folders(place, kind, root, left_out)
            if depth < MOST_DEPTH:
                waiting += [(child, depth + 1) for child in children]
            elif children:
                left_out.append(_too_deep(place, root))
    if waiting:
        left_out.append(_too_many(waiting[-1][0], root))


def _folders(place: Path, kind: Kind | None, root: Path, left_out: list[LeftOut]) -> list[Path]:
    """The folders in a folder that are to be searched; what is skipped is noted."""
    skipped = {TRAINER, WATCH, ADAPTER} if kind == "training" else set()
    kept: list[Path] = []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name in skipped:
                    continue
                if kind == "training" and entry.name.startswith(CHECKPOINT):
                    continue
                if entry.is_symlink():
                    left_out += _linked(Path(entry.path), root)
                elif entry.is_dir():
                    kept.append(Path(entry.path))
    except OSError as error:
        left_out.append(LeftOut(_below(place, root), f"cannot be opened: {error.strerror}"))
    return kept


def _linked(path: Path, root: Path) -> list[LeftOut]:
    """What to say of a symbolic link: nothing of one to a file that makes no run."""
    name, target = _below(path, root), Path(os.path.realpath(path))
    if not target.exists():
        return [LeftOut(name, f"a symbolic link to {target}, which is not there")]
    if target.is_dir():
        if target.is_relative_to(root):
            own = _below(target, root)
            return [LeftOut(name, f"a symbolic link to {own}; its contents are listed as {own}")]
        why = f"a symbolic link to {target}, which is outside of this folder"
        return [LeftOut(name, why, f"passgap view {shlex.quote(str(target))}")]
    if path.name not in (MANIFEST_FILE, POLICY_FILE):
        return []
    folder = path.parent
    copy = f"cp -rL {shlex.quote(str(folder))} {shlex.quote(f'{folder}-copy')}"
    return [LeftOut(_below(folder, root), f"its {path.name} is a symbolic link to {target}", copy)]


def _too_deep(place: Path, root: Path) -> LeftOut:
    why = f"more than {MOST_DEPTH} folders deep"
    return LeftOut(_below(place, root), why, f"passgap view {shlex.quote(str(place))}")


def _too_many(place: Path, root: Path) -> LeftOut:
    why = f"and others: only the first {MOST_FOLDERS:,} folders are searched"
    return LeftOut(_below(place, root), why, f"passgap view {shlex.quote(str(place))}")


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _kind(place: Path) -> Kind | None:
    if _is_file(place / MANIFEST_FILE):
        return "run"
    if _is_file(place / POLICY_FILE) or _is_file(place / REQUEST_FILE):
        return "training"
    return "training" if _is_file(place / ABOUT_FILE) and is_watch(place) else None


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
