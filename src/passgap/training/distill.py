"""Distillation: a teacher's verified completions, learned through TRL's SFTTrainer, unmodified.

In: a policy, a teacher, problems, a verifier. Out: the trained policy's folder
(``training.folder``). The teacher is sampled under its own prompt by the engine; what the verifier
calls correct is kept, each text once a problem, unless max_tokens cut it short. The policy learns
its own prompt followed by that text and its end token, with a loss on the text and the end token
only.

Not covered: learning the teacher's probabilities (only its texts are used), several processes.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from passgap.engines.transformers import TransformersEngine, load_model
from passgap.errors import MissingExtraError, WorkError
from passgap.problems import render
from passgap.training import runtime
from passgap.training.config import TrainConfig
from passgap.training.tracker import HeldOutTracker
from passgap.types import Block, Policy, ProblemSet, PromptSettings, digest
from passgap.verifiers import Item, Verifier

try:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer
except ImportError as error:
    raise MissingExtraError(error.name or "trl", "lm") from error

IGNORED = -100  # transformers' label of a token that is not learned


@dataclass(frozen=True)
class Lessons:
    """The teacher's verified completions: (problem id, text), and what was drawn for them."""

    kept: tuple[tuple[str, str], ...]
    drawn: int
    correct: int
    unscored: int

    def to_dict(self) -> dict[str, Any]:
        """What the policy file records; ``kept_share`` is that of the scored draws."""
        return {
            "drawn": self.drawn,
            "correct": self.correct,
            "unscored": self.unscored,
            "kept": len(self.kept),
            "kept_share": self.correct / max(self.drawn - self.unscored, 1),
            "problems_kept": len({problem_id for problem_id, _ in self.kept}),
        }


def train_distill(
    policy: Policy,
    problems: ProblemSet,
    verifier: Verifier,
    out: Path,
    config: TrainConfig,
    teacher: Policy,
    *,
    write: Callable[[Path, int], None],
    held_out: ProblemSet | None = None,
    progress: runtime.Progress | None = None,
) -> dict[str, Any]:
    """Train ``policy`` on the teacher's verified completions and write its weights to ``out``.

    Parameters
    ----------
    teacher
        The policy that is sampled, ``teacher_draws`` times a problem.
    policy, problems, verifier, out, config, write, held_out, progress
        As in ``train_grpo``; a step learns ``prompts_per_step * group_size`` completions.

    Returns
    -------
    dict
        ``lessons``: how many completions were drawn, correct and kept.

    Raises
    ------
    WorkError
        When the teacher has no correct completion.
    """
    device = runtime.resolve_device(config.device)
    with runtime.quiet():
        lessons = teach(teacher, problems, verifier, config, device)
        model, tokenizer = load_model(policy, dtype="float32", device=device)
        engine = TransformersEngine(
            model,
            tokenizer,
            config.sampling(policy.prompt.stop),
            batch_size=config.completions_at_once,
        )
        callbacks = [runtime.StepLog(out, progress), runtime.CheckpointFile(write)]
        if held_out is not None:
            tracker = HeldOutTracker(engine, held_out, policy.prompt, verifier, config, out)
            callbacks.append(runtime.HeldOutCallback(tracker, model))
        learned = rows(lessons, problems, policy.prompt, engine, tokenizer)
        with runtime.configs_kept(model):
            trainer = SFTTrainer(
                model=model,
                processing_class=deepcopy(tokenizer),  # TRL sets a pad token where there is none
                args=SFTConfig(**sft_arguments(config, out, device)),
                train_dataset=Dataset.from_list(learned),
                callbacks=callbacks,
            )
            runtime.run(trainer, out)
        runtime.save(model, tokenizer, out)
    return {"lessons": lessons.to_dict()}


def teach(
    teacher: Policy, problems: ProblemSet, verifier: Verifier, config: TrainConfig, device: str
) -> Lessons:
    """Sample the teacher on every problem and keep what is correct and ended by itself."""
    engine = TransformersEngine.load(
        teacher,
        problems,
        config.sampling(teacher.prompt.stop),
        batch_size=config.completions_at_once,
        device=device,
    )
    by_id = {problem.id: problem for problem in problems}
    prompts = [render(problem, teacher.prompt) for problem in problems]
    seed = int(digest(["teacher", config.seed])[:12], 16)
    block = Block(tuple(by_id), first_draw=0, size=config.teacher_draws, seed=seed)
    kept: dict[tuple[str, str], None] = {}
    correct = unscored = drawn = 0
    completions = engine.complete(block, prompts)
    items = [Item(by_id[d.problem_id], d.text, d.finish_reason) for d in completions]
    outcomes = verifier.verify_all(items)
    for completion, status in zip(completions, (o.status for o in outcomes), strict=True):
        drawn += 1
        correct += status == "correct"
        unscored += status == "unscored"
        if status == "correct" and completion.finish_reason == "stop":
            kept[completion.problem_id, completion.text] = None
    if not kept:
        raise WorkError(
            f"none of the {drawn} completions of teacher {teacher.name} is correct ({unscored} "
            "unscored); take another teacher, more teacher_draws, or problems it can solve"
        )
    return Lessons(tuple(kept), drawn, correct, unscored)


def rows(
    lessons: Lessons,
    problems: ProblemSet,
    settings: PromptSettings,
    engine: TransformersEngine,
    tokenizer: Any,
) -> list[dict[str, list[int]]]:
    """Token ids and labels of each lesson: the prompt as evaluation encodes it is not learned."""
    prompts = {problem.id: engine.encode(render(problem, settings)) for problem in problems}
    found = []
    for problem_id, text in lessons.kept:
        prompt = prompts[problem_id]
        learned = list(tokenizer(text, add_special_tokens=False)["input_ids"])
        learned.append(tokenizer.eos_token_id)
        found.append({"input_ids": prompt + learned, "labels": [IGNORED] * len(prompt) + learned})
    return found


def sft_arguments(config: TrainConfig, out: Path, device: str) -> dict[str, Any]:
    """TRL's arguments: plain likelihood, nothing cut, nothing packed."""
    return runtime.common_arguments(config, out, device) | {
        "loss_type": "nll",
        "max_length": None,
        "packing": False,
        "lr_scheduler_type": "cosine",
        "warmup_steps": min(config.steps // 10, 100),
    }
