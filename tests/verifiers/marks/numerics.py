"""Cases for the verifier ``numeric``: what it reads, and what it must not read a number from."""

from collections.abc import Iterator
from itertools import cycle
from random import Random

from . import neighbours
from .cases import WORDS, Case, Row, either, filled, right, tabled, wrong
from .running import ON, ONE_TEXT, SUMS
from .thinking import ALSO, PAIRS

BOXES = (
    r"\boxed{@}",
    r"The final answer is $\boxed{@}$.",
    r"\[\boxed{@}\]",
    r"So the answer is $\boxed{@}$",
)
BOXED: tuple[Row, ...] = (
    ("1000", ("10^3", "10^{3}", "1{,}000", r"1\,000", r"1\times10^3", r"1 \times 10^{3}", "10³",
     "1e3", r"x = 1000"),
     ("10^4", "10^2", "3", "10", "1{,}001", r"1\times10^2", "1000000", "10^{-3}")),
    ("0.75", (r"\frac{3}{4}", r"\frac34", r"\dfrac{3}{4}", r"\tfrac{3}{4}", "3/4", ".75", "0.750",
     r"\frac{6}{8}"),
     (r"\frac{4}{3}", r"\frac{3}{5}", "34", "7.5", r"-\frac34", "4", "0.57")),
    ("-2.5", (r"-\frac{5}{2}", r"\frac{-5}{2}", "-5/2", "−2.5", r"-2.50"), (r"\frac52", "-25",
     "2.5", r"-\frac{2}{5}", "-2")),
    ("1500", (r"1.5\times10^3", r"1.5 \cdot 10^{3}", "1,500", "1.5e3", "1500.0"),
     (r"1.5\times 10^2", "1.5", "15", r"5.1\times10^3", "1,500,000")),
    ("4", (r"\sqrt{16}", "2^2", r"\frac{8}{2}", "4.0", r"4\text{ cm}", r"\text{4}", r"\mathbf{4}"),
     (r"\sqrt{4}", "4^2", r"\frac{2}{8}", r"\sqrt{17}", r"44\text{ cm}", "16", "0.4")),
    ("0.001", ("10^{-3}", r"\frac{1}{1000}", r"1\times10^{-3}"), ("10^3", "0.01", r"\frac{1}{100}",
     "3")),
    ("3200000", (r"3.2\times10^6", "3,200,000", r"3.2 \text{ million}", "32 \\times 10^5"),
     (r"3.2\times10^5", r"3.2\text{ billion}", "3.2")),
)  # fmt: skip
SAID: tuple[Row, ...] = (
    ("5000000", ("5 million", "5,000,000", "5000000", "5 million dollars", "5.0 million"),
     ("5 billion", "5 thousand", "5", "500000")),
    ("2000000000", ("2 billion", "2,000,000,000"), ("2 million", "2,000,000", "2")),
    ("1234", ("1,234", "1234", "$1,234", "1,234.00", "1234 dollars", "1,234 km"), ("1,243", "234",
     "12,34", "1.234", "$1,234,000")),
    ("1234567", ("1,234,567", "1.234.567", "1234567"), ("1,234,576", "1,234", "567")),
    ("-3", ("−3", "-3", "-3.0", "–3", "-3 degrees"), ("3", "−30", "-0.3")),
    ("18.5", ("18.5", "18.50", "$18.50", "18.5 miles per hour", "37/2", "€18.50"), ("18.05", "185",
     "18", "$18.55")),
    ("21", ("21", "21st", "the 21st", "21 years old", "21 apples"), ("12th", "20", "1",
     "210 apples")),
    ("0.5", ("1/2", "0.5", ".5", "0.50"), ("2", "1", "1/3", "0.05", "5")),
    ("12", ("12 eggs", "12 km/h", "12.0", "12 m^2", "12 cm³"), ("13 eggs", "1.2 km/h", "122",
     "2 m^2")),
    ("2.5", ("2 1/2", "5/2", "2.5"), ("21/2", "2/5", "25")),
)  # fmt: skip
# numeric reads no number here, and never one of the digits that stand in it
UNREAD = (
    (r"\boxed{x^2}", "2"),
    (r"\boxed{x+5}", "5"),
    (r"\boxed{2x}", "2"),
    (r"\boxed{3n+1}", "1"),
    (r"\boxed{a_2}", "2"),
    (r"\boxed{10^x}", "10"),
    (r"\boxed{\frac{x}{3}}", "3"),
    (r"\boxed{\frac{a}{b}}", "1"),
    (r"\boxed{\text{no solution for } x_1}", "1"),
    (r"The answer is $\boxed{y^3}$.", "3"),
)
NOT_THIS = (
    (r"\boxed{\sqrt{17}}", "17"),
    (r"\boxed{2\sqrt{5}}", "5"),
    (r"\boxed{\frac{2}{3}}", "3"),
    (r"\boxed{2^{10}}", "10"),
    (r"\boxed{\log_2 9}", "9"),
    (r"\boxed{3\pi}", "3"),
    (r"\boxed{(3,4)}", "4"),
    (r"\boxed{3, 4}", "4"),
    (r"\boxed{3 \text{ or } 4}", "4"),
    (r"\boxed{x > 5}", "5"),
    (r"\boxed{x \le 7}", "7"),
    (r"\boxed{2:15}", "15"),
    (r"\boxed{[1, 6]}", "6"),
    (r"\boxed{10, 100}", "10100"),
    (r"\boxed{3+4i}", "4"),
    ("The answer is $10^3$.", "3"),
    ("He has 5-3 = 2 left.", "5"),
    ("so 5-3", "-3"),
    ("5-3", "3"),
    (r"The answer is $\frac{2}{3}$.", "2"),
)
SENTENCES = (
    "so 5 - 3 = #, and # + 7 = @.",
    "The answer is @. There were # steps.",
    "The answer is @.\n\nI used # facts.",
    "She had # and got 7 more, so now she has @.",
    "#### @",
    "#### $@",
    "####@",
    "**Answer:** @",
    "Answer:\n@",
    "### Final Answer\n\n@",
    "The answer is not #. The answer is @.",
    "I first thought #. The answer is @.",
    "x = @",
    "The total cost is $@.",
    "That makes @ in all.",
    "Final Answer: The final answer is $@$. I hope it is correct.",
    "答案是 @。",
    "Die Antwort ist @.",
    "La réponse est @.",
    "Ответ: @",
    "答えは@です。",
    "<answer>@</answer>",
    r"The answer is \boxed{@}. I put it in \boxed as requested.",
    r"\boxed{#} is wrong. \boxed{@}",
    r"\boxed{@}" "\n\nCheck: # + 7 is what we had.",
)
DATES = ("He was born on 12 March @.", "It was May 5, @.", "The year is @.", "That was in May @.")
NOTHING = ("", "  ", "...", "I do not know.", r"\boxed{}", "No number here.")


def cases() -> Iterator[Case]:
    yield from tabled("numeric-boxed", BOXED, BOXES, "numeric")
    yield from tabled("numeric-said", SAID, WORDS[:9], "numeric")
    yield from unread()
    values = cycle((("18", "14"), ("97", "25"), ("3.5", "35"), ("250", "43"), ("62", "26")))
    for form in SENTENCES * 2:
        yield from number("sentences", form, next(values))
    for form in DATES:
        yield from number("dates", form, ("1987", "12"))
        yield from number("dates", form, ("2024", "5"))
    yield from neighbours.cases("numeric")
    yield from thought(values)
    sums, drawn = cycle(SUMS), Random("numeric")
    for on in ON[:16]:
        yield from number("run-on", f"The answer is @.{on}", (str(drawn.randint(11, 99)), "7"))
    for form in ONE_TEXT[:10]:
        yield from number("no-run-on", form, next(sums))


def number(kind: str, form: str, values: tuple[str, str]) -> tuple[Case, Case]:
    value, other = values
    return either(f"numeric-{kind}", value, other, filled(form, value, other), verifier="numeric")


def unread() -> Iterator[Case]:
    """What it cannot read is no answer; right once a number follows."""
    for text, gold in UNREAD:
        yield wrong("numeric-unread", gold, text, verifier="numeric", reason="no_answer")
        yield right(
            "numeric-unread", gold, rf"{text} Now I see: \boxed{{{gold}}}", verifier="numeric"
        )
    for text, gold in NOT_THIS:
        yield wrong("numeric-not-this", gold, text, verifier="numeric")
        yield right(
            "numeric-not-this",
            gold,
            f"{text} No: the answer is \\boxed{{{gold}}}.",
            verifier="numeric",
        )
    for text in NOTHING:
        yield wrong("numeric-nothing", "5", text, verifier="numeric", reason="no_answer")
        yield right("numeric-nothing", "5", f"{text}\n\nThe answer is 5.", verifier="numeric")


def thought(values: Iterator[tuple[str, str]]) -> Iterator[Case]:
    for opening, closing in (*PAIRS, ALSO[0], ALSO[3]):
        form = f"{opening}Perhaps #. \\boxed{{#}}? No.{closing}\nThe answer is @."
        yield from number("thinking", form, next(values))
    for turn, (opening, _) in enumerate(PAIRS):
        value, other = next(values)
        finish, reason = ("length", "truncated") if turn % 2 else ("stop", "no_answer")
        text = f"{opening}So the answer is {value}. Let me check"
        yield wrong("numeric-cut", value, text, verifier="numeric", finish=finish, reason=reason)
        yield right("numeric-cut", other, f"The answer is {other}.", verifier="numeric")
