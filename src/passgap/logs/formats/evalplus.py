"""evalplus: samples with a ``solution``, or ``*_eval_results.json``.

In: a results file (correct: base and plus tests pass, unless ``--label base``) or samples without
labels. Out: one Record per solution; the id replaces the question unless ``--problems`` gives it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, ending, mapped, opened, read_lines
from passgap.logs.streams import JsonStream
from passgap.logs.values import plain
from passgap.stages.looks import Looks
from passgap.stages.policies import policy_fields

LABELS = ("plus", "base")


def claims(peek: Peek) -> bool:
    """A results document, or lines with ``task_id`` and ``solution`` without marks."""
    unmarked = peek.has("task_id", "solution") and not Looks.of([peek.row]).marks
    return peek.has("date", "hash", "eval") or unmarked


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All solutions."""
    if asked.label is not None and asked.label not in LABELS:
        raise UsageError(f"--label {asked.label!r}; allowed: {', '.join(LABELS)}")
    for position, path in enumerate(files):
        marked = ending(path) == ".json"
        for row in _results(path) if marked else read_lines(path):
            if not chosen(row, asked, told):
                continue
            yield Record(
                text=plain(row.get("solution")),
                key=str(row["task_id"]),
                order=position,
                status=_status(row, asked, told) if marked else None,
                fields=policy_fields(row),
            )


def _results(path: Path) -> Iterator[Row]:
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        for key in stream.members():
            if key == "eval":
                for _ in stream.members():
                    for _ in stream.elements():
                        yield mapped(stream.value())


def _status(row: Row, asked: Asked, told: Told) -> Status:
    plus = row.get("plus_status")
    label = asked.label or ("plus" if plus is not None else "base")
    if label == "plus" and plus is None:
        raise UsageError("--label plus is given, but only the base tests were run; leave it out")
    told.label = told.label or label
    if told.label != label:
        raise UsageError(f"{row['task_id']} has no plus tests though others have; use --label base")
    passed = row["base_status"] == "pass" and (label == "base" or plus == "pass")
    return "correct" if passed else "incorrect"


FORMAT = Format(
    name="evalplus",
    summary="evalplus *_eval_results.json or samples",
    patterns=("*eval_results.json", "*.jsonl"),
    claims=claims,
    read=read,
    takes=frozenset(("label", "where", "pool")),
    verifier="code",
)
