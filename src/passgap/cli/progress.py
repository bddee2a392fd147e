"""Progress bars on standard error: what a long stage shows while it works."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


def command_line() -> str:
    """The command as it was typed, for the manifest."""
    return shlex.join(["passgap", *sys.argv[1:]])


@contextmanager
def bar(title: str) -> Iterator[Callable[..., None]]:
    """A progress bar; the callback takes (done, total, tokens or metrics)."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[extra]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    start = time.monotonic()
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(title, total=None, extra="")

        def update(done: int, total: int, detail: object = None) -> None:
            extra = _detail(detail, time.monotonic() - start)
            progress.update(task, completed=done, total=total, extra=extra)

        yield update


def _detail(detail: object, seconds: float) -> str:
    if isinstance(detail, int) and detail and seconds > 0:
        return f"{detail / seconds:,.0f} tokens/s"
    if isinstance(detail, dict) and "reward" in detail:
        return f"reward {detail['reward']:.3f}"
    return ""
