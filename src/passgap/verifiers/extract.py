"""Where a final answer stands in a completion.

In: the text of a completion. Out: the answer's text, or None where there is none. Every function
takes time linear in the text, whatever it holds.
"""

from __future__ import annotations

import re

from passgap.latex import last_boxed

NUMBER = re.compile(
    r"(?<![\d.])[-+]?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|(?<![\d.])[-+]?\.\d+"
)
VALUE = re.compile(rf"(?<![\d./])[-+]?\d+/\d+(?![\d/])|{NUMBER.pattern}")
STATED = re.compile(r"(?i)\banswer[ \t]{0,4}(?:is\b[ \t]{0,4}:?|:)[ \t*_]{0,8}")
LONGEST_LINE = 1_000
SENTENCE_END = re.compile(r"\.(?:\s|$)")


def after_hashes(text: str) -> str | None:
    """What follows the last ``####``, to the end of its line."""
    _, mark, tail = text.rpartition("####")
    answer = tail.strip().split("\n")[0].strip() if mark else ""
    return answer or None


def last_tagged(text: str) -> str | None:
    """The content of the last ``<answer>...</answer>``."""
    end = text.rfind("</answer>")
    start = text.rfind("<answer>", 0, end) if end >= 0 else -1
    return text[start + 8 : end].strip() or None if start >= 0 else None


def stated(text: str) -> str | None:
    """What follows the last ``answer is`` or ``Answer:``, to the end of the sentence or line."""
    found = None
    for match in STATED.finditer(text):
        found = match
    if found is None:
        return None
    line = text[found.end() : found.end() + LONGEST_LINE].partition("\n")[0]
    end = SENTENCE_END.search(line)
    return (line[: end.start()] if end else line).strip().strip("*_").strip() or None


def last_line(text: str) -> str | None:
    """The last line that is not blank."""
    stripped = text.rstrip()
    if not stripped:
        return None
    lines = stripped[-10_000:].splitlines()
    return lines[-1].strip() or None


def last_number(text: str) -> str | None:
    """The last number, with its sign, decimals and exponent; thousands commas removed."""
    found = None
    for match in NUMBER.finditer(text):
        found = match
    return found.group().replace(",", "") if found else None


def last_value(text: str) -> str | None:
    """The last number or plain fraction; a fraction stays as it is written."""
    found = None
    for match in VALUE.finditer(text):
        found = match
    return found.group().replace(",", "") if found else None


def marked(text: str) -> str | None:
    r"""The answer a completion marks as such: ``\boxed{}``, else ``<answer>``, else ``####``."""
    return last_boxed(text) or last_tagged(text) or after_hashes(text)
