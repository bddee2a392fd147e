"""``passgap export counts``: a verified run in, a counts file out."""

from __future__ import annotations

from typing import Annotated

from passgap.cli.command import argument, command, flag

SourceArgument = Annotated[str, argument("RUN", "A verified run, or a counts file.")]


@command()
def counts(
    source: SourceArgument, out: Annotated[str, flag("A .csv, .parquet or .jsonl file.", "FILE")]
) -> None:
    """n, c and unscored of every problem, as every analysis here reads them back.

    Example: passgap export counts runs/base --out base.csv
    """
    from passgap.stages.counting import read_counts, write_counts

    found = read_counts(source)
    print(f"{write_counts(found, out)}: {found}")
