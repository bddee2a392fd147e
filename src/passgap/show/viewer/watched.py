"""What `passgap watch` says of a training folder, worked out beside the pages.

In: a training or watch folder. Out: its lines and warnings as text, and, for a folder that holds
nothing but a watch, rows of steps. It is worked out anew when a part was added; until then, and
while that goes on, the last answer stands.
"""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

from passgap.data.journals import TrainingRow
from passgap.errors import PassgapError
from passgap.runs import is_watch
from passgap.runs.names import WATCH
from passgap.show.viewer.finding import Found
from passgap.show.viewer.jobs import Jobs
from passgap.show.watched import headline, sentences

KEPT = 64
NAMES = {"reward": "reward", "mixed": "mixed_share", "length": "completion_length"}


class Watches:
    """The last answer for each folder."""

    def __init__(self) -> None:
        self._jobs = Jobs(kept=KEPT)
        self._last: dict[str, dict[str, Any]] = {}

    def look(self, found: Found, seconds: float = 0.0) -> dict[str, Any] | None:
        """``Watching.to_dict()``, or ``fault`` in words; None where nothing is known yet."""
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


def lines_of(result: Mapping[str, Any] | None) -> dict[str, str]:
    """What to show of an answer: how far, what the numbers say, the early warnings."""
    if result is None:
        return {"headline": "", "lines": "", "warnings": ""}
    if "fault" in result:
        return {"headline": result["fault"], "lines": "", "warnings": ""}
    warnings = [
        f"{one['severity']}: {one['evidence']}; {one['remedy']}" for one in result["warnings"]
    ]
    return {
        "headline": headline(result),
        "lines": "\n".join(sentences(result)),
        "warnings": "\n".join(warnings),
    }


def step_rows(result: Mapping[str, Any] | None) -> list[TrainingRow]:
    """Rows as in training.jsonl, from the steps of an answer."""
    steps = [] if result is None else result.get("steps", [])
    return [
        TrainingRow(step=row["last_step"], **{to: row[name]["value"] for name, to in NAMES.items()})
        for row in steps
    ]


def _watched(place: Path) -> dict[str, Any]:
    from passgap.evidence.watching import watch_folder

    try:
        return watch_folder(place).to_dict()
    except PassgapError as error:
        return {"fault": str(error)}


def _parts(place: Path) -> list[Hashable]:
    """What changes whenever a part is added."""
    found: list[Hashable] = []
    for rank in sorted(place.glob("rank-*")):
        if rank.is_dir() and not rank.is_symlink():
            found += sorted(entry.name for entry in os.scandir(rank))
    return found
