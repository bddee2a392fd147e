"""A copy of the question is no answer; whatever is said besides it is read as before."""

import gzip
import json
import os
from pathlib import Path

import pytest

from passgap.data.problems import Problem
from passgap.verifiers import Item, get_verifier
from passgap.verifiers.copied import LEAST, without_copies

DATA = Path(os.environ.get("PASSGAP_DATA", "../shared/data")) / "problems"
ASKED = "Tom has 30 apples and eats 12 of them.\nShow that what is left is 18."
GOLD = "18"  # the last number of the question


@pytest.fixture(scope="module", params=["math", "numeric"])
def verifier(request):
    made = get_verifier(request.param)
    yield made
    made.close()


def marked(verifier, text, gold=GOLD, question=ASKED, end="stop"):
    (outcome,) = verifier.verify_all([Item(Problem(question, gold, "math"), text, end)])
    return outcome.status, outcome.reason


@pytest.mark.parametrize(
    "text",
    [
        ASKED,
        f"Question: {ASKED}",
        f"{ASKED}\n\n{ASKED}",
        " ".join(ASKED.split()),
        ASKED.replace(" ", "\n "),
        ASKED[:40],
        f"{ASKED}\n{ASKED[:40]}",
        f"<answer>{ASKED}</answer>",
    ],
)
def test_a_copy_of_the_question_is_not_paid(verifier, text):
    assert marked(verifier, text) == ("incorrect", "no_answer")


def test_without_this_rule_the_copy_would_be_paid(verifier):
    assert marked(verifier, ASKED, question="Another question is asked here.") == ("correct", "")


@pytest.mark.parametrize(
    "text",
    [
        f"{ASKED}\n18",
        f"{ASKED} The answer is 18.",
        "30 - 12 = 18",
        f"<think>{ASKED}</think>18",
        "It is \\boxed{18}. " + ASKED,
        f"The answer is 18.\n\nQuestion: {ASKED}",
        ASKED.replace("Tom", "Ann"),
    ],
)
def test_an_answer_besides_the_copy_counts(verifier, text):
    assert marked(verifier, text) == ("correct", "")


def test_a_wrong_answer_after_the_copy_is_wrong_and_not_the_copy(verifier):
    assert marked(verifier, f"{ASKED}\nThe answer is 12.")[0] == "incorrect"


def test_a_copy_that_was_cut_is_truncated(verifier):
    assert marked(verifier, ASKED[:40], end="length") == ("incorrect", "truncated")


def test_a_short_question_may_be_its_own_answer(verifier):
    assert marked(verifier, "18", question="18 is what?") == ("correct", "")
    assert marked(verifier, "7", gold="7", question="7") == ("correct", "")
    assert len("18 is what?") < LEAST


def test_positions_stay():
    text = f"So:\n{ASKED}\nIt is 18."
    found = without_copies(text, ASKED)
    assert len(found) == len(text)
    assert found.index("It is 18.") == text.index("It is 18.")
    assert found.count("\n") == text.count("\n")


def test_a_long_question_is_searched_in_time_in_proportion():
    question = "a b " * 20_000
    text = "a b " * 60_000
    assert not without_copies(text, question).strip()
    assert without_copies("a b " * 19_999 + "c", question).endswith("c")


@pytest.mark.parametrize(
    ("name", "fields"),
    [("gsm8k_test", ("question", "answer")), ("math500_limit_of_rlvr", ("problem", "solution"))],
)
def test_no_benchmark_pays_for_its_questions_and_solutions_after_them_count(name, fields):
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"{path} is not there: set PASSGAP_DATA")
    with gzip.open(path, "rt") as lines:
        rows = [json.loads(line) for line in lines][:200]
    question, solution = fields
    problems = [Problem(row[question], row[solution], "math") for row in rows]
    made = get_verifier("math")
    copies = made.verify_all([Item(one, one.question) for one in problems])
    assert [one.status for one in copies] == ["incorrect"] * len(rows)
    alone, after = (
        made.verify_all([Item(one, before(one) + one.reference) for one in problems])
        for before in (lambda one: "", lambda one: f"{one.question}\n")
    )
    made.close()
    assert [one.status for one in after] == [one.status for one in alone]
    assert sum(one.status == "correct" for one in alone) > 0.95 * len(rows)
