"""``passgap train``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from passgap.cli import draw, options, recipes
from passgap.cli.flags import ProblemFlags, PromptFlags
from passgap.cli.grouping import grouped
from passgap.cli.progress import bar
from passgap.training.config import TrainConfig

HELP = {name: field.metadata["help"] for name, field in TrainConfig.__dataclass_fields__.items()}


@dataclass(frozen=True)
class AlgorithmFlags:
    """Algorithm"""

    algorithm: Annotated[str, typer.Option(help=HELP["algorithm"])] = "grpo"
    steps: Annotated[int, typer.Option(help=HELP["steps"])] = 100
    learning_rate: Annotated[float, typer.Option(help=HELP["learning_rate"])] = 1e-5
    group_size: Annotated[int, typer.Option(help=HELP["group_size"])] = 8
    prompts_per_step: Annotated[int, typer.Option(help=HELP["prompts_per_step"])] = 16
    batch_size: Annotated[int | None, typer.Option(help=HELP["batch_size"])] = None
    beta: Annotated[float, typer.Option(help=HELP["beta"])] = 0.0
    num_iterations: Annotated[int, typer.Option(help=HELP["num_iterations"])] = 1
    loss_type: Annotated[str | None, typer.Option(help=HELP["loss_type"])] = None
    scale_rewards: Annotated[str | None, typer.Option(help=HELP["scale_rewards"])] = None
    importance_sampling_level: Annotated[
        str | None, typer.Option(help=HELP["importance_sampling_level"])
    ] = None
    epsilon: Annotated[float | None, typer.Option(help=HELP["epsilon"])] = None
    epsilon_high: Annotated[float | None, typer.Option(help=HELP["epsilon_high"])] = None
    pass_k: Annotated[int, typer.Option(help=HELP["pass_k"])] = 4
    reward: Annotated[str, typer.Option(help=HELP["reward"])] = "verifier"
    teacher_draws: Annotated[int, typer.Option(help=HELP["teacher_draws"])] = 4
    lora_rank: Annotated[int, typer.Option(help=HELP["lora_rank"])] = 0
    lora_alpha: Annotated[int | None, typer.Option(help=HELP["lora_alpha"])] = None
    seed: options.Seed = 0


@dataclass(frozen=True)
class GenerationFlags:
    """Generation"""

    max_tokens: options.MaxTokens = None
    temperature: Annotated[float, typer.Option(help=HELP["temperature"])] = 1.0
    generation: Annotated[str, typer.Option(help=HELP["generation"])] = "transformers"
    vllm_memory: Annotated[float, typer.Option(help=HELP["vllm_memory"])] = 0.3
    device: Annotated[str, typer.Option(help=HELP["device"])] = "auto"


@dataclass(frozen=True)
class WhileItRunsFlags:
    """While it runs"""

    eval_every: Annotated[int, typer.Option(help=HELP["eval_every"])] = 20
    eval_draws: Annotated[int, typer.Option(help=HELP["eval_draws"])] = 16
    eval_problems: Annotated[int, typer.Option(help=HELP["eval_problems"])] = 64
    save_every: Annotated[int, typer.Option(help=HELP["save_every"])] = 0
    resume_every: Annotated[int, typer.Option(help=HELP["resume_every"])] = 50
    report_to: Annotated[list[str] | None, typer.Option(help=HELP["report_to"])] = None


@grouped
def train(
    context: typer.Context,
    policy: draw.PolicyArgument,
    problems: draw.ProblemsArgument,
    out: options.Out,
    learning: AlgorithmFlags,
    generation: GenerationFlags,
    running: WhileItRunsFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    recipe: recipes.Recipe = None,
    teacher: Annotated[
        str | None, typer.Option("--teacher", metavar="POLICY", help="Whom distill learns from.")
    ] = None,
    held_out: Annotated[
        str | None,
        typer.Option("--held-out", metavar="PROBLEMS", help="Problems to track pass@k on."),
    ] = None,
    leave_out: Annotated[
        bool,
        typer.Option("--leave-out-held-out", help="Do not train on problems that are held out."),
    ] = False,
    revision: options.Revision = None,
) -> None:
    """GRPO and its kin through TRL, with the verifier of the evaluation; resumes when killed.

    What was asked is kept as OUT/trainer/recipe.toml; --recipe reads such a file, and flags go
    before it. Several GPUs: torchrun --nproc_per_node N -m passgap train ...

    Example: passgap train lab:base "lab:rare?split=train&size=2000" --out policies/rare
    """
    from passgap.runs.names import TRAINER
    from passgap.stages import resolving as resolve
    from passgap.training.folder import as_requested
    from passgap.training.processes import started
    from passgap.training.run import train as start
    from passgap.verifiers import for_problems

    flags: dict[str, Any] = vars(learning) | vars(generation) | vars(running)
    flags["max_tokens"] = resolve.max_tokens(generation.max_tokens, problems, "transformers")
    config = TrainConfig(**{**flags, "report_to": tuple(running.report_to or ())})
    mapped, verifier = fields.mapped(), fields.verifier
    problem_set = resolve.resolve_problems(problems, mapped, limit=fields.limit)
    held_out_set = resolve.resolve_problems(held_out, mapped) if held_out else None
    if not fields.keep_failing_golds:
        problem_set = draw.sound(problem_set, verifier)
        held_out_set = draw.sound(held_out_set, verifier) if held_out_set else None
    if leave_out:
        problem_set = draw.without(problem_set, held_out_set)
    chosen = prompt.of(policy, revision=revision, mapping=mapped)
    resolve.check_shots(chosen, problem_set)
    asked = recipes.asked(context)
    is_main = started()[0] == 0
    if is_main:
        draw.tell_stop(as_requested(chosen, Path(out)))
    with bar(f"training ({learning.algorithm})", shown=is_main) as progress:
        trained = start(
            chosen,
            problem_set,
            out,
            config=config,
            held_out=held_out_set,
            teacher=resolve.resolve_policy(teacher) if teacher else None,
            verifier=for_problems([*problem_set, *(held_out_set or ())], verifier),
            progress=progress,
        )
    if not is_main:
        return
    recipes.write(asked, Path(trained.path) / TRAINER / recipes.FILE)
    print(f"{trained.path}: trained; next: passgap sample {trained.path} PROBLEMS --out RUN")
