"""Blocks in, HTML out: the page, a notebook's cell, and the viewer where it shows results.

In: blocks, and the templates of a place, a macro per kind of block. Out: markup in which every text
is made visible and escaped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, assert_never

import jinja2
from markupsafe import Markup

from passgap.show import blocks as b
from passgap.show.text import visible

if TYPE_CHECKING:
    from passgap.show.charts.parts import Spec

TEMPLATES = resources.files("passgap.show.page") / "templates"
LEVEL = 2  # of the first heading


class Painter:
    """Paints blocks with the macros of one template; ``picture`` paints a picture, or leaves it."""

    def __init__(self, macros: Any, picture: Callable[[b.Picture], Markup]) -> None:
        self._macros, self._picture = macros, picture

    def paint(self, blocks: Sequence[b.Block], level: int = LEVEL) -> Markup:
        """Blocks one after the other; titles begin at this level of heading."""
        return Markup("\n").join(self._one(block, level) for block in blocks)

    def _one(self, block: b.Block, level: int) -> Markup:
        macros = self._macros
        painted: Markup
        match block:
            case b.VerdictBlock():
                painted = macros.verdict(block)
            case b.Figures():
                painted = macros.figures(block.figures)
            case b.Table():
                painted = macros.table(block)
            case b.Fourfold():
                painted = macros.fourfold(block)
            case b.Picture():
                painted = self._picture(block)
            case b.Text():
                painted = macros.text(block)
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
            case b.Problems():
                painted = macros.problems(block)
            case b.Columns():
                painted = macros.columns(block.width, self.paint(block.blocks, level))
            case b.Folded():
                painted = macros.folded(block, self.paint(block.blocks, level + 1))
            case b.Section():
                painted = macros.section(block, level, self.paint(block.blocks, level + 1))
            case _:
                assert_never(block)
        return painted


def of_page(specs: Mapping[str, Spec]) -> Painter:
    """The page's painter; ``specs`` are the charts by name, drawn by its script.

    A picture without its spec is left out, as where a page has no script.
    """
    macros: Any = environment().get_template("blocks.html.j2").module

    def picture(block: b.Picture) -> Markup:
        spec = specs.get(block.name)
        if spec is None:
            return Markup("")
        on_log = '"type": "log"' in json.dumps(spec)  # which the page can make linear
        painted: Markup = macros.picture(block, spec["title"], on_log)
        return painted

    return Painter(macros, picture)


@cache
def environment() -> jinja2.Environment:
    """Templates in which all text is made visible and escaped, our own markup as it is."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(template),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def template(name: str) -> str:
    """One of the page's own files."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _shown(value: object) -> object:
    return value if isinstance(value, Markup | jinja2.Undefined) else visible(value)
