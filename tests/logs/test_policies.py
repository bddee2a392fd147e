"""Samples of several policies are recognized from the rows and never pooled."""

import json
import random
import shutil

import pytest
from small_logs import LOGS, counted

from passgap.errors import UsageError
from passgap.logs import FORMATS, Asked, find_log, import_files, import_log, parse_condition
from passgap.logs.several import import_policies
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


# -- every format


def with_model(model):
    """Puts a model into every row of JSON lines or of a JSON array."""

    def write(path):
        if path.suffix == ".jsonl":
            rows = [json.loads(line) for line in path.read_text().splitlines()]
            written(path, [{**row, "model": model} for row in rows])
        else:
            path.write_text(
                json.dumps([{**row, "model": model} for row in json.loads(path.read_text())])
            )

    return write


def replaced(old, new, name=None):
    """Replaces a text in the file, or in the one of that name beside it."""

    def write(path):
        for file in [path] if name is None else sorted(path.parent.rglob(name)):
            text = file.read_text()
            assert old in text
            file.write_text(text.replace(old, new))

    return write


def later(path):
    """One iteration, which is a later one."""
    lines = path.read_text().splitlines(keepends=True)
    one = [line for line in lines if '"iteration": 1' in line]
    path.write_text("".join(one).replace('"iteration": 1', '"iteration": 7'))


def same(path):
    """Changes nothing: the folders tell the policies apart."""


WITH = with_model("other")
TWO = {  # log, its file; how the other policy is written; the field, and the other's value of it
    "skyrl": ("skyrl/dumped_evals/global_step_20_evals", "sums.jsonl", WITH, "model", "other"),
    "nemo-rl": ("nemo_rl", "val_data_step10.jsonl", WITH, "model", "other"),
    "nemo-rl eval": (
        *("nemo_rl/eval", "evaluation_data.json"),
        *(replaced('"scripted"', '"other"', "config.json"), "model", "other"),
    ),
    "tinker": ("tinker", "trajectories.jsonl", WITH, "model", "other"),
    "tinker rollouts": (
        *("tinker", "train_rollout_summaries.jsonl"),
        *(later, "iteration", "7"),
    ),
    "ms-swift": ("ms_swift/ray", "completions.jsonl", WITH, "model", "other"),
    "open-instruct": (
        *("open_instruct", "sums_rollouts_000000.jsonl"),
        *(replaced("scripted", "other", "*_metadata.jsonl"), "model", "other"),
    ),
    "harbor": (
        *("harbor/hello-world__script0", "result.json"),
        *(
            replaced('"provider": "scripted"', '"provider": "new"'),
            "model",
            "new/model (terminus-2)",
        ),
    ),
    "terminal-bench": (
        *("terminal_bench", "results.json"),
        *(replaced("scripted/model", "other", "run_metadata.json"), "model", "other (terminus)"),
    ),
    "tau2": (
        *("tau2/json", "results.json"),
        *(replaced('"llm": "scripted/model"', '"llm": "other"'), "model", "other (llm_agent)"),
    ),
    "promptfoo": ("promptfoo", "out.json", replaced('"scripted"', '"other"'), "model", "other"),
    "promptfoo prompts": (
        *("promptfoo", "out.json"),
        *(replaced('"promptIdx": 0', '"promptIdx": 1'), "prompt_template", "1"),
    ),
    "helm": (
        *("helm/sums", "scenario_state.json"),
        *(replaced('"scripted/model"', '"other"'), "model", "other"),
    ),
    "evalscope": ("evalscope/old/reviews/scripted", "sums_default.jsonl", same, "model", "b"),
    "lmms-eval": ("lmms_eval", "20261130_000000_samples_once.jsonl", WITH, "model", "other"),
    "vlmevalkit": (
        *("vlmevalkit/T20261130_G00000000", "scripted_Dogs_exact_matching_result.json"),
        *(WITH, "model", "other"),
    ),
    "verifiers": (
        *(".", "results.jsonl"),
        *(replaced('"model": "scripted"', '"model": "other"', "metadata.json"), "model", "other"),
    ),
    "verifiers traces": (
        *(".", "traces.jsonl"),
        *(replaced('"temperature":0.7', '"temperature":1.0'), "temperature", "1.0"),
    ),
    "lm-eval": (
        *(".", "samples_sums_2026-11-25T00-00-00.000000.jsonl"),
        *(replaced('"temperature": 0.7', '"temperature": 1.0'), "temperature", "1"),
    ),
    "lighteval": (
        *(".", "details_sums_2026-11-25T00-00-00.000000.parquet"),
        *(same, "model", "b"),
    ),
    "opencompass": ("predictions/scripted", "sums.json", same, "model", "b"),
    "verl": ("verl", "50.jsonl", WITH, "model", "other"),
}
PLACES = {  # where the folder says which policy it is
    "evalscope": "reviews/{}",
    "lighteval": "details/{}/2026-11-25T00-00-00",
    "opencompass": "predictions/{}",
}
MARKED = {
    "tinker rollouts": {"label": "correct"},
    "open-instruct": {"where": (("step", "1"),), "correct_if": parse_condition("reward>=10")},
    "helm": {"label": "exact_match"},
    "verl": {"label": "acc"},
    "ms-swift": {"where": (("gen_step", "1"),)},
}


@pytest.mark.parametrize("name", TWO)
def test_two_policies_of_a_format_are_never_pooled(tmp_path, bring, name):
    folder, file, change, field, value = TWO[name]
    asked = MARKED.get(name, {})
    logs = []
    for policy in "ab":
        place = tmp_path / "two" / PLACES.get(name, "{}").format(policy)
        shutil.copytree(LOGS / folder, place, ignore=None if folder != "." else keep(file))
        logs.append(place / file)
    change(logs[1])
    if change is WITH:
        with_model("scripted")(logs[0])
    form = name.partition(" ")[0]
    alone = bring(logs[1], form, out="alone", **asked)
    said = refused(lambda log, **a: bring(log, form, **a), logs, **asked)
    assert f"the field {field} tells several policies apart" in said
    assert "--where " in said
    assert f"--pool {field}" in said
    with pytest.raises(UsageError):
        bring(tmp_path / "two", form, **asked)  # one log, or several
    where = (*asked.get("where", ()), (field, value))
    one = bring(logs, form, out="one", **{**asked, "where": where})
    assert counted(one) == counted(alone) if alone.marked else one.draws == alone.draws
    assert one.run.manifest.policy == alone.run.manifest.policy
    assert one.run.manifest.sampling == alone.run.manifest.sampling
    pooled = bring(logs, form, out="pooled", **{**asked, "pool": (field, "model_id")})
    assert pooled.draws >= 2 * alone.draws
    given = Asked(**asked)
    each = import_policies(find_log(FORMATS, form, logs, asked=given), tmp_path / "each", given)
    assert len(each) > 1
    assert each[-1].run.manifest.policy == alone.run.manifest.policy
    assert counted(each[-1]) == counted(one) if one.marked else each[-1].draws == one.draws
    assert sum(result.draws for result in each) == pooled.draws


def keep(file):
    """Of the folder of many logs, the one log and what lies beside it."""
    return lambda _, names: [name for name in names if name not in (file, "metadata.json")]


def test_every_format_of_samples_takes_where_and_pool():
    lacking = [n for n in FORMATS if not {"where", "pool"} <= FORMATS[n].takes]
    assert lacking == ["counts"]  # which refuses an id that occurs twice


def inspect_log(path, model, epochs=2, **config):
    """A small log of inspect_ai."""
    about = {"model": model, "model_generate_config": config}
    samples = [
        {
            "id": i,
            "epoch": epoch,
            "input": f"q{i}",
            "target": "1",
            "output": {"choices": [{"message": {"role": "assistant", "content": "1"}}]},
            "scores": {"match": {"value": "C"}},
        }
        for epoch in range(1, epochs + 1)
        for i in range(2)
    ]
    path.write_text(json.dumps({"version": 2, "eval": about, "samples": samples}))
    return path


@pytest.mark.parametrize(
    ("other", "field"),
    [({"model": "b"}, "model"), ({"model": "a", "temperature": 1.0}, "temperature")],
)
def test_inspects_epochs_are_draws_and_its_models_are_not(tmp_path, bring, other, field):
    one = inspect_log(tmp_path / "1.json", "a", temperature=0.5)
    two = inspect_log(tmp_path / "2.json", **{"temperature": 0.5, **other})
    assert counted(bring(one, out="alone")) == {"q0": (2, 2, 0), "q1": (2, 2, 0)}
    assert f"the field {field} tells" in refused(bring, [one, two])
    chosen = bring([one, two], where=((field, str(other[field])),), out="two")
    assert counted(chosen) == {"q0": (2, 2, 0), "q1": (2, 2, 0)}
    assert chosen.run.manifest.policy["path"] == other["model"]
    assert chosen.run.manifest.sampling["temperature"] == other.get("temperature", 0.5)


def test_a_greedy_log_and_one_that_samples_are_not_one(tmp_path, bring):
    logs = [inspect_log(tmp_path / f"{t}.json", "a", temperature=t) for t in (0.0, 1.0)]
    assert "temperature tells several policies apart: it is 0.0, 1.0" in refused(bring, logs)


def test_lm_evals_results_and_folders_name_the_model(tmp_path, bring):
    name = "samples_sums_2026-11-25T00-00-00.000000.jsonl"
    logs = []
    for folder in ("org__a", "org__b"):
        (tmp_path / folder).mkdir()
        logs.append(tmp_path / folder / name)
        shutil.copy(LOGS / name, logs[-1])
    assert "model tells several policies apart: it is org__a, org__b" in refused(bring, logs)
    assert "2 separate lm-eval logs" in refused(bring, tmp_path)
    for log, model in zip(logs, ("org/a", "org/b"), strict=True):
        about = log.with_name("results_2026-11-25T00-00-00.000000.json")
        about.write_text(json.dumps({"model_name": model}))
    run = bring(logs, where=(("model", "org/b"),)).run
    assert run.manifest.policy["path"] == "org/b"


def test_livecodebenchs_models_and_temperatures_are_in_its_places(tmp_path, bring):
    one = {"question_id": "q", "question_content": "Sort.", "output_list": ["a", "b"]}
    one |= {"code_list": ["a", "b"], "graded_list": [True, False]}
    logs = [
        tmp_path / "output" / model / f"Scenario.codegeneration_2_{heat}_eval_all.json"
        for model, heat in (("a", 0.2), ("b", 0.2), ("b", 0.8))
    ]
    for log in logs:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(json.dumps([one]))
    assert "the field model tells" in refused(bring, logs[:2])
    assert "the field temperature tells" in refused(bring, logs[1:])
    assert bring(logs, where=(("model", "b"), ("temperature", "0.8"))).draws == 2


def test_lightevals_means_are_not_pooled_either(tmp_path):
    name = "details_sums_2026-11-25T00-00-00.000000.parquet"
    logs = [tmp_path / "details" / model / "d" / name for model in "ab"]
    for log in logs:
        log.parent.mkdir(parents=True)
        shutil.copy(LOGS / name, log)
    with pytest.raises(UsageError, match="the field model tells several policies apart"):
        import_log(logs, out=tmp_path / "c.csv")
    import_log(logs, out=tmp_path / "c.csv", where=(("model", "b"),))
    assert set(read_counts(tmp_path / "c.csv").n.tolist()) == {4}


def test_slimes_models_are_not_pooled(tmp_path, bring):
    torch = pytest.importorskip("torch")
    dump = torch.load(LOGS / "slime" / "eval_10.pt", weights_only=True)
    more = [{**sample, "model": "b"} for sample in dump["samples"]]
    both = [{**sample, "model": "a"} for sample in dump["samples"]] + more
    torch.save({**dump, "samples": both}, tmp_path / "10.pt")
    assert "the field model tells" in refused(bring, tmp_path / "10.pt")
    assert bring(tmp_path / "10.pt", where=(("model", "b"),)).draws == len(more)


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
