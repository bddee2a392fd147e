"""A folder to read from: a local path, or any URL that fsspec opens (s3://, gs://, zip://...).

In: a path or a URL, which takes the extra ``remote``. Out: names, small texts, open files, lazy
frames. Nothing is written here: runs are written only to local paths.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, ParamSpec, Protocol, TypeVar, cast

import polars as pl
import pyarrow

from passgap.errors import MissingExtraError, RunError, UsageError
from passgap.runs.names import MANIFEST_FILE

P = ParamSpec("P")
T = TypeVar("T")


def is_run(where: Path | str) -> bool:
    """Whether a path or URL is a run folder."""
    return Place(where).exists(MANIFEST_FILE)


class Place:
    """A folder by path or URL; ``local`` is its path, None if it is remote."""

    def __init__(self, where: Path | str) -> None:
        self.name = str(where)
        self.local = None if "://" in self.name else Path(self.name)
        self._files: _Files = _Disk()
        root = str(Path(self.name).absolute())
        if self.local is None:
            self._files, root = _opened(self.name)
        self._root = root.rstrip("/")

    def __str__(self) -> str:
        return self.name

    def exists(self, name: str) -> bool:
        """Whether the folder holds this file."""
        return self._call(self._files.isfile, self._at(name))

    def names(self, folder: str) -> set[str]:
        """The names of the files in one of its folders; none where there is no such folder."""
        try:
            listing = self._call(self._files.ls, self._at(folder), detail=False)
        except FileNotFoundError:
            return set()
        return {path.rstrip("/").rsplit("/", 1)[-1] for path in listing}

    def read_text(self, name: str) -> str:
        """A small text file."""
        return self.read_bytes(name).decode("utf-8", "replace")

    def read_bytes(self, name: str) -> bytes:
        """A small file."""
        return self._call(self._files.cat_file, self._at(name))

    def open(self, name: str) -> BinaryIO:
        """A file to read from."""
        return self._call(self._files.open, self._at(name), "rb")

    def scan(self, names: Sequence[str]) -> pl.LazyFrame:
        """Parquet files as one lazy frame; only the requested columns are read."""
        paths = [self._at(name) for name in names]
        if self.local is not None:
            for path in paths:  # a pipe would be waited for without end
                if not os.path.isfile(path):
                    raise RunError(
                        f"{path} is not a file; passgap check {self} says what repairs it"
                    )
            return pl.scan_parquet(paths, glob=False)
        import pyarrow.dataset  # here, since it imports pandas if that is installed
        import pyarrow.fs

        files = pyarrow.fs.PyFileSystem(pyarrow.fs.FSSpecHandler(self._files))
        return pl.scan_pyarrow_dataset(pyarrow.dataset.dataset(paths, filesystem=files))

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}" if self._root or self.local is not None else name

    def _call(self, function: Callable[P, T], *arguments: P.args, **options: P.kwargs) -> T:
        try:
            return function(*arguments, **options)
        except FileNotFoundError:
            raise
        except Exception as error:  # every file system has errors of its own
            raise UsageError(f"{self.name} cannot be read: {error}") from error


class _Files(Protocol):
    """What is needed from an fsspec file system."""

    def isfile(self, path: str) -> bool: ...
    def ls(self, path: str, detail: bool) -> list[str]: ...
    def cat_file(self, path: str) -> bytes: ...
    def open(self, path: str, mode: str) -> BinaryIO: ...


class _Disk:
    """The local disk, by the names that fsspec's file systems give these calls."""

    def isfile(self, path: str) -> bool:
        return os.path.isfile(path)

    def ls(self, path: str, detail: bool) -> list[str]:
        return os.listdir(path)

    def cat_file(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def open(self, path: str, mode: str) -> BinaryIO:
        # A pipe in a folder from a stranger would be waited for without end.
        if not os.path.isfile(path) and os.path.exists(path):
            raise IsADirectoryError(f"{path} is not a file")
        return cast(BinaryIO, pyarrow.OSFile(path, mode))


def _opened(url: str) -> tuple[_Files, str]:
    """The file system a URL names, and the path in it."""
    try:
        import fsspec.core
    except ImportError as error:
        raise MissingExtraError("fsspec", "remote") from error
    try:
        return cast("tuple[_Files, str]", fsspec.core.url_to_fs(url))
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"{url} cannot be opened: {error}; install the package that fsspec names, or give a "
            "local folder"
        ) from error
