"""promptfoo: the JSON of ``promptfoo eval -o FILE.json``, rows under ``results.results``.

In: the file of one evaluation, of which one provider and one prompt are read. Out: one Record per
row. ``testIdx`` counts repeats too, so the rendered prompt is the problem. A row whose provider
failed (failure reason 2) is unscored.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.documents import rows_under
from passgap.logs.rows import Row, field, mapped, whole
from passgap.logs.values import ANSWERS, ended, final, plain, required, said, status_of, usual

LABEL = "success"
ERROR = 2


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All rows of one provider and prompt."""
    told.label = said(asked.label or LABEL, asked)
    for position, path in enumerate(files):
        for number, row in enumerate(rows_under(path, "results.results"), start=1):
            name, label = (plain(field(row, f"provider.{one}")) for one in ("id", "label"))
            told.set_policy(label or name, model_id=name, prompt_template=row.get("promptIdx"))
            if chosen(row, asked, told):
                where = f"{path.name} result {number}"
                yield _record(row, asked, told, where)._replace(order=position)


def _record(row: Row, asked: Asked, told: Told, where: str) -> Record:
    response, variables = mapped(row.get("response")), mapped(row.get("vars"))
    if response.get("cached"):
        told.note("some responses are from promptfoo's cache, where repeats may be copies")
    output = response.get("output")
    failed = row["failureReason"] == ERROR if "failureReason" in row else output is None
    label = asked.label or LABEL
    answer = usual(variables, ANSWERS)
    return Record(
        text=plain(output),
        question=plain(field(row, "prompt.raw")),
        reference=final(variables[answer]) if answer else "",
        status="unscored"
        if failed
        else status_of(required(row, label, where), asked, label, where),
        reason=f"error: {plain(row.get('error'))[:200]}" if failed else "",
        finish_reason=None if failed else ended(response.get("finishReason")),
        tokens=0 if failed else whole(field(response, "tokenUsage.completion") or 0),
    )


FORMAT = Format(
    name="promptfoo",
    summary="promptfoo eval -o FILE.json",
    patterns=("*.json",),
    claims=has("evalId", "results", "config"),
    read=read,
    takes=frozenset(("label", "where", "pool")),
)
