"""Tinker cookbook: a benchmark's ``trajectories.jsonl``, or ``*_rollout_summaries.jsonl`` of RL.

In: the files of one benchmark, or of one split. Out: one Record per trajectory. An example that
failed or ran out of time (``error``) is unscored. Summaries of rollouts have no texts, and name a
problem only by its place in the batch. A reward that includes a penalty for the format needs
``--label correct`` or a condition.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, field, mapped, numbered, read_lines, several, whole
from passgap.logs.values import completed, final, plain, said, shown, status_of
from passgap.stages.policies import policy_fields

CUT = ("max_tokens_reached", "context_overflow")
EXPECTED = ("expected", "answer", "reference", "target", "ground_truth")
PLACES = (
    "problems are named by their place in the batch, which is the same in another log only if the "
    "batch is, with no group left out"
)


def claims(peek: Peek) -> bool:
    """Rows of either file."""
    return peek.has("benchmark", "turns", "reward") or peek.has(
        "group_idx", "traj_idx", "total_reward"
    )


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All trajectories."""
    asks = _asked_by_example(files)
    for _, where, row in numbered(files, read_lines):
        if chosen(row, asked, told):
            stored = "turns" in row
            made = _stored(row, asks, asked, told, where) if stored else None
            made = made or _summary(row, asked, told, where)
            yield made._replace(fields=policy_fields(row))


def _asked_by_example(files: Sequence[Path]) -> dict[str, tuple[str, str]]:
    """The question and reference of each example: a row that failed has neither."""
    found: dict[str, tuple[str, str]] = {}
    for _, _, row in numbered(files, read_lines):
        turns = _turns(row)
        if turns and _key(row) not in found:
            logs = mapped(row.get("logs"))
            asks = [one for one in turns if one["role"] == "user"]
            expected = next((logs[name] for name in EXPECTED if name in logs), None)
            found[_key(row)] = (plain(asks[-1]) if asks else "", final(expected))
    return found


def _turns(row: Row) -> list[Row]:
    return [mapped(turn) for turn in several(row.get("turns"))]


def _key(row: Row) -> str:
    return plain(row.get("example_id")) or f"{row.get('benchmark')} {row.get('idx')}"


def _stored(
    row: Row, asks: dict[str, tuple[str, str]], asked: Asked, told: Told, where: str
) -> Record:
    error, metrics = row.get("error"), mapped(row.get("metrics"))
    question, reference = asks.get(_key(row), ("", ""))
    turns = _turns(row)
    spoken = [one for one in turns if one["role"] == "assistant"]
    told.chat = told.chat or bool(spoken)
    cut = any(metrics.get(name) for name in CUT)
    scores = {"reward": row.get("reward"), **metrics}
    return Record(
        text=completed(turns) if spoken else "",
        question=question,
        reference=reference,
        prompt=shown(turns[: turns.index(spoken[0])]) if spoken else "",
        key=_key(row),
        status=_status(None if error is not None else scores, "reward", asked, told, where),
        reason=f"error: {plain(error)[:200]}" if error is not None else "",
        finish_reason=None if error is not None else "length" if cut else "stop",
        tokens=whole(metrics.get("_eval_ac_tokens") or 0),
    )


def _summary(row: Row, asked: Asked, told: Told, where: str) -> Record:
    told.note(PLACES)
    split = plain(row.get("split"))
    batch = f" iteration {row.get('iteration')}" if split.startswith("train") else ""
    steps = [mapped(step) for step in several(row.get("steps"))]
    metrics = {k: v for step in steps for k, v in mapped(step.get("metrics")).items()}
    scores = {"total_reward": row["total_reward"], "final_reward": row.get("final_reward")}
    return Record(
        text="",
        key=f"{split}{batch} group {row['group_idx']}",
        status=_status({**metrics, **scores}, "total_reward", asked, told, where),
        tokens=sum(whole(field(step, "ac_len") or 0) for step in steps),
    )


def _status(row: Row | None, usual: str, asked: Asked, told: Told, where: str) -> Status:
    """The status by the reward or by a metric (``--label``); None is a failure."""
    name = asked.label or usual
    told.label = told.label or said(name, asked)
    if row is None:
        return "unscored"
    if name not in row:
        raise UsageError(f"{where} has no {name!r}; choose one of {', '.join(row)} with --label")
    return status_of(row[name], asked, name, where)


FORMAT = Format(
    name="tinker",
    summary="Tinker cookbook trajectories.jsonl or *_rollout_summaries.jsonl",
    patterns=("trajectories.jsonl", "*_rollout_summaries.jsonl"),
    claims=claims,
    read=read,
    takes=frozenset(("label", "where", "pool")),
)
