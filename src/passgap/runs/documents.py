"""The JSON files of a run, a training and a watch folder: from bytes to a typed value.

Each names its schema. Errors distinguish a file of another version, a damaged one and one that
passgap did not write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from passgap.errors import RunError
from passgap.runs.writing import write_text

Kind = TypeVar("Kind")


class _Head(msgspec.Struct):
    schema: str | None = None


def decoded(
    data: bytes,
    name: object,
    kind: type[Kind],
    schema: str,
    repair: str,
    *,
    unsaid: str | None = None,
) -> Kind:
    """The value of type ``kind`` in a file that holds ``data`` and is called ``name`` in errors.

    It has to name ``schema``; ``unsaid`` is the schema of a file that names none, ``repair`` what
    to do about a damaged one. Raises RunError for another schema or another kind of value.
    """
    try:
        found = msgspec.json.decode(data, type=_Head).schema or unsaid
        if found == schema:
            return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RunError(
            f"{name} is damaged or was not written by passgap ({error}); {repair}"
        ) from error
    raise RunError(
        f"{name} has schema {found!r}, but this version of passgap reads {schema!r}: use the "
        "version that wrote it"
    )


def write_json(path: Path, data: Mapping[str, object]) -> None:
    """Write JSON, completely or not at all."""
    write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n", path)
