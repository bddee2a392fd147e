"""Images of a question: their bytes, kind and SHA-256. Nothing here reads a file.

In: bytes, or the name of a stored image with what reads it. Out: an Image. The kind is what the
bytes say, never a name: SVG, which can hold scripts, is no kind that is allowed.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, cast

from passgap.errors import UsageError

Kind = Literal["png", "jpeg", "webp", "gif"]
MOST_BYTES = 16 << 20  # of one image
ALLOWED = "PNG, JPEG, WebP or GIF of at most 16 MiB"
_NAME = re.compile(r"([0-9a-f]{64})\.(png|jpeg|webp|gif)")
_BEGINS: dict[Kind, re.Pattern[bytes]] = {
    "png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "jpeg": re.compile(rb"\xff\xd8\xff"),
    "webp": re.compile(rb"RIFF.{4}WEBP", re.DOTALL),
    "gif": re.compile(rb"GIF8[79]a"),
}


@dataclass(frozen=True)
class Image:
    """One image of a question; equal where the bytes are.

    ``read`` gives the bytes each time they are needed: those of a run stay on disk until then.
    """

    sha256: str
    kind: Kind
    read: Callable[[], bytes] = field(compare=False, repr=False)

    @classmethod
    def of(cls, data: bytes) -> Image:
        """The image in ``data``.

        Raises UsageError for more than 16 MiB, and for anything but PNG, JPEG, WebP or GIF.
        """
        if len(data) > MOST_BYTES:
            raise UsageError(
                f"an image of more than {MOST_BYTES >> 20} MiB; allowed: {ALLOWED}: save it smaller"
            )
        kind = next((kind for kind, begins in _BEGINS.items() if begins.match(data)), None)
        if kind is None:
            raise UsageError(
                f"bytes that begin with {data[:12]!r} are no image; allowed: {ALLOWED}"
            )
        return cls(hashlib.sha256(data).hexdigest(), kind, partial(bytes, data))

    @classmethod
    def named(cls, name: str, read: Callable[[], bytes]) -> Image:
        """The image that is stored under ``name``; a ValueError for anything but such a name.

        The only check of names of images: what passes has no part of a path.
        """
        found = _NAME.fullmatch(str(name))  # a run from a stranger may have none
        if found is None:
            raise ValueError(f"{str(name)[:80]!r} is not the name of an image")
        return cls(found[1], cast(Kind, found[2]), read)

    @property
    def name(self) -> str:
        """The name under which it is stored: its SHA-256 and kind."""
        return f"{self.sha256}.{self.kind}"

    @property
    def mime(self) -> str:
        return f"image/{self.kind}"

    @property
    def data_url(self) -> str:
        """The image itself as a ``data:`` address."""
        return f"data:{self.mime};base64,{base64.b64encode(self.read()).decode()}"


def refuse_images(images: Iterable[object], where: str, instead: str) -> None:
    """Refuse (UsageError) problems whose ``images`` have any, for what reads only texts."""
    number = sum(1 for held in images if held)
    if number:
        has = "problem has" if number == 1 else "problems have"
        raise UsageError(f"{number} {has} images, which {where} cannot read; {instead}")
