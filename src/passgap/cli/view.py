"""``passgap view``: a local web app over a folder of runs."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from typing import Annotated

from passgap.cli.command import argument, command, flag


@command()
def view(
    folder: Annotated[str, argument("[DIR]", "Folder of runs.")] = ".",
    host: Annotated[
        str, flag("Address to bind to; other than loopback it needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, flag("Port; 0 takes a free one.")] = 8177,
    open_: Annotated[bool, flag("Open it in the browser.")] = False,
) -> None:
    """A local web app over all runs in a folder: problems, completions, audits, training.

    Example: passgap view runs
    """
    from passgap.show.viewer.server import serve

    def ready(url: str) -> None:
        print(f"{folder}: {url} (ctrl-C stops it)", flush=True)
        if open_:
            webbrowser.open(url)

    with suppress(KeyboardInterrupt):  # the way to stop it
        serve(folder, host=host, port=port, ready=ready)
