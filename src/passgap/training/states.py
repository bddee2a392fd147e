"""The states that an interrupted training run goes on from.

In: a training run's folder. Out: its last whole state, with everything written after it removed.
A state is ``trainer/checkpoint-N``, which TRL writes; every process marks its part of it, and the
mark says how many processes there are, so that another number of them can go on from it.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from passgap.runs import write_text
from passgap.runs.journal import drop_rows_after
from passgap.runs.names import CHECKPOINT, HELD_OUT_FILE, POLICY_FILE, TRAINER, TRAINING_FILE

MARK = "whole-{rank}-of-{count}"
CARD = "README.md"  # the card that TRL writes with a state


def resumable(out: Path) -> Path | None:
    """The last state that every process has written whole, None where there is none.

    What was written after it goes: rows of logs, checkpoints, states that are not whole.
    """
    states = {_step(path): path for path in _states(out)}
    whole = [step for step, path in states.items() if _is_whole(path)]
    last = max(whole, default=0)
    for step, path in states.items():
        if step != last or not whole:
            shutil.rmtree(path)
    for name in (TRAINING_FILE, HELD_OUT_FILE):
        drop_rows_after(out / name, last if whole else -1)
    for path in out.glob(f"{CHECKPOINT}*"):
        if _step(path) > last or not (path / POLICY_FILE).is_file():
            shutil.rmtree(path)
    return states[last] if whole else None


def step_of_state(state: Path | None) -> int:
    """The step a state was saved at; 0 where a run begins."""
    return _step(state) if state else 0


def mark_whole(state: Path, rank: int, count: int) -> None:
    """Note that this process, one of ``count``, has written all of its part of a state."""
    write_text("", state / MARK.format(rank=rank, count=count))


def drop_states(out: Path) -> None:
    """Remove all states: the run is finished, its policy file written."""
    (out / TRAINER / CARD).unlink(missing_ok=True)
    for state in _states(out):
        shutil.rmtree(state)


def _states(out: Path) -> list[Path]:
    return list((out / TRAINER).glob(f"{CHECKPOINT}*"))


def _is_whole(state: Path) -> bool:
    marks = [path.name for path in state.glob(MARK.format(rank="*", count="*"))]
    return bool(marks) and len(marks) == int(marks[0].rpartition("-")[2])


def _step(path: Path) -> int:
    return int(path.name.rpartition("-")[2])
