"""The betting bound holds whatever the tail, and the effective sample size is what it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from passgap.errors import UsageError
from passgap.stats import betting_lower_bound, effective_sample_size
from passgap.stats.importance import bets

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("spread", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("solved", [1.0, 0.3])
def test_it_covers_and_is_of_use(spread, solved):
    """Log-normal weights whose mean is known: METHODS' own table, p_B = 1e-5 and m = 256."""
    rng = np.random.default_rng(int(10 * spread + 100 * solved))
    truth, m, replicates = 1e-5, 256, 200
    below, shares = 0, []
    for _ in range(replicates):
        log_weights = np.log(truth / solved) - spread**2 / 2 + spread * rng.normal(size=m)
        correct = rng.random(m) < solved
        low = betting_lower_bound(log_weights[correct], draws=m)
        below += low <= np.log(truth)
        shares.append(np.exp(low) / truth)
    assert below >= replicates * 0.95
    assert np.median(shares) > {0.5: 0.7, 1.0: 0.55, 2.0: 0.3, 3.0: 0.08}[spread] * solved


def test_a_tail_without_a_variance_is_covered():
    """Pareto weights with index 1.5: no variance, mean 3."""
    rng = np.random.default_rng(3)
    lows = [betting_lower_bound(np.log1p(rng.pareto(1.5, 100))) for _ in range(250)]
    assert np.mean(np.array(lows) <= np.log(3.0)) >= 0.95


def capital(values: np.ndarray, draws: int, mean: float) -> float:
    """The gambler's mean capital, in plain numbers: another way to the same."""
    padded = np.concatenate([values, np.zeros(draws - len(values))])
    capitals = [np.prod(1 - b + b * padded / mean) for b in bets(draws)[0]]
    return float(np.sum(bets(draws)[1] * capitals))


@pytest.mark.parametrize("draws", [1, 2, 3, 256, 100_000])
def test_bets_are_shares_and_their_weights_sum_to_one(draws):
    shares, weights = bets(draws)
    assert np.all((shares > 0) & (shares < 1))
    assert weights.sum() == pytest.approx(1)
    assert len(shares) < 25


@pytest.mark.parametrize("level", [0.9, 0.975])
def test_at_the_bound_the_capital_is_what_the_level_asks(level):
    rng = np.random.default_rng(4)
    values = rng.gamma(2.0, 0.5, 30)
    low = np.exp(betting_lower_bound(np.log(values), draws=40, confidence_level=level))
    assert capital(values, 40, low) == pytest.approx(1 / (1 - level), rel=1e-4)
    assert capital(values, 40, 1.1 * low) < 1 / (1 - level)


log_weights = st.lists(st.floats(-40, 5), min_size=1, max_size=60)


@given(log_weights, st.integers(0, 200), st.floats(-300, 10))
def test_it_moves_with_the_values_and_stays_under_their_mean(values, zeros, shift):
    draws = len(values) + zeros
    low = betting_lower_bound(values, draws=draws)
    assert low <= np.log(np.sum(np.exp(values)) / draws) + 1e-6
    moved = betting_lower_bound(np.array(values) + shift, draws=draws)
    assert moved == pytest.approx(low + shift, abs=1e-4)
    stricter = betting_lower_bound(values, draws=draws, confidence_level=0.99)
    assert stricter <= low + 1e-5


def test_without_a_positive_value_nothing_is_said():
    assert betting_lower_bound([], draws=10) == -np.inf
    assert betting_lower_bound([-np.inf, -np.inf]) == -np.inf
    assert effective_sample_size([]) == 0.0
    assert effective_sample_size([-np.inf]) == 0.0


def test_effective_sample_size_counts_equal_weights():
    assert effective_sample_size(np.full(7, -600.0)) == pytest.approx(7)
    assert effective_sample_size([0.0, -np.inf, np.log(3.0)]) == pytest.approx(16 / 10)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([], {}, "at least one sample"),
        ([0.0, 0.0], {"draws": 1}, "2 values from 1 sampled"),
        ([[0.0]], {}, "one value per sample"),
        ([np.nan], {}, "nan"),
        ([np.inf], {}, "inf"),
        ([0.0], {"confidence_level": 1.0}, "inside (0, 1)"),
    ],
)
def test_bad_input_is_told(values, options, message):
    with pytest.raises(UsageError) as told:
        betting_lower_bound(values, **options)
    assert message in str(told.value)
