r"""A completion's text in, inert HTML out: LaTeX as MathML, code coloured, the rest as it is.

Read as LaTeX: ``\( \)``, ``$ $`` (within a paragraph, no space inside the dollars, no digit after),
``\[ \]``, ``$$ $$``, ``\begin{align}`` and similar, and ``\boxed{}`` outside of them. Every other
character is text. What a page may spend on LaTeX and code is one `Budget`; once it is spent, the
rest of the page shows as text.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from functools import cache

from markupsafe import Markup, escape
from pygments import lex
from pygments.lexers import get_lexer_by_name
from pygments.token import Token, _TokenType
from pygments.util import ClassNotFound

from passgap.show.text import turns_of, visible
from passgap.show.viewer.mathml import MOST_CHARACTERS, OutOfTime, mathml, within

CAP = 20_000
SECONDS = 0.15
MOST_BOXED = 300
CODE_SECONDS = 0.1
FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+#.-]{0,30})[^\n`]*\n", re.MULTILINE)
FENCE_END = re.compile(r"^[ \t]*```[ \t]*$", re.MULTILINE)
OPENER = re.compile(
    r"\\\\|\\\$|\\\[|\\\(|\$\$|\$|\\boxed\s?\{|"
    r"\\begin\{(?:align|equation|gather|eqnarray)\*?\}"
)
CLOSERS = {"\\[": "\\]", "\\(": "\\)", "$$": "$$", "$": "$"}
DISPLAYED = ("\\[", "$$")
KINDS = {
    Token.Keyword: "k",
    Token.Operator.Word: "k",
    Token.Literal.String: "s",
    Token.Literal.Number: "n",
    Token.Comment: "c",
    Token.Name.Function: "f",
    Token.Name.Class: "f",
    Token.Name.Builtin: "b",
}


TURN = '<div class="turn" data-role="{0}"><p class="role">{0}</p>{1}</div>'


class Budget:
    """Seconds that one page may spend on LaTeX and code; a stopwatch that runs inside ``with``."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._left, self._since = seconds, 0.0

    def __enter__(self) -> None:
        self._since = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self._left -= time.perf_counter() - self._since

    def spent(self) -> bool:
        """Whether nothing is left, asked inside ``with``."""
        return time.perf_counter() - self._since >= self._left


def shown_text(text: str, budget: Budget, exact: bool) -> Markup:
    """The first CAP characters of a text: exact, or with LaTeX, code and turns rendered."""
    if exact:
        return raw(text[:CAP])
    turns = turns_of(text[:CAP])
    if not turns:
        return rendered(text[:CAP], budget)
    return Markup("").join(
        Markup(TURN).format(role, rendered(said, budget)) for role, said in turns
    )


def raw(text: str) -> Markup:
    """The exact text, steering characters named."""
    return escape(visible(text))


def rendered(text: str, budget: Budget) -> Markup:
    """Hostile text with the LaTeX and code of its first CAP characters rendered, within budget."""
    with budget:
        parts = list(_parts(text[:CAP], budget))
    return Markup("").join([*parts, raw(text[CAP:])])


def _parts(text: str, budget: Budget) -> Iterator[Markup]:
    start = 0
    while not budget.spent() and (fence := FENCE.search(text, start)):
        yield from _prose(text[start : fence.start()], budget)
        end = FENCE_END.search(text, fence.end())
        code = text[fence.end() : end.start() if end else len(text)]
        yield _code(code, fence.group(1), budget)
        start = _after_line(text, end.end()) if end else len(text)
    yield from _prose(text[start:], budget)


def _code(code: str, language: str, budget: Budget) -> Markup:
    safe = visible(code)
    coloured = None if budget.spent() else _coloured(safe, language.lower() or "python")
    return Markup('<code class="code">{}</code>').format(coloured or safe)


def _coloured(code: str, language: str) -> Markup | None:
    """Code with a class for each kind of token; None for an unknown language, or a slow one."""
    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
        tokens = within(CODE_SECONDS, lambda: list(lex(code, lexer)))
    except (ClassNotFound, OutOfTime):
        return None
    return Markup("").join(_piece(kind, text) for kind, text in tokens)


def _piece(kind: _TokenType, text: str) -> Markup:
    name = _class_of(kind)
    return Markup('<span class="t{}">{}</span>').format(name, text) if name else escape(text)


@cache
def _class_of(kind: _TokenType) -> str | None:
    return next((name for parent, name in KINDS.items() if kind in parent), None)


def _prose(text: str, budget: Budget) -> Iterator[Markup]:
    start = 0
    while not budget.spent() and (opener := OPENER.search(text, start)):
        end = _end(text, opener)
        if end is None:
            yield raw(text[start : opener.end()])
            start = opener.end()
            continue
        yield raw(text[start : opener.start()])
        yield _formula(text[opener.start() : end], opener.group(), budget)
        start = _after_line(text, end) if _is_display(opener.group()) else end
    yield raw(text[start:])


def _end(text: str, opener: re.Match[str]) -> int | None:
    """Where the formula that begins here ends; None where none does."""
    mark, begin = opener.group(), opener.end()
    if mark in ("\\\\", "\\$"):
        return None
    if mark.startswith("\\boxed"):
        return _balanced(text, begin)
    close = mark.replace("begin", "end") if mark.startswith("\\begin") else CLOSERS[mark]
    at = text.find(close, begin, begin + MOST_CHARACTERS)
    if at <= begin or (mark == "$" and not _is_inline(text, begin, at)):
        return None
    return at + len(close)


def _is_display(mark: str) -> bool:
    return mark in DISPLAYED or mark.startswith("\\begin")


def _after_line(text: str, at: int) -> int:
    """Past the end of a line that a block has ended already."""
    return at + 1 if text[at : at + 1] == "\n" else at


def _is_inline(text: str, begin: int, at: int) -> bool:
    inside, after = text[begin:at], text[at + 1 : at + 2]
    spaced = inside[0].isspace() or inside[-1].isspace() or inside.endswith("\\")
    return not spaced and "\n\n" not in inside and not after.isdigit()


def _balanced(text: str, begin: int) -> int | None:
    level = 1
    for brace in re.finditer(r"\\[{}]|[{}]", text[begin : begin + MOST_BOXED]):
        level += {"{": 1, "}": -1}.get(brace.group(), 0)
        if level == 0:
            return begin + brace.end()
    return None


def _formula(source: str, mark: str, budget: Budget) -> Markup:
    size = len(mark) if mark in CLOSERS else 0
    latex = source[size : len(source) - size]
    found = None if budget.spent() else mathml(latex, display=_is_display(mark))
    return found if found is not None else Markup('<span class="tex">{}</span>').format(raw(source))
