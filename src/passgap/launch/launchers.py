"""The launchers by name: a name in, the trainer's Launcher or files in its form out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from passgap.launch.base import Launcher, Split
from passgap.launch.rows import Row
from passgap.registry import Registry


def _accept(made: object, package: str) -> Launcher | None:
    return made if isinstance(made, Launcher) else None


LAUNCHERS = Registry(
    "trainer",
    "a passgap Launcher",
    "passgap.launchers",
    {
        "trl": "passgap.launch.trl:LAUNCHER",
        "verl": "passgap.launch.verl:LAUNCHER",
        "openrlhf": "passgap.launch.openrlhf:LAUNCHER",
    },
    _accept,
)
FORMS = tuple(LAUNCHERS.built_in)


def check_forms(forms: Sequence[str]) -> None:
    """Refuse a form that no launcher writes."""
    for form in forms:
        LAUNCHERS[form]


def write_format(
    form: str, rows: Sequence[Row], folder: Path, name: str, *, split: Split, source: str
) -> list[Path]:
    """Write rows as ``folder/name.parquet`` and ``.jsonl``, as the form has it; returns the files.

    The rows have all a text, or all messages. ``split`` is what a reward is told they are;
    ``source``, the problem set's name, is what the trainer groups its metrics by.

    Raises UsageError for an unknown form.
    """
    return LAUNCHERS[form].data(rows, folder, name, split, source)
