"""Progress bars on standard error: what a long stage shows while it works."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from passgap.plain import shareable, visible


def command_line() -> str:
    """The command as it was typed, for the manifest."""
    return shareable(shlex.join(["passgap", *sys.argv[1:]]))


def say(text: object, *, file: TextIO | None = None, flush: bool = False) -> None:
    """Print a line in which nothing steers the terminal: a folder's name may hold escapes."""
    print(visible(text), file=file, flush=flush)


@contextmanager
def bar(
    title: str, *, price: float | None = None, shown: bool = True
) -> Iterator[Callable[..., None]]:
    """A progress bar; the callback takes (done, total, tokens or metrics).

    Nothing is shown before the first call, so a refused command shows no bar. With ``price``, per
    million tokens, it shows the cost so far and in total. Only one of several processes shows it.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[extra]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    start, first = time.monotonic(), -1
    with Progress(*columns, console=Console(stderr=True, quiet=not shown)) as progress:
        task = progress.add_task(escape(visible(title)), total=None, extra="", visible=False)

        def update(done: int, total: int, detail: object = None) -> None:
            nonlocal first
            first = done if first < 0 else first
            extra = _detail(detail, time.monotonic() - start)
            if first == done < total and not extra:
                extra = "starting"  # a model is loaded, workers are started
            if price is not None and isinstance(detail, int) and done > first:
                share = (total - first) / (done - first)
                spent = detail * price / 1e6
                extra += f" · {spent:,.2f} of about {spent * share:,.2f}"
            progress.update(task, completed=done, total=total, extra=extra, visible=True)

        yield update


def _detail(detail: object, seconds: float) -> str:
    if isinstance(detail, int) and detail and seconds > 0:
        return f"{detail / seconds:,.0f} tokens/s"
    if isinstance(detail, dict) and "reward" in detail:
        return f"reward {detail['reward']:.3f}"
    return ""
