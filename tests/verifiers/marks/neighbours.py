"""More ways to say it, written by hand after the other cases: neighbours that no grammar drew."""

from collections.abc import Iterator

from .cases import Case, either

# (what the text says, another value, the text)
Said = tuple[tuple[str, str, str], ...]
MATH: Said = (
    ("36", "4", r"Each side is 4, so the perimeter comes to $4 \times 9 = 36$ centimetres."),
    ("36", "63", "Putting it together, we conclude that there are exactly 36 such numbers."),
    (
        r"\frac{5}{9}",
        "9",
        r"The ratio of the areas is \(\dfrac{5}{9}\), which completes the proof.",
    ),
    (r"3\sqrt{5}", "5", r"Thus $AB = \sqrt{45} = 3\sqrt{5}$ cm."),
    ("17", "18", "**Result**\n\n$$\\boxed{17}$$\n\n(18 would break the second condition.)"),
    ("2", "3", r"The least such value is $\boxed{2}$; the next one is $3$."),
    (r"-\frac{1}{3}", r"\frac{1}{3}", r"The slope of the line equals $-\frac13$."),
    ("48", "24", r"Hence she needs $2\cdot 24 = 48$ bricks in total."),
    ("0", "1", r"There are no such integers, so the number of them is $\boxed{0}$."),
    ("1/3", "1/4", "The odds are one in three, so the probability is 1/3."),
    ("75", "57", "So our answer, after checking twice, is 75 miles."),
    ("(2, 5)", "(5, 2)", "The lines meet at the point $(2,5)$."),
    ("[0, 4]", "(0, 4)", "The domain of $f$ is $[0,4]$."),
    ("x^3-3x", "x^3+3x", "Therefore $p(x) = x^3 - 3x$."),
    (r"\{2, 6\}", r"\{2\}", r"The solution set is $\{2, 6\}$."),
    ("10", "20", "Option 1 costs 20 dollars, option 2 costs 10. The cheaper costs **10 dollars**."),
    ("14", "41", "```python\nprint(2*7)\n```\n```output\n14\n```\nThe answer is $14$."),
    ("3", "8", "Answer:\n3\n\nExplanation:\n2^3 = 8, so the exponent is 3."),
    ("6", "12", "Let the number be $n$. Then $2n = 12$, so $n = 6$."),
    ("1000", "10", "So the total is $10^3 = 1000$."),
    ("7", "9", "<think>\nOK so 9? hmm\n</think>\n\n**Answer**\n\nThe value is $\\boxed{7}$.\n"),
    ("7", "9", "<think>It is 9.</think>It is 7."),
    ("12", "21", "Thought: maybe 21.\nFinal Answer: 12"),
    ("-7", "7", "Ergebnis: $-7$"),
    ("15", "51", "最后的答案是：15 个苹果。"),
    ("15", "51", "所以一共有 15 个。"),
    ("4", "6", r"より、答えは $\boxed{4}$ である。"),
    ("20", "2", "Итак, ответ: 20."),
)
CHOICE: Said = (
    ("C", "A", "Looking at all four, only C fits. So C."),
    ("D", "C", "The answer: (D)"),
    ("B", "A", "I would go with B."),
    ("B", "D", "Correct: B"),
    ("C", "A", "Answer - C"),
    ("C", "B", "Answer is C"),
    ("A", "B", "ans: (a)"),
    ("C", "A", "**C** is the correct option."),
    ("B", "A", "Thus, the correct answer is option (B): 12 m/s."),
    ("A", "B", "The answer is clearly A."),
    ("B", "A", "B.\n\nA is wrong because it is odd, and C because it is negative."),
    ("D", "A", "Final Answer: **D**"),
    ("C", "A", r"\[\boxed{\text{(C)}}\]"),
    ("E", "A", r"$\textbf{(E)}$"),
    ("C", "A", "La bonne réponse est la C."),
    ("B", "A", "选项 B 正确。"),
    ("C", "A", "答案选 C"),
    ("C", "A", "A and B can be excluded. The answer is C."),
    ("D", "A", "It is not A or B, so it must be D."),
    ("B", "A", "A: 3 apples\nB: 4 apples\nC: 5 apples\n\nAnswer: B"),
)
NUMERIC: Said = (
    ("8", "12", "She has twelve minus four, that is 8 left."),
    ("1250", "250", "In total: 1,250 dollars"),
    ("3.75", "75", "It costs $3.75 per pound."),
    ("-12.5", "12.5", "That is −12.5 °C."),
    ("0.375", "8", "The answer is 3/8 of a mile."),
    ("2400000", "2.4", "The city has 2.4 million people"),
    ("1998", "3", "The 3rd of May, 1998"),
    ("45", "5", r"The total is \$45."),
    ("0.75", "12", r"\boxed{\frac{9}{12}}"),
    ("32", "5", r"\boxed{2^{5}}"),
    ("1000000", "0", "#### 1,000,000"),
    ("0.125", "125", "Answer: 0.125 (one eighth)"),
    ("4.2", "20", "x = 4.20"),
    ("60", "4", "so 15 * 4 = 60 minutes"),
    ("17", "3", "He paid $20 and got $3 back, so it cost $17."),
)
BY_VERIFIER = {"math": MATH, "choice": CHOICE, "numeric": NUMERIC}


def cases(verifier: str = "math") -> Iterator[Case]:
    kind = "neighbours" if verifier == "math" else f"{verifier}-neighbours"
    for value, other, text in BY_VERIFIER[verifier]:
        yield from either(kind, value, other, text, verifier=verifier)
