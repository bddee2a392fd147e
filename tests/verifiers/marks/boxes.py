r"""Boxes: bare ``\boxed``, in prose, empty, several, nested, with dress inside."""

from collections.abc import Iterator
from itertools import cycle

from .cases import Case, Row, either, filled, right, tabled, wrong

VALUES = (
    ("5", "6"),
    (r"\frac{3}{7}", r"\frac{7}{3}"),
    (r"2\sqrt{3}", r"3\sqrt{2}"),
    ("840", "480"),
    ("x^2+1", "x^2-1"),
    ("-12", "12"),
)
# @ is the answer, # another value that the text mentions
MENTIONED = (
    r"Therefore $\boxed{@}$. Here \boxed, as asked.",
    r"Therefore $\boxed{@}$. I use \boxed as requested.",
    r"So it is \boxed{@}, in \boxed as requested.",
    r"So it is \boxed{@}, given in \boxed{} as requested.",
    r"$\boxed{@}$" "\n\nNote: the \\boxed command encloses the final value.",
    r"$\boxed{@}$" "\n\nThe answer stands inside `\\boxed{}`.",
    r"$\boxed{@}$" "\n\nThe final answer is in the \\boxed{ } above.",
    r"I shall put the result in \boxed{}. It is $\boxed{@}$.",
    r"The result goes into \boxed{...}, so: $\boxed{@}$",
    r"The instructions want \boxed{answer}. Hence: \boxed{@}",
    r"The answer is $@$. (I leave out \boxed.)",
    r"The answer is $@$, without any \boxed here.",
    r"The answer is **$@$**. $\boxed{}$",
    r"First guess \boxed{#}, but that fails. Correct: \boxed{@}",
    r"\boxed{#}? No, a sign is wrong. So we get \boxed{@}.",
    r"With the first method \boxed{#}. I made a mistake there; the right one is \boxed{@}.",
    r"Step 1 gives $\boxed{#}$." "\n\nStep 2 gives the rest.\n\n**Final Answer**\n\n$\\boxed{@}$",
    r"The answer is $\boxed{@}$. It is easy to think it were $#$, but that is wrong.",
    r"\boxed{@}" "\n\nCheck: putting it back gives $3 + 4 = 7$, as it must be.",
    r"$\boxed{@}$" "\n\nThis took 2 steps and 1 substitution.",
    r"We get \(\boxed{@}\), as $#$ was excluded.",
    r"$\boxed {@}$",
    r"$$\boxed{@}\tag{1}$$",
    r"$$x=\boxed{@}$$",
    r"\begin{align*}y &= \boxed{@}\end{align*}",
    r"$\boxed{\boxed{@}}$",
    r"\fbox{$@$}",
    r"$\boxed{\fbox{@}}$",
    r"$\boxed{@}$ $\blacksquare$",
    r"**\(\boxed{@}\)**",
    "> $\\boxed{@}$",
    "```\n\\boxed{@}\n```",
    r"<answer>\boxed{@}</answer>",
    r"#### \boxed{@}",
    r"The answer is \boxed{@}.",
    r"### Answer: $\boxed{@}$",
)
INSIDE: tuple[Row, ...] = (
    ("13",
     (r"\,13\,", r"\ 13\ ", " 13 ", "13.", r"\(13\)", "$13$", r"\mathbf{13}", r"\text{13}",
      r"\textbf{13}",
      r"\displaystyle 13", r"\mathrm{13}", r"\boldsymbol{13}", r"{13}", r"(13)", r"\left(13\right)",
      r"\bf 13", r"\rm 13", r"\large 13", r"\color{blue}{13}", r"\textcolor{red}{13}", r"+13",
      r"~13~",
      r"13\quad", r"x = 13", r"x=13", r"n=13\text{ units}", r"\text{The answer is }13",
      r"\text{Answer: }13", r"13 \text{ (km)}", r"\bm{13}",
      r"\begin{aligned}x&=13\end{aligned}"),
     (r"\,31\,", r"\ 12\ ", "13.5", r"\(14\)", "$1.3$", r"\mathbf{-13}", r"\text{103}",
      r"\textbf{12}",
      r"\displaystyle 3", r"\mathrm{1}", r"\boldsymbol{31}", "{131}", r"\left(-13\right)",
      r"\bf 14",
      r"\large 12", r"\color{blue}{31}", r"\textcolor{red}{133}", "-13", r"x = 31", r"x=-13",
      r"n=12\text{ units}",
      r"\text{The answer is }14", r"\text{Answer: }3", r"x^{13}", r"x_{13}", r"13^2", r"\sqrt{13}",
      r"\frac{1}{13}")),
)  # fmt: skip
LISTS = (
    r"\boxed{@} and \boxed{#}",
    r"The solutions are $\boxed{@}$ and $\boxed{#}$.",
    r"\[x = \boxed{@} \quad\text{or}\quad x = \boxed{#}\]",
    r"\boxed{@}, \boxed{#}",
)
EMPTY = (
    r"The final answer is $\boxed{}$.",
    r"\boxed{ }",
    r"$$\boxed{\ }$$",
    r"\boxed{\text{}}",
    r"\boxed{?}",
    r"\boxed{\text{answer}}",
    r"\boxed{...}",
)


def cases() -> Iterator[Case]:
    for form, (value, other) in zip(MENTIONED, cycle(VALUES), strict=False):
        yield from either("boxes", value, other, filled(form, value, other))
    for form, (value, other) in zip(MENTIONED[:21], cycle(VALUES[3:] + VALUES[:2]), strict=False):
        yield from either("boxes", value, other, filled(form, value, other))
    forms = (r"The final answer is \boxed{@}.", r"\boxed{@}", "So\n\n\\boxed{@}")
    yield from tabled("inside-the-box", INSIDE, forms)
    yield from several()
    yield from empty()
    yield from without_braces()


def several() -> Iterator[Case]:
    """Boxes side by side form a list."""
    for form in LISTS:
        for first, second in (("2", "3"), (r"\frac{1}{2}", "-4"), ("-7", "7")):
            text = filled(form, first, second)
            yield right("adjacent-boxes", f"{first}, {second}", text)
            yield right("adjacent-boxes", f"{second}, {first}", text)
            yield wrong("adjacent-boxes", first, text)
            yield wrong("adjacent-boxes", f"{first}, 5", text)


def empty() -> Iterator[Case]:
    for gold in ("5", r"\frac{1}{2}"):
        for text in EMPTY:
            yield wrong("empty-boxes", gold, text)
            yield right("empty-boxes", gold, f"{text} Now I have it: $\\boxed{{{gold}}}$")
    for text in (r"The answer is 5. $\boxed{}$", r"$\boxed{5}$ $\boxed{}$", r"\boxed{} \boxed{5}"):
        yield from either("empty-boxes", "5", "6", text)


def without_braces() -> Iterator[Case]:
    for text in (r"$\boxed5$", r"So \boxed 5.", r"The answer is $\boxed 5$."):
        yield from either("boxes", "5", "15", text)
