"""Problem files, named sources and prompt rendering: a spec in, a ProblemSet or Prompt out."""

from __future__ import annotations

from pathlib import Path

from passgap.errors import UsageError
from passgap.problems.files import Mapped, load_file
from passgap.problems.prompts import TEMPLATES, read_template, render
from passgap.types import ProblemSet

__all__ = ["TEMPLATES", "Mapped", "load_problems", "read_template", "render"]


def load_problems(spec: str, mapping: Mapped | None = None) -> ProblemSet:
    """The problems of a file path or of ``gym:NAME?size=..&seed=..``."""
    if spec.startswith("gym:"):
        from passgap.problems.gym import load_gym

        return load_gym(spec)
    path = Path(spec)
    if not path.is_file():
        raise UsageError(
            f"problems {spec!r} not found; allowed: a .jsonl, .jsonl.gz, .csv or .parquet file, "
            "gym:NAME?size=..&seed=.., lab:NAME"
        )
    return load_file(path, mapping or Mapped())
