"""What a page shows problem by problem: runs and counts in, rows and completions out.

Of each problem and policy the first correct and the first other completion are embedded, problems
that were lost or gained first, then the hardest to the easiest in turn with even steps, so that
however many fit into the page, they tell of all of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import polars as pl

from passgap.analysis.compare.changes import certain_moves
from passgap.data.counts import Counts
from passgap.results.comparison import Comparison
from passgap.runs import Run
from passgap.runs.batches import outcomes_about, with_texts
from passgap.show.data import Arm, CompletionRow, ProblemRow
from passgap.stats import binomial_interval


def significant(
    counts: Mapping[str, Counts], comparison: Comparison | None
) -> dict[str, frozenset[str]]:
    """Which problems became significantly better and worse: those that the comparison counts.

    Empty where the comparison left problems out, whose tests were others.
    """
    if comparison is None:
        return {}
    base, trained = counts["base"], counts["trained"]
    place = {problem_id: i for i, problem_id in enumerate(trained.problem_id)}
    common = np.array([i for i, one in enumerate(base.problem_id) if one in place], dtype=int)
    base = base.take(common)
    trained = trained.take([place[problem_id] for problem_id in base.problem_id])
    moved, found = certain_moves(base, trained), comparison.coverage.certain
    if (int(np.sum(moved > 0)), int(np.sum(moved < 0))) != (found.better, found.worse):
        return {}
    sides = {"better": moved > 0, "worse": moved < 0}
    return {
        name: frozenset(base.problem_id[i] for i in np.flatnonzero(there))
        for name, there in sides.items()
    }


MOST_PROBLEMS = 1_000


def problem_rows(run: Run | None, counts: Mapping[str, Counts]) -> list[ProblemRow]:
    """One row per problem: question, reference, images, and each arm's counts and interval.

    Without the base's run, its counts say which problems there are, but not what they ask.
    """
    places = {role: {p: i for i, p in enumerate(arm.problem_id)} for role, arm in counts.items()}
    columns = {role: (arm.n, arm.c, arm.unscored) for role, arm in counts.items()}

    def arm(role: str, problem_id: str) -> Arm | None:
        at = places.get(role, {}).get(problem_id)
        if at is None:
            return None
        n, c, unscored = (int(values[at]) for values in columns[role])
        return Arm(n, c, unscored, *_ends(c, n))

    asked = (
        [(p.id, (p.question, p.reference, p.images)) for p in run.problems()]
        if run
        else [(problem_id, ("", "", ())) for problem_id in counts["base"].problem_id]
    )
    return [
        ProblemRow(problem_id, arm("base", problem_id), arm("trained", problem_id), *shown)
        for problem_id, shown in asked
    ]


@cache
def _ends(c: int, n: int) -> tuple[float | None, float | None]:
    if not n:
        return None, None
    found = binomial_interval(c, n)
    return found.low, found.high


def completion_rows(runs: Mapping[str, Run], counts: Mapping[str, Counts]) -> list[CompletionRow]:
    """Completions in the order in which the page embeds them, as far as it has room."""
    order = _order(counts)
    rows = [
        row
        for role, run in runs.items()
        for row in _chosen(role, run, counts[role].provenance["verifier"], list(order))
    ]
    return sorted(rows, key=lambda row: (order[row.problem_id], row.role, row.draw or 0))


def _chosen(role: str, run: Run, verifier: str, ids: list[str]) -> list[CompletionRow]:
    """The first correct and the first other completion of each of these problems."""
    right = (pl.col("status") == "correct").alias("right")
    read = ("problem_id", "draw", "status", "extracted", "reason")
    marks = outcomes_about(run, verifier, ids, read)
    found = with_texts(run, marks.sort("draw").group_by("problem_id", right).first())
    columns = ("problem_id", "text", "status", "draw", "extracted", "reason")
    return [
        CompletionRow(problem_id, role, text, status, draw, extracted, reason or "")
        for problem_id, text, status, draw, extracted, reason in found.select(columns).iter_rows()
    ]


def _order(counts: Mapping[str, Counts]) -> dict[str, int]:
    """Problem id to its rank: lost and gained, then ever finer steps over the base's difficulty."""
    base = counts["base"]
    ease = np.argsort(base.c / np.maximum(base.n, 1), kind="stable")
    ranked = [base.problem_id[i] for i in ease[spread(len(ease))]]
    changed: list[str] = []
    if "trained" in counts:
        trained = counts["trained"]
        after = dict(zip(trained.problem_id, trained.c > 0, strict=True))
        before = zip(base.problem_id, base.c > 0, strict=True)
        changed = [i for i, solved in before if i in after and after[i] != solved]
    first = list(dict.fromkeys([*changed, *ranked]))[:MOST_PROBLEMS]
    return {problem_id: rank for rank, problem_id in enumerate(first)}


def spread(length: int) -> list[int]:
    """Every place below ``length`` once: the ends first, then halves, quarters and so on."""
    places: dict[int, None] = dict.fromkeys([0, length - 1][: max(length, 0)])
    parts = 2
    while len(places) < length:
        places |= dict.fromkeys(i * (length - 1) // parts for i in range(parts + 1))
        parts *= 2
    return list(places)
