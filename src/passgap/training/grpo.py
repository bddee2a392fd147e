"""GRPO through TRL's GRPOTrainer, unmodified: its arguments, a reward function, a rollout function.

In: a policy, problems, a verifier. Out: the trained policy's folder (``training.folder``).

The completions that train are drawn by the engine that evaluates (TRL's ``rollout_func``): the same
prompts, sampling settings, end tokens and stop strings, and the same verifier marks them.
``generate`` called by TRL itself could not stop at a stop string: it is given no tokenizer.

Not covered: vLLM generation, several GPUs or processes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from passgap.engines.transformers import TransformersEngine, load_model
from passgap.errors import MissingExtraError
from passgap.problems import render
from passgap.training import runtime
from passgap.training.config import TrainConfig
from passgap.training.reward import VerifierReward
from passgap.training.tracker import HeldOutTracker
from passgap.types import Block, Policy, Problem, ProblemSet, Prompt, PromptSettings, digest
from passgap.verifiers import Verifier

try:
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer
except ImportError as error:
    raise MissingExtraError(error.name or "trl", "lm") from error


def train_grpo(
    policy: Policy,
    problems: ProblemSet,
    verifier: Verifier,
    out: Path,
    config: TrainConfig,
    *,
    write: Callable[[Path, int], None],
    held_out: ProblemSet | None = None,
    progress: runtime.Progress | None = None,
) -> dict[str, Any]:
    """Train ``policy`` by GRPO and write its weights and logs to ``out``.

    Parameters
    ----------
    policy, problems, verifier
        What is trained, on what, and what marks its completions: correct 1, incorrect 0,
        unscored no reward at all.
    out
        A folder that ``training.folder.open_folder`` has made ready.
    config
        The settings; ``loss_type`` is ``grpo`` (TRL's own default is another).
    write
        Called with (folder, step) to write the policy file of a checkpoint.
    held_out
        Problems to measure pass@k on every ``eval_every`` steps.
    progress
        Called with (step, steps, metrics) after each step.

    Returns
    -------
    dict
        What the policy file adds for this algorithm (nothing).
    """
    device = runtime.resolve_device(config.device)
    with runtime.quiet():
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
        with runtime.configs_kept(model):
            trainer = GRPOTrainer(
                model=model,
                processing_class=deepcopy(tokenizer),  # TRL sets a pad token where there is none
                reward_funcs=VerifierReward(verifier, problems),
                args=GRPOConfig(**grpo_arguments(config, policy, out, device)),
                train_dataset=Dataset.from_list(rows(problems, policy.prompt)),
                callbacks=callbacks,
                rollout_func=Rollout(engine, model, config.seed),
            )
            runtime.run(trainer, out)
        runtime.save(model, tokenizer, out)
    return {}


def grpo_arguments(config: TrainConfig, policy: Policy, out: Path, device: str) -> dict[str, Any]:
    """TRL's arguments: GRPO as published, on policy, with every sampling setting explicit."""
    return runtime.common_arguments(config, out, device) | {
        "loss_type": "grpo",
        "scale_rewards": "group",
        "num_iterations": 1,
        "num_generations": config.group_size,
        "beta": config.beta,
        "max_completion_length": config.max_tokens,
        "temperature": config.temperature,
        "top_p": 1.0,
        "top_k": 0,
        "repetition_penalty": 1.0,
        "lr_scheduler_type": "constant",
        # read by TRL for the reference model only, which it loads itself when beta > 0
        "model_init_kwargs": {"revision": policy.revision} if policy.revision else None,
    }


def rows(problems: ProblemSet, settings: PromptSettings) -> list[dict[str, Any]]:
    """TRL's data set: the prompt as evaluation renders it, and the problem it belongs to."""
    return [
        {"prompt": to_trl(render(problem, settings)), "problem_id": problem.id}
        for problem in _ordered(problems)
    ]


def to_trl(prompt: Prompt) -> str | list[dict[str, str]]:
    """A prompt as TRL writes it: a string, or messages."""
    if not prompt.messages:
        return prompt.text
    return [{"role": role, "content": content} for role, content in prompt.messages]


def from_trl(prompt: str | Sequence[Mapping[str, str]]) -> Prompt:
    """The inverse of ``to_trl``."""
    if isinstance(prompt, str):
        return Prompt(text=prompt)
    return Prompt(messages=tuple((m["role"], m["content"]) for m in prompt))


class Rollout:
    """TRL's ``rollout_func``: one completion of each prompt it is given, drawn by the engine.

    Returns the columns TRL needs and two that go on to the reward: ``text`` and ``finish_reason``.
    """

    def __init__(self, engine: TransformersEngine, model: Any, seed: int) -> None:
        self._engine, self._model, self._seed = engine, model, seed

    def __call__(self, prompts: Sequence[Any], trainer: Any) -> dict[str, Any]:
        given = [from_trl(prompt) for prompt in prompts]
        encoded = {prompt: self._engine.encode(prompt) for prompt in dict.fromkeys(given)}
        seed = int(digest(["rollout", self._seed, trainer.state.global_step])[:12], 16)
        block = Block(tuple(str(i) for i in range(len(given))), first_draw=0, size=1, seed=seed)
        with runtime.evaluating(self._model):
            drawn = self._engine.complete(block, given)
        return {
            "prompt_ids": [encoded[prompt] for prompt in given],
            "completion_ids": [list(completion.token_ids) for completion in drawn],
            "logprobs": None,  # on policy: TRL needs none
            "text": [completion.text for completion in drawn],
            "finish_reason": [completion.finish_reason for completion in drawn],
        }


def _ordered(problems: ProblemSet) -> list[Problem]:
    """By id: the order of a file must not decide what a seed trains on."""
    return sorted(problems, key=lambda problem: problem.id)
