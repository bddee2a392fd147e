"""The tilt: known shifts are found, and more than a tilt is told from a tilt."""

import numpy as np
import pytest
from scipy import special, stats

from passgap.errors import UsageError
from passgap.stages.counting import read_counts
from passgap.stats import describe_tilt, fit_sloped_tilt, fit_tilt
from passgap.stats import tilt as tilt_module

KS = [1, 2, 4, 8, 16, 32, 64]


def moved(p, delta):
    return special.expit(special.logit(p) + delta)


def paired(rng, p, q, n=64):
    return n, rng.binomial(n, p), n, rng.binomial(n, q)


@pytest.mark.parametrize("delta", [1.5, 3.0])
def test_known_shifts_are_recovered(delta):
    """Within .15 at P = 100, n = 64; the intervals hold the truth as often as said."""
    errors, held = [], 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        p = np.where(rng.random(100) < 0.2, 0.0, rng.beta(0.5, 2, 100))
        found = fit_tilt(*paired(rng, p, moved(p, delta))).delta
        errors.append(found.value - delta)
        held += found.low <= delta <= found.high
    assert abs(np.mean(errors)) < 0.1
    assert np.sqrt(np.mean(np.square(errors))) < 0.2
    assert held >= 9  # fewer has probability 2e-4 at 95 %


def test_the_fit_is_the_joint_maximum():
    """No delta on a fine scan, with G fitted anew by EM to each, has a higher likelihood."""
    rng = np.random.default_rng(3)
    p = rng.beta(0.5, 2, 40)
    n, c_base, _, c_trained = paired(rng, p, moved(p, 1.0), n=16)
    fit = fit_tilt(n, c_base, n, c_trained)

    def likelihoods(delta):
        after = fit.mixture.tilted(delta).p
        table = stats.binom.pmf(c_base[:, None], n, fit.mixture.p)
        return table * stats.binom.pmf(c_trained[:, None], n, after)

    best = np.log(likelihoods(fit.delta.value) @ fit.mixture.weights).sum()
    assert best == pytest.approx(fit.mixture.log_likelihood, abs=1e-6)
    for delta in fit.delta.value + np.linspace(-0.6, 0.6, 9):
        table = likelihoods(delta)
        w = np.full(table.shape[1], 1 / table.shape[1])
        for _ in range(400):
            w = w * ((1 / (table @ w)) @ table) / len(table)
        assert np.log(table @ w).sum() <= best + 1e-6


def test_passes_are_base_and_tilted_base():
    rng = np.random.default_rng(4)
    p = rng.beta(0.5, 2, 200)
    counts = paired(rng, p, moved(p, 2.0))
    base, trained = fit_tilt(*counts).passes(KS)
    np.testing.assert_allclose(base[0], (counts[1] / 64).mean(), atol=0.02)
    np.testing.assert_allclose(trained[0], (counts[3] / 64).mean(), atol=0.02)
    assert np.all(trained >= base)


def test_a_pure_tilt_is_not_above_and_lifted_zeros_are():
    """A quarter of the p = 0 problems lifted to .3 gives T about .07, a tilt 0."""
    statistics = {"tilt": [], "lifted": []}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        p = np.where(rng.random(500) < 0.3, 0.0, rng.beta(0.6, 1.5, 500))
        q = moved(p, 1.5)
        lifted = np.where((p == 0) & (rng.random(500) < 0.25), 0.3, q)
        for name, after in (("tilt", q), ("lifted", lifted)):
            counts = paired(rng, p, after)
            _, misfit = describe_tilt(*counts, k=64)
            statistics[name].append(misfit)
            assert misfit.above == (misfit.p_value < 0.025)
            assert misfit.above == (misfit.statistic > misfit.quantile_975)
    assert all(misfit.above for misfit in statistics["lifted"])
    assert np.mean([misfit.statistic for misfit in statistics["lifted"]]) > 0.04
    assert abs(np.mean([misfit.statistic for misfit in statistics["tilt"]])) < 0.02


@pytest.mark.parametrize(("delta", "slope"), [(1.5, 1.0), (2.0, 0.6), (1.0, 1.5)])
def test_delta_and_slope_are_recovered(delta, slope):
    rng = np.random.default_rng(1)
    p = np.where(rng.random(300) < 0.2, 0.0, rng.beta(0.5, 2, 300))
    counts = paired(rng, p, special.expit(delta + slope * special.logit(p)))
    found = fit_sloped_tilt(*counts, fit_tilt(*counts))
    assert found.delta.value == pytest.approx(delta, abs=0.15)
    assert found.slope.value == pytest.approx(slope, abs=0.1)
    assert found.slope.low < slope < found.slope.high
    assert (found.p_value < 1e-6) == (slope != 1.0)


def test_the_slopes_gradient_is_its_likelihoods():
    rng = np.random.default_rng(2)
    p = rng.beta(0.5, 2, 50)
    n, c_base, _, c_trained = paired(rng, p, moved(p, 1.0), n=16)
    profile = tilt_module.SlopedProfile(tilt_module.pair_counts(n, c_base, n, c_trained))
    at = np.array([0.7, 1.2])
    numeric = [
        (profile.at(at + step)[0] - profile.at(at - step)[0]) / 2e-3 for step in 1e-3 * np.eye(2)
    ]
    np.testing.assert_allclose(profile.at(at)[1], numeric, rtol=1e-3, atol=1e-3)


def test_uneven_amplification_is_below_a_tilts_band():
    """Half of the problems moved by 3, half not at all: less at large k than one tilt gives."""
    rng = np.random.default_rng(8)
    p = rng.beta(0.6, 3, 600)
    q = np.where(rng.random(600) < 0.5, moved(p, 4.0), moved(p, -1.0))
    counts = paired(rng, p, q)
    _, misfit = describe_tilt(*counts, k=32)
    assert misfit.below
    assert not misfit.above


MIDDLE = 0.82  # delta of 40,000 problems whose shifts spread by 1.5 around 1


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 1.5])
def test_deltas_interval_covers_whether_problems_move_alike_or_not(spread):
    held, narrow = 0, 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        p = rng.beta(2, 2, 150)
        after = special.expit(special.logit(p) + 1.0 + rng.normal(0, spread, 150))
        counts = paired(rng, p, after)
        plain, (tilt, _) = fit_tilt(*counts), describe_tilt(*counts, k=8)
        truth = 1.0 if not spread else MIDDLE
        held += tilt.delta.low <= truth <= tilt.delta.high
        narrow += plain.delta.low <= truth <= plain.delta.high
        assert tilt.delta.low <= plain.delta.low < plain.delta.high <= tilt.delta.high
    assert held >= 26  # P(25 or fewer) < .01 at 95 %
    assert (narrow <= 25) == bool(spread)


def test_the_same_counts_have_the_same_misfit():
    rng = np.random.default_rng(5)
    p = rng.beta(0.5, 2, 60)
    counts = paired(rng, p, moved(p, 1.0), n=16)
    (first, misfit), (again, same) = describe_tilt(*counts, 16), describe_tilt(*counts, 16)
    assert (first.delta, misfit) == (again.delta, same)


def test_a_slopes_interval_is_no_point_and_agrees_with_its_test(shared_data):
    folder = shared_data / "faults" / "logs" / "slope_interval_is_a_point"
    base, trained = (read_counts(folder / f"{arm}.csv") for arm in ("base", "trained"))
    counts = (base.n, base.c, trained.n, trained.c)
    found = fit_sloped_tilt(*counts, fit_tilt(*counts))
    if np.isfinite(found.slope.low):
        assert found.slope.high - found.slope.low > 0.1
        assert (found.slope.low <= 1 <= found.slope.high) == (found.p_value > 0.05)
    else:
        assert "no interval" in found.slope.notes[0]


@pytest.mark.parametrize(
    ("c_base", "c_trained", "arm"),
    [(np.zeros(30), np.arange(30), "base"), (np.arange(30), np.full(30, 32), "trained")],
)
def test_without_logits_to_compare_nothing_is_fitted(c_base, c_trained, arm):
    counts = (32, c_base.astype(int), 32, c_trained.astype(int))
    fit = fit_tilt(*counts)
    assert np.isnan(fit.delta.value)
    assert arm in fit.delta.notes[0]
    assert np.isnan(fit.passes(KS)[1]).all()
    _, misfit = describe_tilt(*counts, k=32)
    assert np.isnan(misfit.statistic)
    assert not misfit.above
    assert misfit.notes == fit.delta.notes


def test_unequal_n_and_empty_problems():
    rng = np.random.default_rng(6)
    p = rng.beta(0.6, 1.5, 150)
    n_base, n_trained = rng.integers(16, 64, 150), rng.integers(16, 64, 150)
    n_base[:5] = 0
    c_base, c_trained = rng.binomial(n_base, p), rng.binomial(n_trained, moved(p, 1.0))
    whole = fit_tilt(n_base, c_base, n_trained, c_trained)
    part = fit_tilt(n_base[5:], c_base[5:], n_trained[5:], c_trained[5:])
    assert whole.delta.value == part.delta.value
    assert whole.delta.value == pytest.approx(1.0, abs=0.3)


def test_wrong_input_is_told():
    good = (8, np.arange(1, 8), 8, np.arange(1, 8))
    with pytest.raises(UsageError, match="confidence_level is 1"):
        fit_tilt(*good, confidence_level=1)
    with pytest.raises(UsageError, match="c_base has shape"):
        fit_tilt(8, [1, 2, 3], 8, [1, 2])
    with pytest.raises(UsageError, match="n_trained has shape"):
        fit_tilt(8, [1, 2, 3], [8, 8], [1, 2, 3])
    with pytest.raises(UsageError, match="no problem has scored samples in both runs"):
        fit_tilt([8, 0], [1, 0], [0, 8], [0, 1])
    with pytest.raises(UsageError, match="k is 9; allowed: 1 to the smallest n, 8"):
        describe_tilt(*good, k=9)
