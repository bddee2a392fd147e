"""Is the change from base to trained a tilt, and by how much?

The optimum of KL-regularised RL with a 0/1 reward moves the logit of every problem's p by the
same amount delta = 1 / beta (arXiv 2503.06639):

    c_base ~ Bin(n_base, p),   c_trained ~ Bin(n_trained, expit(logit p + delta)),   p ~ G.

G and delta are fitted together by maximum likelihood: a profile likelihood over delta with the
nonparametric mixture of `passgap.stats.mixture` inside. Given delta, a problem's two counts enter
only through c_base + c_trained, which keeps the inner fits small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from passgap.data.arrays import FloatArray, IntArray
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.stats.discrete import log_choose
from passgap.stats.mixture import (
    GRID,
    TOLERANCE,
    Mixture,
    checked_counts,
    fit_mixture,
    log_kernel,
    solve,
)
from passgap.stats.passk import pass_at_k

RANGE = 8.0
MIN_INFORMATIVE = 5
LOOSE = 1e-4  # tolerance of the gradient, inside the bootstrap
NEAR = 2e-3  # tolerance of delta, inside the bootstrap
TAIL = 0.025  # on each side of the misfit's band
GROUPS = 50
CLOSE = 0.01  # of the likelihood ratio: the slope is as good as 1
FLAT = "the likelihood is flat in one direction: no interval"
SLOPES = (0.05, 6.0)
SLOPED = "joint maximum likelihood of G, delta and slope, Wald interval"
METHOD = "joint maximum likelihood of G and delta, profile likelihood interval"


@dataclass(frozen=True, eq=False)
class Tilt:
    """The joint fit.

    Parameters
    ----------
    delta
        How far every logit moved. nan, with a note, if it cannot be fitted; a bound is nan if the
        likelihood does not fall off inside [-8, 8].
    mixture
        The fitted G of the base. Where delta is nan, G fitted to the base's counts alone.
    """

    delta: Estimate
    mixture: Mixture

    def passes(self, ks: int | Sequence[int] | IntArray) -> tuple[FloatArray, FloatArray]:
        """Mean pass@k of the fit, base and trained, each of shape (K,).

        The trained curve is nan throughout where delta could not be fitted.

        Raises
        ------
        UsageError
            If a k is not a whole number >= 1.
        """
        base = self.mixture.pass_at_k(ks)
        if math.isnan(self.delta.value):
            return base, np.full_like(base, np.nan)
        return base, self.mixture.tilted(self.delta.value).pass_at_k(ks)


@dataclass(frozen=True)
class SlopedTilt:
    """A tilt that moves easy and hard problems differently: ``logit p' = delta + slope logit p``.

    Parameters
    ----------
    delta, slope
        Estimates; slope 1 is the plain tilt, below 1 the hard problems gained more, above 1 the
        easy ones. nan, with a note, if no tilt can be fitted.
    p_value
        Likelihood ratio test of slope = 1.
    """

    delta: Estimate
    slope: Estimate
    p_value: float


@dataclass(frozen=True)
class Misfit:
    """How far the observed change at k exceeds that of a pure tilt.

    Parameters
    ----------
    statistic
        T(k) = observed d(k) - d(k) of the joint fit.
    quantile_025, quantile_975
        The 95% band of T(k) where a pure tilt holds: Student's t times its jackknife error.
    p_value
        One-sided, of a statistic this large.
    above
        statistic > quantile_975: more than a tilt.
    below
        statistic < quantile_025: an uneven amplification, caused by a spread of delta over
        problems.
    notes
        Why entries are nan (``above`` and ``below`` are False then), if they are.
    """

    statistic: float
    quantile_025: float
    quantile_975: float
    p_value: float
    above: bool
    below: bool
    notes: tuple[str, ...] = ()


def fit_tilt(
    n_base: ArrayLike,
    c_base: ArrayLike,
    n_trained: ArrayLike,
    c_trained: ArrayLike,
    *,
    confidence_level: float = 0.95,
) -> Tilt:
    """Fit one logit shift delta and the base's difficulty distribution G to paired counts.

    Maximises ``sum_i log sum_m w_m Bin(c_base_i; n_base_i, p_m) Bin(c_trained_i; n_trained_i,
    expit(logit p_m + delta))`` over w and delta in [-8, 8]: a scan in steps of 1, then Brent's
    method. The interval holds every delta whose profile likelihood is within half a chi-square
    (1) quantile of the maximum.

    Parameters
    ----------
    n_base, c_base, n_trained, c_trained
        Scored and correct draws, shape (P,), with problem i at the same place in all; a scalar n
        stands for all problems. Problems with n = 0 in either arm are left out.
    confidence_level
        In (0, 1).

    Returns
    -------
    Tilt
        delta is nan, with a note, where an arm has fewer than 5 problems with 0 < c < n (a base
        that solves nothing, an arm that solves everything: no logits to compare), or where the
        likelihood is highest at the end of the range.

    Raises
    ------
    UsageError
        If the counts are not valid or not paired, or the level is not in (0, 1).

    Examples
    --------
    >>> c = np.arange(1, 30)
    >>> round(fit_tilt(32, c, 32, c).delta.value, 2)
    0.0
    """
    if not 0 < confidence_level < 1:
        raise UsageError(f"confidence_level is {confidence_level!r}; allowed: inside (0, 1)")
    pairs = pair_counts(n_base, c_base, n_trained, c_trained)
    for arm, n, c in (("base", pairs.n_base, pairs.c_base), ("trained", pairs.n, pairs.c)):
        informative = int(np.sum((c > 0) & (c < n)))
        if informative < MIN_INFORMATIVE:
            note = (
                f"no tilt can be fitted: {informative} problems of the {arm} run have 0 < c < n, "
                f"but at least {MIN_INFORMATIVE} are needed"
            )
            return _unfitted(pairs, confidence_level, note)
    return _fitted(pairs, confidence_level)


def describe_tilt(
    n_base: ArrayLike,
    c_base: ArrayLike,
    n_trained: ArrayLike,
    c_trained: ArrayLike,
    k: int,
    *,
    confidence_level: float = 0.95,
    clusters: IntArray | None = None,
) -> tuple[Tilt, Misfit]:
    """The tilt with an interval that allows for spread, and how well it explains the change at k.

    The likelihood's interval assumes that all problems move by the same factor; if they do
    not, it covers 50 to 74%. So delta and ``T(k) = observed d(k) - d(k) of the joint fit`` (d =
    mean trained pass@k - mean base pass@k) are refitted with each of up to 50 groups of problems
    left out; the groups are random but always the same. Their jackknife errors give delta's
    interval, never narrower than the likelihood's, and the band of T(k). The difference
    is the statistic because the fitted trained curve alone always matches: G absorbs the trained
    counts.

    Parameters
    ----------
    n_base, c_base, n_trained, c_trained, confidence_level
        As in `fit_tilt`.
    k
        A whole number from 1 to the smallest n.
    clusters
        As in `passgap.stats.mean_interval`: groups consist of whole clusters.

    Returns
    -------
    tilt, misfit
        All of misfit nan, with the fit's note, where delta could not be fitted.

    Raises
    ------
    UsageError
        As in `fit_tilt`, or if k is not in 1..min n.
    """
    tilt = fit_tilt(n_base, c_base, n_trained, c_trained, confidence_level=confidence_level)
    pairs = pair_counts(n_base, c_base, n_trained, c_trained)
    largest = int(min(pairs.n_base.min(), pairs.n.min()))
    if not 1 <= k <= largest:
        raise UsageError(f"k is {k}; allowed: 1 to the smallest n, {largest}")
    delta, nan = tilt.delta.value, math.nan
    if math.isnan(delta):
        return tilt, Misfit(nan, nan, nan, nan, False, False, tilt.delta.notes)
    bend = _bend(pairs, tilt)
    kept = (np.broadcast_to(n_base, np.shape(c_base)) > 0) & (np.asarray(n_trained) > 0)
    units = len(pairs.n) if clusters is None else len(np.unique(clusters))
    groups = min(GROUPS, units)
    place = np.random.default_rng(0).permutation(units) % groups
    if clusters is not None:
        place = place[np.unique(clusters, return_inverse=True)[1][kept]]
    again = np.array([_without(pairs, place == g, tilt, k, bend) for g in range(groups)])
    error = np.sqrt((groups - 1) / groups * np.sum((again - again.mean(axis=0)) ** 2, axis=0))
    reach = float(special.stdtrit(groups - 1, (1 + confidence_level) / 2)) * float(error[0])
    low, high = min(tilt.delta.low, delta - reach), max(tilt.delta.high, delta + reach)
    wide = replace(tilt.delta, low=low, high=high, method=f"{METHOD}; jackknife over problems")
    statistic = _excess(pairs, k, delta, tilt.mixture.weights)
    spread = max(float(error[1]), 1e-12)
    band = float(special.stdtrit(groups - 1, 1 - TAIL)) * spread
    p_value = float(special.stdtr(groups - 1, -statistic / spread))
    misfit = Misfit(statistic, -band, band, p_value, statistic > band, statistic < -band)
    return replace(tilt, delta=wide), misfit


def fit_sloped_tilt(
    n_base: ArrayLike,
    c_base: ArrayLike,
    n_trained: ArrayLike,
    c_trained: ArrayLike,
    tilt: Tilt,
    *,
    confidence_level: float = 0.95,
) -> SlopedTilt:
    """Fit delta and slope of ``logit p' = delta + slope logit p`` together with G.

    Quasi-Newton on the profile likelihood over (delta, slope), whose gradient follows from the
    fitted G by the envelope theorem; intervals from the profile's curvature (Wald).

    Parameters
    ----------
    n_base, c_base, n_trained, c_trained
        As in `fit_tilt`.
    tilt
        The plain tilt of these counts; if it could not be fitted, neither is this.
    confidence_level
        In (0, 1).

    Raises
    ------
    UsageError
        As in `fit_tilt`.
    """
    nan = math.nan
    if math.isnan(tilt.delta.value):
        empty = Estimate(nan, nan, nan, confidence_level, SLOPED, notes=tilt.delta.notes)
        return SlopedTilt(empty, empty, nan)
    profile = SlopedProfile(pair_counts(n_base, c_base, n_trained, c_trained))
    start = np.array([tilt.delta.value, 1.0])
    plain = profile.at(start)[0]
    found = optimize.minimize(
        lambda x: tuple(-part for part in profile.at(x)),
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-RANGE, RANGE), SLOPES],
    )
    gained = max(2 * (-float(found.fun) - plain), 0.0)
    z = float(special.ndtri((1 + confidence_level) / 2))
    errors = _errors(profile, found.x)
    if gained > CLOSE:  # the slope's interval should contain 1 when its test does not reject it
        errors[1] = np.fmax(errors[1], abs(found.x[1] - 1) / math.sqrt(gained))
    delta, slope = (
        Estimate(
            float(x),
            float(x - r),
            float(x + r),
            confidence_level,
            SLOPED,
            notes=() if math.isfinite(r) else (FLAT,),
        )
        for x, r in zip(found.x, z * errors, strict=True)
    )
    return SlopedTilt(delta, slope, float(special.chdtrc(1, gained)))


# --------------------------------------------------------------------------------- the parts


@dataclass(frozen=True, eq=False)
class Pairs:
    """Both arms' counts of the same problems, each (P,); the trained arm's are n and c."""

    n_base: IntArray
    c_base: IntArray
    n: IntArray
    c: IntArray


def pair_counts(
    n_base: ArrayLike, c_base: ArrayLike, n_trained: ArrayLike, c_trained: ArrayLike
) -> Pairs:
    """Checked counts of the problems with scored draws in both arms."""
    hits, moved = np.atleast_1d(c_base), np.atleast_1d(c_trained)
    if hits.shape != moved.shape or hits.ndim != 1:
        raise UsageError(f"c_base has shape {hits.shape}, c_trained {moved.shape}; needed: (P,)")
    sizes = []
    for name, n in (("n_base", np.asarray(n_base)), ("n_trained", np.asarray(n_trained))):
        if n.shape not in ((), hits.shape):
            raise UsageError(f"{name} has shape {n.shape}; needed: a scalar or {hits.shape}")
        sizes.append(np.broadcast_to(n, hits.shape))
    for n, c in zip(sizes, (hits, moved), strict=True):
        checked_counts(n, c)
    kept = (sizes[0] > 0) & (sizes[1] > 0)
    if not kept.any():
        raise UsageError("no problem has scored samples in both runs; at least one is needed")
    return Pairs(*(a[kept].astype(np.int64) for a in (sizes[0], hits, sizes[1], moved)))


@dataclass(eq=False)
class _Profile:
    """Profile log-likelihood of delta, each fit started from the last one's weights."""

    pairs: Pairs
    weights: FloatArray | None = None
    tolerance: float = TOLERANCE
    gradient: float = math.nan
    rows: IntArray = field(init=False)
    counts: IntArray = field(init=False)

    def __post_init__(self) -> None:
        p = self.pairs
        width = int(p.n_base.max() + p.n.max()) + 1
        if width**3 > 1 << 62:  # one number does not hold all three
            rows = np.stack([p.n_base, p.n, p.c_base + p.c], axis=1)
            distinct, self.counts = np.unique(rows, axis=0, return_counts=True)
            self.rows = distinct.T[[2, 0, 1]]
            return
        code = (p.n_base * width + p.n) * width + p.c_base + p.c
        distinct, self.counts = np.unique(code, return_counts=True)
        rest, s = np.divmod(distinct, width)
        self.rows = np.stack([s, *np.divmod(rest, width)])

    def at(self, delta: float) -> tuple[float, float]:
        """The profile and its slope at delta, binomial coefficients left out.

        By the envelope theorem the slope is the score at the fitted G: the sum over problems of
        ``c_trained - n_trained E[expit(t + delta) | counts]``.
        """
        s, n_base, n = self.rows
        kernel = log_kernel(s, n_base, n, delta)
        self.weights, self.gradient, value = solve(
            kernel, self.counts, self.weights, self.tolerance
        )
        used = self.weights > 0
        joint = np.exp(kernel[:, used] - kernel.max(axis=1)[:, None]) * self.weights[used]
        expected = joint @ special.expit(GRID[used] + delta) / joint.sum(axis=1)
        hits = float(self.pairs.c.sum())
        return value + hits * delta, hits - float((self.counts * n) @ expected)


def _fitted(pairs: Pairs, confidence_level: float) -> Tilt:
    profile = _Profile(pairs)
    grid = np.arange(-RANGE, RANGE + 0.5)
    scan = np.array([profile.at(float(delta))[0] for delta in grid])
    best = int(scan.argmax())
    if best in (0, len(grid) - 1):
        note = f"no tilt can be fitted: the likelihood is highest at delta = {grid[best]:g}"
        return _unfitted(pairs, confidence_level, note)
    profile.weights = None
    delta = _peak(profile, float(grid[best - 1]), float(grid[best + 1]))
    peak = profile.at(delta)[0]
    weights, gradient = profile.weights, profile.gradient
    assert weights is not None  # set by the fit at delta
    floor = peak - float(special.chdtri(1, 1 - confidence_level)) / 2.0
    low, high = (_bound(profile, delta, grid, scan, floor, side) for side in (-1, 1))
    notes = () if math.isfinite(low + high) else ("a bound lies outside [-8, 8]",)
    coefficients = log_choose(pairs.n_base, pairs.c_base) + log_choose(pairs.n, pairs.c)
    mixture = Mixture(special.expit(GRID), weights, peak + float(coefficients.sum()), gradient)
    return Tilt(Estimate(delta, low, high, confidence_level, METHOD, notes=notes), mixture)


@dataclass(eq=False)
class SlopedProfile:
    """Profile log-likelihood of (delta, slope) and its gradient, binomial coefficients left out."""

    pairs: Pairs
    weights: FloatArray | None = None

    def __post_init__(self) -> None:
        p = self.pairs
        rows = np.stack([p.n_base, p.c_base, p.n, p.c], axis=1)
        distinct, self.counts = np.unique(rows, axis=0, return_counts=True)
        self.n_base, self.c_base, self.n, self.c = distinct.T[:, :, None]
        inner = GRID[1:-1]
        self.fixed = self.c_base * inner - self.n_base * np.logaddexp(0.0, inner)

    def at(self, x: FloatArray) -> tuple[float, FloatArray]:
        """The profile at ``x = (delta, slope)``, and its gradient."""
        inner = GRID[1:-1]
        moved = x[0] + x[1] * inner
        kernel = np.full((len(self.counts), len(GRID)), -np.inf)
        kernel[:, 1:-1] = self.fixed + self.c * moved - self.n * np.logaddexp(0.0, moved)
        kernel[((self.c_base == 0) & (self.c == 0))[:, 0], 0] = 0.0
        kernel[((self.c_base == self.n_base) & (self.c == self.n))[:, 0], -1] = 0.0
        self.weights, _, value = solve(kernel, self.counts, self.weights, TOLERANCE)
        joint = np.exp(kernel - kernel.max(axis=1)[:, None]) * self.weights
        joint /= joint.sum(axis=1)[:, None]
        score = joint[:, 1:-1] * (self.c - self.n * special.expit(moved))
        return value, np.array([self.counts @ score.sum(axis=1), self.counts @ (score @ inner)])


def _errors(profile: SlopedProfile, x: FloatArray) -> FloatArray:
    """Standard errors from the profile's curvature at x, by differences of its gradient.

    nan if the profile is not curved in all directions: G then compensates one of the two, and there
    is no Wald interval.
    """
    step = 0.05
    columns = [
        (profile.at(x + step * axis)[1] - profile.at(x - step * axis)[1]) / (2 * step)
        for axis in np.eye(2)
    ]
    curvature = -np.stack(columns, axis=1)
    curvature = (curvature + curvature.T) / 2
    if np.linalg.eigvalsh(curvature)[0] <= 1e-6:
        return np.full(2, np.nan)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(curvature))))


def _peak(profile: _Profile, low: float, high: float) -> float:
    found = optimize.minimize_scalar(
        lambda delta: -profile.at(float(delta))[0],
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-4},
    )
    return float(found.x)


def _bound(
    profile: _Profile, delta: float, grid: FloatArray, scan: FloatArray, floor: float, side: int
) -> float:
    """Where the profile falls to the floor on one side of delta; nan if it does not."""
    beyond = np.flatnonzero((side * (grid - delta) > 0) & (scan < floor))
    if not beyond.size:
        return math.nan
    end = float(grid[beyond[0 if side > 0 else -1]])
    root = optimize.brentq(lambda d: profile.at(float(d))[0] - floor, delta, end, xtol=1e-3)
    return float(root)


def _unfitted(pairs: Pairs, confidence_level: float, note: str) -> Tilt:
    nan = math.nan
    delta = Estimate(nan, nan, nan, confidence_level, METHOD, notes=(note,))
    return Tilt(delta, fit_mixture(pairs.n_base, pairs.c_base))


def _mean_pass(n: IntArray, c: IntArray, k: int) -> float:
    passes = pass_at_k(n, c, k)
    return sum(float(passes[n == size].sum()) for size in np.unique(n).tolist()) / len(n)


def _excess(pairs: Pairs, k: int, delta: float, weights: FloatArray) -> float:
    """T(k): the observed change of mean pass@k less the fit's."""
    trained = _mean_pass(pairs.n, pairs.c, k)
    observed = trained - _mean_pass(pairs.n_base, pairs.c_base, k)
    base = Mixture(special.expit(GRID), weights)
    predicted = base.tilted(delta).pass_at_k(k) - base.pass_at_k(k)
    return observed - float(predicted[0])


def _bend(pairs: Pairs, tilt: Tilt) -> float:
    """How fast the score falls with delta at the fit, a negative number."""
    profile, step = _Profile(pairs, tilt.mixture.weights, LOOSE), 0.05
    delta = tilt.delta.value
    fall = (profile.at(delta + step)[1] - profile.at(delta - step)[1]) / (2 * step)
    return min(fall, -1e-6)


def _without(
    pairs: Pairs, out: NDArray[np.bool_], tilt: Tilt, k: int, bend: float
) -> tuple[float, float]:
    """delta and T(k) refitted without some of the problems."""
    kept = Pairs(*(a[~out] for a in (pairs.n_base, pairs.c_base, pairs.n, pairs.c)))
    profile = _Profile(kept, tilt.mixture.weights, LOOSE)
    delta = _refit(profile, tilt.delta.value, bend)
    return delta, _excess(kept, k, delta, _known(profile.weights))


def _known(weights: FloatArray | None) -> FloatArray:
    assert weights is not None
    return weights


def _refit(profile: _Profile, start: float, bend: float) -> float:
    """The score's root nearest start, to about .002: secant steps of at most 1, bend the first."""
    here, slope = start, profile.at(start)[1]
    for _ in range(30):
        move = -slope / bend if bend < 0 else math.copysign(0.5, slope)
        there = min(max(here + min(max(move, -1.0), 1.0), -RANGE), RANGE)
        if abs(there - here) < NEAR:
            return there
        after = profile.at(there)[1]
        bend = (after - slope) / (there - here)
        here, slope = there, after
    return here
