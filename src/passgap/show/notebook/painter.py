"""Blocks in, what a notebook shows out: static HTML, with the main picture as SVG.

The HTML holds no script and no style sheet. Every text is made visible and escaped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import vl_convert
from markupsafe import Markup

from passgap.data.identity import digest
from passgap.show.blocks import Block, Picture, pictures
from passgap.show.charts.lazy import Chart
from passgap.show.charts.parts import sized
from passgap.show.page.painter import Painter, environment
from passgap.show.theme import LIGHT

SIZE = (560, 280)


def paint(blocks: Sequence[Block]) -> str:
    """Blocks one under the other; of the pictures the first."""
    main = next(iter(pictures(blocks)), None)

    def picture(block: Picture) -> Markup:
        return Markup(_svg(block.draw())) if block is main else Markup("")

    return str(_macros().whole(Painter(_macros(), picture).paint(blocks)))


def _svg(drawn: Chart) -> str:
    """The chart as SVG whose ids are its own, so that two of a page do not share a clip path."""
    svg = str(vl_convert.vegalite_to_svg(json.dumps(sized(drawn, *SIZE))))
    own = digest(svg)
    return re.sub(r'(id="|url\(#)', rf"\g<1>p{own}-", svg)


@cache
def _macros() -> Any:
    return environment().get_template("notebook.html.j2", globals={"colours": LIGHT}).module
