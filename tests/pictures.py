"""Small images without any package, and problems about them."""

import base64
import struct
import zlib
from collections.abc import Sequence

from passgap.data.images import Image
from passgap.data.problems import Problem, ProblemSet

GIF = base64.b64decode("R0lGODlhAQABAIAAAAUEBAAAACwAAAAAAQABAAACAkQBADs=")
WEBP = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(16)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def png(red: int, side: int = 2) -> bytes:
    """A square of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = (b"\0" + bytes((red, 64, 128)) * side) * side
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def shown(number: int, pictures: Sequence[bytes] | None = None, **more: object) -> Problem:
    """A problem about its own image: the same question as all others."""
    images = tuple(map(Image.of, pictures if pictures is not None else [png(number)]))
    return Problem("How many squares are there?", str(number), "numeric", more, images)


def shown_set(size: int = 4) -> ProblemSet:
    return ProblemSet.of("squares", [shown(number) for number in range(1, size + 1)])
