"""Reinforcement learning on the policy's own draws, through TRL's unmodified GRPOTrainer and
RLOOTrainer: their arguments, a reward function, a rollout function.

In: a job. Out: the trained policy's folder (``training.folder``).

For GRPO and similar methods the engine that evaluates draws the completions that train (TRL's
``rollout_func``): the same prompts, sampling settings, end tokens and stop strings. TRL's
RLOOTrainer has no such hook and does its own sampling, without stop strings; with ``generation``
vllm, TRL samples through vLLM in each GPU process. In all cases the verifier of the evaluation
marks the completions, after the engine has decoded their ids.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy

from passgap.data.completions import Block
from passgap.data.policies import Prompt, PromptSettings
from passgap.data.problems import ProblemSet
from passgap.engines.transformers import TransformersEngine
from passgap.errors import MissingExtraError
from passgap.problems import render
from passgap.runs.names import WATCH
from passgap.runs.watch import WatchLog, ranks_of
from passgap.training import runtime
from passgap.training.config import TrainConfig
from passgap.training.folder import step_of_state
from passgap.training.logs import callbacks, connect
from passgap.training.processes import Processes
from passgap.training.reward import VerifierReward, rule_of
from passgap.training.runtime import Job, Saver
from passgap.training.watch import Watch

try:
    from datasets import Dataset
    from transformers import PreTrainedModel
    from trl import GRPOConfig, GRPOTrainer, RLOOConfig, RLOOTrainer
except ImportError as error:
    raise MissingExtraError(error.name or "trl", "lm") from error

TrlPrompt = str | Sequence[Mapping[str, str]]
TRAINERS = {"grpo": (GRPOTrainer, GRPOConfig), "rloo": (RLOOTrainer, RLOOConfig)}


def train_online(job: Job) -> None:
    """Train a job's policy and write its weights and logs.

    The reward is 1 for a correct completion, 0 for an incorrect one, and none for an unscored one,
    unless the config chooses another (``training.reward``).
    """
    trainer_class, config_class = TRAINERS[job.config.method.trainer]
    with runtime.quiet():
        model, tokenizer, engine = job.load()
        saver = Saver(model, tokenizer)
        listed = callbacks(job, model, engine, saver)
        watch = _watch(job)
        rollout = Rollout(engine, model, job.config.seed, job.processes)
        draws_here = job.config.method.trainer == "grpo" and job.config.generation != "vllm"
        trainer = trainer_class(
            model=model,
            processing_class=deepcopy(tokenizer),  # TRL sets a pad token if there is none
            reward_funcs=VerifierReward(
                job.verifier,
                job.problems,
                rule=rule_of(job.config, job.processes.rank),
                read=engine.read,
                record=watch.record,
            ),
            args=config_class(**arguments(job)),
            train_dataset=Dataset.from_list(rows(job.problems, job.policy.prompt)),
            callbacks=listed,
            peft_config=runtime.lora(job.config),
            **({"rollout_func": rollout} if draws_here else {}),
        )
        connect(listed, trainer)
        runtime.run(trainer, job, saver)


def _watch(job: Job) -> Watch:
    """The record of every reward call; a resumed run draws its later steps again."""
    folder, last = job.out / WATCH, step_of_state(job.resume) - 1
    watch = Watch(folder, group_size=job.config.group_size, rank=job.processes.rank)
    watch.drop_after(last)
    if job.processes.is_main:
        for rank in ranks_of(folder):
            if rank >= job.processes.count:  # left by a start with more processes
                WatchLog(folder, rank=rank).drop_after(last)
    return watch


def arguments(job: Job) -> dict[str, object]:
    """TRL's arguments: the algorithm as published, with every sampling setting explicit."""
    config = job.config
    return (
        runtime.common_arguments(job)
        | {
            "num_iterations": config.num_iterations,
            "num_generations": config.group_size,
            "beta": config.beta,
            "max_completion_length": config.max_tokens,
            "temperature": config.temperature,
            "top_p": 1.0,
            "top_k": 0,
            "repetition_penalty": 1.0,
            "lr_scheduler_type": "constant",
            # TRL uses it only for the reference model, which it loads itself if beta > 0
            "model_init_kwargs": {"revision": job.policy.revision} if job.policy.revision else None,
        }
        | config.algorithm_settings
        | _vllm(config, job.policy.prompt.stop)
    )


def _vllm(config: TrainConfig, stop: Sequence[str]) -> dict[str, object]:
    """TRL's arguments when vLLM samples; a stop string's tokens are kept, as in the engine."""
    if config.generation != "vllm":
        return {}
    stopping = {"stop": list(stop), "include_stop_str_in_output": True} if stop else None
    return {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": config.vllm_memory,
        "generation_kwargs": stopping,
    }


def rows(problems: ProblemSet, settings: PromptSettings) -> list[dict[str, TrlPrompt]]:
    """TRL's data set: the prompt as evaluation renders it, and the problem it belongs to.

    By id: the order of a file must not decide what a seed trains on.
    """
    return [
        {"prompt": to_trl(render(problem, settings)), "problem_id": problem.id}
        for problem in sorted(problems, key=lambda problem: problem.id)
    ]


def to_trl(prompt: Prompt) -> TrlPrompt:
    """A prompt as TRL writes it: a string, or messages."""
    if not prompt.messages:
        return prompt.text
    return [{"role": role, "content": content} for role, content in prompt.messages]


def from_trl(prompt: TrlPrompt) -> Prompt:
    """The inverse of ``to_trl``."""
    if isinstance(prompt, str):
        return Prompt(text=prompt)
    return Prompt(messages=tuple((m["role"], m["content"]) for m in prompt))


class Rollout:
    """TRL's ``rollout_func``: one completion of each prompt it gets, drawn by the engine.

    Returns the columns TRL needs and two for the reward: ``text`` and ``finish_reason``.
    """

    def __init__(
        self,
        engine: TransformersEngine,
        model: PreTrainedModel,
        seed: int,
        processes: Processes | None = None,
    ) -> None:
        self._engine, self._model, self._seed = engine, model, seed
        self._processes = processes or Processes()

    def __call__(self, prompts: Sequence[TrlPrompt], trainer: GRPOTrainer) -> dict[str, object]:
        # TRL repeats each prompt for every completion of its group. In the block each is a separate
        # problem with one draw: TRL needs the completions in the order of its prompts, and the
        # engine runs a prompt only once however often it is repeated.
        given = [from_trl(prompt) for prompt in prompts]
        encoded = {prompt: self._engine.encode(prompt) for prompt in dict.fromkeys(given)}
        seed = self._processes.seed("rollout", self._seed, trainer.state.global_step)
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
