r"""The form of answer that a prompt asks for.

In: a rendered prompt. Out: the rule of `candidates` that finds that form, empty if the prompt asks
for none. Shots show the form, an instruction names it.
"""

from __future__ import annotations

import re

FORMS = {  # the first that a prompt contains is the requested one
    "boxed": re.compile(r"\\boxed"),
    "tagged": re.compile(r"<answer>", re.IGNORECASE),
    "hashes": re.compile(r"(?<!#)####(?!#)"),
    "stated": re.compile(r"\banswer is\b|\b(?:final )?answer:[ \t]*\S", re.IGNORECASE),
}


def asked_form(prompt: str) -> str:
    r"""The form that a prompt asks for.

    >>> asked_form(r"What is 2+3? Put your final answer within \boxed{}.")
    'boxed'
    >>> asked_form("Q: 1+1?\nA: The answer is 2.\n\nQ: 2+3?\nA:"), asked_form("2+3?")
    ('stated', '')
    """
    return next((rule for rule, pattern in FORMS.items() if pattern.search(prompt)), "")
