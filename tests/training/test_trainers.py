"""The rewards of docs/trainers/others.md, called as each trainer calls them (`trainer_calls`).

Where a trainer's own package installs without a GPU, it calls the same files in
tests/own_environment/test_trainers_for_real.py.
"""

import asyncio
import inspect
import json
from types import SimpleNamespace

import pytest
import trainer_calls as calls
from trainer_calls import Drawn, stand_in
from trainer_examples import example, headings

from passgap.runs.watch import read_watch

GOLD = {"p0": "156", "p1": "15"}
SAID = ["It is 156.", "It is 15.", "I do not know", "156"]  # what is sampled for each problem
CORRECT = {"p0": 2, "p1": 3}  # 15 is in 156
NAMED = [(name, text) for name in GOLD for text in SAID]
REWARDS = [float(GOLD[name] in text) for name, text in NAMED]
ENDS = ["stop", "length"] * 4
LENGTHS = [len(text) for _, text in NAMED]


def drawn(line):
    """What is sampled in training, and the same again for held-out problems."""
    return [
        [
            Drawn(line(name, split), text, ended)
            for (name, text), ended in zip(NAMED, ENDS, strict=True)
        ]
        for split in ("train", "test")
    ]


def columns(name, split):
    return {"problem_id": name, "answer": GOLD[name], "split": split}


def recorded(folder):
    """What was recorded: every completion of training once, and no other."""
    rows = read_watch(folder / "watch")
    for name, correct in CORRECT.items():
        assert len(rows.filter(problem_id=name)) == 4
        assert len(rows.filter(problem_id=name, status="correct")) == correct
    assert len(rows) == 8
    assert rows["reward"].to_list() == [float(s == "correct") for s in rows["status"]]
    return rows


def test_every_trainer_of_the_page_is_called_here():
    called = "".join(name for name in globals() if name.startswith("test_"))
    names = {
        "Unsloth": "unsloth", "ms-swift": "ms_swift", "slime": "slime", "SkyRL": "skyrl",
        "prime-rl and verifiers": "verifiers", "Tinker cookbook": "tinker", "AReaL": "areal",
        "NeMo-RL": "nemo_rl", "NeMo Gym": "nemo_gym",
    }  # fmt: skip
    assert headings() == list(names)
    for name in names.values():
        assert f"test_{name}" in called


def test_unsloth(tmp_path):
    reward = example("Unsloth", tmp_path).reward
    for batch in drawn(columns):
        assert calls.trl(reward, batch, step=3) == REWARDS
    rows = recorded(tmp_path)
    assert rows["step"].to_list() == [3] * 8
    assert rows["tokens"].to_list() == LENGTHS
    assert reward.__name__ == "my_reward"


def test_ms_swift(tmp_path, monkeypatch):
    orms = calls.ms_swift_modules(monkeypatch)
    example("ms-swift", tmp_path)

    def line(name, split):
        asked = {"messages": [{"role": "user", "content": "Q"}], "solution": GOLD[name]}
        return asked | {"problem_id": name, "split": split}

    for batch in drawn(line):
        assert calls.ms_swift(orms["right"], batch, step=7) == REWARDS
    made = orms["right"]()
    assert inspect.isfunction(made)
    assert made.__name__ == "Right"  # the name by which ms-swift logs it
    rows = recorded(tmp_path)
    assert rows["step"].to_list() == [7] * 8
    assert rows["finish_reason"].to_list() == ENDS
    assert rows["tokens"].null_count() == 8


def test_slime(tmp_path):
    shown = example("slime", tmp_path)

    def line(name, split):
        known = {"problem_id": name, "split": split}
        return {"input": "Q", "label": GOLD[name], "metadata": known}

    for batch in drawn(line):
        assert calls.slime(shown.right, batch) == REWARDS
    shown.WATCH.flush()
    rows = recorded(tmp_path)
    assert sorted(rows["tokens"]) == sorted(LENGTHS)
    assert sorted(rows["finish_reason"]) == sorted(ENDS)
    assert rows["step"].to_list() == [0] * 8  # the first visit of each problem


def skyrl_line(name, split):
    known = {"reward_spec": {"method": "rule", "ground_truth": GOLD[name]}}
    return {"prompt": [], "env_class": "right", **known, "problem_id": name, "split": split}


def test_skyrl_calls_the_environment_in_threads(tmp_path, monkeypatch):
    calls.skyrl_modules(monkeypatch)
    shown = example("SkyRL", tmp_path)
    for batch in drawn(skyrl_line):
        assert calls.skyrl(shown.Right, batch) == REWARDS
    shown.WATCH.flush()
    recorded(tmp_path)


@pytest.mark.parametrize("per_token", [True, False])
def test_skyrls_generator_knows_step_and_length(tmp_path, monkeypatch, per_token):
    class SkyRLGymGenerator:
        async def generate(self, input_batch, disable_tqdm=False):
            await asyncio.sleep(0)
            return {
                "response_ids": [list(range(length)) for length in LENGTHS],
                "rewards": [[0.0, one] for one in REWARDS] if per_token else REWARDS,
                "stop_reasons": ENDS,
            }

    name = "skyrl.train.generators.skyrl_gym_generator"
    stand_in(monkeypatch, name, SkyRLGymGenerator=SkyRLGymGenerator)
    generator = example("SkyRL", tmp_path, 1).WatchedGenerator()
    for phase in ("eval", "train"):
        batch = {
            "prompts": [[{"role": "user", "content": "Q"}]] * 8,
            "env_extras": [skyrl_line(name, "train") for name, _ in NAMED],
            "batch_metadata": SimpleNamespace(global_step=5, training_phase=phase),
        }
        output = asyncio.run(generator.generate(batch, disable_tqdm=True))
        assert len(output["rewards"]) == 8
    rows = recorded(tmp_path)
    assert rows["step"].to_list() == [4] * 8
    assert rows["tokens"].to_list() == LENGTHS
    assert rows["finish_reason"].to_list() == ENDS


def test_verifiers(tmp_path, monkeypatch):
    calls.verifiers_modules(monkeypatch)
    shown = example("prime-rl and verifiers", tmp_path)

    def task(line):
        return shown.RightTask(shown.RightData(idx=0, id=line.pop("problem_id"), **line))

    for batch in drawn(columns):
        assert calls.verifiers([task(one.line) for one in batch], batch) == REWARDS
    shown.WATCH.flush()
    rows = recorded(tmp_path)
    assert sorted(rows["finish_reason"]) == sorted(ENDS)
    assert sorted(rows["tokens"]) == sorted(LENGTHS)


def test_tinker_cookbook(tmp_path, monkeypatch):
    class ProblemEnv:
        def __init__(self, renderer, convo_prefix=None, format_coef=0.1):
            self.renderer, self.format_coef = renderer, format_coef

        async def step(self, action, *, extra=None):
            correct = float(self.check_answer(bytes(action).decode()))
            metrics = {"format": 1.0, "correct": correct}
            return SimpleNamespace(reward=correct, episode_done=True, metrics=metrics)

    stand_in(monkeypatch, "tinker_cookbook.rl.problem_env", ProblemEnv=ProblemEnv)
    shown = example("Tinker cookbook", tmp_path)

    class MyEnv(shown.WatchedEnv):
        def check_answer(self, sample_str):
            return self.answer in sample_str

    async def rollout(one):
        env = MyEnv(renderer=None)
        env.answer = one.line["answer"]
        env.problem_id = one.line["problem_id"] if one.line["split"] == "train" else None
        return await env.step(list(one.text.encode()), extra={"stop_reason": one.ended})

    for batch in drawn(columns):
        found = calls.gathered(rollout(one) for one in batch)
        assert [one.reward for one in found] == REWARDS
    shown.WATCH.flush()
    rows = recorded(tmp_path)
    assert sorted(rows["finish_reason"]) == sorted(ENDS)
    assert sorted(rows["tokens"]) == sorted(LENGTHS)


def test_areal_calls_in_a_pool_of_forked_processes(tmp_path):
    example("AReaL", tmp_path)
    training, held_out = drawn(lambda name, split: {"messages": [], **columns(name, split)})
    found = calls.areal(tmp_path, "shown_areal_0", [*training, *held_out])
    assert found == REWARDS * 2
    rows = recorded(tmp_path)
    assert sorted(rows["tokens"]) == sorted(LENGTHS)
    assert rows["finish_reason"].null_count() == 8


def test_nemo_rl(tmp_path, monkeypatch):
    calls.nemo_rl_modules(monkeypatch)
    shown = example("NeMo-RL", tmp_path)
    for batch in drawn(lambda *one: {"input": "Q", "output": json.dumps(columns(*one))}):
        assert calls.nemo_rl(shown.Right, batch) == REWARDS
    recorded(tmp_path)


def test_nemo_gym(tmp_path, monkeypatch):
    class Base(calls.Data):
        def model_dump(self):
            return dict(vars(self))

    stand_in(
        monkeypatch,
        "nemo_gym.base_resources_server",
        BaseVerifyRequest=Base,
        BaseVerifyResponse=Base,
        SimpleResourcesServer=type("SimpleResourcesServer", (), {}),
    )
    shown = example("NeMo Gym", tmp_path)

    def response(one):
        said = [SimpleNamespace(type="output_text", text=one.text), SimpleNamespace(type="refusal")]
        cut = SimpleNamespace(reason="max_output_tokens") if one.ended == "length" else None
        return SimpleNamespace(
            output=[
                SimpleNamespace(type="reasoning", content=None),
                SimpleNamespace(type="message", content=said),
            ],
            incomplete_details=cut,
            usage=SimpleNamespace(output_tokens=len(one.text)),
        )

    def verified(one):
        asked = {"responses_create_params": {"input": "Q"}, "response": response(one)}
        return shown.Right().verify(shown.Request(**asked, **one.line))

    for batch in drawn(columns):
        found = calls.gathered(verified(one) for one in batch)
        assert [one.reward for one in found] == REWARDS
    shown.WATCH.flush()
    rows = recorded(tmp_path)
    assert sorted(rows["finish_reason"]) == sorted(ENDS)
    assert sorted(rows["tokens"]) == sorted(LENGTHS)
