"""The traps of these formats, each from a log small enough to see what is right."""

import csv
import json

import numpy as np
import polars as pl
import pytest
from small_logs import LOGS, counted

from passgap.data.policies import PromptSettings
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import MismatchError, RunError, UsageError, WorkError
from passgap.evidence.doors import compare
from passgap.logs import FORMATS, Asked, find_log, import_counts, import_files, parse_condition
from passgap.logs.base import LeftOut
from passgap.problems import render
from passgap.stages.counting import count, read_counts
from passgap.stages.verifying import verify


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(i, said, **more):
    return {"question": f"{i}+{i}?", "answer": str(2 * i), "completion": said, **more}


# -- which problem a draw is of


def test_different_questions_at_one_index_never_pair(tmp_path, bring):
    base = lines(tmp_path / "a.jsonl", [row(i, "2", id=i, correct=True) for i in range(1, 80)])
    other = [{**row(i, "2", id=i, correct=True), "question": f"other {i}?"} for i in range(1, 80)]
    trained = lines(tmp_path / "b.jsonl", other)
    one, two = bring(base, "table", out="one"), bring(trained, "table", out="two")
    with pytest.raises(MismatchError, match="have no id in common"):
        compare(count(one.run), count(two.run))


def test_an_id_that_stands_for_two_questions_is_told(tmp_path, bring):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", id=7), row(2, "4", id=7)])
    result = bring(log)
    assert len(result.run.problem_ids) == 2
    assert any("1 id of the log is used for different questions" in n for n in result.notes)


def test_another_mirrors_gold_is_another_problem(tmp_path, bring):
    log = lines(tmp_path / "a.jsonl", [row(1, "2"), {**row(1, "2"), "answer": "2.0"}])
    assert len(bring(log).run.problem_ids) == 2


def test_a_worked_example_in_the_prompt_is_not_the_question(tmp_path, bring):
    problems = ProblemSet.of("p", [Problem("What is 1+1?", "2"), Problem("What is 2+2?", "4")])
    prompt = "Q: What is 2+2?\nA: 4\nQ: What is 1+1?\nA:"
    log = lines(tmp_path / "a.jsonl", [{"prompt": prompt, "completion": "2", "correct": 1}])
    result = bring(log, problems=problems)
    assert counted(result) == {"What is 1+1?": (1, 1, 0)}


def test_unmatched_prompts_are_named_and_left_out_on_request(tmp_path, bring):
    problems = ProblemSet.of("p", [Problem("1+1?", "2")])
    log = lines(tmp_path / "a.jsonl", [row(1, "2"), row(2, "4"), row(2, "5")])
    with pytest.raises(
        UsageError,
        match=r"1 question of the log is not in --problems, e\.g\. '2\+2\?'.*--leave-out-unmatched",
    ):
        bring(log, problems=problems)
    result = bring(log, problems=problems, leave_out_unmatched=True)
    assert result.left_out == (LeftOut("samples of no problem in --problems", 2, ("2+2?",)),)
    with pytest.raises(UsageError, match="needs --problems"):
        bring(log, leave_out_unmatched=True)


def test_a_reference_that_differs_from_the_problems_is_told(tmp_path, bring):
    problems = ProblemSet.of("p", [Problem("1+1?", "2.0")])
    result = bring(lines(tmp_path / "a.jsonl", [row(1, "2")]), problems=problems)
    assert any("1 reference differs" in note for note in result.notes)
    assert next(iter(result.run.problems())).reference == "2.0"


# -- what a label means


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, (1, 1, 0)),
        (0, (1, 0, 0)),
        (1.0, (1, 1, 0)),
        ("passed", (1, 1, 0)),
        ("False", (1, 0, 0)),
        (None, (0, 0, 1)),
        (float("nan"), (0, 0, 1)),
    ],
)
def test_labels(tmp_path, bring, value, expected):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", correct=value), row(2, "4", correct=True)])
    assert counted(bring(log, label="correct"))["1+1?"] == expected


@pytest.mark.parametrize("value", [0.5, -1, 2, "maybe", [1, 0]])
def test_what_is_no_label_is_refused(tmp_path, bring, value):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", score=value)])
    with pytest.raises(UsageError, match=r"score is|of score; one of each per sample"):
        bring(log)


def test_a_condition_decides_partial_credit(tmp_path, bring):
    rows = [row(1, str(s), score=s) for s in (0, 0.5, 1, 1.5)]
    log = lines(tmp_path / "a.jsonl", rows)
    assert counted(bring(log, correct_if=parse_condition("score>=1")))["1+1?"] == (4, 2, 0)
    most = bring(log, out="most", correct_if=parse_condition(" score > 0 "))
    assert counted(most)["1+1?"] == (4, 3, 0)
    assert most.label == "source:table score>0"


@pytest.mark.parametrize("words", [(True, False, True), ("pass", "fail", "yes"), (1, 0, 1)])
@pytest.mark.parametrize(("condition", "hits"), [("ok>=1", 2), ("ok<1", 1), ("ok>=2", 0)])
def test_a_condition_holds_for_truth_values_too(tmp_path, bring, words, condition, hits):
    log = lines(tmp_path / "a.jsonl", [row(1, str(i), ok=word) for i, word in enumerate(words)])
    result = bring(log, correct_if=parse_condition(condition))
    assert counted(result)["1+1?"] == (3, hits, 0)
    assert result.correct == hits
    assert f": {hits} correct" in str(result)


def test_a_condition_on_nothing_is_refused(tmp_path, bring):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", quality=1)])
    with pytest.raises(UsageError, match=r"--correct-if score>=1: no sample has this field"):
        bring(log, correct_if=parse_condition("score>=1"))


def test_one_file_twice_is_refused_and_a_copy_is_told(tmp_path, bring):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", correct=True)])
    (tmp_path / "link.jsonl").symlink_to(log)
    for again in (log, tmp_path / "link.jsonl", tmp_path):
        with pytest.raises(UsageError, match="given twice"):
            find_log(FORMATS, "table", [log, again])
    assert find_log(FORMATS, "table", [tmp_path]).files == (log,)  # a link is no second log
    (tmp_path / "link.jsonl").unlink()
    copy = lines(tmp_path / "b.jsonl", [row(1, "2", correct=True)])
    other = lines(tmp_path / "c.jsonl", [row(1, "3", correct=False)])
    found = find_log(FORMATS, None, [log, copy, other])
    result = import_files(found.format, found.files, tmp_path / "run", Asked())
    (note,) = [note for note in result.notes if "is a copy of" in note]
    assert result.correct == 2
    assert note.startswith(f"{copy} is a copy of {log}, so its samples count twice")


def test_an_empty_file_is_called_empty_and_one_of_several_is_none(tmp_path, bring):
    empty = [tmp_path / "b.jsonl", tmp_path / "c.jsonl"]
    for path in empty:
        path.touch()
    with pytest.raises(UsageError, match=r"b\.jsonl is empty"):
        find_log(FORMATS, None, empty[:1])
    log = lines(tmp_path / "a.jsonl", [row(1, "2", correct=True)])
    found = find_log(FORMATS, "table", [log, *empty])
    result = import_files(found.format, found.files, tmp_path / "run", Asked())
    assert (result.draws, result.least) == (1, 1)
    assert not any("is a copy of" in note for note in result.notes)


def test_two_links_to_one_file_are_one_log(tmp_path):
    log = lines(tmp_path / "blob", [row(1, "2", correct=True)])
    folder = tmp_path / "snapshot"
    folder.mkdir()
    for name in ("a.jsonl", "b.jsonl"):
        (folder / name).symlink_to(log)
    assert len(find_log(FORMATS, "table", [folder]).files) == 1
    with pytest.raises(UsageError, match=r"b\.jsonl is given twice \(as .*a\.jsonl, too\)"):
        find_log(FORMATS, "table", sorted(folder.iterdir()))


def test_the_fewest_scored_draws_are_told(tmp_path, bring):
    rows = [row(1, "2", correct=True), row(1, "2", correct=None), row(1, "3", correct=False)]
    assert bring(lines(tmp_path / "a.jsonl", rows)).least == 2


@pytest.mark.parametrize(
    ("name", "value"), [("temperature", -1), ("top_p", 2), ("top_k", -3), ("max_tokens", 0)]
)
def test_settings_that_cannot_be_are_refused(tmp_path, bring, name, value):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", correct=True)])
    with pytest.raises(UsageError, match=f"{name} is {value}"):
        bring(log, sampling={name: value})
    kept = bring(log, sampling={"temperature": 0, "top_k": -1}).run.manifest.sampling
    assert (kept["temperature"], kept["top_k"]) == (0, 0)  # greedy; vLLM's "off"


@pytest.mark.parametrize("text", ["score", "score>=one", "__import__('os')>1 or 1", "score=>1", ""])
def test_a_condition_is_compared_and_never_evaluated(text):
    with pytest.raises(UsageError, match="--correct-if"):
        parse_condition(text)


def test_two_fields_for_one_label_are_refused(tmp_path, bring):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", score=1, reward=1)])
    with pytest.raises(UsageError, match="name two fields"):
        bring(log, label="reward", correct_if=parse_condition("acc>=1"))


def test_unlabelled_draws_among_labelled_ones_are_unscored(tmp_path, bring):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", correct=True), row(1, "3")])
    assert counted(bring(log, label=None))["1+1?"] == (1, 1, 1)


def test_a_log_without_answers_is_not_verified_as_all_wrong(tmp_path, bring):
    rows = [{"question": "1+1?", "completion": said, "correct": True} for said in "22"]
    run = bring(lines(tmp_path / "a.jsonl", rows)).run
    with pytest.raises(UsageError, match=r"1 of 1 problems .* no reference answer.*--problems"):
        verify(run, verifier="math")
    assert count(run).c.tolist() == [2]


# -- what the counts say of what the log does not know


def test_counts_do_not_claim_what_the_source_did_not_tell(tmp_path, bring):
    rows = [row(i, "x", correct=False) for i in (1, 2) for _ in range(4)]
    silent = count(bring(lines(tmp_path / "a.jsonl", rows)).run)
    assert silent.no_answer is None
    assert silent.truncated is None
    assert silent.guess_rate is None
    ended = [{**one, "finish_reason": "length"} for one in rows]
    told = count(bring(lines(tmp_path / "b.jsonl", ended), out="b").run)
    assert told.truncated.tolist() == [4, 4]


def test_settings_that_nobody_said_are_named(tmp_path, bring):
    log = lines(tmp_path / "a.jsonl", [row(1, "2", correct=True)])
    result = bring(log, sampling={"temperature": 0.6})
    assert set(result.unknown) == {"max_tokens", "top_p", "top_k", "stop", "prompt", "policy"}
    with pytest.raises(UsageError, match="does not record max_tokens"):
        _ = result.run.manifest.sampling_params


def test_a_setting_against_the_log_is_refused(bring):
    with pytest.raises(UsageError, match=r"--temperature is 1\.0, but the log says 0\.7"):
        bring(next(LOGS.glob("samples_sums_2*")), sampling={"temperature": 1.0})


@pytest.mark.parametrize(
    "shape", ["{}", "Q: {}\nA:", "{{% x %}} {} {{{{y}}}}", "<|user|>{}<|assistant|>"]
)
def test_a_template_that_all_prompts_share_renders_them_again(tmp_path, bring, shape):
    problems = ProblemSet.of("p", [Problem("1+1?", "2"), Problem("2+2?", "4")])
    prompts = [shape.format(problem.question) for problem in problems]
    rows = [{"prompt": prompt, "completion": "2"} for prompt in prompts]
    run = bring(lines(tmp_path / "a.jsonl", rows), problems=problems).run
    settings = PromptSettings.from_dict(run.manifest.prompt)
    assert [render(problem, settings).text for problem in run.problems()] == prompts
    assert (settings.template == "plain") == (shape == "{}")


@pytest.mark.parametrize("system", ["", "Be brief."])
def test_messages_are_the_chat_template(tmp_path, bring, system):
    before = [{"role": "system", "content": system}] if system else []
    rows = [
        {"prompt": [*before, {"role": "user", "content": f"{i}+{i}?"}], "completion": "2"}
        for i in (1, 2)
    ]
    run = bring(lines(tmp_path / "a.jsonl", rows)).run
    settings = PromptSettings.from_dict(run.manifest.prompt)
    assert (settings.template, settings.system) == ("chat", system or None)
    assert [problem.question for problem in run.problems()] == ["1+1?", "2+2?"]


def test_prompts_without_a_shared_template_are_told_apart(tmp_path, bring):
    def runs(shots, out):
        rows = [{**row(i, "2"), "prompt": f"{shots[i]} {i}+{i}?"} for i in (1, 2)]
        return bring(lines(tmp_path / f"{out}.jsonl", rows), out=out).run.manifest.prompt

    one, same, other = runs(" ab", "one"), runs(" ab", "same"), runs(" ac", "other")
    assert one == same
    assert one != other


def test_unknown_prompts_are_rendered_by_nobody(tmp_path, bring):
    run = bring(lines(tmp_path / "a.jsonl", [row(1, "2")])).run
    settings = PromptSettings.from_dict(run.manifest.prompt)
    with pytest.raises(UsageError, match="not in the log"):
        render(next(iter(run.problems())), settings)


# -- counts and aggregates


def test_k_beyond_n_is_not_one(tmp_path):
    path = tmp_path / "counts.csv"
    rows = [{"problem_id": f"p{i}", "n": 8, "c": 0, "pass@16": 1.0} for i in range(80)]
    with path.open("w") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    found = find_log(FORMATS, None, [path])
    assert found.format.name == "counts"
    done = import_counts(found.files, tmp_path / "out.csv", Asked())
    assert done.counts.c.sum() == 0
    from passgap.evidence.doors import probe

    result = probe(read_counts(done.path))
    assert result.curve.k.max() == 8
    assert result.headroom.extrapolated
    assert result.at(20).value < 0.1


def test_counts_of_several_policies_are_not_pooled(tmp_path):
    path = lines(
        tmp_path / "c.jsonl",
        [{"id": f"p{i}", "n": 4, "c": i, "model": m} for m in ("a", "b") for i in range(4)],
    )
    with pytest.raises(
        UsageError, match=r"4 values of id occur more than once.*--where model=a \(of a, b\)"
    ):
        import_counts([path], tmp_path / "out.csv", Asked())
    done = import_counts([path], tmp_path / "out.csv", Asked(where=(("model", "b"),)))
    assert done.counts.c.tolist() == [0, 1, 2, 3]
    assert done.told.left_out == {"rows without model=b": 4}
    with pytest.raises(UsageError, match="--text-field does not apply"):
        import_counts([path], tmp_path / "out.csv", Asked(text_field="x"))


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("c.csv", "id,n,c\na,16,4.5\n", r"id 'a': column c .*4\.5"),
        ("c.jsonl", '{"id": "a", "n": 16, "c": 4.5}\n', r"id 'a': column c .*4\.5"),
        ("c.json", '[{"id": "a", "n": 16, "c": 0.25}]', "looks like a rate"),
        ("c.csv", "id,n,c,c\na,16,4,5\n", "2 columns called c"),
        ("c.jsonl", '{"id": "a", "n": 16, "c": 4, "c": 5}\n', "2 columns called c"),
        ("c.json", '[{"id": "a", "n": 16, "c": 4, "c": 5}]', "2 columns called c"),
    ],
)
def test_counts_that_are_not_whole_or_stand_twice_are_refused(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=told):
        import_counts([tmp_path / name], tmp_path / "out.csv", Asked())
    assert not (tmp_path / "out.csv").exists()


def test_counts_with_whole_floats_are_counts(tmp_path):
    (tmp_path / "c.csv").write_text("id,n,c\na,16.0,4.0\n")
    assert import_counts([tmp_path / "c.csv"], tmp_path / "o.csv", Asked()).counts.c.tolist() == [4]


def test_passk_inference_lines_are_counts(tmp_path):
    path = lines(tmp_path / "c.jsonl", [{"id": "x", "c": 1, "n": 4}])
    assert find_log(FORMATS, None, [path]).format.name == "counts"


@pytest.mark.parametrize(
    "metrics",
    [
        {"step": 5, "val-core/aime/acc/best@16/mean": 0.4},
        {"eval_aime_pass16": 0.3, "eval_aime_pass1": 0.1, "global_step": 3},
        {"step": 5, "pass@8": 0.4},
    ],
)
def test_aggregates_of_trainers_are_refused_with_the_reason(tmp_path, metrics):
    path = lines(tmp_path / "metrics.jsonl", [metrics])
    with pytest.raises(UsageError, match=r"aggregates .* no samples.*best@16 = 0\.64"):
        find_log(FORMATS, None, [path])


# -- files


def test_livecodebench_grades(tmp_path, bring):
    path = tmp_path / "Scenario.codegeneration_3_0.2_eval_all.json"
    one = {"question_id": "q1", "question_content": "Sort.", "output_list": ["a", "b", "c"]}
    one |= {"code_list": ["a", "b", "c"], "graded_list": [True, False, True], "pass@1": 0.67}
    path.write_text(json.dumps([one]))
    result = bring(path)
    assert result.format == "livecodebench"
    assert counted(result) == {"Sort.": (3, 2, 0)}
    assert result.run.manifest.sampling["temperature"] == 0.2
    one["graded_list"].pop()
    path.write_text(json.dumps([one]))
    with pytest.raises(UsageError, match="3 outputs and 2 grades"):
        bring(path, out="short")


def test_a_judges_word_is_read_from_its_text(tmp_path, bring):
    said = ["Same value.\n\nJudgement: Yes", "**Judgement:** no", "**Judgement**: Yes.", "Hm."]
    rows = [
        {"problem": "1+1?", "expected_answer": "2", "generation": str(i), "judgement": text}
        for i, text in enumerate(said)
    ]
    log = lines(tmp_path / "output-rs0.jsonl", [{**row, "predicted_answer": "x"} for row in rows])
    result = bring(log)
    assert result.label == "source:nemo-skills judgement"
    assert counted(result) == {"1+1?": (3, 2, 1)}
    assert any("neither yes nor no" in note for note in result.notes)
    symbolic = [{**row, "symbolic_correct": False} for row in rows]
    both = lines(tmp_path / "output-rs1.jsonl", symbolic)
    assert counted(bring(both, out="symbolic")) == {"1+1?": (4, 0, 0)}
    assert counted(bring(both, out="judged", label="judgement")) == {"1+1?": (3, 2, 1)}


def opencompass(folder, data_set="sums", parts=1, **results):
    """Three problems in two repeats, as OpenCompass lays them down; the first repeat is right."""
    said = ["2", "4", "6", "2", "9", "9"]
    rows = [
        {"origin_prompt": [{"role": "HUMAN", "prompt": f"{i}+{i}?"}], "prediction": text}
        for i, text in zip([1, 2, 3] * 2, said, strict=True)
    ]
    where = folder / "predictions" / "m"
    where.mkdir(parents=True, exist_ok=True)
    for part in range(parts):
        name = f"{data_set}_{part}" if parts > 1 else data_set
        here = rows[part * 6 // parts : (part + 1) * 6 // parts]
        text = json.dumps({str(i): {**row, "gold": "x"} for i, row in enumerate(here)})
        (where / f"{name}.json").write_text(text)
    if results:
        (folder / "results" / "m").mkdir(parents=True, exist_ok=True)
        text = json.dumps({"accuracy (2 runs average)": 66.7, **results})
        (folder / "results" / "m" / f"{data_set}.json").write_text(text)
    return folder


DETAILS = [
    {"example_abbr": "sums_0", "pred": ["2", "2"], "correct": [True, True]},
    {"example_abbr": "sums_1", "pred": ["4", "9"], "correct": [True, False]},
    {"example_abbr": "sums_2", "pred": ["6", "9"], "correct": [True, False]},
]


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_opencompass_labels_stand_by_problem_and_repeat(tmp_path, bring, parts):
    result = bring(opencompass(tmp_path / "log", parts=parts, details=DETAILS))
    assert counted(result) == {"1+1?": (2, 2, 0), "2+2?": (2, 1, 0), "3+3?": (2, 1, 0)}
    assert result.label == "source:opencompass correct"


def test_parts_of_a_set_are_read_in_their_order(tmp_path, bring):
    """Part 10 comes after part 2: a label belongs to a number in the whole set."""
    rows = {f"{i}+{i}?": str(2 * i) for i in range(12)}
    (tmp_path / "predictions").mkdir()
    for i, (question, answer) in enumerate(rows.items()):
        one = {"origin_prompt": question, "prediction": answer, "gold": answer}
        (tmp_path / "predictions" / f"sums_{i}.json").write_text(json.dumps({"0": one}))
    (tmp_path / "results").mkdir()
    details = [{"pred": [answer], "correct": [answer == "20"]} for answer in rows.values()]
    (tmp_path / "results" / "sums.json").write_text(json.dumps({"details": details}))
    assert {q for q, (_, c, _) in counted(bring(tmp_path)).items() if c} == {"10+10?"}


def test_opencompass_labels_of_another_run_are_refused(tmp_path, bring):
    with pytest.raises(UsageError, match="labels 4 predictions"):
        bring(opencompass(tmp_path / "log", details=DETAILS[:2]))


@pytest.mark.parametrize("details", [None, {"type": "GEN", "0": {}}, [{"pred": ["2", "2"]}] * 3])
def test_opencompass_without_labels_of_draws_is_to_be_verified(tmp_path, bring, details):
    log = opencompass(tmp_path / "log", **({} if details is None else {"details": details}))
    result = bring(log)
    assert not result.marked
    assert any("run passgap verify" in note for note in result.notes)
    with pytest.raises(UsageError, match=r"--label 'right'"):
        bring(log, out="other", label="right")


def test_opencompass_says_which_model_and_where_its_marks_lie(tmp_path, bring):
    log = opencompass(tmp_path / "log", details=DETAILS)
    assert bring(log).run.manifest.policy["path"] == "m"
    judged = log / "results" / "m" / "sums_replica0.json"
    judged.write_text(json.dumps({"0": {"origin_prompt": "right?", "prediction": "A"}}))
    with pytest.raises(UsageError, match="which has only marks; give predictions/"):
        bring(judged, "opencompass", out="judged")


def test_several_opencompass_sets_in_a_folder_are_refused(tmp_path, bring):
    opencompass(tmp_path / "log", details=DETAILS)
    opencompass(tmp_path / "log", "aime2024", parts=2)
    with pytest.raises(UsageError, match=r"has 2 separate opencompass logs \(.*aime2024, .*sums"):
        bring(tmp_path / "log")


def test_qwen_scores_beyond_the_texts_are_left_out(tmp_path, bring):
    one = {"idx": 0, "question": "1+1?", "gt": "2", "code": ["2", "3"], "score": [True, False]}
    path = tmp_path / "test_cot_-1_seed3_t0.6_s0_e-1.jsonl"
    lines(path, [one | {"score": [True, False, False], "finish_reason": ["stop", "length"]}])
    result = bring(path)
    assert counted(result) == {"1+1?": (2, 1, 0)}
    assert [(one.reason, one.count) for one in result.left_out] == [
        ("samples with only a text or only a score", 1)
    ]
    assert result.run.manifest.sampling["temperature"] == 0.6
    assert count(result.run).truncated.tolist() == [1]


def test_seeds_are_merged_in_their_order(tmp_path, bring):
    for seed in (10, 2, 1):
        one = {"idx": 0, "question": "1+1?", "gt": "2", "code": [f"s{seed}"], "score": [True]}
        lines(tmp_path / f"test_cot_-1_seed{seed}_t1.0_s0_e-1.jsonl", [one])
    run = bring(tmp_path).run
    assert run.scan_completions().collect().sort("draw")["text"].to_list() == ["s1", "s2", "s10"]


def test_draws_of_several_settings_or_policies_are_not_pooled(tmp_path, bring):
    one = {"idx": 0, "question": "1+1?", "gt": "2", "code": ["2"], "score": [True]}
    for temperature in ("0.6", "1.0"):
        lines(tmp_path / f"test_cot_-1_seed0_t{temperature}_s0_e-1.jsonl", [one])
    with pytest.raises(UsageError, match=r"temperature tells several .* it is 0\.6, 1\.0;"):
        bring(tmp_path)
    rows = [row(1, "2", model=name, correct=True) for name in ("a", "b")]
    with pytest.raises(UsageError, match=r"model tells several policies apart: it is a, b;"):
        bring(lines(tmp_path / "m.jsonl", rows), out="models")


def test_seeds_in_several_folders_are_several_logs(tmp_path, bring):
    one = {"problem": "1+1?", "expected_answer": "2", "generation": "2", "predicted_answer": "2"}
    for name in ("base", "rl"):
        (tmp_path / "logs" / name).mkdir(parents=True)
        lines(tmp_path / "logs" / name / "output-rs0.jsonl", [one])
    with pytest.raises(UsageError, match=r"has 2 separate nemo-skills logs \(base, rl\)"):
        bring(tmp_path / "logs")
    assert bring(tmp_path / "logs" / "rl").draws == 1


def test_a_torn_line_is_named(tmp_path, bring):
    path = lines(tmp_path / "a.jsonl", [row(1, "2")])
    path.write_text(path.read_text() + '{"question": "2+')
    with pytest.raises(UsageError, match="line 2 is not JSON"):
        bring(path)


def test_log_likelihoods_are_no_draws(tmp_path, bring):
    one = {"doc_id": 0, "doc": {}, "target": "0", "filter": "none", "metrics": ["acc"], "acc": 1.0}
    log = lines(
        tmp_path / "samples_x_1.jsonl", [one | {"resps": [[[-1.0, False]], [[-2.0, True]]]}]
    )
    with pytest.raises(UsageError, match="log-likelihoods"):
        bring(log)


def test_a_flag_that_means_nothing_here_is_refused(tmp_path, bring):
    log = lines(tmp_path / "a.jsonl", [row(1, "2")])
    with pytest.raises(UsageError, match=r"--filter does not apply to table.*--where"):
        bring(log, filter="x")


def test_paths_and_names_that_are_not_there(tmp_path):
    with pytest.raises(UsageError, match="does not exist"):
        find_log(FORMATS, None, [tmp_path / "none"])
    with pytest.raises(UsageError, match="'magic' is unknown; allowed: inspect, lm-eval"):
        find_log(FORMATS, "magic", [tmp_path])
    with pytest.raises(UsageError, match=r"has no trl file \(completions_"):
        find_log(FORMATS, "trl", [tmp_path])
    with pytest.raises(UsageError, match="is not recognized"):
        find_log(FORMATS, None, [lines(tmp_path / "a.jsonl", [{"loss": 1}])])


@pytest.mark.parametrize("form", ["csv", "parquet", "json", "jsonl"])
def test_tables_of_every_kind(tmp_path, bring, form):
    frame = pl.DataFrame([row(i, s, correct=c) for i, s, c in [(1, "2", 1), (1, "3", 0)]])
    path = tmp_path / f"t.{form}"
    writers = {"csv": frame.write_csv, "parquet": frame.write_parquet}
    writers |= {"json": frame.write_json, "jsonl": frame.write_ndjson}
    writers[form](path)
    assert counted(bring(path)) == {"1+1?": (2, 1, 0)}


def test_halves_of_characters_are_replaced_and_told(tmp_path, bring):
    path = tmp_path / "a.jsonl"
    path.write_text(r'{"question": "1+1\ud800?", "completion": "2\udc00", "correct": 1}')
    result = bring(path)
    assert counted(result) == {"1+1??": (1, 1, 0)}
    assert any("lone surrogates" in note for note in result.notes)


# -- the run


def test_a_conversation_is_told_apart_from_its_prompt(tmp_path, bring):
    system, user = {"role": "system", "content": "Be kind."}, {"role": "user", "content": "1+1?"}
    says = [{"role": "assistant", "content": text} for text in ("Let me look.", "2")]
    tool = {"role": "tool", "content": "sum: 2"}
    log = lines(
        tmp_path / "a.jsonl",
        [
            {"id": 1, "said": [system, user, says[0], tool, says[1]], "correct": True},
            {"id": 1, "said": [system, user, says[1]], "correct": True},
        ],
    )
    drawn = bring(log, "table", text_field="said").run.scan_completions().collect()
    texts = drawn.sort("draw")["text"].to_list()
    assert texts == ["assistant: Let me look.\ntool: sum: 2\nassistant: 2", "2"]


def test_unequal_numbers_of_draws(tmp_path, bring):
    rows = [row(i, str(d), correct=d == 0) for i in range(1, 6) for d in range(i)]
    result = bring(lines(tmp_path / "a.jsonl", rows))
    assert result.run.owed() == {}
    assert [n for n, _, _ in counted(result).values()] == [1, 2, 3, 4, 5]
    drawn = result.run.scan_completions().collect()
    assert drawn.filter(drawn["draw"].cast(pl.String) != drawn["text"]).is_empty()
    assert any("1 to 5 samples" in note for note in result.notes)


def test_an_import_is_taken_up_where_it_stopped(tmp_path, bring):
    rows = [row(i, str(d), correct=d == 0) for i in range(1, 6) for d in range(4)]
    log = lines(tmp_path / "a.jsonl", rows)
    first = bring(log)
    shard = first.run.completion_names()[0]
    before = first.run.read_completions(shard, None)
    (first.run.path / "completions" / shard).unlink()
    (first.run.path / "outcomes" / first.run.verifier_digest() / shard).unlink()
    again = bring(log)
    assert again.run.read_completions(shard, None).equals(before)
    assert counted(again) == counted(first)


def test_another_log_into_the_same_folder_is_refused(tmp_path, bring):
    bring(lines(tmp_path / "a.jsonl", [row(1, "2")]))
    with pytest.raises(RunError, match="another configuration"):
        bring(lines(tmp_path / "b.jsonl", [row(2, "4")]))


@pytest.mark.slow
def test_a_log_larger_than_the_buffer_gives_the_same_run(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    rows = [row(int(i), f"{d}" * 50, correct=True) for d in range(20) for i in rng.permutation(30)]
    log = lines(tmp_path / "a.jsonl", rows)
    found = find_log(FORMATS, None, [log])
    whole = import_files(found.format, found.files, tmp_path / "whole", Asked())
    from passgap.logs import describing, sorting

    monkeypatch.setattr(sorting.Sorter.__init__, "__kwdefaults__", {"buffer": 2000})
    monkeypatch.setattr(describing, "BLOCK_CHARACTERS", 3000)
    small = import_files(found.format, found.files, tmp_path / "small", Asked())
    assert len(small.run.completion_names()) > 5
    by = ["problem_id", "draw"]
    columns = [*by, "text"]
    frames = [r.run.scan_completions().select(columns).collect().sort(by) for r in (whole, small)]
    assert frames[0].equals(frames[1])
    assert count(whole.run).c.sum() == count(small.run).c.sum() == 600
    assert not list(tmp_path.glob("*/sorting-*"))


def test_what_a_killed_import_left_is_removed(tmp_path, bring):
    (tmp_path / "run" / "sorting-x.tmp").mkdir(parents=True)
    result = bring(lines(tmp_path / "a.jsonl", [row(1, "2")]))
    assert not list(result.run.path.glob("sorting-*"))


def test_a_folder_that_is_no_run_is_refused_before_the_log_is_read(tmp_path, bring):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("kept")
    with pytest.raises(RunError, match=r"not a run \(mine\.txt\)"):
        bring(lines(tmp_path / "a.jsonl", [{"completion": "torn"}]), "table")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["mine.txt"]


def test_a_block_has_to_be_filled(tmp_path, bring):
    run = bring(lines(tmp_path / "a.jsonl", [row(1, "2"), row(1, "3")])).run
    name = run.completion_names()[0]
    frame = run.read_completions(name, None)
    for wrong in (frame.head(1), pl.concat([frame.head(1)] * 2)):
        with pytest.raises(WorkError, match=r"returned .* which needs 2"):
            run.land_completions(name, wrong)
