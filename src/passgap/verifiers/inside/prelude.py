"""The names that LiveCodeBench gives a program, and the recursion limit that it sets.

In: nothing. Out: the builtins of a program, with what its grader imports before it beside them
(``import_string`` in ``lcb_runner/evaluation/testing_util.py``). They are placed among the
builtins, so the program's own names come first, and none of them is mistaken for the requested
function.
"""

from __future__ import annotations

import builtins
import importlib
import sys
from functools import lru_cache
from types import ModuleType

RECURSION_LIMIT = 50_000
# typing comes first: its Counter and OrderedDict are hidden by those of collections
OPENED = (
    "typing", "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math",
    "random", "statistics", "itertools", "functools", "operator", "io", "json",
)  # fmt: skip
AT_HAND = (*OPENED[1:], "sys")


@lru_cache(maxsize=1)
def imported() -> dict[str, object]:
    """What the imports give, without what hides a builtin: made once, before any fork."""
    names: dict[str, object] = {}
    for module in map(importlib.import_module, OPENED):
        names |= {name: getattr(module, name) for name in public(module)}
    names |= {name: importlib.import_module(name) for name in AT_HAND}
    return {name: value for name, value in names.items() if not hasattr(builtins, name)}


def public(module: ModuleType) -> list[str]:
    """The names that ``from module import *`` imports."""
    return list(getattr(module, "__all__", None) or (n for n in vars(module) if n[0] != "_"))


def with_prelude() -> dict[str, object]:
    """The builtins of a LiveCodeBench program; ``sys`` is inspected as it is now."""
    own = vars(builtins)
    system = {name: value for name, value in vars(sys).items() if name[0] != "_"}
    return system | imported() | own
