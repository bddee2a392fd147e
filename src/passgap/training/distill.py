"""Learning verified completions through TRL's SFTTrainer, unmodified: a teacher's (``distill``) or
the policy's own (``rft``, rejection-sampling fine-tuning).

In: a job and a teacher. Out: the trained policy's folder (``training.folder``). The teacher is
sampled under its own prompt by the engine; what the verifier accepts is kept, each text once per
problem, unless max_tokens cut it off. The policy learns its own prompt followed by that text and
its end token, with a loss on the text and the end token only.

Not covered: learning the teacher's probabilities (only its texts are used).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated

import msgspec

from passgap.data.completions import Block
from passgap.data.policies import Policy, PromptSettings
from passgap.data.problems import ProblemSet
from passgap.engines.transformers import TransformersEngine
from passgap.errors import MissingExtraError, RunError, WorkError
from passgap.problems import render
from passgap.results.codec import HIDDEN, SHOWN, Encoded, Named
from passgap.runs.documents import write_json
from passgap.runs.names import TRAINER
from passgap.training import runtime
from passgap.training.logs import callbacks, connect
from passgap.training.runtime import Job, Saver
from passgap.verifiers import Item

try:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase
    from trl import SFTConfig, SFTTrainer
except ImportError as error:
    raise MissingExtraError(error.name or "trl", "lm") from error

LESSONS_FILE = "lessons.json"
IGNORED = -100  # transformers' label of a token that is not learned


@dataclass(frozen=True)
class Lessons(Encoded):
    """The teacher's verified completions: (problem id, text), and how many were sampled for
    them."""

    kept: Annotated[tuple[tuple[str, str], ...], HIDDEN]
    drawn: int
    correct: int
    unscored: int

    @property
    def texts(self) -> Annotated[int, Named("kept")]:
        """How many are learned."""
        return len(self.kept)

    @property
    def kept_share(self) -> Annotated[float, SHOWN]:
        """The share of the scored draws that is correct."""
        return self.correct / max(self.drawn - self.unscored, 1)

    @property
    def problems_kept(self) -> Annotated[int, SHOWN]:
        """How many problems they cover."""
        return len({problem_id for problem_id, _ in self.kept})


class _Kept(msgspec.Struct, frozen=True):
    """The lessons file."""

    lessons: tuple[tuple[str, str], ...]
    drawn: int
    correct: int
    unscored: int


def train_sft(job: Job, teacher: Policy) -> Lessons:
    """Train a job's policy on verified completions and write its weights and logs.

    A step learns ``prompts_per_step * group_size`` completions of the teacher, which is sampled
    ``teacher_draws`` times per problem; for ``rft`` it is the job's own policy.

    Raises WorkError when the teacher has no correct completion.
    """
    with runtime.quiet():
        lessons = taught(job, teacher)
        model, tokenizer, engine = job.load()
        saver = Saver(model, tokenizer)
        listed = callbacks(job, model, engine, saver)
        learned = rows(lessons, job.problems, job.policy.prompt, engine, tokenizer)
        trainer = SFTTrainer(
            model=model,
            processing_class=deepcopy(tokenizer),  # TRL sets a pad token if there is none
            args=SFTConfig(**sft_arguments(job)),
            train_dataset=Dataset.from_list(learned),
            callbacks=listed,
            peft_config=runtime.lora(job.config),
        )
        connect(listed, trainer)
        runtime.run(trainer, job, saver)
    return lessons


def taught(job: Job, teacher: Policy) -> Lessons:
    """The teacher's completions, sampled once: an interrupted run reads them back."""
    file = job.out / TRAINER / LESSONS_FILE
    if not job.processes.once(file.is_file):
        drawn = teach(job, teacher)
        if job.processes.is_main:
            write_json(file, {"lessons": drawn.kept, **drawn.to_dict()})
        job.processes.wait()
    try:
        found = msgspec.json.decode(file.read_bytes(), type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RunError(
            f"{file} is damaged ({error}); remove it, and the same command samples the teacher "
            f"again: rm {shlex.quote(str(file))}"
        ) from error
    return Lessons(found.lessons, found.drawn, found.correct, found.unscored)


def teach(job: Job, teacher: Policy) -> Lessons:
    """Sample the teacher on every problem and keep what is correct and ended on its own."""
    config, problems = job.config, job.problems
    sampling = config.sampling(teacher.prompt.stop)
    engine = TransformersEngine.load(
        teacher, problems, sampling, batch_size=job.at_once, device=job.device
    )
    own = {problem.id: problem for problem in job.processes.share(list(problems))}
    seed = job.processes.seed("teacher", config.seed)
    block = Block(tuple(own), first_draw=0, size=config.teacher_draws, seed=seed)
    completions = engine.complete(block, [render(p, teacher.prompt) for p in own.values()])
    items = [Item(own[d.problem_id], d.text, d.ended) for d in completions]
    marked: list[tuple[str, str, str, str]] = [
        (completion.problem_id, completion.text, completion.finish_reason, outcome.status)
        for completion, outcome in zip(completions, job.verifier.verify_all(items), strict=True)
    ]
    return lessons_of(job.processes.gathered(marked), teacher.name)


def lessons_of(marked: Sequence[tuple[str, str, str, str]], teacher: str) -> Lessons:
    """What is kept of (problem id, text, finish reason, status) rows."""
    statuses = [status for *_, status in marked]
    kept = {
        (problem_id, text): None
        for problem_id, text, finish_reason, status in marked
        if status == "correct" and finish_reason == "stop"
    }
    unscored = statuses.count("unscored")
    if not kept:
        raise WorkError(
            f"none of the {len(marked)} completions of teacher {teacher} is correct ({unscored} "
            "unscored); use another teacher, more teacher_draws, or problems it can solve"
        )
    return Lessons(tuple(kept), len(marked), statuses.count("correct"), unscored)


def rows(
    lessons: Lessons,
    problems: ProblemSet,
    settings: PromptSettings,
    engine: TransformersEngine,
    tokenizer: PreTrainedTokenizerBase,
) -> list[dict[str, list[int]]]:
    """Token ids and labels of each completion: the prompt, encoded as in evaluation, is not
    learned."""
    prompts = {problem.id: engine.encode(render(problem, settings)) for problem in problems}
    found = []
    for problem_id, text in lessons.kept:
        prompt = prompts[problem_id]
        learned = list(tokenizer(text, add_special_tokens=False)["input_ids"])
        learned.append(tokenizer.eos_token_id)
        found.append({"input_ids": prompt + learned, "labels": [IGNORED] * len(prompt) + learned})
    return found


def sft_arguments(job: Job) -> dict[str, object]:
    """TRL's arguments: plain likelihood, nothing truncated, nothing packed."""
    return runtime.common_arguments(job) | {
        "loss_type": "nll",
        "max_length": None,
        "packing": False,
        "lr_scheduler_type": "cosine",
        "warmup_steps": min(job.config.steps // 10, 100),
    }
