"""Where a final answer stands in a completion.

In: the text of a completion. Out: the answer's text, or None where there is none.
"""

from __future__ import annotations

import re

NUMBER = re.compile(
    r"(?<![\d.])[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|(?<![\d.])[-+]?\.\d+"
)


def last_boxed(text: str) -> str | None:
    r"""The content of the last closed ``\boxed{...}``, braces balanced, or None."""
    end = len(text)
    while (start := text.rfind("\\boxed{", 0, end)) >= 0:
        depth = 0
        for i in range(start + 6, len(text)):
            depth += (text[i] == "{") - (text[i] == "}")
            if depth == 0:
                return text[start + 7 : i].strip()
        end = start
    return None


def after_hashes(text: str) -> str | None:
    """What follows the last ``####``, to the end of its line."""
    _, mark, tail = text.rpartition("####")
    answer = tail.strip().split("\n")[0].strip() if mark else ""
    return answer or None


def last_line(text: str) -> str | None:
    """The last line that is not blank."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else None


def last_number(text: str) -> str | None:
    """The last number, with its sign, decimals and exponent; thousands commas removed."""
    found = NUMBER.findall(text)
    return found[-1].replace(",", "") if found else None


def marked(text: str) -> str | None:
    r"""The answer a completion marks as such: the last ``\boxed{}``, else after ``####``."""
    boxed = last_boxed(text)
    return after_hashes(text) if boxed is None else boxed or None
