"""``passgap export``: problems and results in, what other tools read out."""

from __future__ import annotations

from passgap.cli.groups import Group

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
    """The formats that passgap writes for others, a file each."""

    package = "passgap.cli.export"
    about = "Training jobs for other trainers, and results for other tools."
    sections = SECTIONS


export = Export.made("export")
