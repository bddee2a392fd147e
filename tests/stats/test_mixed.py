"""The mixed model: known effects are found, outliers weigh less, predictions are as drawn."""

import numpy as np
import pytest
from scipy import stats

from passgap.errors import UsageError
from passgap.stats.mixed import Prediction, Rows, fit_mixed, predict_beside, quantiles

PRIOR = np.array([10.0, 10.0])
GUESSES = np.array([-2.0, -2.0])


def made(sources=40, per=5, between=0.6, within=0.3, seed=0):
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(sources), per)
    x = np.column_stack([np.ones(len(group)), rng.normal(size=len(group))])
    effect = rng.normal(0, between, sources)
    y = x @ [1.0, -0.5] + effect[group] + rng.normal(0, within, len(group))
    rows = Rows(x, np.ones(len(group)), group[None], np.ones((1, len(group))))
    return y, rows, effect


def test_coefficients_and_variances_are_found():
    y, rows, _ = made(sources=60)
    fit = fit_mixed(y, rows, PRIOR, GUESSES, degrees=200.0)
    assert fit.coefficients == pytest.approx([1.0, -0.5], abs=0.25)
    assert np.sqrt(fit.group_variances[0]) == pytest.approx(0.6, abs=0.15)
    assert np.sqrt(fit.residual_variances[0]) == pytest.approx(0.3, abs=0.05)


def test_the_fit_is_the_maximum_of_the_marginal_likelihood():
    """By brute force: no nearby pair of variances has a higher likelihood times prior."""
    y, rows, _ = made(sources=12, per=4, seed=1)
    fit = fit_mixed(y, rows, PRIOR, GUESSES, degrees=1e7)
    same = np.equal.outer(rows.groups[0], rows.groups[0])

    def height(logs):
        v, w = np.exp(logs)
        whole = v * same + w * np.eye(len(y)) + (rows.x * PRIOR**2) @ rows.x.T
        prior = stats.norm.logpdf(logs, GUESSES, 2.0).sum()
        return stats.multivariate_normal.logpdf(y, np.zeros(len(y)), whole) + prior

    found = np.log([fit.group_variances[0], fit.residual_variances[0]])
    for step in ([0.1, 0], [-0.1, 0], [0, 0.1], [0, -0.1]):
        assert height(found) > height(found + np.array(step))


def test_an_outlier_weighs_less():
    y, rows, _ = made()
    y[7] += 8
    fit = fit_mixed(y, rows, PRIOR, GUESSES, degrees=4.0)
    assert fit.weights[7] < 0.05
    assert np.median(fit.weights) > 0.8
    assert fit.coefficients == pytest.approx([1.0, -0.5], abs=0.3)


def test_groups_that_are_known_tell_about_new_rows():
    y, rows, effect = made(sources=30, per=20)
    fit = fit_mixed(y, rows, PRIOR, GUESSES, degrees=50.0)
    x = np.column_stack([np.ones(30), np.zeros(30)])
    beside = Rows(x, np.ones(30), np.arange(30)[None], np.ones((1, 30)))
    said = predict_beside(fit, y, rows, PRIOR, beside)
    assert np.abs(said.mean - (1 + effect)).mean() < 0.1
    alone = Rows(x, np.ones(30), np.full((1, 30), -1), np.ones((1, 30)))
    unknown, plain = predict_beside(fit, y, rows, PRIOR, alone), fit.predict(alone)
    np.testing.assert_allclose(unknown.mean, plain.mean, atol=1e-6)
    np.testing.assert_allclose(unknown.normal, plain.normal, atol=1e-6)
    assert said.normal.max() < plain.normal.min()


def test_a_prediction_is_a_normal_plus_a_student_t():
    said = Prediction(np.array([0.5]), np.array([0.4]), np.array([0.3]), 4.0)
    rng = np.random.default_rng(0)
    drawn = 0.5 + rng.normal(0, np.sqrt(0.4), 400_000) + np.sqrt(0.3) * rng.standard_t(4, 400_000)
    for share in (0.05, 0.25, 0.5, 0.9):
        at = quantiles([said], [1.0], share)
        assert np.mean(drawn < at) == pytest.approx(share, abs=0.005)
        assert said.below(at)[0] == pytest.approx(share, abs=1e-9)
    grid = np.linspace(-30, 31, 20001)
    heights = np.array([said.density(np.array([z]))[0] for z in grid[::40]])
    assert np.trapezoid(heights, grid[::40]) == pytest.approx(1, abs=1e-3)


def test_a_mixture_lies_between_its_parts():
    low, high = (Prediction(np.array([m]), np.ones(1), np.ones(1), 4.0) for m in (-2.0, 2.0))
    assert quantiles([low, high], [0.5, 0.5], 0.5)[0] == pytest.approx(0, abs=1e-6)
    assert quantiles([low, high], [0.9, 0.1], 0.5)[0] < -1


def test_wrong_shapes_are_refused():
    y, rows, _ = made(sources=4)
    with pytest.raises(UsageError, match="guesses"):
        fit_mixed(y, rows, PRIOR, np.zeros(3), degrees=4.0)
    with pytest.raises(UsageError, match="inside"):
        quantiles([fit_mixed(y, rows, PRIOR, GUESSES, degrees=4.0).predict(rows)], [1.0], 1.0)
