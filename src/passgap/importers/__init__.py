"""Other tools' logs in, run folders out: one module a format, one table of them all.

In: the files of a log. Out: a run folder with the source's labels, or a refusal that says why.
"""

from __future__ import annotations

from passgap.importers import inspect_logs, lm_eval, nemo_skills, qwen_math
from passgap.importers.base import Asked, Format
from passgap.importers.conditions import Condition, parse_condition
from passgap.importers.finding import Found, find_log
from passgap.importers.importing import Imported, import_log

FORMATS: dict[str, Format] = {
    one.FORMAT.name: one.FORMAT for one in (inspect_logs, lm_eval, nemo_skills, qwen_math)
}

__all__ = [
    "FORMATS",
    "Asked",
    "Condition",
    "Format",
    "Found",
    "Imported",
    "find_log",
    "import_log",
    "parse_condition",
]
