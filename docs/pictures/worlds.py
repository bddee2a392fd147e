"""Simulated problem sets for the pictures of the methods: seeds in, counts out, truth known."""

import numpy as np

from passgap import Counts
from passgap.data.arrays import FloatArray, IntArray

PROBLEMS, DRAWS = 300, 128


def difficulty(seed: int, never: float = 0.15) -> FloatArray:
    """True p of each problem: a share is never solved, the others are mostly hard; shape (P,)."""
    rng = np.random.default_rng(seed)
    p = rng.beta(0.5, 1.6, PROBLEMS)
    p[rng.random(PROBLEMS) < never] = 0
    return p


def reachable(seed: int) -> FloatArray:
    """True p of problems that are all solved within some hundred draws; shape (P,)."""
    return np.clip(np.random.default_rng(seed).beta(0.7, 1.6, PROBLEMS), 0.02, 1)


def tilted(p: FloatArray, delta: FloatArray | float) -> FloatArray:
    """p with its logit moved by delta; 0 stays 0."""
    odds = p * np.exp(delta)
    return odds / (1 - p + odds)


def drawn(p: FloatArray, seed: int, n: int = DRAWS) -> Counts:
    """Counts of n draws a problem."""
    c: IntArray = np.random.default_rng(seed).binomial(n, p)
    return Counts([f"q{i}" for i in range(len(p))], np.full(len(p), n), c)


def narrowed(p: FloatArray, seed: int) -> FloatArray:
    """A strong tilt that also gives up half of the hard problems."""
    lost = (p < 0.1) & (np.random.default_rng(seed).random(len(p)) < 0.5)
    return np.where(lost, 0.0, tilted(p, 2.0))


def expanded(p: FloatArray, seed: int) -> FloatArray:
    """A tilt that also learns most of what was seldom solved."""
    learnt = (p < 0.01) & (np.random.default_rng(seed).random(len(p)) < 0.8)
    return np.where(learnt, 0.3, tilted(p, 1.5))
