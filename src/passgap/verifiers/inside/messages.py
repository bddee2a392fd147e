"""Messages between the processes of the sandbox: length-prefixed JSON over a socket."""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time
from typing import Any

LONGEST = 64 << 20
MOST_DIGITS = 1_000


class LostError(BaseException):
    """The program gave no value; ``reason`` says why. A test's ``except Exception`` does not catch
    it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def send(sock: socket.socket, value: object, until: float | None = None) -> None:
    """Send one value.

    Raises ValueError for one that is too long, TimeoutError if the other side has not taken it by
    ``until`` (monotonic seconds).
    """
    data = json.dumps(value).encode()
    if len(data) > LONGEST:
        raise ValueError("message too long")
    sock.settimeout(None if until is None else max(until - time.monotonic(), 0.001))
    try:
        sock.sendall(struct.pack(">I", len(data)) + data)
    finally:
        sock.settimeout(None)


def receive(sock: socket.socket, until: float | None = None) -> Any:
    """The next value; None if the other side is gone or sends something unreadable.

    Raises TimeoutError if it is not complete by ``until`` (monotonic seconds).
    """
    head = exactly(sock, 4, until)
    if head is None:
        return None
    (length,) = struct.unpack(">I", head)
    body = exactly(sock, length, until) if length <= LONGEST else None
    return None if body is None else parsed(body)


def parsed(body: bytes) -> Any:
    """A message as a value; None if invalid. Long integers are sent as hex, since decimal digits
    are slow."""
    unlimited = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(MOST_DIGITS)
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
    finally:
        sys.set_int_max_str_digits(unlimited)


def exactly(sock: socket.socket, count: int, until: float | None) -> bytes | None:
    """This many bytes; None if the other side ends earlier."""
    pieces = []
    while count:
        if until is not None:
            left = until - time.monotonic()
            if left <= 0 or not select.select([sock], [], [], left)[0]:
                raise TimeoutError
        try:
            piece = sock.recv(min(count, 1 << 20))
        except ConnectionError:
            return None
        if not piece:
            return None
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
