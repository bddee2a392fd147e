"""Which part of a completion is the program.

In: a problem with ``tests`` and the text of a completion. Out: the source to run, or None where the
text holds none.
"""

from __future__ import annotations

import re

from passgap.types import Problem

LONGEST_PROGRAM = 1 << 20
FENCE = re.compile(
    r"^[ \t]*+```[ \t]*+([\w+-]*+)[ \t]*+\n(.*?)(?:^[ \t]*+```|\Z)", re.DOTALL | re.MULTILINE
)


def program(problem: Problem, text: str) -> str | None:
    """The program a completion makes; None where it holds none.

    The last code fence that defines what is asked for, else the last fence, else the whole text.
    Where the problem gives the head of a function, a text that goes on from there is put after it,
    and one that defines the function itself comes after the head's imports.
    """
    tests = problem.metadata.get("tests") or {}
    entry = tests.get("entry_point")
    fences = [match.group(2) for match in FENCE.finditer(text)]
    defining = [code for code in fences if _defines(code, entry)]
    code = (defining or fences or [text])[-1]
    if not code.strip() or len(code) > LONGEST_PROGRAM:
        return None
    head = str(tests.get("setup") or "") if tests.get("continues") else ""
    if not head:
        return code
    if _defines(code, entry) and not code[0].isspace():
        return _before(head, entry) + code
    return head + code


def _defines(code: str, entry: str | None) -> bool:
    if not entry:
        return False
    return re.search(rf"^(?:async\s+def|def|class)\s+{re.escape(entry)}\b", code, re.M) is not None


def _before(head: str, entry: str | None) -> str:
    """The imports and helpers that a problem's head has before the function asked for."""
    found = re.search(rf"^(?:async\s+)?def\s+{re.escape(str(entry))}\b", head, re.M)
    return head[: found.start()] if found else ""
