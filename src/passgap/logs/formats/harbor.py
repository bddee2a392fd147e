"""Harbor: ``<job>/<trial>/result.json``, one object per trial.

In: the trials of one job. Out: one Record per trial; its text is what the agent said, where
``agent/trajectory.json`` lies beside it. A trial without a reward, or whose reward Harbor calls not
valid (``reward_valid``), is unscored with the name of its exception. Turns are the agent's steps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told, one_log
from passgap.logs.choosing import chosen
from passgap.logs.documents import whole_object
from passgap.logs.rows import Row, field, mapped, several, whole
from passgap.logs.values import completed, dollars, plain, said, status_of, turns_of

CUT = ("ContextWindowExceededError", "ContextLengthExceededError", "OutputTokenExceededError")
ROLES = {"agent": "assistant"}


def claims(peek: Peek) -> bool:
    """A trial, or the summary of a job."""
    return peek.has("trial_name", "task_name", "agent_info") or peek.has("n_total_trials", "stats")


def holds(path: Path) -> bool:
    """A trial's result: a job's summary has trials in the folders below it."""
    return not any(path.parent.glob("*/result.json"))


def job_of(path: Path) -> Path:
    """The folder of the job that a trial's result belongs to."""
    return path.parent.parent


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All trials."""
    for position, path in enumerate(files):
        row = whole_object(path)
        if "trial_name" not in row:
            raise UsageError(f"{path} is the summary of a job; give its folder, {path.parent}")
        _about(row, told)
        if chosen(row, asked, told):
            yield _record(row, path, position, asked, told)


def _about(row: Row, told: Told) -> None:
    agent, model = field(row, "agent_info.name"), field(row, "agent_info.model_info.name")
    provider = field(row, "agent_info.model_info.provider")
    named = f"{provider}/{model}" if provider else plain(model)
    told.set_policy(f"{named} ({agent})" if named else plain(agent))
    told.set_sampling(temperature=field(row, "config.agent.kwargs.temperature"))


def _record(row: Row, path: Path, position: int, asked: Asked, told: Told) -> Record:
    where = plain(row["trial_name"])
    exception = plain(field(row, "exception_info.exception_type")) or _of_a_step(row)
    status = _status(row, asked, told, where)
    trajectory = _trajectory(path.parent / "agent" / "trajectory.json")
    messages = list(_messages(trajectory))
    priced = field(row, "agent_result.cost_usd"), field(trajectory, "final_metrics.total_cost_usd")
    lost = status == "unscored"
    reason = f"error: {exception or 'no reward'}" if lost else exception * (status == "incorrect")
    return Record(
        text=completed([one for one in messages if one["content"] or one.get("tool_calls")]),
        key=plain(row["task_name"]),
        order=position,
        status=status,
        reason=reason,
        finish_reason="length" if exception in CUT else None,
        tokens=whole(field(row, "agent_result.n_output_tokens") or 0),
        turns=turns_of(messages),
        cost=next((cost for cost in map(dollars, priced) if cost is not None), None),
    )


def _of_a_step(row: Row) -> str:
    """The exception of a trial in several steps."""
    found = several(field(row, "step_results.exception_info.exception_type"))
    return next((name for name in map(plain, found) if name), "")


def _status(row: Row, asked: Asked, told: Told, where: str) -> Status:
    rewards = mapped(field(row, "verifier_result.rewards"))
    if not rewards or row.get("reward_valid") is False:
        return "unscored"
    name = asked.label or ("reward" if "reward" in rewards else next(iter(rewards)))
    if name not in rewards or (asked.label is None and name != "reward" and len(rewards) > 1):
        raise UsageError(
            f"{where} has the rewards {', '.join(rewards)}; choose one of them with --label"
        )
    told.label = told.label or said(name, asked)
    return status_of(rewards[name], asked, name, where)


def _trajectory(path: Path) -> Row:
    """What the agent did; empty where it is not there."""
    return whole_object(path) if path.is_file() else {}


def _messages(trajectory: Row) -> Iterator[Row]:
    """The steps of a trajectory as messages, what the agent saw after a step as one of a tool."""
    for step in map(mapped, several(trajectory.get("steps"))):
        role = ROLES.get(plain(step.get("source")), step.get("source"))
        said = {"role": role, "content": plain(step.get("message"))}
        yield said | {"tool_calls": step.get("tool_calls")}
        for seen in filter(None, map(plain, several(field(step, "observation.results")))):
            yield {"role": "tool", "content": seen}


FORMAT = Format(
    name="harbor",
    summary="Harbor <job>/<trial>/result.json",
    patterns=("result.json",),
    claims=claims,
    read=read,
    takes=frozenset(("label", "where", "pool")),
    verifier="code",
    log_of=one_log,
    folder_of=job_of,
    holds=holds,
)
