"""``passgap export scorio``: a verified run in, scorio's matrix of 0 and 1 out."""

from __future__ import annotations

from typing import Annotated

from passgap.cli.command import command, flag
from passgap.cli.export.counts import SourceArgument


@command()
def scorio(source: SourceArgument, out: Annotated[str, flag("A .npy file.", "FILE")]) -> None:
    """Counts as scorio's matrix of 0 and 1: a row per problem, a column per sample.

    Example: passgap export scorio runs/base --out base.npy
    """
    from passgap.launch.results import write_scorio
    from passgap.stages.counting import read_counts

    found = read_counts(source)
    print(f"{write_scorio(found, out)}: {len(found)} x {found.n[0]}; {found}")
