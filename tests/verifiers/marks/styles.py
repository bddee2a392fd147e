"""One value in many styles: spelled, said, after thinking, in other languages, before running on.

A style may change how a policy writes, never what its mark is: every case pairs a drawn fraction
with a form, a thinking block that holds another value, and a question of its own that follows.
"""

from collections.abc import Iterator
from fractions import Fraction
from random import Random

from .cases import LATEX, WORKINGS, Case, filled, right, wrong
from .numbers import FRAC, proper, spelled
from .running import ON
from .stated import LANGUAGES
from .thinking import ALSO, INSIDE, PAIRS

# a numbered item is a new question only after an answer that was stated
QUESTIONS = tuple(on for on in ON if not on.startswith("\n\n2."))
AFTERWARDS = (
    "\n\nLet me explain it once more. We take the two terms and",
    "\n\nQ: Tom has 3 pens and buys 4. How many has he",
    "\n\nQuestion: A train leaves at 7 and",
    " This can be checked by putting it",
)


def cases() -> Iterator[Case]:
    yield from mixed(Random("styles"))
    yield from foreign(Random("foreign"))
    yield from cut_afterwards(Random("cut"))


def pair(rng: Random) -> tuple[Fraction, Fraction]:
    """A fraction and a near miss that is no whole number either."""
    value = proper(rng)
    near = rng.choice([1 / value, -value, Fraction(value.numerator + 1, value.denominator)])
    return value, near if near.denominator > 1 and near != value else -value


def of(value: Fraction) -> str:
    return ("-" if value < 0 else "") + FRAC % (abs(value.numerator), value.denominator)


def thought(rng: Random, inside: Fraction) -> str:
    opening, closing = rng.choice((*PAIRS, *ALSO))
    return opening + filled(rng.choice(INSIDE), "", rng.choice(spelled(inside))) + closing


def mixed(rng: Random) -> Iterator[Case]:
    for turn in range(130):
        value, other = pair(rng)
        said = filled(rng.choice(LATEX), rng.choice(spelled(value)), "")
        said = rng.choice(WORKINGS) + said
        before = thought(rng, other) + "\n" if turn % 3 != 1 else ""
        after = filled(rng.choice(QUESTIONS), "", "7") if turn % 3 else ""
        yield right("styles", of(value), before + said + after)
        yield wrong("styles", of(other), before + said + after)


def foreign(rng: Random) -> Iterator[Case]:
    for form in LANGUAGES:
        value, other = pair(rng)
        written, miss = (rng.choice(spelled(v)) for v in (value, other))
        text = filled(form.replace("$", ""), f"${written}$", f"${miss}$")
        yield right("languages", of(value), rng.choice(WORKINGS) + text)
        yield wrong("languages", of(other), rng.choice(WORKINGS) + text)


def cut_afterwards(rng: Random) -> Iterator[Case]:
    """An answer was given before the text was cut."""
    for turn, form in enumerate((*LATEX, *LATEX)):
        value, other = pair(rng)
        text = filled(form, rng.choice(spelled(value)), "") + AFTERWARDS[turn % len(AFTERWARDS)]
        yield right("cut-after-the-answer", of(value), text, finish="length")
        yield wrong("cut-after-the-answer", of(other), text, finish="length")
