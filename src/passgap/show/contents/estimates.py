"""Plain values: an estimate, a curve, a verdict or counts in, their contents out."""

from __future__ import annotations

from passgap.data.counts import Counts
from passgap.results.estimates import Curve, Estimate
from passgap.results.verdict import Verdict
from passgap.show.blocks import Block, Picture, Text
from passgap.show.charts.curves import lone_curve
from passgap.show.contents.parts import noted, present, table, verdict_block
from passgap.show.contents.problems import histogram_picture
from passgap.show.data import Arm, ProblemRow
from passgap.show.text import number, percent


def of_estimate(one: Estimate) -> list[Block]:
    """A number with its interval and how it was made."""
    ends = [number(end, 3) for end in (one.value, one.low, one.high)]
    row = [*ends, percent(one.confidence_level, 0), one.method]
    head = ("value", "low", "high", "level", "method")
    return present(table(head, [row], (4,)), noted(one.notes))


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
