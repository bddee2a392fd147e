"""The math verifier: golds pass, wrong answers do not, what is decided at sight is right."""

import gzip
import json
import threading

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from passgap.data.problems import Problem
from passgap.problems import load_problems
from passgap.verifiers import Item, get_verifier
from passgap.verifiers.answers.arithmetic import UndefinedError, UnreadError
from passgap.verifiers.answers.compare import Algebra, equal, key
from passgap.verifiers.answers.spelling import spelled
from passgap.verifiers.answers.values import value
from passgap.verifiers.equality import equal as by_algebra
from passgap.verifiers.mathematics import RIGHT, WRONG, at_sight


@pytest.fixture(scope="module")
def verifier():
    found = get_verifier("math")
    yield found
    found.close()


def mark(verifier, reference, text):
    return verifier.verify(Problem("q", reference, "math"), text, "stop")


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("42", "so 42"),
        (r"\frac{1}{2}", r"\boxed{0.5}"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"\boxed{(3, \frac{\pi}{2})}"),
        ("x+1", r"\boxed{1+x}"),
        (r"\sqrt{8}", r"\boxed{2\sqrt{2}}"),
        ("27.0", r"\boxed{27}"),
        ("10{,}000", r"\boxed{10000}"),
        ("1.6e-19", r"\boxed{1.6 \times 10^{-19}}"),
        ("5", r"\boxed{x = 5}"),
        ("3.5", "Final Answer: The final answer is $3.5$. I hope it is correct."),
        ("73", "**Answer:** **73**"),
        ("7", "<answer> 7 </answer> and then 8"),
        ("1234", "#### 1,234"),
        ("5", r"\boxed{5} is it; put yours in \boxed{}"),
        ("3,5,7", r"\boxed{7, 3, 5}"),
        (r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", r"\boxed{\begin{pmatrix}1\\2\end{pmatrix}}"),
    ],
)
def test_equal_mathematics_passes(verifier, reference, text):
    assert mark(verifier, reference, text).status == "correct"


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("42", "so 43"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"\boxed{3}"),
        (r"\frac{1}{2}", r"\boxed{0.51}"),
        ("4", r"\boxed{" + "4" * 3000 + "}"),
        (r"\frac{1}{2^{99}}", r"\boxed{\frac{1}{2^{98}}}"),  # math-verify rounds both to 0
        (r"10^{-7}", r"\boxed{2 \cdot 10^{-7}}"),
        ("4", r"\boxed{4\sqrt(2)}"),
        ("81", r"\boxed{(x+y)^2 = 81}"),  # math-verify takes the right side
        ("3x - y + 13 = 0", r"\boxed{3x + 4y + 14 = 0}"),
        ("12", r"\boxed{1,2}"),
        ("[1, 2]", r"\boxed{(1, 2)}"),
        (r"\text{ellipse}", r"\boxed{18}"),
    ],
)
def test_different_mathematics_fails(verifier, reference, text):
    assert mark(verifier, reference, text).status == "incorrect"


def test_an_answer_of_absurd_length_says_so(verifier):
    outcome = mark(verifier, "4", r"\boxed{" + "x" * 3000 + "}")
    assert (outcome.status, outcome.reason) == ("incorrect", "too_long")


def test_a_completion_without_an_answer_says_whether_it_was_cut(verifier):
    problem = Problem("q", "4", "math")
    assert verifier.verify(problem, "I wonder", "stop").reason == "no_answer"
    assert verifier.verify(problem, "I wonder", "length").reason == "truncated"


def test_it_works_in_threads_and_many_at_once(verifier):
    items = [Item(Problem(str(i), f"x+{i}", "math"), f"\\boxed{{{i}+x}}") for i in range(100)]
    found = {}

    def work(name):
        found[name] = [outcome.status for outcome in verifier.verify_all(items)]

    threads = [threading.Thread(target=work, args=(name,)) for name in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {name: ["correct"] * 100 for name in range(3)}


def test_a_comparison_that_takes_too_long_is_unscored_and_costs_nobody_else():
    quick = get_verifier("math?timeout=1")
    texts = ["\\boxed{y+x}", "\\boxed{" + "(x+1)^{99999}" * 3 + "}", "\\boxed{x+y}"]
    outcomes = quick.verify_all([Item(Problem("q", "x+y", "math"), text) for text in texts])
    quick.close()
    assert [o.status for o in outcomes] == ["correct", outcomes[1].status, "correct"]
    assert outcomes[1].status in ("incorrect", "unscored")


def test_options_are_checked():
    from passgap.errors import UsageError

    for spec, word in {"math?timeout=0": "number > 0", "math?speed=9": "allowed: timeout"}.items():
        with pytest.raises(UsageError, match=word):
            get_verifier(spec)


@pytest.mark.parametrize("name", ["math500_limit_of_rlvr", "qwen25math_aime24", "qwen25math_amc23"])
def test_golds_pass_their_own_verifier(verifier, shared_data, name):
    with gzip.open(shared_data / "problems" / f"{name}.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    problems = [Problem(row["problem"], str(row["answer"]), "math") for row in rows]
    assert verifier.faults(problems) == {}


def test_one_gold_of_minerva_is_no_mathematics(verifier, shared_data, monkeypatch):
    monkeypatch.setenv("PASSGAP_DATA", str(shared_data))
    minerva = {problem.id: problem for problem in load_problems("minerva")}
    refused = [minerva[i].reference[:12] for i in verifier.faults(list(minerva.values()))]
    assert (len(minerva), refused) == (272, ["np.arcsin(10"])


def test_a_gold_that_math_verify_cannot_read_is_a_fault(verifier):
    problems = [Problem("a", r"\frac{}{", "math"), Problem("b", "12", "math")]
    assert set(verifier.faults(problems)) == {problems[0].id}


def test_published_labels_of_real_completions(verifier, shared_data):
    """Qwen2.5-Math's own grader and passgap on 800 completions: one differs, ``10{,}000``."""
    file = shared_data / "formats" / "qwen25_math" / "orig" / "math_cot_100.jsonl.gz"
    with gzip.open(file, "rt") as opened:
        rows = [json.loads(line) for line in opened]
    items = [Item(Problem(r["question"], r["gt"], "math"), t) for r in rows for t in r["code"]]
    theirs = [score for row in rows for score in row["score"]]
    outcomes = verifier.verify_all(items)
    differing = [
        item.problem.reference
        for item, outcome, score in zip(items, outcomes, theirs, strict=True)
        if (outcome.status == "correct") != score
    ]
    assert differing == ["10{,}000"]


def test_nemo_skills_labels_are_reproduced(verifier, shared_data):
    """From the answers NeMo-Skills extracted, 149 of 150; ten more that it missed.

    From the texts, it finds no answer outside a box, and takes a placeholder, or what follows in a
    question of the model's own, for one.
    """
    items, theirs, found = [], [], []
    for seed in range(3):
        file = shared_data / "formats" / "nemo_skills" / "orig" / f"output-rs{seed}.jsonl"
        for row in map(json.loads, file.read_text().splitlines()):
            problem = Problem(row["problem"], row["expected_answer"], "math")
            items.append(Item(problem, row["generation"]))
            found.append(row["predicted_answer"])
            theirs.append(row["symbolic_correct"])
    boxed = [Item(i.problem, f"\\boxed{{{a}}}") for i, a in zip(items, found, strict=True)]
    differing = [
        (item.problem.reference, answer, outcome.status)
        for item, answer, outcome, label in zip(
            items, found, verifier.verify_all(boxed), theirs, strict=True
        )
        if (outcome.status == "correct") != label
    ]
    assert differing == [("1320", "1320 km", "correct")]  # its grader takes no units
    outcomes = verifier.verify_all(items)
    differing = [
        (answer, outcome.status)
        for outcome, label, answer in zip(outcomes, theirs, found, strict=True)
        if (outcome.status == "correct") != label
    ]
    assert len(differing) == 10
    assert all(status == "correct" for _, status in differing)


# -- what is decided at sight


SPELLINGS = [
    ("1/2", "0.5"),
    (r"\frac12", r"\dfrac{1}{2}"),
    ("7\\pi", "7 \\pi"),
    ("x^2-1", "(x-1)(x+1)"),
    (r"\sqrt{50}", r"5\sqrt{2}"),
    ("6-5i", "-5i+6"),
    ("(1, 2)", "( 1 , 2 )"),
    ("3,5,7", "7,5,3"),
    (r"\frac{3}{4}\pi", r"\frac{3\pi}{4}"),
    ("2^{10}", "1024"),
    ("30^\\circ", "30^{\\circ}"),
    ("y=2x+1", "y=1+2x"),
    (r"\frac{x+1}{2}", r"0.5x+0.5"),
    ("e^2", "e \\cdot e"),
    ("A", "a"),
    (r"1\frac{4}{5}", r"\frac{9}{5}"),
    (r"1 \pm \sqrt{19}", r"1+\sqrt{19}, 1-\sqrt{19}"),
    (r"\{3 \pm 2, 7\}", r"\{7, 1, 5\}"),
    (r"(-\infty,2) \cup (3,\infty)", r"(3,\infty) \cup (-\infty,2)"),
    (r"(0,3] \cup (3,9)", r"(0,4] \cup (4,9)"),
    (r"(0,5) \cup (3,9)", r"(0,6) \cup (4,9)"),
    ("5x-7y+4=0", "-10x+14y-8=0"),
    ("5x-7y+4=0", "7y=5x+4"),
    ("(x-1)^2=0", "x-1=0"),
    (r"x \in [-2,7]", r"[-2,7]"),
]


@pytest.mark.parametrize(("gold", "answer"), SPELLINGS)
def test_equal_expressions_are_never_called_different(gold, answer):
    assert equal(gold, answer) is not False
    assert equal(answer, gold) is not False


@pytest.mark.parametrize(
    ("gold", "answer"),
    [
        ("7\\pi", "9\\pi"),
        (r"\frac{3}{5}", r"\frac{4}{5}"),
        ("(3, -1)", "(-1, 3)"),
        ("145^\\circ", "35^\\circ"),
        ("2\\sqrt{13}", "\\sqrt{13}"),
        ("x+1", "x-1"),
        ("6-5i", "6+5i"),
        (r"\frac{243}{625}", r"\frac{244}{625}"),
        (r"1\frac{4}{5}", r"1\frac{3}{5}"),
        (r"1 \pm \sqrt{19}", r"1 \pm \sqrt{11}"),
        (r"\{1\pm\sqrt{5},-2\}", r"\{1\pm\sqrt{5},-5\}"),
        (r"(0,9) \cup (9,36)", r"(0,9) \cup (9,35)"),
        (r"(-\infty,2) \cup (3,\infty)", r"(-\infty,2) \cup (4,\infty)"),
        ("5x-7y+11z+4=0", "5x-7y+11z+5=0"),
        (r"x \in [-2,7]", r"x \in [-2,3]"),
        ("AB+BC=10", r"b^2-4ac = 2\sqrt{5}"),  # sides of which one is exact and one is not
    ],
)
def test_plainly_wrong_answers_need_no_mathematics(gold, answer):
    assert at_sight(gold, answer) == WRONG


WHOLE = st.integers(1, 30).map(str)
EXPRESSION = st.recursive(
    WHOLE | st.sampled_from(["x", "\\pi", "2.5"]),
    lambda inner: st.one_of(
        st.builds("({}+{})".format, inner, inner),
        st.builds("{}-{}".format, inner, inner),
        st.builds("\\frac{{{}}}{{{}}}".format, inner, inner),
        st.builds("\\sqrt{{{}}}".format, inner),
        st.builds("({})^2".format, inner),
        st.builds("{} \\cdot {}".format, inner, inner),
    ),
    max_leaves=4,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(EXPRESSION, EXPRESSION)
def test_what_is_decided_here_math_verify_decides_alike(gold, answer):
    found = equal(gold, answer)
    if found is not None and not near(gold, answer):
        assert by_algebra(None, [gold, answer])["right"] == found


def has_value(text):
    try:
        value(spelled(text))
    except UndefinedError:
        return False
    except UnreadError:
        return True
    return True


def near(gold, answer):
    """Whether two values differ by less than math-verify looks at."""
    return (
        equal(f"\\lfloor 10^5 ({gold}) \\rfloor", f"\\lfloor 10^5 ({answer}) \\rfloor") is not False
    )


@settings(max_examples=150, deadline=None)
@given(EXPRESSION)
def test_an_expression_equals_itself_in_other_words(text):
    assume(has_value(text))
    for other in (f"({text})", f"1 \\cdot ({text})", f"\\frac{{2({text})}}{{2}}", f"{text} + 0"):
        assert equal(text, other) is not False
    assert equal(text, f"({text}) + \\frac{{1}}{{7}}") is not True


def test_what_is_not_read_here_is_asked_of_algebra():
    algebra = Algebra()
    assert equal(r"\int_0^1 x\,dx", r"\frac12", algebra) is None
    assert at_sight("2", "2") == RIGHT
    assert [pair[1] for pair in algebra.asked] == [r"\frac{1}{2}"]


@pytest.mark.parametrize("text", ["0", "7", "-7", "120", "-9007199254740993", "1234567890123456"])
def test_a_whole_number_is_its_own_key(text):
    assert key(text) == text == key(f"{text}.0") == key(f" +{text} ".replace("+-", "-"))


def test_other_spellings_of_a_whole_number_have_its_key():
    for text, expected in {"007": "7", "-0": "0", "1,000": "1000", "2.50": "5/2"}.items():
        assert key(text) == expected
