"""``regex`` and ``python:MODULE:FUNCTION``: custom rules.

In: problems and completions. Out: one Outcome each. Patterns and functions run in worker processes,
so one that hangs or crashes loses only its own mark (unscored, with the reason). What a function
raised is kept, once per kind (`passgap.verifiers.failures`).
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any, cast

import msgspec

from passgap.data.identity import digest
from passgap.data.outcomes import Outcome, Readings, Status
from passgap.data.problems import Problem
from passgap.errors import UsageError, in_words
from passgap.verifiers.base import Item, no_answer, positive
from passgap.verifiers.failures import WorkerVerifier
from passgap.verifiers.returned import RefusedError, outcome_of
from passgap.verifiers.workers.child import function_pool
from passgap.verifiers.workers.pool import Lost


class RegexVerifier(WorkerVerifier[list[str]]):
    """Correct when the last match of ``pattern`` gives the reference.

    Its first group, or the whole match if it has none, is the answer. One search may take
    ``timeout`` seconds.
    """

    name = "regex"

    def __init__(self, pattern: str, timeout: str = "5") -> None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(
                f"pattern={pattern!r} is not a regular expression ({error}); correct it"
            ) from error
        self._pattern = pattern
        where = "passgap.verifiers.own:search"
        super().__init__(function_pool(where, list[str], seconds=positive("timeout", timeout)))

    @property
    def digest(self) -> str:
        return digest([self.name, 1, self._pattern])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        replies = self._pool.run(self._pattern, [item.text for item in items])
        return [self._outcome(*pair) for pair in zip(items, replies, strict=True)]

    def _outcome(self, item: Item, reply: list[str] | Lost) -> Outcome:
        if isinstance(reply, Lost):
            return self._unscored(item, reply)
        if not reply:
            return no_answer(item.finish_reason)
        right = reply[0] == item.problem.reference.strip()
        return Outcome("correct" if right else "incorrect", reply[0])

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """None: how a whole completion looks is known only to the pattern."""
        return {}


def search(pattern: str, text: str) -> list[str]:
    """The answer that the pattern's last match gives, none without one; runs in a worker."""
    found = None
    for match in _compiled(pattern).finditer(text):
        found = match
    if found is None:
        return []
    return [(found.group(1) or "").strip() if found.re.groups else found.group().strip()]


_compiled = lru_cache(maxsize=8)(re.compile)


class Called(msgspec.Struct):
    """What `call` replies: one of the three."""

    source: str = ""
    not_callable: str | None = None
    outcome: tuple[Status, str | None, str, dict[str, Any] | None] = ("unscored", None, "", None)


class PythonVerifier(WorkerVerifier[Called]):
    """Calls ``function(text, problem)`` of a module on the path or in the working folder.

    It returns True or False (or 1 or 0), None if it cannot decide (unscored), or an Outcome. If it
    raises, or returns anything else, the draw is unscored and the error is kept.
    """

    def __init__(self, spec: str, timeout: str = "60") -> None:
        module, _, function = spec.partition(":")
        self.name = f"python:{spec}"
        if not module or not function:
            raise UsageError(f"{self.name!r}; allowed: python:MODULE:FUNCTION")
        self._where = [module, function]
        where, seconds = "passgap.verifiers.own:call", positive("timeout", timeout)
        super().__init__(function_pool(where, Called, seconds=seconds, with_working_folder=True))

    @property
    def digest(self) -> str:
        return digest([self.name, 1, self._source])

    @cached_property
    def _source(self) -> str:
        """A digest of the code of the function's module."""
        (reply,) = self._checked(self._pool.run(self._where, [None]))
        if isinstance(reply, Lost):
            raise UsageError(
                f"{self.name!r} cannot be called: importing it ended in a {reply.reason}"
            )
        return reply.source

    def _checked(self, replies: list[Called | Lost]) -> list[Called | Lost]:
        for reply in replies:
            if isinstance(reply, Called) and reply.not_callable is not None:
                raise UsageError(f"{self.name!r} cannot be called: {reply.not_callable}")
        return replies

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        rows = [[_plain(i.problem), i.text, i.finish_reason] for i in items]
        replies = self._checked(self._pool.run(self._where, rows))
        return [self._outcome(*pair) for pair in zip(items, replies, strict=True)]

    def _outcome(self, item: Item, reply: Called | Lost) -> Outcome:
        if isinstance(reply, Lost):
            return self._unscored(item, reply)
        status, extracted, reason, readings = reply.outcome
        read = None if readings is None else Readings(**readings)
        return Outcome(status, extracted, reason, read)

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """None: how a completion has to look is known only to the function."""
        return {}


def _plain(problem: Problem) -> list[object]:
    return [problem.question, problem.reference, problem.verifier, dict(problem.metadata)]


def call(where: list[str], item: list[Any] | None) -> dict[str, object]:
    """Mark one completion with a user's function; runs in a worker.

    Without an item: a digest of the function's module. With one: the fields of the outcome, or the
    error.
    """
    try:
        function = _function(*where)
    except (ImportError, AttributeError, TypeError) as error:
        return {"not_callable": str(error)}
    except (Exception, SystemExit) as error:  # the module itself may raise anything
        return {"not_callable": in_words(error)}
    if item is None:
        return {"source": _source_of(function)}
    plain, text, _ = item
    try:
        found = outcome_of(function(text, Problem(*plain)))
        readings = None if found.readings is None else found.readings.to_dict()
        return {"outcome": [found.status, found.extracted, found.reason, readings]}
    except MemoryError:
        raise
    except RefusedError as error:
        return {"lost": "error", "kind": "returned", "error": str(error)}
    except (Exception, SystemExit) as error:  # a function may raise anything
        file = getattr(inspect.getmodule(function), "__file__", None)
        return {"lost": "error", "kind": type(error).__name__, "error": in_words(error, file)}


def _source_of(function: Callable[..., object]) -> str:
    """A digest of the code of a function's module; its name if there is no source."""
    module = inspect.getmodule(function)
    try:
        return digest(inspect.getsource(module)) if module else "unknown"
    except (OSError, TypeError):
        return digest(getattr(module, "__name__", "unknown"))


@lru_cache(maxsize=8)
def _function(module: str, name: str) -> Callable[[str, Problem], object]:
    found = getattr(importlib.import_module(module), name)
    if not callable(found):
        raise TypeError(f"{module}:{name} is a {type(found).__name__}, not a function")
    _check_signature(found)
    return cast(Callable[[str, Problem], object], found)


def _check_signature(function: Callable[..., object]) -> None:
    """Refuse a function that cannot be called with a text and a problem."""
    try:
        taken = inspect.signature(function)
    except (TypeError, ValueError):  # some functions written in C have no signature
        return
    try:
        taken.bind("text", "problem")
    except TypeError as error:
        name = getattr(function, "__name__", "it")
        of_trl = (
            f"; around a reward of TRL: def check(text, problem): return "
            f"{name}(completions=[text], ..)[0] >= 1"
        )
        raise TypeError(
            f"{name}{taken} does not take (text, problem){of_trl * ('completions' in str(taken))}"
        ) from error
