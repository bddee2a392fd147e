"""``passgap select`` and ``passgap export``: what to train on, written for who trains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from passgap.cli import draw, options
from passgap.errors import UsageError
from passgap.plain import json_text, visible

if TYPE_CHECKING:
    from passgap.types import Policy, ProblemSet, PromptSettings
    from passgap.workflows.exporting import Source

app = typer.Typer(
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
HeldOut = Annotated[
    str | None,
    typer.Option("--held-out", metavar="PROBLEMS", help="Problems to validate on."),
]
Arm = Annotated[
    str | None, typer.Option("--arm", help="Of a selected folder: train (default) or control.")
]
LeaveOut = Annotated[
    bool, typer.Option("--leave-out-held-out", help="Do not train on problems that are held out.")
]
GroupSize = Annotated[
    int, typer.Option("--group-size", help="Completions a prompt in one step (GRPO's G).")
]
Prompts = Annotated[int, typer.Option("--prompts-per-step", help="Distinct prompts in one step.")]
Steps = Annotated[int, typer.Option("--steps", help="Optimizer steps.")]
Rate = Annotated[float, typer.Option("--learning-rate", help="AdamW's learning rate.")]
PromptTokens = Annotated[
    int, typer.Option("--max-prompt-tokens", help="Longest prompt, in tokens.")
]
Beta = Annotated[
    float, typer.Option("--beta", help="Weight of the KL term that holds the policy near its base.")
]
EvalEvery = Annotated[
    int, typer.Option("--eval-every", help="Steps between validations; 0: none while training.")
]
EvalDraws = Annotated[
    int, typer.Option("--eval-draws", help="Draws a held-out problem in each validation.")
]
SaveEvery = Annotated[int, typer.Option("--save-every", help="Steps between checkpoints; 0: none.")]
Nodes = Annotated[int, typer.Option("--nodes", help="Machines of the Ray cluster.")]
Gpus = Annotated[int, typer.Option("--gpus", help="GPUs of each machine.")]
TensorParallel = Annotated[
    int, typer.Option("--tensor-parallel", help="GPUs that share one sampling engine.")
]


def select(
    source: Annotated[
        str, typer.Argument(metavar="RUN", help="A verified run, or a counts file with --problems.")
    ],
    out: Folder,
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
    template: options.Template = None,
    system: options.System = None,
    shots: options.Shots = None,
    stop: options.Stop = None,
    question_field: options.QuestionField = None,
    answer_field: options.AnswerField = None,
    mapping: options.Mapping = None,
    verifier: options.VerifierName = None,
    seed: options.Seed = 0,
    json_: options.Json = False,
) -> None:
    """The training set that teaches, with a control of the same size, for TRL, verl and OpenRLHF.

    Problems are chosen by the posterior of their pass rate p, not by the rate of a few draws. The
    flags of prompt, fields and verifier go with --problems; a run brings its own.

    Example: passgap select runs/base --out teach
    """
    from passgap.analysis.selecting import select as choose
    from passgap.exporters import FORMS, check_forms
    from passgap.problems import Mapped
    from passgap.workflows.exporting import counted, write_selection

    forms = list(dict.fromkeys(form or FORMS))
    check_forms(forms)
    fields = (question_field, answer_field, verifier or "math", mapping)
    read = Mapped(*fields) if any((question_field, answer_field, verifier, mapping)) else None
    prompt = _prompt(template, system, shots, stop)
    counts, found = counted(source, problems, prompt, read, verifier)
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
def export_verl(
    source: SourceArgument,
    out: Folder,
    policy: PolicyOption,
    held_out: HeldOut = None,
    arm: Arm = None,
    leave_out: LeaveOut = False,
    steps: Steps = 100,
    learning_rate: Rate = 1e-6,
    group_size: GroupSize = 8,
    prompts_per_step: Prompts = 16,
    max_tokens: options.MaxTokens = None,
    max_prompt_tokens: PromptTokens = 1024,
    temperature: options.Temperature = 1.0,
    beta: Beta = 0.0,
    eval_every: EvalEvery = 20,
    eval_draws: EvalDraws = 16,
    save_every: SaveEvery = 50,
    nodes: Nodes = 1,
    gpus: Gpus = 8,
    rollout: Annotated[
        str, typer.Option("--rollout", help="verl's sampling engine: vllm or sglang.")
    ] = "vllm",
    tensor_parallel: TensorParallel = 1,
    seed: options.Seed = 0,
    template: options.Template = None,
    system: options.System = None,
    shots: options.Shots = None,
    stop: options.Stop = None,
    question_field: options.QuestionField = None,
    answer_field: options.AnswerField = None,
    mapping: options.Mapping = None,
    verifier: options.VerifierName = None,
    keep_failing_golds: options.KeepFailing = False,
    limit: options.Limit = None,
) -> None:
    """GRPO on a Ray cluster: Parquet data, a watched reward file, verl's launch script.

    Example: passgap export verl teach --policy models/base --held-out test.jsonl --out job
    """
    _export("verl", **locals())


@app.command("openrlhf")
def export_openrlhf(
    source: SourceArgument,
    out: Folder,
    policy: PolicyOption,
    held_out: HeldOut = None,
    arm: Arm = None,
    leave_out: LeaveOut = False,
    steps: Steps = 100,
    learning_rate: Rate = 1e-6,
    group_size: GroupSize = 8,
    prompts_per_step: Prompts = 16,
    max_tokens: options.MaxTokens = None,
    max_prompt_tokens: PromptTokens = 1024,
    temperature: options.Temperature = 1.0,
    beta: Beta = 0.0,
    eval_every: EvalEvery = 20,
    eval_draws: EvalDraws = 16,
    save_every: SaveEvery = 50,
    nodes: Nodes = 1,
    gpus: Gpus = 8,
    tensor_parallel: TensorParallel = 1,
    seed: options.Seed = 0,
    template: options.Template = None,
    system: options.System = None,
    shots: options.Shots = None,
    stop: options.Stop = None,
    question_field: options.QuestionField = None,
    answer_field: options.AnswerField = None,
    mapping: options.Mapping = None,
    verifier: options.VerifierName = None,
    keep_failing_golds: options.KeepFailing = False,
    limit: options.Limit = None,
) -> None:
    """GRPO with OpenRLHF: JSONL data, a watched reward file, its launch script.

    Example: passgap export openrlhf teach --policy models/base --held-out test.jsonl --out job
    """
    _export("openrlhf", **locals())


@app.command("trl")
def export_trl(
    source: SourceArgument,
    out: Folder,
    policy: PolicyOption,
    held_out: HeldOut = None,
    arm: Arm = None,
    leave_out: LeaveOut = False,
    steps: Steps = 100,
    learning_rate: Rate = 1e-6,
    group_size: GroupSize = 8,
    prompts_per_step: Prompts = 16,
    max_tokens: options.MaxTokens = None,
    temperature: options.Temperature = 1.0,
    beta: Beta = 0.0,
    eval_every: EvalEvery = 20,
    eval_draws: EvalDraws = 16,
    save_every: SaveEvery = 50,
    seed: options.Seed = 0,
    template: options.Template = None,
    system: options.System = None,
    shots: options.Shots = None,
    stop: options.Stop = None,
    question_field: options.QuestionField = None,
    answer_field: options.AnswerField = None,
    mapping: options.Mapping = None,
    verifier: options.VerifierName = None,
    keep_failing_golds: options.KeepFailing = False,
    limit: options.Limit = None,
) -> None:
    """GRPO with TRL as it is: data and a script to run and to change, with a watched reward.

    Example: passgap export trl teach --policy models/base --held-out test.jsonl --out job
    """
    _export("trl", gpus=1, **locals())


def _export(
    trainer: str,
    *,
    source: str,
    out: str,
    policy: str,
    held_out: str | None,
    arm: str | None,
    leave_out: bool,
    max_tokens: int | None,
    template: str | None,
    system: str | None,
    shots: str | None,
    stop: list[str] | None,
    question_field: str | None,
    answer_field: str | None,
    mapping: str | None,
    verifier: str | None,
    keep_failing_golds: bool,
    limit: int | None,
    **asked: Any,
) -> None:
    """From flags to nouns; whatever is wrong is told before anything is written."""
    from dataclasses import replace

    from passgap.exporters import JobSettings
    from passgap.problems import Mapped
    from passgap.workflows import exporting, resolve

    fields = Mapped(question_field, answer_field, verifier or "math", mapping)
    found = exporting.read_source(source, fields, arm=arm, limit=limit)
    settings = JobSettings(
        max_tokens=max_tokens
        or found.max_tokens
        or resolve.max_tokens(max_tokens, source, trainer),
        **asked,
    )
    marker = exporting.chosen_verifier(found, verifier)
    held = resolve.resolve_problems(held_out, fields) if held_out else None
    if not keep_failing_golds:
        held = draw.sound(held, marker) if held else None
        if found.prompt is None:
            found = replace(found, problems=draw.sound(found.problems, marker))
    if leave_out:
        found = replace(found, problems=_without(found.problems, held))
    chosen = _policy(policy, found, template, system, shots, stop)
    resolve.check_shots(chosen, found.problems)
    files = exporting.export_job(
        trainer, found, held, chosen, Path(out), settings=settings, verifier=marker
    )
    print(
        f"{out}: {len(found.problems)} problems to train on, {len(held or ())} held out; "
        f"{', '.join(path.name for path in files)}; next: {out}/README.md has the three commands"
    )


def _policy(
    policy: str,
    found: Source,
    template: str | None,
    system: str | None,
    shots: str | None,
    stop: list[str] | None,
) -> Policy:
    """The policy with the prompt that its problems were drawn with, else with the flags' one."""
    from dataclasses import replace

    from passgap.workflows import resolve

    given = [n for n, v in _given(template, system, shots, stop).items() if v]
    if found.prompt is not None and given:
        raise UsageError(
            f"--{given[0]} is given, and {found.problems.name} brings the prompt it was drawn "
            "with; leave it out, or export the problem file itself"
        )
    chosen = resolve.resolve_policy(
        policy,
        template=template,
        system=system,
        shots=shots,
        stop=options.stop_strings(stop),
    )
    return chosen if found.prompt is None else replace(chosen, prompt=found.prompt)


def _given(
    template: str | None, system: str | None, shots: str | None, stop: list[str] | None
) -> dict[str, Any]:
    return {"template": template, "system": system, "shots": shots, "stop": stop}


def _prompt(
    template: str | None, system: str | None, shots: str | None, stop: list[str] | None
) -> PromptSettings | None:
    """The prompt that the flags describe; None where none is given."""
    from passgap.workflows import resolve

    if not any(_given(template, system, shots, stop).values()):
        return None
    named = resolve.resolve_policy(
        ".", template=template, system=system, shots=shots, stop=options.stop_strings(stop)
    )
    return named.prompt


def _without(problems: ProblemSet, held_out: ProblemSet | None) -> ProblemSet:
    if held_out is None:
        raise UsageError("--leave-out-held-out needs --held-out PROBLEMS; give both or neither")
    kept = problems.without(held_out)
    if not len(kept):
        raise UsageError(f"every problem of {problems.name} is held out; train on others")
    return kept
