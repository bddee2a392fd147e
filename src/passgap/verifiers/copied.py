"""Copies of the question in a completion: they are the question's words, so none is an answer.

In: a completion and its question. Out: the completion with spaces in place of every copy, so that
positions stay. The last number of a question is often its answer ("he has 12 left of 20, ..."): a
reward that reads it pays for repeating the question, which a policy learns at once. A copy is
verbatim apart from white space; a beginning of the question counts where nothing is added to it.
"""

from __future__ import annotations

import re
from functools import lru_cache

LEAST = 20  # characters, below which the same words may be an answer ("4 apples")


def without_copies(text: str, question: str) -> str:
    """The text without copies of its question, at the same positions.

    Examples
    --------
    >>> asked = "Tom had 20 apples and ate 8. Are 12 left?"
    >>> without_copies(f"{asked} Yes, 12.", asked).strip()
    'Yes, 12.'
    >>> without_copies("Tom had 20 apples and ate 8", asked).strip()
    ''
    """
    words = _words(question)
    if not words or words[0] not in text:
        return text
    rest = _copies(question).sub(_blank, text)
    left = " ".join(rest.split()) if len(rest) <= 2 * len(question) else rest
    if len(left) >= LEAST and " ".join(words).startswith(left):
        return _blank_of(text)
    return rest


@lru_cache(maxsize=4096)
def _words(question: str) -> tuple[str, ...]:
    """The words of a question; none of one that is too short."""
    words = tuple(question.split())
    return words if len(" ".join(words)) >= LEAST else ()


@lru_cache(maxsize=4096)
def _copies(question: str) -> re.Pattern[str]:
    return re.compile(r"\s+".join(map(re.escape, _words(question))))


def _blank(found: re.Match[str]) -> str:
    return _blank_of(found.group())


def _blank_of(text: str) -> str:
    return re.sub(r"\S", " ", text)
