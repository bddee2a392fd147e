"""``passgap view``: a local web app over a folder of runs."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from typing import Annotated

from passgap.cli.command import argument, command, flag
from passgap.cli.progress import say


@command()
def view(
    folder: Annotated[
        str, argument("[DIR]", "Folder that contains runs, at most 8 levels deep.")
    ] = ".",
    host: Annotated[
        str, flag("Address to listen on; any but 127.0.0.1 requires the token in the printed URL.")
    ] = "127.0.0.1",
    port: Annotated[int, flag("Port; 0 chooses a free one.")] = 8177,
    open_: Annotated[bool, flag("Open it in the browser.")] = False,
) -> None:
    """Browse all runs in a folder: verdicts, problems, samples, audits, training while it runs.

    A web app on this machine. It reads runs and executes nothing that they name; the marks of an
    audit are all that it writes.

    Example: passgap view runs
    """
    from passgap.show.viewer.server import serve

    def ready(url: str) -> None:
        say(f"{folder}: {url} (ctrl-C stops it)", flush=True)
        if open_:
            webbrowser.open(url)

    with suppress(KeyboardInterrupt):  # the way to stop it
        serve(folder, host=host, port=port, ready=ready)
