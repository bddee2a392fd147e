"""The images of problems: from a path, bytes, a data URL or a row's fields to Images.

In: what stands in ``image`` or ``images`` of a problem file, as people and the data sets of the hub
write it. Out: Images, read once and checked. Nothing is downloaded.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from passgap.data.images import ALLOWED, MOST_BYTES, Image
from passgap.errors import UsageError

FIELDS = ("images", "image")
_DATA_URL = re.compile(r"data:[\w./+-]*;base64,")
_BASE64 = re.compile(r"iVBORw0KGgo|/9j/|UklGR|R0lGOD")  # how the four kinds begin
_LONGEST_PATH = 4096


def read_image(source: object, folder: Path = Path()) -> Image:
    """One image.

    Parameters
    ----------
    source
        A path, absolute or relative to ``folder``; bytes; a ``data:image/..;base64,`` URL or the
        base64 text alone; or what the data sets of the hub hold, a mapping with ``bytes`` and
        ``path``. An Image is returned as it is.
    folder
        Where relative paths begin; the current folder by default.

    Raises
    ------
    UsageError
        For what is not found, is too large, or is not PNG, JPEG, WebP or GIF.
    """
    if isinstance(source, Image):
        return source
    if isinstance(source, Mapping):
        held = source.get("bytes")
        return read_image(source.get("path") if held is None else held, folder)
    if isinstance(source, bytes | bytearray | memoryview):
        return Image.of(bytes(source))
    if isinstance(source, Path):
        return _of_file(source, folder)
    if isinstance(source, str) and source:
        return _of_text(source, folder)
    raise UsageError(
        f"an image is {type(source).__name__}; allowed: a path, bytes, a data URL, or a mapping "
        "with bytes or path"
    )


def images_of(
    row: Mapping[str, object], folder: Path, fields: Iterable[str] = FIELDS
) -> tuple[tuple[Image, ...], str]:
    """The images of a row and the field they are in: the first of ``fields`` that holds any."""
    for name in fields:
        sources = _several(row.get(name))
        if sources:
            return tuple(read_image(one, folder) for one in sources), name
    return (), ""


def _several(value: object) -> list[object]:
    if isinstance(value, str) and value.startswith("["):  # a list in a CSV file
        try:
            value = json.loads(value)
        except ValueError:
            return [value]
    several = value if isinstance(value, list | tuple) else [value]
    return [one for one in several if one is not None and one != ""]


def _of_text(text: str, folder: Path) -> Image:
    if (url := _DATA_URL.match(text)) is not None:
        return Image.of(_decoded(text[url.end() :]))
    if "://" in text[:16] or text.startswith("data:"):
        raise UsageError(
            f"image {text[:80]!r} is an address; allowed: a file, bytes, or a base64 data URL: "
            "download it first"
        )
    if _BASE64.match(text) and not (len(text) < _LONGEST_PATH and (folder / text).is_file()):
        return Image.of(_decoded(text))
    return _of_file(Path(text), folder)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise UsageError(
            f"image {text[:40]!r} is not base64; allowed: {ALLOWED} in base64"
        ) from None


def _of_file(path: Path, folder: Path) -> Image:
    named = str(path)[:200]
    try:
        if not (folder / path).is_file():  # a pipe would be waited for without end
            raise FileNotFoundError(f"there is no such file in {folder.absolute()}")
        with (folder / path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"image {named!r} cannot be read ({error}); give a path from the folder of the "
            "problem file, or an absolute one"
        ) from error
    try:
        return Image.of(data)
    except UsageError as error:
        raise UsageError(f"image {named!r}: {error}") from error
