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
from passgap.stats.mixture import Mixture, fit_mixture
from passgap.stats.passk import all_at_k, mixed_at_g, pass_at_k
from passgap.stats.tilt import Misfit, Tilt, fit_tilt, tilt_misfit

__all__ = [
    "Misfit",
    "Mixture",
    "Tilt",
    "all_at_k",
    "binomial_interval",
    "binomial_upper",
    "fit_mixture",
    "fit_tilt",
    "fixed_interval",
    "fixed_paired_interval",
    "mean_curve",
    "mean_interval",
    "mixed_at_g",
    "paired_curve",
    "paired_interval",
    "pass_at_k",
    "tilt_misfit",
    "zero_discordance_bound",
]
