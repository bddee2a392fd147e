"""A few steps of distillation: what of the teacher is kept, what of it is learned."""

import json

import pytest

pytest.importorskip("trl", reason="needs passgap[lm]")

from passgap.data.outcomes import Outcome
from passgap.data.policies import Prompt, PromptSettings
from passgap.engines.transformers import TransformersEngine, load_model
from passgap.errors import WorkError
from passgap.training.config import TrainConfig
from passgap.training.distill import IGNORED, Lessons, rows
from passgap.training.run import train
from passgap.verifiers.base import TextVerifier

CONFIG = TrainConfig(
    algorithm="distill",
    max_tokens=8,
    steps=5,
    group_size=2,
    prompts_per_step=2,
    teacher_draws=16,
    learning_rate=1e-2,
    eval_every=0,
    eval_draws=2,
    device="cpu",
)


class Anything(TextVerifier):
    """Every completion is correct."""

    name = digest = "anything"

    def mark(self, problem, text, finish_reason):
        return Outcome("correct", text)


class Nothing(Anything):
    name = digest = "nothing"

    def mark(self, problem, text, finish_reason):
        return Outcome("incorrect", text)


def json_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_five_steps_write_what_grpo_writes(base, teacher, train_set, held_out, tmp_path):
    out = tmp_path / "policy"
    result = train(
        base,
        train_set,
        out,
        config=CONFIG,
        held_out=held_out,
        teacher=teacher,
        verifier=Anything(),
    )
    steps = json_lines(out / "training.jsonl")
    assert [row["step"] for row in steps] == [1, 2, 3, 4, 5]
    assert all(row["loss"] > 0 for row in steps)
    assert [row["step"] for row in json_lines(out / "held_out.jsonl")] == [0, 5]
    found = json.loads((out / "passgap_policy.json").read_text())
    assert found["algorithm"] == "distill"
    assert found["teacher"]["path"] == teacher.path
    assert found["lessons"]["drawn"] == 64
    assert 0 < found["lessons"]["kept"] <= 64
    assert (out / "model.safetensors").is_file()
    assert result.prompt == base.prompt


def test_a_teacher_that_solves_nothing_is_told(base, teacher, train_set, tmp_path):
    with pytest.raises(WorkError, match="none of the 64 completions of teacher"):
        train(base, train_set, tmp_path / "o", config=CONFIG, teacher=teacher, verifier=Nothing())


def test_the_completion_and_its_end_token_are_learned_and_the_prompt_is_not(base, train_set):
    model, tokenizer = load_model(base, device="cpu")
    engine = TransformersEngine(model, tokenizer, CONFIG.sampling(()))
    problem = train_set.problems[0]
    lessons = Lessons(((problem.id, "abcl"),), drawn=1, correct=1, unscored=0)
    (row,) = rows(lessons, train_set, PromptSettings(), engine, tokenizer)
    prompt = engine.encode(Prompt(problem.question))
    assert row["input_ids"][: len(prompt)] == prompt
    assert row["labels"][: len(prompt)] == [IGNORED] * len(prompt)
    learned = row["labels"][len(prompt) :]
    assert learned == row["input_ids"][len(prompt) :]
    assert learned[-1] == tokenizer.eos_token_id
    assert tokenizer.decode(learned[:-1]) == "abcl"
