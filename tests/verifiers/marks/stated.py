"""Answers without a box: sentences, headings, tags, tables, languages, last values."""

from collections.abc import Iterator
from itertools import cycle

from .cases import Case, Row, either, filled, right, wrong

PLAIN = (("5", "6"), ("42", "24"), ("130", "13"), ("3.5", "35"), ("-8", "8"), ("1,250", "250"))
VALUES = (
    (r"\frac{2}{3}", "3"),
    (r"3\pi", "3"),
    (r"2\sqrt{7}", "7"),
    (r"-\frac{5}{8}", r"\frac{5}{8}"),
    ("e^2", "2"),
    ("3+4i", "4"),
    ("x^2+1", "1"),
    ("10^5", "5"),
    (r"\frac{\pi}{6}", "6"),
    (r"1-\sqrt{2}", "2"),
    (r"\frac{\sqrt{3}}{2}", "2"),
    ("2^{10}", "10"),
    (r"\dfrac{7}{12}", "12"),
    (r"\log_2 5", "5"),
)
# @ is the answer, # another value
SENTENCES = (
    "The answer is @.",
    "So the answer is @, since # would be too far.",
    "The correct answer is @ (not #).",
    "The answer: @",
    "The answer is, therefore, @.",
    "The answer should be @.",
    "My answer is @.",
    "Our final answer is @.",
    "The final answer is **@**.",
    "The answer is equal to @.",
    "@ is the answer.",
    "The result is @.",
    "The solution is @.",
    "Hence, @ is the final answer.",
    "Answer: @",
    "ANSWER: @",
    "Ans: @",
    "Final answer: @",
    "Final Answer: The final answer is $@$. I hope it is correct.",
    "Result: @",
    "The answer is @. I checked it in 2 ways.",
    "The answer is @.\n\nLet me know if you have questions on steps 1 to 3.",
    "The answer is not #. The answer is @.",
    "I first thought # but the answer is @.",
    "At first sight it is #. That is wrong, and the answer is @.",
    "Therefore, the total is @.",
    "So in the end he has @.",
    "Answer: @ (I first thought #)",
    "So we get @ in the end.",
)
LAYOUTS = (
    "**Answer:** @",
    "**Answer: @**",
    "**Answer**: @",
    "__Answer:__ @",
    "*Answer:* @",
    "## Answer\n\n@",
    "### Final Answer: @",
    "### Final Answer\n@",
    "**Final Answer**\n\n@",
    "Answer:\n@",
    "Answer:\n\n$$@$$",
    "**Answer:**\n\n**@**",
    "The answer is:\n\n@",
    "The answer is:\n\\[@\\]",
    "We had # before.\n\n**@**",
    "#### @",
    "####@",
    "#### $@$",
    "#### **@**",
    "#### The answer is @",
    "#### @\n\nLet me know if steps 1 to 3 are unclear.",
    "<answer>@</answer>",
    "<answer>\n@\n</answer>",
    "<answer> $@$ </answer>",
    "<ANSWER>@</ANSWER>",
    "<answer>The answer is @.</answer>",
    "<answer>@</answer>\n\nThis uses 2 facts.",
    "<final_answer>@</final_answer>",
    "The first try was <answer>#</answer>. That fails.\n\n<answer>@</answer>",
    "| step | value |\n| --- | --- |\n| first | # |\n| second | 9 |\n\n**Answer: @**",
    "| quantity | value |\n| --- | --- |\n| before | # |\n| **answer** | **@** |",
    "- before: #\n- **answer**: @",
    "1. We start from #.\n2. The answer is @.",
    "> **Answer:** @",
    "$$\\text{Answer: } @$$",
    "\\textbf{Answer:} @",
    "**Solution.** We had # before. Now we have @.\n\n**Answer.** @",
    "Answer (in cm): @",
    "---\n\n**Final answer:** @\n\n---",
)
LANGUAGES = (
    "答案是 @。",
    "答案是@。",
    "最终答案：@",
    "因此，答案为 @。",
    "所以答案是：@",
    "正确答案是 @（不是 #）。",
    "**答案：** @",
    "答案：$@$",
    "Die Antwort ist @.",
    "Die Antwort lautet @.",
    "Antwort: @",
    "Das Ergebnis ist @ (und nicht #).",
    "**Endergebnis:** @",
    "La réponse est @.",
    "Réponse : @",
    "La réponse finale est @, et non #.",
    "La respuesta es @.",
    "Respuesta: @",
    "La respuesta final es @, no #.",
    "La risposta è @.",
    "Risposta: @",
    "A resposta é @.",
    "Resposta: @",
    "答えは @ です。",
    "答えは@です。",
    "答え：@",
    "したがって、答えは $@$ である。",
    "Ответ: @",
    "Ответ: $@$.",
    "**Ответ:** @",
    "정답은 @입니다.",
    "답: @",
    "Odpowiedź: @",
    "Cevap: @",
    "Đáp án: @",
    "Het antwoord is @.",
)
LAST = (
    "Thus the probability is $@$.",
    "so it equals $@$",
    "Hence we get \\[@.\\]",
    "Adding them up, we have\n$$\nS = @\n$$",
    "so $k=@$.",
    "This gives us \\(a = @\\), as wanted.",
    "\\begin{align*}\nS &= A + B \\\\\n&= @\n\\end{align*}",
    "$A + B = C + D = @$",
    "First $u = 9$. Then $v = u + 1$, so the value is $@$.",
    "The area is $@$.",
    "Hence the wanted value is **$@$**.",
    "so it equals @.",
)
CHAINS: tuple[Row, ...] = (
    (r"\frac{1}{6}", (r"$P = \frac{6}{36} = \frac{1}{6}$", r"so \[P=\frac{6}{36}=\frac{1}{6}.\]"),
     ()),
    ("36", (), (r"$P = \frac{6}{36} = \frac{1}{6}$", r"so \[P=\frac{6}{36}=\frac{1}{6}.\]")),
    ("18", (r"So she earns $9 \times 2 = 18$.", r"So the answer is $9 \times 2 = 18$.",
     "9 * 2 = 18"), ()),
    ("2", (), (r"So she earns $9 \times 2 = 18$.", "So the answer is $9 \\times 2 = 18$.",
     "9 * 2 = 18")),
    (r"3\sqrt{2}", (r"$d = \sqrt{9+9} = \sqrt{18} = 3\sqrt{2}$",),
     (r"$d = \sqrt{8} = 2\sqrt{2}$",)),
    ("-6", (r"Then $f(2) = 4 - 10 = -6$.", r"\[f(2) = 4 - 10 = -6\]"), (r"Then $f(2)=10-4=6$.",
     "$4 - 6$")),
    (r"\frac{7}{12}", (r"The probability is \frac{7}{12}.",
     r"P = \frac{1}{3} + \frac{1}{4} = \frac{7}{12}"),
     (r"The probability is \frac{12}{7}.", r"P = \frac{1}{3} \cdot \frac{7}{12} = \frac{7}{36}")),
    ("12", (r"Hence the length is $12$ cm.", r"Its length is $x = 12$ cm."),
     (r"Hence the length is $\frac{12}{5}$ cm.", r"Its length is $x = 2\sqrt{12}$ cm.")),
)  # fmt: skip
NOTHING = (
    "",
    " ",
    "\n\n",
    ".",
    "...",
    "$$",
    "```\n```",
    "---",
    "\t",
    "**",
    "<answer></answer>",
    "Hmm.",
)


def cases() -> Iterator[Case]:
    yield from both("stated", SENTENCES, PLAIN)
    yield from both("stated", SENTENCES[:24:2], tuple((f"${a}$", f"${b}$") for a, b in VALUES))
    yield from both("layouts", LAYOUTS, PLAIN)
    yield from both("languages", LANGUAGES, PLAIN[:5])
    yield from both("last-value", LAST + LAST[::-1], VALUES)
    yield from chained()
    yield from nothing()
    yield from long()


def both(kind: str, forms: tuple[str, ...], values: tuple[tuple[str, str], ...]) -> Iterator[Case]:
    for form, (value, other) in zip(forms, cycle(values), strict=False):
        text = filled(form, value, other)
        yield from either(kind, value.strip("$"), other.strip("$"), text)


def chained() -> Iterator[Case]:
    for gold, rights, wrongs in CHAINS:
        yield from (right("last-value", gold, text) for text in rights)
        yield from (wrong("last-value", gold, text) for text in wrongs)


def nothing() -> Iterator[Case]:
    """Degenerate texts say nothing; the same with an answer after them say it."""
    for text in NOTHING:
        yield wrong("degenerate", "5", text, reason="no_answer")
        yield wrong("degenerate", r"\frac{1}{2}", text, finish="length", reason="truncated")
        yield right("degenerate", "5", f"{text}\n\nThe answer is 5.")
        yield right("degenerate", r"\frac{1}{2}", f"{text}\n\n" r"$\boxed{\frac{1}{2}}$")


def long() -> Iterator[Case]:
    """Very long texts, before the answer and as one."""
    talk = "We look at it once more and see that nothing changes. " * 900
    loop = "The answer is 5. " * 700
    for text in (f"{talk}\n\nThe answer is 5.", loop, f"{talk}\n\n\\boxed{{5}}\n\n{talk}"):
        yield from either("degenerate", "5", "6", text)
    yield wrong("degenerate", "5", "\\boxed{" + "5" * 4000 + "}")
    yield wrong("degenerate", "5", "The answer is " + "5" * 4000)
