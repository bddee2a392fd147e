"""Files at a URL, through fsspec: one listing, small files in one request each.

In: a URL (s3://, gs://, zip://...). Out: names, bytes, open files. An analysis reads a shard
several times, so the process keeps the small files it read last, up to KEPT bytes.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import BinaryIO, Protocol, cast

import pyarrow

from passgap.errors import MissingExtraError, UsageError
from passgap.plain import shareable

WHOLE = 8 << 20  # up to so many bytes, a file is read in one request
KEPT = 256 << 20
Info = Mapping[str, object]


class Remote:
    """The files below one URL, listed once: after the first of them was found.

    Paths are fsspec's, which begin with ``root``. One that is gone raises FileNotFoundError.
    """

    def __init__(self, url: str) -> None:
        self._fsspec, root = _opened(url)
        self.root = root.rstrip("/")
        self.protocol = self._fsspec.protocol  # pyarrow asks for it
        self._infos: dict[str, Info] = {}
        self._listed = False
        self._fsspec.invalidate_cache()  # another reader of this process may have listed it earlier

    def info(self, path: str) -> Info:
        """What the file system says about a file: ``size``, ``type`` and more."""
        if not self._infos:  # nothing is listed before its first file is known to be there
            self._infos[path] = self._fsspec.info(path)
        elif path not in self._infos:
            self._list()
        if path not in self._infos:
            raise FileNotFoundError(f"there is no {path}")
        return self._infos[path]

    def isfile(self, path: str) -> bool:
        try:
            return self.info(path)["type"] == "file"
        except FileNotFoundError:
            return False

    def ls(self, path: str) -> list[str]:
        """The names in a folder."""
        self._list()
        folder = path.strip("/")
        start = len(folder) + 1 if folder else 0
        inside = (one.lstrip("/") for one in self._infos)
        return [one[start:].split("/")[0] for one in inside if one[:start] in ("", f"{folder}/")]

    def cat_file(self, path: str) -> bytes:
        info = self.info(path)
        size = cast(int, info["size"])
        if size > WHOLE:
            return self.read_range(path, 0, size)
        key = (str(self.protocol), path, str(info))
        found = KEPT_FILES.get(key)
        if found is None:
            found = self.read_range(path, 0, size) if size else b""
            KEPT_FILES.put(key, found)
        return found

    def open(self, path: str, mode: str = "rb") -> BinaryIO:
        """A file that can be read from any place; of a large one, only the asked parts are read."""
        self._list()
        size = cast(int, self.info(path)["size"])
        if size <= WHOLE:
            return cast(BinaryIO, pyarrow.BufferReader(self.cat_file(path)))
        return cast(BinaryIO, _Parts(self, path, size))

    def read_range(self, path: str, start: int, end: int) -> bytes:
        return self._fsspec.cat_file(path, start=start, end=end)

    def _list(self) -> None:
        if not self._listed:
            found = self._fsspec.find(self.root, detail=True)
            self._infos = {**found, **self._infos}
            self._listed = True


class _Parts(io.RawIOBase):
    """A large file; every read is one request for just these bytes."""

    def __init__(self, remote: Remote, path: str, size: int) -> None:
        self._remote, self._path, self._size, self._at = remote, path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        from_where = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}
        self._at = max(0, from_where[whence] + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        end = self._size if size < 0 else min(self._size, self._at + size)
        if end <= self._at:
            return b""
        found = self._remote.read_range(self._path, self._at, end)
        self._at += len(found)
        return found

    def readall(self) -> bytes:
        return self.read()


class KeptFiles:
    """The files read last, up to a number of bytes; for many threads."""

    def __init__(self, limit: int) -> None:
        self._limit, self._held = limit, 0
        self._files: OrderedDict[tuple[str, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> bytes | None:
        with self._lock:
            found = self._files.get(key)
            if found is not None:
                self._files.move_to_end(key)
            return found

    def put(self, key: tuple[str, ...], content: bytes) -> None:
        with self._lock:
            self._held += len(content) - len(self._files.pop(key, b""))
            self._files[key] = content
            while self._held > self._limit:
                self._held -= len(self._files.popitem(last=False)[1])


KEPT_FILES = KeptFiles(KEPT)


class _Fsspec(Protocol):
    """What is needed from an fsspec file system."""

    protocol: str | tuple[str, ...]

    def info(self, path: str) -> Info: ...
    def find(self, path: str, detail: bool) -> dict[str, Info]: ...
    def cat_file(self, path: str, start: int, end: int) -> bytes: ...
    def invalidate_cache(self) -> None: ...


def _opened(url: str) -> tuple[_Fsspec, str]:
    """The file system a URL names, and the path in it."""
    try:
        import fsspec.core
    except ImportError as error:
        raise MissingExtraError("fsspec", "remote") from error
    try:
        return cast("tuple[_Fsspec, str]", fsspec.core.url_to_fs(url))
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"{shareable(url)} cannot be opened: {shareable(str(error))}; install the package that "
            "fsspec names, or give a local folder"
        ) from error
