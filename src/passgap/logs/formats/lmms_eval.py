"""lmms-eval: ``<date>_samples_<task>.jsonl`` of ``--log_samples``, one row per document.

In: the file of one task. Out: a Record for every response of every document. As in lm-eval, a
metric of a document with several responses is of what its filter kept, so it marks none of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, field, mapped, numbered, read_lines, several
from passgap.logs.values import final, plain, required, said, status_of
from passgap.stages.policies import policy_fields

OWN = ("doc_id", "target", "resps", "filtered_resps", "token_counts", "doc_hash", "input")
OWN_TOO = ("input_media", "doc", "arguments")


def claims(peek: Peek) -> bool:
    """Rows of a document's hash and responses, without the document."""
    return peek.has("doc_id", "doc_hash", "filtered_resps", "input") and not peek.has("doc")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All responses."""
    seen: set[tuple[int, str]] = set()
    for position, where, row in numbered(files, read_lines):
        if not chosen(row, asked, told):
            continue
        at = str(required(row, "doc_id", where))
        if (position, at) in seen:
            told.leave_out("lines whose document occurred before (of another filter)", at)
            continue
        seen.add((position, at))
        yield from _draws(row, position, asked, told, where)


def _draws(row: Row, position: int, asked: Asked, told: Told, where: str) -> Iterator[Record]:
    texts = _texts(row, where)
    status = _status(row, len(texts), asked, told, where)
    for text in texts:
        yield Record(
            text=text,
            question=plain(row["input"]),
            reference=final(row.get("target")),
            key=plain(row["doc_hash"]),
            order=position,
            status=status,
            metadata={"doc_id": row["doc_id"]},
            fields=policy_fields(row),
        )


def _texts(row: Row, where: str) -> list[str]:
    """The responses; they are left out of a row where the filter kept them as they are."""
    given = row.get("resps", row["filtered_resps"])
    texts = several(given) if isinstance(given, list) else [given]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise UsageError(
            f"{where} has log-likelihoods and no completions (a multiple-choice document); pass@k "
            "needs samples: use a task that generates"
        )
    return [plain(text) for text in texts]


def _status(row: Row, responses: int, asked: Asked, told: Told, where: str) -> Status | None:
    metrics = {name: _mark(value) for name, value in row.items() if name not in (*OWN, *OWN_TOO)}
    usable = [name for name, mark in metrics.items() if isinstance(mark, int | float)]
    if asked.label is not None and asked.label.partition(".")[0] not in row:
        raise UsageError(f"--label {asked.label!r}; allowed: {', '.join(metrics) or 'none'}")
    if asked.label is None and len(usable) > 1:
        raise UsageError(f"the log has the metrics {', '.join(usable)}; choose one with --label")
    name = asked.label or next(iter(usable), None)
    if name is None:
        return None
    if responses > 1:
        told.note(
            f"{name} belongs to what the filter kept (by default only the first response), so it "
            "does not mark every response; run passgap verify"
        )
        return None
    told.label = told.label or said(name, asked)
    value = metrics[name] if name in metrics else field(row, name)
    return status_of(value, asked, name, where)


def _mark(value: object) -> object:
    """A metric's number; some tasks put it in an object as ``score``."""
    return mapped(value).get("score") if isinstance(value, dict) else value


FORMAT = Format(
    name="lmms-eval",
    summary="lmms-eval *_samples_*.jsonl (--log_samples)",
    patterns=("*_samples_*.jsonl",),
    claims=claims,
    read=read,
    takes=frozenset(("label", "where", "pool")),
)
