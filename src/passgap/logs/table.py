"""Any JSON, CSV or Parquet table with declared fields: one row per draw, or per problem with lists.

In: files, and which field (dotted; through lists) holds what. Out: one Record per draw. Values that
only aggregate draws (``pass@k``) are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.rows import Row, field, mapped, numbered, read_rows, several
from passgap.logs.values import (
    ANSWERS,
    IDS,
    QUESTIONS,
    asked_text,
    completed,
    ended,
    final,
    label_of,
    plain,
    said,
    shown,
    usual,
)
from passgap.logs.values import status_of as status

SAID = ("completion", "response", "generation", "output", "text", "sample_text", "generated_text")
TEXTS = (*SAID, "answer", "model_output")
LABELS = ("correct", "is_correct", "passed", "score", "reward", "label")
POLICIES = ("policy", "model", "model_name")
ENDS = ("finish_reason", "stop_reason")


def claims(peek: Peek) -> bool:
    """Rows with a completion, and a question or an id."""
    row = peek.row
    return usual(row, SAID) is not None and usual(row, (*QUESTIONS, *IDS)) is not None


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All rows that match ``--where``."""
    for position, where, row in numbered(files, read_rows):
        if chosen(row, asked, told):
            _one_policy(row, told)
            yield from _draws(row, position, asked, told, where)


def chosen(row: Row, asked: Asked, told: Told) -> bool:
    """Whether a row has the values of ``--where``."""
    for name, value in asked.where:
        if name not in row:
            raise UsageError(f"--where {name}={value}; the fields are {', '.join(row)}")
        if str(row[name]) != value:
            told.leave_out(f"rows without {name}={value}", str(row[name]))
            return False
    return True


def _one_policy(row: Row, told: Told) -> None:
    """Draws of several policies are never pooled."""
    name = usual(row, POLICIES)
    policy = row[name] if name else None
    if not isinstance(policy, str):
        return
    if told.policy and told.policy != policy:
        raise UsageError(
            f"the table has samples of several policies ({told.policy}, {policy}, ..), which are "
            f"not pooled; choose one with --where {name}={policy}"
        )
    told.set_policy(policy)


def _draws(row: Row, position: int, asked: Asked, told: Told, where: str) -> Iterator[Record]:
    text_name = asked.text_field or usual(row, TEXTS)
    texts = field(row, text_name) if text_name else None
    if text_name is None or texts is None:
        raise UsageError(
            f"{where} has no completion; its fields are {', '.join(row)}; name one with "
            "--text-field"
        )
    name = label_of(row, asked, LABELS)
    marks = field(row, name) if name else None
    told.unnamed |= name is None and asked.correct_if is not None
    if name:
        told.label = told.label or said(name, asked)
    taken = (text_name.partition(".")[0], (name or "").partition(".")[0])
    end = usual(row, ENDS)
    draw = _prompted(_problem(row, asked, taken), row, asked, told)._replace(
        order=position, finish_reason=ended(row[end]) if end else None
    )
    if not isinstance(texts, list) or any("role" in mapped(one) for one in texts):  # messages
        texts, marks = [texts], [marks]
    if name and (not isinstance(marks, list) or len(marks) != len(texts)):
        raise UsageError(
            f"{where} has {len(texts)} of {text_name} and "
            f"{len(marks) if isinstance(marks, list) else 1} of {name}; one of each per sample is "
            "needed"
        )
    for text, mark in zip(texts, several(marks) if name else [None] * len(texts), strict=True):
        found = status(mark, asked, name, where) if name else None
        yield draw._replace(text=completed(text), status=found)


def _problem(row: Row, asked: Asked, taken: Sequence[str]) -> Record:
    """A record without a text."""
    names = {
        "question": asked.question_field or _other(row, ("question", "problem"), taken),
        "reference": asked.answer_field or _other(row, ANSWERS, taken),
        "key": asked.id_field or _other(row, IDS, taken),
    }
    for name in names.values():
        if name is not None and name.partition(".")[0] not in row:
            raise UsageError(f"the log has no field {name!r}; its fields are {', '.join(row)}")
    found = {what: field(row, name) if name else None for what, name in names.items()}
    return Record(
        text="",
        question=plain(found["question"]),
        reference=final(found["reference"]),
        key="" if found["key"] is None else str(found["key"]),
    )


def _prompted(record: Record, row: Row, asked: Asked, told: Told) -> Record:
    """With the rendered prompt; in messages, the last one of the user is the question."""
    name = usual(row, ("prompt", "input"))
    if name is None or name == asked.question_field:
        return record
    spoken = isinstance(row[name], list)
    told.chat = told.chat or spoken
    asks = spoken and not (asked.question_field or usual(row, ("question", "problem")))
    question = asked_text(row[name]) if asks else record.question
    return record._replace(prompt=shown(row[name]), question=question)


def _other(row: Row, names: Sequence[str], taken: Sequence[str]) -> str | None:
    return usual(row, [name for name in names if name not in taken])


FORMAT = Format(
    name="table",
    summary="JSON, CSV or Parquet with declared fields",
    patterns=("*.jsonl", "*.jsonl.gz", "*.parquet", "*.csv", "*.json"),
    claims=claims,
    read=read,
    takes=frozenset(("id_field", "question_field", "answer_field", "text_field", "label", "where")),
)
