"""``train``: from a policy, problems and their verifier to a trained policy's folder.

Nothing heavy is imported here; TRL is loaded when training starts. Started by torchrun, every
process runs this and they share each step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from passgap.data.journals import TrainingRow
from passgap.data.policies import Policy
from passgap.data.problems import ProblemSet
from passgap.engines import resolve_policy
from passgap.errors import UsageError
from passgap.runs.journal import read_journal
from passgap.runs.names import TRAINING_FILE, WATCH
from passgap.runs.stopping import stopped_by
from passgap.training.config import TrainConfig
from passgap.training.folder import (
    as_requested,
    check_problems,
    drop_states,
    open_folder,
    request,
    resumable,
    step_of_state,
    trained_policy,
    write_policy_file,
)
from passgap.verifiers import Verifier, for_problems

if TYPE_CHECKING:
    from passgap.training.distill import Lessons
    from passgap.training.runtime import Job

Progress = Callable[[int, int, Mapping[str, float]], None]


def train(
    policy: Policy,
    problems: ProblemSet,
    out: Path | str,
    *,
    config: TrainConfig,
    held_out: ProblemSet | None = None,
    teacher: Policy | None = None,
    verifier: Verifier | None = None,
    progress: Progress | None = None,
) -> Policy:
    """Train a policy and return the trained one, which ``sample`` takes like any other.

    Parameters
    ----------
    policy
        The base; the trained policy inherits its prompt.
    problems
        What it is trained on.
    out
        An empty or new folder, or the folder of this same run, finished (then nothing is done) or
        interrupted (then it continues from its last complete state).
    config
        All settings.
    held_out
        Problems to measure during training; none of them may be trained on.
    teacher
        For ``distill``: the policy whose verified completions are learned.
    verifier
        Marks the completions; None takes the verifier each problem names, as in evaluation.
    progress
        Called with (step, steps, metrics) before the first step and after each.

    Returns
    -------
    Policy
        The folder ``out`` with the prompt of ``policy``.

    Raises
    ------
    UsageError, MismatchError, RunError
        For a request that cannot be carried out, before any model is loaded.
    WorkError
        When a teacher has no correct completion to learn.
    """
    if (config.algorithm == "distill") != (teacher is not None):
        raise UsageError(
            f"algorithm is {config.algorithm!r} and the teacher is "
            f"{teacher.path if teacher else None!r}; a teacher is required with distill and "
            "allowed only with it"
        )
    check_problems(problems, config, held_out)
    policy = as_requested(policy, Path(out))
    check_stop(policy, config)
    marker = verifier or for_problems([*problems, *(held_out or ())])
    policy = resolve_policy(policy, "transformers")
    teacher = resolve_policy(teacher, "transformers") if teacher else None
    folder = Path(out)
    asked = request(policy, problems, config, marker.digest, held_out, teacher)
    # imported here: a missing extra or GPU is reported before the folder is created
    from passgap.training import processes, runtime

    count = processes.started().count
    runtime.check_processes(config, count)
    runtime.check_trackers(config)
    device = runtime.resolve_device(config.device, count)
    runtime.check_generation(config, device)
    us = processes.join(device)
    if us.once(lambda: open_folder(folder, asked)):
        us.once(lambda: drop_states(folder))
        if progress:
            progress(config.steps, config.steps, {})
        return trained_policy(folder)

    def write(place: Path, step: int, **extra: object) -> None:
        write_policy_file(place, asked, problems.problems, {"step": step, **extra})

    start = time.monotonic()
    job = runtime.Job(
        policy=policy,
        problems=problems,
        verifier=marker,
        out=folder,
        config=config,
        write=write,
        processes=us,
        held_out=held_out,
        progress=progress,
        resume=us.once(lambda: resumable(folder)),
    )
    lessons = _train(job, teacher)
    if us.is_main:
        told: dict[str, object] = {"lessons": lessons.to_dict()} if lessons else {}
        if job.resume:
            told["resumed_from"] = step_of_state(job.resume)
        seconds = round(time.monotonic() - start, 1)
        step, stop = config.steps, stopped_by(folder / WATCH)
        if stop:
            step = read_journal(folder / TRAINING_FILE, TrainingRow)[-1].step
        if step < config.steps:
            told["stopped_by"] = stop
        write(folder, step, **told, seconds=seconds, processes=us.count)
        drop_states(folder)
    us.wait()
    return trained_policy(folder)


def _train(job: Job, teacher: Policy | None) -> Lessons | None:
    """Pass the job to its algorithm's trainer; returns what was learned from a teacher, if any."""
    if job.config.method.trainer == "sft":
        from passgap.training.distill import train_sft

        return train_sft(job, teacher or job.policy)
    from passgap.training.online import train_online

    train_online(job)
    return None


def check_stop(policy: Policy, config: TrainConfig) -> None:
    """Refuse stop strings if TRL does its own sampling and could not stop at them."""
    own = config.method.trainer == "rloo" and config.generation == "transformers"
    if own and policy.prompt.stop:
        how = (
            ", which follows from the format of the shots" if policy.prompt.stop_by_default else ""
        )
        raise UsageError(
            f"stop is {list(policy.prompt.stop)}{how}; allowed with rloo: none (--no-stop, also "
            "when its base is sampled), since TRL's RLOOTrainer does its own sampling and stops "
            "only at end tokens; on-policy, dr_grpo has the same gradient"
        )
