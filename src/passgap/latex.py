r"""The one piece of LaTeX that several stages read: the content of ``\boxed{}``.

In: a text. Out: the boxes in it, in time linear in the text.
"""

from __future__ import annotations

import re

BOX = re.compile(
    r"\\(?:boxed|fbox)(?:\s*\{"
    r"|\s*(\\[a-zA-Z]+(?:\{[^{}\n]{0,80}\}){1,2}|-?\d(?:[\d,.]{0,40}\d)?)|\s*([A-Z])(?=[\s.$)]|$))"
    r"|\\[\\{}]|[{}]"
)


def boxes(text: str) -> list[tuple[int, int, str]]:
    r"""Every closed ``\boxed{...}`` (or ``\fbox``): where it starts and ends, and its content.

    Braces are balanced; if a box is directly inside a box, the inner one counts. Without braces, a
    number, a command or a capital letter is boxed, as TeX reads it, but not a word of a sentence.

    Examples
    --------
    >>> boxes(r"in \boxed as asked: \boxed{\frac{1}{2}}")
    [(20, 39, '\\frac{1}{2}')]
    """
    opened: list[
        tuple[int, int] | None
    ] = []  # (box, content) of open boxes, None for a plain brace
    found: list[tuple[int, int, str]] = []
    starts = [at for at in (text.find("\\boxed"), text.find("\\fbox")) if at >= 0]
    for match in BOX.finditer(text, min(starts)) if starts else ():
        token = match.group()
        if token == "}":
            places = opened.pop() if opened else None
            if places is not None:
                start, content = places
                found.append((start, match.end(), text[content : match.start()].strip()))
        elif token == "{":
            opened.append(None)
        elif token.endswith("{") and len(token) > 2:
            if opened and opened[-1] is not None and opened[-1][1] == match.start():
                opened[-1] = None
            opened.append((match.start(), match.end()))
        elif match.group(1) or match.group(2):
            content_text = match.group(1) or match.group(2)
            found.append((match.start(), match.end(), content_text))
    return sorted(found)


def last_boxed(text: str) -> str | None:
    r"""The content of the last closed box that is not empty, or None."""
    found = [(end, content) for _, end, content in boxes(text) if content]
    return max(found)[1] if found else None
