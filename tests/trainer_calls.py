"""Calls of a reward as trainers make them, replayed from their source.

In: a reward (or what a trainer has in its place) and what was drawn: a line of the trainer's data,
a completion, why it ended. Out: the rewards, in order. `stand_in` puts the few names of a trainer's
package that such a file imports in their place. The versions are in docs/trainers/index.md.
"""

import asyncio
import enum
import inspect
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import NamedTuple

import torch


@dataclass(frozen=True)
class Drawn:
    line: dict
    text: str
    ended: str

    @property
    def ids(self):
        return list(range(len(self.text)))


def stand_in(monkeypatch, name, **members):
    """Put a module with these members in the place of a trainer's."""
    parts = name.split(".")
    paths = [".".join(parts[: i + 1]) for i in range(len(parts))]
    for path in paths:
        monkeypatch.setitem(sys.modules, path, ModuleType(path))
    vars(sys.modules[name]).update(members)
    for above, part, below in zip(paths, parts[1:], paths[1:], strict=False):
        setattr(sys.modules[above], part, sys.modules[below])


def gathered(calls):
    async def all_of_them():
        return await asyncio.gather(*calls)

    return asyncio.run(all_of_them())


# -- as TRL and what is like it: once per batch, with the columns of the data


def trl(reward, drawn, step):
    columns = {key: [one.line[key] for one in drawn] for key in drawn[0].line}
    return reward(
        prompts=["Q"] * len(drawn),
        completions=[one.text for one in drawn],
        completion_ids=[one.ids for one in drawn],
        trainer_state=SimpleNamespace(global_step=step),
        **columns,
    )


class ORM:
    def __init__(self, args=None, **kwargs):
        self.args = args


def ms_swift_modules(monkeypatch):
    orms = {}
    stand_in(monkeypatch, "swift.rewards", ORM=ORM, orms=orms)
    return orms


def ms_swift(made, drawn, step):
    """``made`` is what is registered in ``orms``."""
    reward = made(args=SimpleNamespace(num_generations=4))
    rows = [
        {
            "messages": [*one.line["messages"], {"role": "assistant", "content": one.text}],
            "prompt_id": "prompt",
            "request_id": f"request-{i}",
            "finish_reason": one.ended,
            "is_truncated": one.ended == "length",
            "rollout_infos": {},
            "response_token_ids": [one.ids],
            **{key: value for key, value in one.line.items() if key != "messages"},
        }
        for i, one in enumerate(drawn)
    ]
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    state = SimpleNamespace(global_step=step)
    return reward([one.text for one in drawn], trainer_state=state, **columns)


# -- once per completion


class Status(enum.Enum):
    COMPLETED = "completed"
    TRUNCATED = "truncated"


def slime(right, drawn):
    async def generate_and_rm(one):
        sample = SimpleNamespace(
            prompt=one.line["input"],
            response=one.text,
            label=one.line["label"],
            metadata=one.line["metadata"],
            response_length=len(one.text),
            status=Status.TRUNCATED if one.ended == "length" else Status.COMPLETED,
        )
        await asyncio.sleep(0)
        return await right(SimpleNamespace(), sample)

    return gathered(generate_and_rm(one) for one in drawn)


class BaseTextEnv:
    def __init__(self):
        self.turns, self.max_turns = 0, 1


def skyrl_modules(monkeypatch):
    name = "skyrl_gym.envs.base_text_env"
    stand_in(monkeypatch, name, BaseTextEnv=BaseTextEnv, BaseTextEnvStepOutput=dict)


def skyrl(environment, drawn):
    def extras(line):
        columns = {name: value for name, value in line.items() if name not in SKYRL_OWN}
        return columns | {"max_turns": 1}

    async def agent_loop(one, executor):
        env = environment(env_config={}, extras=extras(one.line))
        found = await asyncio.get_running_loop().run_in_executor(executor, env.step, one.text)
        assert found["done"] is True
        assert found["observations"] == []
        return found["reward"]

    with ThreadPoolExecutor(4) as executor:
        return gathered(agent_loop(one, executor) for one in drawn)


SKYRL_OWN = ("prompt", "env_class")


class Data:
    def __init__(self, **fields):
        vars(self).update(fields)


class Made:
    def __init__(self, data=None, config=None):
        self.data, self.config = data, config

    def __class_getitem__(cls, _):
        return cls


def verifiers_modules(monkeypatch):
    members = {"TaskData": Data, "Task": Made, "Taskset": Made, "TasksetConfig": Data}
    stand_in(monkeypatch, "verifiers.v1", Trace=object, reward=lambda method: method, **members)


def verifiers(tasks, drawn):
    """``tasks``: the task of each completion."""

    async def score(task, one):
        cut, length = one.ended == "length", len(one.text)
        trace = SimpleNamespace(last_reply=one.text, num_output_tokens=length, is_truncated=cut)
        available = {"task": task.data, "trace": trace, "runtime": None}
        wanted = inspect.signature(task.right).parameters
        return await task.right(**{name: available[name] for name in wanted})

    return gathered(score(*pair) for pair in zip(tasks, drawn, strict=True))


AREAL = """
import asyncio, importlib, json, sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial

sys.path.insert(0, sys.argv[1])
right = importlib.import_module(sys.argv[2]).right
executor = ProcessPoolExecutor(max_workers=2)


async def reward(data, text, ids):
    called = partial(right, "Q", text, [1, 2], ids, **data)
    future = asyncio.get_running_loop().run_in_executor(executor, called)
    return await asyncio.wait_for(future, timeout=100)


async def all_of_them(asked):
    return await asyncio.gather(*(reward(*one) for one in asked))


print(json.dumps(asyncio.run(all_of_them(json.loads(sys.argv[3])))))
executor.shutdown(wait=True)
"""


def areal(folder, module, drawn):
    """``right`` of a module in ``folder``, in a pool of forked processes."""
    asked = json.dumps([(one.line, one.text, one.ids) for one in drawn])
    command = [sys.executable, "-c", AREAL, str(folder), module, asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# -- environments that get a batch


class EnvironmentReturn(NamedTuple):
    observations: list
    metadata: list
    next_stop_strings: list
    rewards: torch.Tensor
    terminateds: torch.Tensor
    answers: list | None


def nemo_rl_modules(monkeypatch):
    stand_in(monkeypatch, "ray", remote=lambda actor: actor)
    stand_in(
        monkeypatch,
        "nemo_rl.environments.interfaces",
        EnvironmentInterface=type("EnvironmentInterface", (), {}),
        EnvironmentReturn=EnvironmentReturn,
    )


def nemo_rl(environment, drawn):
    """``environment`` is the actor's class."""
    env = environment({"num_workers": 1})
    logs = [
        [{"role": "user", "content": "Q"}, {"role": "assistant", "content": one.text}]
        for one in drawn
    ]
    found = env.step(logs, [{"ground_truth": one.line["output"]} for one in drawn])
    assert found.terminateds.tolist() == [1.0] * len(drawn)
    assert {len(part) for part in found} == {len(drawn)}
    assert env.global_post_process_and_metrics({"rewards": found.rewards})[1] == {}
    return found.rewards.tolist()
