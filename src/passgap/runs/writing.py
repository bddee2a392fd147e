"""Writing in a folder that a stranger may have made: complete files, and no link is followed.

In: a folder, names in it, what to write. Out: the file, complete or not at all. A link inside the
folder could lead to any file of the user, so none is written through, whatever it points to; the
path to the folder may have links, which are the user's own. A link is a RunError, and what cannot
be written a WorkError.
"""

from __future__ import annotations

import fcntl
import glob
import os
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO, FileIO
from pathlib import Path

from passgap.errors import RunError, UsageError, WorkError


def own(root: Path, *names: str) -> Path:
    """``root/names...`` as a place to write at."""
    place = root
    for name in names:
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise RunError(
                f"{name[:80]!r} is not a valid file name in {root}, so nothing is "
                "written; use a plain file name"
            )
        place = place / name
        # A run folder may come from anywhere, and its ``latest`` may be a link to ~/.bashrc. The
        # check covers folders that do not change: against concurrent changes, files are made under
        # a fresh name (O_EXCL) and renamed, or opened with O_NOFOLLOW.
        if place.is_symlink():
            raise _linked(place, root)
    return place


def open_own(path: Path) -> int:
    """The descriptor of a file to read and append to, created if missing and not truncated."""
    if path.is_symlink():
        raise _linked(path, path.parent)
    if path.exists() and not path.is_file():
        raise RunError(f"{path} is not a regular file, so nothing is written; remove it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(path, flags, 0o644)
    except OSError as error:
        raise WorkError(
            f"cannot write {path.parent}: {error.strerror}; fix the permissions or give another "
            "folder (--out)"
        ) from error


def links_out(folder: Path, root: Path) -> Iterator[Path]:
    """The links in a folder that lead out of ``root``."""
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(place, name)
            leads_to = Path(os.path.realpath(path))  # Path.resolve raises at links in a circle
            if path.is_symlink() and not leads_to.is_relative_to(os.path.realpath(root)):
                yield path


def refuse_links_out(folder: Path) -> None:
    """Refuse a folder that other packages will write in, if a link in it leads out of it."""
    for link in links_out(folder, folder):
        raise _linked(link, folder)


def write_text(text: str, path: Path) -> None:
    """A small text file, complete or not at all."""
    write_bytes(text.encode(), path)


def write_bytes(data: bytes | memoryview, path: Path) -> None:
    """A file of bytes, complete or not at all; what killed writers of it left is removed."""
    _remove_leftovers(path)
    write_whole(path, lambda temporary: temporary.write_bytes(data))


def write_from(path: Path, write: Callable[[BytesIO], object]) -> None:
    """A file of what ``write(memory)`` writes, complete or not at all.

    polars tells a full disk as a malformed file: what it writes goes through memory.
    """
    memory = BytesIO()
    write(memory)
    write_bytes(memory.getbuffer(), path)


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Sync what ``write(temporary_path)`` writes and rename it to ``path``.

    A WorkError if it cannot be written, a UsageError if there is a folder, a device or a pipe;
    then ``path`` is as it was.
    """
    if os.path.exists(path) and not os.path.isfile(path):  # /dev/stdout would be replaced
        raise UsageError(f"{path} is not a regular file, so nothing is written; give another name")
    temporary = _temporary(path)
    try:
        with _cannot_write(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)  # it may be a link placed there by someone else
            made = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            with FileIO(made, "w") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # until it is done, or killed
                write(temporary)
                _sync(temporary)
                os.replace(temporary, path)
            _sync(path.parent)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to fill, which becomes ``out`` when the block ends; nothing is left if it fails.

    A command that is killed in the block can be run again. Raises RunError if ``out`` is there and
    is not an empty folder, WorkError if it cannot be written.
    """
    # An empty folder may be where the user's shell is, or a mount: it stays, and is filled.
    stays = out.is_dir()
    made = out / "new" if stays else out
    temporary = _temporary(made)
    with _cannot_write(out):
        _remove_leftovers(made)
        _refuse_full(out)
        temporary.mkdir(parents=True)
    try:
        with held(temporary):
            yield temporary
            with _cannot_write(out):
                for name in sorted(os.listdir(temporary)) if stays else ():
                    os.rename(temporary / name, out / name)
                if not stays:
                    os.rename(temporary, out)
                    _sync(out.parent)
    except WorkError as error:
        raise WorkError(str(error).replace(str(temporary), str(out))) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def _cannot_write(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WorkError(
            f"cannot write {path}: {error.strerror or error}; earlier files are intact: free "
            "space or fix the permissions, and run the same command again"
        ) from error


def _refuse_full(out: Path) -> None:
    """Refuse (RunError) a place that is there and is not an empty folder."""
    if not os.path.lexists(out):
        return
    if not out.is_dir():
        raise RunError(f"{out} is not a folder; give another --out")
    if any(out.iterdir()):
        raise RunError(f"{out} is not empty; give another --out")


def _temporary(path: Path) -> Path:
    """Where a file or folder is made before it has its name."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


def remove(path: Path) -> None:
    """Remove a file, a folder with all it holds, or a link, but not what it leads to."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_leftovers(path: Path) -> None:
    remove_abandoned(path.parent, f".{glob.escape(path.name)}.*.tmp")


def remove_abandoned(folder: Path, pattern: str) -> None:
    """Remove what killed writers left; a writer that lives holds a lock on its own."""
    for left in folder.glob(pattern):
        with suppress(OSError):
            if left.is_symlink():
                left.unlink()
                continue
            with held(left):
                remove(left)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """A file or folder that no other process holds; an OSError where one does."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _linked(place: Path, root: Path) -> RunError:
    copy = f"cp -rL {shlex.quote(str(root))} {shlex.quote(f'{root}-copy')}"
    return RunError(
        f"{place} is a link, and passgap does not write through links in a folder that may come "
        f"from someone else; copy the folder with the targets of its links ({copy}) and use the "
        "copy"
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
