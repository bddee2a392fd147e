"""verl and OpenRLHF for real: `make test-verl` builds their environment and runs this on the CPU.

Not part of `make test`: verl pins older packages than training with TRL needs. Shown here is that
their own loaders read what passgap exports, that their own code calls the reward, and that what it
gives is what evaluation said. No weights are trained: that takes GPUs.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

pytest.importorskip("verl", reason="needs its own environment: make test-verl")

import ray
import torch
import verl
from hydra import compose, initialize_config_dir
from tensordict import TensorDict
from transformers import AutoTokenizer
from verl import DataProto
from verl.experimental.reward_loop.reward_loop import RewardLoopManager, RewardLoopWorker
from verl.trainer.ppo.core_algos import get_adv_estimator_fn, get_policy_loss_fn
from verl.trainer.ppo.metric_utils import process_validation_metrics
from verl.trainer.ppo.reward import get_custom_reward_fn, load_reward_manager
from verl.trainer.ppo.utils import need_critic, need_reference_policy
from verl.utils.config import omega_conf_to_dataclass, validate_config
from verl.utils.dataset.rl_dataset import RLHFDataset, collate_fn
from verl.utils.tokenizer.continuous_token_wiring import create_continuous_token_builder

from passgap.data.policies import PromptSettings
from passgap.engines.encoding import encode
from passgap.lab import lab_policy_path
from passgap.launch.algorithms import ALGORITHMS
from passgap.problems import render
from passgap.runs import Run
from passgap.runs.watch import read_watch

POLICY = lab_policy_path("base")
CONFIGS = Path(verl.__file__).parent / "trainer" / "config"
DRAWS = 8


def passgap(*arguments):
    done = subprocess.run(
        [sys.executable, "-m", "passgap", *map(str, arguments)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "base"
    passgap("sample", "lab:base", "lab:rare?size=12", "-n", DRAWS, "--out", folder)
    passgap("verify", folder)
    return Run(folder)


@pytest.fixture(scope="module")
def tokenizer():
    return AutoTokenizer.from_pretrained(POLICY)


def export(trainer, run, out, *more):
    flags = ("--prompts-per-step", 8, "--group-size", DRAWS, "--eval-draws", 4, "--gpus", 1)
    held_out = ("--held-out", "lab:rare?size=6&seed=5")
    passgap("export", trainer, run.path, "--policy", "lab:base", "--out", out, *held_out, *flags,
            *more)  # fmt: skip
    return out


@pytest.fixture(scope="module")
def job(run, tmp_path_factory):
    return export("verl", run, tmp_path_factory.mktemp("jobs with a space") / "job")


def launched(job, tmp_path):
    """The arguments that launch.sh gives to python."""
    stand_in, seen = tmp_path / "python3", tmp_path / "seen.json"
    stand_in.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"open({str(seen)!r}, 'w').write(json.dumps(sys.argv[1:]))\n"
    )
    stand_in.chmod(0o755)
    subprocess.run(
        ["bash", job / "launch.sh"], env=os.environ | {"PYTHON": str(stand_in)}, check=True
    )
    return json.loads(seen.read_text())


def composed(job, tmp_path, *more):
    module, name, *overrides = launched(job, tmp_path)
    assert (module, name) == ("-m", "verl.trainer.main_ppo")
    with initialize_config_dir(config_dir=str(CONFIGS), version_base=None):
        return compose("ppo_trainer", overrides=[*overrides, *more])


@pytest.fixture
def config(job, tmp_path):
    return composed(job, tmp_path)


def test_verls_own_config_takes_the_launch_script(config, job):
    validate_config(config, use_reference_policy=False, use_critic=False)
    rollout = config.actor_rollout_ref.rollout
    assert (rollout.n, rollout.temperature, rollout.top_p, rollout.top_k) == (DRAWS, 1.0, 1.0, -1)
    validation = rollout.val_kwargs
    assert (validation.n, validation.temperature, validation.do_sample) == (4, 1.0, True)
    assert config.algorithm.adv_estimator == "grpo"
    assert config.actor_rollout_ref.actor.loss_agg_mode == "seq-mean-token-mean"
    assert config.data.train_files == str(job / "train.parquet")
    assert config.actor_rollout_ref.model.custom_chat_template == "{{ messages[0].content }}"


def test_a_kl_term_is_carried_over(run, tmp_path):
    config = composed(export("verl", run, tmp_path / "job", "--beta", 0.04), tmp_path)
    actor = config.actor_rollout_ref.actor
    assert (actor.use_kl_loss, actor.kl_loss_coef) == (True, 0.04)


@pytest.mark.parametrize("name", ALGORITHMS)
@pytest.mark.parametrize("beta", [0.0, 0.04])
def test_verl_takes_every_algorithm(run, tmp_path, name, beta):
    """Its own checks, its classes of settings, and its loss and advantages on a small batch."""
    job = export("verl", run, tmp_path / "job", "--algorithm", name, "--beta", beta)
    config, told = composed(job, tmp_path), ALGORITHMS[name]
    reference, critic = need_reference_policy(config), need_critic(config)
    validate_config(config, use_reference_policy=reference, use_critic=critic)
    assert (reference, critic) == (beta > 0, told.critic)
    actor = omega_conf_to_dataclass(config.actor_rollout_ref.actor)
    assert (actor.clip_ratio_low, actor.clip_ratio_high) == told.clip
    if critic:
        assert (
            omega_conf_to_dataclass(config.critic).model.path == config.actor_rollout_ref.model.path
        )
    mask = torch.ones(4, 3)
    rewards = torch.zeros(4, 3)
    rewards[0, -1] = rewards[1, -1] = rewards[2, -1] = 1.0
    more = {"index": np.array(["a", "a", "b", "b"], dtype=object), "response_mask": mask}
    more |= {"reward_baselines": torch.tensor([1.0, 1.0, 0.0, 0.0])} if told.greedy else {}
    if critic:
        more = {"response_mask": mask, "values": torch.zeros(4, 3)}
        more |= {"gamma": config.algorithm.gamma, "lam": config.algorithm.lam}
    else:
        more["config"] = config.algorithm
    advantages, _ = get_adv_estimator_fn(told.estimator)(token_level_rewards=rewards, **more)
    assert advantages[2, 0] > advantages[3, 0], "the correct completion of b is preferred"
    if told.greedy or told.estimator in ("grpo", "rloo"):
        assert advantages[0].tolist() == advantages[1].tolist() == [0.0] * 3, (
            "nothing to learn in a"
        )
    logps = torch.full((4, 3), -1.0)
    loss = get_policy_loss_fn(actor.policy_loss.loss_mode)(
        old_log_prob=logps,
        log_prob=logps.clone().requires_grad_(),
        advantages=advantages,
        response_mask=mask,
        loss_agg_mode=actor.loss_agg_mode,
        config=actor,
    )[0]
    assert torch.isfinite(loss)


def test_only_verls_older_trainer_draws_the_greedy_completion(run, tmp_path):
    """ReMax: the newer one would look for rewards of completions that it never drew."""
    older = Path(verl.__file__).parent / "trainer" / "ppo"
    assert "REMAX" in (older / "ray_trainer.py").read_text()
    assert "REMAX" not in "".join(path.read_text() for path in (older / "v1").rglob("*.py"))
    for name, told in ALGORITHMS.items():
        job = export("verl", run, tmp_path / name, "--algorithm", name)
        assert composed(job, tmp_path).trainer.use_v1 != told.greedy


@pytest.fixture
def rows(config, tokenizer):
    return RLHFDataset(config.data.train_files, tokenizer, config.data)


def test_verls_dataset_reads_the_rows_and_builds_evaluations_prompts(rows, run, tokenizer, config):
    problems = {p.id: p for p in run.problems()}
    assert {row["extra_info"]["problem_id"] for row in rows} == set(problems)
    assert len(rows) == len(problems)
    tokenizer.chat_template = config.actor_rollout_ref.model.custom_chat_template
    builder = create_continuous_token_builder(tokenizer, hf_model_type="llama")
    for row in rows:
        problem = problems[row["extra_info"]["problem_id"]]
        assert row["reward_model"]["ground_truth"] == problem.reference
        asked = encode(tokenizer, render(problem, PromptSettings()))
        assert builder.build_initial_tokens(row["raw_prompt"]) == asked


def drawn(rows, run, tokenizer):
    """The run's completions as verl hands them to a reward manager, and what was said of them."""
    by_id = {row["extra_info"]["problem_id"]: i for i, row in enumerate(rows)}
    marks = run.scan_outcomes(run.verifier_digest()).select("problem_id", "draw", "status")
    frame = run.scan_completions().join(marks, on=["problem_id", "draw"]).collect()
    longest = max(map(len, frame["token_ids"]))
    items = []
    for one in frame.iter_rows(named=True):
        prompt = torch.tensor(tokenizer(run_question(run, one["problem_id"]))["input_ids"])
        ids = torch.tensor(one["token_ids"])
        gap = longest - len(ids)
        responses = torch.nn.functional.pad(ids, (0, gap), value=tokenizer.pad_token_id)
        mask = torch.tensor([1] * (len(prompt) + len(ids)) + [0] * gap)
        batch = TensorDict(
            {"prompts": prompt[None], "responses": responses[None], "attention_mask": mask[None]},
            batch_size=1,
        )
        row = collate_fn([rows[by_id[one["problem_id"]]]])
        row.pop("dummy_tensor")
        told = {"global_steps": 3, "min_global_steps": 3, "max_global_steps": 3}
        extra = np.empty(1, dtype=object)
        extra[0] = told
        items.append(
            DataProto(batch, row | {"tool_extra_fields": extra, "__num_turns__": np.array([2])})
        )
    return frame, items


def run_question(run, problem_id):
    return next(p.question for p in run.problems() if p.id == problem_id)


def rewarded(manager, items):
    async def all_at_once():
        return await asyncio.gather(*(manager.run_single(item) for item in items))

    return manager.loop.run_until_complete(all_at_once())


@pytest.mark.parametrize("own", [True, False], ids=["watched manager", "verls naive manager"])
def test_the_reward_inside_verls_manager_is_evaluations_word(own, run, tokenizer, tmp_path):
    job = export("verl", run, tmp_path / "job")
    naive = ("reward.reward_manager.source=register", "reward.reward_manager.name=naive")
    config = composed(job, tmp_path, *(() if own else naive))
    rows = RLHFDataset(config.data.train_files, tokenizer, config.data)
    frame, items = drawn(rows, run, tokenizer)
    assert {"correct", "incorrect"} <= set(frame["status"])
    manager = load_reward_manager(config, tokenizer)
    found = rewarded(manager, items)
    wanted = [float(status == "correct") for status in frame["status"]]
    assert [one["reward_score"] for one in found] == wanted
    assert [one["reward_extra_info"]["acc"] for one in found] == wanted
    assert [one["reward_extra_info"]["problem_id"] for one in found] == list(frame["problem_id"])
    loaded = manager.compute_score.args[0].__globals__["REWARD"]
    loaded.flush()
    seen = read_watch(job / "watch")
    assert seen["step"].unique().to_list() == [3]
    counted = ["problem_id", "status"]
    assert_same(seen.group_by(counted).len(), frame.group_by(counted).len(), counted)
    if own:
        assert sorted(seen["tokens"]) == sorted(frame["token_count"])
        assert_same(
            seen.group_by("finish_reason").len(),
            frame.group_by("finish_reason").len(),
            ["finish_reason"],
        )
    else:
        assert seen["tokens"].null_count() == len(seen)
    metrics = process_validation_metrics(
        ["lab"] * len(found),
        list(frame["problem_id"]),
        {key: [one["reward_extra_info"][key] for one in found] for key in ("acc", "pred")},
    )
    assert metrics["lab"]["acc"][f"mean@{DRAWS}"] == pytest.approx(np.mean(wanted))
    assert f"maj@{DRAWS}/mean" in metrics["lab"]["acc"]


def assert_same(one, other, keys):
    assert one.sort(keys).rows() == other.select(one.columns).sort(keys).rows()


def test_verls_reward_worker_loads_and_calls_it(job, config, rows, run, tokenizer):
    frame, items = drawn(rows, run, tokenizer)
    worker = RewardLoopWorker(config)
    found = worker.loop.run_until_complete(worker.compute_score_batch(items[0]))
    assert found[0]["reward_score"] == float(frame["status"][0] == "correct")


def test_verls_reward_workers_on_ray_write_one_watch_folder(run, tokenizer, tmp_path):
    job = export("verl", run, tmp_path / "job")
    config = composed(job, tmp_path, "reward.num_workers=2")
    rows = RLHFDataset(config.data.train_files, tokenizer, config.data)
    frame, items = drawn(rows, run, tokenizer)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        workers = RewardLoopManager(config).reward_loop_worker_handles
        assert len(workers) == 2
        found = ray.get([workers[i % 2].compute_score.remote(item) for i, item in enumerate(items)])
        until = time.monotonic() + 30
        while time.monotonic() < until and seen_rows(job) < len(items):
            time.sleep(0.5)
    finally:
        ray.shutdown()
    wanted = [float(status == "correct") for status in frame["status"]]
    assert [one["reward_score"] for one in found] == wanted
    counted = ["problem_id", "status"]
    seen = read_watch(job / "watch")
    assert_same(seen.group_by(counted).len(), frame.group_by(counted).len(), counted)
    assert len(list((job / "watch").glob("rank-*"))) == 2


def seen_rows(job):
    return len(read_watch(job / "watch")) if (job / "watch" / "about.json").is_file() else 0


def test_mathematics_is_marked_from_verls_threads(tmp_path):
    golds = {
        "\\frac{1}{2}": "\\boxed{0.5}",
        "x^2+1": "\\boxed{1+x^2}",
        "\\sqrt{8}": "\\boxed{2\\sqrt{2}}",
    }
    file, others = tmp_path / "math.jsonl", tmp_path / "others.jsonl"
    asked = [{"question": f"q{i}", "answer": gold} for i, gold in enumerate(golds)]
    file.write_text("\n".join(map(json.dumps, asked)))
    others.write_text(json.dumps({"question": "other", "answer": "3"}))
    passgap("export", "verl", file, "--policy", "lab:base", "--held-out", others, "--out",
            tmp_path / "job", "--max-tokens", 64, "--prompts-per-step", 3, "--gpus", 1)  # fmt: skip
    score = get_custom_reward_fn(composed(tmp_path / "job", tmp_path))
    rows = pl.read_parquet(tmp_path / "job" / "train.parquet").to_dicts()

    def marked(pair):
        row, text = pair
        truth = row["reward_model"]["ground_truth"]
        told = row["extra_info"] | {"global_steps": 0}
        return score(data_source="m", solution_str=text, ground_truth=truth, extra_info=told)

    right = [(row, golds[row["reward_model"]["ground_truth"]]) for row in rows]
    wrong = [(row, "\\boxed{7y}") for row in rows]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(marked, [*right, *wrong] * 5))
    assert [one["score"] for one in found] == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0] * 5
    assert {one["status"] for one in found} == {"correct", "incorrect"}


def test_a_row_that_was_changed_is_refused(job, config):
    score = get_custom_reward_fn(config)
    row = pl.read_parquet(job / "train.parquet").row(0, named=True)
    extra, truth = row["extra_info"] | {"global_steps": 3}, row["reward_model"]["ground_truth"]
    right = score(data_source="x", solution_str=truth, ground_truth=truth, extra_info=extra)
    assert right["score"] == 1.0
    with pytest.raises(Exception, match="was changed"):
        score(data_source="x", solution_str=truth, ground_truth="other", extra_info=extra)


# -- OpenRLHF: its loading code, which imports without flash-attn


@pytest.fixture(scope="module")
def rlhf(run, tmp_path_factory):
    return export("openrlhf", run, tmp_path_factory.mktemp("openrlhf") / "job")


def test_openrlhf_knows_every_flag_of_the_launch_script(rlhf, tmp_path):
    openrlhf = pytest.importorskip("openrlhf")
    source = (Path(openrlhf.__file__).parent / "cli" / "train_ppo_ray.py").read_text()
    parts = re.findall(r'add_argument\(\s*f?"--([^"]+)"', source)
    known = {name.replace("{prefix}", "actor") for name in parts}
    module, name, *arguments = launched(rlhf, tmp_path)
    assert (module, name) == ("-m", "openrlhf.cli.train_ppo_ray")
    flags = {part.removeprefix("--") for part in arguments if part.startswith("--")}
    assert flags
    assert flags <= known


def test_openrlhfs_executor_loads_and_calls_the_reward(rlhf, run, tokenizer):
    pytest.importorskip("openrlhf")
    from datasets import load_dataset
    from openrlhf.datasets.prompts_dataset import PromptDataset
    from openrlhf.utils.agent import SingleTurnAgentExecutor

    data = SimpleNamespace(input_key="input", label_key="label")
    strategy = SimpleNamespace(args=SimpleNamespace(data=data), is_rank_0=lambda: True)
    table = load_dataset("json", data_files=str(rlhf / "train.jsonl"))["train"]
    prompts = PromptDataset(table, tokenizer, strategy)
    by_id = {json.loads(label)["problem_id"]: (p, label) for _, p, label, _ in prompts}
    marks = run.scan_outcomes(run.verifier_digest()).select("problem_id", "draw", "status")
    frame = run.scan_completions().join(marks, on=["problem_id", "draw"]).collect()
    executor = SingleTurnAgentExecutor(str(rlhf / "reward.py"))
    sampling = SimpleNamespace(max_tokens=32, logprobs=None)

    class Engine:
        def __init__(self, ids, finish):
            self.given = SimpleNamespace(token_ids=ids, finish_reason=finish, logprobs=None)

        async def generate(self, prompt_ids, params, multi_modal_data=None):
            return SimpleNamespace(outputs=[self.given])

    async def all_of_them():
        return await asyncio.gather(
            *(
                executor.execute(
                    *by_id[one["problem_id"]],
                    sampling,
                    1056,
                    tokenizer,
                    Engine(one["token_ids"], one["finish_reason"]),
                )
                for one in frame.iter_rows(named=True)
            )
        )

    found = asyncio.run(all_of_them())
    wanted = [float(status == "correct") for status in frame["status"]]
    assert [one["reward"] for one in found] == wanted
    assert 0 < sum(wanted) < len(wanted)
    executor.reward_func.__globals__["REWARD"].flush()
    seen = read_watch(rlhf / "watch")
    counted = ["problem_id", "status", "finish_reason"]
    assert_same(seen.group_by(counted).len(), frame.group_by(counted).len(), counted)
