"""``passgap demo``: the whole loop on the embedded lab, into one folder."""

from __future__ import annotations

import sys
from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import command, flag
from passgap.cli.flags import OutputFlags
from passgap.cli.printing import print_one
from passgap.cli.progress import bar, command_line, say
from passgap.plain import json_text


@command(defaults="passgap.demo:run_demo")
def demo(
    *,
    out: Annotated[str, flag("Folder for all files of the demo.", "DIR")] = "demo",
    family: Annotated[
        str, flag("Kind of problems: rare, mastered, absent, ambiguous, edge or far.")
    ],
    algorithm: Annotated[str, flag("grpo, or distill (from the lab's teacher).")],
    size: Annotated[int, flag("Number of held-out problems.")],
    n: flags.Draws,
    steps: Annotated[int | None, flag("Training steps; default: the lab's own.")],
    seed: flags.Seed,
    output: OutputFlags,
) -> None:
    """The whole loop on the embedded lab: sample, probe, train, sample, compare, report.

    It takes a few minutes on a laptop's CPU and needs no model and no network.

    Example: passgap demo --out demo
    """
    from passgap.demo import run_demo

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
    verdicts = {"probe": result.probe, "comparison": result.comparison, "reach": result.reach}
    if output.json_:
        print(json_text({name: verdict.to_dict() for name, verdict in verdicts.items()}))
        return
    for verdict in verdicts.values():
        print_one(verdict, output)
    say(f"the page: {result.page}", file=sys.stdout if output.for_people else sys.stderr)
