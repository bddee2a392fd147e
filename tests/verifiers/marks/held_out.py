"""Cases of forms devised beside the code, decided before any of them was run."""

from collections.abc import Iterator, Mapping
from itertools import count

from . import (
    held_out_answers_1,
    held_out_choice,
    held_out_numeric,
    held_out_texts_1,
    held_out_texts_2,
    held_out_texts_3,
)
from .cases import Case, Row, right, said, wrong

Rows = Mapping[str, tuple[Row, ...]]
FORMS = (
    r"Therefore, the answer is $\boxed{@}$.",
    "## Step 3: Combine\nPutting the pieces together gives the required value.\n\n"
    r"The final answer is: $\boxed{@}$",
    "Final Answer: The final answer is $@$. I hope it is correct.",
    "<think>\nOkay, let me see. First I try 17, that fails. Then I try again.\n"
    "</think>\n\nAfter simplifying, we obtain\n\n\\[\n\\boxed{@}\n\\]",
    "**Final Answer:**\n\n$$\\boxed{@}$$",
    "Simplifying, we find that the answer is $@$.",
    r"Hence the desired value is \(\boxed{@}\).",
    "Therefore, the final answer is:\n\n\\[ \\boxed{@} \\]\n\nThis completes the solution.",
    r"**Answer**: \(@\)",
)
MATH = (held_out_texts_1.TEXTS, held_out_texts_2.TEXTS, held_out_texts_3.TEXTS)
CUT = held_out_texts_3.CUT
TABLES = (held_out_answers_1.TABLES,)


def cases(verifier: str = "math") -> Iterator[Case]:
    if verifier == "choice":
        yield from texts(held_out_choice.TEXTS, verifier)
        yield from texts(held_out_choice.CUT, verifier, "length")
    elif verifier == "numeric":
        yield from texts(held_out_numeric.TEXTS, verifier)
        yield from texts(held_out_numeric.CUT, verifier, "length")
    else:
        for rows in MATH:
            yield from texts(rows, verifier)
        yield from texts(CUT, verifier, "length")
        for rows in TABLES:
            yield from answers(rows)


def texts(rows: Rows, verifier: str, finish: str = "stop") -> Iterator[Case]:
    for kind, found in rows.items():
        for text, rights, wrongs in found:
            for gold in rights:
                yield right(kind, gold, text, verifier=verifier, finish=finish)
            for gold in wrongs:
                yield wrong(kind, gold, text, verifier=verifier, finish=finish)


def answers(rows: Rows) -> Iterator[Case]:
    """A case for each answer of each row (reference, right answers, wrong ones), forms in turn."""
    turn = count()
    for kind, found in rows.items():
        for gold, rights, wrongs in found:
            for answer in rights:
                yield right(kind, gold, said(answer, next(turn), FORMS, ("",)))
            for answer in wrongs:
                yield wrong(kind, gold, said(answer, next(turn), FORMS, ("",)))
