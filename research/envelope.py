"""Temperatures: counts of a base and a trained policy at each in, the best of each arm out.

pass@k describes weights and decoding together; each arm at the temperature that suits it best, at
every k, compares the weights (arXiv 2504.13837 sweeps temperature for this reason). The best of
several noisy curves is too good to be true, so the temperature is chosen on one half of the
problems and judged on the other, and the other way round. The checks and the intervals are those of
`compare`, from the inner modules that it uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from passgap import Counts, Curve, pass_at_k
from passgap.analysis import inputs
from passgap.analysis.compare.pairing import paired
from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.stats import mean_curve, paired_curve

ROLES = ("base", "trained")
NOTE = (
    "each problem is judged at the temperature that the other half of the problems chose, for each "
    "arm and k, so the envelopes are not inflated by the choice"
)
ONE_RUN = "the envelopes describe one trained policy, not the recipe"


@dataclass(frozen=True)
class Envelope:
    """Every arm's curves over temperatures, the envelope of each, and their difference."""

    temperatures: tuple[float, ...]
    settings: Mapping[str, Any]
    problems: int
    curves: Mapping[str, tuple[Curve, ...]]
    best: Mapping[str, Curve]
    chosen: Mapping[str, tuple[tuple[float, float], ...]]
    delta: Curve
    at_each: tuple[Curve, ...]
    notes: tuple[str, ...] = (NOTE, ONE_RUN)

    def to_dict(self) -> dict[str, Any]:
        """By JSON names; ``chosen`` are the temperatures of the two halves at each k."""
        arms = {
            role: {
                "curves": [
                    {"temperature": t, "curve": curve.rows()}
                    for t, curve in zip(self.temperatures, self.curves[role], strict=True)
                ],
                "envelope": [
                    row | {"chosen": list(pair)}
                    for row, pair in zip(self.best[role].rows(), self.chosen[role], strict=True)
                ],
            }
            for role in ROLES
        }
        return {
            "schema": "passgap.study_temperature/1",
            "settings": dict(self.settings),
            "temperatures": list(self.temperatures),
            "problems": self.problems,
            **arms,
            "delta": self.delta.rows(),
            "at_each": [
                {"temperature": t, "delta": curve.rows()}
                for t, curve in zip(self.temperatures, self.at_each, strict=True)
            ],
            "crossing": crossing(self.delta),
            "notes": list(self.notes),
        }


def envelope(
    base: Mapping[float, Counts],
    trained: Mapping[float, Counts],
    *,
    ks: Sequence[int] | None = None,
    seed: int = 0,
) -> Envelope:
    """The best temperature of each arm at each k, and how the two compare there.

    Parameters
    ----------
    base, trained
        Counts by temperature, the same two or more temperatures in both, on the same problems.
    ks
        The k to list; powers of two and the smallest n by default.
    seed
        Of the halves and of the bands.

    Returns
    -------
    Envelope
        ``best`` and ``delta`` judge each problem at the temperature chosen on the other half.

    Raises
    ------
    UsageError, MismatchError
        If temperatures or problems differ, or a k is above the smallest n.
    """
    temperatures = tuple(sorted(base))
    if len(temperatures) < 2 or set(trained) != set(base):
        raise UsageError(
            f"the base has the temperatures {_listed(base)} and the trained {_listed(trained)}; "
            "allowed: two or more, the same in both"
        )
    first = base[temperatures[0]]
    arms = {
        role: [_aligned(first, by[t]) for t in temperatures]
        for role, by in (("base", base), ("trained", trained))
    }
    everyone = [counts for role in ROLES for counts in arms[role]]
    least = min(int(counts.n.min()) for counts in everyone)
    listed = inputs.listed_ks(least) if ks is None else sorted(set(ks))
    if not listed or not 1 <= listed[0] <= listed[-1] <= least:
        raise UsageError(f"ks={list(listed)}; allowed: integers from 1 to the smallest n, {least}")
    for counts in everyone:
        inputs.check_counts(counts, listed[-1], accept_unscored=False)
    passes = {role: np.stack([pass_at_k(c.n, c.c, listed) for c in arms[role]]) for role in ROLES}
    half = np.random.default_rng(seed).permutation(len(first)) % 2
    judged = {role: _judged(passes[role], half) for role in ROLES}
    return Envelope(
        temperatures=temperatures,
        settings={"ks": listed, "seed": seed, "interval": "population", "confidence_level": 0.95},
        problems=len(first),
        curves={
            role: tuple(mean_curve(table, listed, seed=seed) for table in passes[role])
            for role in ROLES
        },
        best={role: mean_curve(judged[role][0], listed, seed=seed) for role in ROLES},
        chosen={
            role: tuple((temperatures[int(a)], temperatures[int(b)]) for a, b in judged[role][1].T)
            for role in ROLES
        },
        delta=paired_curve(judged["trained"][0] - judged["base"][0], listed, seed=seed),
        at_each=tuple(
            paired_curve(t - b, listed, seed=seed)
            for b, t in zip(passes["base"], passes["trained"], strict=True)
        ),
    )


def crossing(delta: Curve) -> dict[str, int | None]:
    """The least k where the base's envelope is above, and where the band shows it; else null."""

    def first(ends: FloatArray) -> int | None:
        return next((int(k) for k, end in zip(delta.k, ends, strict=True) if end < 0), None)

    assert delta.band_high is not None
    return {"k": first(delta.value), "shown": first(delta.band_high)}


def _aligned(first: Counts, counts: Counts) -> Counts:
    return paired(first, counts, intersect=False, allow_different_prompts=True)[1]


def _judged(passes: FloatArray, half: IntArray) -> tuple[FloatArray, IntArray]:
    """pass@k of every problem at the temperature that the other half chose.

    ``passes`` has shape (T, P, K). Returns shape (P, K), and the rows chosen for each half, (2, K).
    """
    chosen = np.stack(
        [np.argmax(passes[:, half != which].mean(axis=1), axis=0) for which in (0, 1)]
    )
    rows = chosen[half]
    return np.take_along_axis(passes, rows[None], axis=0)[0], chosen


def _listed(by: Mapping[float, Counts]) -> str:
    return ", ".join(f"{t:g}" for t in sorted(by)) or "none"
