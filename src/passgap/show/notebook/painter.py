"""Blocks in, what a notebook shows out: static HTML, with the main picture as SVG.

The HTML holds no script and no style sheet. Every text passes `visible` and is escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any, assert_never

import jinja2
import vl_convert
from markupsafe import Markup

from passgap.data.identity import digest
from passgap.results.labels import Tone
from passgap.show import blocks as b
from passgap.show.charts.parts import Chart, sized
from passgap.show.text import visible
from passgap.show.theme import LIGHT

TEMPLATE = resources.files("passgap.show.notebook") / "notebook.html.j2"
SIZE = (560, 280)
TONES = {Tone.GOOD: LIGHT["good"], Tone.OPEN: LIGHT["open"], Tone.BAD: LIGHT["bad"]}


def paint(blocks: Sequence[b.Block]) -> str:
    """Blocks one under the other; of the pictures the first, of a table of problems its cells."""
    main = next(iter(b.pictures(blocks)), None)
    return str(_macros().whole(_all(blocks, main)))


def _all(blocks: Sequence[b.Block], main: b.Picture | None) -> Markup:
    return Markup("\n").join(_one(block, main) for block in blocks)


def _one(block: b.Block, main: b.Picture | None) -> Markup:
    macros = _macros()
    painted: Markup = Markup("")
    match block:
        case b.VerdictBlock():
            painted = macros.verdict(block, TONES[block.label.tone])
        case b.Figures():
            rows = [[one.name, one.value, one.after, one.note] for one in block.figures]
            painted = macros.table(b.Table(("", "", "", ""), rows, (0, 3)))
        case b.Table():
            painted = macros.table(block)
        case b.Fourfold() | b.Trends() | b.Problems():
            painted = macros.table(block.table())
        case b.Picture():
            painted = Markup(_svg(block.draw())) if block is main else Markup("")
        case b.Text():
            painted = macros.paragraph(block.text, block.tone)
        case b.Bullets():
            painted = macros.bullets(block.lines)
        case b.Notes():
            painted = macros.notes(block.lines)
        case b.Findings():
            painted = macros.findings(block.findings)
        case b.Terms():
            painted = macros.terms(block.terms)
        case b.Commands():
            painted = macros.commands(block.lines)
        case b.Columns():
            painted = _all(block.blocks, main)
        case b.Folded():
            painted = macros.folded(block.summary, _all(block.blocks, main))
        case b.Section():
            painted = macros.titled(block.title, _all(block.blocks, main))
        case _:
            assert_never(block)
    return painted


def _svg(drawn: Chart) -> str:
    """The chart as SVG whose ids are its own, so that two of a page do not share a clip path."""
    svg = str(vl_convert.vegalite_to_svg(json.dumps(sized(drawn, *SIZE))))
    own = digest(svg)
    return re.sub(r'(id="|url\(#)', rf"\g<1>p{own}-", svg)


@cache
def _macros() -> Any:
    environment = jinja2.Environment(
        autoescape=True,
        finalize=lambda value: value if isinstance(value, Markup) else visible(value),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).module
