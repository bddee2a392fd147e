"""Does the rule hold? In: before/after pairs. Out: the scores of the rule and its competitors.

Each pair is a base and its trained policy on one benchmark, as counts or as published curves. The
outcome of training is known, so each prediction is compared with the gain in pass@1. Whatever is
tuned (cuts, lines, the tilt's delta) is tuned on the other models and scored on the one left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from passgap.analysis import inputs
from passgap.data.arrays import BoolArray, FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.backtest import Backtest, BacktestedWith, PairRow, Score, Screen
from passgap.results.settings import BacktestSettings
from passgap.stats import Mixture, fit_mixture, mixture_of_curve, pass_at_k

DELTAS = (-4.0, 10.0)
LEFT_OUT = "leave-one-model-out"
DEFAULTS = BacktestSettings()
CURVE_NOTE = (
    "pairs given as curves: the difficulty distribution is fitted to their values, so no "
    "interval here accounts for the noise of sampling"
)


@dataclass(frozen=True, eq=False)
class Pair:
    """One base and its trained policy on one benchmark.

    ``base`` and ``trained`` map k to pass@k and hold k = 1; ``mixture`` is the base's difficulty
    distribution; ``model`` names what is left out together.
    """

    benchmark: str
    model: str
    base: Mapping[int, float]
    trained: Mapping[int, float]
    mixture: Mixture
    from_curve: bool

    @property
    def gain(self) -> float:
        """Trained minus base pass@1."""
        return self.trained[1] - self.base[1]

    def at(self, k: int) -> float:
        """The base's pass@k, interpolated in log k between the curve's points."""
        ks = sorted(self.base)
        return float(np.interp(np.log(k), np.log(ks), [self.base[i] for i in ks]))

    def delta(self) -> float:
        """The tilt that turns the base's pass@1 into the trained policy's."""

        def miss(delta: float) -> float:
            return float(self.mixture.tilted(delta).pass_at_k(1)[0]) - self.trained[1]

        if miss(DELTAS[0]) > 0 or miss(DELTAS[1]) < 0:
            return DELTAS[0] if miss(DELTAS[0]) > 0 else DELTAS[1]
        return float(optimize.brentq(miss, *DELTAS))


def pair_of_counts(benchmark: str, model: str, base: Counts, trained: Counts) -> Pair:
    """A pair with counts behind it."""
    before, after = _curve(base), _curve(trained)
    return Pair(benchmark, model, before, after, fit_mixture(base.n, base.c), from_curve=False)


def _curve(counts: Counts) -> dict[int, float]:
    ks = inputs.listed_ks(int(counts.n.min()))
    means = pass_at_k(counts.n, counts.c, ks).mean(axis=0)
    return dict(zip(ks, means.tolist(), strict=True))


def pair_of_curves(
    benchmark: str, model: str, base: Mapping[int, float], trained: Mapping[int, float]
) -> Pair:
    """A pair known by its curves alone."""
    for role, curve in (("base", base), ("trained", trained)):
        if 1 not in curve or len(curve) < 3:
            raise UsageError(
                f"the {role} curve of {model} on {benchmark} has k = {sorted(curve)}; needed: "
                "k = 1 and at least two more"
            )
    ks = sorted(base)
    mixture = mixture_of_curve(ks, [base[k] for k in ks])
    return Pair(benchmark, model, base, trained, mixture, from_curve=True)


def backtest(pairs: Sequence[Pair], settings: BacktestSettings = DEFAULTS) -> Backtest:
    """Score the headroom rule, pass@4 - pass@1 and the tilt forecast on before/after pairs.

    Parameters
    ----------
    pairs
        At least 6, of at least 3 models.
    settings
        The settings of the rule.

    Raises
    ------
    UsageError
        For too few pairs or models, or a k beyond every curve.
    """
    models = sorted({pair.model for pair in pairs})
    if len(pairs) < 6 or len(models) < 3:
        raise UsageError(
            f"{len(pairs)} pairs of {len(models)} models; a backtest that leaves one model out at "
            "a time needs at least 6 pairs from 3 models"
        )
    k_small, k_large = settings.k_small, settings.k_large
    short = [pair for pair in pairs if max(pair.base) < k_large]
    if short:
        raise UsageError(
            f"the base curve of {short[0].model} on {short[0].benchmark} ends at "
            f"k={max(short[0].base)}; the rule needs k={k_large}"
        )
    held = _Held(pairs, settings)
    headroom = np.array([pair.at(k_large) - pair.at(k_small) for pair in pairs])
    second = np.array([pair.at(4) - pair.at(1) for pair in pairs])
    rule = f"pass@{k_large} - pass@{k_small}"
    screens = [held.screen(rule, headroom, np.full(len(pairs), settings.cut), "stated")]
    forecasts = []
    for name, x in {rule: headroom, "pass@4 - pass@1": second}.items():
        screens.append(held.screen(name, x, held.left_out(_cuts(x, held.paid)), LEFT_OUT))
        lines = held.left_out(_lines(x, held.gain))
        forecasts.append(held.forecast(f"line on {name}", lines[:, 0] * x + lines[:, 1], x))
    deltas = np.array([pair.delta() for pair in pairs])
    typical = held.left_out(lambda others: np.median(deltas[others]))
    said = np.array([_tilted_gain(pair, d) for pair, d in zip(pairs, typical, strict=True)])
    mean = held.left_out(lambda others: held.gain[others].mean())
    forecasts += [
        held.forecast("tilt by the other models' median delta", said, said),
        held.forecast("the other models' mean gain", mean),
        held.forecast("no change", np.zeros(len(pairs))),
    ]
    rows = zip(pairs, *(x.tolist() for x in (headroom, second, deltas, said)), strict=True)
    return Backtest(
        BacktestedWith(**vars(settings), pairs=len(pairs), models=len(models)),
        tuple(
            PairRow(pair.benchmark, pair.model, pair.base[1], pair.gain, *known)
            for pair, *known in rows
        ),
        tuple(screens),
        tuple(forecasts),
        (CURVE_NOTE,) if any(pair.from_curve for pair in pairs) else (),
    )


class _Held:
    """What predictions are compared with: each pair's gain, and its model."""

    def __init__(self, pairs: Sequence[Pair], settings: BacktestSettings) -> None:
        self.gain: FloatArray = np.array([pair.gain for pair in pairs])
        self.paid: BoolArray = self.gain > settings.worth
        self._models = np.unique([pair.model for pair in pairs], return_inverse=True)[1]
        self._seed = settings.seed

    def left_out(self, fit: Callable[[BoolArray], ArrayLike]) -> FloatArray:
        """What ``fit`` finds on the pairs of all other models, one row per pair."""
        found = [fit(self._models != model) for model in range(self._models.max() + 1)]
        return np.array([found[model] for model in self._models], float)

    def screen(self, name: str, x: FloatArray, cuts: FloatArray, chosen: str) -> Screen:
        """How well a predictor at or above its cut tells the trainings that paid."""
        said, paid = x >= cuts, self.paid
        return Screen(
            predictor=name,
            cut=float(np.median(cuts)),
            chosen=chosen,
            pairs=len(x),
            right=int(np.sum(said == paid)),
            paid_and_said=int(np.sum(said & paid)),
            paid_and_not_said=int(np.sum(~said & paid)),
            said_and_not_paid=int(np.sum(said & ~paid)),
            neither=int(np.sum(~said & ~paid)),
        )

    def forecast(self, name: str, said: FloatArray, x: FloatArray | None = None) -> Score:
        """The errors of a forecast, and its predictor's rank correlation where there is one."""
        error = np.abs(said - self.gain)
        score = Score(name, float(error.mean()), float(error.max()))
        if x is None or np.ptp(x) == 0:
            return score
        low, high = self._rank_interval(x)
        value = _rank_correlation(x, self.gain)
        return replace(score, spearman=value, spearman_low=low, spearman_high=high)

    def _rank_interval(self, x: FloatArray) -> tuple[float, float]:
        """Percentile bootstrap over whole models: pairs of one model are not independent."""
        rng, gain = np.random.default_rng(self._seed), self.gain
        members = [np.flatnonzero(self._models == m) for m in range(self._models.max() + 1)]
        found = []
        for _ in range(1000):
            rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
            if np.ptp(x[rows]) > 0 and np.ptp(gain[rows]) > 0:
                found.append(_rank_correlation(x[rows], gain[rows]))
        low, high = np.quantile(found, [0.025, 0.975])
        return float(low), float(high)


def _tilted_gain(pair: Pair, delta: float) -> float:
    return float(pair.mixture.tilted(delta).pass_at_k(1)[0]) - pair.base[1]


def _cuts(x: FloatArray, paid: BoolArray) -> Callable[[BoolArray], float]:
    return lambda others: _best_cut(x[others], paid[others])


def _lines(x: FloatArray, gain: FloatArray) -> Callable[[BoolArray], FloatArray]:
    return lambda others: np.polyfit(x[others], gain[others], 1)


def _best_cut(x: FloatArray, paid: BoolArray) -> float:
    """The cut with the highest balanced accuracy; the middle one of ties."""
    levels = np.unique(x)
    cuts = np.concatenate([[levels[0] - 1e-6], (levels[1:] + levels[:-1]) / 2])
    if paid.all() or not paid.any():
        return float(cuts[0] if paid.all() else levels[-1] + 1e-6)
    scores = [((x >= c)[paid].mean() + (x < c)[~paid].mean()) / 2 for c in cuts]
    best = np.flatnonzero(np.isclose(scores, max(scores)))
    return float(cuts[best[len(best) // 2]])


def _rank_correlation(x: FloatArray, y: FloatArray) -> float:
    """Spearman's rho."""
    from scipy import stats  # takes longer to import than everything `probe` and `compare` need

    return float(stats.spearmanr(x, y).statistic)
