"""TRL: ``completions_<step>.parquet`` of ``log_completions=True``.

In: tables of one step. Out: one Record per row. TRL keeps only the last generation batch between
two logs, and an evaluation at the same step overwrites the training table: rows are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Record, Told, has, one_log
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, numbered, read_rows
from passgap.logs.values import asked_text, completed, said, shown, status_of
from passgap.stages.policies import policy_fields

OWN = ("step", "prompt", "completion", "advantage", "completions", "prompts", "index")
OTHERS = ("gen_step", "advantages", "entropy", "num_turns", "solution")  # of TRL-like trainers
LOSSES = (
    "TRL writes only the last generation batch before each log, and an evaluation at the same "
    "step overwrites the training rows, so an unknown number of samples is missing; a watched "
    "reward (passgap export trl) keeps all of them"
)


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """The rows of one step."""
    told.note(LOSSES)
    for _, where, row in numbered(files, read_rows):
        if not chosen(row, asked, told):
            continue
        label = reward_of(row, asked)
        told.label = told.label or said(label, asked)
        prompt = row["prompt"]
        spoken = not isinstance(prompt, str)
        told.chat = told.chat or spoken
        yield Record(
            text=completed(row["completion"]),
            question=asked_text(prompt) if spoken else "",
            prompt=shown(prompt),
            status=status_of(row[label], asked, label, where),
            fields=policy_fields(row),
        )


def reward_of(row: Row, asked: Asked) -> str:
    """The reward that marks: the requested one, or the only one."""
    rewards = [
        name
        for name, value in row.items()
        if name not in (*OWN, *OTHERS) and (value is None or isinstance(value, int | float))
    ]
    condition = asked.correct_if
    named = asked.label or (condition.field if condition and condition.field in rewards else None)
    if named is None and len(rewards) == 1:
        return rewards[0]
    if named not in rewards:
        raise UsageError(
            f"the table has the rewards {', '.join(rewards) or 'none'}; choose the one that marks "
            "correct samples with --label"
        )
    return str(named)


FORMAT = Format(
    name="trl",
    summary="TRL completions_*.parquet (log_completions)",
    patterns=("completions_*.parquet",),
    claims=has("step", "prompt", "completion", "advantage"),
    read=read,
    takes=frozenset(("label", "step", "where", "pool")),
    log_of=one_log,
)
