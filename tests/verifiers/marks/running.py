"""Running on: after its answer the text goes on with a question of its own; the first counts."""

from collections.abc import Iterator
from itertools import cycle

from .cases import Case, either, filled

FIRST = (
    "9 * 2 = 18, so she earns that a day. The answer is @.",
    "She sells 9 eggs at 2 dollars each.\n#### @",
    r"So the total is $\boxed{@}$.",
    "Step 1: count the eggs.\nStep 2: multiply.\n\n**Answer:** @",
    "A: There are 9 eggs. The answer is @.",
    "<answer>@</answer>",
    "Final Answer: The final answer is $@$. I hope it is correct.",
    "The answer is @ dollars.",
)
ON = (
    "\n\nQ: Tom has 3 pens and buys 4. How many has he now?\nA: 3 + 4 = 7. The answer is #.",
    "\n\nQuestion: Tom has 3 pens and buys 4. How many has he now?\n"
    "Answer: He has 3 + 4 = 7.\n#### #",
    "\n\nProblem: What is $3 + 4$?\nSolution: It is $\\boxed{#}$.",
    "\n\nProblem:\nWhat is $3 + 4$?\n\nSolution:\nWe add. Final Answer: The final answer is $#$. "
    "I hope it is correct.",
    "\nHuman: What is 3 + 4?\nAssistant: The answer is #.",
    "\n\nUser: What is 3 + 4?\n\nAssistant: 3 + 4 is #. The answer is #.",
    "\n\n### Question:\nWhat is 3 + 4?\n\n### Answer:\n#",
    "\n\n### Instruction:\nAdd 3 and 4.\n\n### Response:\nThe answer is #.",
    "\n\nQuestion 2: What is 3 + 4?\nAnswer 2: The answer is #.",
    "\n\nProblem 2. What is $3+4$?\n\nSolution. We get $\\boxed{#}$.",
    "\n\n**Question 2**\nWhat is 3 + 4?\n\n**Answer:** #",
    "\n\n2. What is 3 + 4?\n\nThe answer is #.",
    "\n\nExample 2:\nQuestion: What is 3 + 4?\nAnswer: #",
    "<|im_end|>\n<|im_start|>user\nWhat is 3 + 4?<|im_end|>\n<|im_start|>assistant\n"
    "The answer is #.",
    "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhat is 3 + 4?<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\nThe answer is #.",
    "</s>\n<s>[INST] What is 3 + 4? [/INST] The answer is #.</s>",
    "<|endoftext|>Question: What is 3 + 4?\nAnswer: #",
    "\n\nQ: What is 3 + 4?\nA: #\n\nQ: What is 5 + 2?\nA: #\n\nQ: What is",
    "\n\nQ: If a shop has 20 cups and sells 13, how many are left?\n\n"
    "A: $20 - 13 = #$.\n\nQ: A car",
)
ONE_TEXT = (
    "Question: Tom has # pens and buys 4. How many has he now?\nAnswer: He has @.",
    "Q: Tom has # pens and buys 4. How many has he now?\nA: The answer is @.",
    "Problem: Tom has # pens and buys 4.\n\nSolution: Adding, we get $\\boxed{@}$.",
    "**Problem:** Tom has # pens and buys 4.\n\n**Solution:** We add the numbers.\n\n**Answer:** @",
    "Let me restate it. Question: how many pens has he, if he had # and bought 4?\n\n"
    "We add them. The answer is @.",
    "Assistant: He had # pens. The answer is @.",
    "### Response:\nHe had # pens and bought 4.\n\n#### @",
    "The question asks: how many pens are there now? He had #, so now the answer is @.",
    "How many pens had he? He had #.\nHow many has he now? Now he has @.\n#### @",
    "Are follow up questions needed here: Yes.\nFollow up: How many pens had he?\n"
    "Intermediate answer: #.\nFollow up: How many did he buy?\nIntermediate answer: 4.\n"
    "So the final answer is: @",
    "Sub-question 1: How many pens had he?\nAnswer 1: #.\nSub-question 2: How many has he now?\n"
    "Answer 2: @.\nThe final answer is @.",
    "Step 1. What do we know? He had #.\nStep 2. What is asked? The sum.\n\nThe answer is @.",
    "First, what is given? # pens.\n\nSecond, what is asked? The sum. So the answer is **@**.",
    "1. He had # pens.\n2. He bought 4.\n3. So the answer is @.",
    "Q1: How many had he? A1: #. Q2: How many has he now? A2: @. Final answer: @",
)
PAIRS = (("18", "7"), ("42", "7"), ("150", "7"), ("36", "7"), ("80", "7"))
SUMS = (("18", "14"), ("42", "38"), ("11", "7"), ("150", "146"))


def cases() -> Iterator[Case]:
    pairs, sums = cycle(PAIRS), cycle(SUMS)
    for on, first in zip(ON * 3, cycle(FIRST), strict=False):
        value, other = next(pairs)
        yield from either("run-on", value, other, filled(first + on, value, other))
    for on in ON[:9:2]:
        value, other = next(pairs)
        yield from either("run-on", value, other, filled("She gets @." + on, value, other))
    for form in ONE_TEXT * 2:
        value, other = next(sums)
        yield from either("no-run-on", value, other, filled(form, value, other))
