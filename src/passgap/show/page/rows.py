"""Runs and their counts in; the page's rows of problems, and the completions worth embedding, out.

Of each problem and policy the first correct and the first other completion are taken, problems
that were lost or gained first, then the hardest to the easiest in turn with even steps, so that
however many fit into the page, they tell of all of it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import polars as pl

from passgap.data.counts import Counts
from passgap.runs import Run
from passgap.stats import binomial_interval

MOST_PROBLEMS = 1_000
COLUMNS = ("problem_id", "draw", "text", "finish_reason", "status", "extracted", "reason")


def problem_rows(run: Run | None, counts: dict[str, Counts]) -> list[dict[str, Any]]:
    """One row a problem: question, reference, and each arm's counts with the share's interval.

    Without the base's run, its counts say which problems there are, and nobody what they ask.
    """
    places = {role: {p: i for i, p in enumerate(arm.problem_id)} for role, arm in counts.items()}
    rows = _asked(run) if run else [{"problem_id": i} for i in counts["base"].problem_id]
    for row in rows:
        for role, arm in counts.items():
            row |= _arm(role, arm, places[role].get(row["problem_id"]))
    return rows


def _asked(run: Run) -> list[dict[str, Any]]:
    return [
        {"problem_id": p.id, "question": p.question, "reference": p.reference}
        for p in run.problems()
    ]


def _arm(role: str, arm: Counts, at: int | None) -> dict[str, Any]:
    if at is None:
        return {f"{role}_n": None, f"{role}_c": None}
    n, c, unscored = int(arm.n[at]), int(arm.c[at]), int(arm.unscored[at])
    low, high = _ends(c, n)
    values = {"n": n, "c": c, "low": low, "high": high, "unscored": unscored}
    return {f"{role}_{name}": value for name, value in values.items()}


@cache
def _ends(c: int, n: int) -> tuple[float | None, float | None]:
    if not n:
        return None, None
    found = binomial_interval(c, n)
    return found.low, found.high


def completion_rows(runs: dict[str, Run], counts: dict[str, Counts]) -> list[dict[str, Any]]:
    """Completions in the order in which the page embeds them, as far as it has room."""
    order = _order(counts)
    rows = [
        {"role": role, **row}
        for role, run in runs.items()
        for row in _chosen(run, counts[role].provenance["verifier"], list(order))
    ]
    return sorted(rows, key=lambda row: (order[row["problem_id"]], row["role"], row["draw"]))


def _chosen(run: Run, verifier: str, ids: list[str]) -> list[dict[str, Any]]:
    """The first correct and the first other completion of each of these problems."""
    keys = ["problem_id", "draw"]
    outcomes = (
        run.scan_outcomes(verifier)
        .filter(pl.col("problem_id").is_in(ids))
        .sort("draw")
        .group_by("problem_id", (pl.col("status") == "correct").alias("right"))
        .first()
    )
    texts = run.scan_completions().select(*keys, "text", "finish_reason")
    return texts.join(outcomes, on=keys).select(COLUMNS).collect().to_dicts()


def _order(counts: dict[str, Counts]) -> dict[str, int]:
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
