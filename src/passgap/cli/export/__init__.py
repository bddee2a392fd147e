"""``passgap export``: problems and results in the formats of other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from passgap.cli.groups import Group, Loaded
from passgap.launch import LAUNCHERS

if TYPE_CHECKING:
    from typer._click import Command

SECTIONS = {
    "Training jobs": {
        "verl": "RLVR on a Ray cluster: data, watched reward, launch script",
        "openrlhf": "GRPO with OpenRLHF: data, watched reward, launch script",
        "trl": "GRPO with TRL: data and a script to run and adapt",
    },
    "Data and reward": {
        "slime": "Data and watched reward for slime",
        "skyrl": "Data and watched reward for SkyRL",
        "ms-swift": "Data and watched reward for ms-swift",
        "areal": "Data and watched reward for AReaL",
        "nemo-rl": "Data and watched reward for NeMo-RL",
        "verifiers": "Taskset with a watched reward for prime-rl",
    },
    "Results": {
        "counts": "n, c and unscored of every problem as CSV, Parquet or JSONL",
        "passk-inference": "Counts for passk-inference",
        "scorio": "0/1 matrix for scorio",
        "dataset": "Data set folder for the Hugging Face hub",
    },
}


class Exports(Loaded):
    """Exports by name: one command for each kind of result and for each trainer."""

    def names(self) -> tuple[str, ...]:
        """Those of the table, and the launchers that packages add; none is loaded."""
        return (*self._names, *(name for name in LAUNCHERS if name not in self._names))

    def __getitem__(self, name: str) -> Command:
        if name not in self:
            raise KeyError(name)
        if name in SECTIONS["Results"]:
            return self.loaded(name, "results")
        from passgap.cli.export.jobs import job_command

        return job_command(name)


class Export(Group):
    """The formats that passgap writes for others, and those that packages add."""

    package = "passgap.cli.export"
    about = "Training jobs for other trainers, and results for other tools."
    sections = SECTIONS
    added = ("Added by packages", "Job for a trainer whose launcher an installed package adds")
    load = Exports


export = Export.made("export")
