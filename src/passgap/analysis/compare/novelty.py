"""What is new and what is lost, and where the gain comes from.

In: paired Counts. Out: whether problems are gained or lost that no sharpening explains, and the
gain in pass@1 split by whether the base solves the problem in other draws.
"""

from __future__ import annotations

import math

import numpy as np

from passgap.analysis.compare.changes import by_cluster
from passgap.analysis.verdicts import LEVEL
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.results.comparison import GainSource, Novel
from passgap.results.estimates import Estimate
from passgap.results.parts import Interval
from passgap.stats import Excluded, excluded_odds, odds_spread, paired_interval
from passgap.stats.intervals.levels import student_quantile
from passgap.stats.split import FixedSplit, missed_by

FIELLER = "Fieller over problems"


def new_and_lost(
    base: Counts,
    trained: Counts,
    max_odds: float,
    seed: int,
    levels: tuple[float, float] = (LEVEL, LEVEL),
) -> tuple[Novel, Novel]:
    """Test for problems that only the trained policy solves, and for those only the base does.

    Where the odds moved unevenly on problems that the base both solves and fails, the factor
    allowed for sharpening is raised to three spreads: a gain within such a spread is not new.
    """
    arms = (base.n, base.c, trained.n, trained.c)
    spread = odds_spread(*arms)
    swapped = (trained.n, trained.c, base.n, base.c)
    new = excluded_odds(*arms, max_odds=spread.most(max_odds), seed=seed)
    lost = excluded_odds(*swapped, max_odds=spread.most(max_odds, down=True), seed=seed)
    return _told(new, levels[0]), _told(lost, levels[1])


def _told(found: Excluded, level: float) -> Novel:
    shown = found.p_value <= level
    return Novel(shown, found.p_value, found.max_odds, found.excluded, found.problems)


def gain_source(base: Counts, trained: Counts, interval: Interval = "population") -> GainSource:
    """The gain in pass@1, split by whether the base solves a problem in other draws of its own.

    One half of the base's draws says whether it reaches a problem, and the other half is compared
    with the trained policy, so that luck in the first does not count as a gain. The mean over all
    halves is taken exactly: with q the chance that the choosing half holds no hit, ``reached = p_T
    - c / n - rest`` and ``rest = q (p_T - c / m)``, m the size of the other half. For ``fixed``
    problems only the draws are random (`passgap.stats.split`).
    """
    n, c = base.n, base.c
    if interval == "fixed":
        split = FixedSplit(n, c, trained.n, trained.c)
        return GainSource(split.at(0.0), split.on_the_rest(), split.share())
    chosen = np.maximum(n // 2, 1)
    others = np.maximum(n - chosen, 1)
    missed = missed_by(n, c, chosen)
    after = trained.c / trained.n
    rest = missed * (after - c / others)
    reached = after - c / n - rest
    return GainSource(
        paired_interval(np.clip(reached, -1, 1), clusters=base.clusters),
        paired_interval(np.clip(rest, -1, 1), clusters=base.clusters),
        _share(by_cluster(base, reached), by_cluster(base, reached + rest)),
    )


def _share(reached: FloatArray, total: FloatArray) -> Estimate:
    """The reached problems' share of the gain, by Fieller's theorem; nan where no gain is shown.

    The interval holds every share s at which the mean of ``reached - s total`` is compatible with
    0; it is bounded where the mean of total differs from 0 by its own interval.
    """
    nothing = Estimate(np.nan, np.nan, np.nan, method=FIELLER, notes=("no gain is shown",))
    if len(total) < 2 or not paired_interval(np.clip(total, -1, 1)).low > 0:
        return nothing
    a, b = float(reached.mean()), float(total.mean())
    noise = np.cov(reached, total) / len(total) * student_quantile(len(total)) ** 2
    square = b**2 - noise[1, 1]
    if square <= 0:
        return nothing
    middle = (a * b - noise[0, 1]) / square
    reach = math.sqrt(max(middle**2 - (a**2 - noise[0, 0]) / square, 0.0))
    return Estimate(a / b, middle - reach, middle + reach, method=FIELLER)
