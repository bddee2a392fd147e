"""open-instruct: ``<run>_rollouts_<shard>.jsonl`` of ``--save_traces``.

In: the shards of one run, of which one step is read. Out: one Record per sample, without a text:
rows have tokens only, and the prompt's tokens name the problem. A verified answer is rewarded with
10 by default and a format may add to it, so a condition says what is correct.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.identity import digest
from passgap.logs.base import Asked, Format, Record, Told, has
from passgap.logs.choosing import chosen
from passgap.logs.rows import numbered, read_lines, several
from passgap.logs.values import ended, plain, required, said, status_of
from passgap.stages.policies import policy_fields

LABEL = "reward"
_SHARD = re.compile(r"_rollouts_\d+\.jsonl(?:\.gz)?$")


def log_of(path: Path) -> str:
    """The run's name."""
    return _SHARD.sub("", path.name)


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """The samples of one step."""
    told.label = said(LABEL, asked)
    models = {path: _model(path) for path in files}
    for position, where, row in numbered(files, read_lines):
        told.set_policy(models[files[position]])
        if chosen(row, asked, told):
            tokens = several(required(row, "response_tokens", where))
            yield Record(
                text="",
                key=f"{plain(row.get('dataset'))} {digest(required(row, 'prompt_tokens', where))}",
                status=status_of(required(row, LABEL, where), asked, LABEL, where),
                finish_reason=ended(row.get("finish_reason")),
                tokens=len(tokens),
                fields=policy_fields(row),
            )


def _model(path: Path) -> str:
    """The model, from the run's metadata beside its shards."""
    about = path.parent / f"{log_of(path)}_metadata.jsonl"
    rows = read_lines(about) if about.is_file() else iter(())
    return plain(next(rows, {}).get("model_name"))


FORMAT = Format(
    name="open-instruct",
    summary="open-instruct *_rollouts_*.jsonl (save_traces)",
    patterns=("*_rollouts_*.jsonl",),
    claims=has("prompt_tokens", "response_tokens", "reward", "sample_idx"),
    read=read,
    takes=frozenset(("where", "pool")),
    log_of=log_of,
)
