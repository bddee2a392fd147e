"""Probe and compare: Counts in, results out; no disk, no plots."""

from passgap.analysis.adaptive import AdaptiveProbe, adaptive_probe
from passgap.analysis.compare import Comparison, compare
from passgap.analysis.plan import Plan, plan
from passgap.analysis.probe import Probe, probe
from passgap.analysis.seeds import SeedsComparison, compare_seeds
from passgap.analysis.sweep import Sweep, compare_sweep
from passgap.analysis.watching import Watching

__all__ = [
    "AdaptiveProbe",
    "Comparison",
    "Plan",
    "Probe",
    "SeedsComparison",
    "Sweep",
    "Watching",
    "adaptive_probe",
    "compare",
    "compare_seeds",
    "compare_sweep",
    "plan",
    "probe",
]
