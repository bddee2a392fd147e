"""Adaptive probing: the verdict of a fixed design for a fraction of its draws, looks paid for."""

import json

import numpy as np
import pytest

from passgap.errors import UsageError
from passgap.evidence.doors import adaptive_probe, probe


def source(p, rng):
    return lambda more: rng.binomial(more, p)


@pytest.mark.parametrize(
    ("world", "label"),
    [
        (lambda r: r.beta(0.5, 3, 300), "rlvr_can_pay"),
        (lambda r: r.beta(8, 1, 300), "saturated"),
        (lambda r: np.zeros(300), "out_of_reach"),
        (lambda r: np.repeat([1.0, 0.0], 150), "little_headroom"),
    ],
)
def test_clear_worlds_are_read_from_an_eighth_of_the_draws(world, label):
    rng = np.random.default_rng(1)
    found = adaptive_probe(source(world(rng), rng), range(300))
    assert found.verdict.label == label
    assert found.draws == 300 * 8
    assert found.counts.design == "adaptive"
    json.dumps(found.to_dict(), allow_nan=False)
    assert label in str(found)


@pytest.mark.slow
def test_on_a_threshold_it_errs_no_more_than_it_may():
    """The true headroom is .15: a sure label is an error, at 5 % over all looks."""
    share = 0.15 / ((1 - 0.9**20) - (1 - 0.9**2))
    sure, draws = 0, []
    for seed in range(80):
        rng = np.random.default_rng(seed)
        p = np.where(rng.random(300) < share, 0.1, 0.0)
        found = adaptive_probe(source(p, rng), range(300))
        sure += found.verdict.label != "undecided"
        draws.append(found.draws / (300 * 64))
        assert len(found.rounds) == found.settings.looks == 4 or found.rounds[-1]
    assert sure <= 11  # 5 % a side; more has probability under 2 %
    assert np.mean(draws) < 0.5


def test_draws_go_where_the_headroom_is_not_known():
    """Most to those not solved yet, less to those solved now and then, none to the mastered."""
    rng = np.random.default_rng(0)
    p = np.repeat([0.0, 0.1, 1.0], [84, 56, 60])
    found = adaptive_probe(source(p, rng), range(200))
    n = found.counts.n
    assert found.verdict.label == "undecided"
    assert n[p == 0].mean() > 2 * n[p == 0.1].mean()
    assert n[p == 0.1].mean() > 2 * n[p == 1].mean()
    assert n.max() == 64


def test_what_is_biased_refuses_the_counts():
    rng = np.random.default_rng(4)
    found = adaptive_probe(source(rng.beta(0.5, 2, 200), rng), range(200), first=4)
    with pytest.raises(UsageError, match="these counts are adaptive"):
        probe(found.counts, k_large=4)


def test_wrong_settings_are_told():
    def never(more):
        raise AssertionError("drawn from before the settings were checked")

    for settings, told in (
        ({"k_small": 20}, "k_small=20"),
        ({"small": 0.2}, "small=0.2"),
        ({"first": 0}, "first=0"),
        ({"first": 65}, "first=65, most=64"),
        ({"confidence_level": 1}, "confidence_level is 1"),
    ):
        with pytest.raises(UsageError, match=told):
            adaptive_probe(never, range(10), **settings)
    with pytest.raises(UsageError, match=r"outside 0\.\.requested"):
        adaptive_probe(lambda more: more + 1, range(10))
