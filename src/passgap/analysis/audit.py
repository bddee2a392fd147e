"""Audit: a person's marks of completions that the verifier called correct in, what they mean out.

False positives matter where a problem has few correct draws, not on easy problems. So problems are
put in strata by c / n, one correct completion a problem is looked at, half of them from problems
with c / n <= .05, and each stratum gets a false-positive rate with an exact interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from passgap.analysis.inputs import listed_ks
from passgap.data.arrays import IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.audit import MARKS, Audit, Corrected, Mark, Stratum
from passgap.results.estimates import Estimate
from passgap.stats import binomial_interval, pass_at_k

EDGES = (0.0, 0.05, 0.25, 0.75, 1.0)
CAVEAT = (
    "the corrected curve takes a false positive to be a property of the problem (all its correct "
    "draws are wrong, or none is), which is the worse of the two ways to read the marks"
)


def strata_of(counts: Counts) -> IntArray:
    """The stratum of each problem, -1 where nothing is correct; shape (P,)."""
    share = counts.c / np.maximum(counts.n, 1)
    place = np.searchsorted(EDGES, share, side="left") - 1
    return np.where(counts.c == 0, -1, np.clip(place, 0, len(EDGES) - 2)).astype(np.int64)


def choose_problems(counts: Counts, size: int, seed: int) -> list[int]:
    """Rows of the problems to look at: half from c / n <= .05, the rest spread over the others.

    Where a stratum has too few problems, the others get its share.
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
        A mark for each problem looked at, by problem id.

    Raises
    ------
    UsageError
        For a mark of a problem that has no correct draw here.
    """
    place = strata_of(counts)
    row = {problem_id: i for i, problem_id in enumerate(counts.problem_id)}
    for problem_id, mark in marks.items():
        if problem_id not in row or place[row[problem_id]] < 0:
            raise UsageError(f"problem {problem_id} is marked but has no correct draw in this run")
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
        notes=(CAVEAT,) if present else ("no problem has a correct draw",),
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
    """The strata's rates weighed by their problems; their bounds weighed alike (conservative)."""
    weights = np.array([s.problems for s in strata], float)
    if not weights.size:
        return Estimate(np.nan, np.nan, np.nan, method="no solved problem")
    weights /= weights.sum()
    values = [[getattr(s.rate, name) for s in strata] for name in ("value", "low", "high")]
    value, low, high = (float(weights @ np.array(column)) for column in values)
    return Estimate(value, low, high, method="strata weighed by their problems")


def _corrected(counts: Counts, place: IntArray, strata: Sequence[Stratum]) -> Iterator[Corrected]:
    ks = listed_ks(int(counts.n.min()))
    passes = pass_at_k(counts.n, counts.c, ks)
    for j, k in enumerate(ks):
        means = [float(passes[place == s, j].sum()) / len(counts) for s in range(len(strata))]
        pairs = [(mean, s.rate) for mean, s in zip(means, strata, strict=True) if mean]
        value, low, high = (
            sum(mean * (1 - getattr(rate, end)) for mean, rate in pairs)
            for end in ("value", "high", "low")
        )
        yield Corrected(k, float(passes[:, j].mean()), Estimate(value, low, high))
