"""A plan keeps its promise: runs of the size it names reach the width and the power asked."""

import json

import numpy as np
import pytest

from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.evidence.doors import compare, plan, probe
from passgap.stats import paired_interval, pass_at_k


def world(rng, size):
    return np.where(rng.random(size) < 0.3, 0.0, rng.beta(0.6, 1.5, size))


def tilted(p, delta):
    with np.errstate(divide="ignore"):
        return 1 / (1 + np.exp(-(np.log(p) - np.log1p(-p) + delta)))


def drawn(p, n, rng):
    return Counts(range(len(p)), np.full(len(p), n), rng.binomial(n, p))


@pytest.fixture(scope="module")
def pilot():
    rng = np.random.default_rng(0)
    return drawn(world(rng, 3000), 128, rng)


def test_the_half_width_is_reached(pilot):
    chosen = plan(pilot, half_width=0.04).cheapest
    halves = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        gap = probe(drawn(world(rng, chosen.problems), chosen.n, rng)).headroom.estimate
        halves.append((gap.high - gap.low) / 2)
    assert np.mean(halves) == pytest.approx(0.04, rel=0.05)


def gain_of(base, trained, k):
    """The paired interval of the difference at k, as a comparison has it."""
    return paired_interval(pass_at_k(trained.n, trained.c, k) - pass_at_k(base.n, base.c, k))


def test_the_power_against_a_tilt_is_reached(pilot, one_tilt):
    chosen = plan(pilot, goal="difference", delta=1.0, draws=[128]).cheapest
    up = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        p = world(rng, chosen.problems)
        arms = drawn(p, 128, rng), drawn(tilted(p, 1.0), 128, rng)
        up += gain_of(*arms, 64).low > 0
    assert 0.65 <= up / 60 <= 0.95  # 80 % planned; three standard errors are .15
    compared = compare(*arms, k_large=64).delta.at(64)
    assert (compared.low, compared.high) == pytest.approx(
        (gain_of(*arms, 64).low, gain_of(*arms, 64).high)
    )


def test_more_draws_never_need_more_problems_and_cost_is_counted(pilot):
    result = plan(pilot, half_width=0.03, tokens=500, price=2.0)
    problems = [row.problems for row in result.designs]
    assert problems == sorted(problems, reverse=True)
    for row in result.designs:
        assert row.completions == row.problems * row.n
        assert row.tokens == row.completions * 500
        assert row.price == pytest.approx(row.tokens / 1e6 * 2.0)
    assert result.cheapest == min(result.designs, key=lambda row: row.completions)
    json.dumps(result.to_dict(), allow_nan=False)
    assert "<- cheapest" in str(result)


def test_thirty_problems_do_not_settle_equivalence(pilot):
    result = plan(pilot, goal="difference", margin=0.02, problems=30)
    assert result.cheapest is None
    assert all(row.problems is None and row.needed > 148 for row in result.designs)
    assert "not attainable" in str(result)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "half_width is missing"),
        ({"half_width": 2}, "half_width is 2"),
        ({"goal": "magic"}, "goal is 'magic'"),
        ({"goal": "difference"}, "give one"),
        ({"goal": "difference", "delta": 1.0, "margin": 0.02}, "give one"),
        ({"goal": "difference", "delta": 0}, "delta is 0"),
        ({"half_width": 0.1, "power": 1}, "power is 1"),
        ({"half_width": 0.1, "draws": [8]}, "reaches k_large=20"),
        ({"half_width": 0.1, "k_small": 30}, "k_small=30"),
        ({"half_width": 0.1, "problems": 1}, "problems is 1"),
    ],
)
def test_wrong_questions_are_told(pilot, arguments, told):
    with pytest.raises(UsageError, match=told):
        plan(pilot, **arguments)


def test_a_planned_difference_is_of_a_size_that_compare_judges(pilot):
    """compare wants a large k of 64 and twice as many draws, unless k was set beforehand."""
    found = plan(pilot, goal="difference", delta=1.0)
    assert min(row.n for row in found.designs) == 128
    assert "--k-large 64" in found.notes[-1]
    rng = np.random.default_rng(1)
    p = world(rng, found.cheapest.problems)
    n = found.cheapest.n
    judged = compare(drawn(p, n, rng), drawn(tilted(p, 1.0), n, rng), k_large=64)
    assert "a verdict needs a large k" not in " ".join(judged.verdict.reasons)
    assert plan(pilot, goal="difference", delta=1.0, k_large=20).designs[0].n == 32


def test_a_plan_says_what_it_is_for(pilot):
    text = str(plan(pilot, half_width=0.03))
    assert text.startswith("to know pass@20 - pass@2 of the base to 3 points either way")
    assert "price" not in text
    assert "price" in str(plan(pilot, half_width=0.03, tokens=600, price=0.4))
