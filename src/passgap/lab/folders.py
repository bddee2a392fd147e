"""The policies in the package: from names to folders."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from passgap.errors import UsageError

NAMES = ("base", "teacher", "novice")


def check_name(name: str) -> str:
    """The name itself, if the lab has such a policy."""
    if name not in NAMES:
        raise UsageError(f"lab policy {name!r} is unknown; allowed: {', '.join(NAMES)}")
    return name


def lab_policy_path(name: str) -> Path:
    """The folder of a policy in the package (``NAMES``)."""
    return Path(str(files("passgap.lab") / "policies" / check_name(name)))
