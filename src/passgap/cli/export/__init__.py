"""``passgap export``: problems and results in, what other tools read out."""

from __future__ import annotations

from typing import Any

from passgap.cli.groups import Group, Loaded
from passgap.launch import LAUNCHERS

SECTIONS = {
    "Training jobs": {
        "verl": "GRPO on a Ray cluster: data, watched reward, launch script",
        "openrlhf": "GRPO with OpenRLHF: data, watched reward, launch script",
        "trl": "GRPO with TRL: data and a script to run and to change",
    },
    "Results": {
        "counts": "n, c and unscored of every problem as CSV, Parquet or JSONL",
        "passk-inference": "Counts for passk-inference",
        "scorio": "A 0/1 matrix for scorio",
        "dataset": "A folder that the Hugging Face hub takes",
    },
}


class Export(Group):
    """The formats that passgap writes for others, a file each, and those that packages add."""

    package = "passgap.cli.export"
    about = "Training jobs for other trainers, and results for other tools."
    sections = SECTIONS

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        added = [name for name in LAUNCHERS if name not in LAUNCHERS.built_in]
        self.commands = Exports(self.package, (*self.commands, *added))
        if added:
            text = "A job for a trainer whose launcher an installed package adds"
            self.sections = {**SECTIONS, "Added by packages": dict.fromkeys(added, text)}


class Exports(Loaded):
    """Exports by name; the command of an added launcher is made when it is asked for."""

    def __getitem__(self, name: str) -> Any:
        if name in self and not any(name in commands for commands in SECTIONS.values()):
            from passgap.cli.export.added import added

            return added(name)
        return super().__getitem__(name)


export = Export.made("export")
