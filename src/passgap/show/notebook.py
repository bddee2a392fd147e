"""Blocks in, what a notebook shows out: static HTML, with the main picture as SVG.

The HTML holds no script and no style sheet. Every text is made visible and escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache

from jinja2.environment import TemplateModule
from markupsafe import Markup

from passgap.data.identity import digest
from passgap.show.blocks import Block, Picture, pictures
from passgap.show.charts.figures import picture
from passgap.show.charts.lazy import Chart
from passgap.show.charts.parts import sized
from passgap.show.page.painter import Painter, environment
from passgap.show.theme import LIGHT

SIZE = (560, 280)


def paint(blocks: Sequence[Block]) -> str:
    """Blocks one under the other; of the pictures the first."""
    main = next(iter(pictures(blocks)), None)

    def drawn(block: Picture) -> Markup:
        return Markup(_svg(block.draw())) if block is main else Markup("")

    painter = Painter(_macros(), drawn)
    return str(painter.macro("whole", painter.paint(blocks)))


def _svg(drawn: Chart) -> str:
    """The chart as SVG whose ids are its own, so that two of a page do not share a clip path."""
    svg = picture(json.dumps(sized(drawn, *SIZE)), "svg").decode()
    own = digest(svg)
    return re.sub(r'(id="|url\(#)', rf"\g<1>p{own}-", svg)


@cache
def _macros() -> TemplateModule:
    return environment().get_template("notebook.html.j2", globals={"colours": LIGHT}).module
