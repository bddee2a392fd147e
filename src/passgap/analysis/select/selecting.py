"""Selecting: which problems teach. Counts in; the chosen problems and an unfiltered control out.

A GRPO group teaches when it is neither all right nor all wrong, so what counts is a problem's true
p. It is judged by its posterior (`analysis.posteriors`), never by c / n: problems chosen for a high
or low observed rate regress to the mean, and the result says by how much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from passgap.analysis.inputs import MOST_UNSCORED, unscored_share
from passgap.analysis.select.posteriors import (
    P_GRID,
    Posterior,
    arm_means,
    mixed_on_grid,
    posterior,
)
from passgap.analysis.select.selection import Arm, Selection, short
from passgap.data.arrays import FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError

LOW, HIGH = 0.02, 0.8  # docs/decisions/0019
MORE_LIKELY = 0.5
NO_JUDGE = (
    "problems that are trained on can no longer judge the policy: measure before and after on "
    "others"
)


def select(
    counts: Counts,
    *,
    low: float | None = None,
    high: float | None = None,
    size: int | None = None,
    group_size: int = 8,
    seed: int = 0,
) -> Selection:
    """Choose the problems that teach, by the posterior of each one's p.

    A problem is in the band when P(low <= p <= high) >= 1/2 under its posterior. With ``size``,
    the so many with the greatest expected mixed@G are taken (of those in the band, if a band is
    asked for). Ties, such as equal (n, c), are broken at random.

    Parameters
    ----------
    counts
        Of the policy that is to be trained, P problems; fixed or adaptive.
    low, high
        The band, 0 <= low < high <= 1. Without ``size`` they are .02 and .8 where not given;
        with ``size`` alone there is no band.
    size
        How many problems, 1 to those there are.
    group_size
        G of mixed@G: completions a prompt in a GRPO step, >= 2.
    seed
        Of the ties, the control and the intervals.

    Raises
    ------
    UsageError
        For settings out of range, a band that holds no problem, or fewer problems than ``size``.

    Examples
    --------
    >>> counts = Counts(["hard", "half", "easy"], n=[32, 32, 32], c=[0, 16, 32])
    >>> found = select(counts, size=1)
    >>> [counts.problem_id[i] for i in found.chosen]
    ['half']
    """
    banded = size is None or low is not None or high is not None
    low, high = (LOW if low is None else low), (HIGH if high is None else high)
    _check(low, high, size, len(counts))
    found = posterior(counts)
    mixed = found.mean(mixed_on_grid(group_size))
    in_band = found.mean(_inside(P_GRID, low, high).astype(float))
    eligible = in_band >= MORE_LIKELY if banded else np.ones(len(counts), bool)
    chosen = _chosen(eligible, mixed, size, seed)
    _refuse_too_few(chosen, size, banded, low, high, in_band)
    control = np.sort(
        np.random.default_rng([seed, 1]).choice(len(counts), len(chosen), replace=False)
    )
    raw = _raw_rates(counts)
    by_raw = _by_raw_rate(raw, banded, low, high, size, group_size, seed)
    groups = {"chosen": chosen, "control": control, "all": np.arange(len(counts))}
    if by_raw.size:
        groups["by_raw_rate"] = by_raw
    arms = _arms(counts, groups, raw, group_size, seed)
    settings = {
        "low": low if banded else None,
        "high": high if banded else None,
        "size": size,
        "group_size": group_size,
        "seed": seed,
    }
    return Selection(
        settings,
        counts,
        *_spread(found),
        in_band if banded else None,
        mixed,
        chosen,
        control,
        arms,
        _notes(counts, chosen, found, arms),
    )


def _check(low: float, high: float, size: int | None, problems: int) -> None:
    if not 0 <= low < high <= 1:
        raise UsageError(f"low={low:g}, high={high:g}; allowed: 0 <= low < high <= 1")
    if size is not None and not 1 <= size <= problems:
        raise UsageError(f"size is {size}; allowed: 1 to {problems}, the problems there are")


def _inside(values: FloatArray, low: float, high: float) -> Any:
    return (values >= low) & (values <= high)


def _chosen(eligible: Any, worth: FloatArray, size: int | None, seed: int) -> IntArray:
    """Rows of the eligible with the greatest worth, ties in random order; ascending."""
    rows = np.random.default_rng([seed, 0]).permutation(np.flatnonzero(eligible))
    best = rows[np.argsort(-worth[rows].round(12), kind="stable")]
    return np.sort(best[:size]).astype(np.int64)


def _refuse_too_few(
    chosen: IntArray,
    size: int | None,
    banded: bool,
    low: float,
    high: float,
    in_band: FloatArray,
) -> None:
    band = f"{low:g} <= p <= {high:g}"
    if banded and not chosen.size:
        raise UsageError(
            f"no problem is more likely than not in the band {band} (the likeliest has probability "
            f"{in_band.max():.2f}); widen it, or ask for the best with --size alone"
        )
    if size is not None and len(chosen) < size:
        raise UsageError(
            f"size is {size}, but only {len(chosen)} problems are more likely than not in the band "
            f"{band}; ask for at most {len(chosen)}, or widen the band"
        )


def _raw_rates(counts: Counts) -> FloatArray:
    """c / n, nan where nothing was scored."""
    return np.where(counts.n > 0, counts.c / np.maximum(counts.n, 1), np.nan)


def _by_raw_rate(
    raw: FloatArray,
    banded: bool,
    low: float,
    high: float,
    size: int | None,
    group_size: int,
    seed: int,
) -> IntArray:
    """What the same rule would take if c / n were p."""
    known = np.nan_to_num(raw)
    worth = 1 - known**group_size - (1 - known) ** group_size
    eligible = _inside(raw, low, high) if banded else np.isfinite(raw)
    return _chosen(eligible, worth, size, seed)


def _arms(
    counts: Counts, groups: Mapping[str, IntArray], raw: FloatArray, group_size: int, seed: int
) -> dict[str, Arm]:
    functions = [P_GRID, mixed_on_grid(group_size)]
    means = arm_means(counts, list(groups.values()), functions, seed=seed)
    return {
        name: Arm(len(rows), _mean(raw[rows]), rate, mixed)
        for (name, rows), (rate, mixed) in zip(groups.items(), means, strict=True)
    }


def _mean(values: FloatArray) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def _spread(found: Posterior) -> tuple[FloatArray, FloatArray, FloatArray]:
    return found.mean(P_GRID), found.quantile(0.025), found.quantile(0.975)


def _notes(
    counts: Counts, chosen: IntArray, found: Posterior, arms: Mapping[str, Arm]
) -> tuple[str, ...]:
    notes = []
    if "by_raw_rate" in arms:
        raw = arms["by_raw_rate"]
        notes.append(
            f"regression to the mean: the {raw.problems} problems that the raw rate would choose "
            f"showed {raw.raw_rate:.3f} and are expected to give {raw.pass_rate.value:.3f} on "
            f"fresh draws; the chosen showed {short(arms['chosen'].raw_rate)} and are expected "
            f"to give {arms['chosen'].pass_rate.value:.3f}"
        )
    if len(chosen) == len(counts):
        notes.append(
            "every problem is chosen, so the control is the same set; --size takes the best"
        )
    if counts.guess_rate is not None:
        lucky = int(np.sum(found.mean(P_GRID)[chosen] <= counts.guess_rate[chosen]))
        if lucky:
            notes.append(f"{lucky} of the chosen are right no more often than a guess would be")
    if unscored_share(counts) > MOST_UNSCORED:
        notes.append(f"{unscored_share(counts):.1%} of the draws are unscored and left out")
    undrawn = int(np.sum(counts.n[chosen] == 0))
    if undrawn:
        notes.append(f"{undrawn} of the chosen have no scored draw; all is known from the others")
    return (*notes, NO_JUDGE)
