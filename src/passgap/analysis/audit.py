"""Audit. In: a person's marks of completions that the verifier accepted. Out: what they mean.

False positives matter where a problem has few correct draws, not on easy problems. So problems are
stratified by c / n, one correct completion per problem is inspected, half of them from problems
with c / n <= .05, and each stratum gets a false-positive rate with an exact interval.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from passgap.analysis.inputs import listed_ks
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.audit import MARKS, Audit, Corrected, Mark, Stratum
from passgap.results.estimates import Estimate
from passgap.stats import binomial_interval, pass_at_k, thinned_pass_at_k
from passgap.stats.intervals.levels import normal_quantile

EDGES = (0.0, 0.05, 0.25, 0.75, 1.0)
CAVEAT = (
    "with one mark per problem, a false positive may be a property of the problem (all its "
    "correct samples are wrong) or of the sample (the problem's other samples are right): the "
    "corrected value and its lower end assume the former, the upper end the latter"
)


def strata_of(counts: Counts) -> IntArray:
    """The stratum of each problem, -1 where nothing is correct; shape (P,)."""
    share = counts.c / np.maximum(counts.n, 1)
    place = np.searchsorted(EDGES, share, side="left") - 1
    return np.where(counts.c == 0, -1, np.clip(place, 0, len(EDGES) - 2)).astype(np.int64)


def choose_problems(counts: Counts, size: int, seed: int) -> list[int]:
    """Rows of the problems to inspect: half from c / n <= .05, the rest spread over the others.

    A stratum with too few problems passes its share to the others.
    """
    if size < 1:
        raise UsageError(f"size is {size}; allowed: an integer >= 1")
    rng = np.random.default_rng(seed)
    place = strata_of(counts)
    pools: list[list[int]] = [
        rng.permutation(np.flatnonzero(place == s)).tolist() for s in range(len(EDGES) - 1)
    ]
    chosen = pools[0][: (size + 1) // 2]
    rest = [pools[0][len(chosen) :], *pools[1:]]
    others = rest[1:]
    while len(chosen) < size and any(others):
        for pool in others:
            if pool and len(chosen) < size:
                chosen.append(pool.pop(0))
    return chosen + rest[0][: size - len(chosen)]


def audit(counts: Counts, marks: Mapping[str, Mark]) -> Audit:
    """Turn marks into false-positive rates and a corrected curve.

    Parameters
    ----------
    counts
        The run's counts.
    marks
        A mark for each problem inspected, by problem id.

    Raises
    ------
    UsageError
        For a mark of a problem that has no correct draw here.
    """
    place = strata_of(counts)
    row = {problem_id: i for i, problem_id in enumerate(counts.problem_id)}
    for problem_id, mark in marks.items():
        if problem_id not in row or place[row[problem_id]] < 0:
            raise UsageError(
                f"problem {problem_id} is marked but has no correct sample in this run"
            )
        if mark not in MARKS:
            raise UsageError(f"mark {mark!r} of {problem_id}; allowed: {', '.join(MARKS)}")
    strata = tuple(_stratum(s, place, row, marks) for s in range(len(EDGES) - 1))
    present = [s for s in strata if s.problems]
    return Audit(
        marked=sum(s.right + s.wrong for s in strata),
        unsure=sum(s.unsure for s in strata),
        rate=_overall(present),
        strata=strata,
        corrected=tuple(_corrected(counts, place, strata)),
        notes=(CAVEAT,) if present else ("no problem has a correct sample",),
    )


def _stratum(
    number: int, place: IntArray, row: Mapping[str, int], marks: Mapping[str, Mark]
) -> Stratum:
    mine = [mark for problem_id, mark in marks.items() if place[row[problem_id]] == number]
    right, wrong, unsure = (mine.count(mark) for mark in MARKS)
    return Stratum(
        EDGES[number],
        EDGES[number + 1],
        int(np.sum(place == number)),
        right,
        wrong,
        unsure,
        _rate(wrong, right + wrong),
    )


def _rate(wrong: int, marked: int) -> Estimate:
    """False positives among the marked, Clopper-Pearson; nan where nothing is marked."""
    if not marked:
        return Estimate(np.nan, 0.0, 1.0, method="nothing marked")
    return binomial_interval(wrong, marked)


def _overall(strata: Sequence[Stratum]) -> Estimate:
    """The strata's rates, weighted by their problems; so are their bounds (conservative)."""
    weights = np.array([s.problems for s in strata], float)
    if not weights.size:
        return Estimate(np.nan, np.nan, np.nan, method="no solved problem")
    weights /= weights.sum()
    values = [[getattr(s.rate, name) for s in strata] for name in ("value", "low", "high")]
    value, low, high = (float(weights @ np.array(column)) for column in values)
    return Estimate(value, low, high, method="strata weighted by their problems")


def _corrected(counts: Counts, place: IntArray, strata: Sequence[Stratum]) -> Iterator[Corrected]:
    """pass@k of these draws had they been marked correctly; it never exceeds the measured one."""
    ks = listed_ks(int(counts.n.min()))
    passes = pass_at_k(counts.n, counts.c, ks)
    rates = np.array([[s.rate.value, s.rate.high, s.rate.low] for s in strata] + [[0.0] * 3])
    value, most, least = rates[place].T[:, :, None]  # the last row holds unsolved problems, -1
    by_problem = passes * (1 - value), passes * (1 - most)
    for j, k in enumerate(ks):
        middle, low = (float(one[:, j].mean()) for one in by_problem)
        high = _by_draw(counts, passes[:, j], least[:, 0], k)
        yield Corrected(k, float(passes[:, j].mean()), Estimate(middle, low, high))


def _by_draw(counts: Counts, passes: FloatArray, false_rate: FloatArray, k: int) -> float:
    """The largest possible pass@k where each correct draw is false with at least this chance.

    The loss is itself random, with a variance of at most the sum of x times the expected loss,
    since no problem can lose more than its x.
    """
    true = thinned_pass_at_k(counts.n, counts.c, false_rate, [k])[:, 0]
    lost = np.maximum(passes - true, 0.0)
    surely = lost.sum() - normal_quantile(0.95) * math.sqrt(float(np.sum(passes * lost)))
    return float(passes.mean() - max(surely, 0.0) / len(passes))
