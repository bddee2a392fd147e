"""``passgap train``: trains a policy on problems and writes the trained policy's folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
)
from passgap.cli.held_out import apart
from passgap.cli.progress import bar, say
from passgap.errors import PassgapError, UsageError
from passgap.training.config import TrainConfig

if TYPE_CHECKING:
    from passgap.evidence.reacting import Reactions
    from passgap.training.run import Progress

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
    stop_on: flags.StopOn = None,
    notify: flags.Notify = None,
) -> None:
    """GRPO and similar methods through TRL, with the verifier as reward; resumes if killed.

    All settings are saved in OUT/trainer/config.toml, for --config. Several GPUs: torchrun
    --nproc_per_node N -m passgap train ...

    Example: passgap train lab:base "lab:rare?split=train" --out policies/rare
    """
    from passgap.runs.names import TRAINER
    from passgap.runs.policy import read_policy
    from passgap.stages.resolving import check_shots, max_tokens, resolve_policy, resolve_problems
    from passgap.training.folder import as_requested
    from passgap.training.processes import started
    from passgap.training.run import train as start
    from passgap.verifiers import for_problems

    reactions = _reactions(str(asked["algorithm"]), stop_on or (), notify or ())
    limit = max_tokens(asked.whole("max_tokens"), problems, "transformers")
    config = asked.settings(max_tokens=limit)
    mapped, verifier = fields.mapped(), fields.verifier
    training = fields.sound(resolve_problems(problems, mapped, limit=fields.limit), verifier)
    watched = fields.sound(resolve_problems(held_out, mapped), verifier) if held_out else None
    is_main = started().is_main
    training = apart(training, watched, leave_out=leave_out_held_out, tell=is_main)
    chosen = prompt.of(policy, revision=revision, mapping=mapped)
    check_shots(chosen, training)
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
            progress=_reacting(progress, out, reactions) if reactions else progress,
        )
    if not is_main:
        return
    kept = Path(trained.path) / TRAINER / config_file.FILE
    config_file.write(config_file.resolved(context, "out"), kept)
    made = read_policy(trained.path)
    stopped = (
        f" up to step {made.step}, stopped by {made.stopped_by}" if made and made.stopped_by else ""
    )
    say(f"{trained.path}: trained{stopped}; next: passgap sample {trained.path} PROBLEMS --out RUN")


def _reactions(algorithm: str, stop_on: Sequence[str], notify: Sequence[str]) -> Reactions | None:
    """What early warnings set off; None where nothing was asked for."""
    if not (stop_on or notify):
        return None
    from passgap.evidence.reacting import Reactions
    from passgap.training.algorithms import ALGORITHMS

    if algorithm in ALGORITHMS and ALGORITHMS[algorithm].trainer == "sft":
        flag_name = "--stop-on" if stop_on else "--notify"
        raise UsageError(
            f"{flag_name} with --algorithm {algorithm}, which calls no reward, so there are no "
            "early warnings; leave it out"
        )
    return Reactions(stop_on, notify, tell=partial(say, file=sys.stderr))


def _reacting(progress: Progress, out: str, reactions: Reactions) -> Progress:
    """Progress that also looks at the record of the training, every few steps."""
    from passgap.evidence.reacting import EVERY
    from passgap.evidence.watching import find_watch, watch_folder

    def update(done: int, total: int, metrics: Mapping[str, float]) -> None:
        progress(done, total, metrics)
        if done and done % EVERY == 0:
            try:
                warning = reactions.react(watch_folder(out), find_watch(out))
            except PassgapError as error:  # such as a full disk: training goes on
                say(f"early warnings were not looked at: {error}", file=sys.stderr)
                return
            if warning is not None:
                say(f"{warning.check}: training stops after the next step", file=sys.stderr)

    return update
