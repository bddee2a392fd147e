"""Short runs unlike the plain one: checkpoints, chat prompts, a KL term, small batches."""

import dataclasses
import json
from pathlib import Path

import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import AutoTokenizer
from trl import GRPOConfig

from passgap.data.policies import Policy, PromptSettings
from passgap.engines.transformers import TransformersEngine, load_model
from passgap.problems import render
from passgap.runs.names import POLICY_FILE
from passgap.training.config import TrainConfig
from passgap.training.online import arguments, from_trl, rows
from passgap.training.run import train
from passgap.training.runtime import Job

CONFIG = TrainConfig(
    max_tokens=4, steps=2, group_size=2, prompts_per_step=2, learning_rate=1e-3, device="cpu"
)
CHAT = "{% for m in messages %}{{ m['role'][0] }}:{{ m['content'] }}\n{% endfor %}a:"


def test_a_checkpoint_is_a_policy_too(base, train_set, verifier, tmp_path):
    config = dataclasses.replace(CONFIG, save_every=1)
    train(base, train_set, tmp_path / "o", config=config, verifier=verifier)
    checkpoint = tmp_path / "o" / "checkpoint-1"
    data = json.loads((checkpoint / POLICY_FILE).read_text())
    assert (data["step"], data["prompt"]) == (1, base.prompt.to_dict())
    load_model(Policy(str(checkpoint)), device="cpu")


@pytest.fixture
def chat(base, tmp_path):
    """The base with a chat template."""
    folder = tmp_path / "chat"
    model, _ = load_model(base, device="cpu")
    tokenizer = AutoTokenizer.from_pretrained(base.path)
    tokenizer.chat_template = CHAT
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Policy(str(folder), PromptSettings(template="chat", system="abc"))


def test_chat_prompts_are_evaluations_own(chat, train_set, verifier, tmp_path):
    model, tokenizer = load_model(chat, device="cpu")
    engine = TransformersEngine(model, tokenizer, CONFIG.sampling(()))
    by_id = {problem.id: problem for problem in train_set}
    for row in rows(train_set, chat.prompt):
        assert [m["role"] for m in row["prompt"]] == ["system", "user"]
        evaluation = render(by_id[row["problem_id"]], chat.prompt)
        assert engine.encode(from_trl(row["prompt"])) == engine.encode(evaluation)
    policy = train(chat, train_set, tmp_path / "o", config=CONFIG, verifier=verifier)
    assert policy.prompt == chat.prompt
    assert len((Path(policy.path) / "training.jsonl").read_text().splitlines()) == 2


def test_a_kl_term_is_logged(base, train_set, verifier, tmp_path):
    config = dataclasses.replace(CONFIG, beta=0.1, batch_size=2)
    train(base, train_set, tmp_path / "o", config=config, verifier=verifier)
    lines = (tmp_path / "o" / "training.jsonl").read_text().splitlines()
    found = [json.loads(line) for line in lines]
    assert [row["kl"] is not None for row in found] == [True, True]


def test_a_tracker_is_told_steps_and_held_out_measurements(
    base, train_set, held_out, verifier, tmp_path, monkeypatch
):
    monkeypatch.setenv("TENSORBOARD_LOGGING_DIR", str(tmp_path / "board"))
    config = dataclasses.replace(
        CONFIG, report_to=("tensorboard",), eval_every=1, eval_draws=2, seed=1
    )
    out = tmp_path / "o"
    train(base, train_set, out, config=config, held_out=held_out, verifier=verifier)
    board = EventAccumulator(str(tmp_path / "board")).Reload()
    told = {
        tag: {event.step: event.value for event in board.Scalars(tag)}
        for tag in board.Tags()["scalars"]
    }
    measured = [json.loads(x) for x in (out / "held_out.jsonl").read_text().splitlines()]
    steps = [json.loads(x) for x in (out / "training.jsonl").read_text().splitlines()]
    entropy = next(tag for tag in told if tag.endswith("held_out/entropy"))
    assert told[entropy] == pytest.approx({row["step"]: row["entropy"] for row in measured})
    mixed = next(tag for tag in told if tag.endswith("mixed_share"))
    assert told[mixed] == pytest.approx({row["step"]: row["mixed_share"] for row in steps})
    assert [row["step"] for row in steps] == [1, 2]


def test_trl_is_told_to_draw_through_vllm(base, train_set, verifier, tmp_path):
    """Only the arguments: no GPU is at hand in these tests."""
    job = Job(
        policy=dataclasses.replace(base, prompt=PromptSettings(stop=("c",))),
        problems=train_set,
        verifier=verifier,
        out=tmp_path,
        config=dataclasses.replace(CONFIG, generation="vllm", vllm_memory=0.5),
        write=lambda folder, step: None,
    )
    told = GRPOConfig(**arguments(job))
    assert told.use_vllm
    assert (told.vllm_mode, told.vllm_gpu_memory_utilization) == ("colocate", 0.5)
    assert told.generation_kwargs == {"stop": ["c"], "include_stop_str_in_output": True}
