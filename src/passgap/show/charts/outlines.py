"""An SVG's text as outlines, so that it looks the same where its font is not installed.

In: an SVG as Vega writes it, and the PDF that vl-convert makes of it, which embeds the letters it
uses. Out: the same SVG with a path for each text. Of PDF and TrueType only what such files hold is
read: one plain object after the other, glyphs by number, contours of straight and quadratic pieces.
A text with a letter that no embedded TrueType font has stays text.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import NamedTuple

POINTS = 72  # per inch
OBJECT = re.compile(rb"(?:^|\n)(\d+) 0 obj\b(.*?)\bendobj", re.S)
STREAM = re.compile(rb"stream\r?\n(.*)\nendstream", re.S)
PAIR = re.compile(r"<([0-9A-Fa-f]{4})>\s*<([0-9A-Fa-f]+)>")
TEXT = re.compile(r"<text([^>]*)>([^<]*)</text>")
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
TURNED = {"start": 0.0, "middle": 0.5, "end": 1.0}
OFFSETS = {"x", "y", "dx", "dy"}
FONTS = {"font-size", "font-family", "font-weight", "font-style", "text-anchor"}
OF_TEXT = FONTS | OFFSETS | {"aria-label"}
ON_CURVE, SHORT_X, SHORT_Y, REPEAT, SAME_X, SAME_Y = 1, 2, 4, 8, 16, 32
WORDS, SCALE, XY_SCALE, TWO_BY_TWO, MORE = 1, 8, 64, 128, 32  # flags of a composite glyph

Contour = list[tuple[float, float, bool]]


class Glyph(NamedTuple):
    """A letter's contours, and how far it moves the next one, both in parts of the font's size."""

    contours: list[Contour]
    advance: float


def in_inches(svg: str) -> str:
    """The same SVG, its size in inches: a point of Vega's is one on paper."""

    def told(found: re.Match[str]) -> str:
        width, height = (f"{float(found[i]) / POINTS:g}in" for i in (1, 2))
        return f'width="{width}" height="{height}"'

    return SIZE.sub(told, svg, count=1)


def outlined(svg: str, pdf: bytes) -> str:
    """The SVG with its texts as paths, drawn from the fonts that the PDF embeds."""
    letters = _letters(pdf)
    return TEXT.sub(lambda found: _path(found, letters) or found[0], svg)


def _path(found: re.Match[str], letters: Mapping[str, Glyph]) -> str:
    """A text element as a path; empty where a letter is not known."""
    given, text = dict(ATTRIBUTE.findall(found[1])), unescape(found[2])
    glyphs = _spelled(text, letters)
    if glyphs is None:
        return ""
    size = float(given["font-size"].removesuffix("px"))
    width = size * sum(glyph.advance for glyph in glyphs)
    at = float(given.get("x", 0)) - width * TURNED[given.get("text-anchor", "start")]
    height = float(given.get("y", 0)) + float(given.get("dy", 0))
    pieces = []
    for glyph in glyphs:
        pieces += [_drawn(contour, at, height, size) for contour in glyph.contours]
        at += size * glyph.advance
    kept = " ".join(f'{name}="{value}"' for name, value in given.items() if name not in OF_TEXT)
    return f'<path {kept} aria-label="{escape(text)}" d="{"".join(pieces)}"/>'


def _spelled(text: str, letters: Mapping[str, Glyph]) -> list[Glyph] | None:
    """The glyphs of a text, ligatures first; None where a letter is not among them."""
    longest, found, at = max(map(len, letters), default=1), [], 0
    while at < len(text):
        fits = (text[at : at + n] for n in range(longest, 0, -1))
        name = next((one for one in fits if one in letters), None)
        if name is None:
            return None
        found.append(letters[name])
        at += len(name)
    return found


def _drawn(contour: Contour, x: float, y: float, size: float) -> str:
    """One closed contour as path data: off-curve points bend, two in a row meet halfway."""

    def at(px: float, py: float) -> str:
        return f"{x + size * px:.2f} {y - size * py:.2f}"

    points: Contour = []
    for (ax, ay, on), (bx, by, next_on) in zip(contour, [*contour[1:], contour[0]], strict=True):
        points.append((ax, ay, on))
        if not on and not next_on:
            points.append(((ax + bx) / 2, (ay + by) / 2, True))
    first = next((i for i, point in enumerate(points) if point[2]), 0)
    points = points[first:] + points[:first]
    path, bend = [f"M{at(*points[0][:2])}"], ""
    for px, py, on in [*points[1:], points[0]]:
        if not on:
            bend = at(px, py)
        elif bend:
            path.append(f"Q{bend} {at(px, py)}")
            bend = ""
        else:
            path.append(f"L{at(px, py)}")
    return "".join([*path, "Z"])


# --------------------------------------------------------------------- the fonts in a PDF


def _letters(pdf: bytes) -> dict[str, Glyph]:
    """The embedded TrueType letters by what they stand for, a ligature by its letters."""
    objects = {int(found[1]): found[2] for found in OBJECT.finditer(pdf)}
    letters: dict[str, Glyph] = {}
    for body in objects.values():
        if b"/Type0" not in body or b"/ToUnicode" not in body:
            continue
        descendant = objects[_reference(body, b"DescendantFonts")]
        descriptor = objects[_reference(descendant, b"FontDescriptor")]
        if b"/FontFile2" in descriptor:
            font = _Font(_stream(objects[_reference(descriptor, b"FontFile2")]))
            for glyph, name in _named(_stream(objects[_reference(body, b"ToUnicode")])):
                letters.setdefault(name, font.glyph(glyph))
    return letters


def _reference(body: bytes, name: bytes) -> int:
    found = re.search(rb"/" + name + rb"\s*\[?\s*(\d+) 0 R", body)
    if found is None:
        raise ValueError(f"a font of this PDF names no {name.decode()}")
    return int(found[1])


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    if found is None:
        raise ValueError("an object of this PDF holds no stream")
    return zlib.decompress(found[1]) if b"/FlateDecode" in body else found[1]


def _named(cmap: bytes) -> Iterator[tuple[int, str]]:
    """Glyph numbers with the letters they stand for."""
    for block in re.findall(r"beginbfchar(.*?)endbfchar", cmap.decode("latin-1"), re.S):
        for glyph, letters in PAIR.findall(block):
            yield int(glyph, 16), bytes.fromhex(letters).decode("utf-16-be")


class _Font:
    """The glyphs of one TrueType file, by number."""

    def __init__(self, data: bytes) -> None:
        count = struct.unpack_from(">H", data, 4)[0]
        self._tables = {}
        for i in range(count):
            name, _, start, length = struct.unpack_from(">4sIII", data, 12 + 16 * i)
            self._tables[name.decode()] = data[start : start + length]
        self._unit = struct.unpack_from(">H", self._tables["head"], 18)[0]
        self._long = struct.unpack_from(">h", self._tables["head"], 50)[0]
        self._metrics = struct.unpack_from(">H", self._tables["hhea"], 34)[0]

    def glyph(self, number: int) -> Glyph:
        """One glyph in parts of the font's size."""
        at = 4 * min(number, self._metrics - 1)
        advance = struct.unpack_from(">H", self._tables["hmtx"], at)[0]
        contours = [
            [(x / self._unit, y / self._unit, on) for x, y, on in contour]
            for contour in self._contours(number)
        ]
        return Glyph(contours, advance / self._unit)

    def _contours(self, number: int) -> list[Contour]:
        form, size, unit = (">I", 4, 1) if self._long else (">H", 2, 2)
        places = (
            unit * struct.unpack_from(form, self._tables["loca"], size * i)[0]
            for i in (number, number + 1)
        )
        start, end = places
        data = self._tables["glyf"][start:end]
        if not data:
            return []
        count = struct.unpack_from(">h", data)[0]
        return _simple(data, count) if count >= 0 else self._composite(data)

    def _composite(self, data: bytes) -> list[Contour]:
        """Other glyphs, each moved: accents over letters."""
        found, at, more = [], 10, True
        while more:
            flags, number = struct.unpack_from(">HH", data, at)
            form = ">hh" if flags & WORDS else ">bb"
            dx, dy = struct.unpack_from(form, data, at + 4)
            at += 4 + struct.calcsize(form)
            if flags & (SCALE | XY_SCALE | TWO_BY_TWO):
                raise ValueError("a letter of this font is a scaled copy of another one")
            found += [
                [(x + dx, y + dy, on) for x, y, on in contour] for contour in self._contours(number)
            ]
            more = bool(flags & MORE)
        return found


def _simple(data: bytes, count: int) -> list[Contour]:
    """Contours of a glyph that is drawn by itself."""
    ends = struct.unpack_from(f">{count}H", data, 10)
    at = 10 + 2 * count
    at += 2 + struct.unpack_from(">H", data, at)[0]
    flags: list[int] = []
    while len(flags) < ends[-1] + 1:
        flag = data[at]
        repeats = data[at + 1] if flag & REPEAT else 0
        flags += [flag] * (1 + repeats)
        at += 2 if flag & REPEAT else 1
    xs, at = _coordinates(data, at, flags, SHORT_X, SAME_X)
    ys, at = _coordinates(data, at, flags, SHORT_Y, SAME_Y)
    points = [(x, y, bool(f & ON_CURVE)) for x, y, f in zip(xs, ys, flags, strict=True)]
    starts = [0, *(end + 1 for end in ends[:-1])]
    return [points[a : b + 1] for a, b in zip(starts, ends, strict=True)]


def _coordinates(
    data: bytes, at: int, flags: list[int], short: int, same: int
) -> tuple[list[float], int]:
    """Coordinates from their differences, and where the next ones begin."""
    value, found = 0, []
    for flag in flags:
        if flag & short:
            value += data[at] if flag & same else -data[at]
            at += 1
        elif not flag & same:
            value += struct.unpack_from(">h", data, at)[0]
            at += 2
        found.append(float(value))
    return found, at
