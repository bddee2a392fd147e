"""What every TRL trainer here shares: the job, device and arguments, running, logging, saving.

In: a job. Out: keyword arguments for a TRL config, and at the end the files of
``training.folder``. TRL is called through its public arguments and callbacks only.

Several processes (torchrun) hold whole copies of the weights; one process has one GPU.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import shutil
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from passgap.data.policies import Policy
from passgap.data.problems import ProblemSet
from passgap.engines.transformers import TransformersEngine, load_model
from passgap.errors import MissingExtraError, UsageError, WorkError
from passgap.runs.documents import write_json
from passgap.runs.names import ADAPTER, TRAINER, TRL_ARGS_FILE
from passgap.training.config import TrainConfig
from passgap.training.processes import Processes
from passgap.verifiers import Verifier

try:
    import datasets
    import torch
    import transformers
    from transformers import (
        PreTrainedModel,
        PreTrainedTokenizerBase,
        PrinterCallback,
        Trainer,
        TrainingArguments,
    )
except ImportError as error:
    raise MissingExtraError(error.name or "trl", "lm") from error

if TYPE_CHECKING:
    from peft import LoraConfig

Progress = Callable[[int, int, Mapping[str, float]], None]
# transformers renamed it; trl works with both
CHECKPOINTING = next(
    name
    for name in ("activation_checkpointing", "gradient_checkpointing")
    if name in TrainingArguments.__dataclass_fields__
)
FULL = 1 << 16  # bytes left: less than any file of weights or states


@dataclass(frozen=True)
class Job:
    """One training run: the policy, the problems, the verifier, the folder.

    ``training.folder.open_folder`` has prepared ``out``. ``write`` is called with (folder, step)
    for the policy file of a checkpoint, ``progress`` with (step, steps, metrics) after each step.
    ``held_out`` are measured every ``eval_every`` steps. ``resume`` is the state to continue from
    (``training.folder.resumable``), None starts from the beginning.
    """

    policy: Policy
    problems: ProblemSet
    verifier: Verifier
    out: Path
    config: TrainConfig
    write: Callable[[Path, int], None]
    processes: Processes = field(default_factory=Processes)
    held_out: ProblemSet | None = None
    progress: Progress | None = None
    resume: Path | None = None

    @property
    def device(self) -> str:
        """The device of this process."""
        kind = resolve_device(self.config.device, self.processes.count)
        return f"cuda:{self.processes.local_rank}" if kind == "cuda" else kind

    @property
    def local_completions(self) -> int:
        """Completions of one step in this process."""
        return self.config.completions_per_step // self.processes.count

    @property
    def at_once(self) -> int:
        """Completions in this process's memory at once."""
        return min(self.config.batch_size or self.local_completions, self.local_completions)

    def load(self) -> tuple[PreTrainedModel, PreTrainedTokenizerBase, TransformersEngine]:
        """The model to train, its tokenizer, and the engine that samples this same model."""
        # float32: a step of 1e-6 is lost in bfloat16's 8 bits; autocast computes in it (bf16).
        # The engine samples this object and not a copy, so that a draw's log-probability belongs to
        # the current weights and no weights have to be sent anywhere.
        model, tokenizer = load_model(self.policy, dtype="float32", device=self.device)
        sampling = self.config.sampling(self.policy.prompt.stop)
        engine = TransformersEngine(model, tokenizer, sampling, batch_size=self.at_once)
        return model, tokenizer, engine


def check_processes(config: TrainConfig, count: int) -> None:
    """Refuse a step that the processes cannot share in whole groups and equal batches."""
    if config.prompts_per_step % count:
        raise UsageError(
            f"prompts_per_step is {config.prompts_per_step}; allowed: a multiple of the {count} "
            "processes, since each takes whole groups"
        )
    local = config.completions_per_step // count
    if config.batch_size and config.batch_size < local and local % config.batch_size:
        raise UsageError(
            f"batch_size is {config.batch_size}; allowed: a divisor of the {local} completions "
            f"per step in each of the {count} processes"
        )


def check_generation(config: TrainConfig, device: str) -> None:
    """Refuse vllm without a GPU or without vllm."""
    if config.generation == "transformers":
        return
    if device != "cuda":
        raise UsageError(
            f"generation is {config.generation!r}, but the device is {device}; allowed there: "
            "transformers"
        )
    if importlib.util.find_spec("vllm") is None:
        raise MissingExtraError("vllm", "vllm")


def check_trackers(config: TrainConfig) -> None:
    """Refuse trackers whose package is not installed."""
    there = transformers.integrations.get_available_reporting_integrations()
    missing = [name for name in config.report_to if name not in there]
    if missing:
        raise UsageError(
            f"report_to is {', '.join(missing)}; allowed with the installed packages: "
            f"{', '.join(sorted(there)) or 'none'} (install the tracker's package to use another)"
        )


def resolve_device(device: str, processes: int = 1) -> str:
    """``cpu`` or ``cuda``; a missing GPU, and one process with several, are errors."""
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "cuda" and not gpus:
        raise UsageError("device is 'cuda', but torch sees no GPU; allowed here: cpu, auto")
    if device == "cpu" or not gpus:
        return "cpu"
    if gpus > 1 and processes == 1:
        raise UsageError(
            f"torch sees {gpus} GPUs, but there is only one process; use one GPU, e.g. with "
            f"CUDA_VISIBLE_DEVICES=0, or torchrun --nproc_per_node {gpus} -m passgap train ..."
        )
    return "cuda"


def common_arguments(job: Job) -> dict[str, object]:
    """The arguments that all trainers share, all explicit."""
    config, on_gpu = job.config, job.device != "cpu"
    return {
        "output_dir": str(job.out / TRAINER),
        "max_steps": config.steps,
        "learning_rate": config.learning_rate,
        "per_device_train_batch_size": job.at_once,
        "gradient_accumulation_steps": job.local_completions // job.at_once,
        CHECKPOINTING: False,  # TRL turns it on, at a fifth of the speed
        "seed": config.seed,
        "use_cpu": not on_gpu,
        "bf16": on_gpu and torch.cuda.is_bf16_supported(),
        "dataloader_pin_memory": on_gpu,
        "dataloader_num_workers": 0,
        "ddp_find_unused_parameters": False,
        "logging_steps": 1,
        "report_to": list(config.report_to) or "none",
        "disable_tqdm": True,
        # where an interrupted run continues; policy folders are written by a callback
        "save_strategy": "steps" if config.resume_every else "no",
        "save_steps": config.resume_every or config.steps,
        "save_total_limit": 1,
        "save_only_model": False,
    }


def lora(config: TrainConfig) -> LoraConfig | None:
    """peft's LoRA configuration; None where all weights are trained."""
    if not config.lora_rank:
        return None
    try:
        from peft import LoraConfig
    except ImportError as error:
        raise MissingExtraError("peft", "lm") from error
    return LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha or 2 * config.lora_rank,
        lora_dropout=0.0,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the libraries' own logs and bars; what they report goes to training.jsonl."""
    level = transformers.logging.get_verbosity()
    bars = transformers.logging.is_progress_bar_enabled()
    data_bars = not datasets.are_progress_bars_disabled()
    trl_logger = logging.getLogger("trl")
    trl_level = trl_logger.level
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    trl_logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # warned at each use of a public argument; the constraints file pins a TRL that works
            warnings.filterwarnings("ignore", message="You are using 'rollout_func'")
            # TRL 1.16 calls transformers' gradient_checkpointing, since renamed
            warnings.filterwarnings(
                "ignore", message=r"`\w*gradient_checkpointing\w*` is deprecated"
            )
            yield
    finally:
        transformers.logging.set_verbosity(level)
        trl_logger.setLevel(trl_level)
        if bars:
            transformers.logging.enable_progress_bar()
        if data_bars:
            datasets.enable_progress_bars()


class Saver:
    """Writes the model in training as an ordinary transformers folder, like its base's.

    TRL's trainers turn off the model's cache and set special tokens to those of the tokenizer; only
    the weights may differ from the base's folder. LoRA adapters are merged in a copy.
    """

    def __init__(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase) -> None:
        self._model, self._tokenizer = model, tokenizer
        self._config = deepcopy(model.config)
        self._generation_config = deepcopy(model.generation_config)

    def save(self, folder: Path, trained: PreTrainedModel) -> None:
        """Weights (safetensors), configs, tokenizer; ``trained`` may be wrapped by peft."""
        model = self._model
        if trained is not model:
            trained.save_pretrained(folder / ADAPTER)
            model = deepcopy(trained).merge_and_unload()
        changed = model.config, model.generation_config
        model.config, model.generation_config = self._config, self._generation_config
        try:
            model.save_pretrained(folder)
        finally:
            model.config, model.generation_config = changed
        self._tokenizer.save_pretrained(folder)


@contextmanager
def full_disk_told(out: Path) -> Iterator[None]:
    """Report a full disk in one line, whatever torch or safetensors raised.

    Raises WorkError if something failed and the disk of ``out`` is full; any other error is
    unchanged.
    """
    try:
        yield
    except Exception as error:
        free = shutil.disk_usage(out).free
        if free >= FULL:
            raise
        raise WorkError(
            f"the disk of {out} is full ({free:,} bytes left; {error}); free some space, then the "
            "same command continues from the last complete state"
        ) from error


class AlreadyTrainedError(Exception):
    """The state from which training resumed is of the last step."""


def run(trainer: Trainer, job: Job, saver: Saver) -> None:
    """Write TRL's arguments as resolved, train, save.

    A state of the last step holds the trained weights: they are saved, no step is added.
    """
    trainer.remove_callback(PrinterCallback)
    if job.processes.is_main:
        write_json(job.out / TRL_ARGS_FILE, json.loads(trainer.args.to_json_string()))
    with full_disk_told(job.out):
        with suppress(AlreadyTrainedError):
            trainer.train(resume_from_checkpoint=str(job.resume) if job.resume else None)
        if job.processes.is_main:
            saver.save(job.out, trainer.accelerator.unwrap_model(trainer.model))
    job.processes.wait()


@contextmanager
def evaluating(model: PreTrainedModel) -> Iterator[None]:
    """The model in evaluation mode (no dropout), then as it was."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
