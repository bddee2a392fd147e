"""verifiers and prime-rl: ``results.jsonl`` (until 0.3) or ``traces.jsonl`` (from 0.4).

In: the files of one evaluation. Out: one Record per rollout. A rollout that failed because of the
infrastructure is unscored, not wrong; a reward that is a sum of parts needs a condition. Before
0.1.6 rows have an ``id`` counted from their order, in which the examples alternate: it names no
example and is not read. prime-rl writes the same rows for a step of training, or the traces of its
episodes each in a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from passgap.data.outcomes import Status
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.documents import whole_object
from passgap.logs.rows import Row, field, mapped, read_lines, several, whole
from passgap.logs.values import (
    asked_text,
    completed,
    ended,
    final,
    plain,
    required,
    said,
    shown,
    status_of,
    turns_of,
)
from passgap.stages.policies import policy_fields


class Part(msgspec.Struct):
    """One part of a reward."""

    score: float | bool
    weight: float = 1.0


SETTINGS = ("temperature", "top_p", "top_k", "max_tokens")


def claims(peek: Peek) -> bool:
    """Rows of one of the layouts."""
    early = peek.has("id", "prompt", "completion", "task", "reward")
    return (
        peek.has("example_id", "prompt", "completion", "reward")
        or peek.has("task", "traces", "ok")
        or peek.has("task", "nodes", "rewards")
        or (early and (peek.has("generation_ms") or peek.name.startswith("results.jsonl")))
    )


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All rollouts."""
    told.chat = True
    for position, path in enumerate(files):
        metadata = path.parent / "metadata.json"
        about = whole_object(metadata) if metadata.is_file() else {}
        for number, row in enumerate(read_lines(path), start=1):
            where = f"{path.name} line {number}"
            _describe(about, row, told)
            if not chosen(row, asked, told):
                continue
            fields = policy_fields(row)
            if "nodes" in row:
                failed = row.get("ok", not row.get("errors")) is False
                row = {"task": row["task"], "traces": [row], "ok": not failed}
            if "traces" in row:
                yield _of_episode(row, position, asked, told, where)._replace(fields=fields)
            else:
                yield _of_result(row, position, asked, told, where)._replace(fields=fields)


def _describe(about: Row, row: Row, told: Told) -> None:
    """Say what policy a row is of: that of its own call, or else of the evaluation."""
    traces = _traces(row)
    calls = several(traces[0].get("calls")) if traces else []
    call = mapped(calls[-1]) if calls else {}
    own = mapped(call.get("sampling")) or mapped(about.get("sampling_args"))
    told.set_policy(plain(call.get("model") or about.get("model")))
    told.set_sampling(**{name: own.get(name) for name in SETTINGS})


def _traces(row: Row) -> list[Row]:
    """The traces of a row's agents that are trained."""
    listed = [row] if "nodes" in row else several(row.get("traces"))
    return [mapped(one) for one in listed if field(one, "agent.trainable") is not False]


def _of_result(row: Row, position: int, asked: Asked, told: Told, where: str) -> Record:
    failed = row.get("error") is not None
    cut = None if failed else row.get("is_truncated")
    prompt = required(row, "prompt", where)
    return Record(
        text=completed(row.get("completion")),
        question=asked_text(prompt),
        reference=final(row.get("answer")),
        prompt=shown(prompt),
        key=str(row.get("example_id", "")),
        order=position,
        status=_status(None if failed else row, asked, told, where),
        reason="error" if failed else "",
        finish_reason=None if cut is None else "length" if cut else "stop",
        tokens=whole(field(row, "token_usage.output_tokens")),
        turns=turns_of(row.get("completion")),
    )


def _of_episode(row: Row, position: int, asked: Asked, told: Told, where: str) -> Record:
    traces = _traces(row)
    if len(traces) > 1:
        told.note("episodes have several agents; the text of the first trainable one is used")
    task, trace = mapped(row["task"]), traces[0] if traces else {}
    data = mapped(task.get("data"))
    nodes = [mapped(node) for node in several(trace.get("nodes"))]
    calls = several(trace.get("calls"))
    failed = not row["ok"] or not trace
    spoken = [node["message"] for node in nodes]
    sampled = [node["message"] for node in nodes if node.get("sampled")]
    rewards = _rewards(trace)
    scored: Row = {"reward": sum(rewards.values()) if rewards else None, **rewards}
    call = mapped(calls[-1]) if calls else {}
    return Record(
        text=plain(sampled[-1]) if sampled else plain(trace.get("root_reply")),
        question=asked_text(data.get("prompt")),
        reference=final(data.get(asked.answer_field or "answer")),
        prompt=shown(spoken[: len(spoken) - len(sampled)]) if len(sampled) == 1 else "",
        key=str(task.get("key") or ""),
        order=position,
        status=_status(None if failed else scored, asked, told, where),
        reason="error" if failed else "",
        finish_reason=ended(call.get("finish_reason")),
        tokens=whole(field(call, "usage.completion_tokens")) if len(sampled) == 1 else 0,
        turns=len(sampled) or None,
    )


def _rewards(trace: Row) -> dict[str, float]:
    """The parts of the reward, each times its weight."""
    given = msgspec.convert(trace.get("rewards") or {}, dict[str, Part | float | None])
    return {
        name: part.score * part.weight if isinstance(part, Part) else part
        for name, part in given.items()
        if part is not None
    }


def _status(row: Row | None, asked: Asked, told: Told, where: str) -> Status:
    """The status by the reward, or by one of its parts (``--label``); None is a failure."""
    name = asked.label or "reward"
    told.label = told.label or said(name, asked)
    if row is None:
        return "unscored"
    metrics = mapped(row.get("metrics"))
    value = metrics[name] if name in metrics else required(row, name, where)
    return status_of(value, asked, name, where)


FORMAT = Format(
    name="verifiers",
    summary="verifiers or prime-rl results.jsonl / traces.jsonl",
    patterns=("results.jsonl", "traces.jsonl", "*_rollouts*.jsonl"),
    claims=claims,
    read=read,
    takes=frozenset(("label", "answer_field", "where", "pool")),
)
