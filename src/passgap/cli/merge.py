"""``passgap merge``: joins runs of disjoint ranges of samples into one."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command
from passgap.cli.progress import say


@command()
def merge(
    runs: Annotated[list[str], argument("RUN...", "Runs with disjoint --first-draw ranges.")],
    out: flags.Out,
) -> None:
    """Join runs sampled on several machines, each with its own range of samples.

    Example: passgap merge runs/a runs/b --out runs/all
    """
    from passgap.runs import Run
    from passgap.runs import merge as join

    merged = join([Run(run) for run in runs], out)
    say(f"{out}: n={merged.manifest.n} from {len(runs)} runs; next: passgap verify {out}")
