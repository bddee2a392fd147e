"""The server: requests on standard input, verdicts on standard output.

It reads nothing itself: each request is handled by a fresh tester, forked from a server that has
seen none.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import json
import os
import resource
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from passgap.verifiers.inside.confine import compiled_filter, confine, hide
from passgap.verifiers.inside.messages import LostError
from passgap.verifiers.inside.prelude import imported
from passgap.verifiers.inside.tests import InexpressibleError, run, unpacked
from passgap.verifiers.inside.zygote import Zygote

if TYPE_CHECKING:
    from passgap.data.problems import Tests

PRIVATE = "/tmp"
# what programs import most, loaded once: a fork gets it for free
PRELOADED = (
    "array", "bisect", "cmath", "collections", "copy", "dataclasses", "datetime", "decimal",
    "enum", "fractions", "functools", "hashlib", "heapq", "itertools", "math", "operator", "queue",
    "random", "re", "statistics", "string", "textwrap", "threading", "traceback", "typing",
)  # fmt: skip


def serve() -> None:
    """Fork a tester for each request; end if one fails, or when there are no more requests.

    A tester whose alarm went off was delayed by what a program returned: that is its verdict.
    """
    for name in PRELOADED:
        importlib.import_module(name)
    sys.set_int_max_str_digits(0)
    hide()
    imported()
    compiled_filter()
    prove_confinement()
    gc.collect()
    gc.freeze()
    os.write(1, b'"ready"\n')
    requests = select.poll()
    requests.register(0, select.POLLIN)
    while True:
        ((_, events),) = requests.poll()
        if not events & select.POLLIN:
            sys.exit(0)
        pid = os.fork()
        if pid == 0:
            code = 4
            try:
                be_tester()
                code = 0
            finally:
                os._exit(code)
        _, status = os.waitpid(pid, 0)
        if status:
            if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
                os.write(1, b'["incorrect", "timeout"]\n')
            sys.exit(1)
        bury_orphans()


def bury_orphans() -> None:
    """Reap processes that ended after their parent: this is the first process here."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def prove_confinement() -> None:
    """Refuse to serve if a program could do something forbidden."""
    pid = os.fork()
    if pid == 0:
        confine(1 << 31, 10, 1 << 20)
        for attempt in (os.fork, socket.socket, lambda: os.kill(os.getppid(), 0)):
            try:
                attempt()
            except PermissionError:
                continue
            os._exit(1)
        os._exit(0)
    if os.waitpid(pid, 0)[1]:
        sys.exit("system calls cannot be filtered here (seccomp), so no program is run")


def be_tester() -> None:
    """Fork the zygote, and only then read the request and answer it."""
    # A fork inherits its parent's memory. So the process from which programs are forked is made
    # before a test is read, and this tester ends with its request: no program finds an expected
    # output in its own memory, not even one of another problem.
    zygote = Zygote()
    verdicts = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a test prints is not a verdict
    request = json.loads(read_line())
    tests: Tests | None = None
    with suppress(Exception):  # test data may be anything
        found = unpacked(request["head"])
        limit_memory(found["limits"][0])
        tests = found
    for source in request["items"]:
        wipe()
        answer = ["unscored", "error"] if tests is None else verdict(tests, zygote, source)
        os.write(verdicts, json.dumps(answer).encode() + b"\n")
    wipe()


def limit_memory(more: int) -> None:
    """Limit this process to this many further bytes, whatever a program returns."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + more, now + more))


def verdict(tests: Tests, zygote: Zygote, source: str) -> list[str]:
    """``[status, reason]`` of one program."""
    try:
        run(tests, zygote, source)
    except LostError as lost:
        return ["incorrect", lost.reason]
    except InexpressibleError:
        return ["unscored", "error"]
    except AssertionError:
        return ["incorrect", ""]
    except SyntaxError:
        return ["incorrect", "syntax"]
    except MemoryError:
        return ["incorrect", "memory"]
    except Exception:  # raised by the program, or by a test that got an odd value from it
        return ["incorrect", "exception"]
    return ["correct", ""]


def read_line() -> bytes:
    """The request, to the end of its line; the next one comes only after this is answered."""
    pieces: list[bytes] = []
    while not pieces or not pieces[-1].endswith(b"\n"):
        piece = os.read(0, 1 << 20)
        if not piece:
            os._exit(0)
        pieces.append(piece)
    return b"".join(pieces)


def wipe() -> None:
    """Empty the private folder; if that fails, this sandbox ends.

    Nested folders are moved to the top first, so that none is too deep to reach.
    """
    os.chmod(PRIVATE, 0o700)
    for name in os.listxattr(PRIVATE):
        os.removexattr(PRIVATE, name)
    fresh = (f"{PRIVATE}/{os.urandom(8).hex()}" for _ in itertools.count())
    while entries := list(os.scandir(PRIVATE)):
        for entry in entries:
            empty(entry, fresh)
            if entry.is_dir(follow_symlinks=False):
                os.rmdir(entry.path)


def empty(entry: os.DirEntry[str], fresh: Iterator[str]) -> None:
    """Unlink a file, or the files of a folder whose folders move to ``fresh`` paths."""
    if not entry.is_dir(follow_symlinks=False):
        os.unlink(entry.path)
        return
    os.chmod(entry.path, 0o700)
    for inner in list(os.scandir(entry.path)):
        if inner.is_dir(follow_symlinks=False):
            os.chmod(inner.path, 0o700)
            os.rename(inner.path, next(fresh))
        else:
            os.unlink(inner.path)


if __name__ == "__main__":
    serve()
