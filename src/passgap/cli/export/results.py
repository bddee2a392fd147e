"""The exports of results: a verified run in the formats of other tools."""

from __future__ import annotations

from typing import Annotated

from passgap.cli import flags
from passgap.cli.command import argument, command, flag
from passgap.cli.progress import say
from passgap.plain import plural

SourceArgument = Annotated[str, argument("RUN", "A verified run, or a counts file.")]


@command()
def counts(
    source: SourceArgument,
    out: Annotated[str, flag("Write to this .csv, .parquet or .jsonl file.", "FILE")],
    ray: flags.OnRay = None,
) -> None:
    """n, c and unscored of every problem, in the format that every analysis here reads.

    Example: passgap export counts runs/base --out base.csv
    """
    from passgap.stages.counting import read_counts, write_counts

    with flags.on_ray(ray):
        found = read_counts(source)
    say(f"{write_counts(found, out)}: {found}")


@command()
def passk_inference(
    source: SourceArgument, out: Annotated[str, flag("Write to this .jsonl file.", "FILE")]
) -> None:
    """Counts for passk-inference: JSON lines with id, n and c.

    Example: passgap export passk-inference runs/base --out base.jsonl
    """
    from passgap.launch.results import write_passk_inference
    from passgap.stages.counting import read_counts

    found = read_counts(source)
    say(f"{write_passk_inference(found, out)}: {found}")


@command()
def scorio(
    source: SourceArgument, out: Annotated[str, flag("Write to this .npy file.", "FILE")]
) -> None:
    """Counts as scorio's matrix of 0 and 1: one row per problem, one column per sample.

    Example: passgap export scorio runs/base --out base.npy
    """
    from passgap.launch.results import write_scorio
    from passgap.stages.counting import read_counts

    found = read_counts(source)
    say(f"{write_scorio(found, out)}: {len(found)} x {found.n[0]}; {found}")


@command()
def dataset(run: Annotated[str, argument("RUN", "A verified run.")], out: flags.NewFolder) -> None:
    """Data set folder for the Hugging Face hub: samples and problems as Parquet, and a card.

    Example: passgap export dataset runs/base --out share/base
    """
    from passgap.launch.results import write_dataset
    from passgap.runs import Run

    files = write_dataset(Run(run), out)
    say(f"{out}: {plural(len(files), 'file')} written; {files[-1].name} describes them")
