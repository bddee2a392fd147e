"""Qwen2.5-Math's evaluation, as SimpleRL and limit-of-RLVR use it: lists of texts and scores.

In: ``test_*_seed*_t*.jsonl`` files, whose seeds are merged. Out: a Record for each text of each
row; the seed in the name orders the draws.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.logs.base import Asked, Format, Peek, Record, Told, one_log
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, read_rows, several
from passgap.logs.values import ended, final, plain, required, said, status_of
from passgap.stages.policies import policy_fields


def claims(peek: Peek) -> bool:
    """Rows with lists of ``code`` and ``score``."""
    return peek.has("code", "score") and isinstance(peek.row["code"], list)


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All texts of all rows of all seeds."""
    told.label = said("score", asked)
    for position, path in enumerate(files):
        heat = re.search(r"_t(\d+(?:\.\d+)?)_", path.name)
        told.set_sampling(temperature=float(heat[1]) if heat else None)
        seed = re.search(r"seed(\d+)", path.name)
        order = int(seed[1]) if seed else position
        for number, row in enumerate(read_rows(path), start=1):
            if chosen(row, asked, told):
                yield from _draws(row, order, asked, told, f"{path.name} line {number}")


def _draws(row: Row, order: int, asked: Asked, told: Told, where: str) -> Iterator[Record]:
    texts, scores = (several(required(row, name, where)) for name in ("code", "score"))
    if len(texts) != len(scores):
        told.note(
            "in some rows the numbers of scores and texts differ (their writer pads with the "
            "last score): samples without both are left out"
        )
        for _ in range(abs(len(texts) - len(scores))):
            told.leave_out("samples with only a text or only a score", where)
    answers, ends = several(row.get("pred")), several(row.get("finish_reason"))
    for i, (text, score) in enumerate(zip(texts, scores, strict=False)):
        yield Record(
            text=plain(text),
            question=plain(row.get("question")),
            reference=final(row.get("gt", row.get("answer"))),
            key=str(row.get("idx", "")),
            order=order,
            status=status_of(score, asked, "score", where),
            extracted=str(answers[i]) if i < len(answers) else None,
            finish_reason=ended(ends[i]) if i < len(ends) else None,
            metadata={k: row[k] for k in ("level", "subject", "type") if k in row},
            fields=policy_fields(row),
        )


FORMAT = Format(
    name="qwen-math",
    summary="Qwen2.5-Math, SimpleRL-Zoo, limit-of-RLVR test_*_seed*.jsonl",
    patterns=("test_*_seed*.jsonl", "*.jsonl", "*.jsonl.gz"),
    claims=claims,
    read=read,
    takes=frozenset(("where", "pool")),
    log_of=one_log,
)
