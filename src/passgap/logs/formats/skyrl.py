"""SkyRL: ``dumped_evals/global_step_<step>_evals/<data source>.jsonl``.

In: the dump of one data set at one step. Out: one Record per row. A score may be a list with a
reward for each token: SkyRL's pass@n reads the last, its mean the sum, so the two have to agree or
``--label`` says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.rows import field, numbered, read_lines
from passgap.logs.values import ended, final, plain, required, said, status_of
from passgap.stages.policies import policy_fields

LABELS = ("score", "last", "sum")


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All rows."""
    label = asked.label or "score"
    if label not in LABELS:
        raise UsageError(f"--label {label!r}; allowed: {', '.join(LABELS)}")
    told.label = said(label, asked)
    for position, where, row in numbered(files, read_lines):
        if not chosen(row, asked, told):
            continue
        score = _score(required(row, "score", where), label, where)
        status = status_of(score, asked, label, where)
        yield Record(
            text=plain(required(row, "output_response", where)),
            prompt=plain(required(row, "input_prompt", where)),
            reference=final(field(row, "env_extras.reward_model.ground_truth")),
            order=position,
            status=status,
            reason="no score" if status == "unscored" else "",
            finish_reason=ended(row.get("stop_reason")),
            fields=policy_fields(row),
        )


def holds(path: Path) -> bool:
    """A data source's dump, and not the aggregates beside it."""
    return path.name != "aggregated_results.jsonl"


def _score(value: object, label: str, where: str) -> object:
    """The reward of a trajectory, None where no token has one."""
    if not isinstance(value, list):
        return value
    if not value:
        return None
    last, total = value[-1], sum(value)
    if label == "score" and abs(last - total) > 1e-6:
        raise UsageError(
            f"the tokens' scores in {where} end in {last:g} and sum to {total:g}; choose with "
            "--label last (SkyRL's pass@n) or --label sum (its mean)"
        )
    return total if label == "sum" else last


FORMAT = Format(
    name="skyrl",
    summary="SkyRL dumped_evals/*/<data source>.jsonl",
    patterns=("*.jsonl",),
    claims=has("input_prompt", "output_response", "score"),
    read=read,
    takes=frozenset(("label", "where", "pool")),
    holds=holds,
)
