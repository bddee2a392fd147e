"""``passgap watch``: a training's folder in, its learning signal and warnings out, as it runs."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Annotated

from passgap.cli.command import argument, command, flag
from passgap.cli.flags import OutputFlags
from passgap.cli.printing import print_one
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.evidence.options import WatchOptions
    from passgap.results.watching import Watching

FEWEST_ROWS, MOST_ROWS, OTHER_LINES = 3, 12, 32
WAITING = "waiting for the first reward call"


@command(defaults="passgap.evidence.watching:follow")
def watch(
    folder: Annotated[str, argument("FOLDER", "A training folder, or a watch folder.")],
    *,
    base: Annotated[
        str | None, flag("The base's run or counts: gives the forecast.", "RUN")
    ] = None,
    follow: Annotated[
        bool, flag("Look again until passgap train has finished; others: until Ctrl-C.")
    ] = False,
    seconds: Annotated[float, flag("--follow: between two looks.")],
    every: Annotated[int | None, flag("Steps per row; default: at most 50 rows.")],
    window: Annotated[int, flag("Steps that the early warnings look at.")],
    visits: Annotated[int, flag("Last groups without a hit that make a problem lost.")],
    group_size: Annotated[int | None, flag("GRPO's G; default: as recorded.")],
    output: OutputFlags,
) -> None:
    """A training run while it runs: learning signal, problems solved and lost, early warnings.

    Example: passgap watch policies/rare --base runs/base --follow
    """
    from passgap.evidence import watching

    settings: WatchOptions = {
        "group_size": group_size,
        "every": every,
        "window": window,
        "visits": visits,
    }
    if follow:
        if output.given():
            raise UsageError(f"--follow with --{output.given()[0]}; allowed: one of them")
        _show(watching.follow(folder, base=base, seconds=seconds, **settings))
        return
    print_one(watching.watch_folder(folder, base=base, **settings), output)


def _show(results: Iterable[Watching | None]) -> None:
    """Each result in place of the one before; one after the other where this is no terminal."""
    from rich.console import Console
    from rich.live import Live

    from passgap.show.contents.watching import blocks
    from passgap.show.terminal import paint

    console = Console()
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    with live or nullcontext(), suppress(KeyboardInterrupt):
        for result in results:
            rows = max(FEWEST_ROWS, console.height - OTHER_LINES) if live else MOST_ROWS
            view = WAITING if result is None else paint(blocks(result, rows=rows))
            if live:
                live.update(view, refresh=True)
            else:
                console.print(view)
