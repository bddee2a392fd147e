"""``regex``, ``python:MODULE:FUNCTION`` and ``plugin:NAME``: rules of one's own.

In: problems and completions. Out: an Outcome each. A pattern and a function run in worker
processes, so that one that hangs or crashes costs its own mark only (unscored, with the reason).
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from importlib.metadata import entry_points
from typing import Any, cast

from passgap.errors import UsageError
from passgap.types import Outcome, Problem, digest
from passgap.verifiers.base import Item, Verifier, no_answer
from passgap.verifiers.mathematics import positive
from passgap.verifiers.workers.child import function_pool
from passgap.verifiers.workers.pool import Lost

GROUP = "passgap.verifiers"


class RegexVerifier(Verifier):
    """Correct when the last match of ``pattern`` gives the reference.

    Parameters
    ----------
    pattern
        A regular expression; its first group, or the whole match where it has none, is the answer.
    timeout
        Seconds that one search may take.
    """

    name = "regex"

    def __init__(self, pattern: str, timeout: str = "5") -> None:
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"pattern={pattern!r} is not a regular expression: {error}") from error
        self._pattern, self._timeout = pattern, positive("timeout", timeout)
        self._pool = function_pool("passgap.verifiers.own:search", seconds=self._timeout)

    @property
    def digest(self) -> str:
        return digest([self.name, 1, self._pattern])

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        replies = self._pool.run(self._pattern, [item.text for item in items])
        return [self._outcome(*pair) for pair in zip(items, replies, strict=True)]

    def _outcome(self, item: Item, reply: Any) -> Outcome:
        lost = lost_reason(reply)
        if lost:
            return Outcome("unscored", None, lost)
        if reply is None:
            return no_answer(item.finish_reason)
        right = reply == item.problem.reference.strip()
        return Outcome("correct" if right else "incorrect", reply)

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """None: what a whole completion looks like is the pattern's secret."""
        return {}

    def close(self) -> None:
        """End the worker processes."""
        self._pool.close()


def search(pattern: str, text: str) -> str | None:
    """The answer that the pattern's last match gives; runs in a worker."""
    found = None
    for match in _compiled(pattern).finditer(text):
        found = match
    if found is None:
        return None
    return (found.group(1) or "").strip() if found.re.groups else found.group().strip()


_compiled = lru_cache(maxsize=8)(re.compile)


class PythonVerifier(Verifier):
    """Calls ``function(text, problem)`` of a module on the path or in the working folder.

    It returns True or False, None where it cannot say (unscored), or an Outcome.
    """

    def __init__(self, spec: str, timeout: str = "60") -> None:
        module, _, function = spec.partition(":")
        self.name = f"python:{spec}"
        if not module or not function:
            raise UsageError(f"{self.name!r}; allowed: python:MODULE:FUNCTION")
        self._where = [module, function]
        self._pool = function_pool(
            "passgap.verifiers.own:call",
            seconds=positive("timeout", timeout),
            with_working_folder=True,
        )

    @property
    def digest(self) -> str:
        return digest([self.name, 1, self._source])

    @cached_property
    def _source(self) -> str:
        """What names the code of the function's module."""
        (reply,) = self._pool.run(self._where, [None])
        return str(self._checked([reply])[0])

    def _checked(self, replies: list[Any]) -> list[Any]:
        for reply in replies:
            if isinstance(reply, dict) and "not_callable" in reply:
                raise UsageError(f"{self.name!r} cannot be called: {reply['not_callable']}")
        return replies

    def verify_all(self, items: Sequence[Item]) -> list[Outcome]:
        """Mark many completions, in their order."""
        rows = [[_plain(i.problem), i.text, i.finish_reason] for i in items]
        return [_own_outcome(r) for r in self._checked(self._pool.run(self._where, rows))]

    def faults(self, problems: Sequence[Problem]) -> dict[str, str]:
        """None: what a completion has to look like is the function's secret."""
        return {}

    def close(self) -> None:
        """End the worker processes."""
        self._pool.close()


def _plain(problem: Problem) -> list[Any]:
    return [problem.question, problem.reference, problem.verifier, dict(problem.metadata)]


def _own_outcome(reply: Any) -> Outcome:
    lost = lost_reason(reply)
    return Outcome("unscored", None, lost) if lost else Outcome(*reply)


def lost_reason(reply: Any) -> str:
    """Why a worker gave no reply, empty where it gave one."""
    if isinstance(reply, Lost):
        return reply.reason
    return str(reply["lost"]) if isinstance(reply, dict) and "lost" in reply else ""


def call(where: list[str], item: list[Any] | None) -> Any:
    """Mark one completion with a function of the user's; runs in a worker.

    Without an item: a digest of the function's module.
    """
    try:
        function = _function(*where)
    except (ImportError, AttributeError, TypeError) as error:
        return {"not_callable": str(error)}
    if item is None:
        module = inspect.getmodule(function)
        return digest(inspect.getsource(module)) if module else "unknown"
    plain, text, _ = item
    found = function(text, Problem(*plain))
    if isinstance(found, Outcome):
        return [found.status, found.extracted, found.reason]
    if found is None:
        return ["unscored", None, "no_mark"]
    if isinstance(found, bool) or type(found).__name__ in ("bool_", "bool"):
        return ["correct" if found else "incorrect", None, ""]
    raise TypeError(f"it returned {found!r}; allowed: True, False, None or an Outcome")


@lru_cache(maxsize=8)
def _function(module: str, name: str) -> Callable[[str, Problem], Any]:
    found = getattr(importlib.import_module(module), name)
    if not callable(found):
        raise TypeError(f"{module}:{name} is a {type(found).__name__}, not a function")
    return cast(Callable[[str, Problem], Any], found)


def load_plugin(name: str) -> Verifier:
    """A verifier that an installed package offers under the entry point ``passgap.verifiers``."""
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        offered = ", ".join(sorted(found)) or "none is installed"
        raise UsageError(f"plugin:{name} is unknown; installed plugins: {offered}")
    made = found[name].load()()
    if not isinstance(made, Verifier):
        raise UsageError(f"plugin:{name} gives a {type(made).__name__}, not a passgap Verifier")
    return made
