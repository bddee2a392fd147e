"""Any result in, everything to show of it out; plain values have their contents here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from typing import Protocol, runtime_checkable

from passgap.data.counts import Counts
from passgap.results.audit import Audit
from passgap.results.backtest import Backtest
from passgap.results.comparison import Comparison
from passgap.results.estimates import Curve, Estimate
from passgap.results.feature_audit import FeatureAudit
from passgap.results.findings import Checks
from passgap.results.forecast import RunForecast
from passgap.results.forecast_scores import AddedPairs, ForecastScores
from passgap.results.keeping import Kept
from passgap.results.pairs import TrainingPairs
from passgap.results.plan import Plan
from passgap.results.probe import AdaptiveProbe, Probe
from passgap.results.proxy_audit import ProxyAudit
from passgap.results.reach import Reach
from passgap.results.reward_audit import RewardAudit
from passgap.results.seeds import SeedsComparison
from passgap.results.selection import Selection
from passgap.results.slices import Slices
from passgap.results.starts import Starts
from passgap.results.sweep import Sweep
from passgap.results.unpaired import UnpairedComparison
from passgap.results.verdict import Verdict
from passgap.results.watching import Watching
from passgap.show.blocks import Block, Picture, Text
from passgap.show.charts.curves import lone_curve
from passgap.show.charts.ranges import estimate_chart
from passgap.show.contents import (
    audit,
    backtest,
    checks,
    comparison,
    feature_audit,
    forecast,
    keeping,
    plan,
    probe,
    proxy_audit,
    reach,
    reward_audit,
    seeds,
    selection,
    slices,
    starts,
    sweep,
    unpaired,
    watching,
)
from passgap.show.contents.parts import noted, present, table, verdict_block
from passgap.show.contents.problems import histogram_picture
from passgap.show.data import Arm, ProblemRow
from passgap.show.text import known, number, percent


def of_estimate(one: Estimate) -> list[Block]:
    """A number with its interval and how it was made."""
    ends = [number(end, 3) for end in (one.value, one.low, one.high)]
    row = [*ends, percent(one.confidence_level, 0), one.method]
    head = ("value", "low", "high", "level", "method")
    picture = Picture("estimate", lambda: estimate_chart(one)) if known(one.value) else None
    return present(picture, table(head, [row], (4,)), noted(one.notes))


def of_curve(curve: Curve) -> list[Block]:
    """Estimates over k."""
    ones = ((int(k), curve.at(int(k))) for k in curve.k)
    rows = [[k, *(number(end, 3) for end in (one.value, one.low, one.high))] for k, one in ones]
    numbers = table(("k", "value", "low", "high"), rows)
    return present(Picture("curve", lambda: lone_curve(curve)), numbers, noted(curve.notes))


def of_verdict(verdict: Verdict) -> list[Block]:
    """A decision alone, whose numbers are elsewhere."""
    return [verdict_block(verdict, "", "")]


def of_counts(counts: Counts) -> list[Block]:
    """Problems by their share of correct samples."""
    columns = zip(counts.problem_id, counts.n.tolist(), counts.c.tolist(), strict=True)
    problems = [ProblemRow(problem_id, Arm(n, c)) for problem_id, n, c in columns]
    return present(Text(str(counts)), histogram_picture(problems))


@runtime_checkable
class Shown(Protocol):
    """A result from elsewhere that makes its own blocks."""

    def blocks(self) -> Sequence[Block]: ...


@singledispatch
def blocks_of(result: object) -> Sequence[Block]:
    """Everything to show of a result, the verdict first.

    Raises TypeError for what is not a result and has no ``blocks()``.
    """
    if isinstance(result, Shown):
        return result.blocks()
    raise TypeError(f"{type(result).__name__} is not a result that can be shown")


blocks_of.register(AdaptiveProbe, probe.adaptive)
blocks_of.register(AddedPairs, forecast.added)
blocks_of.register(Audit, audit.blocks)
blocks_of.register(Backtest, backtest.blocks)
blocks_of.register(Checks, checks.blocks)
blocks_of.register(Comparison, comparison.blocks)
blocks_of.register(Counts, of_counts)
blocks_of.register(Curve, of_curve)
blocks_of.register(Estimate, of_estimate)
blocks_of.register(FeatureAudit, feature_audit.blocks)
blocks_of.register(ForecastScores, forecast.scores)
blocks_of.register(Kept, keeping.blocks)
blocks_of.register(Plan, plan.blocks)
blocks_of.register(Probe, probe.blocks)
blocks_of.register(ProxyAudit, proxy_audit.blocks)
blocks_of.register(Reach, reach.blocks)
blocks_of.register(RewardAudit, reward_audit.blocks)
blocks_of.register(RunForecast, forecast.blocks)
blocks_of.register(SeedsComparison, seeds.blocks)
blocks_of.register(Selection, selection.blocks)
blocks_of.register(Slices, slices.blocks)
blocks_of.register(Starts, starts.blocks)
blocks_of.register(Sweep, sweep.blocks)
blocks_of.register(TrainingPairs, forecast.of_pairs)
blocks_of.register(UnpairedComparison, unpaired.blocks)
blocks_of.register(Verdict, of_verdict)
blocks_of.register(Watching, watching.blocks)
