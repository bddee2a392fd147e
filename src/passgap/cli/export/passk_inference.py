"""``passgap export passk-inference``: a verified run in, JSON lines for passk-inference out."""

from __future__ import annotations

from typing import Annotated

from passgap.cli.command import command, flag
from passgap.cli.export.counts import SourceArgument


@command()
def passk_inference(
    source: SourceArgument, out: Annotated[str, flag("A .jsonl file.", "FILE")]
) -> None:
    """Counts for passk-inference: JSON lines with id, n and c.

    Example: passgap export passk-inference runs/base --out base.jsonl
    """
    from passgap.launch.results import write_passk_inference
    from passgap.stages.counting import read_counts

    found = read_counts(source)
    print(f"{write_passk_inference(found, out)}: {found}")
