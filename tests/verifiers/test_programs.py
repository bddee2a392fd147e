"""Which block of a completion is the program, in every way that models write one.

Each case is made of a right and a wrong program, so that what is true is known beforehand: where
the right one is the answer the text is correct, and with the two changed over it is not.
"""

import json
import shutil

import pytest

from passgap.data.problems import Problem
from passgap.problems.tests import assert_tests, check_tests, livecodebench_tests
from passgap.verifiers import Item, get_verifier
from passgap.verifiers.blocks import blocks, is_prose
from passgap.verifiers.programs import program

needs_bwrap = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="bubblewrap is missing: apt-get install bubblewrap"
)
HEAD = 'from typing import List\n\n\ndef mean(xs: List[float]) -> float:\n    """The mean."""\n'
CHECK = (
    "def check(candidate):\n    assert candidate([1, 2, 3]) == 2\n    assert candidate([4]) == 4\n"
)
CASES = [
    {"input": "3\n1 2 3\n", "output": "6\n", "testtype": "stdin"},
    {"input": "1\n5\n", "output": "5\n", "testtype": "stdin"},
]
CALLS = [
    {"input": "[2, 7, 11]\n9", "output": "[0, 1]", "testtype": "functional"},
    {"input": "[3, 3]\n6", "output": "[0, 1]", "testtype": "functional"},
]


def problem_of(name, tests):
    return Problem(name, "tests", "code", {"tests": tests})


# kind: problem, right program, wrong program, a use of it that is no program
KINDS = {
    "stdio": (
        problem_of("sum", livecodebench_tests(json.dumps(CASES), "", None)),
        "n = int(input())\nxs = list(map(int, input().split()))\nprint(sum(xs))\n",
        "n = int(input())\nxs = list(map(int, input().split()))\nprint(max(xs) + 1)\n",
        "assert sum([1, 2, 3]) == 6\n",
    ),
    "asserts": (
        problem_of("add", assert_tests(["assert add(1, 2) == 3", "assert set(two(1)) == {1, 2}"])),
        "def add(a, b):\n    return a + b\n\n\ndef two(x):\n    return [x, x + 1]\n",
        "def add(a, b):\n    return a - b\n\n\ndef two(x):\n    return [x, x + 1]\n",
        "print(add(1, 2))\n",
    ),
    "check": (
        problem_of("mean", check_tests(HEAD, CHECK, "mean")),
        "def total(xs):\n    return sum(xs)\n\n\ndef mean(xs):\n    return total(xs) / len(xs)\n",
        "def total(xs):\n    return sum(xs)\n\n\ndef mean(xs):\n    return total(xs)\n",
        "print(mean([1, 2]))\n",
    ),
    "calls": (
        problem_of("twoSum", livecodebench_tests(json.dumps(CALLS), "", "twoSum")),
        "class Solution:\n    def twoSum(self, nums: List[int], target: int) -> List[int]:\n"
        "        seen = {}\n        for i, x in enumerate(nums):\n"
        "            if target - x in seen:\n                return [seen[target - x], i]\n"
        "            seen[x] = i\n",
        "class Solution:\n    def twoSum(self, nums: List[int], target: int) -> List[int]:\n"
        "        return [1, 0]\n",
        "s = Solution()\nprint(s.twoSum([2, 7], 9))\n",
    ),
}


def indented(code, by):
    return "".join(by + line if line.strip() else line for line in code.splitlines(keepends=True))


# a text by its name: of the program that is the answer, of another, and of a use
FORMS = {
    "plain": lambda a, b, use: f"Here it is:\n\n```python\n{a}```\n",
    "capital": lambda a, b, use: f"```Python\n{a}```",
    "Python 3": lambda a, b, use: f"```Python 3\n{a}```",
    "python3": lambda a, b, use: f"```python3\n{a}```",
    "python3.11": lambda a, b, use: f"```python3.11\n{a}```",
    "py": lambda a, b, use: f"```py\n{a}```",
    "title": lambda a, b, use: f'```python title="solution.py" linenums="1"\n{a}```',
    "file after a colon": lambda a, b, use: f"```python:solution.py\n{a}```",
    "a file's name": lambda a, b, use: f"```solution.py\n{a}```",
    "attributes": lambda a, b, use: f"```{{.python .numberLines}}\n{a}```",
    "attribute": lambda a, b, use: f"``` {{.python}}\n{a}```",
    "braces": lambda a, b, use: f"```{{python}}\n{a}```",
    "space before the label": lambda a, b, use: f"``` python\n{a}```",
    "space after the label": lambda a, b, use: f"```python  \n{a}```  \n",
    "no label": lambda a, b, use: f"Here it is:\n```\n{a}```",
    "label on a line of its own": lambda a, b, use: f"```\npython\n{a}```",
    "tildes": lambda a, b, use: f"~~~python\n{a}~~~\nDone.",
    "bare tildes": lambda a, b, use: f"Code:\n\n~~~\n{a}~~~\n",
    "four backticks": lambda a, b, use: f"````python\n{a}````\n",
    "six backticks": lambda a, b, use: f"``````\n{a}``````\n",
    "markdown around it": lambda a, b, use: f"````markdown\n# Solution\n```python\n{a}```\n````",
    "indented": lambda a, b, use: f"1. Do it:\n\n   ```python\n{indented(a, '   ')}   ```\n",
    "indented by four": lambda a, b, use: f"    ```python\n{indented(a, '    ')}    ```\n",
    "indented by a tab": lambda a, b, use: f"\t```python\n{indented(a, chr(9))}\t```\n",
    "in a list": lambda a, b, use: f"- ```python\n{indented(a, '  ')}  ```\n",
    "quoted": lambda a, b, use: "> Code:\n> ```python\n" + indented(a, "> ") + "> ```\n",
    "CRLF": lambda a, b, use: f"Code:\n```python\n{a}```\nDone.\n".replace("\n", "\r\n"),
    "CRLF without a label": lambda a, b, use: f"Code:\n```\n{a}```\n".replace("\n", "\r\n"),
    "never closed": lambda a, b, use: f"Here:\n```python\n{a}",
    "never closed, then prose": lambda a, b, use: f"```python\n{a}\nThis solves the task in O(n).",
    "closed after the code": lambda a, b, use: f"```python\n{a.rstrip()}```\nThat is all.",
    "opened after a word": lambda a, b, use: f"The code: ```python\n{a}```\n",
    "closed only": lambda a, b, use: f"{a}```\n",
    "closed only, then prose": lambda a, b, use: f"{a}```\n\nThis adds up what is asked for.\n",
    "closed only, then output": lambda a, b, use: f"{a}```\nOutput:\n```\n6\n```\n",
    "closed only, then a use": lambda a, b, use: f"{a}```\nFor example:\n```python\n{use}```\n",
    "closed only, after a label": lambda a, b, use: f"python\n{a}```\n",
    "bare": lambda a, b, use: a,
    "bare, after prose": lambda a, b, use: f"Here is the solution:\n\n{a}",
    "bare, before prose": lambda a, b, use: f"{a}\nThis program solves the task as required.\n",
    "bare, between prose": lambda a, b, use: f"Sure!\n\n{a}\nExplanation: it's simple enough.\n",
    "bare, then a heading": lambda a, b, use: f"{a}\n### Explanation\n\nWe add up all of them.\n",
    "bare, then a list": lambda a, b, use: f"{a}\n**Explanation**:\n- It reads the input first.\n",
    "bare, then a colon": lambda a, b, use: f"{a}\nExplanation:\n1. First we look at it\n",
    "bare, then Chinese": lambda a, b, use: f"{a}\n这段代码是正确的。\n",
    "bare, then a rule": lambda a, b, use: f"{a}\n---\n\n# Notes\n\nComplexity: O(n)\n",
    "bare, between LaTeX": lambda a, b, use: (
        f"\\begin{{verbatim}}\n{a}\\end{{verbatim}}\nIts cost is $O(n)$\n"
    ),
    "bare, between HTML": lambda a, b, use: f"<pre>\n{a}</pre>\n<p>It is linear.</p>\n",
    "bare, then LaTeX": lambda a, b, use: f"{a}\nIts cost is $O(n)$\n",
    "then output": lambda a, b, use: f"```python\n{a}```\n\nExample output:\n\n```\n6\n```\n",
    "then output with a label": lambda a, b, use: f"```python\n{a}```\n```output\nx = 6\n```\n",
    "then text": lambda a, b, use: f"```python\n{a}```\nSummary:\n```text\nO(n) time\n```\n",
    "then shell": lambda a, b, use: (
        f"```python\n{a}```\nRun:\n```bash\npython x.py < in.txt\n```\n"
    ),
    "then a prompt": lambda a, b, use: f"```python\n{a}```\nRun:\n```\n$ python x.py\n6\n```\n",
    "then input": lambda a, b, use: f"```python\n{a}```\nInput:\n```\n3\n1 2 3\n```\n",
    "then a use": lambda a, b, use: f"```python\n{a}```\nTests:\n```python\n{use}```\n",
    "then a bare use": lambda a, b, use: f"```python\n{a}```\nTests:\n```\n{use}```\n",
    "then a session": lambda a, b, use: f"```python\n{a}```\n```python\n>>> {use}6\n```\n",
    "then a console": lambda a, b, use: f"```python\n{a}```\n```pycon\n>>> {use}6\n```\n",
    "then JSON": lambda a, b, use: f'```python\n{a}```\n```json\n{{"x": 6}}\n```\n',
    "then C++": lambda a, b, use: f"```python\n{a}```\nIn C++:\n```cpp\nint x = 6;\n```\n",
    "then unit tests": lambda a, b, use: (
        f"```python\n{a}```\n```python\nimport unittest\nclass TestIt(unittest.TestCase):\n"
        f"    def test_it(self):\n        self.assertEqual(1, 1)\n```\n"
    ),
    "then a stub that is cut": lambda a, b, use: f"```python\n{a}```\nOr:\n```python\n# shorter",
    "a stray fence": lambda a, b, use: f"```python\n{a}```\n```\n",
    "input before": lambda a, b, use: f"Given\n```\n3\n1 2 3\n```\nwe do\n```python\n{a}```\n",
    "install before": lambda a, b, use: f"```bash\npip install numpy\n```\n```python\n{a}```\n",
    "a draft before": lambda a, b, use: f"First:\n```python\n{b}```\nBetter:\n```python\n{a}```\n",
    "a draft never closed": lambda a, b, use: f"```python\n{b}\n\n```python\n{a}```\n",
    "a draft and output": lambda a, b, use: (
        f"```python\n{b}```\ngives\n```\n7\n```\nso\n```python\n{a}```\nand now\n```\n6\n```\n"
    ),
    "thinking": lambda a, b, use: (
        f"<think>draft:\n```python\n{b}```\n</think>\n```python\n{a}```\n"
    ),
    "thinking after": lambda a, b, use: (
        f"```python\n{a}```\n<think>or\n```python\n{b}```\n</think>"
    ),
    "thinking, bare": lambda a, b, use: f"<think>\n{b}\n</think>\n{a}",
    "<thinking>": lambda a, b, use: f"<thinking>\n```python\n{b}```\n</thinking>\n```\n{a}```\n",
    "[THINK]": lambda a, b, use: f"[THINK]```python\n{b}```[/THINK]\n```python\n{a}```\n",
    "◁think▷": lambda a, b, use: f"◁think▷```python\n{b}```◁/think▷\n```python\n{a}```\n",
    "channels": lambda a, b, use: (
        f"<|channel|>analysis<|message|>```python\n{b}```<|end|><|start|>assistant"
        f"<|channel|>final<|message|>```python\n{a}```<|return|>"
    ),
    "the end of thinking only": lambda a, b, use: f"```python\n{b}```\n</think>\n```python\n{a}```",
    "thinking cut after": lambda a, b, use: f"```python\n{a}```\n<think>\nor\n```python\n{b}```\n",
    "[BEGIN]": lambda a, b, use: f"[BEGIN]\n{a}[DONE]",
    "[BEGIN] and more": lambda a, b, use: (
        f"[BEGIN]\n{a}[DONE]\n\nYou are an expert Python programmer, and here is your task: x\n"
        f"[BEGIN]\n{b}[DONE]\n"
    ),
    "[DONE] only": lambda a, b, use: f"\n{a}[DONE]\n\nYou are next:\n[BEGIN]\n{b}[DONE]\n",
    "[BEGIN] never done": lambda a, b, use: f"[BEGIN]\n{a}",
    "[BEGIN] and a fence": lambda a, b, use: f"[BEGIN]\n```python\n{a}```\n[DONE]\n",
    "[PYTHON]": lambda a, b, use: f"Here:\n[PYTHON]\n{a}[/PYTHON]\n[TESTS]\n{use}[/TESTS]\n",
    "<answer>": lambda a, b, use: f"```python\n{b}```\n<answer>\n```python\n{a}```\n</answer>\n",
    "<answer>, bare": lambda a, b, use: f"I think:\n<answer>\n{a}</answer>\n",
    "an <answer> in words": lambda a, b, use: f"```python\n{a}```\n<answer>As above.</answer>\n",
    "an <answer> that is a number": lambda a, b, use: f"```python\n{a}```\n<answer>6</answer>\n",
    "<code>": lambda a, b, use: f"The program is\n<code>\n{a}</code>\nwhich is right.\n",
    "an end token": lambda a, b, use: f"```python\n{a}```<|im_end|>\n<|im_start|>user\n```\n{b}```",
    "a bare end token": lambda a, b, use: f"{a}<|endoftext|>{b}",
    "a run-on user": lambda a, b, use: f"```python\n{a}```\nUser: more\n```python\n{b}```\n",
    "a run-on question": lambda a, b, use: f"{a}\nQuestion: another one\nAnswer:\n{b}",
    "a fence in a docstring": lambda a, b, use: (
        f'```python\n"""\n    Use:\n    ```python\n    {use}    ```\n"""\n{a}```\n'
    ),
    "a fence in bare code": lambda a, b, use: f'"""\nUse:\n    ```\n    {use}    ```\n"""\n{a}',
    "a future import": lambda a, b, use: (
        f"```python\nfrom __future__ import annotations\nimport math\n\n{a}```\n"
    ),
    "a main part": lambda a, b, use: f"```python\n{a}\nif __name__ == '':\n    main()\n```\n",
    "examples in comments": lambda a, b, use: f"```python\n{a}{indented(use, '# ')}# 6\n```\n",
    "prose in strings": lambda a, b, use: f'"""Adds up.\n\nThis is it, as asked:\n"""\n{a}',
}


@pytest.fixture(scope="module")
def verifier():
    found = get_verifier("code?timeout=5")
    yield found
    found.close()


@needs_bwrap
@pytest.mark.parametrize("kind", KINDS)
def test_the_program_is_found_in_every_form(verifier, kind):
    problem, right, wrong, use = KINDS[kind]
    texts = {name: form(right, wrong, use) for name, form in FORMS.items()}
    marks = verifier.verify_all([Item(problem, text) for text in texts.values()])
    failed = {
        n: (m.reason, texts[n]) for n, m in zip(texts, marks, strict=True) if m.status != "correct"
    }
    assert failed == {}


@needs_bwrap
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_program_stays_wrong_in_every_form(verifier, kind):
    problem, right, wrong, use = KINDS[kind]
    texts = {name: form(wrong, right, use) for name, form in FORMS.items()}
    marks = verifier.verify_all([Item(problem, text) for text in texts.values()])
    passed = {n: texts[n] for n, m in zip(texts, marks, strict=True) if m.status != "incorrect"}
    assert passed == {}


BODY = "    return sum(xs) / len(xs)\n"
WRONG_BODY = "    return sum(xs)\n"
# completions that go on from the head of a function
BODIES = {
    "bare": lambda a, b: a,
    "then a call": lambda a, b: f"{a}\n\nprint(mean([1]))\n",
    "then a check of its own": lambda a, b: f"{a}\n\ndef check(candidate):\n    pass\n",
    "then another function": lambda a, b: f"{a}\n\ndef median(xs):\n    return mean(xs)\n",
    "then prose": lambda a, b: f"{a}\nThis function returns the mean of the list.\n",
    "then a heading": lambda a, b: f"{a}\n**Explanation**: we divide by the length.\n",
    "closed": lambda a, b: f"{a}```\n",
    "closed, then prose": lambda a, b: f"{a}```\n\nIt divides by the length.",
    "closed, then a use": lambda a, b: f"{a}```\nSo:\n```python\nprint(mean([1]))\n```",
    "closed on its line": lambda a, b: f"{a.rstrip()}```\n",
    "fenced": lambda a, b: f"The body:\n```python\n{a}```\n",
    "fenced, then a use": lambda a, b: f"```python\n{a}```\n```python\nprint(mean([1]))\n```\n",
    "fenced at the margin": lambda a, b: f"```python\n{a.lstrip()}```\n",
    "a draft before": lambda a, b: f"```python\n{b}```\nNo:\n```python\n{a}```\n",
    "the head again": lambda a, b: f"```python\n{HEAD}{a}```\n",
    "the head again, bare": lambda a, b: f"{HEAD}{a}",
    "the head alone first": lambda a, b: f"```python\n{HEAD}```\nso\n```python\n{HEAD}{a}```",
    "the signature": lambda a, b: f"def mean(xs):\n{a}",
    "the signature without List": lambda a, b: f"```python\ndef mean(xs: list):\n{a}```",
    "the signature with List": lambda a, b: f"```python\ndef mean(xs: List[int]):\n{a}```",
    "a blank line first": lambda a, b: f"\n\n{a}",
    "further in": lambda a, b: f"    if xs:\n    {a}    return 0\n",
    "a comment": lambda a, b: f"    # the mean is what it says\n{a}",
    "a docstring": lambda a, b: f'    """Mean: what\nit is called."""\n{a}',
    "CRLF": lambda a, b: a.replace("\n", "\r\n"),
    "an end token": lambda a, b: f"{a}<|endoftext|>\n{b}",
    "thinking": lambda a, b: f"<think>\n{b}</think>\n{a}",
    "an inner function": lambda a, b: f"    def mean(ys):\n    {a}    return mean(xs)\n",
    "the name as a variable": lambda a, b: a.replace("return", "mean =") + "    return mean\n",
    "a lambda": lambda a, b: f"```python\nmean = lambda xs:{a[len('    return') :]}```",
    "a class": lambda a, b: f"```python\nclass Solution:\n    def mean(self, xs):\n    {a}```\n",
    "a future import": lambda a, b: (
        f"```python\nfrom __future__ import annotations\ndef mean(xs: List[X]):\n{a}```"
    ),
}


@needs_bwrap
def test_a_body_is_put_after_its_head_in_every_form(verifier):
    problem = KINDS["check"][0]
    names = list(BODIES)
    right = [Item(problem, BODIES[name](BODY, WRONG_BODY)) for name in names]
    wrong = [Item(problem, BODIES[name](WRONG_BODY, BODY)) for name in names]
    marks = verifier.verify_all(right + wrong)
    assert [n for n, m in zip(names, marks, strict=False) if m.status != "correct"] == []
    assert [
        n for n, m in zip(names, marks[len(names) :], strict=True) if m.status == "correct"
    ] == []


SUM = KINDS["stdio"][1]
# texts that hold no program
NOTHING = [
    "",
    "   \n\t\n",
    "```python\n```",
    "I cannot solve this problem.",
    "The answer is 6.",
    "Example output:\n```\n6\n```\n",
    "```text\nn = int(input())\n```",
    "```bash\npython solution.py\n```",
    "```cpp\n#include <iostream>\nint main() { return 0; }\n```",
    f"<think>\n```python\n{SUM}```\n",
    f"<think>\n```python\n{SUM}```\n</think>\nI give up on this one.",
    f"[THINK]\n{SUM}",
    f"<thinking>\n{SUM}\n</thinking>",
    f"<|channel|>analysis<|message|>```python\n{SUM}```<|end|>",
    f"```python\n{SUM}```\n</think>\n",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_no_program_is_not_run(text):
    assert program(KINDS["stdio"][0], text) is None


CHOICES = {
    "the last that reads, not a function of it": [SUM, "def total(xs):\n    return sum(xs)\n"],
    "a part shown again": [SUM, "n = int(input())\n"],
    "a part that writes": [SUM, "print(sum(xs))\n"],
    "asserts": [SUM, "assert sum([1, 2, 3]) == 6\n"],
    "a faked input": [SUM, "import io, sys\nsys.stdin = io.StringIO('1')\nprint(input())\n"],
    "run from outside": [SUM, "import subprocess\nprint(subprocess.run(['a'], input='1'))\n"],
    "a note": [SUM, "# O(n) time\n"],
    "an expression": [SUM, "sum(xs)\n"],
    "a value": [SUM, "6\n"],
}


@pytest.mark.parametrize("name", CHOICES)
@pytest.mark.parametrize("label", ["python", "", "py"])
def test_of_several_blocks_the_program_is_taken(name, label):
    parts = [f"```{label}\n{code}```\n" for code in CHOICES[name]]
    problem = KINDS["stdio"][0]
    assert program(problem, "Then\n".join(parts)) == SUM
    assert program(problem, "Then\n".join(reversed(parts))) == SUM


def test_of_two_whole_programs_the_last_is_taken():
    shorter = SUM.removeprefix("n = int(input())\n")
    problem = KINDS["stdio"][0]
    for a, b in [(SUM, shorter), (shorter, SUM)]:
        assert program(problem, f"```python\n{a}```\nor\n```python\n{b}```") == b


def test_a_block_that_defines_more_of_what_is_tested_wins():
    problem = KINDS["asserts"][0]
    both = KINDS["asserts"][1]
    part = "def add(a, b):\n    return 0\n"
    assert program(problem, f"```python\n{both}```\nthe first:\n```python\n{part}```") == both


PROSE = r"""
Here is the solution:
This function returns the sum.
We use a loop, and that is it
Explanation:
Example 1:
**Note** that it is slow
- first we read
1. First, we read
Its cost is $n$
It works!
Is it right?
Use `sum` here
这是代码。
• item
* item
---
=====
| a | b |
> quoted
<pre>
</code></pre>
\begin{lstlisting}[language=Python]
Complexity: O(n)
Output: 6
1. Sum
2) Sum
Done!
Sure, here you go
I'd do it so, as it's simple
Let me know if there are questions.
""".strip().splitlines()
CODE = r"""
import os
from math import sqrt as root
x = 5
x: int = 5
print(x)
print x
if x is not None and y in z or not w: pass
else:
try:
finally:
return x if y else z
lambda a, b: a
async def f(x): await y
match point:
case Point(x=0, y=0):
type X = list[int]
@cache
class A(B): pass
for i in range(3): print(i)
print("This is not prose at all.")
print('It is', "what it is?")  # is it so?
x = "unfinished words here
raise ValueError("not so good") from None
global counter
del a, b
yield from f(x)
assert f("a b c") == "c b a", "it is not so"
with open(0) as f: data = f.read()
x = y if z else "no such thing"
1.
...
größe = 5
-x
*a, b = c
x: list[int]
Name: int = 5
"-----"
print(f"{a!r}")
a != b
A[0]: int = 1
2.5 .is_integer()
""".strip().splitlines()


@pytest.mark.parametrize("line", PROSE)
def test_prose_is_told_from_code(line):
    assert is_prose(line)


@pytest.mark.parametrize("line", CODE)
def test_code_is_not_taken_for_prose(line):
    assert not is_prose(line)


FENCES = {
    "```\na\n```": [("", "a\n")],
    "```py\na\n````\n": [("py", "a\n")],
    "````\na\n```\nb\n````": [("", "a\n```\nb\n")],
    "~~~\na\n```\n~~~": [("", "a\n```\n")],
    "```\na\n~~~\n```": [("", "a\n~~~\n")],
    "```a\nb\n```\nc\n```d\ne\n```": [("a", "b\n"), ("d", "e\n")],
    "```C++ 17\na\n```": [("c++", "a\n")],
    "```c#\na\n```": [("c#", "a\n")],
    "It is `code` and ```more``` here": [],
    "```x = 1``` is inline": [],
    "  ```\n  a\n    b\n  ```": [("", "a\n  b\n")],
    "```python\n```python\na\n```": [("python", "a\n")],
    "```\n\n```\n": [],
}


@pytest.mark.parametrize("text", FENCES)
def test_fences_are_read_as_markdown_has_them(text):
    assert [(b.label, b.code) for b in blocks(text) if b.fenced] == FENCES[text]


@pytest.mark.slow
def test_examples_that_failed_elsewhere_are_read_right(shared_data):
    """Invented programs in forms that people reported; those two readers differ on are left out."""
    path = shared_data / "faults" / "code_cases.jsonl"
    if shutil.which("bwrap") is None or not path.exists():
        pytest.skip(f"needs bubblewrap and {path.name} in the data's folder `faults`")
    cases = [json.loads(line) for line in path.read_text().splitlines()]
    patient = get_verifier("code")
    marks = patient.verify_all(
        [Item(problem_of(str(i), c["tests"]), c["text"], c["finish"]) for i, c in enumerate(cases)]
    )
    patient.close()
    wrong = [
        i for i, (c, m) in enumerate(zip(cases, marks, strict=True)) if m.status != c["expected"]
    ]
    assert [i for i in wrong if cases[i]["clear"]] == []
    assert len(wrong) <= 3  # a package and two Pythons that are not at hand
