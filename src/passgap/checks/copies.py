"""Repeated completions beyond chance.

Two tests look for them. Where log-probabilities are known, a completion that was drawn more often
than its own probability allows is a copy. Where they are not, copies made by cloned seeds lie at a
fixed distance from each other, which chance does not favour: the draws of a problem are
exchangeable, so every distance should have its share of equal pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy import special

from passgap.data.arrays import FloatArray, IntArray
from passgap.plain import plural
from passgap.results.findings import Finding

CHANCE = 1e-6
MOST_DRAWS = 2048
INFORMATIVE = 0.5


class Copies:
    """Repeated completions beyond chance, over all problems."""

    def __init__(self, *, imported: bool = False) -> None:
        self._imported = imported
        self._sequences = 0
        self._repeated: list[tuple[float, int, str]] = []
        self._equal: FloatArray = np.zeros(0)
        self._expected: FloatArray = np.zeros(0)
        self._untold = self._one_text = 0

    def add(self, frame: pl.DataFrame) -> None:
        for (problem_id,), rows in frame.group_by("problem_id", maintain_order=True):
            if len(rows) < 2:
                continue
            self._by_distance(rows)
            if rows["logprob"].is_nan().any():
                self._untold += 1
                self._one_text += rows["text"].n_unique() == 1
            else:
                self._by_probability(str(problem_id), rows)

    def _by_probability(self, problem_id: str, rows: pl.DataFrame) -> None:
        """The probability that each completion is repeated as often as it was."""
        n = len(rows)
        distinct = rows.group_by("text", "token_count", pl.col("logprob").round(2)).agg(
            pl.len().alias("times"), pl.col("logprob").first().alias("exact")
        )
        self._sequences += len(distinct)
        again = distinct.filter(pl.col("times") > 1)
        mean = (n - 1) * np.exp(again["exact"].to_numpy())
        times = again["times"].to_numpy()
        chance = special.pdtrc(times - 2, mean)
        self._repeated += [
            (float(p), int(m) - 1, problem_id)
            for p, m in zip(chance, times, strict=True)
            if p < CHANCE
        ]

    def _by_distance(self, rows: pl.DataFrame) -> None:
        """Equal pairs at every distance, and how many are expected by chance."""
        kept = rows.sort("draw").head(MOST_DRAWS)
        draws: IntArray = kept["draw"].to_numpy().astype(np.int64)
        _, text = np.unique(kept["text"].hash().to_numpy(), return_inverse=True)
        sizes = np.bincount(text)
        pairs = float((sizes * (sizes - 1)).sum()) / 2
        share = pairs / (len(draws) * (len(draws) - 1) / 2)
        if not 0 < share <= INFORMATIVE:
            return
        places = _places(draws)
        self._equal = _added(self._equal, np.bincount(_distances(draws, text, sizes)))
        self._expected = _added(self._expected, share * places)

    def findings(self) -> Iterator[Finding]:
        yield from self._improbable()
        yield from self._at_one_distance()
        if self._untold >= 8 and self._one_text > 0.9 * self._untold:
            yield Finding(
                "copies",
                "warning",
                f"all samples are equal in {self._one_text} of {self._untold} problems, and the "
                "run has no log-probabilities that could explain it",
                "check whether the log contains the same samples several times, or greedy samples"
                if self._imported
                else "make sure that the server honours temperature and seed",
            )

    def _remedy(self) -> str:
        cause = (
            "the log contains the same samples several times (import each once), or its sampler "
            "cloned seeds"
            if self._imported
            else "the seeds were cloned: sample again with one --seed and disjoint ranges of "
            "samples"
        )
        return f"{cause}; as it stands, n counts copies as independent samples"

    def _improbable(self) -> Iterator[Finding]:
        found = [row for row in self._repeated if row[0] < CHANCE / max(1, self._sequences)]
        if not found:
            return
        copies = sum(row[1] for row in found)
        problems = tuple(dict.fromkeys(row[2] for row in found))
        yield Finding(
            "copies",
            "error" if len(problems) > 1 else "warning",
            f"{plural(copies, 'completion repeats', 'completions repeat')} others that are too "
            f"improbable to occur twice, in {plural(len(problems), 'problem')} (the least likely "
            f"has a chance of 1 in {_one_in(min(row[0] for row in found))})",
            self._remedy(),
            problems,
        )

    def _at_one_distance(self) -> Iterator[Finding]:
        equal, expected = self._equal, self._expected[: len(self._equal)]
        suspect = np.flatnonzero((equal >= 20) & (equal >= 2 * expected))
        chance = special.pdtrc(equal[suspect] - 1, expected[suspect])
        suspect = suspect[chance < CHANCE**1.5 / max(1, len(equal))]
        if suspect.size:
            distance = int(suspect[np.argmax(equal[suspect] - expected[suspect])])
            yield Finding(
                "copies",
                "error",
                f"samples {distance} apart are equal {equal[distance]:,.0f} times where "
                f"{expected[distance]:,.1f} are expected by chance",
                self._remedy(),
            )


def _distances(draws: IntArray, labels: IntArray, sizes: IntArray) -> IntArray:
    """How far apart the draws of every equal pair are."""
    order = np.argsort(labels, kind="stable")
    ends = np.cumsum(sizes)
    found = []
    for label in np.flatnonzero(sizes > 1):
        members = draws[order[ends[label] - sizes[label] : ends[label]]]
        first, second = np.triu_indices(len(members), 1)
        found.append(members[second] - members[first])
    return np.concatenate(found)


def _places(draws: IntArray) -> FloatArray:
    """How many pairs of draws there are at each distance; entry d for distance d."""
    there = np.zeros(draws[-1] - draws[0] + 1)
    there[draws - draws[0]] = 1.0
    both = np.correlate(there, there, mode="full")[len(there) - 1 :]
    both[0] = 0.0
    return both


def _added(total: FloatArray, more: FloatArray | IntArray) -> FloatArray:
    """Sum of two arrays, the shorter one padded with zeros."""
    longer = np.zeros(max(len(total), len(more)))
    longer[: len(total)] += total
    longer[: len(more)] += more
    return longer


def _one_in(chance: float) -> str:
    if chance <= 0:
        return "more than 10^300"
    return f"10^{-math.floor(math.log10(chance))}"
