"""``passgap lab pretrain``: makes one of the lab's policies from scratch."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.progress import bar, say


@command()
def pretrain(
    name: Annotated[str, argument("NAME", "base, teacher or novice.")],
    out: flags.NewFolder,
    steps: Annotated[
        int | None, flag("Optimizer steps; default: as for the packaged one.", least=1)
    ] = None,
    seed: flags.Seed = 0,
) -> None:
    """Train one of the lab's policies again, as the packaged one was trained.

    Example: passgap lab pretrain base --out base
    """
    from passgap.lab.folders import check_name
    from passgap.lab.pretrain import CONFIGS
    from passgap.lab.pretrain import pretrain as make

    usual = CONFIGS[check_name(name)]
    config = replace(usual, steps=usual.steps if steps is None else steps, seed=seed)
    with bar(f"pretraining {name}") as progress:
        folder = make(name, out, config=config, progress=progress)
    say(f"{folder}: written; next: passgap sample {folder} lab:mastered -n 8 --out runs/mine")
