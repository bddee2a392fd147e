"""Trainers' own code calls the rewards of docs/trainers/others.md and what passgap exports.

`make test-trainers` builds their environment and runs this on the CPU. Not part of `make test`:
their pins conflict with those of the other packages. No weights are trained: that takes GPUs.
"""

import asyncio
import importlib
import json
import subprocess
import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("skyrl_gym", reason="needs its own environment: make test-trainers")
pytest.importorskip("verifiers", reason="needs its own environment: make test-trainers")
pytest.importorskip("swift", reason="needs its own environment: make test-trainers")
pytest.importorskip("tinker_cookbook", reason="needs its own environment: make test-trainers")

import polars as pl
import skyrl_gym
import torch
import verifiers.v1 as vf
from swift.dataset import load_dataset
from swift.rewards import orms
from swift.rl_core.data import GRPOSample
from swift.rl_core.grpo_algorithm import compute_rewards_per_func
from tinker_cookbook.renderers import ParseTermination
from trainer_examples import example
from verifiers.v1.configs.agent import AgentConfig
from verifiers.v1.graph import MessageNode
from verifiers.v1.trace import AgentInfo, ModelCall, TraceTask
from verifiers.v1.types import AssistantMessage, Usage, UserMessage
from verifiers.v1.utils.loaders import load_taskset

from passgap.lab import lab_policy_path
from passgap.runs.watch import read_watch

GOLD = {"p0": "156", "p1": "15"}
SAID = [("It is \\boxed{156}.", "stop"), ("It is \\boxed{15}.", "length"), ("no", "stop")]
DRAWN = [(name, *said) for name in GOLD for said in SAID]


def expected(of_page):
    """The rewards: the page's files look for the answer in the text, the exported ones read it."""
    found = {name: gold if of_page else f"{{{gold}}}" for name, gold in GOLD.items()}
    return [float(found[name] in text) for name, text, _ in DRAWN]


def recorded(folder, rewards, problems=tuple(GOLD)):
    rows = read_watch(folder)
    assert len(rows) == len(DRAWN)
    assert set(rows["problem_id"]) == set(problems)
    assert sum(rows["reward"]) == sum(rewards)
    assert sum(rows["status"] == "correct") == sum(rewards)
    return rows


@pytest.fixture
def export(tmp_path, monkeypatch):
    """What is exported for the problems, and its lines; its module can be imported."""

    def made(trainer):
        file, out = tmp_path / "problems.jsonl", tmp_path / "job"
        asked = [
            {"question": f"Question {i}", "answer": gold} for i, gold in enumerate(GOLD.values())
        ]
        file.write_text("\n".join(map(json.dumps, asked)) + "\n")
        flags = ("--policy", lab_policy_path("base"), "--template", "chat", "--max-tokens", "64")
        command = [sys.executable, "-m", "passgap", "export", trainer, file, "--out", out, *flags]
        done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        monkeypatch.syspath_prepend(out)
        importlib.invalidate_caches()
        data = next(out.glob("train.*"))
        if data.suffix == ".parquet":
            return out, pl.read_parquet(data).to_dicts()
        return out, [json.loads(line) for line in data.read_text().splitlines()]

    return made


def ids_of(lines):
    return [line["problem_id"] for line in lines]


# -- SkyRL's gym


def stepped(name, extras):
    found = []
    for name_of, text, _ in DRAWN:
        env = skyrl_gym.make(name, env_config={}, extras=extras[name_of] | {"max_turns": 1})
        prompt, _ = env.init([{"role": "user", "content": "Q"}])
        assert prompt == [{"role": "user", "content": "Q"}]
        step = env.step(text)
        assert step["done"] is True
        found.append(step["reward"])
    return found


def test_skyrls_gym_makes_the_environment_of_the_page(tmp_path):
    shown = example("SkyRL", tmp_path)
    skyrl_gym.register(id="shown", entry_point=f"{shown.__name__}:Right")
    extras = {
        name: {"problem_id": name, "split": "train", "reward_spec": {"ground_truth": gold}}
        for name, gold in GOLD.items()
    }
    assert stepped("shown", extras) == expected(of_page=True)
    shown.WATCH.flush()
    recorded(tmp_path / "watch", expected(of_page=True))


def test_skyrls_gym_makes_the_exported_environment(export):
    out, lines = export("skyrl")
    skyrl_gym.register(id="passgap", entry_point="env:PassgapEnv")
    assert stepped("passgap", dict(zip(GOLD, lines, strict=True))) == expected(of_page=False)
    importlib.import_module("env").REWARD.flush()
    recorded(out / "watch", expected(of_page=False), ids_of(lines))


# -- verifiers, which prime-rl trains on


def trace_of(task, text, ended):
    usage = Usage(prompt_tokens=3, completion_tokens=len(text))
    return vf.Trace(
        task=TraceTask(type=type(task).__name__, data=task.data, key=task.key, hash=task.hash),
        agent=AgentInfo(config=AgentConfig()),
        nodes=[
            MessageNode(message=UserMessage(content="Q")),
            MessageNode(parent=0, message=AssistantMessage(content=text), sampled=True),
        ],
        calls=[ModelCall(node=1, finish_reason=ended, usage=usage)],
    )


def scored(tasks):
    """Traces of each task, scored at once, as in an episode's rollouts."""
    traces = [trace_of(tasks[name], text, ended) for name, text, ended in DRAWN]

    async def all_of_them():
        pairs = zip(DRAWN, traces, strict=True)
        await asyncio.gather(*(tasks[name].score(trace) for (name, _, _), trace in pairs))

    asyncio.run(all_of_them())
    return [trace.rewards["right"].score for trace in traces]


def check_lengths(rows):
    assert sorted(rows["tokens"]) == sorted(len(text) for _, text, _ in DRAWN)
    assert sorted(rows["finish_reason"]) == sorted(ended for *_, ended in DRAWN)


def test_verifiers_scores_a_trace_with_the_reward_of_the_page(tmp_path):
    shown = example("prime-rl and verifiers", tmp_path)
    tasks = {
        name: shown.RightTask(shown.RightData(id=name, prompt="Q", answer=gold, split="train"))
        for name, gold in GOLD.items()
    }
    assert scored(tasks) == expected(of_page=True)
    shown.WATCH.flush()
    check_lengths(recorded(tmp_path / "watch", expected(of_page=True)))


def test_verifiers_loads_and_scores_the_exported_taskset(export):
    out, lines = export("verifiers")
    module = importlib.import_module("passgap_problems")
    taskset = load_taskset(module.ProblemConfig(id="passgap-problems"))
    assert isinstance(taskset, module.PassgapTaskset)
    tasks = list(taskset)
    assert [task.key for task in tasks] == ids_of(lines)
    assert [task.data.prompt_text for task in tasks] == ["Question 0", "Question 1"]
    assert scored(dict(zip(GOLD, tasks, strict=True))) == expected(of_page=False)
    module.REWARD.flush()
    check_lengths(recorded(out / "watch", expected(of_page=False), ids_of(lines)))


# -- ms-swift


def swift_rewards(name, columns):
    """What ms-swift's GRPO computes for samples of rows with these columns."""
    samples = []
    for i, (problem, text, ended) in enumerate(DRAWN):
        row = columns[problem] | {
            "messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": text}],
            "prompt_id": problem,
            "request_id": str(i),
            "response_token_ids": [[1] * len(text)],
            "finish_reason": ended,
        }
        samples.append(GRPOSample.from_row(row))
    reward = orms[name](args=SimpleNamespace(num_generations=3))
    state = SimpleNamespace(global_step=5)
    found = compute_rewards_per_func(samples, [reward], None, torch.device("cpu"), state)
    return found[:, 0].tolist()


def check_steps(rows):
    assert set(rows["step"]) == {5}
    assert rows["finish_reason"].to_list() == [ended for *_, ended in DRAWN]


def test_ms_swift_calls_the_reward_of_the_page(tmp_path):
    example("ms-swift", tmp_path)
    columns = {
        name: {"problem_id": name, "solution": gold, "split": "train"}
        for name, gold in GOLD.items()
    }
    assert swift_rewards("right", columns) == expected(of_page=True)
    check_steps(recorded(tmp_path / "watch", expected(of_page=True)))


def test_ms_swift_reads_the_data_and_calls_the_exported_reward(export):
    out, lines = export("ms-swift")
    table, _ = load_dataset(str(out / "train.jsonl"), remove_unused_columns=False)
    rows = [dict(row) for row in table]
    assert [row["problem_id"] for row in rows] == ids_of(lines)
    assert [row["messages"][0]["content"] for row in rows] == ["Question 0", "Question 1"]
    module = importlib.import_module("plugin")
    found = swift_rewards("passgap", dict(zip(GOLD, rows, strict=True)))
    assert found == expected(of_page=False)
    module.REWARD.flush()
    check_steps(recorded(out / "watch", expected(of_page=False), ids_of(lines)))


# -- the Tinker cookbook


def test_the_tinker_cookbooks_environment_steps(tmp_path):
    shown = example("Tinker cookbook", tmp_path)

    class Renderer:
        def parse_response(self, action):
            said = {"role": "assistant", "content": bytes(action).decode()}
            return said, ParseTermination.STOP_SEQUENCE

        def get_stop_sequences(self):
            return []

    class MyEnv(shown.WatchedEnv):
        def get_question(self):
            return "Q"

        def check_answer(self, sample_str):
            return GOLD[self.problem_id] in sample_str

        def check_format(self, sample_str):
            return True

        def get_reference_answer(self):
            return GOLD[self.problem_id]

    async def rollout(name, text, ended):
        env = MyEnv(Renderer())
        env.problem_id = name
        return await env.step(list(text.encode()), extra={"stop_reason": ended})

    async def group():
        return await asyncio.gather(*(rollout(*one) for one in DRAWN))

    assert [one.reward for one in asyncio.run(group())] == expected(of_page=True)
    shown.WATCH.flush()
    check_lengths(recorded(tmp_path / "watch", expected(of_page=True)))


# -- AReaL: its wrapper around rewards; the whole package imports what only its full install has


AREAL = """
import asyncio, importlib, importlib.util, json, sys
from pathlib import Path
from types import ModuleType

(folder,) = importlib.util.find_spec("areal").submodule_search_locations
for name in ("areal", "areal.api"):
    sys.modules[name] = ModuleType(name)
    sys.modules[name].__path__ = [str(Path(folder, *name.split(".")[1:]))]

from areal.api.reward_api import AsyncRewardWrapper

sys.path.insert(0, sys.argv[1])
right = importlib.import_module(sys.argv[2]).right
call = AsyncRewardWrapper(right, timeout_seconds=100, max_workers=2)


async def all_of_them(asked):
    return await asyncio.gather(
        *(call("Q", text, [1], [1] * len(text), **columns) for columns, text in asked)
    )


print(json.dumps(asyncio.run(all_of_them(json.loads(sys.argv[3])))))
"""


def areal_rewards(folder, module, columns):
    asked = json.dumps([(columns[name], text) for name, text, _ in DRAWN])
    command = [sys.executable, "-c", AREAL, str(folder), module, asked]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_areals_wrapper_calls_the_reward_of_the_page(tmp_path):
    shown = example("AReaL", tmp_path)
    columns = {
        name: {"messages": [], "problem_id": name, "answer": gold, "split": "train"}
        for name, gold in GOLD.items()
    }
    assert areal_rewards(tmp_path, shown.__name__, columns) == expected(of_page=True)
    rows = recorded(tmp_path / "watch", expected(of_page=True))
    assert sorted(rows["tokens"]) == sorted(len(text) for _, text, _ in DRAWN)


def test_areals_wrapper_calls_the_exported_reward(export):
    out, lines = export("areal")
    found = areal_rewards(out, "reward", dict(zip(GOLD, lines, strict=True)))
    assert found == expected(of_page=False)
    recorded(out / "watch", expected(of_page=False), ids_of(lines))
