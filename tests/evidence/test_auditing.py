"""Auditing a run: the cases, the sheet, the marks that stay with the run."""

import csv
import json

import pytest
from commands import run as passgap

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.evidence import auditing
from passgap.runs import Run
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify


@pytest.fixture
def run(tmp_path):
    problems = ProblemSet.of("p", [Problem(f"=q{i}", str(i), "exact") for i in range(60)])
    made = sample(
        Policy("m"), problems, n=64, out=tmp_path / "r", sampling=SamplingParams(8), engine="fake",
        engine_args={"alpha": "0.3", "beta": "2"},
    )  # fmt: skip
    verify(made)
    return made


def test_each_case_is_a_correct_draw_of_another_problem(run):
    found = auditing.cases(run, size=20)
    assert len({case.problem_id for case in found}) == len(found) == 20
    assert all(case.extracted == case.reference and case.c > 0 for case in found)
    assert auditing.cases(run, size=20) == found
    assert auditing.cases(run, size=20, seed=1) != found


def test_marks_stay_with_the_run_and_a_later_one_counts(run):
    first, second, *_ = auditing.cases(run, size=20)
    auditing.keep_marks(run, {(first.problem_id, first.draw): "wrong"})
    auditing.keep_marks(run, {(second.problem_id, second.draw): "right"})
    auditing.keep_marks(run, {(first.problem_id, first.draw): "right"})
    result = auditing.result(Run(run.path))
    assert (result.marked, sum(s.wrong for s in result.strata)) == (2, 0)
    assert [case.mark for case in auditing.cases(run, size=20)][:2] == ["right", "right"]


def test_a_sheet_goes_out_and_comes_back(run, tmp_path):
    sheet = tmp_path / "sheet.csv"
    auditing.write_sheet(auditing.cases(run, size=10), sheet)
    with sheet.open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["question"].startswith("'=")  # no formula for a spreadsheet
    for row, mark in zip(rows, ["right", "WRONG", " unsure "], strict=False):
        row["mark"] = mark
    with sheet.open("w") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    read = auditing.read_sheet(sheet)
    assert sum(not mark for mark in read.values()) == 7
    with sheet.open("a") as file:  # the sheet once more below, without marks: none is lost
        csv.DictWriter(file, rows[0]).writerows({**row, "mark": ""} for row in rows)
    assert auditing.read_sheet(sheet) == read
    auditing.keep_marks(run, read)
    result = auditing.result(run)
    assert (result.marked, result.unsure) == (2, 1)


def test_marks_of_what_is_not_there_are_refused(run, tmp_path):
    case = auditing.cases(run, size=1)[0]
    with pytest.raises(UsageError, match="is not a correct completion"):
        auditing.keep_marks(run, {(case.problem_id, 9999): "right"})
    with pytest.raises(UsageError, match="allowed: right, wrong, unsure"):
        auditing.keep_marks(run, {(case.problem_id, case.draw): "perhaps"})
    (tmp_path / "no.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="not an audit sheet"):
        auditing.read_sheet(tmp_path / "no.csv")


def test_a_run_without_a_correct_draw_has_nothing_to_audit(run):
    verify(run, verifier="regex?pattern=zzz")
    with pytest.raises(UsageError, match="nothing to audit"):
        auditing.cases(run)


def test_the_command_writes_reads_and_prints(run, tmp_path):
    sheet = tmp_path / "sheet.csv"
    written = passgap("audit", run.path, "--size", 8, "--sheet", sheet)
    assert "8 completions, 8 of them to mark" in written.stdout
    lines = sheet.read_text().splitlines()
    assert len(lines) == 9
    printed = passgap("audit", run.path, "--size", 8)
    assert "8 of 8 are not marked yet" in printed.stdout
    shown = json.loads(passgap("audit", run.path, "--json").stdout)
    assert (shown["schema"], shown["marked"]) == ("passgap.audit/1", 0)
