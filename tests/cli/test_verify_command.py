"""``passgap verify`` with verifiers of one's own: what it says, and how it ends."""

import json

import pytest
from commands import run

RULES = """
def broken(text, problem):
    raise LookupError("no gold")

def partly(text, problem):
    if text == problem.reference:
        raise LookupError("no gold")
    return 0.0

def right(text, problem):
    return text == problem.reference
"""


@pytest.fixture
def folder(tmp_path):
    rows = [{"question": f"{i}+{i}?", "answer": str(2 * i)} for i in range(4)]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "rules.py").write_text(RULES)
    for name in "ab":
        asked = ("p.jsonl", "--engine", "fake", "-n", "24", "--out", name)
        assert run("sample", name, *asked, cwd=tmp_path).returncode == 0
    return tmp_path


def test_a_verifier_that_raises_for_every_draw_ends_with_exit_1_and_the_reason(folder):
    done = run("verify", "a", "--verifier", "python:rules:broken", cwd=folder)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("passgap: a: none of the samples could be scored: LookupError: no gold")
    assert "96 samples" in last
    assert done.stderr.count("LookupError") == 1
    assert "next:" not in done.stdout


def test_the_json_of_such_a_run_is_whole(folder):
    done = run("verify", "a", "--verifier", "python:rules:broken", "--json", cwd=folder)
    assert done.returncode == 1
    (reason,) = json.loads(done.stdout)["unscored_reasons"]
    assert (reason["reason"], reason["draws"]) == ("error", 96)
    assert reason["error"] == "LookupError: no gold at rules.py line 3"


def test_one_failed_run_of_several_is_named(folder):
    assert run("verify", "a", "b", cwd=folder).returncode == 0
    done = run("verify", "a", "b", "--verifier", "python:rules:broken", cwd=folder)
    assert done.returncode == 1
    assert "a: none of the samples" in done.stderr
    assert "b: none of the samples" in done.stderr


@pytest.mark.parametrize("command", [("probe", "a"), ("compare", "a", "b"), ("audit", "a")])
def test_what_reads_such_a_run_says_why_and_advises_no_draws(folder, command):
    run("verify", "a", "b", "--verifier", "python:rules:broken", cwd=folder)
    done = run(*command, cwd=folder)
    assert done.returncode == 2
    assert "none of the 96 samples could be scored: LookupError: no gold" in done.stderr
    assert not any(advice in done.stderr for advice in ("draw", "more samples", "passgap sample"))


def test_some_unscored_draws_are_said_in_one_line(folder):
    done = run("verify", "a", "--verifier", "python:rules:partly", cwd=folder)
    assert done.returncode == 0
    assert "unscored: LookupError: no gold at rules.py line 7 (" in done.stdout
    assert (
        run("verify", "a", "--verifier", "python:rules:right", cwd=folder).stdout.count("unscored:")
        == 0
    )
