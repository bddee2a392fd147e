"""``passgap export dataset``: a verified run in, a data set's folder out."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command


@command()
def dataset(run: Annotated[str, argument("RUN", "A verified run.")], out: flags.NewFolder) -> None:
    """A folder that the Hugging Face hub takes: samples and problems as Parquet, and a card.

    Example: passgap export dataset runs/base --out share/base
    """
    from passgap.launch.results import write_dataset
    from passgap.runs import Run

    files = write_dataset(Run(run), out)
    print(f"{out}: {len(files)} files written, {files[-1].name} says what they are")
