r"""LaTeX in, MathML out, under limits; what cannot be read stays text.

latex2mathml does the reading. Its tree, never its text (which it unescapes), is rebuilt here from
a list of presentation elements and attributes, so that nothing a formula says becomes markup.
A formula over a limit (length, depth of nesting, seconds, size of the result) gives None, and so
does one that defines macros, which could grow without bound.
"""

from __future__ import annotations

import html
import re
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from types import FrameType
from typing import TypeVar
from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from passgap.errors import MissingExtraError
from passgap.show.text import visible

try:
    from latex2mathml.converter import Converter
except ImportError as error:
    raise MissingExtraError("latex2mathml", "view") from error

MOST_CHARACTERS = 2_000
MOST_DEPTH = 100
MOST_NODES = 5_000
MOST_SECONDS = 0.1
TIMED = ("latex2mathml", "pygments", "difflib")
MACROS = re.compile(r"\\(?:(?:re)?newcommand|providecommand|e?def|let|input|include|require)\b")
ALIGNED = re.compile(r"\\(begin|end)\{(?:aligned|split|gathered|gather\*?|eqnarray\*?)\}")
ELEMENTS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "ms", "mfrac", "msqrt", "mroot"),
    *("mstyle", "mpadded", "mphantom", "msub", "msup", "msubsup", "munder", "mover"),
    *("munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "menclose"),
}
LEAVES = {"mi", "mn", "mo", "mtext", "ms"}
LENGTH = re.compile(r"-?\d{0,2}(?:\.\d{1,4})?(?:em|ex|pt|mu|px|%)?")
WORDS = re.compile(r"[a-z][a-z -]{0,40}|[0-3]")
ATTRIBUTES = {
    **dict.fromkeys(("display", "displaystyle", "scriptlevel", "stretchy", "fence", "form"), WORDS),
    **dict.fromkeys(("separator", "symmetric", "largeop", "movablelimits", "accent"), WORDS),
    **dict.fromkeys(("accentunder", "columnalign", "rowalign", "mathvariant"), WORDS),
    **dict.fromkeys(("lspace", "rspace", "width", "height", "depth", "linethickness"), LENGTH),
    **dict.fromkeys(("minsize", "maxsize"), LENGTH),
}
Answer = TypeVar("Answer")


class OutOfTime(BaseException):
    """The time is up; no library in between takes this for an error of its own."""


def within(seconds: float, work: Callable[[], Answer]) -> Answer:
    """Run pure-Python work in this thread, and leave it once its time is up.

    The interpreter looks at the clock whenever a function of TIMED packages is entered. In others,
    a collector's callback among them, the error could be lost, and the limit with it.

    Raises OutOfTime when it took longer.
    """
    end, before = time.perf_counter() + seconds, sys.getprofile()

    def look(frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and time.perf_counter() > end:
            name = str(frame.f_globals.get("__name__"))
            if name.partition(".")[0] in TIMED:
                raise OutOfTime

    # A hostile formula keeps a parser busy for minutes, a thread cannot be killed, and a process
    # for each formula is too slow: so the interpreter's own hook stops the work from within.
    sys.setprofile(look)
    try:
        return work()
    finally:
        sys.setprofile(before)


@lru_cache(maxsize=512)
def mathml(latex: str, *, display: bool = False) -> Markup | None:
    r"""The formula as MathML, None where it stays text.

    Examples
    --------
    >>> print(mathml(r"x^2"))
    <math display="inline"><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow></math>
    >>> mathml(r"\newcommand{\a}{\a\a}\a") is None
    True
    """
    if len(latex) > MOST_CHARACTERS or MACROS.search(latex):
        return None
    try:
        known = ALIGNED.sub(r"\\\1{align*}", latex)  # latex2mathml knows it under one name only
        converter = Converter(display="block" if display else "inline")
        tree = within(MOST_SECONDS, lambda: converter.convert_to_element(known))
    except (Exception, OutOfTime):  # the library raises whatever it stumbles over
        return None
    if sum(1 for _ in tree.iter()) > MOST_NODES or _depth(tree) > MOST_DEPTH:
        return None
    return Markup(_rebuilt(tree))


def _depth(node: Element) -> int:
    level, deepest = [node], 0
    while level:
        deepest, level = deepest + 1, [child for one in level for child in one]
    return deepest


def _rebuilt(node: Element) -> str:
    """One element as text, everything in it escaped; unknown elements become rows."""
    tag = node.tag if node.tag in ELEMENTS else "mrow"
    given = "".join(
        f' {name}="{value}"'
        for name, value in node.attrib.items()
        if name in ATTRIBUTES and ATTRIBUTES[name].fullmatch(value)
    )
    if tag == "menclose":  # browsers draw no enclosure; a class draws the box
        tag, given = "mrow", ' class="box"' if "box" in node.get("notation", "") else ""
    own = escape(visible(html.unescape(node.text or ""))) if tag in LEAVES else ""
    inside = "".join(map(_rebuilt, node))
    return f"<{tag}{given}>{own}{inside}</{tag}>"
