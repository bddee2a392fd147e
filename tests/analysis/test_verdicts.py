"""Every row of both verdict tables, as pure functions of the estimates."""

import itertools
import math
import re
from pathlib import Path

import pytest

import passgap.analysis
from passgap.analysis.verdicts import (
    TABLE,
    Ends,
    Headroom,
    LargeGain,
    compare_verdict,
    probe_verdict,
    state,
)
from passgap.results.estimates import Estimate
from passgap.results.labels import CompareLabel, ProbeLabel, ReachLabel, SweepLabel


def estimate(low, high):
    return Estimate((low + high) / 2, low, high)


def before(gap, small=(0.3, 0.4), large=(0.5, 0.6)):
    room = Headroom(2, 20, estimate(*gap), estimate(*small), estimate(*large), 0.4, 0.5)
    return probe_verdict(room, 0.05, 0.15, 300)


@pytest.mark.parametrize(
    ("gap", "small", "large", "label"),
    [
        ((0.2, 0.3), (0.3, 0.4), (0.5, 0.7), "rlvr_can_pay"),
        ((0.06, 0.14), (0.3, 0.4), (0.4, 0.5), "modest_headroom"),
        ((0.05, 0.15), (0.3, 0.4), (0.4, 0.5), "modest_headroom"),
        ((0.01, 0.04), (0.85, 0.95), (0.9, 0.99), "saturated"),
        ((0.0, 0.02), (0.0, 0.01), (0.0, 0.03), "out_of_reach"),
        ((0.01, 0.04), (0.4, 0.5), (0.45, 0.55), "little_headroom"),
        ((0.1, 0.2), (0.3, 0.4), (0.4, 0.6), "undecided"),
        ((0.03, 0.07), (0.3, 0.4), (0.4, 0.5), "undecided"),
        ((0.15, 0.25), (0.3, 0.4), (0.5, 0.6), "undecided"),
    ],
)
def test_every_label_before_training(gap, small, large, label):
    verdict = before(gap, small, large)
    assert verdict.label == label
    assert bool(verdict.needs) == (label == "undecided")
    assert verdict.reasons


def test_an_open_probe_says_how_many_problems_would_settle_it():
    # half-width .08, distance to the nearest threshold .02: sixteen times the 300 problems
    assert "about 4,800 problems" in before((0.05, 0.21)).needs
    assert "no reasonable number" in before((0.1, 0.2002)).needs


@pytest.mark.parametrize(
    ("wide", "narrow", "discordance", "expected"),
    [
        ((0.05, 0.1), (0.06, 0.09), 0.01, "up"),
        ((-0.1, -0.05), (-0.09, -0.06), 0.01, "down"),
        ((-0.01, 0.01), (-0.008, 0.008), 0.01, "equivalent"),
        ((0.001, 0.015), (0.002, 0.014), 0.01, "equivalent"),
        ((0.001, 0.015), (0.002, 0.014), 0.03, "up"),
        ((-0.01, 0.01), (-0.008, 0.008), 0.03, "unclear"),
        ((-0.03, 0.05), (-0.02, 0.04), 0.01, "unclear"),
        ((math.nan, math.nan), (math.nan, math.nan), 0.01, "unclear"),
    ],
)
def test_states(wide, narrow, discordance, expected):
    assert state(estimate(*wide), estimate(*narrow), 0.02, discordance) == expected


EXPECTED = {
    ("up", "equivalent"): "sharpened",
    ("up", "down"): "sharpened_narrowed",
    ("equivalent", "down"): "narrowed",
    ("equivalent", "equivalent"): "unchanged",
    ("down", "up"): "broadened",
    ("down", "equivalent"): "degraded",
    ("down", "down"): "degraded",
}


@pytest.mark.parametrize(
    ("small", "large"),
    list(itertools.product(("up", "equivalent", "down", "unclear"), repeat=2)),
)
def test_every_pair_of_states(small, large):
    ends = Ends(2, 128, estimate(0, 0.1), estimate(0, 0.1), small, large)
    gain = LargeGain(tilt_fitted=True, above=True, base_upper=0.1, budget=10_000)
    verdict = compare_verdict(ends, gain)
    if "unclear" in (small, large):
        expected = "inconclusive"
    else:
        expected = EXPECTED.get((small, large), "expanded")
    assert verdict.label == expected
    assert (verdict.at_small_k, verdict.at_large_k) == (small, large)


@pytest.mark.parametrize(
    ("fitted", "above", "upper", "label"),
    [
        (True, True, 0.1, "expanded"),
        (True, False, 0.1, "sharpened"),
        (False, False, 0.9e-4, "expanded"),
        (False, False, 1.1e-4, "inconclusive"),
    ],
)
def test_a_gain_at_large_k_is_called_expansion_only_above_the_tilt(fitted, above, upper, label):
    ends = Ends(2, 128, estimate(0.1, 0.2), estimate(0.1, 0.2), "up", "up")
    verdict = compare_verdict(ends, LargeGain(fitted, above, upper, 10_000))
    assert verdict.label == label
    assert bool(verdict.needs) == (label == "inconclusive")


def test_the_labels_are_those_that_the_tables_give():
    """What --fail-on allows: no label that nothing gives."""
    assert set(CompareLabel) == {*TABLE.values(), "expanded", "inconclusive"}
    for labels in (ProbeLabel, CompareLabel, SweepLabel, ReachLabel):
        named = {  # every member that some source file gives
            member
            for path in Path(passgap.analysis.__file__).parent.rglob("*.py")
            for member in re.findall(rf"\b{labels.__name__}\.([A-Z_]+)", path.read_text())
        }
        assert named == set(labels.__members__)
