"""Duplicates in other problem sets: reported by check, with severity, ids and JSON."""

import json

import pytest
from commands import run

from passgap.checks import check, check_problems
from passgap.checks.contamination import check_overlap
from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.results.overlap import Match, Overlap
from passgap.stages.sampling import sample

WORDS = [f"{a}{b}{c}" for a in "bdfgk" for b in "aeiou" for c in "lmnpr"]
QUESTIONS = [
    f"{i} " + " ".join(WORDS[(7 * i + j * (i + 1)) % len(WORDS)] for j in range(24))
    for i in range(40)
]
NEAR = QUESTIONS[1].rsplit(" ", 1)[0]
OTHER_NUMBERS = QUESTIONS[2].replace("2 ", "70 ", 1)


def problem_set(questions, name="train.jsonl"):
    return ProblemSet.of(name, [Problem(one, "1", "exact") for one in questions])


def drawn(out):
    engine = {"n": 2, "sampling": SamplingParams(8), "engine": "fake"}
    return sample(Policy("m"), problem_set(QUESTIONS, "held"), out=out, **engine)


def duplicates(found):
    kinds = ("exact_duplicates", "near_duplicates", "other_numbers")
    return [one for one in found.findings if one.check in kinds]


def written(path, questions):
    rows = [json.dumps({"question": one, "answer": "1"}) for one in questions]
    path.write_text("\n".join(rows))
    return path


def test_each_kind_is_a_finding_of_its_own_severity(tmp_path):
    others = problem_set([QUESTIONS[0].upper(), NEAR, OTHER_NUMBERS])
    found = check(drawn(tmp_path / "run"), against=[others])
    exact, near, variants = duplicates(found)
    assert [one.severity for one in (exact, near, variants)] == ["error", "warning", "note"]
    ids = [problem.id for problem in problem_set(QUESTIONS)]
    theirs = [problem.id for problem in others]
    assert [one.problems for one in (exact, near, variants)] == [(id_,) for id_ in ids[:3]]
    first = f"{ids[0]} = {theirs[0]}, {QUESTIONS[0][:60]!r}"
    assert exact.evidence == f"1 of 40 problems (2.5%) is also in train.jsonl ({first})"
    assert f"{ids[1]} = {theirs[1]}, {QUESTIONS[1][:60]!r}, similarity 0.9" in near.evidence
    assert "--leave-out-held-out" in exact.remedy
    (overlap,) = found.to_dict()["against"]
    assert (overlap["name"], overlap["problems"], overlap["others"]) == ("train.jsonl", 40, 3)
    assert overlap["matches"][0] == {
        "problem": ids[0],
        "other": theirs[0],
        "kind": "exact",
        "similarity": 1.0,
        "question": QUESTIONS[0],
        "other_question": QUESTIONS[0].upper(),
    }


def test_without_other_sets_nothing_is_compared(tmp_path):
    found = check(drawn(tmp_path / "run"))
    assert found.against == ()
    assert duplicates(found) == []
    assert "compared" not in found.looked_at


@pytest.mark.parametrize(("exact", "severity"), [(2, "warning"), (3, "error")])
def test_exact_duplicates_are_an_error_from_a_share_that_can_decide_a_verdict(exact, severity):
    matches = tuple(Match(f"p{i}", f"p{i}", "exact", 1.0, "q", "q") for i in range(exact))
    (found,) = check_overlap(Overlap("train.jsonl", 100, 9, matches))
    assert found.severity == severity


def test_many_duplicates_are_told_by_the_most_similar():
    matches = tuple(Match(f"p{i}", f"q{i}", "near", 0.5 + i / 100, "q", "r") for i in range(5))
    (found,) = check_overlap(Overlap("x", 10, 9, matches))
    assert "p4 = q4, 'q', similarity 0.54; p3 = q3, 'q', similarity 0.53" in found.evidence
    assert found.evidence.endswith("and 3 more)")


def test_problems_are_checked_before_anything_is_sampled():
    found = check_problems(problem_set(QUESTIONS, "held"), [problem_set([QUESTIONS[0]])])
    assert (found.runs, found.draws, found.worst) == (("held",), 0, "error")
    assert str(found).startswith("held: compared with train.jsonl\n")


def test_the_command_takes_runs_problems_and_several_sets(tmp_path):
    drawn(tmp_path / "run")
    clean, same = (tmp_path / f"{name}.jsonl" for name in ("clean", "same"))
    written(clean, ["Who was there first?"])
    written(same, [NEAR, *QUESTIONS[5:9]])
    both = ("--against", clean, "--against", same)
    told = run("check", tmp_path / "run", *both, "--json")
    found = json.loads(told.stdout)
    assert [(one["name"], len(one["matches"])) for one in found["against"]] == [
        ("clean.jsonl", 0),
        ("same.jsonl", 5),
    ]
    alone = run("check", same, "--against", tmp_path / "run", "--fail-on", "error")
    assert alone.returncode == 1
    assert "compared with held" in " ".join(alone.stdout.split())
    assert "5 problems (80.0%) are also in held" in " ".join(alone.stdout.split())
    nothing = run("check", clean, "--against", same, "--fail-on", "note")
    assert nothing.returncode == 0
    assert "nothing found" in nothing.stdout
    missing = run("check", tmp_path / "run", "--against", tmp_path / "none.jsonl")
    assert missing.returncode == 2
    assert "not found; allowed: " in missing.stderr
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(f"q,a\n{QUESTIONS[3]},1\n")
    fields = ("--question-field", "q", "--answer-field", "a", "--json")
    (one,) = json.loads(run("check", tmp_path / "run", "--against", renamed, *fields).stdout)[
        "against"
    ]
    assert [match["kind"] for match in one["matches"]] == ["exact"]
