"""The program's own process: what a model wrote runs only here.

In: requests over the socket (``exec`` a source, ``call`` a function), or a whole script. Out: plain
values, what was raised, or nothing more.
"""

from __future__ import annotations

import builtins
import io
import os
import socket
import sys
import threading
import types
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypedDict

from passgap.verifiers.inside.confine import confine
from passgap.verifiers.inside.messages import receive, send
from passgap.verifiers.inside.prelude import RECURSION_LIMIT, with_prelude
from passgap.verifiers.inside.values import Json, decode, encode

FAILED = 7
SCRIPT_ENDS = {13: "memory", 14: "syntax", 15: "exception"}
LONGEST_TEXT = 200


class Order(TypedDict):
    """What to start: limits of memory, seconds and output; the script, None for calls."""

    limits: tuple[int, float, int]
    script: str | None
    prelude: bool


class Request(TypedDict, total=False):
    """What a tester asks a program to do: ``do`` is ``exec`` (of a source) or ``call``."""

    do: str
    name: str
    source: str
    args: list[Json]
    kwargs: dict[str, Json]


class Reply(TypedDict, total=False):
    """What a program answers; a hostile one may answer anything."""

    value: Json
    changed: list[tuple[int, Json]]
    raised: tuple[str, str]
    lost: str


def become_program(descriptors: list[int], order: Order, confined: int) -> None:
    """Turn this fresh fork into a program; ``descriptors`` are its input, output and socket.

    Once it is confined, and before it knows anything about the program, it reports that to
    ``confined``.
    """
    confine(*order["limits"])
    os.write(confined, b"c")
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
    sock = socket.socket(fileno=os.dup2(2, 3))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.closerange(4, 4096)
    try:
        sys.modules.pop("__main__", None)
        vars(builtins).update(exit=sys.exit, quit=sys.exit)  # as in a Python with its site module
        if order["prelude"]:
            sys.setrecursionlimit(RECURSION_LIMIT)
        if order["script"] is None:
            obey(sock, order["prelude"])
        else:  # the socket stays open as long as the script runs
            run_script(order["script"], order["prelude"])
    except BaseException:
        os._exit(FAILED)
    os._exit(0)


def obey(sock: socket.socket, prelude: bool) -> None:
    """Answer requests until the other side is gone."""
    program = Space(prelude)
    while (request := receive(sock)) is not None:
        try:
            send(sock, program.answer(request))
        except MemoryError:
            send(sock, {"lost": "memory"})
        except SystemExit:
            send(sock, {"lost": "exited"})
        except BaseException as error:
            send(sock, {"raised": [type(error).__name__, text_of(error)]})


def text_of(error: BaseException) -> str:
    """An exception's text, whatever its own methods do."""
    with suppress(BaseException):
        return str(error)[:LONGEST_TEXT]
    return ""


class Space:
    """The program's names, and the objects that stay here because they are not plain data."""

    def __init__(self, prelude: bool) -> None:
        self._prelude = prelude
        self._names: dict[str, Any] = {}
        self._objects: list[object] = []

    def answer(self, request: Request) -> Reply:
        """Carry out one request."""
        if request["do"] == "exec":
            self._names = new_module(request["name"], self._prelude)
            exec(compiled(request["source"]), self._names)
            return {}
        return self._call(request)

    def _call(self, request: Request) -> Reply:
        """A function's value, and the mutable arguments that it changed."""
        function = self._function(request["name"])
        args = [decode(value, self._held) for value in request["args"]]
        kwargs = {name: decode(value, self._held) for name, value in request["kwargs"].items()}
        value = encode(function(*args, **kwargs), self._keep)
        changed = [
            (i, after)
            for i, (arg, before) in enumerate(zip(args, request["args"], strict=True))
            if isinstance(arg, list | dict | set) and (after := encode(arg, self._keep)) != before
        ]
        return {"value": value, "changed": changed}

    def _function(self, name: str) -> Callable[..., object]:
        """A function by name, or a method of class ``Solution``, as in contest problems.

        LiveCodeBench looks for the method first.
        """
        solution = self._names.get("Solution")
        first = self._prelude and hasattr(solution, name)
        found: Callable[..., object]
        if name in self._names and not first:
            found = self._names[name]
        elif solution is None:
            raise NameError(f"name {name!r} is not defined")
        else:
            found = getattr(solution(), name)
        return found

    def _keep(self, value: object) -> int:
        self._objects.append(value)
        return len(self._objects) - 1

    def _held(self, number: int, name: str) -> object:
        return self._objects[number]


def new_module(name: str, prelude: bool) -> dict[str, Any]:
    """The names of a fresh module that can be found as ``name``."""
    module = types.ModuleType(name)
    sys.modules[name] = module
    if prelude:
        module.__dict__["__builtins__"] = with_prelude()
    return module.__dict__


def compiled(source: str) -> types.CodeType:
    """A program as it is, without this file's own ``from __future__``."""
    return compile(source, "<program>", "exec", dont_inherit=True)


def run_script(source: str, prelude: bool) -> None:
    """Run a whole program that reads standard input and writes standard output; never returns."""
    given = io.BufferedReader(io.FileIO(0, closefd=False))
    sys.stdin = io.TextIOWrapper(given, encoding="utf-8", errors="replace")
    raw = io.BufferedWriter(io.FileIO(1, "w", closefd=False))
    sys.stdout = io.TextIOWrapper(raw, encoding="utf-8", errors="replace")
    code = 0
    try:
        exec(compiled(source), new_module("__main__", prelude))
        threading._shutdown()  # type: ignore[attr-defined] # waits for threads, as Python does
    except SystemExit:
        pass
    except MemoryError:
        code = 13
    except SyntaxError:
        code = 14
    except BaseException:
        code = 15
    with suppress(BaseException):
        sys.stdout.flush()
    os._exit(code)
