"""From other tools' logs to run folders: one table of all formats, one module each in ``formats``.

An installed package adds a format by an entry point of the group ``passgap.logs``; it is used only
when named, and never guessed.

In: the files of a log. Out: a run folder with the source's labels, or a refusal that says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from passgap.data.outcomes import Status
from passgap.logs.base import Asked, Condition, Format, Peek, Record, Told, parse_condition
from passgap.logs.counts_file import FORMAT as COUNTS
from passgap.logs.counts_file import (
    ImportedCounts,
    import_counts,
    import_marks,
    import_means,
    wants_counts,
)
from passgap.logs.finding import Found, find_each, find_log
from passgap.logs.importing import Imported, import_files
from passgap.logs.table import FORMAT as TABLE
from passgap.registry import Registry


def _accept(made: object, package: str) -> Format | None:
    return made if isinstance(made, Format) else None


FORMATS = Registry(
    "format",
    "a passgap log Format",
    "passgap.logs",
    {
        "inspect": "passgap.logs.formats.inspect_logs:FORMAT",
        "lm-eval": "passgap.logs.formats.lm_eval:FORMAT",
        "lighteval": "passgap.logs.formats.lighteval:FORMAT",
        "nemo-skills": "passgap.logs.formats.nemo_skills:FORMAT",
        "verl": "passgap.logs.formats.verl:FORMAT",
        "trl": "passgap.logs.formats.trl:FORMAT",
        "evalplus": "passgap.logs.formats.evalplus:FORMAT",
        "human-eval": "passgap.logs.formats.human_eval:FORMAT",
        "verifiers": "passgap.logs.formats.verifiers_results:FORMAT",
        "opencompass": "passgap.logs.formats.opencompass:FORMAT",
        "qwen-math": "passgap.logs.formats.qwen_math:FORMAT",
        "livecodebench": "passgap.logs.formats.livecodebench:FORMAT",
        "terminal-bench": "passgap.logs.formats.terminal_bench:FORMAT",
        "harbor": "passgap.logs.formats.harbor:FORMAT",
        "tau2": "passgap.logs.formats.tau2:FORMAT",
        "tinker": "passgap.logs.formats.tinker:FORMAT",
        "skyrl": "passgap.logs.formats.skyrl:FORMAT",
        "nemo-rl": "passgap.logs.formats.nemo_rl:FORMAT",
        "ms-swift": "passgap.logs.formats.ms_swift:FORMAT",
        "open-instruct": "passgap.logs.formats.open_instruct:FORMAT",
        "evalscope": "passgap.logs.formats.evalscope:FORMAT",
        "helm": "passgap.logs.formats.helm:FORMAT",
        "promptfoo": "passgap.logs.formats.promptfoo:FORMAT",
        "lmms-eval": "passgap.logs.formats.lmms_eval:FORMAT",
        "vlmevalkit": "passgap.logs.formats.vlmevalkit:FORMAT",
        "slime": "passgap.logs.formats.slime:FORMAT",
        "counts": "passgap.logs.counts_file:FORMAT",
        "table": "passgap.logs.table:FORMAT",  # last: it takes what no other format claims
    },
    _accept,
)


def import_log(
    paths: Path | str | Sequence[Path | str],
    *,
    out: Path | str,
    form: str | None = None,
    correct_if: Condition | str | None = None,
    **settings: Any,
) -> Imported | ImportedCounts:
    """Import another tool's log as a run, as ``passgap import`` does; counts become a counts file.

    Parameters
    ----------
    paths
        A log file, several files of one log, or its folder.
    out
        The run folder, or for counts a .csv, .parquet or .jsonl file.
    form
        A name in FORMATS; None guesses which of the built-in ones.
    correct_if
        Which numbers count as correct, such as ``"score>=1"``.
    settings
        The other fields of `Asked`.

    Raises
    ------
    UsageError
        If the log has no known format, has partial credit without a condition, or lacks what was
        requested.
    RunError
        If ``out`` contains something else.
    """
    given = [paths] if isinstance(paths, str | Path) else list(paths)
    condition = parse_condition(correct_if) if isinstance(correct_if, str) else correct_if
    asked = Asked(correct_if=condition, **settings)
    return import_found(find_log(FORMATS, form, given, asked=asked), out, asked)


def import_found(
    found: Found, out: Path | str, asked: Asked, *, command: str = ""
) -> Imported | ImportedCounts:
    """Import a log that `find_log` found, into a run folder or, by its name, a counts file."""
    if found.format.name == COUNTS.name:
        return import_counts(found.files, out, asked)
    if wants_counts(out) and found.format.name == TABLE.name:
        return import_marks(found.files, out, asked)
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
    "Peek",
    "Record",
    "Status",
    "Told",
    "find_each",
    "find_log",
    "import_counts",
    "import_files",
    "import_found",
    "import_log",
    "parse_condition",
]
