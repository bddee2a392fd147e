r"""The one piece of LaTeX that several stages read: the content of ``\boxed{}``.

In: a text. Out: the content of its last box, in time linear in the text.
"""

from __future__ import annotations

import re

BOX = re.compile(r"\\(?:boxed|fbox)(?:\s*\{|\s+([^\s{}$\\]{1,40}))|[{}]")


def last_boxed(text: str) -> str | None:
    r"""The content of the last closed ``\boxed{...}`` (or ``\fbox``), braces balanced, or None.

    ``\boxed 5`` counts too, as TeX reads it; an empty box, as prompts have it, does not.
    """
    if "\\boxed" not in text and "\\fbox" not in text:
        return None
    open_braces: list[int | None] = []  # where a box's content starts, None for a plain brace
    found: str | None = None
    for match in BOX.finditer(text):
        token = match.group()
        if token == "}":
            start = open_braces.pop() if open_braces else None
            if start is not None:
                found = text[start : match.start()].strip() or found
        elif token == "{":
            open_braces.append(None)
        elif token.endswith("{"):
            if open_braces and open_braces[-1] == match.start():
                open_braces[-1] = None  # a box right inside a box: the inner one counts
            open_braces.append(match.end())
        else:
            found = match.group(1)
    return found
