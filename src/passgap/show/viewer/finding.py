"""What lies below a folder: runs and training folders, by the files that make them such.

In: a folder. Out: `Found` entries with an id of their own; a page looks a thing up by that id and
never joins a path from a URL. Symbolic links are not followed, and a folder whose files lead out
of the root by links is left alone.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from passgap.errors import RunError, UsageError
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
    """The folder to look in, links resolved once, here; raises UsageError if it is no folder."""
    path = Path(folder)
    if not path.is_dir():
        raise UsageError(f"{folder} is no folder; give the folder that your runs lie in")
    return path.resolve()


def find(root: Path) -> list[Found]:
    """Runs and training folders below ``root`` (itself included), by name."""
    found = []
    for path, kind in _walk(root):
        below = path.relative_to(root).as_posix()
        # An id and no path: a URL can then name only what was found here, and `..`, an absolute
        # path or a link put there later leads nowhere.
        key = hashlib.sha256(os.fsencode(below)).hexdigest()[:12]
        found.append(Found(key, kind, root.name if below == "." else below, path))
    return sorted(found, key=lambda one: one.name)


def check_links(root: Path, folder: Path) -> None:
    """Refuse a folder that holds a symbolic link to anywhere outside the root.

    Raises RunError naming the link.
    """
    for link in links_out(folder, root):
        raise RunError(
            f"{folder.name} holds the link {link.relative_to(folder)} out of the folder that is "
            "viewed; copy what it points to, or view a folder that holds both"
        )


def _walk(root: Path) -> Iterator[tuple[Path, Kind]]:
    waiting, seen = [(root, 0)], 0
    while waiting and seen < MOST_FOLDERS:
        place, depth = waiting.pop()
        seen += 1
        kind = _kind(place)
        if kind is not None:
            yield place, kind
        if kind != "run" and depth < MOST_DEPTH:
            waiting += [(child, depth + 1) for child in _folders(place, kind)]


def _folders(place: Path, kind: Kind | None) -> list[Path]:
    skipped = {TRAINER, WATCH, ADAPTER} if kind == "training" else set()
    try:
        with os.scandir(place) as entries:
            return [
                Path(entry.path)
                for entry in entries
                if entry.is_dir(follow_symlinks=False)
                and not entry.name.startswith(".")
                and entry.name not in skipped
                and not (kind == "training" and entry.name.startswith(CHECKPOINT))
            ]
    except OSError:  # a folder that may not be listed holds nothing that can be shown
        return []


def _kind(place: Path) -> Kind | None:
    if _is_file(place / MANIFEST_FILE):
        return "run"
    if _is_file(place / POLICY_FILE) or _is_file(place / REQUEST_FILE):
        return "training"
    return "training" if _is_file(place / ABOUT_FILE) and is_watch(place) else None


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
