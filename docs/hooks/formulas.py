"""Formulas as MathML, made while the site is built: no script, no font, nothing to fetch.

In: a page's HTML with the formulas that arithmatex marked, in LaTeX. Out: the same with MathML.
A wide hat is drawn by ``site.css`` as wide as what is under it: few fonts can stretch theirs. A
prime is set beside its letter, because its glyph is raised already. A displayed formula can scroll.
"""

import html
import re
from typing import Any

from latex2mathml.converter import convert

MARKED = re.compile(r'<(span|div) class="arithmatex">\\([(\[])(.*?)\\[)\]]</\1>', re.DOTALL)
WIDE_HAT = re.compile(r"<mover>(<mrow>(?:(?!<mover).)*?</mrow>)<mo>&#x0005E;</mo></mover>")
PRIME = re.compile(r"<msup>((?:(?!<msup>).)*?)<mi>&#x02032;</mi></msup>")
SIGN = re.compile(r"(<mo[^>]*>[(\[]</mo>)<mo>&#x02212;</mo>")  # of a number, not a difference
CHARACTER = 0.74  # em of a script, as the hat is one: about the mean width of a letter


def mathml(found: re.Match[str]) -> str:
    """One marked formula as MathML, a block of its own where it was one."""
    display = "block" if found[2] == "[" else "inline"
    made = convert(html.unescape(found[3]).strip(), display=display)
    made = PRIME.sub(r'<mrow>\1<mo lspace="0" rspace="0">&#x02032;</mo></mrow>', made)
    made = WIDE_HAT.sub(wide_hat, SIGN.sub(r'\1<mo form="prefix">&#x02212;</mo>', made))
    return f'<div class="formula">{made}</div>' if display == "block" else made


def wide_hat(found: re.Match[str]) -> str:
    """What is under the hat, and a box of its width in place of the narrow sign."""
    under = found[1]
    width = CHARACTER * len(html.unescape(re.sub(r"<[^>]*>", "", under)))
    hat = f'<mpadded class="wide-hat" width="{width:.2f}em" height="0.4em" depth="0">'
    return f"<mover>{under}{hat}<mo>&#x0005E;</mo></mpadded></mover>"


def on_page_content(content: str, **_: Any) -> str:
    """Replace every formula of a page."""
    return MARKED.sub(mathml, content)
