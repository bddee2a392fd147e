"""A pool of child processes that answer requests over pipes; stuck ones are killed and replaced.

In: a command that speaks the protocol, and items. Out: one reply per item, or its loss. The
protocol is JSON lines: the child says ``"ready"``; a request is ``{"head": .., "items": [..]}``;
the child answers one line per item, in order, each as soon as it is done. So if a child dies or
does not answer in time, the item it was working on is known: that one is lost, the rest go to a new
child. Usable from any thread, also in a forked process. Not covered: a child that answers wrongly.
"""

from __future__ import annotations

import json
import os
import queue
import select
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from passgap.errors import WorkError

START_SECONDS = 120.0
CHUNK = 16
Reply = TypeVar("Reply")


@dataclass(frozen=True)
class Lost:
    """An item without a reply.

    ``reason`` is ``timeout``, ``crash`` (the child died), ``memory`` or ``error``; then ``error``
    is what was raised, and ``kind`` its kind if the child reports it.
    """

    reason: str
    error: str = "error"
    kind: str | None = None


class ChildError(Exception):
    """A child is gone; ``reason`` says how."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class Child:
    """One child process and its two pipes."""

    def __init__(self, command: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the child
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
        )
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self._stdin, self._stdout, self._buffer = stdin, stdout, b""
        try:
            self.read(START_SECONDS)
        except ChildError as error:
            complaint = self._complaint()
            self.kill()
            raise WorkError(f"a verifier's worker did not start: {complaint}") from error

    def write(self, request: Mapping[str, object]) -> None:
        """Send one request; a missing child is noticed when its reply is read."""
        with suppress(BrokenPipeError):
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()

    def read(self, seconds: float) -> bytes:
        """The next line; a ChildError if it does not come in time, or the child is gone."""
        descriptor, until = self._stdout.fileno(), time.monotonic() + seconds
        while b"\n" not in self._buffer:
            left = until - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                raise ChildError("timeout")
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                raise ChildError("crash")
            self._buffer += piece
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def ended(self) -> bool:
        """Whether it is gone."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it and all it started."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._stdin, self._stdout, self._errors):
            with suppress(OSError):
                pipe.close()

    def _complaint(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


class Pool(Generic[Reply]):
    """Children that ``start`` starts when needed, at most ``workers``, and that are kept.

    ``kind`` is the type of a reply, ``seconds`` its time limit; a child's own limits are lower.
    """

    def __init__(
        self, start: Callable[[], Child], kind: type[Reply], *, workers: int, seconds: float
    ) -> None:
        self._start, self._kind, self._workers, self._seconds = start, kind, workers, seconds
        self._reset()

    def _reset(self) -> None:
        self._owner = os.getpid()
        self._idle: queue.LifoQueue[Child | None] = queue.LifoQueue()
        for _ in range(self._workers):
            self._idle.put(None)
        self._children: set[Child] = set()
        self._end = weakref.finalize(self, _kill_all, self._children, self._owner)

    def run(self, head: object, items: Sequence[object]) -> list[Reply | Lost]:
        """A reply for every item, in order."""
        return self._run([(head, items)])[0]

    def run_each(
        self, heads: Mapping[str, object], pairs: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], Reply | Lost]:
        """Replies by (name of a head, item), each distinct pair asked once."""
        asked: dict[str, list[str]] = {}
        for name, item in dict.fromkeys(pairs):
            asked.setdefault(name, []).append(item)
        replies = self._run([(heads[name], items) for name, items in asked.items()])
        return {
            (name, item): reply
            for (name, items), found in zip(asked.items(), replies, strict=True)
            for item, reply in zip(items, found, strict=True)
        }

    def _run(self, jobs: Sequence[tuple[object, Sequence[object]]]) -> list[list[Reply | Lost]]:
        if os.getpid() != self._owner:  # forked: the children are the parent's
            self._reset()
        replies: list[list[Reply | Lost]] = [[Lost("crash")] * len(items) for _, items in jobs]
        chunks = [
            (job, start, min(start + CHUNK, len(items)))
            for job, (_, items) in enumerate(jobs)
            for start in range(0, len(items), CHUNK)
        ]

        def work(chunk: tuple[int, int, int]) -> None:
            job, start, end = chunk
            head, items = jobs[job]
            replies[job][start:end] = self._answered(head, items[start:end])

        if len(chunks) == 1:
            work(chunks[0])
        elif chunks:
            threads = ThreadPoolExecutor(min(self._workers, len(chunks)))
            try:
                list(threads.map(work, chunks))
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                self.close()  # no reply is awaited any more
                raise
            threads.shutdown()
        return replies

    def _answered(self, head: object, items: Sequence[object]) -> list[Reply | Lost]:
        # A child answers in order, one line per item: the first item without a line is the one
        # where it hung or died. That one is lost, and a new child continues after it.
        found: list[Reply | Lost] = []
        while len(found) < len(items):
            try:
                with self._child() as child:
                    child.write({"head": head, "items": list(items[len(found) :])})
                    while len(found) < len(items):
                        found.append(self._reply(child.read(self._seconds)))
            except ChildError as error:
                found.append(Lost(error.reason))
        return found

    def _reply(self, line: bytes) -> Reply | Lost:
        reply = json.loads(line)
        if isinstance(reply, dict) and "lost" in reply:
            return Lost(reply.pop("lost"), **reply)
        return msgspec.convert(reply, self._kind)

    @contextmanager
    def _child(self) -> Iterator[Child]:
        """An idle child, or a new one; one that fails is killed and its place freed."""
        child = self._idle.get()
        try:
            if child is not None and child.ended():
                self._children.discard(child)
                child.kill()
                child = None
            if child is None:
                child = self._start()
                self._children.add(child)
            yield child
        except BaseException:
            if child is not None:
                self._children.discard(child)
                child.kill()
            self._idle.put(None)
            raise
        self._idle.put(child)

    def close(self) -> None:
        """End the children."""
        self._end()
        self._reset()


def _kill_all(children: set[Child], owner: int) -> None:
    if os.getpid() == owner:
        for child in list(children):
            child.kill()
        children.clear()


def processors() -> int:
    """How many children keep this machine busy: the CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
