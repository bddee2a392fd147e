"""What happens at each step of a TRL trainer here: rows are written, held-out problems measured,
policy folders and states to resume from saved.

In: a job. Out: callbacks for its trainer, which write the files of ``training.folder``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from passgap.data.journals import HeldOutRow, TrainingRow
from passgap.engines.transformers import TransformersEngine
from passgap.errors import MissingExtraError
from passgap.runs.journal import append_row
from passgap.runs.names import CHECKPOINT, TRAINER, TRAINING_FILE, WATCH
from passgap.runs.stopping import should_stop
from passgap.runs.writing import remove
from passgap.training.folder import checkpoint, mark_whole
from passgap.training.runtime import AlreadyTrainedError, Job, Saver, evaluating
from passgap.training.tracker import HeldOutTracker

try:
    from transformers import (
        PreTrainedModel,
        Trainer,
        TrainerCallback,
        TrainerControl,
        TrainerState,
    )
except ImportError as error:
    raise MissingExtraError(error.name or "trl", "lm") from error

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
    "logp_difference": "sampling/sampling_logp_difference/mean",
    "kl": "kl",
    "loss": "loss",
    "token_accuracy": "mean_token_accuracy",
    "grad_norm": "grad_norm",
}
Logs = Mapping[str, float]
HELD_OUT = "held_out/"  # prefix of the names that trackers get


def callbacks(
    job: Job, model: PreTrainedModel, engine: TransformersEngine, saver: Saver
) -> list[TrainerCallback]:
    """Everything that happens while the job's trainer runs."""
    found: list[TrainerCallback] = []
    if job.processes.is_main:
        found.append(StepLog(job))
    if job.held_out is not None:
        asked = (job.policy.prompt, job.verifier, job.config, job.out, job.processes)
        tracker = HeldOutTracker(engine, job.held_out, *asked)
        found.append(HeldOutCallback(tracker, model))
    return [*found, Checkpoints(job, saver), StopAsked(job), WholeStates(job), NoMoreSteps()]


def connect(listed: Sequence[TrainerCallback], trainer: Trainer) -> None:
    """Send the held-out measurements to the trainer's own trackers too."""
    for callback in listed:
        if isinstance(callback, HeldOutCallback):
            callback.trainer = trainer


class StepLog(TrainerCallback):  # type: ignore[misc]
    """Writes one row per step to training.jsonl and reports progress."""

    def __init__(self, job: Job) -> None:
        self._path, self._progress = job.out / TRAINING_FILE, job.progress
        self._start = self._seconds = 0.0

    def on_train_begin(self, args: object, state: TrainerState, *_: object, **__: object) -> None:
        if self._progress:
            self._progress(int(state.global_step), int(state.max_steps), {})

    def on_step_begin(self, *_: object, **__: object) -> None:
        self._start = time.monotonic()

    def on_step_end(self, *_: object, **__: object) -> None:
        self._seconds = time.monotonic() - self._start

    def on_log(
        self, args: object, state: TrainerState, *_: object, logs: Logs, **__: object
    ) -> None:
        if not is_step(logs):
            return
        step, found = int(state.global_step), measured(logs)
        append_row(self._path, TrainingRow(step=step, seconds=round(self._seconds, 4), **found))
        if self._progress:
            self._progress(step, int(state.max_steps), found)


def measured(logs: Logs) -> dict[str, float]:
    """TRL's metrics by our names; one that it could not compute is left out."""
    found = {ours: logs.get(theirs) for ours, theirs in METRICS.items()}
    return {name: float(value) for name, value in found.items() if value is not None}


def is_step(logs: Logs) -> bool:
    """Whether a log is from a step: not the summary at the end, not a held-out measurement."""
    summary = not logs or "train_runtime" in logs
    return not summary and not any(name.startswith(HELD_OUT) for name in logs)


class HeldOutCallback(TrainerCallback):  # type: ignore[misc]
    """Measures held-out problems at step 0, every ``eval_every`` steps and at the end; does nothing
    without a tracker.

    With ``trainer`` set, its trackers (such as TensorBoard) get the same numbers, after those of
    the step they belong to.
    """

    def __init__(
        self, tracker: HeldOutTracker | None = None, model: PreTrainedModel | None = None
    ) -> None:
        self._tracker, self._model = tracker, model
        self._owed: dict[str, float] = {}
        self.trainer: Trainer | None = None

    def on_train_begin(self, args: object, state: TrainerState, *_: object, **__: object) -> None:
        if state.global_step == 0:
            self._measure(0)
            self._tell()

    def on_step_end(self, args: object, state: TrainerState, *_: object, **__: object) -> None:
        if self._tracker is not None and self._tracker.due(state.global_step):
            self._measure(state.global_step)

    def on_log(
        self, args: object, state: TrainerState, *_: object, logs: Logs, **__: object
    ) -> None:
        if is_step(logs):
            self._tell()

    def _measure(self, step: int) -> None:
        if self._tracker is not None:
            with evaluating(self._model):
                self._owed = numbers(self._tracker.measure(step))

    def _tell(self) -> None:
        owed, self._owed = self._owed, {}
        if owed and self.trainer is not None:
            self.trainer.log(owed)


def numbers(row: HeldOutRow) -> dict[str, float]:
    """A held-out measurement as a tracker's names and numbers."""
    found = {f"{HELD_OUT}pass@{point.k}": point.value for point in row.curve}
    for name in ("entropy", "answer_entropy", "completion_length", "truncated_share"):
        found[HELD_OUT + name] = getattr(row, name)
    return {name: value for name, value in found.items() if value is not None}


class Checkpoints(TrainerCallback):  # type: ignore[misc]
    """Writes a policy folder every ``save_every`` steps, which gets its name once it is
    complete."""

    def __init__(self, job: Job, saver: Saver) -> None:
        self._job, self._saver = job, saver

    def on_step_end(
        self, args: object, state: TrainerState, *_: object, model: PreTrainedModel, **__: object
    ) -> None:
        step, every = int(state.global_step), self._job.config.save_every
        if not every or step % every or not self._job.processes.is_main:
            return
        folder = checkpoint(self._job.out, step)
        begun = folder.with_name(f".{folder.name}.tmp")
        remove(begun)  # left by a start that was killed here
        self._saver.save(begun, getattr(model, "module", model))
        self._job.write(begun, step)
        begun.rename(folder)


class StopAsked(TrainerCallback):  # type: ignore[misc]
    """Ends training, in every process, once a stop is asked for in the watch folder."""

    def __init__(self, job: Job) -> None:
        self._watch, self._processes = job.out / WATCH, job.processes

    def on_step_end(
        self, args: object, state: TrainerState, control: TrainerControl, **_: object
    ) -> None:
        if self._processes.once(lambda: should_stop(self._watch)):
            control.should_training_stop = True


class NoMoreSteps(TrainerCallback):  # type: ignore[misc]
    """Ends a training resumed from a state of its last step: TRL would add a step to it."""

    def on_train_begin(self, args: object, state: TrainerState, *_: object, **__: object) -> None:
        if state.global_step >= state.max_steps:
            raise AlreadyTrainedError


class WholeStates(TrainerCallback):  # type: ignore[misc]
    """Marks each state to resume from as complete, in every process, once it is written."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def on_save(self, args: object, state: TrainerState, *_: object, **__: object) -> None:
        place = Path(self._job.out) / TRAINER / f"{CHECKPOINT}{int(state.global_step)}"
        mark_whole(place, self._job.processes.rank, self._job.processes.count)
