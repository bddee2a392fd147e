"""Problem files, named sources and prompt rendering: from a spec to a ProblemSet or Prompt."""

from __future__ import annotations

import os
from pathlib import Path

from passgap.data.problems import ProblemSet
from passgap.errors import UsageError
from passgap.problems.benchmarks import BENCHMARKS
from passgap.problems.files import Mapped, as_benchmark, load_file, read_rows
from passgap.problems.images import read_image
from passgap.problems.prompts import TEMPLATES, next_question, read_template, render

__all__ = [
    "BENCHMARKS",
    "TEMPLATES",
    "Mapped",
    "load_problems",
    "next_question",
    "read_image",
    "read_template",
    "render",
]


def load_problems(spec: str, mapping: Mapped | None = None) -> ProblemSet:
    """The problems of a file, of ``gym:NAME?size=..&seed=..``, or of a named benchmark.

    A name is looked up as a path, then under the folder named by ``PASSGAP_DATA``, then, for a
    benchmark, on the hub.
    """
    if spec.startswith("gym:"):
        from passgap.problems.gym import load_gym

        return load_gym(spec)
    mapping = mapping or Mapped()
    path = _found(spec)
    if path is not None:
        return load_file(path, mapping)
    if spec in BENCHMARKS:
        return _benchmark(spec)
    raise UsageError(
        f"problems {spec!r} not found; allowed: a .jsonl, .jsonl.gz, .csv, .tsv or .parquet file, "
        f"one of {', '.join(BENCHMARKS)}, gym:NAME?size=..&seed=.., lab:NAME"
    )


def _found(spec: str) -> Path | None:
    folders = [Path(), *_data()]
    return next((folder / spec for folder in folders if (folder / spec).is_file()), None)


def _data() -> list[Path]:
    """The folders of local data: PASSGAP_DATA and its ``problems``."""
    named = os.environ.get("PASSGAP_DATA")
    return [Path(named), Path(named) / "problems"] if named else []


def _benchmark(name: str) -> ProblemSet:
    """A benchmark's problems, from a local file if there is one, else from the hub."""
    benchmark = BENCHMARKS[name]
    files = sorted(
        path for folder in _data() for pattern in benchmark.files for path in folder.glob(pattern)
    )
    if files:
        rows = read_rows(files[0])
        return ProblemSet.of(name, as_benchmark(files[0], name, rows, files[0].parent))
    from passgap.problems.hub import hub_rows

    found = hub_rows(benchmark.hub, benchmark.config, benchmark.split)
    return ProblemSet.of(name, as_benchmark(benchmark.hub, name, found, Path()))
