"""Thinking aloud in every dress: what stands inside is no answer, an answer after it wins."""

from collections.abc import Iterator
from itertools import cycle

from .cases import Case, either, filled, right, wrong

PAIRS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
)
ALSO = (
    ("<think>\n", "\n</think>\n\n"),
    ("<Think>", "</Think>"),
    ("<THINK>", "</THINK>"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<think>\n\n</think>\n\n<think>", "</think>"),
    ("<think>Let me plan.</think>\n<think>", "</think>\n"),
    ("<|channel|>commentary<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("<|channel|>analysis<|message|>", "<|end|>\n<|start|>assistant<|channel|>final<|message|>"),
)
VALUES = (("12", "10"), (r"\frac{2}{3}", r"\frac{3}{2}"), ("-4", "4"), (r"2\sqrt{5}", r"5\sqrt{2}"))
INSIDE = (
    r"A first try gives \boxed{#}, which fails.",
    "Maybe the answer is $#$. Wait, let me check it again.",
    "So the final answer is $#$?\n\nHmm, no. I made an error in step 2.",
    r"<answer>$#$</answer> would be one option, but $#$ is too small.",
    r"$x = #$. **Answer:** $#$. No: the sign.",
)
AFTER = (
    "\nThe answer is **$@$**.",
    r" $\boxed{@}$",
    "\n\n$@$",
    "The answer is $@$.",
    "\n<answer>$@$</answer>",
    "\n#### $@$",
    "\n**Final Answer:** $@$",
    "Hence the value is\n\\[@\\]",
)
CUT = (
    r"A first try gives \boxed{#}",
    "Maybe the answer is $#$. Let me check that again. If we put it",
    "Suppose $x = #$. Then the left side is",
    r"So <answer>$#$</answer>? Before I write it down, I will",
    "So the answer must be $#$.",
)
MENTIONS = (
    "I was told not to use `<think>` tags. The answer is $@$.",
    "No `<think>` block is needed here.\n\n$\\boxed{@}$",
    "The tags `<think>` and `</think>` are for the working. The answer is $@$.",
    "The prompt asks for <think> and </think> around the working; in short, the answer is $@$.",
    "As it is simple, I skip the <think> part. The answer is $@$.",
    "The answer is $@$. (I did not need `<think>`.)",
    "The answer is $\\boxed{@}$. No <think> block was needed.",
)


def cases() -> Iterator[Case]:
    yield from closed()
    yield from cut()
    yield from closing_alone()
    yield from nested()
    yield from mentioned()
    yield from around()
    yield from stripped()


def closed() -> Iterator[Case]:
    """The value inside differs from the one after: the latter counts."""
    inside, after, values = cycle(INSIDE), cycle(AFTER), cycle(VALUES)
    for opening, closing in (*PAIRS, *PAIRS, *ALSO):
        value, other = next(values)
        text = (
            opening
            + filled(next(inside), value, other)
            + closing
            + filled(next(after), value, other)
        )
        yield from either("thinking-closed", value, other, text)
    for opening, closing in PAIRS:
        value, other = next(values)
        text = opening + filled(next(inside), value, value) + closing
        yield right("thinking-closed", other, text + filled(next(after), other, value))
        yield wrong("thinking-closed", value, text, reason="no_answer")


def cut() -> Iterator[Case]:
    """A block that never ends holds no answer, whatever stands in it."""
    inside, values = cycle(CUT), cycle(VALUES)
    for finish, reason in (("length", "truncated"), ("stop", "no_answer")):
        for opening, closing in (*PAIRS, ALSO[0], ALSO[2], ALSO[5]):
            value, other = next(values)
            text = opening + filled(next(inside), value, value)
            yield wrong("thinking-cut", value, text, finish=finish, reason=reason)
            finished = (
                f"{opening}{filled(next(inside), other, other)}{closing}The answer is ${value}$."
            )
            yield right("thinking-cut", value, finished)


def closing_alone() -> Iterator[Case]:
    """The prompt opened the block: only its end stands in the completion."""
    inside, after, values = cycle(INSIDE), cycle(AFTER), cycle(VALUES)
    for _, closing in PAIRS:
        value, other = next(values)
        start = "Okay, let me see. " + filled(next(inside), value, other) + "\n" + closing
        yield from either(
            "thinking-closing-alone", value, other, start + filled(next(after), value, other)
        )
    for _, closing in PAIRS[:6]:
        value, other = next(values)
        start = "Okay, let me see. " + filled(next(inside), value, value) + "\n" + closing
        yield wrong("thinking-closing-alone", value, start, reason="no_answer")
        yield right("thinking-closing-alone", other, start + f"The answer is ${other}$.")


def nested() -> Iterator[Case]:
    for (opening, closing), (value, other) in zip(PAIRS[:4], VALUES, strict=True):
        head = (
            f"{opening}Let me try. {opening}Perhaps \\boxed{{{other}}}.{closing} Or $7$?{closing}"
        )
        yield from either("thinking-nested", value, other, f"{head}\nThe answer is ${value}$.")
        both = f"<think>One. <reasoning>So ${other}$.</reasoning> Two: ${other}$.</think> ${value}$"
        yield from either("thinking-nested", value, other, both)


def mentioned() -> Iterator[Case]:
    """A tag that the prose speaks of opens nothing."""
    for form, (value, other) in zip(MENTIONS, cycle(VALUES), strict=False):
        yield from either("thinking-mentioned", value, other, filled(form, value, other))


def around() -> Iterator[Case]:
    """Several blocks, text between them, a block after the answer."""
    for value, other in VALUES:
        twice = (
            f"<think>Is it \\boxed{{{other}}}?</think>\nFirst we simplify.\n"
            f"<think>Still \\boxed{{{other}}}?</think>\nThe answer is $\\boxed{{{value}}}$."
        )
        yield from either("thinking-around", value, other, twice)
        doubt = f"<think>Could it be \\boxed{{{other}}}? No.</think>"
        later = f"The answer is $\\boxed{{{value}}}$.\n{doubt}"
        yield from either("thinking-around", value, other, later)
        prompted = f"<think>Put it in \\boxed{{answer}}.</think> The answer is ${value}$."
        yield from either("thinking-around", value, other, prompted)
        answer = f"<think>I would say <answer>{other}</answer></think><answer>{value}</answer>"
        yield from either("thinking-around", value, other, answer)


def stripped() -> Iterator[Case]:
    """Channels with their end marks, and with the special tokens lost in decoding."""
    for value, other in VALUES:
        for text in (
            f"<|channel|>analysis<|message|>Try \\boxed{{{other}}}. No.<|end|><|start|>assistant"
            f"<|channel|>final<|message|>The answer is ${value}$.<|return|>",
            f"<|start|>assistant<|channel|>analysis<|message|>\\boxed{{{other}}}?<|end|><|start|>"
            f"assistant<|channel|>commentary<|message|>Is it ${other}$?<|end|><|start|>assistant"
            f"<|channel|>final<|message|>\\boxed{{{value}}}",
            f"analysisPerhaps it is ${other}$. No.assistantfinalThe answer is ${value}$.",
        ):
            yield from either("thinking-channels", value, other, text)
