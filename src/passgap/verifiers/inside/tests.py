"""The kinds of tests. In: a program and its tests. Out: nothing, or an exception.

``functions``: code that calls the program's functions (HumanEval, MBPP). ``calls`` and ``stdio``:
cases of input and output (contest problems). ``livecodebench``: either of the two, packed.
"""

from __future__ import annotations

import builtins
import importlib
import io
import json
import os
import pickle
import signal
import socket
import time
import types
import zlib
from base64 import b64decode
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, NoReturn

from passgap.verifiers.inside.comparing import same_output, same_value
from passgap.verifiers.inside.messages import LostError, exactly, receive, send
from passgap.verifiers.inside.values import decode, encode
from passgap.verifiers.inside.zygote import Zygote

if TYPE_CHECKING:
    from passgap.data.problems import Case, Tests
    from passgap.verifiers.inside.program import Order, Reply

TEST_MODULES = {"math", "cmath", "re", "collections", "itertools", "copy", "random", "string"}


ALL_CASES_SECONDS = 240.0
GRACE_SECONDS = 5.0
OWN_REASONS = ("memory", "exited")


class InexpressibleError(Exception):
    """A test tries to pass something that is not plain data."""


class Program:
    """One program in its process, and the two ways to it: calls, or standard input and output."""

    def __init__(
        self,
        zygote: Zygote,
        limits: tuple[int, float, int],
        last: float,
        *,
        prelude: bool = False,
        script: str | None = None,
        stdin: str = "",
    ) -> None:
        self._zygote, self._over, self._last = zygote, False, last
        self._loss: LostError | None = None
        self._sock, theirs = socket.socketpair()
        given, self._out = memory_file(stdin), memory_file("")
        order: Order = {"script": script, "limits": limits, "prelude": prelude}
        zygote.start(order, [given, self._out, theirs.fileno()])
        theirs.close()
        os.close(given)
        self._seconds = 2 * limits[1] + 1
        self.renew()

    def renew(self) -> None:
        """Restart the clock, and the alarm that ends this tester if a value blocks it."""
        self._until = min(time.monotonic() + self._seconds, self._last)
        signal.setitimer(signal.ITIMER_REAL, self._seconds + GRACE_SECONDS)

    def ask(self, **request: object) -> Reply:
        """What the program answers; raises what it raised."""
        self.check()
        try:
            reply = self._reply(request)
        except LostError as loss:
            self._loss = loss
            raise
        if "raised" in reply:
            raise raised(*reply["raised"])
        return reply

    def check(self) -> None:
        """Raise the LostError that ended the program, even if a test ignored it."""
        if self._loss is not None:
            raise self._loss

    def _reply(self, request: Mapping[str, object]) -> Reply:
        """The program's next message, which it may have forged."""
        try:
            send(self._sock, request, self._until)
            reply: Reply | None = receive(self._sock, self._until)
        except TimeoutError:
            raise LostError("timeout") from None
        except OSError:
            reply = None
        if not isinstance(reply, dict):
            raise LostError(self.end())
        if "lost" in reply:
            raise LostError(reply["lost"] if reply["lost"] in OWN_REASONS else "crash")
        return reply

    def output(self, most: int) -> str:
        """What a script wrote, once it has ended."""
        try:
            exactly(self._sock, 1, self._until)
        except TimeoutError:
            raise LostError("timeout") from None
        reason = self.end()
        if reason != "exited":
            raise LostError(reason)
        size = os.fstat(self._out).st_size
        if size >= most:
            raise LostError("output")
        return os.pread(self._out, size, 0).decode("utf-8", "replace")

    def end(self) -> str:
        """End the process; why it ended, in a word."""
        if self._over:
            return "exited"
        self._over = True
        return self._zygote.end()

    def close(self) -> None:
        """End the process and release what it held."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.end()
        self._sock.close()
        os.close(self._out)


def memory_file(text: str) -> int:
    """A file in memory with this text, to be read from its start."""
    descriptor = os.memfd_create("text")
    data = text.encode()
    while data:
        data = data[os.write(descriptor, data) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def raised(name: object, text: object) -> Exception:
    """The built-in exception of this name, so that a test can expect it."""
    kind = getattr(builtins, str(name), RuntimeError)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(text)
        except TypeError:  # some need more than a text
            pass
    return RuntimeError(text)


class Handle:
    """An object that stays in the program; equal only to itself."""

    def __init__(self, number: int, name: str) -> None:
        self.number, self.name = number, name


def proxy(program: Program, name: str) -> Callable[..., object]:
    """A function that calls the program's function of this name."""

    def keep(value: object) -> int:
        if isinstance(value, Handle):
            return value.number
        raise InexpressibleError(f"a {type(value).__name__} cannot be passed to the program")

    def function(*args: object, **kwargs: object) -> object:
        plain = [encode(value, keep) for value in args]
        named = {key: encode(value, keep) for key, value in kwargs.items()}
        reply = program.ask(do="call", name=name, args=plain, kwargs=named)
        for i, after in reply["changed"]:
            replace(args[i], decode(after, Handle))
        return decode(reply["value"], Handle)

    function.__name__ = name
    return function


def replace(old: Any, new: Any) -> None:
    """Give a mutable argument the content that the program left in its copy."""
    old.clear()
    old.extend(new) if isinstance(old, list) else old.update(new)


def wanted_names(code: types.CodeType) -> set[str]:
    """The global names a piece of code and the functions in it use."""
    found = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found |= wanted_names(constant)
    return found


def of_data_set(source: str, rest: str = "") -> types.CodeType:
    """Code from a data set, with ``rest`` added if it ends before its first statement.

    InexpressibleError if it is not Python: that is not the program's fault.
    """
    for text in (source, source + rest):
        try:
            return compile(text, "<test>", "exec", dont_inherit=True)
        except SyntaxError as error:
            fault = error
    raise InexpressibleError(str(fault))


def run_functions(tests: Tests, program: Program) -> None:
    """Code that calls functions: HumanEval's ``check(candidate)``, MBPP's asserts."""
    space: dict[str, Any] = {"__name__": "test"}
    exec(of_data_set(tests["setup"], "    pass\n"), space)
    code = of_data_set(tests["test"])
    entry = tests["entry_point"]
    missing = {n for n in wanted_names(code) if n not in space and not hasattr(builtins, n)}
    for name in missing if entry is None else missing | {entry}:
        known = name != entry and name in TEST_MODULES
        space[name] = importlib.import_module(name) if known else proxy(program, name)
    candidate = None if entry is None else space[entry]
    exec(code, space)
    if tests["check"]:
        space["check"](candidate)


def run_calls(tests: Tests, program: Program) -> None:
    """Contest problems that name a function: arguments and the expected value."""
    function = proxy(program, str(tests["entry_point"]))
    for case in tests["cases"]:
        program.renew()
        value = function(*[json.loads(line) for line in case["input"].split("\n") if line.strip()])
        assert same_value(value, json.loads(case["output"]))


CALLING = {"functions": run_functions, "calls": run_calls}


def run(tests: Tests, zygote: Zygote, source: str) -> None:
    """Run one program on all its tests."""
    if tests["kind"] == "stdio":
        return run_stdio(tests, zygote, source)
    last, prelude = time.monotonic() + ALL_CASES_SECONDS, tests.get("prelude", False)
    with closing(Program(zygote, tests["limits"], last, prelude=prelude)) as program:
        program.ask(do="exec", source=source, name="solution")
        CALLING[tests["kind"]](tests, program)
        program.check()
    return None


def run_stdio(tests: Tests, zygote: Zygote, source: str) -> None:
    """Contest problems that read standard input and write standard output: one process per case."""
    last, prelude = time.monotonic() + ALL_CASES_SECONDS, tests.get("prelude", False)
    limits = tests["limits"]
    for case in tests["cases"]:
        given = Program(zygote, limits, last, prelude=prelude, script=source, stdin=case["input"])
        with closing(given) as program:
            assert same_output(program.output(limits[2]), case["output"])


class PlainUnpickler(pickle.Unpickler):
    """Reads texts and containers; a pickle that names a class or a function is refused."""

    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"{module}.{name} in test data")


def unpacked(tests: Tests) -> Tests:
    """Tests as LiveCodeBench ships them, some compressed and pickled, as cases."""
    if tests["kind"] != "livecodebench":
        return tests
    cases: list[Case] = []
    for packed in filter(None, (tests["public"], tests["private"])):
        try:
            cases += json.loads(packed)
        except ValueError:
            raw = zlib.decompress(b64decode(packed))
            cases += json.loads(PlainUnpickler(io.BytesIO(raw)).load())
    kind = "calls" if cases and cases[0]["testtype"] == "functional" else "stdio"
    return {**tests, "kind": kind, "cases": cases, "prelude": True}
