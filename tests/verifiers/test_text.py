"""Extraction, exact and numeric: what counts as an answer, and what equals it."""

import pytest

from passgap.data.outcomes import Outcome
from passgap.data.problems import Problem
from passgap.errors import UsageError
from passgap.latex import boxes, last_boxed
from passgap.verifiers import for_problems, get_verifier
from passgap.verifiers.candidates import read


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"so \boxed{5}", "5"),
        (r"\boxed{1} then \boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{4} and \boxed{unclosed", "4"),
        (r"\boxed{", None),
        (r"\boxed{}", None),
        (r"\boxed 7.", "7"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"use \boxed as asked", None),
        (r"\boxed{\boxed{4}}", "4"),
        ("none", None),
    ],
)
def test_last_boxed(text, answer):
    assert last_boxed(text) == answer


def test_every_box_has_its_place():
    text = r"so \boxed{1} or \fbox{2} or \boxed{}"
    assert [text[start:end] for start, end, _ in boxes(text)] == [
        r"\boxed{1}",
        r"\fbox{2}",
        r"\boxed{}",
    ]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("#### 1\n#### 42 \nmore", "42"),
        ("#### ", None),
        ("no mark", None),
        ("#### Step 2: add 5\n#### Answer\n7", "7"),
        ("so 1,234.50 in all", "1,234.50"),
        ("x = -3", "x = -3"),
        ("5-3=2", "2"),
        ("is 0.5.", "0.5"),
        ("about .25", ".25"),
        ("12 eggs (1 dozen)", "12"),
        ("The area is $3\\pi$.", r"$3\pi$"),
        ("nothing here", None),
        ("", None),
    ],
)
def test_the_answer_of_a_text_without_boxes(text, answer):
    final = read(text).final
    assert (final and final.text) == answer


def test_a_candidate_stands_where_it_says():
    text = r"<think>\boxed{1}</think> It is $\frac{1}{2}$. The answer is 5 km. \boxed{6}"
    for candidate in read(text).candidates():
        inside = text[candidate.start : candidate.end]
        assert candidate.text.strip("$") in inside
    rules = [candidate.rule for candidate in read(text).candidates()]
    assert rules == ["value", "stated", "value", "boxed"]


def mark(name, reference, text, finish="stop"):
    return get_verifier(name).verify(Problem("q", reference, name), text, finish)


@pytest.mark.parametrize(
    ("name", "reference", "text"),
    [
        ("exact", "abc", "step\nabc\n"),
        ("exact", "abc", r"\boxed{abc} trailing"),
        ("numeric", "1234.5", "the sum is 1,234.50"),
        ("numeric", "18", "#### $18"),
        ("numeric", "27.0", "27"),
        ("numeric", "-7", "x = -7"),
    ],
)
def test_right_answers_pass(name, reference, text):
    assert mark(name, reference, text).status == "correct"


@pytest.mark.parametrize(
    ("name", "reference", "text"),
    [
        ("exact", "abc", "abc\nabd"),
        ("exact", "abc", "ABC"),
        ("numeric", "18", "18 apples, no: 19"),
        ("numeric", "0.5", "5"),
        ("numeric", "5", "0.5"),
        ("numeric", "3", "3.0000001"),
        ("numeric", "1", "1e400000000"),
    ],
)
def test_wrong_answers_fail(name, reference, text):
    assert mark(name, reference, text).status == "incorrect"


@pytest.mark.parametrize("name", ["numeric", "math"])
def test_no_answer_and_truncation_are_incorrect_with_a_reason(name):
    assert mark(name, "1", "I do not know") == Outcome("incorrect", None, "no_answer")
    assert mark(name, "1", "let me think", "length") == Outcome("incorrect", None, "truncated")


def test_each_problem_goes_to_the_verifier_it_names():
    problems = [Problem("a", "abc", "exact"), Problem("b", "1.0", "numeric")]
    verifier = for_problems(problems)
    assert verifier.verify(problems[0], "abc", "stop").status == "correct"
    assert verifier.verify(problems[1], "1", "stop").status == "correct"
    assert for_problems(problems, "exact").verify(problems[1], "1", "stop").status == "incorrect"
    assert verifier.digest != for_problems(problems, "exact").digest


def test_an_unknown_verifier_is_named_with_what_is_allowed():
    with pytest.raises(UsageError, match="'magic' is unknown; allowed: exact, numeric"):
        get_verifier("magic")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("The answer is (B).", "B"),
        ("So the correct option is C", "C"),
        (r"Thus \boxed{\text{D}}", "D"),
        (r"\boxed{(E) 12}", "E"),
        ("Answer: A", "A"),
        ("<answer>b</answer>", "B"),
        ("It could be (A). No.\nB", "B"),
        ("I think A is a letter", None),
        ("The answer is 12", None),
        ("", None),
    ],
)
def test_a_choice_is_found_where_it_is_said(text, answer):
    verifier = get_verifier("choice")
    outcome = verifier.verify(Problem("q", "(B)", "choice"), text, "stop")
    assert outcome.extracted == answer
    assert outcome.status == ("correct" if answer == "B" else "incorrect")
    assert answer or outcome.reason == "no_answer"


def test_a_tolerance_is_relative_and_has_to_be_a_number():
    near = get_verifier("numeric?tolerance=0.01")
    problem = Problem("q", "200", "numeric")
    assert [near.verify(problem, text).status for text in ("201.9", "202.1")] == [
        "correct",
        "incorrect",
    ]
    for spec in ("numeric?tolerance=much", "numeric?tolerance=-1", "exact?tolerance=1"):
        with pytest.raises(UsageError, match="allowed"):
            get_verifier(spec)
