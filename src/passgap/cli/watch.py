"""``passgap watch``: learning signal and warnings of a training run, while it runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext, suppress
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from passgap.cli.command import argument, command, flag
from passgap.cli.flags import Notify, OutputFlags, StopOn
from passgap.cli.printing import print_one
from passgap.cli.progress import say
from passgap.errors import UsageError

if TYPE_CHECKING:
    from passgap.evidence.options import WatchOptions
    from passgap.evidence.reacting import Reactions
    from passgap.results.findings import Finding
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
    to: Annotated[
        list[str] | None,
        flag(
            "Also send the numbers of every step to wandb, mlflow, tensorboard or trackio; "
            "NAME:RUN for a run that exists (tensorboard: a folder); repeatable.",
            "NAME[:RUN]",
        ),
    ] = None,
    stop_on: StopOn = None,
    notify: Notify = None,
    output: OutputFlags,
) -> None:
    """A training run while it runs: learning signal, problems solved and lost, early warnings.

    Example: passgap watch policies/rare --base runs/base --follow
    """
    from passgap.evidence import watching
    from passgap.evidence.reacting import Reactions

    settings: WatchOptions = {
        "group_size": group_size,
        "every": every,
        "window": window,
        "visits": visits,
    }
    if follow and output.given():
        raise UsageError(f"--follow with --{output.given()[0]}; allowed: only one of them")
    if "://" in folder and (to or stop_on):
        raise UsageError(
            f"--{'to' if to else 'stop-on'} with {folder}; allowed: a local folder, in which "
            "passgap keeps what it sent or asked for"
        )
    reactions = Reactions(stop_on or (), notify or (), tell=partial(say, file=sys.stderr))
    send = _sending(folder, base, to, settings) if to else None
    if follow:
        results = watching.follow(folder, base=base, seconds=seconds, **settings)
        _show(_until_stopped(_sent(results, send) if send else results, reactions, folder))
        return
    result = watching.watch_folder(folder, base=base, **settings)
    if send:
        send(True)
    print_one(result, output)
    _end_if_stopped(reactions.react(result, watching.find_watch(folder)))


def _until_stopped(
    results: Generator[Watching | None], reactions: Reactions, folder: str
) -> Iterator[Watching | None]:
    """The results, up to one with a warning that training is to stop for."""
    from passgap.evidence.watching import find_watch

    with closing(results):
        for result in results:
            yield result
            if result is not None:
                _end_if_stopped(reactions.react(result, find_watch(folder)))


def _end_if_stopped(warning: Finding | None) -> None:
    if warning is not None:
        say(
            f"{warning.check}: training is asked to stop (stop.json in the watch folder)",
            file=sys.stderr,
        )
        raise typer.Exit(1)


def _sending(
    folder: str, base: str | None, to: Sequence[str], settings: WatchOptions
) -> Callable[[bool], None]:
    """What sends the steps that are new to dashboards: all, or those that are complete."""
    from passgap.evidence.watching import find_watch, held_out_rows, watch_folder
    from passgap.show.dashboards import Sender, numbers, settled
    from passgap.stages.counting import counts_of

    sender = Sender(to)
    counts = None if base is None else counts_of(base)
    by_step: WatchOptions = {**settings, "every": settings["every"] or 1}

    def send(whole: bool) -> None:
        place = find_watch(folder)
        result = watch_folder(place, base=counts, **by_step)
        last = None if whole else settled(result)
        sender.send(place, numbers(result, held_out_rows(place), last=last))
        if whole:
            sender.close()

    return send


def _sent(
    results: Iterable[Watching | None], send: Callable[[bool], None]
) -> Generator[Watching | None]:
    """The results; what they add is sent as they come, and all of it at the end."""
    seen = False
    try:
        for result in results:
            if result is not None:
                seen = True
                send(False)
            yield result
    finally:
        if seen:
            send(True)


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
