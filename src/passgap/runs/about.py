"""What a watch folder is of: one small file that all ranks agree on.

In: JSON values. Out: ``about.json``, written once; one that differs is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from passgap.errors import RunError, UsageError
from passgap.runs.manifest import differing_keys
from passgap.runs.places import Place
from passgap.runs.shards import write_text

SCHEMA = "passgap.watch/1"
ABOUT_FILE = "about.json"


def is_watch(folder: Path | str) -> bool:
    """Whether a path or URL is a watch folder."""
    return Place(folder).exists(ABOUT_FILE)


def read_about(folder: Path | str) -> dict[str, Any]:
    """What the rows of a watch folder are of.

    Raises
    ------
    UsageError, RunError
        As in `read_watch`.
    """
    place = Place(folder)
    if not place.exists(ABOUT_FILE):
        raise UsageError(f"{folder} is no watch folder: it has no {ABOUT_FILE}")
    about: dict[str, Any] = json.loads(place.read_text(ABOUT_FILE))
    if about.get("schema") != SCHEMA:
        raise RunError(
            f"{folder} has schema {about.get('schema')!r}; this passgap reads {SCHEMA}: read it "
            "with the version that wrote it"
        )
    return about


def write_about(folder: Path, about: Mapping[str, Any]) -> None:
    """Write ``about.json`` where there is none; one that differs is refused.

    Raises
    ------
    RunError
        Naming the keys that differ.
    """
    if (folder / ABOUT_FILE).is_file():
        there = read_about(folder)
        differing = differing_keys(there, json.loads(json.dumps({"schema": SCHEMA, **about})))
        if differing:
            raise RunError(f"{folder} watches another run ({'; '.join(differing)}); choose another")
        return
    data = {"schema": SCHEMA, **about}
    write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", folder / ABOUT_FILE)
