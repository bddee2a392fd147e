"""``passgap view``."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from typing import Annotated

import typer


def view(
    folder: Annotated[str, typer.Argument(metavar="[DIR]", help="Folder of runs.")] = ".",
    host: Annotated[
        str, typer.Option("--host", help="Address to bind to; not loopback: needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", help="Port; 0 takes a free one.")] = 8177,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """A local web app over all runs below a folder: problems, completions, audits, training.

    Example: passgap view runs
    """
    from passgap.show.viewer.server import serve

    def ready(url: str) -> None:
        print(f"{folder}: {url} (ctrl-C stops it)", flush=True)
        if open_:
            webbrowser.open(url)

    with suppress(KeyboardInterrupt):  # the way to stop it
        serve(folder, host=host, port=port, ready=ready)
