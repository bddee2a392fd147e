"""``passgap train``: trains a policy on problems and writes the trained policy's folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from passgap.cli import config as config_file
from passgap.cli import flags
from passgap.cli.command import Fields, Given, command, flag
from passgap.cli.flags import (
    PolicyArgument,
    ProblemFlags,
    ProblemsArgument,
    PromptFlags,
    tell_stop,
    without,
)
from passgap.cli.progress import bar, say
from passgap.training.config import TrainConfig

SECTIONS = {
    "Generation": "max_tokens temperature generation vllm_memory device",
    "During training": "eval_every eval_draws eval_problems save_every resume_every report_to",
}


@command(
    shown="out held-out algorithm steps learning-rate group-size prompts-per-step batch-size "
    "lora-rank max-tokens generation save-every template verifier"
)
def train(
    context: typer.Context,
    policy: PolicyArgument,
    problems: ProblemsArgument,
    out: Annotated[
        str, flag("Policy folder to write; a run with the same settings is resumed.", "DIR")
    ],
    asked: Annotated[Given[TrainConfig], Fields("Algorithm", sections=SECTIONS)],
    prompt: PromptFlags,
    fields: ProblemFlags,
    held_out: Annotated[
        str | None, flag("Held-out problems to measure pass@k on during training.", "PROBLEMS")
    ] = None,
    leave_out_held_out: flags.LeaveOutHeldOut = False,
    teacher: Annotated[
        str | None, flag("Teacher policy, for --algorithm distill.", "POLICY")
    ] = None,
    revision: flags.Revision = None,
) -> None:
    """GRPO and similar methods through TRL, with the verifier as reward; resumes if killed.

    All settings are saved in OUT/trainer/config.toml, for --config. Several GPUs: torchrun
    --nproc_per_node N -m passgap train ...

    Example: passgap train lab:base "lab:rare?split=train" --out policies/rare
    """
    from passgap.runs.names import TRAINER
    from passgap.stages.resolving import check_shots, max_tokens, resolve_policy, resolve_problems
    from passgap.training.folder import as_requested
    from passgap.training.processes import started
    from passgap.training.run import train as start
    from passgap.verifiers import for_problems

    limit = max_tokens(asked.whole("max_tokens"), problems, "transformers")
    config = asked.settings(max_tokens=limit)
    mapped, verifier = fields.mapped(), fields.verifier
    training = fields.sound(resolve_problems(problems, mapped, limit=fields.limit), verifier)
    watched = fields.sound(resolve_problems(held_out, mapped), verifier) if held_out else None
    if leave_out_held_out:
        training = without(training, watched)
    chosen = prompt.of(policy, revision=revision, mapping=mapped)
    check_shots(chosen, training)
    is_main = started().is_main
    if is_main:
        tell_stop(as_requested(chosen, Path(out)))
    with bar(f"training ({config.algorithm})", shown=is_main) as progress:
        trained = start(
            chosen,
            training,
            out,
            config=config,
            held_out=watched,
            teacher=resolve_policy(teacher) if teacher else None,
            verifier=for_problems([*training, *(watched or ())], verifier),
            progress=progress,
        )
    if not is_main:
        return
    kept = Path(trained.path) / TRAINER / config_file.FILE
    config_file.write(config_file.resolved(context, "out"), kept)
    say(f"{trained.path}: trained; next: passgap sample {trained.path} PROBLEMS --out RUN")
