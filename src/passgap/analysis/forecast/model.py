"""The forecast's model. In: published pairs, then a base and a training. Out: a distribution.

    log odds of trained pass@1 = those of base pass@1 + s x headroom + noise,
    headroom = log odds of base pass@3 - log odds of base pass@1

s is 1 where training turns pass@3 into pass@1. It depends on whether the start was a base model and
whether the benchmark is of the kind trained on, and varies between those who trained and between
measurements of a base (random effects), because rows of one source are not independent. Residuals
are Student's t: some trainings collapse, and some teach a format.

The spread of a prediction is then recalibrated: its levels are those at which intervals held on
sources left out of the fit. A second model of the same form is for pass@K.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from passgap.analysis.forecast.known import Base, Known, Training, base_of_pair, known
from passgap.data.arrays import FloatArray, IntArray
from passgap.results.pairs import TrainingPair
from passgap.stats.mixed import (
    ROUNDS,
    MixedFit,
    Prediction,
    fit_mixed,
    predict_beside,
    quantiles,
)

DEGREES = 4.0
PRIOR = np.array([1.0, 0.5, 0.5, 0.5])  # standard deviations of the coefficients
GUESSES = np.array(
    [-2.0, -2.0, 0.0, -1.0, -2.0, -2.0]
)  # log variances: sources, bases, residual's parts
KNOTS = np.linspace(0, 1, 21)
FLOOR = 0.02  # of a straight line mixed into the recalibration, so that it rises everywhere
FEWER = 3  # rounds of a refit that starts from the fit of nearly the same rows


@dataclass(frozen=True, eq=False)
class Table:
    """Pairs as the model takes them.

    Parameters
    ----------
    pairs
        N pairs.
    bases
        Their bases.
    response, known
        What training did, in log odds, shape (N,), and what was known before.
    weights
        1 over the number of rows that share a measurement of the base, shape (N,).
    """

    pairs: Sequence[TrainingPair]
    bases: Sequence[Base]
    response: FloatArray
    known: Known
    weights: FloatArray
    large: bool

    def at(self, rows: IntArray) -> Table:
        """Some of the rows."""
        return Table(
            [self.pairs[i] for i in rows],
            [self.bases[i] for i in rows],
            self.response[rows],
            Known(self.known.at[rows], self.known.rows.at(rows)),
            self.weights[rows],
            self.large,
        )

    def __len__(self) -> int:
        return len(self.pairs)


def training_of(pair: TrainingPair) -> Training:
    """What is known of a published training; a domain that is not said counts as the same."""
    return Training(pair.start == "base", pair.in_domain == "no")


def numbered(names: Sequence[object]) -> IntArray:
    """A number for each distinct name, in the order of their appearance."""
    order = {name: i for i, name in enumerate(dict.fromkeys(names))}
    return np.array([order[name] for name in names])


def table_of(pairs: Sequence[TrainingPair], *, large: bool = False) -> Table:
    """Pairs as a table; with ``large`` only those with a large k that both models have."""
    described = [(pair, base_of_pair(pair)) for pair in pairs]
    if large:
        described = [(pair, base) for pair, base in described if base.large_k]
    kept, bases = [one for one, _ in described], [base for _, base in described]
    groups = np.array(
        [numbered([one.trained_by for one in kept]), numbered([one.measured for one in kept])]
    )
    rows = known(bases, [training_of(one) for one in kept], groups, large=large)
    reached = [one.trained[base.large_k if large else 1] for one, base in described]
    after = [base.smoothed(share) for base, share in zip(bases, reached, strict=True)]
    copies = np.bincount(groups[1])[groups[1]]
    return Table(kept, bases, np.array(after) - rows.at, rows, 1 / copies, large)


def fit_table(
    table: Table, start: MixedFit | None = None, *, rounds: int = ROUNDS, hold: bool = False
) -> MixedFit:
    """The model's fit to a table, as `fit_mixed`."""
    prior = PRIOR[: table.known.rows.x.shape[1]]
    return fit_mixed(
        table.response,
        table.known.rows,
        prior,
        GUESSES,
        degrees=DEGREES,
        start=start,
        rounds=rounds,
        hold=hold,
    )


def left_out(table: Table, groups: Sequence[object], full: MixedFit) -> Prediction:
    """The prediction of each row by a fit to the rows of all other groups."""
    of = numbered(groups)
    mean, normal, scale = np.zeros((3, len(table)))
    for group in range(of.max() + 1):
        rest, here = np.flatnonzero(of != group), np.flatnonzero(of == group)
        fit = fit_table(table.at(rest), _of_rows(full, rest), rounds=FEWER)
        said = fit.predict(table.known.rows.at(here))
        mean[here], normal[here], scale[here] = said.mean, said.normal, said.scale
    return Prediction(mean, normal, scale, full.degrees)


def _of_rows(fit: MixedFit, rows: IntArray) -> MixedFit:
    return replace(fit, weights=fit.weights[rows])


# ------------------------------------------------------------------------------ recalibration


def recalibration(central: FloatArray, weights: FloatArray) -> FloatArray:
    """How often intervals of each stated level held, at `KNOTS`.

    ``central`` is the level at which each row's interval just reaches its outcome.
    """
    order = np.argsort(central)
    reached = np.cumsum(weights[order]) / weights.sum()
    held = np.interp(
        KNOTS, np.concatenate([[0.0], central[order]]), np.concatenate([[0.0], reached])
    )
    held[0], held[-1] = 0.0, 1.0  # some outcomes are exactly the forecast
    return np.asarray((1 - FLOOR) * held + FLOOR * KNOTS, float)


def central_level(said: Prediction, response: FloatArray) -> FloatArray:
    """The level at which each row's interval just reaches its outcome."""
    return np.asarray(np.abs(2 * said.below(response) - 1), float)


def stated(levels: FloatArray, share: float) -> float:
    """The quantile to ask the model for, so that the outcome is below it in ``share`` of cases."""
    level = float(np.interp(abs(2 * share - 1), levels, KNOTS))
    return float(np.clip(0.5 + np.sign(share - 0.5) * level / 2, 1e-4, 1 - 1e-4))


# -------------------------------------------------------------------------------- the forecast


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model of pass@1 or pass@K, with what makes it a forecast.

    Parameters
    ----------
    fit
        The mixed model; its ``weights`` are empty where it was read from the package's file.
    levels
        The recalibration, at `KNOTS`.
    base_starts, off_domain
        Shares of the measurements that start from a base model and are off-domain: what stands for
        an unknown start or domain.
    pairs, sources
        What it was fitted to.
    """

    fit: MixedFit
    levels: FloatArray
    base_starts: float
    off_domain: float
    pairs: int
    sources: int


def fit_model(pairs: Sequence[TrainingPair], *, large: bool = False) -> Fitted:
    """Fit and recalibrate a model; it takes as many refits as there are sources."""
    table = table_of(pairs, large=large)
    full = fit_table(table)
    said = left_out(table, [one.trained_by for one in table.pairs], full)
    levels = recalibration(central_level(said, table.response), table.weights)
    trainings = [training_of(one) for one in table.pairs]
    return Fitted(
        full,
        levels,
        _share([bool(one.base_start) for one in trainings], table.weights),
        _share([bool(one.off_domain) for one in trainings], table.weights),
        len(table),
        len({one.trained_by for one in table.pairs}),
    )


def _share(held: Sequence[bool], weights: FloatArray) -> float:
    return float(np.average(np.array(held, float), weights=weights))


@dataclass(frozen=True, eq=False)
class Outlook:
    """The distribution of one outcome: pass@k after training.

    Parameters
    ----------
    at
        Log odds of the base's pass@k.
    parts, weights
        Predictions of the change, one row each, and their weights.
    levels
        The recalibration.
    """

    at: float
    parts: Sequence[Prediction]
    weights: Sequence[float]
    levels: FloatArray

    def quantile(self, share: float) -> float:
        """pass@k after training that is not exceeded with this chance."""
        change = quantiles(self.parts, self.weights, stated(self.levels, share))
        return float(special.expit(self.at + change[0]))

    def above(self, value: float) -> float:
        """The chance that pass@k after training exceeds a value."""
        if value <= 0 or value >= 1:
            return float(value <= 0)
        change = np.array([special.logit(value) - self.at])
        pairs = zip(self.weights, self.parts, strict=True)
        below = sum(w * float(one.below(change)[0]) for w, one in pairs)
        level = float(np.interp(abs(2 * below - 1), KNOTS, self.levels))
        return float(0.5 - np.sign(below - 0.5) * level / 2)

    def mean(self) -> float:
        """The expected pass@k after training."""
        shares = (np.arange(MEAN_OVER) + 0.5) / MEAN_OVER
        return float(np.mean([self.quantile(float(share)) for share in shares]))


MEAN_OVER = 40


def outlook(
    base: Base,
    training: Training,
    fitted: Fitted,
    *,
    large: bool = False,
    beside: tuple[Table, tuple[int, int]] | None = None,
) -> Outlook:
    """What training would make of a base.

    Parameters
    ----------
    base, training
        The base, and the training; an unknown start or domain is averaged over, as
        frequent as it is among the published measurements.
    fitted
        The model.
    large
        Of pass@K rather than pass@1.
    beside
        The table that the model was fitted to, and the groups in it that the new run belongs to.
    """
    cases = _cases(training, fitted)
    parts = []
    for case, _ in cases:
        groups = None if beside is None else np.array(beside[1])[:, None]
        row = known([base], [case], groups, large=large)
        if beside is None:
            parts.append(fitted.fit.predict(row.rows))
        else:
            table = beside[0]
            prior = PRIOR[: row.rows.x.shape[1]]
            parts.append(
                predict_beside(fitted.fit, table.response, table.known.rows, prior, row.rows)
            )
    return Outlook(float(row.at[0]), parts, [weight for _, weight in cases], fitted.levels)


def _cases(training: Training, fitted: Fitted) -> list[tuple[Training, float]]:
    starts = _either(training.base_start, fitted.base_starts)
    domains = _either(training.off_domain, fitted.off_domain)
    return [(Training(s, d), v * w) for s, v in starts for d, w in domains]


def _either(known_as: bool | None, share: float) -> list[tuple[bool, float]]:
    return [(True, share), (False, 1 - share)] if known_as is None else [(known_as, 1.0)]
