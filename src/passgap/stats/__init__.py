"""Pure mathematics: arrays in, results out; numpy and scipy only."""

from passgap.stats.intervals import (
    binomial_interval,
    binomial_upper,
    fixed_interval,
    fixed_paired_interval,
    mean_curve,
    mean_interval,
    paired_curve,
    paired_interval,
    zero_discordance_bound,
)
from passgap.stats.passk import all_at_k, mixed_at_g, pass_at_k

__all__ = [
    "all_at_k",
    "binomial_interval",
    "binomial_upper",
    "fixed_interval",
    "fixed_paired_interval",
    "mean_curve",
    "mean_interval",
    "mixed_at_g",
    "paired_curve",
    "paired_interval",
    "pass_at_k",
    "zero_discordance_bound",
]
