"""The zygote: from orders to a process for each program and how it ended.

It is forked before any test is read, and knows only programs.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress

from passgap.verifiers.inside.messages import receive, send
from passgap.verifiers.inside.program import FAILED, SCRIPT_ENDS, Order, become_program

ENDS = SCRIPT_ENDS | {0: "exited", -signal.SIGXCPU: "timeout", -signal.SIGKILL: "killed"}


class Zygote:
    """The tester's side: a process that forks programs."""

    def __init__(self) -> None:
        self._line, theirs = socket.socketpair()
        if os.fork() == 0:
            self._line.close()
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)  # the pipe of the verdicts
            serve_orders(theirs)
        theirs.close()

    def start(self, order: Order, descriptors: list[int]) -> None:
        """Start a program with this standard input, output and socket.

        ``order`` holds its limits, the script or None, and whether it has LiveCodeBench's prelude.
        """
        socket.send_fds(self._line, [b"s"], descriptors)
        send(self._line, order)

    def end(self) -> str:
        """End the program, if it still runs; why it ended, in a word.

        If the zygote is gone or could not confine the program, nothing can be trusted any more and
        the tester ends with it.
        """
        self._line.sendall(b"e")
        reply = receive(self._line)
        if reply is None or not reply["confined"]:
            os._exit(3)
        return ENDS.get(reply["code"], "crash")


def serve_orders(line: socket.socket) -> None:
    """Fork programs, one after another, as long as the tester lives; never returns."""
    while True:
        message, descriptors, _, _ = socket.recv_fds(line, 1, 3)
        order = receive(line) if message else None
        if order is None:
            os._exit(0)
        ready, confined = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                line.close()
                become_program(descriptors, order, confined)
            finally:
                os._exit(FAILED)
        for descriptor in (*descriptors, confined):
            os.close(descriptor)
        # The byte is written after the limits are set and before the source is touched. Without it
        # the process died before, or runs without limits: then no verdict of this tester is valid.
        was_confined = os.read(ready, 1) == b"c"
        os.close(ready)
        if not line.recv(1):
            os._exit(0)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        send(line, {"code": os.waitstatus_to_exitcode(status), "confined": was_confined})
