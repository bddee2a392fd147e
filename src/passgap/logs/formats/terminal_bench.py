"""Terminal-Bench: ``results.json`` of ``tb run``, one object with the trials under ``results``.

In: the file of one run, with ``run_metadata.json`` beside it. Out: one Record per trial, without
a text, turns or cost: what the agent did is in files of its own. A trial that was not marked is
unscored, and so is one whose agent could not be installed or broke off, which the package counts as
unresolved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.documents import rows_under, whole_object
from passgap.logs.rows import Row, whole
from passgap.logs.values import plain, required, said, status_of
from passgap.stages.policies import policy_fields

LABEL = "is_resolved"
UNBROKEN = ("unset", "none")
BROKEN = ("agent_installation_failed", "unknown_agent_error")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All trials."""
    told.label = said(LABEL, asked)
    for path in files:
        _about(path.parent / "run_metadata.json", told)
        for number, row in enumerate(rows_under(path, "results"), start=1):
            if chosen(row, asked, told):
                yield _record(row, asked, told, f"{path.name} trial {number}")


def _about(path: Path, told: Told) -> None:
    about = whole_object(path) if path.is_file() else {}
    agent, model = plain(about.get("agent_name")), plain(about.get("model_name"))
    told.set_policy(f"{model} ({agent})" if model else agent)


def _record(row: Row, asked: Asked, told: Told, where: str) -> Record:
    mode = plain(row.get("failure_mode"))
    broken = mode in BROKEN
    if broken:
        told.note(f"trials that ended in {mode} are unscored here, but unresolved for the source")
    status = "unscored" if broken else status_of(row.get(LABEL), asked, LABEL, where)
    kept = mode if status != "correct" and mode not in UNBROKEN else ""
    return Record(
        text="",
        question=plain(row.get("instruction")),
        key=str(required(row, "task_id", where)),
        status=status,
        reason=f"error: {mode}" if broken else kept,
        tokens=whole(row.get("total_output_tokens") or 0),
        fields=policy_fields(row),
    )


def holds(path: Path) -> bool:
    """A run's results; its trials have files of the same name two folders below."""
    return not (path.parent.parent.parent / "run_metadata.json").is_file()


FORMAT = Format(
    name="terminal-bench",
    summary="Terminal-Bench results.json (tb run)",
    patterns=("results.json",),
    claims=has("results", "n_resolved", "resolved_ids"),
    read=read,
    takes=frozenset(("where", "pool")),
    verifier="code",
    holds=holds,
)
