"""``passgap export counts``, ``passk-inference``, ``scorio``, ``dataset``: results for others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from passgap.data.counts import Counts

SourceArgument = Annotated[
    str, typer.Argument(metavar="RUN", help="A verified run, or a counts file.")
]


def export_counts(
    source: SourceArgument,
    out: Annotated[str, typer.Option("--out", help="A .csv, .parquet or .jsonl file.")],
) -> None:
    """n, c and unscored of every problem, as every analysis here reads them back.

    Example: passgap export counts runs/base --out base.csv
    """
    from passgap.stages.counting import write_counts

    counts = _counts(source)
    print(f"{write_counts(counts, out)}: {counts}")


def export_passk_inference(
    source: SourceArgument,
    out: Annotated[str, typer.Option("--out", help="A .jsonl file.")],
) -> None:
    """Counts for passk-inference: JSON lines with id, n and c.

    Example: passgap export passk-inference runs/base --out base.jsonl
    """
    from passgap.launch.results import write_passk_inference

    counts = _counts(source)
    print(f"{write_passk_inference(counts, out)}: {counts}")


def export_scorio(
    source: SourceArgument,
    out: Annotated[str, typer.Option("--out", help="A .npy file.")],
) -> None:
    """Counts as scorio's matrix of 0 and 1: a row a problem, a column a draw.

    Example: passgap export scorio runs/base --out base.npy
    """
    from passgap.launch.results import write_scorio

    counts = _counts(source)
    print(f"{write_scorio(counts, out)}: {len(counts)} x {counts.n[0]}; {counts}")


def export_dataset(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A verified run.")],
    out: Annotated[str, typer.Option("--out", help="Folder to write; new or empty.")],
) -> None:
    """A folder that the Hugging Face hub takes: draws and problems as Parquet, and a card.

    Example: passgap export dataset runs/base --out share/base
    """
    from passgap.launch.results import write_dataset
    from passgap.runs import Run

    files = write_dataset(Run(run), out)
    print(f"{out}: {len(files)} files written, {files[-1].name} says what they are")


def _counts(source: str) -> Counts:
    from passgap.stages.counting import read_counts

    return read_counts(source)
