"""A folder to read from: a local path, or any URL that fsspec opens (s3://, gs://, zip://...).

In: a path or a URL, which takes the extra ``remote``. Out: names, small texts, open files, lazy
frames. Nothing is written here: runs are written only to local paths.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, ParamSpec, Protocol, TypeVar, cast

import polars as pl
import pyarrow

from passgap.errors import PassgapError, RunError, UsageError
from passgap.plain import shareable
from passgap.runs.names import MANIFEST_FILE
from passgap.runs.remote import Remote

USER = re.compile(r"://([^/@\s]+)@")  # what a URL may hold before its host
P = ParamSpec("P")
T = TypeVar("T")


def is_run(where: Path | str) -> bool:
    """Whether a path or URL is a run folder."""
    return Place(where).exists(MANIFEST_FILE)


class Place:
    """A folder by path or URL; ``local`` is its path, None if it is remote.

    As text, it is without the keys that a URL may hold; ``name`` opens it again.
    """

    def __init__(self, where: Path | str) -> None:
        self.name = str(where)
        self.local = None if "://" in self.name else Path(self.name)
        self._files: _Files = _Disk()
        self._root = str(Path(self.name).absolute()).rstrip("/")
        if self.local is None:
            remote = self._call(Remote, self.name)
            self._files, self._root = remote, remote.root

    def __str__(self) -> str:
        return self.name if self.local is not None else shareable(self.name)

    def exists(self, name: str) -> bool:
        """Whether the folder holds this file."""
        return self._call(self._files.isfile, self._at(name))

    def names(self, folder: str) -> set[str]:
        """The names of the files in one of its folders; none where there is no such folder."""
        try:
            return set(self._call(self._files.ls, self._at(folder)))
        except FileNotFoundError:
            return set()

    def read_text(self, name: str) -> str:
        """A small text file."""
        return self.read_bytes(name).decode("utf-8", "replace")

    def read_bytes(self, name: str) -> bytes:
        """A small file."""
        return self._call(self._files.cat_file, self._at(name))

    def open(self, name: str) -> BinaryIO:
        """A file to read from."""
        return self._call(self._files.open, self._at(name))

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
        except (FileNotFoundError, PassgapError):
            raise
        except Exception as error:  # every file system has errors of its own
            why = " ".join(str(error).split())[:200] or type(error).__name__
            for key in USER.findall(self.name):
                why = why.replace(key, "[key]")
            why = shareable(why)
            raise UsageError(f"{self} cannot be read: {why}{self._advice()}") from error

    def _advice(self) -> str:
        if self.local is not None:
            return ""
        where = " (AWS_PROFILE, AWS_ENDPOINT_URL)" if self.name.startswith("s3://") else ""
        return f"; check the address and that your credentials may list and read it{where}"


class _Files(Protocol):
    """What reads files, by the names that fsspec gives these calls."""

    def isfile(self, path: str) -> bool: ...
    def ls(self, path: str) -> list[str]: ...
    def cat_file(self, path: str) -> bytes: ...
    def open(self, path: str) -> BinaryIO: ...


class _Disk:
    """The local disk."""

    def isfile(self, path: str) -> bool:
        return os.path.isfile(path)

    def ls(self, path: str) -> list[str]:
        return os.listdir(path)

    def cat_file(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def open(self, path: str) -> BinaryIO:
        # A pipe in a folder from a stranger would be waited for without end.
        if not os.path.isfile(path) and os.path.exists(path):
            raise IsADirectoryError(f"{path} is not a file")
        return cast(BinaryIO, pyarrow.OSFile(path, "rb"))
