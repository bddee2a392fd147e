"""Cases for the verifier ``choice``: each text says one letter, or none, or several."""

from collections.abc import Iterator
from itertools import cycle

from . import neighbours
from .cases import Case, either, filled, right, wrong
from .thinking import ALSO, PAIRS

# @ is the letter that the text gives, # another that it mentions or that the reference holds
SHORT = (
    "@", "@.", "(@)", "@)", "[@]", "**@**", "$@$", "`@`", "Answer: @", "Answer: (@)", "answer: @",
    "ANSWER: @", "Answer: @)", "Answer: @.", "**Answer:** @", "**Answer: @**", "**Answer: (@)**",
    "The answer is @.", "The answer is: @", "The answer is (@).", "The answer is [@].",
    'The answer is "@".', "The answer is '@'.", "The answer is “@”.", "The answer is **@**.",
    "The answer is `@`.", "The answer is $@$.", "The answer is option @.", "So the answer is @",
    "The correct answer is @.", "The correct option is @.", "The correct choice is (@).",
    "The right answer is @.", "The best answer is @.", "Final answer: @", "### Final Answer\n\n@",
    "Answer:\n@", "**Answer:**\n\n**(@)**", "My answer: @", "I choose @.", "I pick option @.",
    "Option @ is correct.", "Option @ is the correct answer.", "Option (@) is right.",
    "@ is correct.", "@ is the correct answer.", "@ is the right choice.", "Choice @ is correct.",
    "Therefore, option @ is the answer.", "Hence (@) is the answer.", "#### @", "#### (@)",
    "<answer>@</answer>", "<answer>(@)</answer>", "<answer>\n@\n</answer>",
    "<answer>Option @</answer>",
    r"\boxed{@}", r"\boxed{(@)}", r"\boxed{\text{@}}", r"\boxed{\mathrm{@}}", r"\boxed{\mathbf{@}}",
    r"\boxed{\textbf{(@)}}", r"\boxed{\text{(@)}}", r"The answer is $\boxed{@}$.",
    r"$\boxed{\textbf{@}}$", r"\boxed{ @ }", r"\boxed{@.}", r"\boxed{\text{Option @}}",
    r"The answer is $\text{@}$.", r"The answer is \(\mathbf{@}\).", "The final answer is @",
    "It is @.", "It must be @.", "The answer must be @.", "**(@)**", "> **@**",
)  # fmt: skip
WITH_OPTION = (
    "@) Paris",
    "@. Paris",
    "(@) Paris",
    "**@. Paris**",
    "Answer: @) Paris",
    "Answer: @. Paris",
    "The answer is @) Paris.",
    "The answer is (@) Paris.",
    "The answer is @, Paris.",
    "The correct option is @: 42.",
    "The answer is @ (Paris).",
    "<answer>@. Paris</answer>",
    "<answer>(@) Paris</answer>",
    r"\boxed{@) Paris}",
    r"\boxed{\text{@. Paris}}",
    r"\boxed{\textbf{(@) } 42}",
    r"\boxed{@: 42}",
    "#### @. Paris",
)
TALKING = (
    "The answer is @. Option # is wrong because it ignores friction.",
    "The answer is @. Options # and E miss a sign.",
    "Option # is wrong. The answer is @.",
    "Option # is incorrect, since 7 is prime. Therefore, the answer is @.",
    "The answer is not #. It is @.",
    "The answer is not #. The answer is @.",
    "It cannot be #, so the answer is @.",
    "# is tempting at first sight, but the answer is @.",
    "I first thought # but that is wrong. The correct answer is @.",
    "Between # and @, I choose @.",
    "Answer: @\n\nExplanation: option # is wrong since it is not prime.",
    "Answer: @\n\nA short proof: the number is even.",
    "The answer is @, not #.",
    "The answer is @ rather than #.",
    "The answer is @ because # has the wrong sign.",
    "Let us look at each option.\n\nA) too small\nB) too large\nC) no integer\nD) fine\n\n"
    "The answer is @.",
    "- Option A is false.\n- Option B is false.\n- Option C is false.\n- Option D is false.\n\n"
    "I have misread one of them: the correct answer is @.",
    "Options: A) red B) green C) blue D) black\n\nSo the answer is @.",
    "A careful look shows that the answer is @.",
    "A quick check of # shows that it fails. A look at @ shows that it holds.\n\nAnswer: @",
    r"\boxed{#} was my first guess. It fails. \boxed{@}",
    r"$\boxed{@}$ and not $#$.",
    r"The answer is $\boxed{@}$. I put it in \boxed as requested.",
    "Statement I is true, and statement II is false. The answer is @.",
    "Vitamin C is not in question here. The answer is @.",
    "Point A lies on the circle, and so does point B. Hence the correct option is @.",
    "In triangle ABC the angle at C is right. Answer: @",
)
LANGUAGES = (
    "答案是 @。", "答案：@", "答案是@", "正确答案是 (@)。", "正确选项是 @。",
    "故选 @。", "因此，答案为 @。", "所以选 @。",
    "**答案：@**", "Die Antwort ist @.", "Antwort: @", "Die richtige Antwort ist @.",
    "La réponse est @.",
    "Réponse : @", "La bonne réponse est @.", "La respuesta es @.", "Respuesta: @",
    "La respuesta correcta es @.", "La risposta è @.", "A resposta é @.", "Resposta: @",
    "答えは@です。",
    "正解は @ です。", "答え：@", "Ответ: @", "Правильный ответ: @", "정답은 @입니다.",
    "정답: @", "Đáp án: @",
    "Cevap: @",
)  # fmt: skip
SMALL = (
    ("Answer: (@)", "b"), ("Answer: @", "c"), ("The answer is (@).", "d"), ("the answer is @.",
     "b"),
    (r"\boxed{@}", "a"), (r"\boxed{(@)}", "c"), ("(@)", "b"), ("@)", "d"), ("**(@)**", "a"),
    ("The correct option is (@).", "c"), ("<answer>@</answer>", "b"), ("#### @", "d"),
)  # fmt: skip
ARTICLES = (
    "The answer is a number.",
    "The answer is a prime number.",
    "A triangle has three sides.",
    "It is a matter of taste.",
    r"\boxed{a triangle}",
    r"\boxed{\text{a square}}",
    "I think a train is faster than a car.",
    "The correct choice is a hard one to make.",
    "<answer>a car</answer>",
    "A careful reader will see the point.",
    "The answer is a bit unclear to me.",
    "This is a question about a circle.",
)
SEVERAL = (
    "The answer is either @ or #.",
    "The answer is @ or #.",
    "Answer: @ or #",
    "Answer: @, #",
    r"\boxed{@, #}",
    r"\boxed{@#}",
    r"\boxed{@ \text{ or } #}",
    r"\boxed{@} \boxed{#} \boxed{E} \boxed{F}",
    "Both @ and # are correct.",
    "<answer>@ and #</answer>",
    "The answer is @ or #, I am not sure which.",
)
REFUSED = (
    "The answer is not @.",
    "It is not @.",
    "Not @.",
    "Option @ is wrong.",
    "Option @ is incorrect.",
    "The answer cannot be @.",
    "@ is not the answer.",
    "Option (@) is not correct.",
)
NOTHING = (
    "",
    " \n",
    "I do not know.",
    "42",
    "The answer is 42.",
    r"\boxed{}",
    r"\boxed{42}",
    "...",
    "Hmm, let me think.",
)
ON = (
    "\n\nQuestion: Which one is a fruit?\nA) car\nB) apple\nC) pen\nD) cup\nAnswer: #",
    "\n\nQ: Which is larger?\n(A) 1 (B) 2 (C) 3 (D) 4\nA: The answer is #.",
    "\nHuman: And which is the capital of Peru?\nAssistant: The answer is #.",
    "\n\nProblem: Which one is even?\nSolution: The correct option is #.",
    "<|im_end|>\n<|im_start|>user\nNext one?<|im_end|>\n<|im_start|>assistant\nAnswer: #",
    "\n\nQuestion 2: Which one is odd?\nAnswer: (#)",
)
LETTERS = (("B", "A"), ("C", "D"), ("A", "B"), ("D", "C"))


def choice(kind: str, form: str, letters: tuple[str, str]) -> tuple[Case, Case]:
    value, other = letters
    return either(f"choice-{kind}", value, other, filled(form, value, other), verifier="choice")


def cases() -> Iterator[Case]:
    letters = cycle(LETTERS)
    groups = {"short": SHORT, "option": WITH_OPTION, "talking": TALKING, "languages": LANGUAGES}
    for kind, forms in groups.items():
        for form in forms:
            yield from choice(kind, form, next(letters))
    for form, small in SMALL:
        text, other = form.replace("@", small), "A" if small != "a" else "B"
        yield from either("choice-small-letters", small.upper(), other, text, verifier="choice")
    yield from neighbours.cases("choice")
    yield from thought(letters)
    yield from ran_on(letters)
    yield from not_one(letters)


def thought(letters: Iterator[tuple[str, str]]) -> Iterator[Case]:
    inside = cycle(
        (
            "Perhaps the answer is #.",
            r"\boxed{#}? No.",
            "Answer: #. Hmm, wait.",
            "Option # is correct?",
        )
    )
    after = cycle(("\nThe answer is @.", r" \boxed{@}", "\n\n@", "\n**Answer: @**"))
    for opening, closing in (*PAIRS, *ALSO[:4]):
        yield from choice("thinking", opening + next(inside) + closing + next(after), next(letters))
    for turn, (opening, closing) in enumerate(PAIRS):
        value, other = next(letters)
        text = opening + filled(next(inside), other, value)
        finish, reason = ("length", "truncated") if turn % 2 else ("stop", "no_answer")
        yield wrong("choice-thinking", value, text, verifier="choice", finish=finish, reason=reason)
        yield right(
            "choice-thinking", other, f"{text}{closing}\nAnswer: {other}", verifier="choice"
        )


def ran_on(letters: Iterator[tuple[str, str]]) -> Iterator[Case]:
    for form in ("The answer is @.", "Answer: @", r"So \boxed{@}."):
        for on in ON:
            yield from choice("run-on", form + on, next(letters))


def decision(text: str) -> str:
    """A later word in the form that ``text`` used."""
    if "boxed" in text:
        return r"Now I see that it is \boxed{@}."
    return "Now I see it: <answer>@</answer>" if "<answer>" in text else "So the answer is @."


def not_one(letters: Iterator[tuple[str, str]]) -> Iterator[Case]:
    """An article, several letters, a letter refused, nothing: wrong, and right once it decides."""
    for kind, forms in (
        ("articles", ARTICLES),
        ("several", SEVERAL),
        ("refused", REFUSED),
        ("nothing", NOTHING),
    ):
        for form in forms:
            value, other = next(letters) if kind != "articles" else ("A", "B")
            text = filled(form, value, other)
            reason = "no_answer" if text.strip(" \n.") == "" else None
            yield wrong(f"choice-{kind}", value, text, verifier="choice", reason=reason)
            decided = f"{text}\n\n{decision(text).replace('@', other)}"
            yield right(f"choice-{kind}", other, decided, verifier="choice")
