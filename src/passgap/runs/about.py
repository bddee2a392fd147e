"""What a watch folder records: one small file that all ranks agree on.

In: JSON values. Out: ``about.json``, written once; a different one is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from passgap.errors import RunError, UsageError
from passgap.runs.documents import decoded, write_json
from passgap.runs.manifest import differing_keys
from passgap.runs.names import ABOUT_FILE
from passgap.runs.places import Place
from passgap.runs.writing import own

SCHEMA = "passgap.watch/1"
Kind = TypeVar("Kind")


class WatchAbout(msgspec.Struct, frozen=True):
    """What is known about every row: ``step`` is ``visits`` if the trainer gave no step."""

    step: str = "trainer"
    group_size: int | None = None


def is_watch(folder: Path | str) -> bool:
    """Whether a path or URL is a watch folder."""
    return Place(folder).exists(ABOUT_FILE)


def read_about(folder: Path | str) -> WatchAbout:
    """What the rows of a watch folder are; raises what `read_watch` raises."""
    return _read(folder, WatchAbout)


def write_about(folder: Path, about: Mapping[str, object]) -> None:
    """Write ``about.json`` if there is none; a RunError names the keys of one that differs."""
    data = {"schema": SCHEMA, **about}
    if not is_watch(folder):
        write_json(own(folder, ABOUT_FILE), data)
        return
    differing = differing_keys(_read(folder, dict[str, object]), json.loads(json.dumps(data)))
    if differing:
        raise RunError(
            f"{folder} watches another run ({'; '.join(differing)}); choose another folder"
        )


def _read(folder: Path | str, kind: type[Kind]) -> Kind:
    place = Place(folder)
    if not place.exists(ABOUT_FILE):
        raise UsageError(
            f"{folder} is not a watch folder: it has no {ABOUT_FILE}; give the folder that "
            "passgap.Watch writes"
        )
    file, repair = f"{folder}/{ABOUT_FILE}", "copy the folder again from where it was recorded"
    return decoded(place.read_bytes(ABOUT_FILE), file, kind, SCHEMA, repair)
