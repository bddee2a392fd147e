"""Confidence levels, and how many standard errors they reach."""

from __future__ import annotations

from scipy import special

from passgap.errors import UsageError


def checked_level(level: float) -> float:
    """The level, refused outside (0, 1)."""
    if not 0.0 < level < 1.0:
        raise UsageError(f"confidence_level is {level!r}; allowed: a number in (0, 1)")
    return level


def student_quantile(size: int, level: float = 0.95) -> float:
    """Student's t for a two-sided interval from ``size`` values."""
    return float(special.stdtrit(size - 1, (1.0 + checked_level(level)) / 2))


def normal_quantile(level: float) -> float:
    """The normal quantile for a two-sided interval."""
    return float(special.ndtri((1.0 + checked_level(level)) / 2))
