"""Envelopes over temperatures: the choice is paid for, and a real optimum is found."""

import json

import numpy as np
import pytest

from passgap.data.counts import Counts
from passgap.errors import MismatchError, UsageError
from passgap.stats import pass_at_k
from research.envelope import envelope

TEMPERATURES = (0.4, 0.7, 1.0, 1.3, 1.6)


def drawn(p, n, rng):
    ids = [f"p{i:04d}" for i in range(len(p))]
    return Counts(ids, np.full(len(p), n), rng.binomial(n, p))


def test_the_choice_of_temperature_does_not_pass_for_a_difference():
    """The base is alike at five temperatures; the trained has one as good, four useless ones."""
    rng = np.random.default_rng(0)
    simulations, covered, naive = 80, 0, []
    for seed in range(simulations):
        p = rng.beta(1, 3, 100)
        base = {t: drawn(p, 4, rng) for t in TEMPERATURES}
        trained = {t: drawn(p if t == 1.0 else p * 0, 4, rng) for t in TEMPERATURES}
        found = envelope(base, trained, ks=[1], seed=seed)
        covered += found.delta.low[0] <= 0 <= found.delta.high[0]
        best = [max(pass_at_k(c.n, c.c, 1).mean() for c in arm.values()) for arm in (trained, base)]
        naive.append(best[0] - best[1])
        assert found.chosen["trained"] == ((1.0, 1.0),)
    assert covered >= 0.93 * simulations
    assert np.mean(naive) < -0.015, "the best of five curves is too good to be true"


def test_each_problem_is_judged_at_the_other_halfs_choice():
    rng = np.random.default_rng(1)
    p = rng.beta(1, 3, 60)
    base = {t: drawn(np.clip(p * t, 0, 1), 64, rng) for t in (0.5, 1.0, 1.5)}
    found = envelope(base, base, ks=[1, 8])
    assert found.chosen["base"] == ((1.5, 1.5), (1.5, 1.5))
    top = pass_at_k(base[1.5].n, base[1.5].c, [1, 8]).mean(axis=0)
    assert found.best["base"].value == pytest.approx(top)
    assert found.delta.value.tolist() == [0, 0]
    data = found.to_dict()
    json.dumps(data, allow_nan=False)
    assert data["crossing"] == {"k": None, "shown": None}
    assert data["base"]["envelope"][0]["chosen"] == [1.5, 1.5]


def test_a_base_that_is_ahead_at_large_k_is_shown_to_cross():
    rng = np.random.default_rng(2)
    p = np.full(200, 0.05)
    trained = np.where(np.arange(200) < 100, 0.9, 0.0)
    found = envelope(
        {t: drawn(p, 64, rng) for t in (0.5, 1.0)}, {t: drawn(trained, 64, rng) for t in (0.5, 1.0)}
    )
    crossing = found.to_dict()["crossing"]
    assert crossing["k"] == 16
    assert crossing["shown"] == 32, "the band asks for more than the value"
    assert found.delta.low[0] > 0


def test_what_makes_no_envelope():
    rng = np.random.default_rng(3)
    two = {t: drawn(np.full(30, 0.5), 8, rng) for t in (0.5, 1.0)}
    with pytest.raises(UsageError, match="two or more, the same in both"):
        envelope(two, {0.5: two[0.5]})
    with pytest.raises(UsageError, match="integers from 1 to the smallest n, 8"):
        envelope(two, two, ks=[16])
    with pytest.raises(MismatchError, match="only in the base"):
        envelope(two, {t: counts.take(range(20)) for t, counts in two.items()})
