"""``passgap demo`` and ``passgap lab``."""

from __future__ import annotations

from typing import Annotated

import typer

from passgap.cli import options
from passgap.cli.progress import bar, command_line
from passgap.plain import json_text

app = typer.Typer(
    help="The embedded lab: small policies whose truth is known.", no_args_is_help=True
)


def demo(
    out: Annotated[str, typer.Option("--out", help="Folder for everything it makes.")] = "demo",
    family: Annotated[str, typer.Option("--family", help="rare, mastered or absent.")] = "rare",
    algorithm: Annotated[
        str, typer.Option("--algorithm", help="grpo, or distill (from the lab's teacher).")
    ] = "grpo",
    size: Annotated[int, typer.Option("--size", help="Held-out problems.")] = 300,
    n: options.Draws = 256,
    steps: Annotated[
        int | None, typer.Option("--steps", help="Training steps; default: the lab's own.")
    ] = None,
    seed: options.Seed = 0,
    json_: options.Json = False,
) -> None:
    """The whole loop on the embedded lab: sample, probe, train, sample, compare, report.

    Example: passgap demo --out demo
    """
    from passgap.demo import run_demo
    from passgap.show import print_result

    result = run_demo(
        out,
        family=family,
        algorithm=algorithm,
        size=size,
        n=n,
        steps=steps,
        seed=seed,
        progress=bar,
        command=command_line(),
    )
    if json_:
        print(
            json_text(
                {"probe": result.probe, "comparison": result.comparison, "reach": result.reach}
            )
        )
        return
    print_result(result.probe)
    print_result(result.comparison)
    print_result(result.reach)
    print(f"the page: {result.page}")


@app.command("pretrain")
def pretrain(
    name: Annotated[str, typer.Argument(help="base or teacher.")],
    out: options.Out,
    steps: Annotated[
        int | None, typer.Option("--steps", min=1, help="Steps; default: the recipe's own.")
    ] = None,
    seed: options.Seed = 0,
) -> None:
    """Remake one of the lab's policies from scratch by the recipe in the package.

    Example: passgap lab pretrain base --out base
    """
    from passgap.lab.folders import check_name
    from passgap.lab.pretrain import STEPS, PretrainConfig
    from passgap.lab.pretrain import pretrain as make

    config = PretrainConfig(steps or STEPS[check_name(name)], seed=seed)
    with bar(f"pretraining {name}") as progress:
        folder = make(name, out, config=config, progress=progress)
    print(f"{folder}: written; next: passgap sample {folder} lab:mastered -n 8 --out runs/mine")
