"""``python -m research``: one command per study, run from a checkout.

In: flags, those of ``passgap sample`` under the same names. Out: a folder of runs, and the page.
The flag groups, progress bars and resolution of names are `passgap.cli`'s own, so that a flag means
the same in both programs.
"""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

from typer.core import TyperGroup

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.drawing import resolve
from passgap.cli.flags import (
    DecodingFlags,
    EngineFlags,
    MaxTokens,
    ProblemFlags,
    ProblemsArgument,
    PromptFlags,
    TopK,
    TopP,
    tell_stop,
)
from passgap.cli.progress import bar
from passgap.errors import PassgapError, UsageError
from passgap.plain import json_text, visible

TEMPERATURES = [0.4, 0.7, 1.0, 1.3, 1.6]
Kept = Annotated[str, flag("Folder for runs and policies; finished parts are kept.")]
Page = Annotated[str, flag("The Markdown file; figures go to the folder beside it.")]


@command(defaults="passgap:sample passgap:SamplingParams")
def temperature(
    base: Annotated[str, argument("BASE_POLICY", "As POLICY in sample.")],
    trained: Annotated[str, argument("TRAINED_POLICY", "As POLICY in sample.")],
    problems: ProblemsArgument,
    *,
    out: flags.Out,
    engine: EngineFlags,
    prompt: PromptFlags,
    fields: ProblemFlags,
    temperature: Annotated[
        list[float] | None, flag("Repeatable; default: .4 .7 1 1.3 1.6.")
    ] = None,
    page: Annotated[str | None, flag("A Markdown file for the tables and the figure.")] = None,
    ks: Annotated[
        list[int] | None, flag("A k to list; repeatable; default: powers of 2.", typed=("--k",))
    ] = None,
    n: flags.Draws = 128,
    max_tokens: MaxTokens = None,
    top_p: TopP,
    top_k: TopK,
    seed: flags.Seed,
    json_: flags.Json = False,
) -> None:
    """Base and trained policy over temperatures, each at its best: do the curves still cross?

    Example: python -m research temperature lab:base policies/rare lab:rare --out runs/temperature
    """
    from research.temperature import study_temperature, write_temperature

    if page is not None and not page.endswith(".md"):
        raise UsageError(f"--page {page!r}; allowed: a .md file")
    decoding = DecodingFlags(max_tokens=max_tokens, temperature=1.0, top_p=top_p, top_k=top_k)
    first, second = resolve([base, trained], problems, engine, decoding, prompt, fields, seed=seed)
    tell_stop(first.policy)
    result = study_temperature(
        first.policy,
        second.policy,
        first.problems,
        out=out,
        temperatures=temperature or TEMPERATURES,
        n=n,
        sampling=first.sampling,
        engine=engine.engine,
        engine_args=first.engine_args,
        verifier=fields.verifier,
        ks=ks,
        seed=seed,
        bar=bar,
        command=command_line(),
    )
    if json_:
        print(json_text(result.to_dict()))
    else:
        from passgap.show import print_blocks
        from research.temperature_tables import blocks

        print_blocks(blocks(result))
    if page is not None:
        written = write_temperature(result, page, out=out, command=command_line())
        print(f"{', '.join(map(str, written))}: written", file=sys.stderr)


@command()
def algorithms(
    out: Kept = "runs/algorithms",
    page: Page = "docs/results/algorithms.md",
    study: Annotated[
        list[str] | None,
        flag("A section of the page, such as steps or 'group size'; repeatable; default: all."),
    ] = None,
    seeds: Annotated[int, flag("Training seeds per row.")] = 3,
    held_out: Annotated[int, flag("Held-out problems.")] = 300,
    n: flags.Draws = 256,
) -> None:
    """One base of the lab trained in many ways: pass@1, pass@n and the gap between, in one table.

    Example: python -m research algorithms --study algorithms --out runs/algorithms
    """
    from research.algorithms import STUDIES, Size, write_algorithms

    written = write_algorithms(
        out,
        page,
        progress=bar,
        size=Size(seeds=seeds, held_out=held_out, n=n),
        studies=study or tuple(STUDIES),
        command=command_line(),
    )
    print(f"{written}: written")


@command()
def worlds(
    out: Kept = "runs/worlds",
    page: Annotated[str, flag("The Markdown file with the table.")] = "docs/results/worlds.md",
    seeds: Annotated[int, flag("GRPO training seeds on rare.")] = 5,
    size: Annotated[int, flag("Held-out problems.")] = 300,
    n: flags.Draws = 256,
) -> None:
    """Every family and training seed at full size, and the table of verdicts.

    Example: python -m research worlds --seeds 5 --out runs/worlds
    """
    from research.worlds import write_worlds

    written = write_worlds(
        out, page, seeds=seeds, size=size, n=n, progress=bar, command=command_line()
    )
    print(f"{written}: written")


@command()
def known_worlds(
    out: Kept = "runs/known-worlds",
    page: Page = "docs/results/worlds.md",
    world: Annotated[
        list[str] | None, flag("narrowing or teaching; repeatable; default: both.")
    ] = None,
    seeds: Annotated[int, flag("Training seeds per world.", least=1)] = 10,
    size: Annotated[int, flag("Held-out problems.")] = 100,
    n: flags.Draws = 128,
) -> None:
    """RLVR that narrows and RLVR that teaches: verdicts and crossover beside the exact truth.

    Example: python -m research known-worlds --world narrowing --out runs/known-worlds
    """
    from research.known_worlds import WORLDS, write_known_worlds

    written = write_known_worlds(
        out,
        page,
        worlds=world or tuple(WORLDS),
        seeds=seeds,
        size=size,
        n=n,
        progress=bar,
        command=command_line(),
    )
    print(f"{written}: written")


@command()
def forecast(
    page: Annotated[
        str, flag("The Markdown file; its figure goes to the folder beside it.")
    ] = "docs/results/forecast.md",
) -> None:
    """Fit the forecast to the published pairs: the package's numbers, and the page of its errors.

    Example: python -m research forecast
    """
    from research.forecast import write_forecast

    def tell(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    for written in write_forecast(page, command_line(), tell):
        print(f"{written}: written")


@command()
def alarms(
    out: Annotated[str, flag("Folder for the runs; finished ones are kept.")] = "runs/alarms",
    page: Annotated[str, flag("The Markdown file with the tables.")] = "docs/results/alarms.md",
    seeds: Annotated[int, flag("Training seeds of each kind.")] = 9,
) -> None:
    """Healthy and broken runs of the lab: which early warnings they have, and when.

    Example: python -m research alarms --seeds 9 --out runs/alarms
    """
    from research.alarms import write_alarms

    written = write_alarms(out, page, seeds=seeds, progress=bar, command=command_line())
    print(f"{written}: written")


def command_line() -> str:
    """The command as it was typed, for manifests and pages."""
    return shlex.join(["python", "-m", "research", *sys.argv[1:]])


def group() -> TyperGroup:
    """The studies as one program."""
    return TyperGroup(
        name="research",
        help="passgap's studies: planned sets of runs, and the page each makes.",
        commands={
            "temperature": temperature,
            "algorithms": algorithms,
            "worlds": worlds,
            "known-worlds": known_worlds,
            "forecast": forecast,
            "alarms": alarms,
        },
        no_args_is_help=True,
        rich_markup_mode=None,
    )


def main() -> None:
    """Run the command line; a deliberate error is one line on standard error."""
    try:
        group()(prog_name="python -m research")
    except PassgapError as error:
        print(f"research: {visible(error)}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
