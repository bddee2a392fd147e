"""Results on a screen: in a terminal, on a page, in a notebook, as Markdown, in a viewer.

Computes no statistic. A typed result becomes blocks once (`contents.dispatch`); ``terminal``,
``page``, ``notebook`` and ``markdown`` paint blocks, whatever the result. `print_result` prints a
result, `chart` and `html` are what a notebook asks for, `write_result` writes its main chart;
`page.gathering` makes the page of runs.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from passgap.errors import UsageError

if TYPE_CHECKING:
    import polars as pl
    from rich.console import Console

    from passgap.show.blocks import Block
    from passgap.show.charts.lazy import Chart

__all__ = [
    "as_frame",
    "as_latex",
    "as_markdown",
    "chart",
    "html",
    "print_blocks",
    "print_result",
    "write_result",
]
WHOLE = "--full shows all"


def print_result(result: object, console: Console | None = None, *, full: bool = True) -> None:
    """Print a result: its verdict, key figures, tables and notes; or what one screen holds."""
    from passgap.show.blocks import brief
    from passgap.show.contents.dispatch import blocks_of

    blocks = blocks_of(result)
    print_blocks(blocks if full else brief(blocks, WHOLE), console)


def print_blocks(blocks: Sequence[Block], console: Console | None = None) -> None:
    """Print blocks."""
    from rich.console import Console

    from passgap.show.terminal import paint

    (console or Console()).print(paint(blocks))


def as_frame(result: object) -> pl.DataFrame:
    """A result's main table as a polars data frame."""
    from passgap.show.frames import frame_of

    return frame_of(result)


def as_markdown(result: object) -> str:
    """A result as Markdown, with all its tables."""
    from passgap.show.contents.dispatch import blocks_of
    from passgap.show.markdown import paint

    return paint(blocks_of(result))


def as_latex(result: object) -> str:
    """A result's tables as LaTeX (booktabs), for a paper."""
    from passgap.show.contents.dispatch import blocks_of
    from passgap.show.latex import paint

    return paint(blocks_of(result))


def html(result: object) -> str:
    """A result as static HTML, without script, safe whatever its texts are."""
    from passgap.show.contents.dispatch import blocks_of
    from passgap.show.notebook import paint

    return paint(blocks_of(result))


def chart(result: object) -> Chart:
    """A result's main chart as an altair object, in the palette of the report.

    It has no width, to be layered, resized or saved. Raises UsageError for a result that has none,
    as a verdict without its numbers.
    """
    from passgap.show.blocks import pictures
    from passgap.show.contents.dispatch import blocks_of

    found, name = pictures(blocks_of(result)), type(result).__name__
    if not found:
        raise UsageError(
            f"{name} has no chart: it contains no numbers to draw; print it, or use to_dict()"
        )
    return found[0].draw()


def write_result(result: object, path: str | os.PathLike[str]) -> Path:
    """Write a result's main chart as the kind of picture its name ends in."""
    from passgap.show.charts.figures import write_picture

    return write_picture(chart(result), path)
