"""Rules of one's own: patterns, functions, plugins; and who may name them."""

import json
from pathlib import Path

import pytest

from passgap.errors import UsageError
from passgap.types import Outcome, Problem, ProblemSet
from passgap.verifiers import Item, base, for_problems, get_verifier, own

PROBLEM = Problem("q", "42", "exact")

RULES = """
from passgap.types import Outcome
import os, time

def right(text, problem):
    return text == problem.reference and problem.metadata["level"] == 3

def odd(text, problem):
    if text == "none": return None
    if text == "float": return 0.5
    if text == "raise": raise RuntimeError("no")
    if text == "die": os._exit(3)
    if text == "sleep": time.sleep(60)
    return Outcome("incorrect", text, "because")

number = 7
"""


@pytest.fixture
def rules(tmp_path, monkeypatch):
    (tmp_path / "rules.py").write_text(RULES)
    monkeypatch.chdir(tmp_path)


def statuses(verifier, problem, *texts):
    outcomes = verifier.verify_all([Item(problem, text) for text in texts])
    verifier.close()
    return [(o.status, o.reason) for o in outcomes]


def test_a_pattern_gives_its_first_group_or_its_match():
    grouped = get_verifier(r"regex?pattern=Answer:\s*(\w%2B)")
    texts = ["Answer: 41\nAnswer: 42", "Answer: 7", "none"]
    assert statuses(grouped, PROBLEM, *texts) == [
        ("correct", ""),
        ("incorrect", ""),
        ("incorrect", "no_answer"),
    ]
    assert statuses(get_verifier(r"regex?pattern=\d%2B"), PROBLEM, "1 and 42") == [("correct", "")]


def test_a_pattern_that_explodes_is_unscored():
    verifier = get_verifier("regex?pattern=(a%2B)%2B$&timeout=0.5")
    found = statuses(verifier, Problem("q", "aaa", "exact"), "a" * 60 + "b", "aaa")
    assert found[0][0] == "unscored"
    assert found[1] == ("correct", "")


def test_a_pattern_is_needed_and_has_to_be_one():
    with pytest.raises(UsageError, match="needs pattern="):
        get_verifier("regex")
    with pytest.raises(UsageError, match="not a regular expression"):
        get_verifier("regex?pattern=(")


def test_a_function_sees_the_text_and_the_problem(rules):
    problem = Problem("q", "42", "exact", {"level": 3})
    verifier = get_verifier("python:rules:right")
    assert statuses(verifier, problem, "42", "41") == [("correct", ""), ("incorrect", "")]


def test_whatever_a_function_does_costs_its_own_mark_only(rules):
    verifier = get_verifier("python:rules:odd?timeout=0.5")
    texts = ["none", "float", "raise", "die", "sleep", "fine"]
    assert statuses(verifier, PROBLEM, *texts) == [
        ("unscored", "no_mark"),
        ("unscored", "error"),
        ("unscored", "error"),
        ("unscored", "crash"),
        ("unscored", "timeout"),
        ("incorrect", "because"),
    ]


@pytest.mark.parametrize("spec", ["python:rules:number", "python:rules:absent", "python:nope:f"])
def test_what_cannot_be_called_is_told(rules, spec):
    verifier = get_verifier(spec)
    with pytest.raises(UsageError, match="cannot be called"):
        verifier.verify(PROBLEM, "42")
    verifier.close()


def test_a_changed_function_is_another_verifier(rules):
    first = get_verifier("python:rules:right")
    before = first.digest
    first.close()
    Path("rules.py").write_text(RULES.replace("== 3", "== 4"))
    second = get_verifier("python:rules:right")
    assert second.digest != before
    second.close()


def test_a_plugin_is_an_entry_point(monkeypatch):
    class Always(base.TextVerifier):
        name = digest = "always"

        def mark(self, problem, text, finish_reason):
            return Outcome("correct", text)

    class Point:
        name = "always"

        def load(self):
            return Always

    monkeypatch.setattr(own, "entry_points", lambda group: [Point()])
    assert get_verifier("plugin:always").verify(PROBLEM, "x").status == "correct"
    with pytest.raises(UsageError, match="installed plugins: always"):
        get_verifier("plugin:other")


@pytest.mark.parametrize(
    "spec", ["python:rules:right", "plugin:always", "judge?base_url=http://x/v1&model=m"]
)
def test_data_cannot_name_what_runs_code_or_asks_a_server(rules, spec):
    problems = ProblemSet.of("p", [Problem("q", "42", spec)])
    with pytest.raises(UsageError, match="from the command line only"):
        for_problems(problems)
    if spec.startswith("python"):
        for_problems(problems, spec).close()


def test_game_of_24_labels_are_reproduced(shared_data, monkeypatch):
    """All 20,000 published labels, by a rule of twenty lines in exact fractions."""
    monkeypatch.chdir(Path(__file__).parent)
    folder = shared_data / "outcomes" / "game24_gpt4" / "orig"
    puzzles = [line.split(",")[1] for line in (folder / "24.csv").read_text().splitlines()]
    verifier = get_verifier("python:game24:check")
    items, labels = [], []
    for file in folder.glob("*.json"):
        for row in json.loads(file.read_text()):
            problem = Problem(puzzles[row["idx"] + 1], "24", "exact")
            items += [Item(problem, text) for text in row["ys"]]
            labels += [bool(m) for m in row.get("accs") or [i["r"] for i in row["infos"]]]
    outcomes = verifier.verify_all(items)
    verifier.close()
    assert len(items) == 20_000
    assert [outcome.status == "correct" for outcome in outcomes] == labels
