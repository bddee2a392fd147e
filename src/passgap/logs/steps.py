"""Dumps of a trainer, a file a training step: each step is a policy of its own.

In: the files found, and the step asked for. Out: the files of one step.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked

LISTED = 8


def of_step(files: Sequence[Path], asked: Asked) -> list[Path]:
    """The files of one step, by the number at the end of their names.

    Raises UsageError for several steps without ``--step``, or a step that is not there.
    """
    steps = {path: _step(path) for path in files}
    there = sorted({step for step in steps.values() if step is not None})
    if asked.step is not None and asked.step not in there:
        raise UsageError(f"--step {asked.step}; there are: {_listed(there)}")
    if asked.step is None and len(there) > 1:
        raise UsageError(
            f"the dumps are of {len(there)} training steps ({_listed(there)}), each a policy of "
            "its own; choose one with --step"
        )
    return [path for path in files if asked.step is None or steps[path] == asked.step]


def _step(path: Path) -> int | None:
    match = re.search(r"(\d+)$", path.name.partition(".")[0])
    return int(match[1]) if match else None


def _listed(steps: Sequence[int]) -> str:
    shown = ", ".join(map(str, steps[:LISTED]))
    return f"{shown}, ..., {steps[-1]}" if len(steps) > LISTED else shown
