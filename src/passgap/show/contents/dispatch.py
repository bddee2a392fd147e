"""Any result in, everything to show of it out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Protocol, runtime_checkable

from passgap.data.counts import Counts
from passgap.results.audit import Audit
from passgap.results.comparison import Comparison
from passgap.results.estimates import Curve, Estimate
from passgap.results.findings import Checks
from passgap.results.plan import Plan
from passgap.results.probe import AdaptiveProbe, Probe
from passgap.results.reach import Reach
from passgap.results.seeds import SeedsComparison
from passgap.results.sweep import Sweep
from passgap.results.verdict import Verdict
from passgap.results.watching import Watching
from passgap.show.blocks import Block
from passgap.show.contents import (
    audit,
    checks,
    comparison,
    estimates,
    plan,
    probe,
    reach,
    seeds,
    sweep,
    watching,
)


@runtime_checkable
class Shown(Protocol):
    """A result from elsewhere that makes its own blocks."""

    def blocks(self) -> Sequence[Block]: ...


@singledispatch
def blocks_of(result: object) -> Sequence[Block]:
    """Everything to show of a result, the verdict first.

    Raises TypeError for what is no result and has no ``blocks()``.
    """
    if isinstance(result, Shown):
        return result.blocks()
    raise TypeError(f"{type(result).__name__} is no result that can be shown")


blocks_of.register(AdaptiveProbe, probe.adaptive)
blocks_of.register(Audit, audit.blocks)
blocks_of.register(Checks, checks.blocks)
blocks_of.register(Comparison, comparison.blocks)
blocks_of.register(Counts, estimates.of_counts)
blocks_of.register(Curve, estimates.of_curve)
blocks_of.register(Estimate, estimates.of_estimate)
blocks_of.register(Plan, plan.blocks)
blocks_of.register(Probe, probe.blocks)
blocks_of.register(Reach, reach.blocks)
blocks_of.register(SeedsComparison, seeds.blocks)
blocks_of.register(Sweep, sweep.blocks)
blocks_of.register(Verdict, estimates.of_verdict)
blocks_of.register(Watching, watching.blocks)
