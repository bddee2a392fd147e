"""Samples of several policies are told apart by what the rows say, and never pooled."""

import json
import random

import pytest
from small_logs import counted

from passgap.errors import UsageError
from passgap.logs import FORMATS, Asked, find_log, import_files
from passgap.stages.counting import read_counts
from passgap.stages.policies import Splits, names_a_policy


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def rows_with(field, values, problems=3, each=4):
    """Rows of problems with the same number of samples for each value of a field."""
    return [
        {"question": f"q{p}", "answer": "1", "response": f"{v}-{i}", "correct": i == 0, field: v}
        for p in range(problems)
        for v in values
        for i in range(each)
    ]


def refused(bring, log, **asked):
    with pytest.raises(UsageError) as error:
        bring(log, **asked)
    return str(error.value)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("step", [10, 20, 30]),
        ("ckpt", ["a", "b"]),
        ("Model-Name", ["x", "y"]),
        ("sampling.temperature", [0.6, 1.0]),
        ("arm", ["left", "right"]),  # of no known name
        ("lora_on", [False, True]),
        ("wandb_run", ["r1", "r2", "r3"]),
    ],
)
def test_fields_that_tell_policies_apart(tmp_path, bring, field, values):
    rows = rows_with(field, values)
    if "." in field:
        outer, inner = field.split(".")
        rows = [{**row, outer: {inner: row.pop(field)}} for row in rows]
    log = written(tmp_path / "a.jsonl", rows)
    said = refused(bring, log)
    assert f"the field {field} tells several policies apart: it is {values[0]}" in said
    assert f"--where {field}={values[0]}" in said
    one = bring(log, where=((field, str(values[-1])),), out="one")
    assert counted(one) == {f"q{p}": (4, 1, 0) for p in range(3)}
    pooled = bring(log, pool=(field,), out="all")
    assert pooled.draws == 12 * len(values)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sample_idx", lambda i: i),
        ("i", lambda i: i),  # as many values as samples: it numbers them
        ("seed", lambda i: i // 4),
        ("worker", lambda i: i % 2),
        ("finish_reason", lambda i: ["stop", "length"][i % 2]),
        ("num_tokens", lambda i: 10 * (i % 3)),
        ("judge_model", lambda i: ["m1", "m2"][i % 2]),
        ("created_at", lambda i: i // 2),
        ("dataset", lambda i: "aime"),
    ],
)
def test_fields_of_a_sample_raise_no_alarm(tmp_path, bring, field, value):
    rows = [
        {"question": f"q{p}", "answer": "1", "response": str(i), "correct": True, field: value(i)}
        for p in range(5)
        for i in range(8)
    ]
    assert bring(written(tmp_path / "a.jsonl", rows)).draws == 40


def test_a_field_that_varies_by_chance_raises_no_alarm(tmp_path, bring):
    mood = random.Random(0)
    rows = [
        {"question": f"q{p}", "response": "x", "correct": 1, "mood": mood.randrange(3)}
        for p in range(20)
        for i in range(p % 4, 8)
    ]
    assert bring(written(tmp_path / "a.jsonl", rows)).draws == len(rows)


def test_shares_that_are_too_even_are_policies_and_chance_is_not():
    even, chance, drawn = Splits(()), Splits(()), random.Random(0)
    for problem in range(60):
        for i in range(16):
            if (problem, i) != (3, 0):  # one sample is lost, so no split is exact
                even.add(problem, {"arm": "ab"[i % 2]})
            chance.add(problem, {"arm": drawn.choice("ab")})
    assert even.found().values == ("a", "b")
    assert chance.found() is None


def test_a_pooled_field_leaves_the_others_to_be_judged(tmp_path, bring):
    rows = [
        {**row, "arm": arm, "step": step, "response": f"{arm}{step}{row['response']}"}
        for row in rows_with("x", [1])
        for arm in "ab"
        for step in (1, 2)
    ]
    log = written(tmp_path / "a.jsonl", rows)
    assert "the field step" in refused(bring, log)
    assert "the field arm" in refused(bring, log, pool=("step",))
    assert bring(log, pool=("step", "arm")).draws == 48


def test_models_of_several_problems_are_several_policies(tmp_path, bring):
    rows = [{**row, "model": row["question"]} for row in rows_with("x", [1])]
    assert "field model tells" in refused(bring, written(tmp_path / "a.jsonl", rows))


@pytest.mark.parametrize("name", ["model", "info.model_revision", "Global Step", "top_p"])
def test_names_of_policies(name):
    assert names_a_policy(name)


@pytest.mark.parametrize("name", ["judge.model", "reward_model", "n_steps", "grader_model_name"])
def test_names_of_no_policy(name):
    assert not names_a_policy(name)


def test_files_of_several_checkpoints_are_not_pooled(tmp_path, bring):
    logs = []
    for step in (100, 300):
        (tmp_path / f"step-{step}").mkdir()
        logs.append(written(tmp_path / f"step-{step}" / "raw.jsonl", rows_with("x", [1])))
    found = find_log(FORMATS, "table", logs)
    with pytest.raises(UsageError, match=r"several checkpoints \(step-100, step-300\).*--trained"):
        import_files(found.format, found.files, tmp_path / "run", Asked())
    pooled = import_files(found.format, found.files, tmp_path / "run", Asked(pool=("file",)))
    assert pooled.draws == 24
    seeds = [written(tmp_path / f"seed{i}.jsonl", rows_with("x", [1])) for i in (1, 2)]
    assert any(
        "2 files are read as samples of one policy" in n for n in bring(seeds, out="seeds").notes
    )


def test_files_that_say_other_models_are_not_pooled(tmp_path, bring):
    logs = [written(tmp_path / f"{m}.jsonl", rows_with("model", [m])) for m in ("a", "b")]
    assert "field model tells several policies apart: it is a, b" in refused(bring, logs)


def test_a_greedy_policy_repeats_itself(tmp_path, bring):
    rows = rows_with("temperature", [0.0])
    result = bring(written(tmp_path / "a.jsonl", rows))
    assert counted(result) == {f"q{p}": (1, 1, 0) for p in range(3)}
    assert result.left_out[0].count == 9
    told = bring(
        written(tmp_path / "b.jsonl", rows_with("x", [1])), out="b", sampling={"temperature": 0}
    )
    assert told.draws == 3


def test_rows_of_steps_in_the_shared_log(shared_data, bring):
    log = shared_data / "faults" / "logs" / "rows_of_several_steps" / "rollouts.jsonl"
    assert "step tells several policies apart: it is 10, 20, 30" in refused(bring, log)
    for step, c in ((10, 0), (20, 2), (30, 4)):
        result = bring(log, step=step, out=str(step))
        assert [(n, hits) for n, hits, _ in counted(result).values()] == [(4, c), (4, c)]


def test_dumps_of_a_trainer_with_several_steps_in_one_file(tmp_path, bring):
    rows = [
        {"input": f"q{p}", "output": str(i), "gts": "1", "score": float(i < s), "step": s}
        for s in (1, 2)
        for p in range(2)
        for i in range(4)
    ]
    log = written(tmp_path / "rows.jsonl", rows)
    assert "field step" in refused(bring, log)
    assert counted(bring(log, step=2)) == {"q0": (4, 2, 0), "q1": (4, 2, 0)}
    with pytest.raises(UsageError, match=r"no samples .*step is 1, 2"):
        bring(log, step=7, out="none")


def test_a_value_that_no_row_has_is_said_with_those_that_they_have(tmp_path, bring):
    log = written(tmp_path / "a.jsonl", rows_with("ckpt", ["a", "b"]))
    assert "ckpt is a, b" in refused(bring, log, where=(("ckpt", "z"),))


@pytest.mark.parametrize("field", ["step", "wandb_run"])
def test_a_table_of_marks_is_not_pooled_either(tmp_path, field):
    path = tmp_path / "marks.csv"
    lines = [f"p{p},{i % 2},v{v}" for p in range(3) for v in (1, 2) for i in range(4)]
    path.write_text(f"problem_id,correct,{field}\n" + "\n".join(lines))
    with pytest.raises(UsageError, match=f"{field} tells .*passgap import .*--where {field}=v1"):
        read_counts(path)


# -- ids


def test_declared_ids_that_share_a_question_are_problems_of_their_own(tmp_path, bring):
    rows = [
        {"_id": name, "question": "Parse.", "response": f"{name}{i}", "correct": i < c}
        for name, c in (("p-a", 3), ("p-b", 0))
        for i in range(4)
    ]
    log = written(tmp_path / "a.jsonl", rows)
    one, two = (bring(log, id_field="_id", out=out) for out in ("one", "two"))
    found = {problem.metadata["id"]: problem.id for problem in one.run.problems()}
    assert set(found) == {"p-a", "p-b"}
    assert found == {problem.metadata["id"]: problem.id for problem in two.run.problems()}
    assert any("2 ids share their question" in note for note in one.notes)
    drawn = one.run.scan_completions().collect()
    texts = {
        i: drawn.filter(drawn["problem_id"] == of)["text"].to_list() for i, of in found.items()
    }
    assert texts == {name: [f"{name}{i}" for i in range(4)] for name in found}


def test_a_formats_own_ids_where_the_question_is_an_image(shared_data, bring):
    log = shared_data / "faults" / "logs" / "one_question_several_ids" / "images.jsonl"
    result = bring(log)
    counts = {p.metadata["id"]: p.id for p in result.run.problems()}
    assert len(counts) == 4
    assert sorted(read_counts(result.run.path).c.tolist()) == [0, 1, 2, 2]


def test_ids_of_samples_are_no_problems(tmp_path, bring):
    rows = [
        {"id": 4 * p + i, "question": f"q{p}", "response": f"{p}{i}", "correct": i == 0}
        for p in range(3)
        for i in range(4)
    ]
    result = bring(written(tmp_path / "a.jsonl", rows))
    assert counted(result) == {f"q{p}": (4, 1, 0) for p in range(3)}
    assert any("new for every sample" in note for note in result.notes)
    drawn = result.run.scan_completions().collect().sort("problem_id", "draw")
    assert sorted(drawn["text"].to_list()) == sorted(f"{p}{i}" for p in range(3) for i in range(4))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": ["a"]}, "id is a list, not an id"),
        ({"id": {"a": 1}}, "id is an object, not an id"),
        ({"question": {"a": 1}}, "question is an object, not a question"),
        ({"question": ["a", "b"]}, "question is a list, not a question"),
        ({"response": {"raw": "x"}}, r"response is an object, not a text; .*response\.raw"),
    ],
)
def test_lists_and_objects_are_no_ids_questions_or_texts(tmp_path, bring, row, said):
    whole = {"id": "a", "question": "q", "response": "x", "correct": True, **row}
    with pytest.raises(UsageError, match=said):
        bring(
            written(tmp_path / "a.jsonl", [whole]),
            "table",
            text_field="response",
            id_field="id",
            question_field="question",
        )


FORMATS_OF_ROWS = {
    "human-eval": {"task_id": "H/0", "completion": "x", "passed": True},
    "evalplus": {"task_id": "H/0", "solution": "x"},
    "nemo-skills": {"problem": "q", "generation": "x", "predicted_answer": "1"},
    "qwen-math": {"idx": 0, "question": "q", "gt": "1", "code": ["x"], "score": [True]},
    "verifiers": {"example_id": 0, "reward": 1.0, "prompt": "q", "completion": "x"},
}


@pytest.mark.parametrize("form", FORMATS_OF_ROWS)
def test_rows_of_every_format_tell_their_policies_apart(tmp_path, bring, form):
    rows = [{**FORMATS_OF_ROWS[form], "model": m} for m in ("a", "b") for _ in range(2)]
    log = written(tmp_path / "a.jsonl", rows)
    assert find_log(FORMATS, None, [log]).format.name == form
    assert "field model tells several policies apart: it is a, b" in refused(bring, log)
    assert bring(log, where=(("model", "b"),)).draws == 2
