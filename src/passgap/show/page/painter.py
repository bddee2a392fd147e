"""Blocks in, HTML out: what the page is made of, and the viewer where it shows results.

Every text is made visible and escaped; the markup is that of ``blocks.html.j2``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, assert_never

import jinja2
from markupsafe import Markup

from passgap.show.blocks import (
    Block,
    Bullets,
    Columns,
    Commands,
    Figures,
    Findings,
    Folded,
    Fourfold,
    Notes,
    Picture,
    Problems,
    Section,
    Table,
    Terms,
    Text,
    Trends,
    VerdictBlock,
)
from passgap.show.text import visible

if TYPE_CHECKING:
    from passgap.show.charts.parts import Spec

TEMPLATES = resources.files("passgap.show.page") / "templates"


class Painter:
    """Paints blocks; ``specs`` are the charts by name, drawn by the page's script.

    A picture without its spec is left out, as where a page has no script.
    """

    def __init__(self, specs: Mapping[str, Spec] | None = None) -> None:
        self._specs = specs or {}
        self._macros: Any = environment().get_template("blocks.html.j2").module

    def paint(self, blocks: Sequence[Block], level: int = 2) -> Markup:
        """Blocks one after the other; titles begin at this level of heading."""
        return Markup("\n").join(self._one(block, level) for block in blocks)

    def _one(self, block: Block, level: int) -> Markup:
        macros = self._macros
        painted: Markup
        match block:
            case VerdictBlock():
                painted = macros.verdict(block)
            case Figures():
                painted = macros.figures(block.figures)
            case Table():
                painted = macros.table(block)
            case Fourfold():
                painted = macros.fourfold(block)
            case Picture():
                painted = self._picture(block)
            case Trends():
                painted = macros.table(block.table())
            case Text():
                painted = macros.text(block)
            case Bullets():
                painted = macros.bullets(block.lines)
            case Notes():
                painted = macros.notes(block.lines)
            case Findings():
                painted = macros.findings(block.findings)
            case Terms():
                painted = macros.terms(block.terms)
            case Commands():
                painted = macros.commands(block.lines)
            case Problems():
                painted = macros.problems(block)
            case Columns():
                painted = macros.columns(block.width, self.paint(block.blocks, level))
            case Folded():
                painted = macros.folded(block, self.paint(block.blocks, level + 1))
            case Section():
                painted = macros.section(block, level, self.paint(block.blocks, level + 1))
            case _:
                assert_never(block)
        return painted

    def _picture(self, picture: Picture) -> Markup:
        spec = self._specs.get(picture.name)
        if spec is None:
            return Markup("")
        painted: Markup = self._macros.picture(picture, spec["title"], _is_on_log(spec))
        return painted


def _is_on_log(spec: Spec) -> bool:
    """Whether a chart has a logarithmic axis, which the page can make linear."""
    return '"type": "log"' in json.dumps(spec)


@cache
def environment() -> jinja2.Environment:
    """The page's templates: all text made visible and escaped, our own markup as it is."""
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
