"""``passgap view``: a local web app over a folder of runs."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from typing import Annotated

from passgap.cli.command import argument, command, flag
from passgap.cli.progress import say


@command()
def view(
    folder: Annotated[str, argument("[DIR]", "Folder that holds runs, at most 8 deep.")] = ".",
    host: Annotated[
        str, flag("Address to listen on; any but 127.0.0.1 asks for the token in the printed URL.")
    ] = "127.0.0.1",
    port: Annotated[int, flag("Port; 0 takes a free one.")] = 8177,
    open_: Annotated[bool, flag("Open it in the browser.")] = False,
) -> None:
    """Browse all runs in a folder: verdicts, problems, samples, audits, training as it goes on.

    A web app on this machine. It reads, and runs nothing that a run names; an audit's marks are all
    that it writes.

    Example: passgap view runs
    """
    from passgap.show.viewer.server import serve

    def ready(url: str) -> None:
        say(f"{folder}: {url} (ctrl-C stops it)", flush=True)
        if open_:
            webbrowser.open(url)

    with suppress(KeyboardInterrupt):  # the way to stop it
        serve(folder, host=host, port=port, ready=ready)
