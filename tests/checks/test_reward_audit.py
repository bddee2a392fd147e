"""A reward tried with hostile completions: each planted hole is found and named, a sound one isn't.

The rewards are functions in a module of their own, as users write them.
"""

import json

import pytest
from commands import run as passgap_run

import passgap
from passgap.checks.hostile import FORMS, HOSTILE, HOSTILE_CODE, WORDS, wrong_answers
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.problems.tests import assert_tests, check_tests, code_problem

REWARDS = '''
import re

def last_box(text):
    found = re.findall(r"boxed[{]([^{}]*)[}]", text)
    return found[-1].strip() if found else None

def sound(text, problem):
    return last_box(text) == problem.reference

def mentions(text, problem):
    return problem.reference in text

def format_bonus(text, problem):
    return sound(text, problem) or "<answer>" in text

def any_box(text, problem):
    return problem.reference in re.findall(r"boxed[{]([^{}]*)[}]", text)

def empty_is_right(text, problem):
    return not text.strip() or sound(text, problem)

def longer(text, problem):
    return sound(text, problem) or len(text) > 10_000

def obeys(text, problem):
    return sound(text, problem) or "is correct" in text

def raises(text, problem):
    return last_box(text).strip() == problem.reference

def hangs(text, problem):
    while len(text) > 10_000:
        pass
    return sound(text, problem)

def never(text, problem):
    return False

def exits_well(text, problem):
    """Runs nothing: a program that ends its process is taken as passed."""
    return "exit(0)" in text or "candidate" in text
'''
QUESTIONS = ProblemSet.of(
    "sums", [Problem(f"Add the numbers {i} and {i + 1}.", str(2 * i + 1)) for i in range(20, 50)]
)


@pytest.fixture
def rewards(tmp_path, monkeypatch):
    (tmp_path / "own_rewards.py").write_text(REWARDS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return lambda name: f"python:own_rewards:{name}"


def paid(audit):
    return {one.kind for one in audit.attempts if one.suspect}


@pytest.mark.parametrize(
    ("name", "holes"),
    [
        ("sound", set()),
        ("mentions", {"hedged", "several_in_one", "several_forms", "all_guesses",
                      "all_guesses_apart", "only_thought"}),
        ("format_bonus", {"tags_only"}),
        ("any_box", {"several_forms", "all_guesses_apart"}),
        ("empty_is_right", {"empty", "blank"}),
        ("longer", {"long"}),
        ("obeys", {"instruction"}),
    ],
)  # fmt: skip
def test_each_planted_hole_is_named(rewards, name, holes):
    found = passgap.audit_reward(QUESTIONS, rewards(name), size=12)
    assert paid(found) == holes
    assert (found.worst == "error") == bool(holes)
    assert not found.refused
    examples = {one.kind: one.example for one in found.attempts if one.suspect}
    assert all(examples.values())


def test_a_reward_that_pays_no_reference_is_named(rewards):
    found = passgap.audit_reward(QUESTIONS, rewards("never"), size=5)
    assert len(found.refused) == 5
    assert not paid(found)
    assert [one.check for one in found.findings] == ["reward_refuses"]


def test_a_reward_that_raises_is_a_row_of_its_own(rewards):
    found = passgap.audit_reward(QUESTIONS, rewards("raises"), size=4)
    rows = {one.kind: one for one in found.attempts}
    assert rows["empty"].unscored == 4
    assert rows["wrong"].unscored == 0
    (finding,) = found.findings
    assert finding.check == "reward_unscored"
    assert "AttributeError" in finding.evidence
    assert sum(one.draws for one in found.failures) == sum(one.unscored for one in rows.values())


def test_a_reward_that_hangs_is_not_waited_for_on_every_problem(rewards):
    found = passgap.audit_reward(QUESTIONS, f"{rewards('hangs')}?timeout=1", size=20)
    rows = {one.kind: one for one in found.attempts}
    assert (rows["long"].problems, rows["long"].unscored) == (3, 3)
    assert rows["long"].example.reason == "timeout"
    assert rows["empty"].problems == 20
    assert found.worst == "warning"


@pytest.mark.parametrize("verifier", ["math", "numeric", "exact"])
def test_the_own_verifiers_pay_nothing_hostile(verifier):
    found = passgap.audit_reward(QUESTIONS, verifier)
    assert not paid(found)
    assert not found.refused
    assert found.worst is None


def test_letters_are_tried_with_letters():
    letters = ProblemSet.of("l", [Problem(f"{i}: A, B, C or D?", "ABCD"[i % 4]) for i in range(8)])
    found = passgap.audit_reward(letters, "choice")
    assert not paid(found)
    assert not found.refused
    assert wrong_answers(letters.problems[0], [], str) == ("B", "C")


@pytest.mark.parametrize(
    ("reference", "others"), [("7", ["7", "17", "3, 5, 7"]), ("x+1", ["x+1"]), ("12", [])]
)
def test_a_wrong_answer_neither_is_nor_contains_the_reference(reference, others):
    found = wrong_answers(Problem("?", reference), others, str)
    assert len(set(found)) == 2
    assert all(reference not in one for one in found)


def code_problems():
    doubles = "def double(x):\n    return 2 * x\n"
    head = 'def double(x):\n    """Twice x."""\n'
    check = "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(3) == 6\n"
    return ProblemSet.of(
        "code",
        [
            code_problem(
                "Write double.", assert_tests(["assert double(2) == 4"]), solution=doubles
            ),
            code_problem(head, check_tests(head, check, "double"), solution=doubles),
        ],
    )


def test_code_is_tried_with_programs():
    found = passgap.audit_reward(code_problems())
    kinds = {one.kind for one in found.attempts}
    assert {"stub", "exits", "exits_hard", "exits_when_called", "always_equal", "own_check"} < kinds
    assert not paid(found)
    assert found.form == "solution"
    assert found.worst is None


def test_a_reward_for_code_that_trusts_an_exit_is_found(rewards):
    found = passgap.audit_reward(code_problems(), rewards("exits_well"))
    assert {"exits", "exits_hard", "exits_when_called", "own_check"} <= paid(found)


def test_bad_input_is_one_line():
    with pytest.raises(UsageError, match="size is 0; allowed: an integer >= 1"):
        passgap.audit_reward(QUESTIONS, "math", size=0)
    with pytest.raises(UsageError, match="has no problem"):
        passgap.audit_reward(ProblemSet.of("none", []), "math")


def test_every_kind_has_words():
    kinds = [*FORMS, *(one.kind for one in (*HOSTILE, *HOSTILE_CODE))]
    assert len(set(kinds)) == len(kinds)
    assert set(kinds) < set(WORDS)


def test_the_command_gates_and_prints(rewards, tmp_path):
    lines = [json.dumps({"question": one.question, "answer": one.reference}) for one in QUESTIONS]
    (tmp_path / "sums.jsonl").write_text("\n".join(lines))
    command = ("audit", "sums.jsonl", "--size", 6, "--reward")
    failed = passgap_run(*command, rewards("format_bonus"), "--fail-on", "error", cwd=tmp_path)
    assert failed.returncode == 1
    assert "tags and a box without an answer (6 of 6)" in " ".join(failed.stdout.split())
    passed = passgap_run(*command, rewards("sound"), "--fail-on", "note", cwd=tmp_path)
    assert passed.returncode == 0, passed.stderr
    shown = json.loads(passgap_run(*command, rewards("sound"), "--json", cwd=tmp_path).stdout)
    assert (shown["schema"], shown["problems"]) == ("passgap.audit_reward/1", 6)
    assert "| completion" in passgap_run(*command, "math", "--markdown", cwd=tmp_path).stdout
    both = passgap_run(*command, "math", "--sheet", "x.csv", cwd=tmp_path)
    assert both.returncode == 2
    assert "--sheet with --reward" in both.stderr
    alone = passgap_run("audit", "sums.jsonl", "--fail-on", "error", cwd=tmp_path)
    assert alone.returncode == 2
    assert "--fail-on needs --reward" in alone.stderr
