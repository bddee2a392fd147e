"""Serving: a folder in, the app on a port until it is stopped.

Bound to 127.0.0.1 unless another address is requested, and then behind a token in the URL.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

from passgap.errors import MissingExtraError, UsageError
from passgap.show.viewer.finding import root_of

try:
    import uvicorn

    from passgap.show.viewer.app import build
except ModuleNotFoundError as error:
    if error.name not in ("uvicorn", "starlette", "latex2mathml", "pygments"):
        raise
    raise MissingExtraError(str(error.name), "view") from error

from passgap.show.viewer.guard import Access
from passgap.show.viewer.library import Library


def serve(folder: Path | str, *, host: str, port: int, ready: Callable[[str], object]) -> None:
    """Show everything below ``folder`` until interrupted.

    Any ``host`` but loopback needs the token in the URL; port 0 takes a free one. ``ready`` is
    called once with the URL to open, when the port is bound. Raises UsageError if the folder is
    none, or the port cannot be bound.
    """
    root = root_of(folder)
    bound = _bind(host, port)
    access = Access.of(host, bound.getsockname()[1])
    library = Library(root)
    config = uvicorn.Config(
        build(library, access), log_level="warning", access_log=False, server_header=False
    )
    ready(url_of(host, access))
    try:
        uvicorn.Server(config).run(sockets=[bound])
    finally:
        library.stop()
        bound.close()


def url_of(host: str, access: Access) -> str:
    """The URL to open, with the token where one is needed."""
    name = socket.gethostname() if host in ("0.0.0.0", "::") else host
    address = f"[{name}]" if ":" in name else name
    url = f"http://{address}:{access.port}/"
    return f"{url}?token={access.token}" if access.token else url


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(64)  # from now on a browser may connect: it waits for the app
    except (OSError, OverflowError) as error:
        bound.close()
        raise UsageError(
            f"{host}:{port} cannot be bound ({error}); give another --port, or 0 for a free one"
        ) from error
    return bound
