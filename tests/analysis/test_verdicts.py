"""Every row of both verdict tables, as pure functions of the estimates."""

import itertools
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

import passgap.analysis
from passgap.analysis.verdicts import (
    End,
    Ends,
    Headroom,
    Thresholds,
    compare_label,
    probe_verdict,
    state,
)
from passgap.results.estimates import Estimate
from passgap.results.labels import CompareLabel, ProbeLabel, ReachLabel, SweepLabel
from passgap.results.verdict import Bound


def estimate(low, high):
    return Estimate((low + high) / 2, low, high)


def before(gap, small=(0.3, 0.4), large=(0.5, 0.6)):
    room = Headroom(2, 20, estimate(*gap), estimate(*small), estimate(*large), 0.4, 0.5)
    return probe_verdict(room, Thresholds(0.05, 0.15), 300)


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


EXPECTED = {  # by the states at the small and the large k, where nothing is new or lost
    "up": ["sharpened", "sharpened", "sharpened_narrowed", "up_at_small_k"],
    "equivalent": ["broadened", "unchanged", "narrowed", "same_at_small_k"],
    "down": ["broadened", "degraded", "degraded", "down_at_small_k"],
    "unclear": ["up_at_large_k", "same_at_large_k", "down_at_large_k", "inconclusive"],
}
STATES = ("up", "equivalent", "down", "unclear")
LOSSES = ("sharpened_narrowed", "narrowed", "degraded", "down_at_large_k")


@pytest.mark.parametrize(("small", "large"), list(itertools.product(STATES, repeat=2)))
def test_every_row_of_the_table_after_training(small, large):
    def label(new=False, lost=False, enough=True):
        return compare_label(small, large, new=new, lost=lost, enough_draws=enough)

    assert label() == EXPECTED[small][STATES.index(large)]
    for enough in (True, False):  # tests of their own need no large k
        assert label(new=True, lost=True, enough=enough) == "reshuffled"
        assert label(new=True, enough=enough) == "expanded"
        assert label(lost=True, enough=enough) == LOSSES[STATES.index(small)]
    partial = EXPECTED[small][3] if small != "unclear" else label()
    assert label(enough=False) == partial
    assert not label(enough=False).settled


def end(k, low, high, discordance=0.01, margin=0.02):
    wide = estimate(low, high)
    narrow = replace(estimate(low * 0.8, high * 0.8), confidence_level=0.9)
    return End(k, wide, narrow, discordance, state(wide, narrow, margin, discordance))


def test_the_interval_that_decided_is_the_one_shown():
    same, more = end(2, -0.02, 0.02), end(64, 0.01, 0.05)
    assert same.said() == "pass@2 changed by +0.0 points (-1.6 to +1.6; 90%): equivalent"
    assert more.said() == "pass@64 changed by +3.0 points (+1.0 to +5.0; 95%): up"


def test_bounds_are_the_ends_and_the_least_margin():
    bounds = Ends(end(2, -0.13, 0.098), end(64, 0.01, 0.05, discordance=0.1), 0.02).bounds
    assert bounds.small == Bound(max_gain=0.098, max_loss=0.13, margin=pytest.approx(0.104))
    assert bounds.large == Bound(max_gain=0.05, max_loss=0, margin=0.1)


def test_the_labels_are_those_that_the_tables_give():
    """What --fail-on allows: no label that nothing gives."""
    for labels in (ProbeLabel, CompareLabel, SweepLabel, ReachLabel):
        named = {  # every member that some source file gives
            member
            for path in Path(passgap.analysis.__file__).parent.rglob("*.py")
            for member in re.findall(rf"\b{labels.__name__}\.([A-Z_]+)", path.read_text())
        }
        assert named == set(labels.__members__)
