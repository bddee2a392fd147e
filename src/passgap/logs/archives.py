"""Zip archives whose members may be zstandard, which the standard library of 3.11 cannot open.

In: a path. Out: the names of its members and their bytes, each checked against its checksum.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path
from types import TracebackType

import pyarrow

from passgap.errors import UsageError

STORED, DEFLATED, ZSTANDARD = 0, 8, 93
LARGEST = 1 << 30
READ_AT_ONCE = 1 << 16
_LOCAL_HEADER = struct.Struct("<26xHH")


class Archive:
    """A zip file, read member by member."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, OSError) as error:
            raise UsageError(
                f"{path} is not a complete zip archive ({error}); a log that is still being "
                "written, or was cut off, has no table of contents: let it finish, or copy it "
                "again"
            ) from error
        self._file = path.open("rb", READ_AT_ONCE)

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._zip.close()

    def names(self) -> list[str]:
        """The members' names, each once, in the order they were written."""
        return list(self._zip.NameToInfo)

    def read(self, name: str) -> bytes:
        """The bytes of one member.

        Raises UsageError if it is damaged, larger than 1 GiB, or compressed by another method.
        """
        info = self._zip.NameToInfo[name]
        if info.file_size > LARGEST:
            raise UsageError(f"{self.path}: {name} has {info.file_size:,} bytes; allowed: 1 GiB")
        # Only the member's own header says where the bytes begin: its extra field may be longer or
        # shorter than the one in the table of contents.
        self._file.seek(info.header_offset)
        name_length, extra_length = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
        self._file.seek(name_length + extra_length, 1)
        raw = self._file.read(info.compress_size)
        try:
            data = _inflated(raw, info)
        except (zlib.error, OSError, pyarrow.ArrowException) as error:
            raise UsageError(f"{self.path}: {name} is damaged ({error}); copy it again") from error
        if len(data) != info.file_size or zlib.crc32(data) != info.CRC:
            raise UsageError(f"{self.path}: {name} does not match its checksum; copy it again")
        return data


def _inflated(raw: bytes, info: zipfile.ZipInfo) -> bytes:
    if info.compress_type == STORED:
        return raw
    if info.compress_type == DEFLATED:
        return zlib.decompressobj(-15).decompress(raw, info.file_size + 1)
    if info.compress_type == ZSTANDARD:
        found: bytes = pyarrow.Codec("zstd").decompress(raw, info.file_size, asbytes=True)
        return found
    raise UsageError(
        f"{info.filename} is compressed with method {info.compress_type}; allowed: stored, "
        "deflate, zstandard"
    )
