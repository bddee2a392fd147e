"""Completions as models write them, their marks decided before any was run: completions.jsonl."""

import json
from collections.abc import Iterator
from pathlib import Path

from .cases import Case

FILE = Path(__file__).with_suffix(".jsonl")


def cases(verifier: str) -> Iterator[Case]:
    for line in FILE.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["verifier"] == verifier:
            yield Case(**row)
