"""Marks, counts, ids and texts under other names; every message has a command that works."""

import itertools
import json
import re
import shlex

import polars as pl
import pytest
from commands import run
from small_logs import counted

from passgap.errors import UsageError
from passgap.logs import import_log
from passgap.stages.counting import read_counts


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def samples(mark, text="response", key="id", values=(True, False)):
    return [
        {
            key: f"q{p}",
            "question": f"{p}?",
            "answer": "1",
            text: f"said {p} {i}",
            mark: values[(p + i) % 2],
        }
        for p in range(2)
        for i in range(4)
    ]


HALF = {"0?": (4, 2, 0), "1?": (4, 2, 0)}


@pytest.mark.parametrize(
    ("mark", "values"),
    [
        ("is_solved", (True, False)),
        ("result", ("pass", "fail")),
        ("is_resolved", (1, 0)),
        ("Is Correct", ("True", "False")),
        ("accuracy", (1.0, 0.0)),
        ("outcome", ("success", "failure")),
    ],
)
@pytest.mark.parametrize("text", ["response", "rollout", "generated_code"])
def test_marks_and_texts_of_usual_names(tmp_path, bring, mark, values, text):
    log = written(tmp_path / "a.jsonl", samples(mark, text, values=values))
    result = bring(log)
    assert counted(result) == HALF
    assert result.label == f"source:table {mark}"


def test_marks_within_objects(tmp_path, bring):
    rows = [{**row, "eval": {"passed": row.pop("x"), "took": 3}} for row in samples("x")]
    assert counted(bring(written(tmp_path / "a.jsonl", rows))) == HALF


def test_a_mark_of_no_usual_name_is_told_and_not_guessed(tmp_path, bring):
    result = bring(written(tmp_path / "a.jsonl", samples("flagged")))
    assert not result.marked
    assert any("flagged could be one: --label flagged" in note for note in result.notes)


def test_words_that_mark_nothing_are_unscored_with_the_sources_reason(tmp_path, bring):
    rows = samples("result", values=("pass", "fail"))
    rows[0]["result"], rows[1]["result"], rows[2]["result"] = "timeout", "infra_error", None
    result = bring(written(tmp_path / "a.jsonl", rows))
    assert counted(result) == {"0?": (1, 0, 3), "1?": (4, 2, 0)}
    marks = result.run.read_outcomes(result.run.verifier_digest(), result.run.completion_names()[0])
    assert sorted(marks.filter(marks["status"] == "unscored")["reason"]) == [
        "infra_error",
        "timeout",
        "unlabelled",
    ]


def test_a_failure_of_the_infrastructure_is_not_wrong(tmp_path, bring):
    rows = samples("correct")
    rows[0] |= {"response": None, "correct": None, "error": "connection reset"}
    rows[1] |= {"error": "warning: slow"}
    result = bring(written(tmp_path / "a.jsonl", rows))
    assert counted(result)["0?"] == (3, 1, 1)
    assert any("1 sample failed at the source" in note for note in result.notes)
    assert any("have an error" in note and "count as wrong" in note for note in result.notes)


def test_lists_of_one_text_are_texts(tmp_path, bring):
    rows = [{**row, "response": [row["response"]]} for row in samples("correct")]
    assert counted(bring(written(tmp_path / "a.jsonl", rows))) == HALF


def test_a_message_is_a_text(tmp_path, bring):
    rows = [
        {**row, "response": {"role": "assistant", "content": row["response"]}}
        for row in samples("correct")
    ]
    assert counted(bring(written(tmp_path / "a.jsonl", rows))) == HALF


def test_a_name_that_is_new_in_every_row_is_no_problems(tmp_path):
    rows = [
        {"trial_name": f"t{i // 4}.{i}", "task_name": f"t{i // 4}", "reward": float(i % 2)}
        for i in range(8)
    ]
    path = written(tmp_path / "a.jsonl", rows)
    with pytest.raises(UsageError, match=r"try: passgap import .* --id-field task_name") as error:
        import_log(path, out=tmp_path / "r")
    done = run(*shlex.split(typed(str(error.value)))[1:], cwd=tmp_path)
    assert "2 problems, 4 scored samples each" in done.stdout


# -- marks without texts


def test_marks_without_texts_become_counts(tmp_path):
    rows = [{"behavior": p, "passed": i < p} for p in range(3) for i in range(4)]
    path = written(
        tmp_path / "marks.jsonl", [{"task_id": f"t{r.pop('behavior')}", **r} for r in rows]
    )
    with pytest.raises(
        UsageError, match=r"no completions.*try: passgap import table .*-counts\.csv"
    ):
        import_log(path, out=tmp_path / "run")
    import_log(path, out=tmp_path / "c.csv")
    counts = read_counts(tmp_path / "c.csv")
    assert counts.problem_id == ("t0", "t1", "t2")
    assert (counts.n.tolist(), counts.c.tolist()) == ([4, 4, 4], [0, 1, 2])


def test_lists_of_marks_become_counts(tmp_path):
    path = written(
        tmp_path / "m.jsonl",
        [{"task_id": "a", "passed": [True, False, None]}, {"task_id": "b", "passed": [1, 1]}],
    )
    import_log(path, out=tmp_path / "c.csv")
    counts = read_counts(tmp_path / "c.csv")
    assert (counts.n.tolist(), counts.c.tolist()) == ([2, 2], [1, 2])
    assert counts.unscored.tolist() == [1, 0]


# -- counts under other names


@pytest.mark.parametrize(
    ("header", "rows", "told"),
    [
        ("uid,attempts,solved", ["a,8,3", "b,8,0"], "n is attempts, c is solved"),
        ("problem_id,n,c", ["a,8.0,3.0", "b,8.0,0.0"], ""),
        ("Problem Idx,Num. Samples,Num. Samples Correct", ["a,8,3", "b,8,0"], "Num. Samples Cor"),
        ("name,num_pass,num_fail", ["a,3,5", "b,0,8"], "n is num_pass + num_fail"),
        ("id\tn_rollouts\tn_correct", ["a\t8\t3", "b\t8\t0"], "n_rollouts"),
    ],
)
def test_counts_of_usual_names(tmp_path, header, rows, told):
    path = tmp_path / "in.csv"
    path.write_text("\n".join([header, *rows]))
    done = import_log(path, out=tmp_path / "c.csv")
    assert (done.counts.n.tolist(), done.counts.c.tolist()) == ([8, 8], [3, 0])
    assert done.counts.problem_id == ("a", "b")
    assert told in " ".join(done.notes)


def test_a_solved_that_is_only_a_mark_is_not_taken_for_a_count(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("uid,attempts,solved\na,8,1\nb,3,0\n")  # solved at the eighth attempt?
    with pytest.raises(UsageError, match=r"look like numbers of correct samples: solved"):
        import_log(path, out=tmp_path / "c.csv", form="counts")
    done = import_log(path, out=tmp_path / "c.csv", form="counts", c_field="solved")
    assert done.counts.c.tolist() == [1, 0]


def test_a_wide_table_is_read_model_by_model(tmp_path):
    path = tmp_path / "in.csv"
    path.write_text("problem_id,n,base,rl\na,8,3,4\nb,8,0,1\n")
    with pytest.raises(UsageError, match=r"correct samples: base, rl; try: .*--c-field base"):
        import_log(path, out=tmp_path / "c.csv")
    done = import_log(path, out=tmp_path / "c.csv", form="counts", c_field="rl")
    assert done.counts.c.tolist() == [4, 1]
    with pytest.raises(UsageError, match="no field 'rel'; its fields are problem_id, n, base, rl"):
        import_log(path, out=tmp_path / "d.csv", form="counts", c_field="rel")


def test_the_shared_counts(shared_data, tmp_path):
    folder = shared_data / "faults" / "logs" / "counts_of_other_names"
    with pytest.raises(UsageError, match=r"--where Model=large \(of large, small\); --where k=1"):
        import_log(folder / "monkeys.csv", out=tmp_path / "m.csv")
    where = (("Model", "small"), ("k", "1"))
    done = import_log(folder / "monkeys.csv", out=tmp_path / "m.csv", where=where)
    assert (done.counts.n.tolist(), done.counts.c.tolist()) == ([128] * 3, [0, 3, 64])
    done = import_log(folder / "summary.jsonl", out=tmp_path / "s.csv")
    assert (done.counts.n.tolist(), done.counts.c.tolist()) == ([8] * 3, [4, 0, 8])


# -- messages whose command works


def typed(message):
    """The command that a message names, without what comes before and after it."""
    return re.search(r"passgap import .*?--out (?:'[^']+'|[^\s,;]+)", message)[0]


TABLES = {
    "flagged.csv": "behavior_id,flagged\n" + "\n".join(f"b{i // 4},{i % 2 == 0}" for i in range(8)),
    "uid.csv": "uid,attempts,solved\na,8,3\nb,8,0\n",
    "wide.csv": "problem_id,n,base,rl\na,8,3,4\nb,8,0,1\n",
    "score.csv": "problem_id,sample,score\na,0,1.0\na,1,0.0\nb,0,0.0\nb,1,1.0\n",
    "policies.csv": "problem_id,n,c,model\na,8,1,x y\nb,8,2,x y\na,8,3,z\nb,8,4,z\n",
    "marks.csv": "problem_id,correct,ckpt\n"
    + "\n".join(f"p{i // 8},1,c{i % 2}" for i in range(16)),
    "partial.csv": "problem_id,correct\na,0.5\na,1\nb,0\nb,0\n",
    "spaces in it.csv": "task name,is ok\na,1\na,0\nb,0\nb,0\n",
}


@pytest.mark.parametrize("name", TABLES)
def test_probe_names_a_command_that_reads_the_file(tmp_path, name):
    (tmp_path / name).write_text(TABLES[name])
    with pytest.raises(UsageError) as error:
        read_counts(tmp_path / name)
    command = typed(str(error.value))
    assert str(tmp_path / name) in shlex.split(command)
    done = run(*shlex.split(command)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(read_counts(tmp_path / shlex.split(command)[-1])) == 2


def test_parquet_of_scores_is_read_as_marks(tmp_path):
    frame = pl.DataFrame({"problem_id": ["a", "a"], "sample": [0, 1], "score": [1.0, 0.0]})
    frame.write_parquet(tmp_path / "s.parquet")
    with pytest.raises(UsageError, match=r"this reads it: passgap import table .*s\.parquet"):
        read_counts(tmp_path / "s.parquet")
    import_log(tmp_path / "s.parquet", out=tmp_path / "c.csv")
    assert read_counts(tmp_path / "c.csv").c.tolist() == [1]


@pytest.mark.parametrize(
    "rows",
    [
        [{"i": i % 4, "flagged": i == 3, "behavior_id": f"b{i // 4}"} for i in range(8)],
        [
            {"qid": i // 4, "ask": f"What is {i // 4}?", "said": f"I say {i}", "fine": i % 2 == 0}
            for i in range(8)
        ],
    ],
)
def test_a_log_of_unknown_fields_is_read_by_the_command_of_its_refusal(tmp_path, rows):
    path = written(tmp_path / "a.jsonl", rows)
    refused = run("import", path, "--out", "x", cwd=tmp_path)
    assert refused.returncode == 2
    assert "is not recognized; its fields are" in refused.stderr
    command = refused.stderr.strip().rpartition("try: ")[2]
    done = run(*shlex.split(command)[1:], cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "2 problems" in done.stdout


def test_truth_values_in_several_rows_of_a_problem_are_marks_whatever_else_is_a_number(tmp_path):
    rows = [
        {"i": i, "n": i, "flagged": i % 2 == 1 and name == "x", "behavior_id": name}
        for name in "xy"
        for i in range(4)
    ]
    path = written(tmp_path / "marks.jsonl", rows)
    with pytest.raises(UsageError, match=r"try: passgap import table .*--label flagged") as refused:
        import_log(path, out=tmp_path / "c.csv")
    said = shlex.split(str(refused.value).partition("try: passgap ")[2])
    run(*said[:-1], tmp_path / "c.csv")
    counts = read_counts(tmp_path / "c.csv")
    assert (counts.n.tolist(), counts.c.tolist()) == ([4, 4], [2, 0])


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("prompt_text", "model_out"),
        ("userQuery", "reply"),
        ("task_instruction", "Generated Solution"),
        ("input_text", "pred"),
    ],
)
def test_a_hint_tells_questions_from_completions_by_their_words(tmp_path, question, text):
    rows = [
        {"qid": i // 4, question: f"What is the sum {i // 4}?", text: f"{i}", "fine": i % 2 == 0}
        for i in range(8)
    ]
    path = written(tmp_path / "a.jsonl", rows)
    said = shlex.split(run("probe", path).stderr.rpartition("this reads it: ")[2])
    flags = dict(itertools.pairwise(said))
    assert (flags["--question-field"], flags["--text-field"]) == (question, text)
    done = run(*said[1:], cwd=tmp_path)
    assert "8 samples of 2 problems, n = 4" in done.stdout
