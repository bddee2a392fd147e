"""A case: a completion, the reference, and how it must be marked, decided before any tool ran."""

import re
from collections.abc import Iterable, Iterator
from itertools import count
from typing import NamedTuple

WORKINGS = (
    "",
    "Let us go step by step. First $7 + 8 = 15$, and then $15 - 4 = 11$.\n\n",
    "There are 3 cases.\n\n1. The first gives nothing.\n2. The second gives $k = 9$.\n"
    "3. The last is like the first.\n\n",
    "We put $a = 12$ and $b = 30$, so that $a + b = 42$, and substitute.\n\n",
)
BOXES = (
    r"The final answer is $\boxed{@}$.",
    r"\[\boxed{@}\]",
    "Therefore,\n$$\n\\boxed{@}\n$$",
    "**Final Answer**\n\\boxed{@}",
    r"So the answer is \boxed{@}",
)
LATEX = (
    *BOXES[:3],
    "The answer is $@$.",
    "**Answer:** $@$",
    "#### $@$",
    "<answer>$@$</answer>",
    r"Hence the result is \(@\).",
    "So we get\n\\[@\\]",
    "### Final answer\n\n$@$",
    "Answer:\n\n$$@$$",
)
WORDS = (
    "The answer is @.",
    "**Answer:** @",
    "Answer: @",
    "#### @",
    "<answer>@</answer>",
    "Final answer: @",
    "### Final Answer\n\n@",
    "So the answer is **@**.",
    "The final answer is: @",
    r"\boxed{@}",
    "The correct answer is @.",
)
Row = tuple[str, tuple[str, ...], tuple[str, ...]]


class Case(NamedTuple):
    kind: str
    verifier: str
    gold: str
    text: str
    finish: str
    expected: str
    reason: str | None = None


def right(kind: str, gold: str, text: str, *, verifier: str = "math", finish: str = "stop") -> Case:
    return Case(kind, verifier, gold, text, finish, "correct")


def wrong(
    kind: str,
    gold: str,
    text: str,
    *,
    verifier: str = "math",
    finish: str = "stop",
    reason: str | None = None,
) -> Case:
    return Case(kind, verifier, gold, text, finish, "incorrect", reason)


def either(kind: str, value: str, other: str, text: str, **options: str) -> tuple[Case, Case]:
    """A text that says ``value``: right for that reference and wrong for ``other``."""
    return right(kind, value, text, **options), wrong(kind, other, text, **options)


def filled(form: str, value: str, other: str) -> str:
    """``form`` with the answer for ``@`` and another value for each single ``#``."""
    return re.sub(r"(?<!#)#(?!#)", lambda _: other, form.replace("@", value))


def said(
    answer: str, turn: int, forms: tuple[str, ...], workings: tuple[str, ...] = WORKINGS
) -> str:
    """``answer`` in the form and after the working whose turn it is."""
    working = workings[turn % len(workings)]
    return working + forms[turn % len(forms)].replace("@", answer)


def tabled(
    kind: str, rows: Iterable[Row], forms: tuple[str, ...] = LATEX, verifier: str = "math"
) -> Iterator[Case]:
    """A case for each answer of each row (gold, right answers, wrong answers), forms in turn."""
    turn = count(len(kind))
    for gold, rights, wrongs in rows:
        for answer in rights:
            yield right(kind, gold, said(answer, next(turn), forms), verifier=verifier)
        for answer in wrongs:
            yield wrong(kind, gold, said(answer, next(turn), forms), verifier=verifier)
