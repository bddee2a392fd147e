"""Does the rule hold? Before/after pairs in, the scores of the rule and its rivals out.

Each pair is a base and its trained policy on one benchmark, as counts or as published curves. What
was trained is known, so each predictor's promise is held against the gain in pass@1. Whatever is
tuned (cuts, lines, the tilt's delta) is tuned on the other models and scored on the one left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize, stats

from passgap.analysis import inputs
from passgap.data.arrays import FloatArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.probe import K_LARGE
from passgap.stats import Mixture, fit_mixture, mixture_of_curve, pass_at_k

DELTAS = (-4.0, 10.0)
LEFT_OUT = "leave-one-model-out"
CURVE_NOTE = (
    "pairs given as curves: the difficulty distribution is fitted to their values, so nothing here "
    "has an interval from the draws"
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


@dataclass(frozen=True)
class Backtest:
    """The scores; print them, or take ``to_dict()``."""

    settings: Mapping[str, Any]
    pairs: tuple[Mapping[str, Any], ...]
    screens: tuple[Mapping[str, Any], ...]
    forecasts: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": "passgap.backtest/1",
            "settings": dict(self.settings),
            "pairs": [dict(row) for row in self.pairs],
            "screens": [dict(row) for row in self.screens],
            "forecasts": [dict(row) for row in self.forecasts],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        lines = [f"{len(self.pairs)} pairs, a gain is worth it above {self.settings['worth']:.2f}"]
        lines += [
            f"  {s['predictor']} >= {s['cut']:.3f} ({s['chosen']}): right on {s['right']} of "
            f"{s['pairs']}"
            for s in self.screens
        ]
        lines += [
            f"  {f['predictor']}: mean error {f['mean_error']:.3f}, rank correlation "
            f"{'unknown' if f['spearman'] is None else round(f['spearman'], 2)}"
            for f in self.forecasts
        ]
        return "\n".join(lines)


def backtest(
    pairs: Sequence[Pair],
    *,
    worth: float = 0.07,
    cut: float = 0.15,
    k_small: int = 2,
    k_large: int = K_LARGE,
    seed: int = 0,
) -> Backtest:
    """Score the headroom rule, pass@4 - pass@1 and the tilt forecast on before/after pairs.

    Parameters
    ----------
    pairs
        At least 6, of at least 3 models.
    worth
        A gain in pass@1 above it counts as worth the training.
    cut
        The rule's stated cut; another one is chosen leave-one-model-out beside it.
    k_small, k_large
        The rule's headroom.
    seed
        Of the bootstrap over models behind the rank correlations' intervals.

    Raises
    ------
    UsageError
        For too few pairs or models, or a k beyond every curve.
    """
    models = sorted({pair.model for pair in pairs})
    if len(pairs) < 6 or len(models) < 3:
        raise UsageError(
            f"{len(pairs)} pairs of {len(models)} models; a backtest that leaves a model out needs "
            "at least 6 pairs of 3 models"
        )
    short = [pair for pair in pairs if max(pair.base) < k_large]
    if short:
        raise UsageError(
            f"the base curve of {short[0].model} on {short[0].benchmark} ends at "
            f"k={max(short[0].base)}; the rule needs k={k_large}"
        )
    gain = np.array([pair.gain for pair in pairs])
    groups = np.array([pair.model for pair in pairs])
    headroom = np.array([pair.at(k_large) - pair.at(k_small) for pair in pairs])
    second = np.array([pair.at(4) - pair.at(1) for pair in pairs])
    rule = f"pass@{k_large} - pass@{k_small}"
    paid = gain > worth
    screens = [_screen(rule, headroom, paid, np.full(len(pairs), cut), "stated")]
    forecasts = []
    for name, x in {rule: headroom, "pass@4 - pass@1": second}.items():
        screens.append(_screen(name, x, paid, _left_out(groups, _cuts(x, paid)), LEFT_OUT))
        lines = _left_out(groups, _lines(x, gain))
        said = lines[:, 0] * x + lines[:, 1]
        forecasts.append(_forecast(f"line on {name}", said, gain, x, groups, seed))
    deltas = np.array([pair.delta() for pair in pairs])
    typical = _left_out(groups, lambda others: np.median(deltas[others]))
    said = np.array([_tilted_gain(pair, d) for pair, d in zip(pairs, typical, strict=True)])
    mean = _left_out(groups, lambda others: gain[others].mean())
    forecasts += [
        _forecast("tilt by the other models' median delta", said, gain, said, groups, seed),
        _forecast("the other models' mean gain", mean, gain, None, groups, seed),
        _forecast("no change", np.zeros(len(pairs)), gain, None, groups, seed),
    ]
    rows = [
        {
            "benchmark": pair.benchmark,
            "model": pair.model,
            "pass_at_1": pair.base[1],
            "gain": pair.gain,
            "headroom": float(headroom[i]),
            "second_predictor": float(second[i]),
            "delta": float(deltas[i]),
            "tilt_forecast": float(said[i]),
        }
        for i, pair in enumerate(pairs)
    ]
    settings = {"worth": worth, "cut": cut, "k_small": k_small, "k_large": k_large, "seed": seed}
    curves = any(pair.from_curve for pair in pairs)
    return Backtest(
        settings | {"pairs": len(pairs), "models": len(models)},
        tuple(rows),
        tuple(screens),
        tuple(forecasts),
        (CURVE_NOTE,) if curves else (),
    )


def _tilted_gain(pair: Pair, delta: float) -> float:
    return float(pair.mixture.tilted(delta).pass_at_k(1)[0]) - pair.base[1]


def _cuts(x: FloatArray, paid: Any) -> Callable[[Any], float]:
    return lambda others: _best_cut(x[others], paid[others])


def _lines(x: FloatArray, gain: FloatArray) -> Callable[[Any], Any]:
    return lambda others: np.polyfit(x[others], gain[others], 1)


def _left_out(groups: np.ndarray[Any, Any], fit: Callable[[Any], Any]) -> FloatArray:
    """What ``fit`` finds on the pairs of all other models, one row a pair."""
    found = {group: fit(groups != group) for group in np.unique(groups)}
    return np.array([found[group] for group in groups], float)


def _best_cut(x: FloatArray, paid: Any) -> float:
    """The cut with the highest mean of the two classes' shares right; the middle of ties."""
    levels = np.unique(x)
    cuts = np.concatenate([[levels[0] - 1e-6], (levels[1:] + levels[:-1]) / 2])
    if paid.all() or not paid.any():
        return float(cuts[0] if paid.all() else levels[-1] + 1e-6)
    scores = [((x >= c)[paid].mean() + (x < c)[~paid].mean()) / 2 for c in cuts]
    best = np.flatnonzero(np.isclose(scores, max(scores)))
    return float(cuts[best[len(best) // 2]])


def _screen(name: str, x: FloatArray, paid: Any, cuts: FloatArray, chosen: str) -> dict[str, Any]:
    said = x >= cuts
    return {
        "predictor": name,
        "cut": float(np.median(cuts)),
        "chosen": chosen,
        "pairs": len(x),
        "right": int(np.sum(said == paid)),
        "paid_and_said": int(np.sum(said & paid)),
        "paid_and_not_said": int(np.sum(~said & paid)),
        "said_and_not_paid": int(np.sum(said & ~paid)),
        "neither": int(np.sum(~said & ~paid)),
    }


def _forecast(
    name: str,
    said: FloatArray,
    gain: FloatArray,
    x: FloatArray | None,
    groups: np.ndarray[Any, Any],
    seed: int,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "predictor": name,
        "mean_error": float(np.mean(np.abs(said - gain))),
        "largest_error": float(np.max(np.abs(said - gain))),
        "spearman": None,
        "spearman_low": None,
        "spearman_high": None,
    }
    if x is None or np.ptp(x) == 0:
        return row
    low, high = _rank_interval(x, gain, groups, seed)
    value = float(stats.spearmanr(x, gain).statistic)
    return row | {"spearman": value, "spearman_low": low, "spearman_high": high}


def _rank_interval(
    x: FloatArray, gain: FloatArray, groups: np.ndarray[Any, Any], seed: int
) -> tuple[float, float]:
    """Percentile bootstrap that draws whole models: pairs of one model are not independent."""
    rng = np.random.default_rng(seed)
    members = [np.flatnonzero(groups == group) for group in np.unique(groups)]
    found = []
    for _ in range(1000):
        rows = np.concatenate([members[i] for i in rng.integers(0, len(members), len(members))])
        if np.ptp(x[rows]) > 0 and np.ptp(gain[rows]) > 0:
            found.append(float(stats.spearmanr(x[rows], gain[rows]).statistic))
    low, high = np.quantile(found, [0.025, 0.975])
    return float(low), float(high)
