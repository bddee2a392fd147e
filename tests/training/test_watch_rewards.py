"""Watching in any trainer: the reward comes back unchanged, and every completion is on disk."""

import asyncio
import inspect
import json
import logging
import math
import shutil
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer

from passgap import Watch, watch_folder
from passgap.data.policies import PromptSettings
from passgap.engines.transformers import load_model
from passgap.errors import RunError, UsageError
from passgap.evidence.watching import logged as logged_in
from passgap.problems import render
from passgap.runs import read_watch
from passgap.runs.names import LOCK_FILE
from passgap.training import patience
from passgap.training.callbacks import PassgapCallback


def call(function, rewards=(1.0, 0.0, None), step=0, **columns):
    given = {
        "prompts": ["?"] * len(rewards),
        "completions": list(rewards),
        "completion_ids": [[1] * (i + 1) for i in range(len(rewards))],
        "problem_id": [f"p{i}" for i in range(len(rewards))],
        "trainer_state": SimpleNamespace(global_step=step),
    }
    return function(**(given | columns))


def same(completions, **_):
    return completions


def test_the_wrapped_reward_is_the_reward(tmp_path):
    wrapped = Watch(tmp_path / "w").reward(same, correct=0.5)
    assert wrapped.__name__ == "same"
    assert not inspect.iscoroutinefunction(wrapped)
    assert call(wrapped, [1.0, 0.0, None, 0.25]) == [1.0, 0.0, None, 0.25]
    frame = read_watch(tmp_path / "w")
    assert frame["status"].to_list() == ["correct", "incorrect", "unscored", "incorrect"]
    assert frame["reward"].to_list() == [1.0, 0.0, None, 0.25]
    assert frame["tokens"].to_list() == [1, 2, 3, 4]


def test_an_async_reward_stays_async(tmp_path):
    async def slow(completions, **_):
        await asyncio.sleep(0)
        return completions

    class Callable:
        async def __call__(self, completions, **_):
            return completions

    for name, function in {"slow": slow, "Callable": Callable()}.items():
        wrapped = Watch(tmp_path / name).reward(function, correct=0.5)
        assert inspect.iscoroutinefunction(wrapped)
        assert wrapped.__name__ == name
        assert asyncio.run(call(wrapped)) == [1.0, 0.0, None]
        assert read_watch(tmp_path / name).height == 3


def test_what_is_correct_is_said_and_written_down(tmp_path):
    rewards = [1.1, 1.0, 0.1, -1.0, float("nan")]
    for name, rule, expected in [
        ("threshold", 1.0, [True, True, False, False]),
        ("function", lambda reward: reward > 1, [True, False, False, False]),
    ]:
        call(Watch(tmp_path / name).reward(same, correct=rule), rewards)
        found = read_watch(tmp_path / name)["status"].to_list()
        assert [status == "correct" for status in found[:4]] == expected
        assert found[4] == "unscored"
    assert json.loads((tmp_path / "threshold" / "about.json").read_text()) == {
        "schema": "passgap.watch/1",
        "step": "trainer",
        "group_size": None,
        "correct": "reward >= 1",
    }
    for bad in (True, "0.5", None, float("nan")):
        with pytest.raises(UsageError, match="correct is"):
            Watch(tmp_path / "bad").reward(same, correct=bad)
    with pytest.raises(TypeError):
        Watch(tmp_path / "bad").reward(same)


FORMS = {
    "a generator function": lambda completions, **_: (c for c in completions),
    "an iterator": lambda completions, **_: iter(completions),
    "a map": lambda completions, **_: map(float, completions),
    "a tuple": lambda completions, **_: tuple(completions),
    "an array": lambda completions, **_: np.array(completions, float),
    "a tensor": lambda completions, **_: torch.tensor([float(c) for c in completions]),
}


@pytest.mark.parametrize("form", FORMS)
def test_rewards_of_any_form_are_recorded_and_given_back(tmp_path, form):
    nan = float("nan")
    wrapped = Watch(tmp_path / "w").reward(FORMS[form], correct=0.5)
    given = call(wrapped, [1.0, 0.0, nan])
    assert len(given) == 3
    assert list(map(float, given))[:2] == [1.0, 0.0], "the trainer gets them, not a spent iterator"
    assert read_watch(tmp_path / "w")["status"].to_list() == ["correct", "incorrect", "unscored"]


def test_columns_may_be_iterators_for_the_function_and_for_the_watch(tmp_path):
    def longest(completions, completion_ids, **_):
        ids = list(completion_ids)
        for completion in completions:
            yield float(completion) * len(ids)

    wrapped = Watch(tmp_path / "w").reward(longest, correct=3)
    given = call(
        wrapped,
        completions=(c for c in (1.0, 0.0, 1.0)),
        completion_ids=iter([[1], [1, 2], [1, 2, 3]]),
        problem_id=map(str, (7, 7, 8)),
        prompts=iter("???"),
    )
    assert given == [3.0, 0.0, 3.0]
    frame = read_watch(tmp_path / "w")
    assert frame.select("problem_id", "status", "tokens").rows() == [
        ("7", "correct", 1),
        ("7", "incorrect", 2),
        ("8", "correct", 3),
    ]


def test_an_async_generator_of_columns_works_too(tmp_path):
    async def slow(completions, **_):
        await asyncio.sleep(0)
        return (c for c in completions)

    wrapped = Watch(tmp_path / "w").reward(slow, correct=0.5)
    assert asyncio.run(call(wrapped, completions=iter([1.0, 0.0, None]))) == [1.0, 0.0, None]
    assert read_watch(tmp_path / "w").height == 3


def test_columns_may_be_given_by_their_place(tmp_path):
    def mine(prompts, completions, **_):
        return completions[:2]

    wrapped = Watch(tmp_path / "w", group_size=2).reward(mine, correct=0.5)
    assert wrapped(["?", "?"], [1.0, 0.0], problem_id=["a", "a"]) == [1.0, 0.0]
    with pytest.raises(UsageError, match="2 rewards for 3 completions"):
        wrapped(["?"] * 3, [1.0, 0.0, 1.0], problem_id=["a"] * 3)


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ([1.0, 0.0], "returned 2 rewards for 3 completions"),
        ([1.0] * 4, "returned 4 rewards for 3 completions"),
        ([], "returned 0 rewards for 3 completions"),
        (None, "returned None; allowed: a list of 3 rewards"),
        (1.0, r"returned 1\.0; allowed: a list"),
        ("110", "returned '110'; allowed: a list"),
        ({"a": 1.0, "b": 0.0, "c": 1.0}, "returned {.*}; allowed: a list"),
        ([1.0, "yes", 0.0], "returned 'yes' as the reward of completion 1"),
        ([1.0, 0.0, [1.0]], r"returned \[1\.0\] as the reward of completion 2"),
    ],
)
def test_rewards_that_do_not_fit_are_refused_and_nothing_is_written(tmp_path, returned, told):
    def mine(completions, **_):
        return returned

    wrapped = Watch(tmp_path / "w").reward(mine, correct=0.5)
    with pytest.raises(UsageError, match=f"mine {told}"):
        call(wrapped)
    assert not list((tmp_path / "w").rglob("*.parquet"))


@pytest.mark.parametrize("column", ["problem_id", "completion_ids", "finish_reason", "split"])
def test_a_column_of_another_length_is_refused(tmp_path, column):
    wrapped = Watch(tmp_path / "w").reward(same, correct=0.5, split=("split", "train"))
    columns = {"split": ["train"] * 3, "finish_reason": ["stop"] * 3, column: ["train"] * 2}
    with pytest.raises(UsageError, match=f"2 entries in {column} and 3 completions"):
        call(wrapped, **columns)


def test_a_call_without_the_problem_is_refused_with_what_it_has(tmp_path):
    wrapped = Watch(tmp_path / "w").reward(same, correct=0.5, id_column="uid")
    with pytest.raises(UsageError, match=r"no column 'uid'; it has .*problem_id"):
        call(wrapped)


def test_only_the_rows_of_a_split_are_recorded(tmp_path):
    wrapped = Watch(tmp_path / "w").reward(same, correct=0.5, split=("split", "train"))
    rewards = call(wrapped, split=["train", "test", "train"])
    assert rewards == [1.0, 0.0, None]
    assert read_watch(tmp_path / "w")["problem_id"].to_list() == ["p0", "p2"]
    assert call(wrapped, split=["test"] * 3) == [1.0, 0.0, None]
    assert read_watch(tmp_path / "w").height == 2


def test_a_completion_is_cut_where_it_is_long_and_does_not_end(tmp_path):
    metrics = {}
    wrapped = Watch(tmp_path / "w").reward(same, correct=0.5, max_tokens=2, end_tokens=[9])
    ids = [[1, 2], [1, 9], [9]]
    call(wrapped, completion_ids=ids, log_metric=metrics.__setitem__, problem_id=["a", "a", "b"])
    assert read_watch(tmp_path / "w")["finish_reason"].to_list() == ["length", "stop", "stop"]
    assert metrics == pytest.approx(
        {
            "watch/solved_share": 1 / 2,
            "watch/mixed_share": 1.0,
            "watch/unscored_share": 1 / 3,
            "watch/completion_length": 5 / 3,
            "watch/truncated_share": 1 / 3,
            "watch/unwritten_rows": 0.0,
        }
    )
    told = Watch(tmp_path / "told").reward(same, correct=0.5, max_tokens=1)
    call(told, finish_reason=["stop", "length", "stop"])
    assert read_watch(tmp_path / "told")["finish_reason"].to_list() == ["stop", "length", "stop"]


def test_a_resumed_run_draws_its_steps_again(tmp_path, caplog):
    code = """
import sys; from passgap import Watch
watch = Watch(sys.argv[1])
for step in range(5):
    watch.record(step=step, problem_id=["a"], status=["correct"])
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "w")], check=True)
    again = Watch(tmp_path / "w")
    with caplog.at_level(logging.WARNING, "passgap.watch"):
        again.record(step=3, problem_id=["b"], status=["correct"])
    assert "2 rows of rank 0" in caplog.text
    again.record(step=4, problem_id=["b"], status=["correct"])
    frame = read_watch(tmp_path / "w")
    assert frame.select("step", "problem_id").rows() == [
        *((step, "a") for step in range(3)),
        (3, "b"),
        (4, "b"),
    ]


def test_without_steps_the_visits_of_a_problem_are_counted(tmp_path):
    watch = Watch(tmp_path / "w", group_size=2)
    for _ in range(3):
        watch.record(step=None, problem_id=["a", "a", "b"], status=["correct"] * 3)
    frame = read_watch(tmp_path / "w")
    assert frame.select("problem_id", "step").sort("problem_id", "step").rows() == [
        *(("a", visit) for visit in (0, 0, 1, 1, 2, 2)),
        *(("b", visit) for visit in (0, 0, 1)),
    ]
    with pytest.raises(UsageError, match="in every call or in none"):
        watch.record(step=3, problem_id=["a"], status=["correct"])
    with pytest.raises(UsageError, match="pass group_size"):
        Watch(tmp_path / "v").record(step=None, problem_id=["a"], status=["correct"])


def test_one_by_one_from_many_threads(tmp_path):
    watch = Watch(tmp_path / "w", group_size=4, flush_rows=50, flush_seconds=60)

    def work(name):
        for _ in range(100):
            watch.record_one(problem_id=name, status="correct", reward=1.0)

    threads = [threading.Thread(target=work, args=(f"p{i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read_watch(tmp_path / "w").height == 800  # 16 times 50: nothing waits
    watch.record_one(problem_id="last", status="incorrect")
    assert read_watch(tmp_path / "w").height == 800
    watch.flush()
    assert read_watch(tmp_path / "w").height == 801
    with pytest.raises(UsageError, match="'right'"):
        watch.record_one(problem_id="a", status="right")


def test_what_waits_is_written_by_age_and_at_exit(tmp_path):
    watch = Watch(tmp_path / "w", group_size=4, flush_seconds=0.1)
    watch.record_one(problem_id="a", status="correct")
    time.sleep(0.6)
    assert read_watch(tmp_path / "w").height == 1
    code = """
import sys; from passgap import Watch
watch = Watch(sys.argv[1], group_size=4, flush_seconds=60)
watch.record_one(problem_id="a", status="correct")
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "v")], check=True)
    assert read_watch(tmp_path / "v").height == 1


def full(*_):
    raise OSError(28, "No space left on device")


def test_a_full_disk_neither_ends_training_nor_goes_unsaid(tmp_path, monkeypatch, caplog):
    wrapped = (watch := Watch(tmp_path / "w")).reward(same, correct=0.5)
    call(wrapped, step=0)
    with monkeypatch.context() as patched:
        patched.setattr("passgap.runs.writing.os.replace", full)
        metrics = {}
        for step in range(1, 6):
            call(wrapped, step=step, log_metric=metrics.__setitem__)
        assert metrics["watch/unwritten_rows"] == watch.unwritten == 15
    said = [record.message for record in caplog.records if record.levelname == "ERROR"]
    assert len(said) == 3  # the 1st, the 2nd and the 4th time
    assert "No space left" in said[0]
    assert read_watch(tmp_path / "w").height == 3
    call(wrapped, step=6)
    assert watch.unwritten == 0
    frame = read_watch(tmp_path / "w")
    assert frame["step"].to_list() == [step for step in range(7) for _ in range(3)]


def test_what_waits_has_a_bound_and_what_is_lost_is_said(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(patience, "WAITING_ROWS", 6)
    wrapped = (watch := Watch(tmp_path / "w")).reward(same, correct=0.5)
    call(wrapped, step=0)
    with monkeypatch.context() as patched:
        patched.setattr("passgap.runs.writing.os.replace", full)
        for step in range(1, 5):
            call(wrapped, step=step)
    call(wrapped, step=5)
    assert read_watch(tmp_path / "w")["step"].unique().to_list() == [0, 3, 4, 5]
    assert watch.unwritten == 6
    assert "3 are lost" in caplog.text  # at once, when the first ones are
    assert "works again after 4 failures; waiting rows are written, 6 rows are lost" in caplog.text


def test_each_process_has_a_rank_of_its_own(tmp_path, monkeypatch):
    code = """
import sys; from passgap import Watch
watch = Watch(sys.argv[1], group_size=2)
watch.record_one(problem_id="a", status="correct")
watch.flush(); print(watch.rank, flush=True); sys.stdin.read()
"""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "w")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    ranks = [int(child.stdout.readline()) for child in children]
    for child in children:
        child.communicate("")
    assert sorted(ranks) == [0, 1, 2]
    assert sorted(read_watch(tmp_path / "w")["rank"]) == [0, 1, 2]  # in the order of time
    monkeypatch.setenv("RANK", "5")
    assert Watch(tmp_path / "v").rank == 5
    monkeypatch.setenv("RANK", "five")
    with pytest.raises(UsageError, match="RANK is 'five'"):
        Watch(tmp_path / "u")


def test_settings_are_checked_and_another_run_is_refused(tmp_path):
    for bad in ({"group_size": 1}, {"flush_rows": 0}, {"flush_seconds": 0}):
        with pytest.raises(UsageError, match=next(iter(bad))):
            Watch(tmp_path / "w", **bad)
    call(Watch(tmp_path / "w").reward(same, correct=0.5))
    with pytest.raises(RunError, match="correct"):
        call(Watch(tmp_path / "w").reward(same, correct=0.9), step=1)


def test_it_needs_neither_torch_nor_a_trainer():
    code = "import sys; from passgap import Watch; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "transformers", "trl", "datasets", "scipy"} & set(done.stdout.split())


# -- in a plain TRL script


def plain_script(
    trainer_class, config_class, base, train_set, out, callbacks=(), resume=None, **settings
):
    """What a user has: a data set with problem ids, a reward of their own, TRL's trainer."""
    references = {problem.id: problem.reference for problem in train_set}

    def has_letter(completions, problem_id, **_):
        pairs = zip(completions, problem_id, strict=True)
        return [1.5 if references[i] in text else -0.5 for text, i in pairs]

    model, tokenizer = load_model(base, dtype="float32", device="cpu")
    watch = Watch(out / "watch")
    trainer = trainer_class(
        model=model,
        processing_class=tokenizer,
        reward_funcs=watch.reward(
            has_letter, correct=1.0, max_tokens=6, end_tokens=[tokenizer.eos_token_id]
        ),
        args=config_class(
            output_dir=str(out / "trl"),
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=6,
            use_cpu=True,
            bf16=False,
            logging_steps=1,
            report_to="none",
            disable_tqdm=True,
            activation_checkpointing=False,
            dataloader_pin_memory=False,
            **({"max_steps": 3, "save_strategy": "no"} | settings),
        ),
        train_dataset=Dataset.from_list(
            [
                {"prompt": render(problem, PromptSettings()).text, "problem_id": problem.id}
                for problem in train_set
            ]
        ),
        callbacks=list(callbacks),
    )
    for callback in callbacks:
        callback.trainer = trainer
    trainer.train(resume_from_checkpoint=resume)
    return trainer


QUIET = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::UserWarning")


@QUIET
@pytest.mark.parametrize("kind", [(GRPOTrainer, GRPOConfig), (RLOOTrainer, RLOOConfig)])
def test_in_a_plain_trl_script_every_completion_is_there(kind, base, train_set, tmp_path):
    trainer = plain_script(*kind, base, train_set, tmp_path)
    frame = read_watch(tmp_path / "watch")
    assert frame["step"].to_list() == [step for step in range(3) for _ in range(8)]
    assert set(frame["problem_id"]) <= {problem.id for problem in train_set}
    assert set(frame["reward"]) <= {1.5, -0.5}
    assert set(frame["tokens"]) <= set(range(1, 7))
    logged = [row for row in trainer.state.log_history if "watch/solved_share" in row]
    assert [row["step"] for row in logged] == [1, 2, 3]
    for row, (_, rows) in zip(logged, frame.group_by("step", maintain_order=True), strict=True):
        assert row["watch/solved_share"] == pytest.approx((rows["reward"] > 0).mean())
        assert row["watch/completion_length"] == pytest.approx(rows["tokens"].mean())
        assert row["watch/truncated_share"] == pytest.approx(
            (rows["finish_reason"] == "length").mean()
        )
        assert row["rewards/has_letter/mean"] == pytest.approx(rows["reward"].mean())
    result = watch_folder(tmp_path)
    assert result.settings.group_size == 4
    for seen, row in zip(result.steps, logged, strict=True):
        assert seen.mixed.value == pytest.approx(row["watch/mixed_share"])


@QUIET
def test_the_callback_measures_held_out_problems(base, train_set, held_out, verifier, tmp_path):
    callback = PassgapCallback(
        held_out, tmp_path, max_tokens=6, every=2, draws=4, verifier=verifier
    )
    for name in ("held_out.jsonl", "training.jsonl"):
        (tmp_path / name).write_text('{"step": 7}\n')  # of a run that began again
    trainer = plain_script(
        GRPOTrainer, GRPOConfig, base, train_set, tmp_path, [callback], learning_rate=1e-3
    )
    rows = [json.loads(line) for line in (tmp_path / "held_out.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [0, 2, 3]
    logged = {row["step"]: row for row in trainer.state.log_history if "held_out/pass@1" in row}
    for row in rows:
        assert [point["k"] for point in row["curve"]] == [1, 2, 4]
        for point in row["curve"]:
            assert logged[row["step"]][f"held_out/pass@{point['k']}"] == point["value"]
        assert logged[row["step"]]["held_out/entropy"] == pytest.approx(row["entropy"])
    assert [row.k for row in watch_folder(tmp_path).held_out] == [1, 2, 4]
    steps = [json.loads(line) for line in (tmp_path / "training.jsonl").read_text().splitlines()]
    told = [row["entropy"] for row in trainer.state.log_history if "loss" in row]
    assert [row["step"] for row in steps] == [1, 2, 3]
    assert [row["entropy"] for row in steps] == pytest.approx(told)
    assert logged_in(tmp_path / "watch").entropy.tolist() == pytest.approx(told)


@QUIET
def test_a_script_that_goes_on_from_a_checkpoint_has_every_row_once(
    base, train_set, held_out, verifier, tmp_path
):
    def start(**settings):
        callback = PassgapCallback(
            held_out, tmp_path, max_tokens=6, every=1, draws=4, verifier=verifier
        )
        saved = {"save_strategy": "steps", "save_steps": 2} | settings
        plain_script(GRPOTrainer, GRPOConfig, base, train_set, tmp_path, [callback], **saved)

    start(max_steps=3)  # saved after step 2, and one step more
    before = read_watch(tmp_path / "watch")
    assert before["step"].to_list() == [step for step in range(3) for _ in range(8)]
    start(max_steps=5, resume=str(tmp_path / "trl" / "checkpoint-2"))
    after = read_watch(tmp_path / "watch")
    assert after["step"].to_list() == [step for step in range(5) for _ in range(8)]
    assert after.filter(after["step"] < 2).equals(before.filter(before["step"] < 2))
    lines = (tmp_path / "held_out.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [0, 1, 2, 3, 4, 5]
    lines = (tmp_path / "training.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines] == [1, 2, 3, 4, 5]


def test_the_callback_refuses_what_it_cannot_do(held_out, tmp_path):
    with pytest.raises(UsageError, match="eval_draws is 0"):
        PassgapCallback(held_out, tmp_path, max_tokens=6, draws=0)
    callback = PassgapCallback(held_out, tmp_path, max_tokens=6)
    args = SimpleNamespace(deepspeed=None, fsdp="full_shard")
    with pytest.raises(UsageError, match="sharded"):
        callback.on_train_begin(args, SimpleNamespace(global_step=0), None)


def test_a_lock_is_not_lost_when_its_folder_is_made_anew(tmp_path):
    call(Watch(tmp_path / "w").reward(same, correct=0.5))
    shutil.rmtree(tmp_path / "w")
    call(Watch(tmp_path / "w").reward(same, correct=0.5))
    assert (tmp_path / "w" / "rank-00000" / LOCK_FILE).exists()
    assert read_watch(tmp_path / "w").height == 3


def test_what_a_loop_logs_is_kept_once_a_step(tmp_path, caplog):
    watch = Watch(tmp_path / "w", group_size=2)
    watch.log(0, entropy=1.0, logp_difference=0.5)
    watch.log(1, entropy=0.9)
    again = Watch(tmp_path / "w", group_size=2)
    again.log(1, entropy=0.8)  # resumed
    again.log(2, logp_difference=0.25)
    found = logged_in(tmp_path / "w")
    assert found.entropy.tolist() == pytest.approx([1.0, 0.8, math.nan], nan_ok=True)
    assert found.logp_difference.tolist() == pytest.approx([0.5, math.nan, 0.25], nan_ok=True)
    (tmp_path / "w" / "training.jsonl").unlink()
    (tmp_path / "w" / "training.jsonl").mkdir()
    again.log(3, entropy=0.7)
    assert "training continues" in caplog.text


def test_a_sampler_that_is_apart_is_found_in_a_watch_folder(tmp_path):
    watch = Watch(tmp_path / "w", group_size=2)
    for step in range(6):
        watch.record(step=step, problem_id=["a", "a"], status=["correct", "incorrect"])
        watch.log(step, entropy=1.0, logp_difference=0.3 + step / 100)
    (found,) = watch_folder(tmp_path / "w").warnings
    assert found.check == "sampler_apart"
