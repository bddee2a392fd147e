"""OpenRLHF: JSONL, a reward file, its launch script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from passgap.launch.base import SPECIAL_FILE, Job, Launcher, Split, rendered, write_jsonl
from passgap.launch.rows import Row
from passgap.launch.tokenizers import special_tokens


def data(rows: Sequence[Row], folder: Path, name: str, split: Split, source: str) -> list[Path]:
    """JSONL: ``input`` is a text or messages, ``label`` the problem as JSON, ``datasource``."""
    given = [
        {
            "input": row.messages if row.prompt.messages else row.prompt.text,
            "label": json.dumps({"split": split, **row.carried}, ensure_ascii=False),
            "datasource": source,
            **row.known,
        }
        for row in rows
    ]
    return [write_jsonl(given, folder / f"{name}.jsonl")]


def files(job: Job) -> Mapping[str, str]:
    """The special tokens in its texts, the reward, the launch script, the commands."""
    special = json.dumps(special_tokens(job.policy)) + "\n"
    return {SPECIAL_FILE: special} | rendered(
        "openrlhf", job, "reward.py", "launch.sh", "README.md"
    )


LAUNCHER = Launcher(data, files, begins_texts=True)
