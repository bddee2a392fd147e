"""NeMo-Skills: ``output-rs*.jsonl``, one file per seed, with the same order of problems.

In: the files of one evaluation. Out: one Record per row; the seed orders the draws. Rows have no
reliable id, so the question identifies the problem. A judgement is a text that ends in ``Judgement:
Yes`` or ``No``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.logs.base import Asked, Format, Peek, Record, Told, one_log
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, read_lines, whole
from passgap.logs.values import QUESTIONS, final, labelled, plain, required, usual
from passgap.stages.policies import policy_fields

JUDGEMENT = "judgement"
LABELS = ("symbolic_correct", "is_correct", JUDGEMENT)
_VERDICT = re.compile(r"judgement\W*:\W*(yes|no)\b", re.IGNORECASE)


def claims(peek: Peek) -> bool:
    """Rows with a ``generation`` and the fields that NeMo-Skills adds to it."""
    return peek.has("generation") and (
        peek.name.startswith("output") or peek.has("predicted_answer")
    )


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All rows of all seeds."""
    for position, path in enumerate(files):
        name = path.name
        seed = re.search(r"-rs(\d+)", name)
        for number, row in enumerate(read_lines(path), start=1):
            if not chosen(row, asked, told):
                continue
            where = f"{name} line {number}"
            text = plain(required(row, "generation", where))
            question = asked.question_field or usual(row, QUESTIONS) or ""
            extracted = row.get("predicted_answer")
            yield Record(
                text=text,
                question=plain(row.get(question)),
                reference=final(row.get(asked.answer_field or "expected_answer")),
                order=int(seed[1]) if seed else position,
                status=labelled(_judged(row, told), asked, told, LABELS, where),
                extracted=None if extracted is None else str(extracted),
                tokens=whole(row.get("num_generated_tokens")),
                metadata={k: row[k] for k in ("level", "type", "id") if k in row},
                fields=policy_fields(row),
            )


def _judged(row: Row, told: Told) -> Row:
    """The row with the judgement in place of its text; without one, it was not judged."""
    text = row.get(JUDGEMENT)
    if not isinstance(text, str):
        return row
    found = _VERDICT.search(text)
    if found is None:
        told.note(
            "some judgements say neither yes nor no: unscored here, but counted as wrong "
            "by NeMo-Skills"
        )
    return {**row, JUDGEMENT: found[1] if found else None}


FORMAT = Format(
    name="nemo-skills",
    summary="NeMo-Skills output-rs*.jsonl",
    patterns=("output-rs*.jsonl", "output*.jsonl"),
    claims=claims,
    read=read,
    takes=frozenset(("label", "question_field", "answer_field", "where", "pool")),
    log_of=one_log,
)
