"""Answers in words: yes and no, names, shapes, letters of a choice as a reference; and hedges."""

from collections.abc import Iterator
from itertools import cycle

from .cases import BOXES, WORDS, Case, Row, either, right, tabled, wrong

BOXED: tuple[Row, ...] = (
    (r"\text{Yes}", ("Yes", "YES", r"\text{yes}", r"\textbf{Yes}", r"\mathrm{Yes}",
     r"\text{Yes.}"), ("No", r"\text{no}", "1")),
    ("No", ("no", r"\text{No}", r"\text{NO}", r"\textbf{no}"), ("Yes", "0",
     r"\text{Not enough information}", "None")),
    (r"\text{True}", ("True", r"\text{true}", "TRUE"), ("False", r"\text{Untrue}", "1")),
    ("False", ("false", r"\text{False}", r"\mathrm{False}"), ("True", r"\text{true}", "0")),
    (r"\text{Evelyn}", ("Evelyn", r"\text{evelyn}", r"\textbf{Evelyn}", r"\mathrm{Evelyn}"),
     (r"\text{Carla}", r"\text{Evelyn and Carla}", "Evelina", r"\text{Eve}")),
    (r"\text{even}", ("even", r"\text{Even}", r"\textit{even}"), ("odd", r"\text{not even}",
     r"\text{neither}", r"\text{seven}")),
    (r"\text{ellipse}", ("ellipse", r"\text{Ellipse}", r"\text{an ellipse}", r"\text{ellipse.}"),
     ("circle", r"\text{parabola}", "18", r"\text{hyperbola}")),
    (r"\text{Monday}", ("Monday", r"\text{monday}", r"\mathrm{Monday}"), ("Sunday",
     r"\text{Tuesday}", "1", r"\text{Monday and Friday}")),
    (r"\text{east}", ("east", r"\text{East}"), ("west", r"\text{northeast}", r"\text{south}")),
    (r"\text{undefined}", ("undefined", r"\text{Undefined}", r"\textbf{undefined}"), (r"\infty",
     "0", r"\text{defined}")),
    (r"\text{isosceles}", (r"\text{Isosceles}", "isosceles"), (r"\text{scalene}",
     r"\text{equilateral}", r"\text{right}")),
    (r"\text{blue}", ("blue", r"\text{Blue}"), ("red", r"\text{blue or red}", r"\text{not blue}")),
    (r"\text{inductive}", (r"\text{Inductive}", "inductive"), ("deductive",
     r"\text{induction by cases}")),
)  # fmt: skip
SAID: tuple[Row, ...] = (
    ("Yes", ("Yes", "yes", "**Yes**", "YES"), ("No", "no", "not known")),
    ("No", ("No", "no"), ("Yes", "yes", "unknown")),
    (r"\text{Wednesday}", ("Wednesday", "wednesday"), ("Thursday", "Tuesday", "Sunday")),
    (r"\text{Bob}", ("Bob", "BOB"), ("Rob", "Alice", "Bob and Alice")),
    (r"\text{a circle}", ("a circle", "the circle", "circle"), ("a square", "an ellipse")),
    (r"\text{odd}", ("odd", "Odd"), ("even", "neither odd nor even")),
    ("Paris", ("Paris", "paris", "PARIS"), ("London", "Parma")),
)
LETTER = ("B", "(B)", r"\text{(B)}", r"\textbf{(B)}", r"\mathrm{(B)}", r"\text{B}", r"\mathbf{B}")
LETTER_FORMS = (
    r"\boxed{@}",
    r"$\boxed{\text{@}}$",
    r"\boxed{(@)}",
    r"\boxed{\textbf{(@)}}",
    r"\boxed{\mathrm{(@)}}",
    r"\boxed{\mathbf{@}}",
    "The answer is @.",
    "The answer is (@).",
    "**Answer:** (@)",
    r"The answer is $\textbf{(@)}$.",
    r"The answer is $\boxed{\textbf{(@)}\ 12}$.",
    r"\boxed{\text{(@) } 12}",
    "Answer: @",
    "#### @",
    "<answer>@</answer>",
    "So the answer is **@**.",
)
HEDGES = (
    r"\boxed{@ \text{ or } #}",
    r"\boxed{@ or #}",
    r"The answer is $\boxed{@,#,5,9}$.",
    "The answer is either @ or #.",
    "The answer is @ or #.",
    "**Answer:** @ or #",
    r"\boxed{\text{either } @ \text{ or } #}",
    "The answer is between @ and #.",
    "Answer: @ or maybe #, I am not sure.",
    "The answer is @ or #, depending on the case.",
    r"\boxed{@ \text{ and } #}",
)
DECIDED = (
    "The answer is @, not #.",
    "The answer is @ (not #).",
    "It is either @ or #. As # is too large, the answer is @.",
    r"It is @ or #; the second fails, so $\boxed{@}$.",
    "One could say # or 9, but the answer is @.",
    r"Is it # or @? The check shows that \boxed{@} holds.",
    "The possible values are # and @. Only the latter fits.\n\n**Answer:** @",
    "The answer cannot be #. The answer is @.",
)
NO_ANSWER = (
    "I do not know.",
    "The answer cannot be found from what is given.",
    "The answer is unknown.",
    r"\boxed{\text{unknown}}",
    r"\boxed{\text{I do not know}}",
    "I am sorry, I cannot help with that.",
    r"\boxed{x}",
    "The answer is $x$.",
)


def cases() -> Iterator[Case]:
    yield from tabled("text-answers", BOXED, BOXES)
    yield from tabled("text-answers", SAID, (*WORDS[:3], WORDS[4], *WORDS[6:]))
    yield from letters()
    yield from hedges()


def letters() -> Iterator[Case]:
    """The reference is the letter of a choice, in one of its fonts."""
    golds = cycle(LETTER)
    for form, other in zip(LETTER_FORMS, cycle("ACDE"), strict=False):
        gold = next(golds)
        yield right("letters-as-golds", gold, form.replace("@", "B"))
        yield wrong("letters-as-golds", gold, form.replace("@", other))
    for text in (
        r"\boxed{AB}",
        r"\boxed{A, B}",
        r"\boxed{\text{A or B}}",
        r"\boxed{12}",
        "The answer is 2.",
    ):
        yield wrong("letters-as-golds", next(golds), text)
        yield right(
            "letters-as-golds", next(golds), text + r" No: the answer is \boxed{\text{(B)}}."
        )


def hedges() -> Iterator[Case]:
    """Several answers where one is asked are none; a choice made among them is one."""
    for form, (value, other) in zip(
        HEDGES, cycle((("3", "4"), ("12", "21"), ("7", "8"))), strict=False
    ):
        text = form.replace("@", value).replace("#", other)
        yield wrong("hedging", value, text)
        yield wrong("hedging", other, text)
        if "boxed" in form and "9" not in form:
            yield right("hedging", f"{value}, {other}", text)
    for form, (value, other) in zip(
        DECIDED * 2, cycle((("3", "4"), ("12", "21"), ("7", "8"))), strict=False
    ):
        text = form.replace("@", value).replace("#", other)
        yield from either("hedging", value, other, text)
    for text in NO_ANSWER:
        yield wrong("no-answer", "5", text)
        form = r"\boxed{5}" if "boxed" in text else "the answer is 5."
        yield right("no-answer", "5", f"{text} Or rather: {form}")
