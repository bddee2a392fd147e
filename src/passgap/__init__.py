"""passgap: can RLVR pay on this model, and what did it teach?

The Python face. Every name below is loaded when it is first used, so that importing passgap loads
nothing heavy.
"""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

from passgap._version import __version__
from passgap.display import register

if TYPE_CHECKING:
    from passgap.analysis import (
        AdaptiveProbe,
        Comparison,
        Plan,
        Probe,
        SeedsComparison,
        Sweep,
        Watching,
        adaptive_probe,
        compare,
        compare_seeds,
        compare_sweep,
        plan,
        probe,
    )
    from passgap.analysis.selecting import select
    from passgap.checks import check
    from passgap.counts import count, outcome_matrix, read_counts, write_counts
    from passgap.errors import PassgapError
    from passgap.importers import import_log
    from passgap.marks import mark
    from passgap.problems import load_problems
    from passgap.reporting.notebook import chart
    from passgap.sampling import sample
    from passgap.stats import pass_at_k
    from passgap.store import Run, merge
    from passgap.training.config import TrainConfig
    from passgap.training.run import train
    from passgap.training.watch import Watch
    from passgap.types import (
        Counts,
        Curve,
        Estimate,
        Outcome,
        Policy,
        Problem,
        ProblemSet,
        PromptSettings,
        SamplingParams,
        Verdict,
    )
    from passgap.verifying import verify
    from passgap.workflows.reaching import reach_runs, score_across
    from passgap.workflows.report import report
    from passgap.workflows.watching import watch_folder

_WHERE = {
    "AdaptiveProbe": "passgap.analysis",
    "Comparison": "passgap.analysis",
    "Counts": "passgap.types",
    "Curve": "passgap.types",
    "Estimate": "passgap.types",
    "Outcome": "passgap.types",
    "PassgapError": "passgap.errors",
    "Plan": "passgap.analysis",
    "Policy": "passgap.types",
    "Probe": "passgap.analysis",
    "Problem": "passgap.types",
    "ProblemSet": "passgap.types",
    "PromptSettings": "passgap.types",
    "Run": "passgap.store",
    "SamplingParams": "passgap.types",
    "SeedsComparison": "passgap.analysis",
    "Sweep": "passgap.analysis",
    "TrainConfig": "passgap.training.config",
    "Verdict": "passgap.types",
    "Watch": "passgap.training.watch",
    "Watching": "passgap.analysis",
    "adaptive_probe": "passgap.analysis",
    "chart": "passgap.reporting.notebook",
    "check": "passgap.checks",
    "compare": "passgap.analysis",
    "compare_seeds": "passgap.analysis",
    "compare_sweep": "passgap.analysis",
    "count": "passgap.counts",
    "import_log": "passgap.importers",
    "load_problems": "passgap.problems",
    "mark": "passgap.marks",
    "merge": "passgap.store",
    "pass_at_k": "passgap.stats",
    "outcome_matrix": "passgap.counts",
    "plan": "passgap.analysis",
    "probe": "passgap.analysis",
    "read_counts": "passgap.counts",
    "reach_runs": "passgap.workflows.reaching",
    "report": "passgap.workflows.report",
    "sample": "passgap.sampling",
    "score_across": "passgap.workflows.reaching",
    "select": "passgap.analysis.selecting",
    "train": "passgap.training.run",
    "verify": "passgap.verifying",
    "watch_folder": "passgap.workflows.watching",
    "write_counts": "passgap.counts",
}

__all__ = [
    "AdaptiveProbe",
    "Comparison",
    "Counts",
    "Curve",
    "Estimate",
    "Outcome",
    "PassgapError",
    "Plan",
    "Policy",
    "Probe",
    "Problem",
    "ProblemSet",
    "PromptSettings",
    "Run",
    "SamplingParams",
    "SeedsComparison",
    "Sweep",
    "TrainConfig",
    "Verdict",
    "Watch",
    "Watching",
    "__version__",
    "adaptive_probe",
    "chart",
    "check",
    "compare",
    "compare_seeds",
    "compare_sweep",
    "count",
    "import_log",
    "load_problems",
    "mark",
    "merge",
    "outcome_matrix",
    "pass_at_k",
    "plan",
    "probe",
    "reach_runs",
    "read_counts",
    "report",
    "sample",
    "score_across",
    "select",
    "train",
    "verify",
    "watch_folder",
    "write_counts",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'passgap' has no attribute {name!r}")
    return getattr(importlib.import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return __all__


def _drawn(name: str, result: Any) -> Any:
    return getattr(importlib.import_module(_WHERE["chart"]), name)(result)


register(html=partial(_drawn, "html"), chart=partial(_drawn, "chart"))
