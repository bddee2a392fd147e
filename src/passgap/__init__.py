"""passgap: can RLVR pay on this model, and what did it teach?

The Python interface. Every name below is loaded when it is first used, so importing passgap loads
nothing heavy.
"""

from __future__ import annotations

import importlib
from functools import partial
from typing import TYPE_CHECKING, Any

from passgap._version import __version__
from passgap.display import register

if TYPE_CHECKING:
    from passgap.checks import check
    from passgap.data.counts import Counts
    from passgap.data.images import Image
    from passgap.data.outcomes import Outcome
    from passgap.data.policies import Policy, PromptSettings, SamplingParams
    from passgap.data.problems import Problem, ProblemSet
    from passgap.errors import PassgapError
    from passgap.evidence.auditing_rewards import audit_features, audit_proxy, audit_reward
    from passgap.evidence.doors import (
        adaptive_probe,
        compare,
        compare_benchmarks,
        compare_by,
        compare_seeds,
        compare_sweep,
        forecast,
        forecast_scores,
        keep,
        pairs,
        plan,
        probe,
        probe_starts,
        reach,
        select,
    )
    from passgap.evidence.evidence import Evidence
    from passgap.evidence.reaching import reach_runs, score_across
    from passgap.evidence.watching import watch_folder
    from passgap.logs import import_log
    from passgap.problems import load_problems, read_image
    from passgap.results.comparison import Comparison
    from passgap.results.estimates import Curve, Estimate
    from passgap.results.forecast import Forecast, RunForecast
    from passgap.results.forecast_scores import ForecastScores
    from passgap.results.keeping import Kept
    from passgap.results.pairs import TrainingPair, TrainingPairs
    from passgap.results.plan import Plan
    from passgap.results.probe import AdaptiveProbe, Probe
    from passgap.results.seeds import SeedsComparison
    from passgap.results.slices import Slices
    from passgap.results.starts import Starts
    from passgap.results.sweep import Sweep
    from passgap.results.unpaired import UnpairedComparison
    from passgap.results.verdict import Verdict
    from passgap.results.watching import Watching
    from passgap.runs import Run, merge
    from passgap.show import chart
    from passgap.show.page.gathering import report
    from passgap.stages.counting import count, outcome_matrix, read_counts, write_counts
    from passgap.stages.marking import mark
    from passgap.stages.sampling import sample
    from passgap.stages.verifying import verify
    from passgap.stats import pass_at_k
    from passgap.training.config import TrainConfig
    from passgap.training.run import train
    from passgap.training.watch import Watch

_WHERE = {
    "AdaptiveProbe": "passgap.results.probe",
    "Comparison": "passgap.results.comparison",
    "Counts": "passgap.data.counts",
    "Curve": "passgap.results.estimates",
    "Evidence": "passgap.evidence.evidence",
    "Estimate": "passgap.results.estimates",
    "Forecast": "passgap.results.forecast",
    "ForecastScores": "passgap.results.forecast_scores",
    "Image": "passgap.data.images",
    "Kept": "passgap.results.keeping",
    "Outcome": "passgap.data.outcomes",
    "PassgapError": "passgap.errors",
    "Plan": "passgap.results.plan",
    "Policy": "passgap.data.policies",
    "Probe": "passgap.results.probe",
    "Problem": "passgap.data.problems",
    "ProblemSet": "passgap.data.problems",
    "PromptSettings": "passgap.data.policies",
    "Run": "passgap.runs",
    "RunForecast": "passgap.results.forecast",
    "SamplingParams": "passgap.data.policies",
    "SeedsComparison": "passgap.results.seeds",
    "Slices": "passgap.results.slices",
    "Starts": "passgap.results.starts",
    "Sweep": "passgap.results.sweep",
    "TrainConfig": "passgap.training.config",
    "TrainingPair": "passgap.results.pairs",
    "TrainingPairs": "passgap.results.pairs",
    "UnpairedComparison": "passgap.results.unpaired",
    "Verdict": "passgap.results.verdict",
    "Watch": "passgap.training.watch",
    "Watching": "passgap.results.watching",
    "adaptive_probe": "passgap.evidence.doors",
    "audit_features": "passgap.evidence.auditing_rewards",
    "audit_proxy": "passgap.evidence.auditing_rewards",
    "audit_reward": "passgap.evidence.auditing_rewards",
    "chart": "passgap.show",
    "check": "passgap.checks",
    "compare": "passgap.evidence.doors",
    "compare_benchmarks": "passgap.evidence.doors",
    "compare_by": "passgap.evidence.doors",
    "compare_seeds": "passgap.evidence.doors",
    "compare_sweep": "passgap.evidence.doors",
    "count": "passgap.stages.counting",
    "forecast": "passgap.evidence.doors",
    "forecast_scores": "passgap.evidence.doors",
    "import_log": "passgap.logs",
    "keep": "passgap.evidence.doors",
    "load_problems": "passgap.problems",
    "mark": "passgap.stages.marking",
    "merge": "passgap.runs",
    "pass_at_k": "passgap.stats",
    "outcome_matrix": "passgap.stages.counting",
    "pairs": "passgap.evidence.doors",
    "plan": "passgap.evidence.doors",
    "probe": "passgap.evidence.doors",
    "probe_starts": "passgap.evidence.doors",
    "read_counts": "passgap.stages.counting",
    "reach": "passgap.evidence.doors",
    "reach_runs": "passgap.evidence.reaching",
    "read_image": "passgap.problems",
    "report": "passgap.show.page.gathering",
    "sample": "passgap.stages.sampling",
    "score_across": "passgap.evidence.reaching",
    "select": "passgap.evidence.doors",
    "train": "passgap.training.run",
    "verify": "passgap.stages.verifying",
    "watch_folder": "passgap.evidence.watching",
    "write_counts": "passgap.stages.counting",
}

__all__ = [
    "AdaptiveProbe",
    "Comparison",
    "Counts",
    "Curve",
    "Estimate",
    "Evidence",
    "Forecast",
    "ForecastScores",
    "Image",
    "Kept",
    "Outcome",
    "PassgapError",
    "Plan",
    "Policy",
    "Probe",
    "Problem",
    "ProblemSet",
    "PromptSettings",
    "Run",
    "RunForecast",
    "SamplingParams",
    "SeedsComparison",
    "Slices",
    "Starts",
    "Sweep",
    "TrainConfig",
    "TrainingPair",
    "TrainingPairs",
    "UnpairedComparison",
    "Verdict",
    "Watch",
    "Watching",
    "__version__",
    "adaptive_probe",
    "audit_features",
    "audit_proxy",
    "audit_reward",
    "chart",
    "check",
    "compare",
    "compare_benchmarks",
    "compare_by",
    "compare_seeds",
    "compare_sweep",
    "count",
    "forecast",
    "forecast_scores",
    "import_log",
    "keep",
    "load_problems",
    "mark",
    "merge",
    "outcome_matrix",
    "pairs",
    "pass_at_k",
    "plan",
    "probe",
    "probe_starts",
    "reach",
    "reach_runs",
    "read_counts",
    "read_image",
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


def _shown(name: str, result: object) -> Any:
    return getattr(importlib.import_module("passgap.show"), name)(result)


register(
    html=partial(_shown, "html"),
    chart=partial(_shown, "chart"),
    markdown=partial(_shown, "as_markdown"),
    latex=partial(_shown, "as_latex"),
    frame=partial(_shown, "as_frame"),
)
