"""Hostile answers: none raises, hangs, runs code or passes, and honest ones between them do."""

import itertools
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from passgap.data.problems import Problem
from passgap.verifiers import Item, equality, get_verifier
from passgap.verifiers.answers.compare import exact, key
from passgap.verifiers.candidates import read
from passgap.verifiers.choice import choices, letters_in

pytestmark = pytest.mark.slow


GOLD = r"\frac{3\sqrt{2}}{7}"
HONEST = r"\boxed{\frac{6}{7\sqrt{2}}}"
N = 300_000

BOXED = r"""
9^{9^{9}}
10^{10^{10^{10}}}
(10^{100})!
\binom{10^9}{10^8}
7^{7^{7^{7}}} \bmod 10
\sqrt[10^9]{2^{10^9}}
\sum_{n=1}^{10^{12}} \frac{1}{n}
\prod_{n=1}^{10^{9}} n
\int_0^\infty e^{-x^{x^x}} dx
\int \frac{\sin(x^x)}{\ln(\tan x)} dx
\lim_{x \to 0} \frac{\sin(\sin(\sin(x^x)))}{x^{x^x}}
(x+y+z)^{500}
(1+x)^{10^6}
x^{x^{x^{x^{x^{x}}}}}
\frac{d^{100}}{dx^{100}} \tan(x)
\begin{vmatrix} a & b \\ c & d \end{vmatrix}^{1000}
\log_{10^{-300}} 10^{300}
\frac{1}{0}
\frac{0}{0}
\infty - \infty
0^{0^{0^{-1}}}
1e999999999
1e-999999999
10^{-400}
9.99e400
1/3/3/3/3/3/0
\gcd(10^{1000}, 10^{999}+1)
\lfloor 10^{10^{5}} \pi \rfloor
\zeta(10^{20}+i)
\arcsin(10^{10^{5}})
\tan(10^{10^{6}})
\exp(\exp(\exp(\exp(10))))
\ln(-\ln(-\ln(-1)))
i^{i^{i^{i}}}
|x|^{|y|^{|z|}}
{x}_{y_{z_{w}}}
\{1,2,\ldots,10^{12}\}
[0,1] \cup [1,2] \cup (3, \infty)
(-\infty, \infty)
\mathbb{R}
\emptyset
\text{nan}
nan
inf
None
True
oo
zoo
I
E
pi
x
\frac{3\sqrt{2}}{7} \text{ or } 5
5 \text{ or } \frac{3\sqrt{2}}{7}
\frac{3\sqrt{2}}{7}, 5
\{\frac{3\sqrt{2}}{7}, 5\}
\frac{3\sqrt{2}}{7} \pm 1
\frac{3\sqrt{2}}{7} = 5
\neq \frac{3\sqrt{2}}{7}
> \frac{3\sqrt{2}}{7}
-\frac{3\sqrt{2}}{7}
\frac{3\sqrt{2}}{7} + 10^{-3}
\frac{3\sqrt{2}}{7}!
\frac{3\sqrt{2}}{7} x
\frac{3\sqrt{2}}{7}^{2}
\frac{3\sqrt{3}}{7}
\frac{3 \sqrt{2}}{70}
0.6061
0.61
.6
3\sqrt{2}
$1$ or $\frac{3\sqrt{2}}{7}$
$\frac{3\sqrt{2}}{7}$ and $5$
\text{the final answer is } 7 \text{ I hope it is correct}
\begin{cases} \frac{3\sqrt{2}}{7} \\ 5 \end{cases}
(\frac{3\sqrt{2}}{7}, \frac{3\sqrt{2}}{7})
[\frac{3\sqrt{2}}{7}, \frac{3\sqrt{2}}{7}+1]
x \in \{\frac{3\sqrt{2}}{7}\} \cup \{5\}
().__class__.__base__.__subclasses__()
\operatorname{__import__}(os)
lambda: 0
print(42)
exit()
quit()
os._exit(0)
raise SystemExit
1 if 1 else 2
[x for x in range(10**10)]
'a' * 10**10
0x1F
0b1
1_000
1j
1+1; import os
1)+(__import__("os").getpid()
Symbol("x")
S("1")
\input{/etc/passwd}
\def\x{\x}\x
\newcommand{\a}{\a\a}\a
\loop\iftrue\repeat
\csname x\endcsname
\catcode`\{=12
\%
\\
\
$
$$
\(
\[
^
_
&
#
##
####
~
{}
{{{{}}}}
()
[]
(]
[)
,
,,,,
;
.
...
-
--
+-+-+-1
=
==
1=1
0=0
x=x
a<b<c<d
1,2
1,2,3,4,5,6
1,,2
\frac
\frac{}{}
\frac{1}{}
\frac{}{0}
\frac 1
\frac1{}
\sqrt
\sqrt{}
\sqrt[0]{1}
\sqrt[]{}
\sqrt{-1}
\sqrt(2
\left(
\right)
\left( \right]
\left. x \right|
\begin{matrix}
\end{matrix}
\begin{matrix}\end{matrix}
\begin{array}{cc} 1 & \\ & \end{array}
\int
\int_a^b
\sum
\lim
\lim_{x \to}
\binom{}{}
\overline{AB}
\underbrace{1+1}_{2}
\text{}
\text{\text{\text{}}}
\mbox{\frac12}
\mathbf{\mathbf{\mathbf{x}}}
\color{red}{1}
\boxed{\boxed{\boxed{}}}
\fbox{1}
<answer>
</answer>
<!-- \frac{3}{7} -->
&#54;
%s%s%s%n
${jndi:ldap://x}
'; DROP TABLE marks; --
""".strip().splitlines()

STRANGE = [
    "\x00",
    "\x00" * 50,
    "\x1b[31m42\x1b[0m",
    "\x08\x08\x08",
    "\r\n\r\n",
    "\ufeff42",
    "\u202e24",
    "\u200b4\u200b",
    "\u0664\u0662",
    "４２",
    "\u00bd",
    "\u2153",
    "4\u00b2",
    "\u221e",
    "\u221a2",
    "\u03c0",
    "\U0001d7d2",
    "\u0301" * 100,
    "\ud800",
    "\udfff\ud800",
    "\U0010ffff",
    "\x85\u2028\u2029",
    "\x7f",
    "\xa042",
    "(" * 500,
    "(" * 500 + "x" + ")" * 500,
    "{" * 300 + "x" + "}" * 300,
    "[" * 300 + "]" * 300,
    "-" * 900 + "1",
    r"\sqrt{" * 200 + "2" + "}" * 200,
    r"\frac{1}{" * 150 + "2" + "}" * 150,
    "^{".join(["2"] * 60) + "}" * 59,
    "x_{" * 100 + "y" + "}" * 100,
    "!" * 200,
    "5" + "!" * 20,
    r"\sin" * 200 + " x",
    "+".join(["x"] * 500),
    "*".join(["9"] * 500),
    "^".join(["9"] * 300),
    "=".join(["1"] * 500),
    ",".join(map(str, range(400))),
    "|" * 300,
    "|x|" * 200,
    "\\left(" * 150,
    "\\text{" * 200,
    "9" * 1999,
    "0." + "3" * 1990,
    "1" + ",000" * 400,
    "." * 1000,
    " " * 1999 + "x",
    "a" * 1999,
    "\\" * 999,
    "$" * 999,
    "1/" * 500 + "0",
    "\\cup".join(["[0,1]"] * 100),
]

LONG = [
    r"\boxed{" + "9" * 1_000_000 + "}",
    r"\boxed{" + "9" * N + "}",
    r"\boxed{" + "{" * (N // 2) + "}" * (N // 2) + "}",
    r"\boxed{" * (N // 7),
    r"\boxed{" + "x+" * (N // 2) + "}",
    r"\boxed" + " " * N + "{5}",
    r"\boxed" + " " * N,
    (r"\boxed" + " " * 99) * (N // 105),
    "{" * N,
    "}" * N,
    "9" * N,
    "1,111" * (N // 5),
    "1," * (N // 2),
    "1," + "111," * (N // 4) + "1",
    "1.1." * (N // 4),
    "-" * N,
    "." * N,
    "1e" * (N // 2),
    "+.1e-" * (N // 5),
    "answer is " * (N // 10),
    "answer:" + " " * N,
    "answer" + " \t" * (N // 2) + "is",
    "answer is" + "*_" * (N // 2),
    "<answer>" * (N // 8),
    "</answer>" * (N // 9),
    "<answer>" + " " * N + "</answer>",
    "#" * N,
    "####" + " " * N,
    "#### " + "x " * (N // 2),
    "\n" * N,
    " " * N,
    "```" + " " * N + "!",
    "```\n" * (N // 4),
    "\x00" * N,
    "\ud800" * N,
    "\\" * N,
    "$" * N,
    "é" * N,
    "\u0664" * N,
]

# (gold, text): what must not be taken for the gold
FOOLING = [
    ("42", r"\boxed{4,2}"),
    ("42", r"\boxed{4, 2}"),
    ("42", "the answer is 4,2"),
    ("1,2", r"\boxed{12}"),
    ("1,2,3", r"\boxed{123}"),
    ("1234", r"\boxed{1,2,3,4}"),
    ("1234", r"\boxed{12,34}"),
    ("42", r"\boxed{41 \text{ or } 42}"),
    ("42", r"\boxed{41, 42}"),
    ("42", r"\boxed{\{41, 42\}}"),
    ("42", r"\boxed{42 = 43}"),
    ("42", r"\boxed{[42, 43]}"),
    ("42", r"\boxed{42 \boxed{43}}"),
    ("42", r"\boxed{42} no, \boxed{43}"),
    ("42", "<answer>42</answer> <answer>41</answer>"),
    ("42", "<answer>42</answer> \\boxed{41}"),
    ("42", "<answer>1} \\boxed{2} \\boxed{42</answer>"),
    ("42", "#### 42 or 41"),
    ("42", "#### 42\n#### 41"),
    ("42", "42 42 42 41"),
    ("42", "The answer is 42. The answer is 41."),
    ("42", r"\boxed{42 \pm 1}"),
    ("42", r"\boxed{\mathbb{R}}"),
    ("42", r"\boxed{42^1000}"),
    ("42", r"\boxed{4_2}"),
    ("x+1", r"\boxed{x}"),
    ("x+1", r"\boxed{x+1, x+2}"),
    ("x^2", r"\boxed{x^2 = 0}"),
    ("y=2x", r"\boxed{0=0}"),
    ("y=2x", r"\boxed{y=y}"),
    ("(1,2)", r"\boxed{(2,1)}"),
    ("[1,2]", r"\boxed{(1,2)}"),
    (r"\{1,2\}", r"\boxed{1,2,3}"),
    (r"\text{even}", r"\boxed{\text{odd}}"),
    (r"\infty", r"\boxed{1/0}"),
    (r"\infty", r"\boxed{-\infty}"),
    ("10^{20}+1", r"\boxed{10^{20}}"),
    ("1+10^{-9}", r"\boxed{1}"),
    ("10^{-9}", r"\boxed{2 \cdot 10^{-9}}"),
    ("10^{-9}", r"\boxed{0}"),
    ("2^{100}", r"\boxed{1267650600228229401496703205375}"),
    ("10000000000001", r"\boxed{10000000000000}"),
]


@pytest.fixture(scope="module")
def math():
    verifier = get_verifier("math?timeout=1")
    yield verifier
    verifier.close()


def item(gold, text):
    return Item(Problem("q", gold, "math"), text)


def sandwiched(verifier, pairs):
    """The marks of hostile (gold, text) pairs, after checking the honest item behind each."""
    items = []
    for i, (gold, text) in enumerate(pairs):
        items += [item(gold, text), item(f"{i} + \\sqrt{{8}}", f"\\boxed{{2\\sqrt{{2}} + {i}}}")]
    marks = verifier.verify_all(items)
    assert len(marks) == len(items)
    spoilt = [(pairs[i], m) for i, m in enumerate(marks[1::2]) if m.status != "correct"]
    assert spoilt == []
    return marks[::2]


def correct(pairs, marks):
    return [pair for pair, mark in zip(pairs, marks, strict=True) if mark.status == "correct"]


def test_no_boxed_horror_passes_or_spoils_the_next(math):
    pairs = [(GOLD, f"\\boxed{{{answer}}}") for answer in [*BOXED, *STRANGE]]
    marks = sandwiched(math, pairs)
    assert correct(pairs, marks) == []
    reasons = {mark.reason for mark in marks if mark.status == "unscored"}
    assert reasons <= {"timeout", "memory", "error", "crash"}
    assert math.verify(Problem("q", GOLD, "math"), HONEST).status == "correct"


def test_no_answer_is_run_as_code(math, tmp_path):
    trace = tmp_path / "was-here"
    calls = [f"open({str(trace)!r},{'w'!r})", f"__import__({'os'!r}).mkdir({str(trace)!r})"]
    forms = [
        "{}",
        "1+{}",
        "({})",
        r"\text{{{}}}",
        "${}$",
        "1*({})^2",
        "'{}'",
        "x={}",
        "{}!",
        "1,{}",
    ]
    texts = [form.format(call) for form in forms for call in calls]
    pairs = [(GOLD, f"{a}{t}{b}") for t in texts for a, b in (("\\boxed{", "}"), ("#### ", ""))]
    assert correct(pairs, math.verify_all([item(*pair) for pair in pairs])) == []
    assert not trace.exists()


def test_very_long_texts_of_any_kind_are_read_in_linear_time(math):
    began = time.monotonic()
    pairs = [(GOLD, text) for text in LONG]
    assert correct(pairs, sandwiched(math, pairs)) == []
    for text in LONG:
        read(text).candidates()
        for find in (key, letters_in, lambda text: list(choices(text))):
            find(text)
    assert time.monotonic() - began < 60


PIECES = ["word ", "a", "b-", "c'", "d.", "1", "2 ", "(", "{", "$", "=", ", ", " and ", "^", "°"]
PIECES += [
    "\\text{",
    "\\frac{",
    "\\pm",
    "\\cup",
    "B ",
    "AB ",
    "\nA",
    "**",
    "is ",
    "answer ",
    ":",
    "|",
]


def test_repeated_pieces_are_read_in_linear_time():
    """A rule that tries every way to part a text would take longer than anybody waits."""
    began = time.monotonic()
    pairs = list(itertools.product(PIECES, PIECES))
    for i, (first, second) in enumerate(random.Random(0).sample(pairs, 60)):
        answer = ((first + second) * 700)[:1990] + ("", "1", "}", "?")[i % 4]
        for find in (key, letters_in, read, lambda text: list(choices(text))):
            find(answer)
    assert time.monotonic() - began < 60


def test_what_looks_like_the_gold_is_not_the_gold(math):
    assert correct(FOOLING, sandwiched(math, FOOLING)) == []


def test_numbers_that_fill_the_memory_do_not_add_up(math):
    """Each answer could stay in a cache as megabytes; the honest ones after them still pass."""
    pairs = [(GOLD, f"\\boxed{{2^{{2^{{26}}}} + {i}}}") for i in range(4)]
    assert correct(pairs, sandwiched(math, pairs)) == []


def test_full_memory_is_emptied_once_before_an_answer_is_lost(monkeypatch):
    full = [MemoryError()]

    def parse(text, parse=equality.parsed):
        if full:
            raise full.pop()
        return parse(text)

    monkeypatch.setattr(equality, "parsed", parse)
    assert equality.equal(None, ["x+1", "1+x"])["right"]


@pytest.mark.parametrize(
    ("text", "plain"),
    [("1,234", "1234"), ("-1,234,567.5", "-1234567.5"), ("$42$", "42"), ("42.", "42")],
)
def test_commas_part_thousands(text, plain):
    assert exact(text) == exact(plain) is not None


@pytest.mark.parametrize("text", ["1,2", "12,34", "1,2345", "1,,234", "1_000", "nan", "10, 100"])
def test_commas_that_part_anything_else_make_no_number(text):
    assert exact(text) is None


COMMANDS = (
    r"\boxed{ \fbox{ \frac \sqrt \text{ \left \right \pm \cup \in \infty \pi \sin \log \sum \%"
)
WORDS = ["<answer>", "</answer>", "####", "answer is ", "Answer: ", "10", "0.5", "```"]
TOKENS = st.sampled_from(
    [*"{}()[]$\\^_&#!|,.;=<>+-*/ \n0123456789xyABi\x00", *COMMANDS.split(), *WORDS]
)
FRAGMENTS = st.lists(TOKENS, max_size=12).map("".join)
TEXTS = st.lists(st.text(max_size=20) | FRAGMENTS, max_size=6).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS, FRAGMENTS)
def test_any_text_gets_one_outcome(math, text, inner):
    texts = [text, f"\\boxed{{{text}}}", f"so \\boxed{{{inner}}}", f"<answer>{inner}</answer>"]
    marks = math.verify_all([item(GOLD, each) for each in texts])
    assert len(marks) == len(texts)
    assert {mark.status for mark in marks} <= {"correct", "incorrect", "unscored"}
    for mark, each in zip(marks, texts, strict=True):
        assert mark.extracted is None or set(mark.extracted) <= set(each) | set(", ")
