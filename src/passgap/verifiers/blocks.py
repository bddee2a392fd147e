"""The blocks of a completion that may be a program: fenced code, and bare code.

In: a text without thinking. Out: its blocks in order, each with the language its fence names. Time
is linear in the text, and nothing is parsed: what a model wrote could crash Python's parser.

Fences are Markdown's (three or more backticks or tildes, an info string, any indentation),
including the variants that models write: glued to the line before, never closed, or only closed,
because the prompt had opened them.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

MARK = re.compile(r"^([^\n]*?)(`{3,}|~{3,})([^\n]*)$", re.MULTILINE)
BEFORE = re.compile(r"[ \t]*+(?:(?:[-*+>]|\d{1,3}[.)])[ \t]++|>)?+[ \t]*+")
LABEL = re.compile(r"[{\[]?\.?([A-Za-z][A-Za-z+#]*)")
PYTHON_LABEL = re.compile(r"\{?\.?(?:python|py)[\d. ]*+\}?", re.IGNORECASE)
INFO = re.compile(r"[{.]*[A-Za-z][\w+#.-]*\}?(?:[ \t:{,][^\n]*)?")
LABEL_LINE = re.compile(r"\s*(?:python|py)[\d.]*[ \t]*\n", re.IGNORECASE)
MARKDOWN = ("markdown", "md")
PYTHON = ("python", "py", "ipython", "cpython", "pypy")

COLUMN_0 = re.compile(r"^[^\s#].*", re.MULTILINE)
TOKEN = re.compile(r"\"\"\"|'''|#|\"(?:\\.|[^\"\\\n])*+\"|'(?:\\.|[^'\\\n])*+'|[()\[\]{}]")
# strings, including those that the line does not end, and comments
STRINGS = re.compile(r"\"(?:\\.|[^\"\\\n])*+\"?|(?<!\w)'(?:\\.|[^'\\\n])*+'?|#.*")
WORDS = re.compile(r"\b([^\W\d]\w*)[ \t]+(?=([^\W\d]\w*))")
# what does not begin, end or occur in a statement; a bare annotation is a heading
NO_CODE = re.compile(
    r"^[<>|]|^\*\*|^[-*•] \w+$|^\d+[.)] |^(?:-{3,}|={3,}|\*{3,})$|^[A-Z]\w*: [^=]*$"
    r"|[?$`]|\\.|[^\x00-\x7f\w]|[A-Za-z)]\.$|!$"
)
BARE_COLON = re.compile(r"(\w+)(?: \d+)?:$")
# Python 2's statements are not prose: such a program is wrong, not shorter
KNOWN = frozenset([*keyword.kwlist, *keyword.softkwlist, "type", "print", "exec"])
PROGRAM = re.compile(
    r"^[ \t]*(?:import|from|def|class|async|for|while|if|with|try|return|@|raise|assert|del)\b"
    r"|\b(?:print|input|open|write|main|solve)\(|\bstdin\b"
    r"|^[ \t]*[A-Za-z_][\w.,\[\] ]*[-+*/|&^%]?=[^=]",
    re.MULTILINE,
)


class Block(NamedTuple):
    """A piece of a completion; ``label`` is the language its fence names, if it has a fence."""

    label: str
    code: str
    fenced: bool = True

    @property
    def python(self) -> bool:
        """Whether its fence says that it is Python."""
        return self.label in PYTHON

    @property
    def like_code(self) -> bool:
        """Whether it does something and is not a session with a prompt (``>>>``, ``$``)."""
        return PROGRAM.search(self.code) is not None and not self.code.lstrip().startswith(
            (">>>", "$ ", "In [")
        )


class Fence(NamedTuple):
    """A fence that is open: where its content begins, and what can close it."""

    start: int
    before: str
    run: str
    label: str


def blocks(text: str, nested: bool = True) -> list[Block]:
    """The blocks of a text in order; the content of a ``markdown`` fence is read as a text."""
    if "```" not in text and "~~~" not in text:
        return sections(text)[0]
    found: list[Block] = []
    for block in _fenced(_unglued(text)):
        if nested and block.label in MARKDOWN:
            found += blocks(block.code, nested=False)
        elif block.code.strip():
            found.append(block)
    return found


def _fenced(text: str) -> Iterator[Block]:
    """The blocks in fences, preceded by bare code."""
    fence: Fence | None = None
    first, quoted = True, in_docstring(text)
    for mark in MARK.finditer(text):
        before, run, after = mark.group(1), mark.group(2), mark.group(3).strip()
        if fence is None:
            if not _opens(before, run, after) or (first and quoted(mark.start())):
                continue
            ends_in_code = False
            if first:
                head, ends_in_code = sections(text[: mark.start()])
                yield from head
            first = False
            if not ends_in_code or after:  # otherwise it closes what the prompt opened
                fence = Fence(mark.end() + 1, before, run, _label(after))
        elif run[0] == fence.run[0] and len(run) >= len(fence.run):
            if _closes(fence, before, after):
                glued = mark.start() + len(before) if before.strip() else mark.start()
                yield _block(fence, text[fence.start : glued])
                fence = None
            elif _opens_anew(fence, before, after):
                yield _block(fence, text[fence.start : mark.start()])
                fence = Fence(mark.end() + 1, before, run, _label(after))
    if fence is not None:
        yield from _unclosed(_block(fence, text[fence.start :]))
    elif first:
        yield from sections(text)[0]


def _unglued(text: str) -> str:
    """A text whose first fence ends a line of code, with that fence moved to a separate line."""
    mark = MARK.search(text)
    if mark is None or mark.group(3).strip() or BEFORE.fullmatch(mark.group(1)):
        return text
    end = mark.start(2)
    return text if is_prose(mark.group(1)) else f"{text[:end]}\n{text[end:]}"


def in_docstring(text: str) -> Callable[[int], bool]:
    """Whether a place is between the triple quotes of bare code; asked for places in order."""
    line = next(filter(str.strip, text[:10_000].split("\n")), "")
    bare, at, quotes = not is_prose(line), 0, 0

    def inside(place: int) -> bool:
        nonlocal at, quotes
        quotes += text.count('"""', at, place) + text.count("'''", at, place)
        at = place
        return bare and quotes % 2 == 1

    return inside


def _opens(before: str, run: str, after: str) -> bool:
    """Whether a line with a run of backticks or tildes opens a fence."""
    if run[0] == "`" and "`" in after:
        return False
    return BEFORE.fullmatch(before) is not None or PYTHON_LABEL.fullmatch(after) is not None


def _closes(fence: Fence, before: str, after: str) -> bool:
    """Whether a line ends the open fence; a fence in a docstring is indented further."""
    if after:
        return False
    if before.strip(" \t>"):
        return not before.lstrip().startswith("#")
    return len(before.expandtabs(4)) <= len(fence.before.expandtabs(4)) + 3


def _opens_anew(fence: Fence, before: str, after: str) -> bool:
    """Whether a line opens a fence although the one before was never closed."""
    return (
        len(before) <= len(fence.before) and INFO.fullmatch(after) is not None and "`" not in after
    )


def _label(info: str) -> str:
    found = LABEL.match(info)
    return found.group(1).lower() if found else ""


def _block(fence: Fence, content: str) -> Block:
    """A fence's content, without the quote marks and indentation of the fence itself."""
    if ">" in fence.before:
        content = re.sub(r"^[ \t]*>[ ]?", "", content, flags=re.MULTILINE)
    elif fence.before and BEFORE.fullmatch(fence.before):
        content = re.sub(rf"^[ \t]{{1,{len(fence.before)}}}", "", content, flags=re.MULTILINE)
    label = fence.label
    if not label and (line := LABEL_LINE.match(content)):
        label, content = "python", content[line.end() :]
    return Block(label, content)


def _unclosed(block: Block) -> list[Block]:
    """A fence that never ends, without the prose after its code."""
    found = [Block(block.label, piece.code) for piece in sections(block.code)[0]]
    return found or [block]


# -- bare code


@dataclass
class Reader:
    """Reads bare text line by line: open brackets and triple quotes, and the sections so far."""

    quote: str = ""
    depth: int = 0
    found: list[list[str]] = field(default_factory=list)
    in_code: bool = False

    def read(self, line: str) -> None:
        """Put a line into the section it belongs to, unless it is prose."""
        inside = self.quote or self.depth
        if not inside and not (self.in_code and line[:1] in " \t") and is_prose(line):
            self.in_code = False
            return
        if not self.in_code:
            if not line.strip():
                return
            self.found.append([])
            self.in_code = True
        self.found[-1].append(line)
        self._step(line)

    def _step(self, line: str) -> None:
        """Follow the strings and brackets of a line."""
        at = 0
        while at < len(line):
            if self.quote:
                end = line.find(self.quote, at)
                if end < 0:
                    return
                at, self.quote = end + 3, ""
            elif (token := TOKEN.search(line, at)) is None or token.group() == "#":
                return
            else:
                at = token.end()
                if token.group() in ('"""', "'''"):
                    self.quote = token.group()
                elif len(token.group()) == 1:
                    self.depth = max(0, self.depth + (1 if token.group() in "([{" else -1))


def sections(text: str) -> tuple[list[Block], bool]:
    """The stretches of code in bare text, and whether it ends in one that is a program.

    A text in which no line is prose is one stretch.
    """
    if not text.strip():
        return [], False
    line = LABEL_LINE.match(text)
    text = text[line.end() :] if line else text
    if not any(map(is_prose, COLUMN_0.findall(text))):
        whole = Block("", text, fenced=False)
        return [whole], whole.like_code
    reader = Reader()
    for part in text.splitlines(keepends=True):
        reader.read(part)
    found = [Block("", "".join(lines), fenced=False) for lines in reader.found]
    return found, reader.in_code and found[-1].like_code


def is_prose(line: str) -> bool:
    """Whether a line outside brackets and strings cannot be part of a Python program."""
    bare = STRINGS.sub('""', line).strip()
    if not bare or bare.startswith("@"):
        return False
    if any(a not in KNOWN and b not in KNOWN for a, b in WORDS.findall(bare)):
        return True
    colon = BARE_COLON.fullmatch(bare)
    return (colon is not None and colon.group(1) not in KNOWN) or NO_CODE.search(bare) is not None
