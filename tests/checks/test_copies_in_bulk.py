"""Copies are counted over all problems at once, and as one problem at a time would count them."""

import itertools

import numpy as np
import polars as pl

from passgap.checks.copies import Copies


def drawn(problems, n, *, texts, seed=0):
    rng = np.random.default_rng(seed)
    size = problems * n
    return pl.DataFrame(
        {
            "problem_id": np.repeat([f"q{i}" for i in range(problems)], n),
            "draw": np.tile(np.arange(n, dtype=np.int32), problems),
            "text": rng.integers(0, texts, size),
            "token_count": rng.integers(1, 4, size),
            "logprob": np.where(np.repeat(np.arange(problems) % 2, n) == 0, -20.0, np.nan),
        }
    )


def at_distance(frame, distance):
    """Equal pairs at a distance, and those expected if every distance had its share."""
    equal, expected = 0, 0.0
    for (_,), rows in frame.group_by("problem_id", maintain_order=True):
        pairs = list(itertools.combinations(rows.select("draw", "text").iter_rows(), 2))
        alike = [b[0] - a[0] for a, b in pairs if a[1] == b[1]]
        if 0 < len(alike) <= len(pairs) / 2:
            equal += alike.count(distance)
            places = [b[0] - a[0] for a, b in pairs].count(distance)
            expected += len(alike) / len(pairs) * places
    return equal, expected


def test_pairs_at_a_distance_are_those_of_a_loop():
    frame = drawn(9, 24, texts=30)
    cloned = pl.when(pl.col("draw") >= 16).then(pl.col("text").shift(8)).otherwise("text")
    frame = frame.with_columns(text=cloned)
    copies = Copies()
    copies.add(frame)
    equal, expected = at_distance(frame, 8)
    told = f"samples 8 apart are equal {equal} times where {expected:,.1f} are expected by chance"
    assert told in [finding.evidence for finding in copies.findings()]


def test_problems_together_are_problems_one_by_one():
    frame = drawn(6, 40, texts=3, seed=1)
    together, apart = Copies(), Copies()
    together.add(frame)
    for (_,), rows in frame.group_by("problem_id", maintain_order=True):
        apart.add(rows)
    assert list(together.findings()) == list(apart.findings())
    assert list(together.findings())
