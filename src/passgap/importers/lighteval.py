"""lighteval: ``details_*.parquet``, a row a document with the list of its responses.

In: details files. Out: a Record for every response. Metrics are means over the responses of a
document: one of several responses has no label, but the counts are known, which is what a Mean
for every document holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from passgap.errors import UsageError
from passgap.importers.base import Asked, Format, Mean, Peek, Record, Told
from passgap.importers.rows import Row, read_rows
from passgap.importers.values import final, plain, said, status_of
from passgap.types import Status


def claims(peek: Peek) -> bool:
    """Rows with ``doc`` and ``model_response``."""
    return peek.has("doc", "model_response", "metric")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All responses of all documents."""
    for path in files:
        for number, row in enumerate(read_rows(path), start=1):
            yield from _draws(row, asked, told, f"{path.name} row {number}")


def read_means(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Mean]:
    """The metric of all documents."""
    for path in files:
        for number, row in enumerate(read_rows(path), start=1):
            name, value = _metric(row, asked)
            if value is None:
                raise UsageError(
                    f"{path.name} row {number} has no metric over single responses; it has "
                    f"{', '.join(row['metric'] or {}) or 'none'}; name one with --label"
                )
            told.label = told.label or name
            yield Mean(_document(row), len(_texts(row)), value, f"{path.name} row {number}")


def _draws(row: Row, asked: Asked, told: Told, where: str) -> Iterator[Record]:
    texts = _texts(row)
    name, value = _metric(row, asked)
    status: Status | None = None
    if name and len(texts) == 1:
        told.label = told.label or said(name, asked)
        status = status_of(value, asked, name, where)
    elif name:
        told.note(
            f"{name} is a mean over the responses of a document and does not say which are "
            "correct: run passgap verify, or give --out a .csv file for the counts alone"
        )
    document = _document(row)
    for text in texts:
        yield document._replace(text=plain(text), status=status)


def _texts(row: Row) -> list[Any]:
    return list(row["model_response"].get("text") or [])


def _document(row: Row) -> Record:
    """A record without a text."""
    doc = row["doc"]
    return Record(
        text="",
        prompt=plain(doc.get("query")),
        reference=_gold(doc),
        key=str(doc.get("id") or ""),
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
    means=read_means,
    takes=frozenset(("label",)),
)
