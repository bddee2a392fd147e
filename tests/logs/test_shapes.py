"""Tables of every shape become the same rows, or are refused with the flag that chooses."""

import gzip
import json

import pytest
from small_logs import counted

from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.logs import FORMATS, find_log, import_log
from passgap.stages.counting import read_counts

QUESTIONS = {f"q{p}": f"What is {p}+{p}?" for p in range(3)}
EXPECTED = dict.fromkeys(QUESTIONS.values(), (4, 2, 0))


def rows():
    return [
        {"id": i, "question": text, "answer": "1", "response": f"{i}-{d}", "correct": d % 2 == 0}
        for i, text in QUESTIONS.items()
        for d in range(4)
    ]


def lines():
    return "".join(json.dumps(row) + "\n" for row in rows())


def columns():
    return {name: [row[name] for row in rows()] for name in rows()[0]}


def by_id(*names):
    of = {i: [row for row in rows() if row["id"] == i] for i in QUESTIONS}
    return {i: [{n: row[n] for n in names} for row in found] for i, found in of.items()}


NO_ID = ("question", "answer", "response", "correct")
SHAPES = {
    "lines.jsonl": lines(),
    "array_named.jsonl": json.dumps(rows(), indent=1),
    "array_of_one_line.jsonl": json.dumps(rows()) + "\n",
    "arrays_line_by_line.jsonl": json.dumps(rows()[:4]) + "\n" + json.dumps(rows()[4:]) + "\n",
    "array.json": json.dumps(rows()),
    "lines_named.json": lines(),
    "pretty_objects.json": "\n".join(json.dumps(row, indent=1) for row in rows()),
    "under_a_key.json": json.dumps({"version": 2, "runs": rows()}, indent=1),
    "under_a_key.jsonl": json.dumps({"version": 2, "runs": rows()}),
    "deeper.json": json.dumps({"meta": {"a": 1}, "out": {"items": rows()}}),
    "columns.json": json.dumps(columns()),
    "pandas.json": json.dumps({n: dict(enumerate(c)) for n, c in columns().items()}),
    "wandb.json": json.dumps(
        {"columns": list(columns()), "data": [list(row.values()) for row in rows()]}
    ),
    "by_id.json": json.dumps(by_id(*NO_ID), indent=1),
    "by_id_under_a_key.json": json.dumps({"config": {"n": 4}, "results": by_id(*NO_ID)}),
    "nested.jsonl": "".join(
        json.dumps({"id": i, "question": text, "answer": "1", "samples": of}) + "\n"
        for (i, text), of in zip(
            QUESTIONS.items(), by_id("response", "correct").values(), strict=True
        )
    ),
    "lists.jsonl": "".join(
        json.dumps(
            {"question": QUESTIONS[i], "answer": "1"}
            | {n: [one[n] for one in of] for n in ("response", "correct")}
        )
        + "\n"
        for i, of in by_id("response", "correct").items()
    ),
    "tabs.tsv": "\n".join(
        ["\t".join(columns()), *("\t".join(map(str, row.values())) for row in rows())]
    ),
    "semicolons.csv": "\n".join(
        [";".join(columns()), *(";".join(map(str, row.values())) for row in rows())]
    ),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_every_shape_gives_the_same_samples(tmp_path, bring, name, encoding):
    path = tmp_path / name
    path.write_text(SHAPES[name], encoding=encoding)
    result = bring(path)
    assert counted(result) == EXPECTED
    texts = result.run.scan_completions().collect()["text"].to_list()
    assert sorted(texts) == sorted(row["response"] for row in rows())


@pytest.mark.parametrize("name", ["lines.jsonl", "under_a_key.json", "tabs.tsv"])
def test_a_shape_may_be_gzipped(tmp_path, bring, name):
    path = tmp_path / f"{name}.gz"
    path.write_bytes(gzip.compress(SHAPES[name].encode()))
    assert counted(bring(path, "table")) == EXPECTED


def test_a_guess_is_said(tmp_path, bring):
    path = tmp_path / "x.json"
    path.write_text(SHAPES["under_a_key.json"])
    assert any("the rows stand under runs" in note for note in bring(path).notes)


def test_several_lists_are_chosen_by_a_flag(tmp_path, bring):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"a": rows()[:4], "b": {"c": rows()}}))
    with pytest.raises(UsageError, match=r"choose one with --rows a \(4\); --rows b\.c \(12\)"):
        bring(path)
    found = import_log(path, out=tmp_path / "one", rows="b.c", form="table")
    assert counted(found) == EXPECTED
    with pytest.raises(UsageError, match=r"--rows z: .* its lists of rows: a, b\.c"):
        import_log(path, out=tmp_path / "two", rows="z", form="table")


def test_the_only_list_with_samples_is_chosen(tmp_path, bring):
    path = tmp_path / "x.json"
    tasks = [{"id": i, "description": text} for i, text in QUESTIONS.items()]
    simulations = [{**row, "result": {"reward": float(row.pop("correct"))}} for row in rows()]
    path.write_text(json.dumps({"tasks": tasks, "simulations": simulations}))
    result = bring(path)
    assert counted(result) == EXPECTED
    assert any("the rows stand under simulations" in note for note in result.notes)


def test_what_one_object_says_of_the_policy_is_kept(tmp_path, bring):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"model": "m", "accuracy": 0.5, "results": rows()}))
    result = bring(path)
    assert result.run.manifest.policy["path"] == "m"
    assert counted(result) == EXPECTED


def test_marks_by_problem_are_counts(tmp_path):
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"a": [True, False, True], "b": [False, False, None]}))
    import_log(path, out=tmp_path / "c.csv")
    counts = read_counts(tmp_path / "c.csv")
    assert counts.problem_id == ("a", "b")
    assert (counts.n.tolist(), counts.c.tolist()) == ([3, 2], [2, 0])
    assert counts.unscored.tolist() == [0, 1]


def test_a_list_of_lists_needs_the_problems(tmp_path, bring):
    path = tmp_path / "x.json"
    path.write_text(json.dumps([["a", "b"], ["c", "d"]]))
    with pytest.raises(UsageError, match=r"list of lists.*--problems FILE"):
        bring(path, "table")
    problems = ProblemSet.of("p", [Problem("one?", "1"), Problem("two?", "2")])
    result = bring(path, "table", problems=problems)
    assert [problem.question for problem in result.run.problems()] == ["one?", "two?"]
    assert result.draws == 4
    few = ProblemSet.of("p", [Problem("one?", "1")])
    with pytest.raises(UsageError, match=r"not in --problems, e\.g\. '#2'"):
        bring(path, "table", problems=few, out="few")


def test_a_folder_with_a_file_per_problem_is_one_log(tmp_path, bring):
    folder = tmp_path / "log"
    folder.mkdir()
    for i, text in QUESTIONS.items():
        one = {"question": text, "answer": "1", "samples": by_id("response", "correct")[i]}
        (folder / f"{i}.json").write_text(json.dumps(one, indent=1))
    assert len(find_log(FORMATS, None, [folder]).files) == 3
    assert counted(bring(folder)) == EXPECTED
    for path in folder.iterdir():
        of = json.loads(path.read_text())["samples"]
        path.write_text(json.dumps({"response": of[0]["response"], "correct": True}))
    named = bring(folder, out="named")  # by their files: nothing else names the problems
    assert sorted(counted(named)) == sorted(QUESTIONS)


def test_a_folder_of_whole_logs_is_several(tmp_path, bring):
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(SHAPES["under_a_key.json"])
    with pytest.raises(UsageError, match=r"2 separate table logs \(a\.json, b\.json\).*--each"):
        bring(tmp_path)


# -- what cannot be read


def test_a_torn_last_line_is_cut_off_by_the_command_that_is_named(tmp_path, bring):
    path = tmp_path / "a b.jsonl"
    path.write_text(lines() + '{"id": "q3", "quest')
    with pytest.raises(UsageError, match=r"line 13 is not JSON .*last line") as error:
        bring(path)
    command = str(error.value).rpartition("before it: ")[2]
    import subprocess

    subprocess.run(command, shell=True, check=True)
    assert counted(bring(tmp_path / "whole-a b.jsonl")) == EXPECTED


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("middle.jsonl", lines() + "{'id': 1}\n" + lines()),
        ("first.jsonl", "{'id': 1}\n" + lines()),
        ("object.json", '{\n "results": [\n  {"id": 1,\n'),
    ],
)
def test_no_line_is_to_be_removed_unless_it_is_the_last(tmp_path, bring, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match="export the log again") as error:
        bring(tmp_path / name)
    assert "interrupted" not in str(error.value)


@pytest.mark.parametrize(
    ("place", "n", "c"),
    [
        ("odd_files/bom.jsonl", [4, 4, 4], [2, 2, 2]),
        ("odd_files/columns.json", [4, 4, 4], [2, 2, 2]),
        ("odd_files/results_word.jsonl", [4, 4, 4], [2, 2, 2]),
        ("odd_files/rows.tsv", [4, 4, 4], [2, 2, 2]),
        ("object_keyed_by_id/rollouts.json", [3, 3], [2, 0]),
        ("object_keyed_by_id/scored.json", [3, 3], [2, 0]),
        ("object_keyed_by_id/responses.json", [1, 1], [1, 0]),
        ("rows_under_a_key/pretty.json", [4, 4, 3], [3, 0, 1]),
        ("rows_under_a_key/compact.json", [4, 4, 3], [3, 0, 1]),
        ("solution_rows_with_marks/runs.jsonl", [4, 4, 4], [2, 2, 2]),
    ],
)
def test_the_shared_logs_give_their_counts(shared_data, tmp_path, place, n, c):
    path = shared_data / "faults" / "logs" / place
    import_log(path, out=tmp_path / "c.csv")
    counts = read_counts(tmp_path / "c.csv")
    assert sorted(zip(counts.n.tolist(), counts.c.tolist(), strict=True)) == sorted(
        zip(n, c, strict=True)
    )
