"""``train``: a policy, problems and their verifier in, a trained policy's folder out.

Nothing heavy is imported here; TRL is loaded when training starts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from passgap.engines import resolve_policy
from passgap.errors import UsageError
from passgap.training.config import TrainConfig
from passgap.training.folder import (
    check_problems,
    open_folder,
    request,
    trained_policy,
    write_policy_file,
)
from passgap.types import Policy, ProblemSet
from passgap.verifiers import Verifier, for_problems

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
        An empty or new folder, or the one this very run has already finished (then nothing is
        done) or was interrupted in (then it is begun again).
    config
        All settings.
    held_out
        Problems to measure while training; none of them may be trained on.
    teacher
        For ``distill``: the policy whose verified completions are learned.
    verifier
        Marks the completions; None takes the verifier each problem names, as evaluation does.
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
            f"{teacher.path if teacher else None!r}; a teacher goes with distill and only with it"
        )
    check_problems(problems, config, held_out)
    marker = verifier or for_problems([*problems, *(held_out or ())])
    policy = resolve_policy(policy, "transformers")
    teacher = resolve_policy(teacher, "transformers") if teacher else None
    folder = Path(out)
    asked = request(policy, problems, config, marker.digest, held_out, teacher)
    # imported here: a missing extra and a missing GPU are told before the folder is begun
    from passgap.training import runtime

    runtime.resolve_device(config.device)
    if open_folder(folder, asked):
        if progress:
            progress(config.steps, config.steps, {})
        return trained_policy(folder)

    def write(place: Path, step: int, **extra: Any) -> None:
        write_policy_file(place, asked, problems.problems, {"step": step, **extra})

    start = time.monotonic()
    shared: Any = {"write": write, "held_out": held_out, "progress": progress}
    if teacher is not None:
        from passgap.training.distill import train_distill

        found = train_distill(policy, problems, marker, folder, config, teacher, **shared)
    else:
        from passgap.training.grpo import train_grpo

        found = train_grpo(policy, problems, marker, folder, config, **shared)
    write(folder, config.steps, **found, seconds=round(time.monotonic() - start, 1))
    return trained_policy(folder)
