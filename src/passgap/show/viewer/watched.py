"""What `passgap watch` says of a training folder, computed in the background.

In: a training or watch folder. Out: the result, its headline, and, for a folder that holds nothing
but a watch, rows of steps. It is worked out again when a part was added; until then, and while that
goes on, the last answer stands.
"""

from __future__ import annotations

import os
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING

from passgap.data.journals import TrainingRow
from passgap.errors import PassgapError
from passgap.runs import is_watch
from passgap.runs.names import WATCH
from passgap.show.viewer.finding import Found
from passgap.show.viewer.jobs import Jobs

if TYPE_CHECKING:
    from passgap.results.watching import Watching

KEPT = 64


class Watches:
    """The last answer for each folder."""

    def __init__(self) -> None:
        self._jobs = Jobs(kept=KEPT)
        self._last: dict[str, Watching | str] = {}

    def look(self, found: Found, seconds: float = 0.0) -> Watching | str | None:
        """What is known, or a fault in words; None where nothing is known yet."""
        place = watch_of(found.path)
        if place is None:
            return None
        job = self._jobs.ask((found.id, *_parts(place)), lambda: _watched(place), seconds)
        if job.done():
            self._last[found.id] = job.result()
        return self._last.get(found.id)

    def stop(self) -> None:
        """Begin no further work."""
        self._jobs.stop()


def watch_of(folder: Path) -> Path | None:
    """The watch folder: ``folder`` itself, or the one in it; no link is followed."""
    for place in (folder / WATCH, folder):
        if not place.is_symlink() and is_watch(place):
            return place
    return None


def headline_of(result: Watching | str | None) -> str:
    """How far a watched run is, or the fault of its record; empty where nothing is known."""
    if result is None or isinstance(result, str):
        return result or ""
    from passgap.show.contents.watching import headline

    return headline(result)


def step_rows(result: Watching | str | None) -> list[TrainingRow]:
    """Rows as in training.jsonl, from the steps of an answer."""
    steps = () if result is None or isinstance(result, str) else result.steps
    return [
        TrainingRow(
            step=row.last_step,
            reward=row.reward.value,
            mixed_share=row.mixed.value,
            completion_length=row.length.value,
        )
        for row in steps
    ]


def _watched(place: Path) -> Watching | str:
    from passgap.evidence.watching import watch_folder

    try:
        return watch_folder(place)
    except PassgapError as error:
        return str(error)


def _parts(place: Path) -> list[Hashable]:
    """What changes whenever a part is added."""
    found: list[Hashable] = []
    for rank in sorted(place.glob("rank-*")):
        if rank.is_dir() and not rank.is_symlink():
            found += sorted(entry.name for entry in os.scandir(rank))
    return found
