"""Blocks in, HTML out: the page, a notebook's cell, and the viewer where it shows results.

In: blocks, and the templates of a place, a macro per kind of block. Out: markup in which every text
is made visible and escaped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, assert_never

import jinja2
from jinja2.environment import TemplateModule
from markupsafe import Markup, escape

from passgap.show import blocks as b
from passgap.show.text import held, visible

if TYPE_CHECKING:
    from passgap.show.charts.parts import Spec

TEMPLATES = resources.files("passgap.show.page") / "templates"
LEVEL = 2  # of the first heading


class Painter:
    """Paints blocks with the macros of one template; ``picture`` paints a picture, or leaves it."""

    def __init__(self, macros: TemplateModule, picture: Callable[[b.Picture], Markup]) -> None:
        self._macros, self._picture = macros, picture

    def paint(self, blocks: Sequence[b.Block], level: int = LEVEL) -> Markup:
        """Blocks one after the other; titles begin at this level of heading."""
        return Markup("\n").join(self._one(block, level) for block in blocks)

    def macro(self, name: str, *values: object) -> Markup:
        """One macro's markup."""
        painted: Markup = getattr(self._macros, name)(*values)
        return painted

    def _one(self, block: b.Block, level: int) -> Markup:
        match block:
            case b.Picture():
                return self._picture(block)
            case b.VerdictBlock():
                return self.macro("verdict", block)
            case b.Figures() | b.Table() | b.Fourfold() | b.Text() | b.Bullets() | b.Notes():
                return self.macro(type(block).__name__.lower(), block)
            case b.Findings() | b.Terms() | b.Commands() | b.Problems():
                return self.macro(type(block).__name__.lower(), block)
            case b.Columns():
                return self.macro("columns", block, self.paint(block.blocks, level))
            case b.Folded():
                return self.macro("folded", block, self.paint(block.blocks, level + 1))
            case b.Section():
                return self.macro("section", block, self.paint(block.blocks, level + 1), level)
            case _:
                assert_never(block)


def of_page(specs: Mapping[str, Spec], groups: Mapping[str, int] | None = None) -> Painter:
    """The page's painter; ``specs`` are the charts by name, drawn by its script.

    A picture without its spec is left out, as where a page has no script. ``groups`` are those of
    its table of problems: a count of as many problems leads to them there.
    """
    painter: Painter

    def picture(block: b.Picture) -> Markup:
        spec = specs.get(block.name)
        if spec is None:
            return Markup("")
        on_log = '"type": "log"' in json.dumps(spec)  # which the page can make linear
        return painter.macro("picture", block, spec["title"], on_log)

    macros = environment().get_template("blocks.html.j2").make_module({"groups": groups or {}})
    painter = Painter(macros, picture)
    return painter


@cache
def environment(package: str = "passgap.show.page") -> jinja2.Environment:
    """Templates in which all text is made visible and escaped, our own markup as it is."""
    made = jinja2.Environment(
        loader=jinja2.PackageLoader(package),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["unbroken"] = unbroken
    return made


def template(name: str) -> str:
    """One of the page's own files."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


# Every value that a template prints passes here, before jinja escapes it: no template can forget
# to make a hostile text visible. Markup is our own, already painted, and must not pass twice.
def _shown(value: object) -> object:
    return value if isinstance(value, Markup | jinja2.Undefined) else visible(value)


def unbroken(text: object) -> Markup:
    """A text whose intervals, and numbers with their name or unit, stay on one line."""
    # Spaces that do not break, and not markup: the text is escaped as any other.
    return escape(held(str(_shown(text)), "\u00a0"))
