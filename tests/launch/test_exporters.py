"""What is exported is what trainers and passgap itself read; the reward is evaluation's word."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import polars as pl
import pytest

from passgap.data.policies import Policy, PromptSettings
from passgap.data.problems import Problem
from passgap.errors import MismatchError, UsageError
from passgap.launch import (
    FORMS,
    JobSettings,
    read_problems,
    rows_of,
    write_format,
    write_job,
    write_problems,
)
from passgap.launch.tokenizers import leading_tokens, special_tokens
from passgap.launch.verl import SCHEMA
from passgap.problems import load_problems
from passgap.runs.watch import read_watch
from passgap.training.foreign import ExportedReward, problem_of

HOSTILE = 'He said "42" & left.\n\\frac{1}{2} $HOME `id` \u2028 \U0001f600'
PROBLEMS = [
    Problem("What is 1/2 + 1/2?", "1", "math", {"level": 3, "tags": ["a", {"b": 1}]}),
    Problem(HOSTILE, "\\frac{1}{2}", "math"),
    Problem("Capital of France?", "Paris", "exact", {"source": "geo"}),
]
KNOWN = {PROBLEMS[0].id: {"pass_rate": 0.25, "n": 8, "c": 2}}
CHAT = PromptSettings(template="chat", template_name="chat", system="Think.")


def rows(settings=None):
    return rows_of(PROBLEMS, settings or PromptSettings(), KNOWN)


def lines_of(path):
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")


def settings(**more):
    asked = {"max_tokens": 64, "prompts_per_step": 2, "group_size": 4, "gpus": 1, "eval_draws": 4}
    return JobSettings(**{**asked, **more})


def test_a_problem_file_keeps_ids_metadata_and_what_is_known(tmp_path):
    write_problems(rows(), tmp_path / "train.jsonl")
    problems, known = read_problems(tmp_path / "train.jsonl")
    assert [p.id for p in problems] == [p.id for p in PROBLEMS]
    assert [dict(p.metadata) for p in problems] == [dict(p.metadata) for p in PROBLEMS]
    assert known[PROBLEMS[0].id] == KNOWN[PROBLEMS[0].id]
    assert known[PROBLEMS[1].id] == {"pass_rate": None, "n": None, "c": None}
    assert [p.id for p in load_problems(str(tmp_path / "train.jsonl"))] == [p.id for p in PROBLEMS]


def test_a_problem_that_was_changed_is_refused(tmp_path):
    file = tmp_path / "train.jsonl"
    write_problems(rows(), file)
    file.write_text(file.read_text(encoding="utf-8").replace("Paris", "Lyon"), encoding="utf-8")
    with pytest.raises(MismatchError, match="has been edited"):
        read_problems(file)


def test_trls_files_hold_the_prompt_as_evaluation_renders_it(tmp_path):
    write_format("trl", rows(), tmp_path, "train", split="train", source="s")
    plain = [json.loads(line) for line in lines_of(tmp_path / "train.jsonl")]
    assert [row["prompt"] for row in plain] == [p.question for p in PROBLEMS]
    assert pl.read_parquet(tmp_path / "train.parquet").to_dicts() == plain
    write_format("trl", rows(CHAT), tmp_path, "chat", split="train", source="s")
    chat = pl.read_parquet(tmp_path / "chat.parquet").to_dicts()
    assert chat[0]["prompt"] == [
        {"role": "system", "content": "Think."},
        {"role": "user", "content": PROBLEMS[0].question},
    ]
    assert plain[0]["pass_rate"] == 0.25
    assert plain[1]["pass_rate"] is None
    assert problem_of(plain[1]) == PROBLEMS[1]


def test_verls_file_has_verls_schema(tmp_path):
    write_format("verl", rows(), tmp_path, "train", split="train", source="geo")
    frame = pl.read_parquet(tmp_path / "train.parquet")
    assert dict(frame.schema) == SCHEMA
    row = frame.row(0, named=True)
    assert row["data_source"] == "geo"
    assert row["prompt"] == [{"role": "user", "content": PROBLEMS[0].question}]
    assert row["reward_model"] == {"style": "rule", "ground_truth": "1"}
    extra = row["extra_info"]
    assert (extra["split"], extra["index"], extra["problem_id"]) == ("train", 0, PROBLEMS[0].id)
    assert (extra["pass_rate"], extra["n"], extra["c"]) == (0.25, 8, 2)
    for problem, one in zip(PROBLEMS, frame.to_dicts(), strict=True):
        found = problem_of(one["extra_info"])
        assert (found, dict(found.metadata)) == (problem, dict(problem.metadata))


def test_openrlhfs_label_carries_the_problem(tmp_path):
    write_format("openrlhf", rows(), tmp_path, "train", split="held_out", source="geo")
    found = [json.loads(line) for line in lines_of(tmp_path / "train.jsonl")]
    assert found[1]["input"] == HOSTILE
    assert found[1]["datasource"] == "geo"
    label = json.loads(found[1]["label"])
    assert label["split"] == "held_out"
    assert problem_of(label) == PROBLEMS[1]


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(UsageError, match="'nemo' is unknown; allowed: trl, verl, openrlhf"):
        write_format("nemo", rows(), tmp_path, "train", split="train", source="s")


# -- what a tokenizer puts before a text


def tokenizer_folder(folder, processor, **config):
    folder.mkdir(exist_ok=True)
    added = [{"content": "<bos>", "special": True}, {"content": "<eos>", "special": True},
             {"content": "<think>", "special": False}]  # fmt: skip
    data = {"post_processor": processor, "added_tokens": added}
    (folder / "tokenizer.json").write_text(json.dumps(data))
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    return str(folder)


TEMPLATE = {
    "type": "TemplateProcessing",
    "single": [{"SpecialToken": {"id": "<bos>"}}, {"Sequence": {"id": "A"}},
               {"SpecialToken": {"id": "<eos>"}}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("processor", "config", "found"),
    [
        (None, {}, ""),
        ({"type": "ByteLevel"}, {"bos_token": "<bos>", "add_bos_token": False}, ""),
        (TEMPLATE, {}, "<bos>"),
        ({"type": "Sequence", "processors": [{"type": "ByteLevel"}, TEMPLATE]}, {}, "<bos>"),
        (None, {"bos_token": {"content": "<bos>"}, "add_bos_token": True}, "<bos>"),
    ],
)
def test_the_token_that_begins_a_text_is_found_in_the_tokenizers_files(
    processor, config, found, tmp_path
):
    folder = tokenizer_folder(tmp_path / "t", processor, **config)
    assert leading_tokens(folder) == found
    assert special_tokens(folder) == ["<bos>", "<eos>"]


def test_it_is_what_the_tokenizer_itself_does(tmp_path):
    transformers = pytest.importorskip("transformers")
    tokenizers = pytest.importorskip("tokenizers")
    own = tokenizers.Tokenizer(tokenizers.models.WordLevel({"<bos>": 0, "a": 1, "<unk>": 2}))
    own.add_special_tokens(["<bos>"])
    own.post_processor = tokenizers.processors.TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", 0)]
    )
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=own, bos_token="<bos>")
    made.save_pretrained(tmp_path)
    begun = leading_tokens(str(tmp_path)) + "a"
    assert made("a")["input_ids"] == made(begun, add_special_tokens=False)["input_ids"] == [0, 1]


def test_a_plain_prompt_needs_the_tokenizers_files(tmp_path):
    flags = {"settings": settings(), "source": "s"}
    with pytest.raises(UsageError, match="'org/model' is not a local folder"):
        write_job("verl", rows()[:2], rows()[2:], Policy("org/model"), tmp_path, **flags)
    assert not list(tmp_path.iterdir())


# -- jobs


def job(trainer, tmp_path, *, prompt=None, policy=None, **more):
    folder = tokenizer_folder(tmp_path / "policy with 'quotes' $HOME", TEMPLATE)
    prompt = prompt or PromptSettings(stop=("\nQuestion:",))
    made = rows_of(PROBLEMS[:2], prompt, KNOWN), rows_of(PROBLEMS[2:], prompt)
    out = tmp_path / "job"
    write_job(
        trainer, *made, Policy(policy or folder, prompt), out, settings=settings(**more), source="s"
    )
    return out


def arguments(out, tmp_path):
    """What the launch script gives to python, word by word."""
    stand_in, seen = tmp_path / "stand_in", tmp_path / "seen.json"
    stand_in.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"open({str(seen)!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
    )
    stand_in.chmod(0o755)
    environment = os.environ | {"PYTHON": str(stand_in)}
    subprocess.run(["bash", out / "launch.sh", "more=1"], env=environment, check=True)
    return json.loads(seen.read_text())


def test_verls_launch_script_runs_and_survives_odd_paths(tmp_path):
    out = job("verl", tmp_path, steps=7, beta=0.04, nodes=1, max_prompt_tokens=20_000)
    given = arguments(out, tmp_path)
    assert given[:2] == ["-m", "verl.trainer.main_ppo"]
    assert given[-1] == "more=1"
    pairs = dict(word.split("=", 1) for word in given[2:])
    assert pairs["data.train_files"] == f"'{out}/train.parquet'"
    policy = str(tmp_path / "policy with 'quotes' $HOME")
    assert pairs["actor_rollout_ref.model.path"].replace("\\'", "'") == f"'{policy}'"
    template = pairs["actor_rollout_ref.model.custom_chat_template"]
    assert template == "'<bos>{{ messages[0].content }}'"
    assert pairs["trainer.total_training_steps"] == "7"
    assert pairs["trainer.total_epochs"] == "7"  # 2 problems, 2 prompts a step
    assert pairs["actor_rollout_ref.actor.use_kl_loss"] == "True"
    assert pairs["actor_rollout_ref.rollout.n"] == "4"
    assert int(pairs["actor_rollout_ref.actor.ppo_max_token_len_per_gpu"]) == 20_064


def test_a_pass_has_whole_steps_only(tmp_path):
    folder = tokenizer_folder(tmp_path / "policy", None)
    made, other = rows(), rows_of([Problem("Capital of Peru?", "Lima", "exact")], PromptSettings())
    asked = settings(steps=7)
    write_job(
        "verl", made, other, Policy(folder), tmp_path / "job", settings=asked, source='a"""\n'
    )
    pairs = dict(word.split("=", 1) for word in arguments(tmp_path / "job", tmp_path)[2:])
    assert pairs["trainer.total_epochs"] == "7"  # 3 problems, 2 prompts a step: one step a pass
    write_job("trl", made, other, Policy(folder), tmp_path / "b", settings=asked, source='a"""\n')
    script = (tmp_path / "b" / "train.py").read_text(encoding="utf-8")
    compile(script, "train.py", "exec")


def test_chat_prompts_go_through_the_policys_own_template(tmp_path):
    out = job("verl", tmp_path, prompt=CHAT, policy="org/model")
    pairs = dict(word.split("=", 1) for word in arguments(out, tmp_path)[2:])
    assert "actor_rollout_ref.model.custom_chat_template" not in pairs
    assert pairs["actor_rollout_ref.model.path"] == "'org/model'"
    roles = pl.read_parquet(out / "val.parquet")["prompt"][0].to_list()
    assert [message["role"] for message in roles] == ["system", "user"]


def test_openrlhfs_plain_prompts_begin_as_the_tokenizer_begins_them(tmp_path):
    out = job("openrlhf", tmp_path)
    first = json.loads((out / "train.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first["input"] == "<bos>" + PROBLEMS[0].question
    given = arguments(out, tmp_path)
    assert given[:2] == ["-m", "openrlhf.cli.train_ppo_ray"]
    assert given[given.index("--reward.remote_url") + 1] == f"{out}/reward.py"
    assert "--data.apply_chat_template" not in given
    readme = (out / "README.md").read_text(encoding="utf-8")
    assert "cannot stop at a string" in readme


@pytest.mark.parametrize("trainer", ["verl", "openrlhf", "trl"])
def test_a_job_says_what_was_asked_and_its_python_compiles(trainer, tmp_path):
    out = job(trainer, tmp_path)
    data = json.loads((out / "settings.json").read_text())
    assert (data["schema"], data["trainer"]) == ("passgap.export/1", trainer)
    assert data["settings"]["group_size"] == 4
    scripts = list(out.glob("*.py"))
    assert scripts
    for script in scripts:
        compile(script.read_text(encoding="utf-8"), str(script), "exec")
        assert "stop=['\\nQuestion:']" in script.read_text(encoding="utf-8")


def test_a_job_that_could_not_run_is_refused_before_anything_is_written(tmp_path):
    flags = {"settings": settings(), "source": "s"}
    policy = Policy(tokenizer_folder(tmp_path / "policy", None))
    made, out = rows(), tmp_path / "job"
    with pytest.raises(UsageError, match="verl validates during training"):
        write_job("verl", made, [], policy, out, **flags)
    with pytest.raises(
        MismatchError, match="1 of the 1 held-out problems are also training problems"
    ):
        write_job("trl", made, made[:1], policy, out, **flags)
    with pytest.raises(UsageError, match="at most as many prompts per step as problems"):
        write_job("trl", made[:1], [], policy, out, **flags)
    assert not out.exists()


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"group_size": 1}, "group_size is 1"),
        ({"eval_draws": 1}, "eval_draws is 1"),
        ({"temperature": 0}, "temperature > 0"),
        ({"learning_rate": 2}, "learning rate between 0 and 1"),
        ({"rollout": "trt"}, "allowed: vllm, sglang"),
        ({"gpus": 3}, "a multiple of the 3 GPUs"),
        ({"gpus": 4, "tensor_parallel": 3}, "a divisor of the 4 GPUs"),
    ],
)
def test_settings_out_of_range_are_refused(asked, says):
    with pytest.raises(UsageError, match=says):
        settings(**asked)


# -- the reward


def carried(i, split="train"):
    row = rows()[i]
    return {"split": split, "index": i, **row.carried, **row.known}


def test_verls_reward_is_evaluations_word_from_many_threads(tmp_path):
    reward = ExportedReward(tmp_path / "watch", group_size=4, held_out_draws=4)
    texts = ["\\boxed{0.5}", "\\boxed{\\frac{2}{4}}", "\\boxed{\\frac{2}{3}}", "no idea"] * 4

    def one(text):
        extra = carried(1) | {"global_steps": 5, "tokens": 9, "max_tokens": 64}
        return reward.verl(text, PROBLEMS[1].reference, extra)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(one, texts))
    reward.flush()
    assert [one["score"] for one in found] == [1.0, 1.0, 0.0, 0.0] * 4
    assert [one["acc"] for one in found] == [1.0, 1.0, 0.0, 0.0] * 4
    assert found[3] == {
        "score": 0.0, "acc": 0.0, "pred": "", "problem_id": PROBLEMS[1].id, "status": "incorrect",
        "reason": "no_answer", "unscored": 0.0,
    }  # fmt: skip
    seen = read_watch(tmp_path / "watch")
    assert len(seen) == 16
    assert seen["step"].unique().to_list() == [5]
    assert seen["finish_reason"].unique().to_list() == ["stop"]
    assert sorted(seen["status"].to_list()).count("correct") == 8


def test_a_cut_completion_and_a_stop_string_are_read_as_in_evaluation(tmp_path):
    reward = ExportedReward(tmp_path / "w", group_size=4, held_out_draws=4, stop=["\nQ:"])
    truth = PROBLEMS[2].reference
    cut = reward.verl("Par", truth, carried(2) | {"tokens": 64, "max_tokens": 64})
    went_on = "Paris\nQ: Capital of Italy? Rome"
    stopped = reward.verl(went_on, truth, carried(2) | {"tokens": 64, "max_tokens": 64})
    ended = reward.verl(truth, truth, carried(2) | {"tokens": 64, "max_tokens": 64, "ended": True})
    assert [cut["score"], stopped["score"], ended["score"]] == [0.0, 1.0, 1.0]
    reward.flush()
    seen = read_watch(tmp_path / "w").sort("seconds")
    assert seen["finish_reason"].to_list() == ["length", "stop", "stop"]


def test_held_out_rows_are_recorded_apart(tmp_path):
    reward = ExportedReward(tmp_path / "w", group_size=2, held_out_draws=4)
    for split in ("train", "held_out", "held_out"):
        reward.verl("Paris", "Paris", carried(2, split))
    reward.flush()
    assert len(read_watch(tmp_path / "w")) == 1
    assert len(read_watch(tmp_path / "w_held_out")) == 2


def test_openrlhfs_reward_takes_the_completion_out_of_the_query(tmp_path):
    special = ["<bos>", "<eos>"]
    reward = ExportedReward(tmp_path / "w", group_size=2, held_out_draws=2, special=special)
    prompt, label = "<bos>" + PROBLEMS[2].question, json.dumps(carried(2))
    right = reward.openrlhf([prompt + "Paris<eos>"], [prompt], [label])
    cut = reward.openrlhf([prompt + "Par"], [prompt], [label])
    both = reward.openrlhf([prompt + "Paris<eos>", "other"], [prompt] * 2, [label] * 2)
    assert right == {"rewards": 1.0, "scores": 1.0, "extra_logs": {"unscored": 0.0}}
    assert cut["rewards"] == 0.0
    assert (both["rewards"], both["extra_logs"]) == ([1.0, 0.0], {"unscored": 0.5})
    reward.flush()
    seen = read_watch(tmp_path / "w").sort("seconds")
    assert seen["finish_reason"].to_list()[:2] == ["stop", "length"]
    assert seen["reason"].to_list()[3] == "prompt"


def test_trls_reward_leaves_unscored_out_and_reads_messages(tmp_path):
    reward = ExportedReward(
        tmp_path / "w", group_size=2, held_out_draws=2, max_tokens=3, end_tokens=[9]
    )
    columns = {name: [carried(2)[name]] * 3 for name in carried(2) if name != "split"}
    rewards = reward(
        completions=["Paris", [{"role": "assistant", "content": "Paris"}], "Lyon"],
        completion_ids=[[1, 2, 9], [1, 2, 3], [1]],
        split=["train"] * 3,
        trainer_state=SimpleNamespace(global_step=2),
        prompts=["ignored"] * 3,
        **columns,
    )
    assert rewards == [1.0, 1.0, 0.0]
    seen = read_watch(tmp_path / "w")
    assert sorted(seen["finish_reason"].to_list()) == ["length", "stop", "stop"]
    assert seen["step"].to_list() == [2, 2, 2]


def test_a_row_is_refused_that_passgap_did_not_write_or_that_was_changed(tmp_path):
    reward = ExportedReward(tmp_path / "w", group_size=2, held_out_draws=2)
    with pytest.raises(MismatchError, match="no problem_id"):
        reward.verl("x", "x", None)
    with pytest.raises(MismatchError, match="was changed"):
        reward.verl("x", "another", carried(2))
    assert not (tmp_path / "w").exists()


def test_a_data_file_cannot_name_code_to_run_but_the_exporter_can(tmp_path):
    problem = Problem("q", "1", "python:os:getcwd")
    row = {"split": "train", **rows_of([problem], PromptSettings())[0].carried}
    reward = ExportedReward(tmp_path / "w", group_size=2, held_out_draws=2)
    with pytest.raises(UsageError, match="only from the command line"):
        reward.verl("x", "1", row)
    allowed = ExportedReward(tmp_path / "v", group_size=2, held_out_draws=2, verifier="exact")
    assert allowed.verl("1", "1", row)["score"] == 1.0


def test_a_step_that_comes_late_or_goes_missing_does_not_stop_training(tmp_path):
    late = ExportedReward(tmp_path / "late", group_size=2, held_out_draws=2)
    for step in (None, 1, None):
        late.verl("x", "Paris", carried(2) | {"global_steps": step})
    gone = ExportedReward(tmp_path / "gone", group_size=2, held_out_draws=2)
    for step in (4, None, 5):
        gone.verl("x", "Paris", carried(2) | {"global_steps": step})
    gone.flush()
    assert sorted(read_watch(tmp_path / "gone")["step"].to_list()) == [4, 4, 5]


def test_every_form_is_written_by_name():
    assert list(FORMS) == ["trl", "verl", "openrlhf"]
