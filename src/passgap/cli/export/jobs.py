"""The exports of training jobs. In: problems and a policy. Out: a job folder for a trainer.

One function with each trainer's texts and flags; launchers added by installed packages share a
general text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from passgap.cli import flags
from passgap.cli.command import Command, Fields, Given, argument, command, flag
from passgap.cli.flags import ProblemFlags, PromptFlags, tell_stop
from passgap.cli.held_out import apart
from passgap.cli.progress import say
from passgap.errors import UsageError
from passgap.launch.settings import OF_REWARD, JobSettings
from passgap.plain import plural

if TYPE_CHECKING:
    from passgap.data.policies import Policy
    from passgap.launch.exporting import Source

SHOWN = "out policy held-out arm group-size max-tokens template verifier "
LAUNCHED = "steps learning-rate prompts-per-step save-every "
CLUSTER = {"Cluster": "max_prompt_tokens nodes gpus tensor_parallel rollout"}

SourceArgument = Annotated[
    str, argument("SOURCE", "A folder written by passgap select, a verified run, or PROBLEMS.")
]
PolicyFlag = Annotated[str, flag("The policy to train: a folder or a hub id.", "POLICY")]


@dataclass(frozen=True)
class Trainer:
    """One trainer's command: its text, its own flags, and the fixed settings."""

    about: str
    shown: str = LAUNCHED
    fields: Fields = field(default=Fields("Training", sections=CLUSTER))
    known: Mapping[str, int] = field(default_factory=dict)


def _rewarded(trainer: str) -> Trainer:
    """Data and a reward file only: the other settings are the trainer's own."""
    less = [one.name for one in fields(JobSettings) if one.name not in OF_REWARD]
    return Trainer(
        f"Data for {trainer}, and a reward file that is recorded; you start it with your settings.",
        "temperature",
        Fields("Training", " ".join(less)),
        {"gpus": 1, "prompts_per_step": 1},
    )


TRAINERS = {
    "verl": Trainer(
        "RLVR on a Ray cluster: Parquet data, a watched reward file, verl's launch script.",
        LAUNCHED + "algorithm nodes gpus rollout",
    ),
    "openrlhf": Trainer(
        "GRPO with OpenRLHF: JSONL data, a watched reward file, its launch script.",
        LAUNCHED + "nodes gpus",
        Fields("Training", "algorithm rollout", CLUSTER),
    ),
    "trl": Trainer(
        "GRPO with plain TRL: data and a script to run and adapt, with a watched reward.",
        fields=Fields("Training", "algorithm nodes gpus rollout tensor_parallel max_prompt_tokens"),
        known={"gpus": 1},
    ),
    "slime": _rewarded("slime"),
    "skyrl": _rewarded("SkyRL"),
    "ms-swift": _rewarded("ms-swift"),
    "areal": _rewarded("AReaL"),
    "nemo-rl": _rewarded("NeMo-RL"),
    "verifiers": _rewarded("prime-rl, as a taskset of verifiers"),
}
ADDED = Trainer("Job for a trainer whose launcher an installed package adds.")
EXAMPLE = "\n\nExample: passgap export {} teach --policy base --held-out test.jsonl --out job"


@dataclass(frozen=True, kw_only=True)
class DataFlags:
    """Data"""

    held_out: Annotated[str | None, flag("Held-out problems to validate on.", "PROBLEMS")] = None
    arm: Annotated[
        str | None,
        flag("Which part of a folder from passgap select: train or control; default: train."),
    ] = None
    leave_out_held_out: flags.LeaveOutHeldOut = False


@cache
def job_command(name: str) -> Command:
    """The command of a trainer, by its name; a launcher is loaded when the command runs."""
    trainer = TRAINERS.get(name, ADDED)

    def export(
        source: SourceArgument,
        out: flags.NewFolder,
        policy: PolicyFlag,
        data: DataFlags,
        asked: Given[JobSettings],
        prompt: PromptFlags,
        fields: ProblemFlags,
    ) -> None:
        export_job(name, source, out, policy, data, asked, prompt, fields, trainer.known)

    export.__name__ = name
    export.__doc__ = trainer.about + ("" if trainer is ADDED else EXAMPLE.format(name))
    export.__annotations__["asked"] = Annotated[Given[JobSettings], trainer.fields]
    return command(shown=SHOWN + trainer.shown)(export)


def export_job(
    trainer: str,
    source: str,
    out: str,
    policy: str,
    data: DataFlags,
    asked: Given[JobSettings],
    prompt: PromptFlags,
    fields: ProblemFlags,
    known: Mapping[str, int],
) -> None:
    """Turn the flags into a job; errors are reported before anything is written."""
    from passgap.launch import exporting
    from passgap.stages.resolving import check_shots, max_tokens, resolve_problems

    mapped = fields.mapped()
    found = exporting.read_source(source, mapped, arm=data.arm, limit=fields.limit)
    limit = asked.whole("max_tokens") or found.max_tokens
    settings = asked.settings(max_tokens=limit or max_tokens(limit, source, trainer), **known)
    marker = exporting.chosen_verifier(found, fields.verifier)
    held = resolve_problems(data.held_out, mapped) if data.held_out else None
    held = fields.sound(held, marker) if held else None
    if found.prompt is None:
        found = replace(found, problems=fields.sound(found.problems, marker))
    kept = apart(found.problems, held, leave_out=data.leave_out_held_out)
    found = replace(found, problems=kept)
    chosen = _policy(policy, found, prompt)
    check_shots(chosen, found.problems)
    tell_stop(chosen)
    files = exporting.export_job(
        trainer, found, held, chosen, Path(out), settings=settings, verifier=marker
    )
    say(
        f"{out}: {plural(len(found.problems), 'problem')} to train on, {len(held or ())} held "
        f"out; {', '.join(path.name for path in files)}; next: the commands in "
        f"{out}/README.md"
    )


def _policy(policy: str, found: Source, prompt: PromptFlags) -> Policy:
    """The policy with the prompt of its problems' run, or else the flags' prompt."""
    if found.prompt is not None and prompt.given():
        raise UsageError(
            f"--{prompt.given()[0]} is given, but {found.problems.name} already has the prompt it "
            "was sampled with; leave it out, or export the problem file itself"
        )
    chosen = prompt.of(policy)
    return chosen if found.prompt is None else replace(chosen, prompt=found.prompt)
