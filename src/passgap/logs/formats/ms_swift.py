"""ms-swift: ``completions.jsonl`` of ``--log_completions true``, a table of lists in each line.

In: the file, of which one step is read. Out: one Record per sample. Each line repeats the last
generation batch, so samples that an earlier line of the step has are left out; samples between two
lines are lost. With Ray the file has one row per sample instead, and ``gen_step``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.formats.trl import reward_of
from passgap.logs.rows import Row, numbered, read_lines, several
from passgap.logs.values import final, plain, said, status_of
from passgap.stages.policies import policy_fields

LOSSES = (
    "ms-swift writes only the last generation batch before each log, so an unknown number of "
    "samples may be missing, and an evaluation's samples look like the training's"
)


def claims(peek: Peek) -> bool:
    """Tables, or the rows of Ray."""
    table = peek.has("step", "prompt", "completion", "advantages")
    return (table and isinstance(peek.row["completion"], list)) or peek.has(
        "gen_step", "prompt", "completion"
    )


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """The samples of one step."""
    told.note(LOSSES)
    before: Counter[str] = Counter()
    for _, where, table in numbered(files, read_lines):
        here: Counter[str] = Counter()
        for row in _rows(table, where):
            if not chosen(row, asked, told):
                continue
            key = repr(sorted(row.items(), key=str))
            here[key] += 1
            if "gen_step" not in row and here[key] <= before[key]:
                told.leave_out("samples that an earlier line of the step has, too")
                continue
            yield _record(row, asked, told, where)
        before |= here


def _rows(table: Row, where: str) -> Iterator[Row]:
    """The rows of a table of lists."""
    if not isinstance(table.get("completion"), list):
        yield table
        return
    lists = {name: several(value) for name, value in table.items()}
    if len({len(value) for value in lists.values()}) > 1:
        lengths = ", ".join(f"{len(value)} {name}" for name, value in lists.items())
        raise UsageError(f"{where} has lists of different lengths ({lengths}); copy the log again")
    for values in zip(*lists.values(), strict=True):
        yield dict(zip(lists, values, strict=True))


def _record(row: Row, asked: Asked, told: Told, where: str) -> Record:
    label = reward_of(row, asked)
    told.label = told.label or said(label, asked)
    return Record(
        text=plain(row["completion"]),
        prompt=plain(row["prompt"]),
        reference=final(row.get("solution")),
        status=status_of(row[label], asked, label, where),
        fields=policy_fields(row),
    )


FORMAT = Format(
    name="ms-swift",
    summary="ms-swift completions.jsonl (log_completions)",
    patterns=("completions.jsonl",),
    claims=claims,
    read=read,
    takes=frozenset(("label", "where", "pool")),
)
