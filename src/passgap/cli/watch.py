"""``passgap watch``: learning signal and warnings of a training run, while it runs."""

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
    base: Annotated[str | None, flag("The base's run or counts, for the forecast.", "RUN")] = None,
    follow: Annotated[
        bool, flag("Update until passgap train has finished; for other trainers until Ctrl-C.")
    ] = False,
    seconds: Annotated[float, flag("Seconds between two updates, with --follow.")],
    every: Annotated[int | None, flag("Steps per row; default: at most 50 rows.")],
    window: Annotated[int, flag("Number of recent steps that early warnings use.")],
    visits: Annotated[
        int,
        flag(
            "A problem can count as lost after this many groups in a row without a correct sample."
        ),
    ],
    group_size: Annotated[
        int | None, flag("Completions per prompt in one step (GRPO's G); default: as recorded.")
    ],
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
            raise UsageError(f"--follow with --{output.given()[0]}; allowed: only one of them")
        _show(watching.follow(folder, base=base, seconds=seconds, **settings))
        return
    print_one(watching.watch_folder(folder, base=base, **settings), output)


def _show(results: Iterable[Watching | None]) -> None:
    """Each result in place of the one before; one after the other if this is not a terminal."""
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
