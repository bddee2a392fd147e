"""``passgap select`` and ``passgap export``: what to train on, written for who trains."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from passgap.cli import draw, options
from passgap.cli.flags import FieldFlags, ProblemFlags, PromptFlags
from passgap.cli.grouping import grouped
from passgap.errors import UsageError
from passgap.plain import json_text, visible

if TYPE_CHECKING:
    from passgap.data.policies import Policy
    from passgap.launch.exporting import Source


class Exports(TyperGroup):
    """The commands of ``passgap export``, and one for each launcher that a package adds."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Built-in names, then the added ones; nothing is loaded."""
        from passgap.launch import LAUNCHERS

        return [*super().list_commands(ctx), *(set(LAUNCHERS) - {*LAUNCHERS.built_in})]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name; an added launcher is loaded when its command runs."""
        from passgap.launch import LAUNCHERS

        found = super().get_command(ctx, cmd_name)
        if found is not None or cmd_name not in LAUNCHERS:
            return found
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name)(_added(cmd_name))
        return typer.main.get_command(alone)


app = typer.Typer(
    cls=Exports,
    no_args_is_help=True,
    help="A training job for verl, OpenRLHF or TRL; counts or a data set for others.",
)

SourceArgument = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE", help="A folder that passgap select wrote, a verified run, or PROBLEMS."
    ),
]
Folder = Annotated[str, typer.Option("--out", help="Folder to write; new or empty.")]
PolicyOption = Annotated[
    str, typer.Option("--policy", metavar="POLICY", help="What is trained: a folder or a hub id.")
]
GroupSize = Annotated[
    int, typer.Option("--group-size", help="Completions a prompt in one step (GRPO's G).")
]


@dataclass(frozen=True)
class SourceFlags:
    """Data"""

    held_out: Annotated[
        str | None,
        typer.Option("--held-out", metavar="PROBLEMS", help="Problems to validate on."),
    ] = None
    arm: Annotated[
        str | None, typer.Option("--arm", help="Of a selected folder: train (default) or control.")
    ] = None
    leave_out: Annotated[
        bool,
        typer.Option("--leave-out-held-out", help="Do not train on problems that are held out."),
    ] = False


@dataclass(frozen=True)
class JobFlags:
    """Training"""

    steps: Annotated[int, typer.Option("--steps", help="Optimizer steps.")] = 100
    learning_rate: Annotated[
        float, typer.Option("--learning-rate", help="AdamW's learning rate.")
    ] = 1e-6
    group_size: GroupSize = 8
    prompts_per_step: Annotated[
        int, typer.Option("--prompts-per-step", help="Distinct prompts in one step.")
    ] = 16
    max_tokens: options.MaxTokens = None
    temperature: options.Temperature = 1.0
    beta: Annotated[
        float,
        typer.Option("--beta", help="Weight of the KL term that holds the policy near its base."),
    ] = 0.0
    eval_every: Annotated[
        int, typer.Option("--eval-every", help="Steps between validations; 0: none while training.")
    ] = 20
    eval_draws: Annotated[
        int, typer.Option("--eval-draws", help="Draws a held-out problem in each validation.")
    ] = 16
    save_every: Annotated[
        int, typer.Option("--save-every", help="Steps between checkpoints; 0: none.")
    ] = 50
    seed: options.Seed = 0


@dataclass(frozen=True)
class ClusterFlags:
    """Cluster"""

    max_prompt_tokens: Annotated[
        int, typer.Option("--max-prompt-tokens", help="Longest prompt, in tokens.")
    ] = 1024
    nodes: Annotated[int, typer.Option("--nodes", help="Machines of the Ray cluster.")] = 1
    gpus: Annotated[int, typer.Option("--gpus", help="GPUs of each machine.")] = 8
    tensor_parallel: Annotated[
        int, typer.Option("--tensor-parallel", help="GPUs that share one sampling engine.")
    ] = 1


@grouped
def select(
    source: Annotated[
        str, typer.Argument(metavar="RUN", help="A verified run, or a counts file with --problems.")
    ],
    out: Folder,
    prompt: PromptFlags,
    fields: FieldFlags,
    problems: Annotated[
        str | None,
        typer.Option("--problems", metavar="PROBLEMS", help="The set that a counts file is of."),
    ] = None,
    low: Annotated[
        float | None, typer.Option("--low", help="Least p of the band; default .02 without --size.")
    ] = None,
    high: Annotated[
        float | None,
        typer.Option("--high", help="Greatest p of the band; default .8 without --size."),
    ] = None,
    size: Annotated[
        int | None, typer.Option("--size", help="So many, those with the greatest mixed@G.")
    ] = None,
    group_size: GroupSize = 8,
    form: Annotated[
        list[str] | None,
        typer.Option("--format", help="trl, verl or openrlhf; repeatable; default: all three."),
    ] = None,
    seed: options.Seed = 0,
    json_: options.Json = False,
) -> None:
    """The training set that teaches, with a control of the same size, for TRL, verl and OpenRLHF.

    Problems are chosen by the posterior of their pass rate p, not by the rate of a few draws. The
    flags of prompt, fields and verifier go with --problems; a run brings its own.

    Example: passgap select runs/base --out teach
    """
    from passgap.analysis.select.selecting import select as choose
    from passgap.launch import FORMS, check_forms
    from passgap.launch.exporting import counted, write_selection

    forms = list(dict.fromkeys(form or FORMS))
    check_forms(forms)
    read = fields.mapped() if fields.given() else None
    counts, found = counted(source, problems, prompt.prompt(), read, fields.verifier)
    selection = choose(counts, low=low, high=high, size=size, group_size=group_size, seed=seed)
    data = write_selection(selection, found, Path(out), forms)
    if json_:
        print(json_text(data))
        return
    print(visible(selection))
    plain = data["prompt"]["template"] == "plain" and not data["prompt"]["system"]
    flags = "" if plain else " with the prompt's flags"
    print(
        f"{out}: {len(data['files'])} files written; next: passgap train POLICY {out}/train.jsonl"
        f"{flags}, or passgap export verl {out} --policy POLICY --held-out PROBLEMS --out JOB"
    )


@app.command("verl")
@grouped
def export_verl(
    source: SourceArgument,
    out: Folder,
    policy: PolicyOption,
    data: SourceFlags,
    job: JobFlags,
    cluster: ClusterFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    rollout: Annotated[
        str, typer.Option("--rollout", help="verl's sampling engine: vllm or sglang.")
    ] = "vllm",
) -> None:
    """GRPO on a Ray cluster: Parquet data, a watched reward file, verl's launch script.

    Example: passgap export verl teach --policy models/base --held-out test.jsonl --out job
    """
    asked = vars(job) | vars(cluster) | {"rollout": rollout}
    _export("verl", source, out, policy, data, prompt, fields, asked)


@app.command("openrlhf")
@grouped
def export_openrlhf(
    source: SourceArgument,
    out: Folder,
    policy: PolicyOption,
    data: SourceFlags,
    job: JobFlags,
    cluster: ClusterFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
) -> None:
    """GRPO with OpenRLHF: JSONL data, a watched reward file, its launch script.

    Example: passgap export openrlhf teach --policy models/base --held-out test.jsonl --out job
    """
    asked = vars(job) | vars(cluster)
    _export("openrlhf", source, out, policy, data, prompt, fields, asked)


@app.command("trl")
@grouped
def export_trl(
    source: SourceArgument,
    out: Folder,
    policy: PolicyOption,
    data: SourceFlags,
    job: JobFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
) -> None:
    """GRPO with TRL as it is: data and a script to run and to change, with a watched reward.

    Example: passgap export trl teach --policy models/base --held-out test.jsonl --out job
    """
    asked = vars(job) | {"gpus": 1}
    _export("trl", source, out, policy, data, prompt, fields, asked)


def _added(trainer: str) -> Callable[..., None]:
    """The command of a launcher that a package adds."""

    @grouped
    def export_added(
        source: SourceArgument,
        out: Folder,
        policy: PolicyOption,
        data: SourceFlags,
        job: JobFlags,
        cluster: ClusterFlags,
        prompt: PromptFlags,
        fields: ProblemFlags,
    ) -> None:
        """A job for a trainer whose launcher an installed package adds."""
        _export(trainer, source, out, policy, data, prompt, fields, vars(job) | vars(cluster))

    return export_added


def _export(
    trainer: str,
    source: str,
    out: str,
    policy: str,
    data: SourceFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    asked: dict[str, Any],
) -> None:
    """From flags to nouns; whatever is wrong is told before anything is written."""
    from passgap.launch import JobSettings, exporting
    from passgap.stages import resolving as resolve

    mapped = fields.mapped()
    found = exporting.read_source(source, mapped, arm=data.arm, limit=fields.limit)
    limit = asked["max_tokens"] or found.max_tokens
    settings = JobSettings(
        **{**asked, "max_tokens": limit or resolve.max_tokens(limit, source, trainer)}
    )
    marker = exporting.chosen_verifier(found, fields.verifier)
    held = resolve.resolve_problems(data.held_out, mapped) if data.held_out else None
    if not fields.keep_failing_golds:
        held = draw.sound(held, marker) if held else None
        if found.prompt is None:
            found = replace(found, problems=draw.sound(found.problems, marker))
    if data.leave_out:
        found = replace(found, problems=draw.without(found.problems, held))
    chosen = _policy(policy, found, prompt)
    resolve.check_shots(chosen, found.problems)
    draw.tell_stop(chosen)
    files = exporting.export_job(
        trainer, found, held, chosen, Path(out), settings=settings, verifier=marker
    )
    print(
        f"{out}: {len(found.problems)} problems to train on, {len(held or ())} held out; "
        f"{', '.join(path.name for path in files)}; next: {out}/README.md has the three commands"
    )


def _policy(policy: str, found: Source, prompt: PromptFlags) -> Policy:
    """The policy with the prompt that its problems were drawn with, else with the flags' one."""
    if found.prompt is not None and prompt.given():
        raise UsageError(
            f"--{prompt.given()[0]} is given, and {found.problems.name} brings the prompt it was "
            "drawn with; leave it out, or export the problem file itself"
        )
    chosen = prompt.of(policy)
    return chosen if found.prompt is None else replace(chosen, prompt=found.prompt)
