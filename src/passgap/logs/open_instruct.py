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
from passgap.logs.one_policy import OneOf
from passgap.logs.rows import numbered, read_lines, several
from passgap.logs.values import ended, plain, required, said, status_of

LABEL = "reward"
_SHARD = re.compile(r"_rollouts_\d+\.jsonl(?:\.gz)?$")


def log_of(path: Path) -> str:
    """The run's name."""
    return _SHARD.sub("", path.name)


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """The samples of one step."""
    told.label = said(LABEL, asked)
    step = OneOf("steps", ("step",), asked, told)
    for name in dict.fromkeys(path.parent / f"{log_of(path)}_metadata.jsonl" for path in files):
        for about in read_lines(name) if name.is_file() else ():
            told.set_policy(plain(about.get("model_name")))
    for _, where, row in numbered(files, read_lines):
        if step.has(row):
            tokens = several(required(row, "response_tokens", where))
            yield Record(
                text="",
                key=f"{plain(row.get('dataset'))} {digest(required(row, 'prompt_tokens', where))}",
                status=status_of(required(row, LABEL, where), asked, LABEL, where),
                finish_reason=ended(row.get("finish_reason")),
                tokens=len(tokens),
            )


FORMAT = Format(
    name="open-instruct",
    summary="open-instruct *_rollouts_*.jsonl (save_traces)",
    patterns=("*_rollouts_*.jsonl",),
    claims=has("prompt_tokens", "response_tokens", "reward", "sample_idx"),
    read=read,
    takes=frozenset(("where",)),
    log_of=log_of,
)
