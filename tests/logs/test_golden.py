"""Real logs: the same n and c as their source reports, format guessed, and our verifier beside."""

import csv
import gzip
import json
from collections import Counter
from math import comb

import polars as pl
import pytest
from small_logs import LOGS, counted

import passgap
from passgap.checks import check
from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.logs import FORMATS, find_log, parse_condition
from passgap.problems import Mapped, load_problems
from passgap.stages.counting import count
from passgap.stages.verifying import agreement, verify


def by_id(result):
    """``{the source's id: (n, c)}`` of an import's source labels."""
    counts = count(result.run)
    names = {p.id: str(p.metadata["id"]) for p in result.run.problems()}
    rows = zip(counts.problem_id, counts.n, counts.c, strict=True)
    return {names[i]: (int(n), int(c)) for i, n, c in rows}


def reported(path, **where):
    with path.open() as file:
        rows = [r for r in csv.DictReader(file) if all(r[k] == v for k, v in where.items())]
    return {row["problem_id"]: (int(row["n"]), int(row["c"])) for row in rows}


# -- real files


def test_nemo_skills_seeds_are_draws(shared_data, bring):
    folder = shared_data / "formats" / "nemo_skills"
    result = bring(folder)
    assert result.format == "nemo-skills"
    assert by_id(result) == reported(folder / "outcomes.csv")
    assert result.label == "source:nemo-skills symbolic_correct"


def test_qwen_math_lists_are_draws_and_ours_stands_beside(shared_data, bring):
    folder = shared_data / "formats" / "qwen25_math"
    result = bring(folder)
    assert result.format == "qwen-math"
    assert by_id(result) == reported(folder / "outcomes.csv")
    source = result.run.verifier_digest()
    ours = verify(result.run, verifier="math")
    both = agreement(result.run, source, ours)
    assert both.draws == 800
    assert both.agreed >= 790
    assert count(result.run, verifier_digest=source).c.sum() == 728


def test_the_sources_labels_can_count_again(shared_data, bring):
    run = bring(shared_data / "formats" / "qwen25_math").run
    assert not [f for f in check(run).findings if f.check == "verifiers"]
    verify(run, verifier="exact")
    told = next(f for f in check(run).findings if f.check == "verifiers")
    assert "the outcomes of exact count here; source:qwen-math score differs on" in told.evidence
    assert "--verifier 'source'" in told.remedy
    verify(run, verifier="source")
    assert count(run).c.sum() == 728
    with pytest.raises(UsageError, match="has no labels from its source"):
        verify(bring(next(LOGS.glob("samples_sums_2*")), out="none").run, verifier="source")


def test_inspect_epochs_are_draws(shared_data, bring):
    log = shared_data / "formats" / "inspect" / "inspect__log_streaming.eval"
    result = bring(log)
    assert result.format == "inspect"
    assert sorted(n for n, _ in by_id(result).values()) == [2, 2]
    assert sum(c for _, c in by_id(result).values()) == 3  # the log's accuracy is 0.75
    policy = result.run.manifest.policy["path"]
    assert policy == "azureai/Meta-Llama-3-1-405B-Instruct-jqf"


def test_inspect_json_and_a_log_with_all_scores(shared_data, bring):
    folder = shared_data / "formats" / "inspect"
    document = bring(next(folder.glob("*.json")))
    assert count(document.run).c.sum() == 2  # accuracy 2/3, and the status says cancelled
    assert any("cancelled" in note for note in document.notes)
    scored = bring(next(folder.glob("*mj7khq*")), out="scored")
    assert count(scored.run).c.sum() == 8  # accuracy 0.8 of 10


def test_an_inspect_log_without_scores_is_not_all_wrong(shared_data, bring):
    result = bring(next((shared_data / "formats" / "inspect").glob("*dPiJif*")))
    assert result.label == ""
    assert result.draws == 10
    with pytest.raises(UsageError, match="not verified yet"):
        count(result.run)


def test_a_folder_of_several_inspect_logs_is_refused(shared_data, bring):
    with pytest.raises(UsageError, match=r"has 3 separate inspect logs .*give one of them"):
        bring(shared_data / "formats" / "inspect")


def test_tau_bench_by_declared_fields(shared_data, bring):
    folder = shared_data / "formats" / "tau_bench"
    result = bring(
        next((folder / "orig").glob("*.json.gz")),
        "table",
        id_field="task_id",
        text_field="traj",
        label="reward",
    )
    assert by_id(result) == reported(folder / "outcomes.csv")
    c = [c for _, c in by_id(result).values()]
    powers = [sum(comb(x, k) / comb(4, k) for x in c) / 50 for k in (1, 2, 3, 4)]
    assert powers == pytest.approx([0.42, 0.273, 0.22, 0.2], abs=6e-4)


@pytest.mark.parametrize(
    ("file", "model"),
    [("game24__gpt-4_0.7_naive_standard*", "gpt-4 IO"), ("gpt-4_0.7_naive_cot*", "gpt-4 CoT")],
)
def test_lists_of_texts_with_labels_beside(shared_data, bring, file, model):
    folder = shared_data / "outcomes" / "game24_gpt4"
    path = next((folder / "orig").glob(file))
    label = "accs" if "accs" in json.loads(path.read_text())[0] else "infos.r"
    result = bring(path, "table", id_field="idx", text_field="ys", label=label)
    assert by_id(result) == reported(folder / "outcomes.csv", model=model)


def test_partial_credit_needs_a_condition_and_one_policy_is_chosen(shared_data, bring):
    folder = shared_data / "outcomes" / "reasoning_gym_rl"
    fields = {"id_field": "problem_id", "text_field": "answer", "answer_field": "expected"}
    log = folder / "samples_scores.parquet"
    with pytest.raises(UsageError, match=r"several policies .*--where model="):
        bring(log, "table", correct_if=parse_condition("score>=1"), **fields)
    where = {"model": "inter_algebra_qwen_3b_500", "dataset": "arc/arc_1d"}
    result = bring(
        log, "table", where=tuple(where.items()), correct_if=parse_condition("score>=1"), **fields
    )
    assert by_id(result) == reported(folder / "outcomes_inter_intra_n3.csv", **where)
    assert sum(one.count for one in result.left_out) == 37_300 - result.draws


def test_prompts_are_matched_with_problems(shared_data, bring):
    folder = shared_data / "outcomes" / "codegen16b_humaneval"
    problems = load_problems(
        str(folder / "orig" / "HumanEval_for_code_generation.jsonl.gz"),
        Mapped(benchmark="humaneval"),
    )
    result = bring(
        next((folder / "orig").glob("HumanEval_codegen16B*")),
        "table",
        text_field="samples",
        problems=problems,
    )
    assert set(result.run.draws().values()) == {100}
    assert set(result.run.problem_ids) == {problem.id for problem in problems}
    with gzip.open(next((folder / "orig").glob("HumanEval_codegen16B*")), "rt") as file:
        first = json.loads(next(file))
    drawn = result.run.scan_completions().collect()
    mine = next(p.id for p in problems if p.question.strip() == first["prompt"].strip())
    texts = drawn.filter(drawn["problem_id"] == mine).sort("draw")["text"].to_list()
    assert texts == first["samples"]


# -- logs written by the packages themselves (see written_by/)


def test_zstandard_members_failures_and_nan(bring):
    log = LOGS / "inspect_zstd.eval"
    with pytest.raises(UsageError, match=r"check is 0\.5 in sample p3 epoch 1.*--correct-if"):
        bring(log, out="refused")
    result = bring(log, correct_if=parse_condition("score>=1"))
    assert counted(result) == {"1+1?": (4, 3, 0), "2+2?": (2, 1, 2), "3+3?": (4, 2, 0)}
    assert result.run.manifest.sampling["temperature"] == 0.7
    drawn = result.run.scan_completions().collect().sort("problem_id", "draw")
    first = next(p.id for p in result.run.problems() if p.question == "1+1?")
    assert drawn.filter(drawn["problem_id"] == first)["text"].to_list() == ["2", "2", "3", "2"]
    outcomes = result.run.scan_outcomes(result.run.verifier_digest()).collect()
    reasons = Counter(outcomes.filter(outcomes["status"] == "unscored")["reason"].to_list())
    assert reasons["error"] == 1


def test_lm_eval_repeats_are_verified_and_one_filter_is_read(bring):
    repeated = bring(next(LOGS.glob("samples_sums_2*")))
    assert repeated.label == ""
    assert repeated.draws == 12  # not 24: every document stands once for each filter
    assert sum(one.count for one in repeated.left_out) == 3
    verify(repeated.run, verifier="math")
    assert counted(repeated) == {"1+1?": (4, 3, 0), "2+2?": (4, 1, 0), "3+3?": (4, 4, 0)}
    assert repeated.run.manifest.prompt["template"] == "Q: {{ question }}\nA:"
    once = bring(next(LOGS.glob("samples_sums_once*")), out="once", filter="flexible")
    assert counted(once) == {"1+1?": (1, 1, 0), "2+2?": (1, 0, 0), "3+3?": (1, 1, 0)}
    assert once.label == "source:lm-eval exact_match, filter flexible"
    with pytest.raises(UsageError, match="allowed: flexible, strict"):
        bring(next(LOGS.glob("samples_sums_once*")), out="none", filter="loose")


def test_several_lm_eval_tasks_in_a_folder_are_refused(bring):
    with pytest.raises(UsageError, match="has 2 separate lm-eval logs"):
        bring(LOGS, "lm-eval")


@pytest.mark.parametrize("file", ["traces.jsonl", "results.jsonl"])
def test_both_layouts_of_verifiers_keep_failures_apart(bring, file):
    result = bring(LOGS / file)
    assert result.format == "verifiers"
    assert counted(result) == {"1+1?": (3, 2, 0), "2+2?": (2, 1, 1)}
    assert result.run.manifest.prompt["template_name"] == "chat"


def test_failures_at_the_source_are_wrong_for_nobody(bring):
    result = bring(LOGS / "traces.jsonl")
    assert any("1 sample failed at the source" in note for note in result.notes)
    verify(result.run, verifier="math")
    assert counted(result) == {"1+1?": (3, 2, 0), "2+2?": (2, 1, 1)}


def test_a_log_of_failures_alone_is_not_marked(tmp_path, bring):
    rows = [json.loads(line) for line in (LOGS / "results.jsonl").read_text().splitlines()]
    path = tmp_path / "results.jsonl"
    failed = [json.dumps(row | {"error": {"error": "Gone"}, "completion": []}) for row in rows]
    path.write_text("\n".join(failed))
    result = bring(path)
    assert not result.marked
    verify(result.run, verifier="math")
    assert count(result.run).n.tolist() == [0, 0]


def test_verl_dumps_of_one_step(bring):
    with pytest.raises(UsageError, match=r"2 training steps \(0, 50\).*--step"):
        bring(LOGS / "verl", out="refused")
    with pytest.raises(UsageError, match="allowed: 0, 50"):
        bring(LOGS / "verl", out="refused", step=7)
    early = bring(LOGS / "verl", out="early", step=0, label="acc")
    late = bring(LOGS / "verl", out="late", step=50, correct_if=parse_condition("score>=1"))
    assert [c for _, c, _ in counted(early).values()] == [1, 1, 1]
    assert [c for _, c, _ in counted(late).values()] == [3, 3, 3]
    # uids and the order of the rows differ from step to step, the prompts do not
    assert sorted(early.run.problem_ids) == sorted(late.run.problem_ids)


def test_a_dump_of_verls_former_trainer(bring):
    found = bring(LOGS / "verl_v0", label="acc")
    assert [(n, c) for n, c, _ in counted(found).values()] == [(4, 3)] * 3


def test_traces_tell_settings_and_tokens(tmp_path, bring):
    log = tmp_path / "traces.jsonl"  # without the metadata.json beside it
    log.write_bytes((LOGS / "traces.jsonl").read_bytes())
    run = bring(log).run
    assert run.manifest.sampling["temperature"] == 0.7
    assert run.manifest.sampling["max_tokens"] == 8
    drawn = run.scan_completions().collect()
    assert set(drawn["token_count"].to_list()) == {0, 1}  # the failed draw has none
    assert drawn.filter(pl.col("token_count") == 0)["finish_reason"].to_list() == [None]


def test_a_score_of_minus_one_is_no_label(bring):
    with pytest.raises(UsageError, match=r"score is -1 .*--correct-if 'score>=1'"):
        bring(LOGS / "verl", step=0, label="score")


def test_verls_prompts_are_found_in_the_problems(bring, twenty):
    questions = [p.question for p in twenty]
    assert "1+1?" not in questions
    with pytest.raises(UsageError, match=r"3 questions of the log are not in --problems"):
        bring(LOGS / "verl", step=0, problems=twenty)


def test_trl_warns_of_what_it_loses(bring):
    with pytest.raises(UsageError, match="--step"):
        bring(LOGS, "trl", out="refused")
    result = bring(LOGS, "trl", step=2)
    assert result.draws == 8
    assert any("overwrites" in note for note in result.notes)
    assert result.label == "source:trl correct"


def test_lighteval_means_do_not_mark_single_responses(bring):
    several = bring(next(LOGS.glob("details_sums_2*")))
    assert several.label == ""
    assert any("does not say which are correct" in note for note in several.notes)
    verify(several.run, verifier="math")
    assert sum(c for _, c, _ in counted(several).values()) == 8
    once = bring(next(LOGS.glob("details_sums_once*")), out="once")
    assert counted(once) == {"1+1?": (1, 1, 0), "2+2?": (1, 0, 0), "3+3?": (1, 1, 0)}


def test_lighteval_means_give_counts_of_the_same_problems(tmp_path, bring):
    log = next(LOGS.glob("details_sums_2*"))
    found = passgap.import_log(log, out=tmp_path / "counts.csv")
    run = bring(log).run
    verify(run, verifier="math")
    ours, theirs = count(run), passgap.read_counts(found.path)
    assert dict(zip(theirs.problem_id, theirs.c, strict=True)) == dict(
        zip(ours.problem_id, ours.c, strict=True)
    )
    assert sorted(theirs.c.tolist()) == [1, 3, 4]
    with pytest.raises(UsageError, match=r"inspect has samples; .* passgap export counts"):
        passgap.import_log(LOGS / "inspect_zstd.eval", out=tmp_path / "more.csv")


@pytest.mark.parametrize(
    ("metric", "label", "c"),
    [
        # extractive_match is the best of the responses, g-pass and maj are of their number
        ({"extractive_match": 1.0, "maj@n:n=4": 0.0, "pass@k:k=1&n=4": 0.25}, None, 1),
        ({"math_g-pass@4_0.0": 1.0, "avg@n:n=4": 0.5}, None, 2),
        ({"avg@n:n=4": 0.25, "pass@k:k=1": 0.75}, "pass@k:k=1", 3),
        ({"extractive_match": 1.0, "math_g-pass@4_0.0": 1.0}, None, None),
        ({"avg@n:n=4": 0.25, "pass@k:k=1&n=2": 0.5}, "pass@k:k=1&n=2", None),
        ({"avg@n:n=4": 0.25, "pass@k:k=4&n=4": 1.0}, "pass@k:k=4&n=4", None),
        ({"avg@n:n=4": 0.3}, None, None),
    ],
)
def test_only_means_over_all_responses_of_a_document_are_counted(tmp_path, metric, label, c):
    rows = pl.read_parquet(next(LOGS.glob("details_sums_2*"))).head(1).drop("metric")
    log = tmp_path / "details_x.parquet"
    rows.with_columns(metric=pl.lit(pl.Series([metric]))).write_parquet(log)
    if c is None:
        with pytest.raises(UsageError, match=r"all its responses|over all responses|partial"):
            passgap.import_log(log, out=tmp_path / "counts.csv", label=label)
        return
    found = passgap.import_log(log, out=tmp_path / "counts.csv", label=label)
    assert (found.counts.n.tolist(), found.counts.c.tolist()) == ([4], [c])


def test_opencompass_repeats_are_draws_of_one_problem(bring):
    result = bring(LOGS / "predictions")
    assert result.format == "opencompass"
    assert set(result.run.draws().values()) == {2}
    verify(result.run, verifier="math")
    assert counted(result) == {"1+1?": (2, 1, 0), "2+2?": (2, 1, 0), "3+3?": (2, 2, 0)}


def test_human_eval_results(bring):
    result = bring(LOGS / "sums.jsonl_results.jsonl")
    assert result.format == "human-eval"
    assert counted(result) == {"Sums/1": (3, 2, 0), "Sums/2": (3, 1, 0)}


def test_evalplus_plus_needs_both_tests(bring):
    plus = bring(LOGS / "sums_eval_results.json")
    assert counted(plus) == {"HumanEval/0": (3, 1, 0), "HumanEval/1": (3, 1, 0)}
    base = bring(LOGS / "sums_eval_results.json", out="base", label="base")
    assert counted(base) == {"HumanEval/0": (3, 2, 0), "HumanEval/1": (3, 2, 0)}
    assert plus.run.verifier_digest() != base.run.verifier_digest()


def test_ids_are_matched_with_problems_that_have_them(bring):
    named = [
        Problem(f"add {i} to x", "tests", "code", {"task_id": f"HumanEval/{i}"}) for i in (0, 1)
    ]
    result = bring(LOGS / "sums_eval_results.json", problems=ProblemSet.of("two", named))
    assert counted(result) == {"add 0 to x": (3, 1, 0), "add 1 to x": (3, 1, 0)}
    assert result.run.problem_ids == [problem.id for problem in named]


@pytest.mark.parametrize(
    ("name", "log"),
    [
        ("inspect", "inspect_zstd.eval"),
        ("verifiers", "traces.jsonl"),
        ("evalplus", "sums_eval_results.json"),
        ("human-eval", "sums.jsonl_results.jsonl"),
        ("opencompass", "predictions"),
        ("verl", "verl"),
        ("trl", "completions_00002.parquet"),
    ],
)
def test_a_format_is_guessed_from_its_log(name, log):
    found = find_log(FORMATS, None, [LOGS / log])
    assert (found.format.name, found.guessed) == (name, True)


def test_one_call_from_python(tmp_path):
    result = passgap.import_log(
        LOGS / "inspect_zstd.eval", out=tmp_path / "run", correct_if="score>=1"
    )
    assert passgap.count(result.run).c.sum() == 6
    path = tmp_path / "counts.jsonl"
    path.write_text('{"id": "x", "n": 4, "c": 1}')
    counts = passgap.import_log([path], out=tmp_path / "out.csv")
    assert passgap.read_counts(counts.place).n.tolist() == [4]


def test_the_checks_read_an_imported_run(bring):
    result = bring(LOGS / "traces.jsonl")
    found = check(result.run)
    assert found.draws == 6
    assert {finding.check for finding in found.findings} <= {"unscored", "uneven", "empty"}
