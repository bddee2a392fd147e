"""Formulas as MathML, made while the site is built: no script, no font, nothing to fetch.

In: a page's HTML with the formulas that arithmatex marked, in LaTeX. Out: the same with MathML.
"""

import html
import re
from typing import Any

from latex2mathml.converter import convert

MARKED = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)


def mathml(found: re.Match[str]) -> str:
    """One marked formula as MathML, a block of its own where it was one."""
    display = "block" if found[2] == "[" else "inline"
    return convert(html.unescape(found[3]).strip(), display=display)


def on_page_content(content: str, **_: Any) -> str:
    """Replace every formula of a page."""
    return MARKED.sub(mathml, content)
