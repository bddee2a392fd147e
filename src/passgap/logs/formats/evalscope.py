"""EvalScope: ``reviews/<model>/<benchmark>_<subset>.jsonl``, one row per sample and repeat.

In: the reviews of one subset. Out: one Record per row; the group (or else the question) is the
problem. A score that is not usable (a judge that failed) is unscored with EvalScope's status.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, mapped, numbered, read_lines, several
from passgap.logs.values import asked_text, completed, final, plain, required, said, shown
from passgap.logs.values import status_of as status
from passgap.stages.policies import policy_fields

USABLE = ("", "success", "fallback")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All rows."""
    told.chat = True
    for position, where, row in numbered(files, read_lines):
        folder = files[position].parent
        told.set_policy(folder.name if folder.parent.name == "reviews" else "")
        if chosen(row, asked, told):
            yield _record(row, position, asked, told, where)


def _record(row: Row, position: int, asked: Asked, told: Told, where: str) -> Record:
    scored = mapped(required(row, "sample_score", where))
    score = mapped(scored.get("score"))
    name, value = _value(score, asked, where)
    told.label = told.label or said(name, asked) if name else told.label
    state = plain(score.get("status"))
    usable = state in USABLE and value is not None
    messages = [mapped(one) for one in several(row.get("messages"))]
    said_at = next((i for i, one in enumerate(messages) if one.get("role") == "assistant"), None)
    asks: object = messages[:said_at] if messages else row.get("input")
    targets = row.get("target")
    answer = score.get("extracted_prediction")
    return Record(
        text=plain(score.get("prediction")) or (completed(messages) if said_at is not None else ""),
        question=asked_text(asks),
        reference=final(targets[0] if isinstance(targets, list) and targets else targets),
        prompt=shown(asks),
        key=plain(scored.get("group_id", row.get("index"))),
        order=position,
        status=status(value, asked, name, where) if usable else "unscored",
        extracted=None if answer is None else plain(answer),
        reason="" if usable else f"error: {state or 'no score'}",
        fields=policy_fields(row),
    )


def _value(score: Row, asked: Asked, where: str) -> tuple[str, object]:
    """The score's name and value: the main one, or the one asked for; no name without values."""
    values = mapped(score.get("value"))
    main = plain(score.get("main_score_name"))
    name = asked.label or (main if main in values else next(iter(values), ""))
    if values and name not in values:
        raise UsageError(f"--label {name!r}; {where} has the scores {', '.join(values)}")
    return name, values.get(name)


FORMAT = Format(
    name="evalscope",
    summary="EvalScope reviews/<model>/<benchmark>_<subset>.jsonl",
    patterns=("reviews/**/*.jsonl", "*.jsonl"),
    claims=has("index", "sample_score"),
    read=read,
    takes=frozenset(("label", "where", "pool")),
)
