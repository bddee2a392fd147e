"""tau2-bench: one object with ``simulations``, or ``results.json`` beside a folder of them.

In: the results of one domain. Out: one Record per simulation, in the order of the trials. As in the
package, only a reward of 1 (within a millionth) is a success, and a simulation that ended in
``infrastructure_error`` is not counted: it is unscored. Turns are the agent's messages, the cost is
that of the agent without the simulated user.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.documents import member, rows_under, whole_object
from passgap.logs.rows import Row, field, mapped, whole
from passgap.logs.values import (
    completed,
    dollars,
    plain,
    required,
    said,
    status_of,
    turns_of,
)
from passgap.stages.policies import policy_fields

LABEL = "reward"
INFRASTRUCTURE = "infrastructure_error"
FINISHED = ("agent_stop", "user_stop")


def claims(peek: Peek) -> bool:
    """Results in one file, or in a folder beside it."""
    return peek.has("info", "tasks") and (peek.has("simulations") or peek.has("simulation_index"))


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All simulations."""
    told.label, told.chat = said(LABEL, asked), True
    domains: dict[str, None] = {}
    for path in files:
        info = mapped(member(path, "info"))
        domains[plain(field(info, "environment_info.domain_name"))] = None
        if len(domains) > 1:
            raise UsageError(
                f"the files are of the domains {', '.join(domains)}, whose ids are not one set; "
                "give the files of one domain"
            )
        agent = field(info, "agent_info.implementation")
        told.set_policy(f"{plain(field(info, 'agent_info.llm'))} ({agent})")
        told.set_sampling(temperature=field(info, "agent_info.llm_args.temperature"))
        for row in _simulations(path):
            if chosen(row, asked, told):
                yield _record(row, asked, f"{path.name} simulation {row.get('id')}")


def _simulations(path: Path) -> Iterator[Row]:
    folder = path.parent / "simulations"
    if folder.is_dir():
        yield from map(whole_object, sorted(folder.glob("*.json")))
    else:
        yield from rows_under(path, "simulations")


def _record(row: Row, asked: Asked, where: str) -> Record:
    ended = plain(row.get("termination_reason"))
    failed = ended == INFRASTRUCTURE
    reward = field(row, "reward_info.reward")
    near = round(reward, 6) if isinstance(reward, float) else reward
    status = "unscored" if failed else status_of(near, asked, LABEL, where)
    kept = ended if status != "correct" and ended not in FINISHED else ""
    return Record(
        text=completed(row.get("messages")),
        key=str(required(row, "task_id", where)),
        order=whole(row.get("trial") or 0),
        status=status,
        reason=f"error: {ended}" if failed else kept,
        finish_reason="length" if ended in ("max_steps", "context_window_exceeded") else None,
        turns=turns_of(row.get("messages")),
        cost=dollars(row.get("agent_cost")),
        fields=policy_fields(row),
    )


FORMAT = Format(
    name="tau2",
    summary="tau2-bench results.json (or one file per run)",
    patterns=("results.json", "*.json"),
    claims=claims,
    read=read,
    takes=frozenset(("where", "pool")),
)
