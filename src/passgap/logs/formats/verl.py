"""verl: ``<step>.jsonl`` of ``trainer.validation_data_dir`` or ``rollout_data_dir``.

In: dumps of one step. Out: one Record per row. Rows have decoded prompts and a uid that is new in
every step, so problems are identified by the prompt (or ``--problems``), never by the uid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.logs.base import Asked, Format, Record, Told, has, one_log
from passgap.logs.choosing import chosen
from passgap.logs.rows import numbered, read_lines
from passgap.logs.values import final, labelled, plain, required
from passgap.stages.policies import policy_fields


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """The rows of one step."""
    draws: Counter[int] = Counter()
    for _, where, row in numbered(files, read_lines):
        if not chosen(row, asked, told):
            continue
        prompt = plain(required(row, "input", where))
        draws[hash(prompt)] += 1
        extracted = row.get("pred")
        yield Record(
            text=plain(required(row, "output", where)),
            prompt=prompt,
            reference=final(row.get("gts")),
            key=str(row.get(asked.id_field or "problem_id") or ""),
            status=labelled(row, asked, told, ("acc", "score"), where),
            extracted=None if extracted is None else str(extracted),
            fields=policy_fields(row),
        )
    if draws and max(draws.values()) == 1:
        told.note(
            "each problem has only one sample, which gives no pass@k: by default verl validates "
            "greedily with n = 1; set actor_rollout_ref.rollout.val_kwargs"
        )


FORMAT = Format(
    name="verl",
    summary="verl validation or rollout dumps, <step>.jsonl",
    patterns=("[0-9]*.jsonl",),
    claims=has("input", "output", "score", "step"),
    read=read,
    takes=frozenset(("label", "step", "id_field", "where", "pool")),
    log_of=one_log,
)
