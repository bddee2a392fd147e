"""JSON read piece by piece, so that a document of any size needs the memory of one member.

In: an open text file. Out: the requested values; the rest is read and dropped. A value or line of
more than LARGEST characters is refused: as Python's objects it may take 15 bytes for each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TextIO, TypeVar

from passgap.errors import UsageError

CHUNK = 1 << 20
LARGEST = 50_000_000
_DECODE = json.JSONDecoder().raw_decode
SPACE = " \t\r\n"
# A string, with its last quote if it ends in the text read so far; or a bracket.
_PIECE = re.compile(r'"(?:[^"\\]++|\\.)*+("?)|[{}\[\]]', re.DOTALL)
_IN_STRING = re.compile(r'(?:[^"\\]++|\\.)*+', re.DOTALL)
T = TypeVar("T")


class TooLargeError(UsageError):
    """A value or line that cannot be read at once."""

    def __init__(self, where: str, size: int) -> None:
        super().__init__(
            f"{where} has {size:,} characters; at most {LARGEST:,} are read at once: write a log "
            "with one line per sample, or one file per problem"
        )


def read_line(file: TextIO, name: str, number: int) -> str:
    """The next line, empty at the end; ``name`` and ``number`` are for a TooLargeError."""
    line = file.readline(LARGEST + 1)
    if len(line) <= LARGEST:
        return line
    size = len(line.rstrip("\n"))
    while line and not line.endswith("\n"):
        line = file.readline(CHUNK)
        size += len(line.rstrip("\n"))
    raise TooLargeError(f"{name} line {number}", size)


class JsonStream:
    """A cursor in a JSON document, which errors call ``name``.

    ``members`` and ``elements`` walk the object or array at the cursor. Before the next step the
    caller takes what is there with ``value``, walks into it, or leaves it (it is then dropped).
    """

    def __init__(self, file: TextIO, name: str) -> None:
        self._file, self._name = file, name
        self._text, self._at, self._ended = "", 0, False
        self._taken = 0
        self._before = 0  # characters forgotten, before the text held now
        self._place = ""  # the element or member that was offered last

    @property
    def read(self) -> int:
        """How many characters the cursor is from the beginning."""
        return self._before + self._at

    def kind(self) -> str:
        """The first character of the value at the cursor, empty at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in SPACE:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def value(self) -> object:
        """The whole value at the cursor; a TooLargeError where it does not fit."""
        self.kind()
        while True:
            try:
                found, end = _DECODE(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > LARGEST:
                    self._refuse_large()
                elif self._more():
                    continue
                raise self._broken(str(error)) from error
            except (RecursionError, ValueError) as error:  # nested too deep, or a huge number
                raise self._broken(str(error)) from error
            if isinstance(found, int | float) and len(self._text) - end < 4 and self._more():
                continue  # a number may go on: 1 is also the beginning of 1.5e-3
            if end - self._at > LARGEST:
                self._refuse_large()
            self._at = end
            self._taken += 1
            return found

    def members(self) -> Iterator[str]:
        """The keys of the object at the cursor, the cursor at each key's value."""
        for _ in self._items("{", "}"):
            key = str(self.value())
            self._expect(":")
            self._place = f", the value of {key[:40]!r},"
            yield from self._offered(key)

    def elements(self) -> Iterator[None]:
        """One step for every element of the array at the cursor."""
        for number, _ in enumerate(self._items("[", "]"), start=1):
            self._place = f", element {number},"
            yield from self._offered(None)

    def _items(self, opening: str, closing: str) -> Iterator[None]:
        self._expect(opening)
        if self.kind() == closing:
            self._expect(closing)
            return
        while True:
            yield
            if self.kind() == closing:
                self._expect(closing)
                return
            self._expect(",")

    def _offered(self, key: T) -> Iterator[T]:
        # The caller may take the value, walk into it or leave it. If nothing has ended since, it
        # was left; then it is read here, because the cursor has to be after it.
        before = self._taken
        yield key
        if self._taken == before:
            self._skip()

    def _refuse_large(self) -> None:
        """Refuse the value at the cursor by its size, if that is why it could not be read."""
        start = self.read
        self._skip()
        size = self.read - start
        if size > LARGEST:
            raise TooLargeError(f"{self._name}{self._place}", size)

    def _skip(self) -> None:
        """Go past the value at the cursor; nothing is built for it."""
        if self.kind() == '"':
            self._skip_string()
            self._taken += 1
            return
        if self.kind() not in ("{", "["):
            self.value()
            return
        depth = 0
        while True:
            for piece in _PIECE.finditer(self._text, self._at):
                self._at = piece.end()
                if piece[0][0] == '"':
                    if not piece[1]:
                        self._at = piece.start()
                        self._skip_string()  # it goes on in the text that comes next
                        break
                    continue
                depth += 1 if piece[0] in "{[" else -1
                if depth == 0:
                    self._taken += 1
                    return
            else:
                self._at = len(self._text)
                self._read_on()

    def _skip_string(self) -> None:
        """Go past the string at the cursor."""
        self._at += 1
        while True:
            found = _IN_STRING.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._text[self._at : self._at + 1] == '"':
                self._at += 1
                return
            self._read_on()

    def _read_on(self) -> None:
        if not self._more():
            raise self._broken("it ends within a value")

    def _expect(self, character: str) -> None:
        found = self.kind()
        if found != character:
            raise self._broken(f"{character!r} expected, {found or 'the end'!r} found")
        self._at += 1
        if character in "}]":
            self._taken += 1

    def _more(self) -> bool:
        """Read on; what is before the cursor is forgotten."""
        if self._ended:
            return False
        rest = self._text[self._at :]
        # A value that does not fit is parsed again from its start. Each read doubles the text, so
        # it is parsed only a few times and the work stays linear.
        chunk = self._file.read(max(CHUNK, min(len(rest), LARGEST - len(rest))))
        if not chunk:
            self._ended = True
            return False
        self._before += self._at
        self._text, self._at = rest + chunk, 0
        return True

    def _broken(self, why: str) -> UsageError:
        return UsageError(f"{self._name} is not complete JSON ({why}); export the log again")
