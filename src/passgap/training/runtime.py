"""What every TRL trainer here shares: device and precision, arguments, callbacks, silence, saving.

In: a TrainConfig and an output folder. Out: keyword arguments for a TRL config, callbacks for its
trainer, and at the end the files of ``training.folder``. TRL is called through its public
arguments and callbacks only.

Not covered: several GPUs or processes, which are refused.
"""

from __future__ import annotations

import json
import logging
import os
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

from passgap.errors import MissingExtraError, UsageError
from passgap.training.config import TrainConfig
from passgap.training.folder import TRAINING_FILE, TRL_ARGS_FILE, append_row, write_json
from passgap.training.tracker import HeldOutTracker

try:
    import datasets
    import torch
    import transformers
    from transformers import PrinterCallback, TrainerCallback
except ImportError as error:
    raise MissingExtraError(error.name or "trl", "lm") from error

Progress = Callable[[int, int, Mapping[str, float]], None]

# our name of a metric, and TRL's
METRICS = {
    "reward": "solved_share",
    "reward_std": "reward_std",
    "mixed_share": "mixed_share",
    "completion_length": "completions/mean_length",
    "truncated_share": "truncated_share",
    "no_answer_share": "no_answer_share",
    "unscored": "unscored",
    "entropy": "entropy",
    "kl": "kl",
    "loss": "loss",
    "token_accuracy": "mean_token_accuracy",
    "grad_norm": "grad_norm",
}


def resolve_device(device: str) -> str:
    """``cpu`` or ``cuda``; a GPU that is not there and several of them are errors."""
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if processes > 1:
        raise UsageError(f"started as {processes} processes; allowed: one, without torchrun")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "cuda" and not gpus:
        raise UsageError("device is 'cuda' and torch sees no GPU; allowed here: cpu, auto")
    if device == "cpu" or not gpus:
        return "cpu"
    if gpus > 1:
        raise UsageError(f"torch sees {gpus} GPUs; allowed: one, e.g. with CUDA_VISIBLE_DEVICES=0")
    return "cuda"


def common_arguments(config: TrainConfig, out: Path, device: str) -> dict[str, Any]:
    """The arguments that GRPO and distillation share, all explicit."""
    at_once = config.completions_at_once
    return {
        "output_dir": str(out),
        "max_steps": config.steps,
        "learning_rate": config.learning_rate,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": config.completions_per_step // at_once,
        "activation_checkpointing": False,  # TRL turns it on, at a fifth of the speed
        "seed": config.seed,
        "use_cpu": device == "cpu",
        "bf16": device == "cuda" and torch.cuda.is_bf16_supported(),
        "dataloader_pin_memory": device == "cuda",
        "dataloader_num_workers": 0,
        "logging_steps": 1,
        "report_to": "none",
        "disable_tqdm": True,
        # checkpoints only: ``save`` writes the end
        "save_strategy": "steps" if config.save_every else "no",
        "save_steps": config.save_every or config.steps,
        "save_only_model": True,
    }


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
            # said of each use of a public argument; the constraints file pins the TRL it works with
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


@contextmanager
def configs_kept(model: Any) -> Iterator[None]:
    """Restore the model's configs at the end: TRL's trainers turn its cache off and set special
    tokens to what their tokenizer has, and only the weights are to differ from the base's folder.
    """
    config, generation_config = deepcopy(model.config), deepcopy(model.generation_config)
    try:
        yield
    finally:
        model.config, model.generation_config = config, generation_config


def run(trainer: Any, out: Path) -> None:
    """Write TRL's arguments as resolved, then train."""
    trainer.remove_callback(PrinterCallback)
    write_json(out / "trainer" / TRL_ARGS_FILE, json.loads(trainer.args.to_json_string()))
    trainer.train()


def save(model: Any, tokenizer: Any, out: Path) -> None:
    """An ordinary transformers folder: weights (safetensors), configs, tokenizer."""
    model.save_pretrained(out)
    tokenizer.save_pretrained(out)


class StepLog(TrainerCallback):  # type: ignore[misc]
    """Writes one row a step to training.jsonl and reports progress."""

    def __init__(self, out: Path, progress: Progress | None) -> None:
        self._out, self._progress = out, progress
        self._start = self._seconds = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._progress:
            self._progress(0, int(state.max_steps), {})

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._start = time.monotonic()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._seconds = time.monotonic() - self._start

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        if not logs or "train_runtime" in logs:  # the summary at the end is not a step
            return
        found = {ours: logs[theirs] for ours, theirs in METRICS.items() if theirs in logs}
        row = {"step": int(state.global_step)} | found | {"seconds": round(self._seconds, 4)}
        append_row(self._out / TRAINING_FILE, row)
        if self._progress:
            known = {name: value for name, value in found.items() if value is not None}
            self._progress(row["step"], int(state.max_steps), known)


class HeldOutCallback(TrainerCallback):  # type: ignore[misc]
    """Measures held-out problems at step 0, every ``eval_every`` steps and at the end."""

    def __init__(self, tracker: HeldOutTracker, model: Any) -> None:
        self._tracker, self._model = tracker, model

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._measure(0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if self._tracker.due(state.global_step):
            self._measure(state.global_step)

    def _measure(self, step: int) -> None:
        with evaluating(self._model):
            self._tracker.measure(step)


class CheckpointFile(TrainerCallback):  # type: ignore[misc]
    """Has ``passgap_policy.json`` written into each checkpoint, so that it is a policy too."""

    def __init__(self, write: Callable[[Path, int], None]) -> None:
        self._write = write

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        step = int(state.global_step)
        self._write(Path(args.output_dir) / f"checkpoint-{step}", step)


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """The model in evaluation mode (no dropout), then as it was."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
