"""``passgap view``: a folder of runs in, a local web app over them out."""

from __future__ import annotations

import webbrowser
from contextlib import suppress
from typing import Annotated

import typer

from passgap.cli.command import command


@command()
def view(
    folder: Annotated[str, typer.Argument(metavar="[DIR]", help="Folder of runs.")] = ".",
    host: Annotated[
        str, typer.Option(help="Address to bind to; not loopback: needs a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port; 0 takes a free one.")] = 8177,
    open_: Annotated[bool, typer.Option(help="Open it in the browser.")] = False,
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
