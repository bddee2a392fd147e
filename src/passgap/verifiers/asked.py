r"""The form of answer that a prompt asks for.

In: a rendered prompt. Out: the rule of `candidates` that finds that form, empty where none is asked
for. What a prompt says last of its answer counts: shots show the form, a request names it.
"""

from __future__ import annotations

import re

FORMS = {
    "boxed": re.compile(r"\\boxed"),
    "tagged": re.compile(r"<answer>", re.IGNORECASE),
    "hashes": re.compile(r"(?<!#)####(?!#)"),
    "stated": re.compile(r"\banswer is\b|\b(?:final )?answer:[ \t]*\S", re.IGNORECASE),
}


def asked_form(prompt: str) -> str:
    r"""The form that a prompt asks for.

    Examples
    --------
    >>> asked_form(r"What is 2+3? Put your final answer within \boxed{}.")
    'boxed'
    >>> asked_form("Q: 1+1?\nA: The answer is 2.\n\nQ: 2+3?\nA:"), asked_form("2+3?")
    ('stated', '')
    """
    found = {rule: list(pattern.finditer(prompt)) for rule, pattern in FORMS.items()}
    places = {rule: matches[-1].start() for rule, matches in found.items() if matches}
    for rule in ("boxed", "tagged", "hashes"):  # a mark is asked for, whatever the words beside it
        if rule in places:
            return rule
    return "stated" if places else ""
