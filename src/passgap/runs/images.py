"""The images of a run's questions: ``images/<sha256>.<kind>``, each once, whole or not at all.

In: problems, to keep their images; the name of one, to read it. Out: files that are named after
their bytes, so that the same image of many questions is one file and a changed one is found. A name
reaches a path only where `Image.named` accepts it, and no link is followed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from passgap.data.images import MOST_BYTES, Image
from passgap.data.problems import Problem
from passgap.errors import PassgapError, RunError, UsageError
from passgap.runs.names import IMAGES
from passgap.runs.places import Place
from passgap.runs.writing import own, write_bytes


def write_images(folder: Path, problems: Iterable[Problem]) -> None:
    """Write the images that are not there as they should be."""
    for image in _distinct(problems):
        path = own(folder, IMAGES, image.name)
        if not (path.is_file() and _is_named(path.read_bytes(), image.name)):
            write_bytes(image.read(), path)


def read_stored(place: Place, name: str, repair: str) -> bytes:
    """The bytes of a run's image.

    Raises RunError, which ends with ``repair``, where it is missing, a link, or another image.
    """
    where = f"{IMAGES}/{Image.named(name, bytes).name}"
    try:
        if place.local is not None and _linked(place.local, name):
            raise OSError("it is a link, which may lead out of the run")
        with place.open(where) as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, UsageError) as error:
        if place.local is None and isinstance(error, UsageError):
            raise  # no fault of the image: permission, or the way to it
        missing = isinstance(error, FileNotFoundError)
        why = "is missing" if missing else f"cannot be read ({error})"
        raise RunError(f"{place}/{where} {why}; {repair}") from error
    if not _is_named(data, name):
        raise RunError(f"{place}/{where} is damaged: it is not the image of its name; {repair}")
    return data


def unreadable_images(problems: Iterable[Problem]) -> list[str]:
    """What is wrong with the images of a run's problems, one line each."""
    found = []
    for image in _distinct(problems):
        try:
            image.read()
        except RunError as error:
            found.append(str(error))
    return found


def _distinct(problems: Iterable[Problem]) -> list[Image]:
    return list(dict.fromkeys(image for problem in problems for image in problem.images))


def _is_named(data: bytes, name: str) -> bool:
    try:
        return Image.of(data).name == name
    except PassgapError:
        return False


def _linked(root: Path, name: str) -> bool:
    return (root / IMAGES).is_symlink() or (root / IMAGES / name).is_symlink()
