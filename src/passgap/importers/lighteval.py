"""lighteval: ``details_*.parquet``, a row a document with the list of its responses.

In: details files. Out: a Record for every response. Metrics are means over the responses of a
document, so only a document with one response, or with none or all correct, tells which are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from passgap.errors import UsageError
from passgap.importers.base import Asked, Format, Peek, Record, Told
from passgap.importers.rows import Row, read_rows
from passgap.importers.values import final, plain, said, status_of
from passgap.types import Status


def claims(peek: Peek) -> bool:
    """Rows with ``doc`` and ``model_response``."""
    return peek.has("doc", "model_response", "metric")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All responses of all documents."""
    means = {"draws": 0, "correct": 0.0}
    for path in files:
        for number, row in enumerate(read_rows(path), start=1):
            yield from _draws(row, asked, told, means, f"{path.name} row {number}")
    if means["draws"]:
        told.note(
            f"metrics are means over the responses of a document and do not say which are correct "
            f"(in all {means['correct']:,.0f} of {means['draws']:,}): run passgap verify"
        )


def _draws(
    row: Row, asked: Asked, told: Told, means: dict[str, Any], where: str
) -> Iterator[Record]:
    doc, response = row["doc"], row["model_response"]
    texts = response.get("text") or []
    name, value = _metric(row, asked)
    status: Status | None = None
    if name and len(texts) == 1:
        told.label = told.label or said(name, asked)
        status = status_of(value, asked, name, where)
    elif name and value is not None:
        means["draws"] += len(texts)
        means["correct"] += round(value * len(texts))
    for text in texts:
        yield Record(
            text=plain(text),
            prompt=plain(doc.get("query")),
            reference=_gold(doc),
            key=str(doc.get("id") or ""),
            status=status,
        )


def _metric(row: Row, asked: Asked) -> tuple[str, float | None]:
    """The metric asked for, or the one that is a mean over single responses."""
    metrics = {k: v for k, v in (row["metric"] or {}).items() if v is not None}
    if asked.label:
        if asked.label not in metrics:
            raise UsageError(f"--label {asked.label!r}; allowed: {', '.join(metrics) or 'none'}")
        return asked.label, metrics[asked.label]
    single = [n for n in metrics if "k=1&" in n or not n.startswith(("pass@", "maj@", "g-pass@"))]
    return (single[0], metrics[single[0]]) if single else ("", None)


def _gold(doc: Row) -> str:
    choices, gold = doc.get("choices") or [], doc.get("gold_index")
    index = gold[0] if isinstance(gold, list) and gold else gold
    return final(choices[index]) if isinstance(index, int) and index < len(choices) else ""


FORMAT = Format(
    name="lighteval",
    summary="lighteval details_*.parquet",
    patterns=("details_*.parquet",),
    claims=claims,
    read=read,
    takes=frozenset(("label",)),
)
