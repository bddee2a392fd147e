"""Other tools' logs in, run folders out: one module a format, one table of them all.

In: the files of a log. Out: a run folder with the source's labels, or a refusal that says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from passgap.logs import (
    counts_file,
    evalplus,
    human_eval,
    inspect_logs,
    lighteval,
    livecodebench,
    lm_eval,
    nemo_skills,
    opencompass,
    qwen_math,
    table,
    trl,
    verifiers_results,
    verl,
)
from passgap.logs.base import Asked, Format
from passgap.logs.conditions import Condition, parse_condition
from passgap.logs.counts_file import ImportedCounts, import_counts
from passgap.logs.finding import Found, find_log
from passgap.logs.imported import Imported
from passgap.logs.importing import import_files
from passgap.logs.means import import_means, wants_counts

_MODULES = (
    inspect_logs,
    lm_eval,
    lighteval,
    nemo_skills,
    verl,
    trl,
    evalplus,
    human_eval,
    verifiers_results,
    opencompass,
    qwen_math,
    livecodebench,
    counts_file,
    table,  # last: it takes what no other format claims
)
FORMATS: dict[str, Format] = {one.FORMAT.name: one.FORMAT for one in _MODULES}


def import_log(
    paths: Path | str | Sequence[Path | str],
    *,
    out: Path | str,
    form: str | None = None,
    correct_if: Condition | str | None = None,
    **settings: Any,
) -> Imported | ImportedCounts:
    """Bring another tool's log in as a run, as ``passgap import`` does; counts as a counts file.

    Parameters
    ----------
    paths
        A log file, several files of one log, or its folder.
    out
        The run folder, or for counts a .csv, .parquet or .jsonl file.
    form
        A name in FORMATS; None guesses it.
    correct_if
        What makes a number correct, as ``"score>=1"``.
    settings
        The other fields of `Asked`.

    Raises
    ------
    UsageError
        If the log is of no known format, holds partial credit without a condition, or lacks what
        was asked for.
    RunError
        If ``out`` holds something else.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    condition = parse_condition(correct_if) if isinstance(correct_if, str) else correct_if
    asked = Asked(correct_if=condition, **settings)
    return import_found(find_log(FORMATS, form, given), out, asked)


def import_found(
    found: Found, out: Path | str, asked: Asked, *, command: str = ""
) -> Imported | ImportedCounts:
    """Import a log that `find_log` found, into a run folder or, by its name, a counts file."""
    if found.format.name == counts_file.FORMAT.name:
        return import_counts(found.files, out, asked)
    if wants_counts(out):
        return import_means(found.format, found.files, out, asked)
    return import_files(found.format, found.files, out, asked, command=command)


__all__ = [
    "FORMATS",
    "Asked",
    "Condition",
    "Format",
    "Found",
    "Imported",
    "ImportedCounts",
    "find_log",
    "import_counts",
    "import_files",
    "import_found",
    "import_log",
    "parse_condition",
]
