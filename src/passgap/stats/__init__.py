"""Pure mathematics: from arrays to results, with only numpy and scipy."""

from passgap.stats.association import Associations, within_associations
from passgap.stats.betabinomial import (
    BetaBinomial,
    beta_of_curve,
    fit_beta_binomial,
    shaped_interval,
)
from passgap.stats.exchange import same_policy_p
from passgap.stats.guessing import (
    corrected_pass_at_k,
    lucky_pass_at_k,
    shrunken_rates,
    thinned_pass_at_k,
)
from passgap.stats.importance import betting_lower_bound, effective_sample_size
from passgap.stats.intervals.curves import agreeing, mean_curve, paired_curve
from passgap.stats.intervals.fixed import fixed_interval, fixed_paired_interval
from passgap.stats.intervals.population import (
    mean_ends,
    mean_interval,
    paired_ends,
    paired_interval,
    seeds_interval,
    student_interval,
)
from passgap.stats.intervals.shares import (
    binomial_interval,
    binomial_upper,
    zero_discordance_bound,
)
from passgap.stats.intervals.unseen import plausible_limits
from passgap.stats.mixture import Mixture, fit_mixture, functional_interval, mixture_of_curve
from passgap.stats.multiplicity import false_discovery_rates, holm_levels
from passgap.stats.odds import Excluded, OddsSpread, excluded_odds, odds_spread
from passgap.stats.passk import (
    all_at_k,
    cover_at_tau,
    fisher_exact,
    mixed_at_g,
    pass_at_k,
    share_at_k,
    wins_at_k,
)
from passgap.stats.ratios import mean_ratio, ratio_change
from passgap.stats.tilt import (
    Misfit,
    SlopedTilt,
    Tilt,
    describe_tilt,
    fit_sloped_tilt,
    fit_tilt,
)
from passgap.stats.votes import maj_at_k

__all__ = [
    "Associations",
    "BetaBinomial",
    "Excluded",
    "Misfit",
    "Mixture",
    "OddsSpread",
    "SlopedTilt",
    "Tilt",
    "agreeing",
    "all_at_k",
    "beta_of_curve",
    "betting_lower_bound",
    "binomial_interval",
    "binomial_upper",
    "corrected_pass_at_k",
    "cover_at_tau",
    "describe_tilt",
    "effective_sample_size",
    "excluded_odds",
    "false_discovery_rates",
    "fisher_exact",
    "fit_beta_binomial",
    "fit_mixture",
    "fit_sloped_tilt",
    "fit_tilt",
    "fixed_interval",
    "fixed_paired_interval",
    "functional_interval",
    "holm_levels",
    "lucky_pass_at_k",
    "maj_at_k",
    "mean_curve",
    "mean_ends",
    "mean_interval",
    "mean_ratio",
    "mixed_at_g",
    "mixture_of_curve",
    "odds_spread",
    "paired_curve",
    "paired_ends",
    "paired_interval",
    "pass_at_k",
    "plausible_limits",
    "ratio_change",
    "same_policy_p",
    "seeds_interval",
    "shaped_interval",
    "share_at_k",
    "shrunken_rates",
    "student_interval",
    "thinned_pass_at_k",
    "wins_at_k",
    "within_associations",
    "zero_discordance_bound",
]
