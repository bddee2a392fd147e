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
        """Count in all draws of some problems: ``problem_id``, ``draw``, ``text`` (equal for equal
        texts), ``token_count``, ``logprob``."""
        problem = pl.col("problem_id").cast(pl.Categorical).to_physical()  # a whole number
        rows = frame.with_columns(problem=problem).filter(pl.len().over("problem") > 1)
        unknown = pl.col("logprob").is_nan().any()
        problems = rows.group_by("problem", maintain_order=True).agg(
            n=pl.len(), untold=unknown, one_text=pl.col("text").n_unique() == 1
        )
        if not len(problems):
            return
        self._by_distance(
            rows.select("problem", "draw", "text"), int(problems["n"].to_numpy().max())
        )
        untold = problems.filter("untold")
        self._untold += len(untold)
        self._one_text += int(untold["one_text"].sum())
        told = problems.filter(~pl.col("untold")).with_row_index("place")
        if len(told):
            told = told.select("problem", "n", "place")
            self._by_probability(rows.join(told, on="problem", maintain_order="left"))

    def _by_probability(self, rows: pl.DataFrame) -> None:
        """The probability that each completion is repeated as often as it was."""
        alike = ["place", "text", "token_count", pl.col("logprob").round(2).alias("about")]
        distinct = rows.group_by(alike).agg(
            pl.col("problem_id", "n").first(),
            times=pl.len(),
            exact=pl.col("logprob").first(),
        )
        self._sequences += len(distinct)
        again = distinct.filter(pl.col("times") > 1).sort("place")
        mean = (again["n"].to_numpy().astype(float) - 1) * np.exp(again["exact"].to_numpy())
        times = again["times"].to_numpy().astype(np.int64)
        chance = special.pdtrc(times - 2, mean)
        for i in np.flatnonzero(chance < CHANCE).tolist():
            self._repeated.append((float(chance[i]), int(times[i]) - 1, again["problem_id"][i]))

    def _by_distance(self, rows: pl.DataFrame, most: int) -> None:
        """Equal pairs at every distance, and how many are expected by chance."""
        first = pl.col("draw").rank("ordinal").over("problem") <= MOST_DRAWS
        kept = rows.filter(first) if most > MOST_DRAWS else rows
        times = pl.len().over("problem", "text").cast(pl.Float64)
        kept = kept.with_columns(others=times - 1)
        n = pl.len().cast(pl.Float64)
        each = kept.group_by("problem", maintain_order=True).agg(
            share=(pl.col("others").sum() / 2) / (n * (n - 1) / 2)
        )
        each = each.filter((pl.col("share") > 0) & (pl.col("share") <= INFORMATIVE))
        if not len(each):
            return
        kept = kept.join(each.with_row_index("place"), on="problem").sort("place", "draw")
        draws = kept["draw"].to_numpy().astype(np.int64)
        place = kept["place"].to_numpy()
        self._equal = _added(self._equal, _distances(kept.filter(pl.col("others") > 0)))
        ends = np.append(np.flatnonzero(np.diff(place)) + 1, len(place))
        places: dict[bytes, FloatArray] = {}
        start = 0
        for share, end in zip(each["share"].to_list(), ends.tolist(), strict=True):
            some = draws[start:end]
            key = some.tobytes()
            if key not in places:
                places[key] = _places(some)
            self._expected = _added(self._expected, share * places[key])
            start = end

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


def _distances(rows: pl.DataFrame) -> FloatArray:
    """How many equal pairs there are at each distance between their draws."""
    rows = rows.select("place", "text", "draw").sort("place", "text", "draw")
    place, text, draws = (column.to_numpy() for column in rows)
    found: FloatArray = np.zeros(1)
    lag, at = 0, np.arange(len(rows))
    while at.size:  # those with an equal draw `lag` rows below
        lag += 1
        at = at[at + lag < len(rows)]
        at = at[(place[at + lag] == place[at]) & (text[at + lag] == text[at])]
        found = _added(found, np.bincount(draws[at + lag] - draws[at]))
    return found


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
