"""Plain shares: Clopper-Pearson intervals and bounds."""

from __future__ import annotations

from scipy import special

from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.stats.intervals.levels import checked_level


def binomial_interval(hits: int, trials: int, confidence_level: float = 0.95) -> Estimate:
    """Clopper-Pearson interval for a share: exact, so at least the level for every share.

    Parameters
    ----------
    hits, trials
        0 <= hits <= trials, trials >= 1.
    confidence_level
        In (0, 1); each side gets half of the rest.

    Raises
    ------
    UsageError
        If a number is out of range.
    """
    _check_share(hits, trials)
    tail = (1.0 - checked_level(confidence_level)) / 2
    low = float(special.betaincinv(hits, trials - hits + 1, tail)) if hits else 0.0
    high = float(special.betainccinv(hits + 1, trials - hits, tail)) if hits < trials else 1.0
    return Estimate(hits / trials, low, high, confidence_level, "Clopper-Pearson")


def binomial_upper(hits: int, trials: int, confidence_level: float = 0.95) -> float:
    """One-sided Clopper-Pearson upper bound for a share; ``1 - alpha^(1/trials)`` without a hit.

    Parameters
    ----------
    hits, trials
        0 <= hits <= trials, trials >= 1.
    confidence_level
        In (0, 1).

    Raises
    ------
    UsageError
        If a number is out of range.
    """
    _check_share(hits, trials)
    alpha = 1.0 - checked_level(confidence_level)
    return float(special.betainccinv(hits + 1, trials - hits, alpha)) if hits < trials else 1.0


def zero_discordance_bound(problems: int, confidence_level: float = 0.95) -> float:
    """Largest share of discordant problems that P concordant ones leave possible.

    ``1 - alpha^(1/P)``; equivalence within a margin needs it below that margin (P >= 149 for
    2 points at 95%).

    Parameters
    ----------
    problems
        P >= 1, none of them discordant.
    confidence_level
        In (0, 1).

    Raises
    ------
    UsageError
        If a number is out of range.
    """
    return binomial_upper(0, problems, confidence_level)


def _check_share(hits: int, trials: int) -> None:
    if trials < 1 or not 0 <= hits <= trials:
        raise UsageError(f"hits={hits}, trials={trials}; needed: 0 <= hits <= trials, trials >= 1")
