"""The files of one rank of a watch folder: their names, which of them count.

In: the names in a folder. Out: the parts that count; the rank that is free.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from passgap.errors import RunError
from passgap.runs.locks import hold
from passgap.runs.writing import own

MERGED = 64


@dataclass(frozen=True)
class Part:
    """One file of a rank: the calls ``first`` to ``last``."""

    first: int
    last: int

    @property
    def name(self) -> str:
        return f"part-{self.first:010d}-{self.last:010d}.parquet"

    @property
    def calls(self) -> int:
        return self.last - self.first + 1


def rank_name(rank: int) -> str:
    """The folder of a rank."""
    return f"rank-{rank:05d}"


def widest(names: Iterable[str]) -> list[Part]:
    """The parts that count, in the order of their calls: among overlapping ones the widest."""
    parts = sorted(filter(None, map(parse_part, names)), key=lambda part: (part.first, -part.last))
    kept: list[Part] = []
    for part in parts:
        if not kept or part.first > kept[-1].last:
            kept.append(part)
    return kept


def parse_part(name: str) -> Part | None:
    """The part that a file of this name holds, None for any other file."""
    match = re.fullmatch(r"part-(\d+)-(\d+)\.parquet", name)
    return Part(int(match[1]), int(match[2])) if match else None


def parse_rank(name: str) -> int | None:
    """The rank whose folder has this name, None for any other."""
    match = re.fullmatch(r"rank-(\d+)", name)
    return int(match[1]) if match else None


def level(part: Part) -> int:
    """Roughly how often its calls have been merged."""
    size = 0
    while part.calls >= MERGED ** (size + 1):
        size += 1
    return size


def first_free_rank(folder: Path | str, first: int = 0) -> int:
    """The lowest rank from ``first`` on that no other process writes; this process owns it from now
    on."""
    rank = first
    while True:
        try:
            hold(own(Path(folder), rank_name(rank)))
        except RunError:
            rank += 1
        else:
            return rank
