"""``passgap demo``: the whole loop on the embedded lab, into one folder."""

from __future__ import annotations

from typing import Annotated

import typer

from passgap.cli import flags
from passgap.cli.command import AS_IN_PYTHON, command
from passgap.cli.progress import bar, command_line
from passgap.plain import json_text


@command(defaults="passgap.demo:run_demo")
def demo(
    out: Annotated[
        str, typer.Option(metavar="DIR", help="Folder for everything it makes.")
    ] = "demo",
    family: Annotated[str, typer.Option(help="rare, mastered or absent.")] = AS_IN_PYTHON,
    algorithm: Annotated[
        str, typer.Option(help="grpo, or distill (from the lab's teacher).")
    ] = AS_IN_PYTHON,
    size: Annotated[int, typer.Option(help="Held-out problems.")] = AS_IN_PYTHON,
    n: flags.Draws = AS_IN_PYTHON,
    steps: Annotated[
        int | None, typer.Option(help="Training steps; default: the lab's own.")
    ] = AS_IN_PYTHON,
    seed: flags.Seed = AS_IN_PYTHON,
    json_: flags.Json = False,
) -> None:
    """The whole loop on the embedded lab: sample, probe, train, sample, compare, report.

    It takes a few minutes on a laptop's CPU and needs no model and no network.

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
    verdicts = {
        "probe": result.probe,
        "comparison": result.comparison,
        "reach": result.reach,
    }
    if json_:
        print(json_text(verdicts))
        return
    for verdict in verdicts.values():
        print_result(verdict)
    print(f"the page: {result.page}")
