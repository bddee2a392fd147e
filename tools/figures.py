"""The size and shape of the source, by counting: what docs/decisions/0033-the-house.md compares.

    python tools/figures.py [SOURCE]     the folder of the package; src/passgap by default

Prints a line a room (a folder or a file of the package's first level): lines, uses of ``Any``, and
the rooms it imports from; then the sums, and how many floors the imports make.
"""

from __future__ import annotations

import ast
import re
import sys
from functools import cache
from pathlib import Path

SOURCE = Path(sys.argv[1] if len(sys.argv) > 1 else "src/passgap")
FILES = sorted(SOURCE.rglob("*.py"))
ROOMS = sorted({path.relative_to(SOURCE).parts[0].removesuffix(".py") for path in FILES})


def texts(room: str) -> list[str]:
    """The files of a room, as text."""
    return [
        path.read_text(encoding="utf-8")
        for path in FILES
        if path.relative_to(SOURCE).parts[0].removesuffix(".py") == room
    ]


@cache
def imported(room: str) -> frozenset[str]:
    """Other rooms that a room imports from."""
    found = set()
    for text in texts(room):
        for node in ast.walk(ast.parse(text)):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{one.name}" for one in node.names]
            found |= {name.split(".")[1] for name in names if name.startswith("passgap.")}
    return frozenset(found & set(ROOMS)) - {room}


@cache
def floor(room: str) -> int:
    """1 for a room that imports from none; one more than the highest that it imports from."""
    return 1 + max((floor(other) for other in imported(room)), default=0)


def main() -> None:
    """Print the table."""
    print("| room | lines | code | `Any` | imports from |\n| --- | --- | --- | --- | --- |")
    sums = [0, 0, 0, 0]
    for room in sorted(ROOMS, key=lambda one: -floor(one)):
        lines = [line for text in texts(room) for line in text.splitlines()]
        words = len(re.findall(r"\bAny\b", "\n".join(lines)))
        row = [len(lines), code(room), words, len(imported(room))]
        sums = [a + b for a, b in zip(sums, row, strict=True)]
        print(f"| {room} | {row[0]:,} | {row[1]:,} | {row[2]} | {row[3]} |")
    print(f"| all {len(ROOMS)} | {sums[0]:,} | {sums[1]:,} | {sums[2]} | {sums[3]} |")
    floors = max(floor(room) for room in ROOMS)
    print(f"\n{floors} floors; {1000 * sums[2] / sums[0]:.1f} `Any` per 1,000 lines")


def code(room: str) -> int:
    """Lines that are neither blank, nor a comment, nor in a docstring."""
    total = 0
    for text in texts(room):
        kept = {
            number
            for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and not line.strip().startswith("#")
        }
        for node in ast.walk(ast.parse(text)):
            documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
            if isinstance(node, documented) and ast.get_docstring(node) is not None:
                kept -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
        total += len(kept)
    return total


if __name__ == "__main__":
    main()
