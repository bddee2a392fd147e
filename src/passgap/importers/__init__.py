"""Other tools' logs in, run folders out: one module a format, one table of them all.

In: the files of a log. Out: a run folder with the source's labels, or a refusal that says why.
"""

from __future__ import annotations

from passgap.importers import (
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
from passgap.importers.base import Asked, Format
from passgap.importers.conditions import Condition, parse_condition
from passgap.importers.counts_file import ImportedCounts, import_counts
from passgap.importers.finding import Found, find_log
from passgap.importers.importing import Imported, import_log

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
    "import_log",
    "parse_condition",
]
