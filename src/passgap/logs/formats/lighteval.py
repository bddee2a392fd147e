"""lighteval: ``details_*.parquet``, one row per document with the list of its responses.

In: details files. Out: a Record for every response. Metrics are means over the responses of a
document: of several responses none has a label, but the counts are known, and a Mean for every
document holds them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Mean, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, field, mapped, numbered, read_rows, several
from passgap.logs.values import final, plain, said, status_of

_MEAN = re.compile(r"(?:^|_)(?:pass@k:k=1(?:&n=(\d+))?|avg@n(?::n=(\d+))?)$")
_OF_SEVERAL = re.compile(r"(?:pass|maj|avg)@")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All responses of all documents."""
    for where, row in _rows(files, asked, told):
        yield from _draws(row, asked, told, where)


def read_means(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Mean]:
    """The metric of all documents."""
    for where, row in _rows(files, asked, told):
        name, value = _metric(row, asked)
        if not isinstance(value, int | float):
            raise UsageError(
                f"{where} has no metric over all its responses; it has "
                f"{', '.join(mapped(row['metric'])) or 'none'}; import it as a run folder and "
                "score it with passgap verify"
            )
        told.label = told.label or name
        yield Mean(_document(row), len(_texts(row)), value, where)


def _rows(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[tuple[str, Row]]:
    """The rows that are asked for, with their places."""
    for position, where, row in numbered(files, read_rows):
        told.set_policy(_model(files[position]))
        if chosen(row, asked, told):
            yield where, row


def _model(path: Path) -> str:
    """The model, by the folders ``details/<model>/<date>`` that lighteval writes."""
    folders = path.parts[:-2]
    at = max((i for i, name in enumerate(folders) if name == "details"), default=len(folders))
    return "/".join(folders[at + 1 :])


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
            "correct: run passgap verify, or give a .csv file as --out to import only the counts"
        )
    document = _document(row)
    for text in texts:
        yield document._replace(text=plain(text), status=status)


def _texts(row: Row) -> list[object]:
    return several(field(row, "model_response.text"))


def _document(row: Row) -> Record:
    """A record without a text."""
    doc = mapped(row["doc"])
    return Record(
        text="", prompt=plain(doc.get("query")), reference=_gold(doc), key=str(doc.get("id") or "")
    )


def _metric(row: Row, asked: Asked) -> tuple[str, object]:
    """The requested metric, or the one that is a mean over all responses of the document.

    For several responses only pass@1 and avg@n are such means; others are the best, a vote, or a
    mean of the first few. For one response every metric is its score, except those named for more.
    """
    metrics = {k: v for k, v in mapped(row["metric"]).items() if v is not None}
    usable = [name for name in metrics if _is_mean(name, len(_texts(row)))]
    if asked.label and asked.label not in usable:
        raise UsageError(
            f"--label {asked.label!r}; the metrics over all responses of a document are "
            f"{', '.join(usable) or 'none'} (of {', '.join(metrics) or 'none'})"
        )
    name = asked.label or (usable[0] if usable else "")
    return name, metrics.get(name)


def _is_mean(name: str, responses: int) -> bool:
    """Whether a metric of this name is the share of correct ones among that many responses."""
    mean = _MEAN.search(name)
    if mean is not None:
        n = mean[1] or mean[2]
        return n is None or int(n) == responses
    return responses == 1 and not _OF_SEVERAL.search(name)


def _gold(doc: Row) -> str:
    choices, gold = several(doc.get("choices")), doc.get("gold_index")
    index = gold[0] if isinstance(gold, list) and gold else gold
    return final(choices[index]) if isinstance(index, int) and index < len(choices) else ""


FORMAT = Format(
    name="lighteval",
    summary="lighteval details_*.parquet",
    patterns=("details_*.parquet",),
    claims=has("doc", "model_response", "metric"),
    read=read,
    means=read_means,
    takes=frozenset(("label", "where", "pool")),
)
