"""Probe and compare: Counts in, results out; no disk, no plots."""

from passgap.analysis.compare import Comparison, compare
from passgap.analysis.probe import Probe, probe

__all__ = ["Comparison", "Probe", "compare", "probe"]
