"""Captions say what their picture shows: each sentence against curves made for it."""

from dataclasses import replace

import fabricated
import numpy as np
import pytest

import passgap
from passgap.data.counts import Counts
from passgap.results.estimates import Curve, Estimate
from passgap.results.probe import TiltedCurve
from passgap.show.blocks import pictures
from passgap.show.contents import captions
from passgap.show.contents.dispatch import blocks_of
from passgap.show.contents.probe import figures
from passgap.show.contents.report import page
from passgap.show.data import PageData


def over(values: dict[int, float], half: float = 0.01) -> Curve:
    value = np.array(list(values.values()))
    return Curve(np.array(list(values)), value, value - half, value + half)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((-0.1, -0.2, -0.1), "The trained curve lies below the base's at every k."),
        ((0.0, 0.0, 0.0), "The two curves coincide."),
        ((-0.1, 0.1, 0.2), "below the base's up to k = 1 and crosses it by k = 2."),
        ((0.1, 0.2, 0.0), "The trained curve lies above the base's at every k where they differ."),
        ((0.1, -0.2, 0.1), "The curves cross 2 times."),
        ((float("nan"),) * 3, ""),
    ],
)
def test_the_order_of_two_curves(values, said):
    assert captions.order(over(dict(zip((1, 2, 128), values, strict=True)))).endswith(said)


def test_where_a_difference_is_shown():
    values = {1: 0.1, 2: 0.2, 4: 0.0, 8: -0.3, 16: -0.4}
    by_itself = captions.excluded(over(values, 0.05))
    said = "of the difference lies above 0 at k = 1 to 2 and below 0 at k = 8 to 16."
    assert by_itself == f"The interval {said}"
    said = "The interval of the difference does not exclude 0 at any k."
    assert captions.excluded(over(values, 0.5)) == said
    wide = over(values, 0.05)
    banded = Curve(wide.k, wide.value, wide.low, wide.high, wide.value - 0.15, wide.value + 0.15)
    said = captions.excluded(banded)
    shown = "of the difference lies above 0 at k = 2 and below 0 at k = 8 to 16."
    assert said == f"The band {shown}"
    assert "at every k" in captions.excluded(over(dict.fromkeys((1, 2), 0.3), 0.1))


@pytest.fixture
def tilt(comparison):
    return comparison.tilt


def test_a_tilt_that_fits_is_drawn_and_how_near_it_is_said(tilt):
    trained = over({1: 0.5, 2: 0.6})
    told = captions.tilted(tilt, TiltedCurve(1.4, over({1: 0.505, 2: 0.6})), trained)
    assert told.fits
    assert (
        "stays within 0.5 points of it (at k = 1) and inside the intervals: sharpening."
        in told.text
    )


@pytest.mark.parametrize(
    ("change", "curve", "said"),
    [
        ({"reading": "uneven"}, {1: 0.5, 2: 0.6}, "not all problems moved by the same factor"),
        ({"reading": "more"}, {1: 0.5, 2: 0.6}, "more is gained at large k"),
        ({"low": -0.1}, {1: 0.5, 2: 0.6}, "No tilt is shown"),
        ({}, {1: 0.5, 2: 0.8}, "its curve leaves the trained one at k = 2"),
    ],
)
def test_a_tilt_that_does_not_fit_is_not_drawn_and_the_caption_says_why(
    comparison, tilt, change, curve, said
):
    trained = over({1: 0.5, 2: 0.6, 128: 0.9})
    found = replace(tilt, **change)
    fitted = TiltedCurve(1.4, over(curve))
    told = captions.tilted(found, fitted, trained)
    assert not told.fits
    assert said in told.text
    assert told.text.endswith("so its curve is not drawn.")
    one = replace(comparison, tilt=found, trained=trained, base=trained, delta=trained)
    (first, *_) = pictures(page(PageData(title="t", comparison=one, fitted=fitted)).blocks)
    assert told.text in first.caption
    series = {
        row.get("series") for rows in first.draw().to_dict()["datasets"].values() for row in rows
    }
    assert not any(name and name.startswith("tilt") for name in series)


def test_every_picture_says_what_it_shows(data):
    for results in (page(data).blocks, *(blocks_of(make()) for make in MADE)):
        for picture in pictures(results):
            digits = sum(letter.isdigit() for letter in picture.caption)
            assert digits, f"{picture.name}: {picture.caption}"


MADE = (fabricated.seeds, fabricated.sweep, fabricated.reach, fabricated.probe)


def test_one_step_and_none_are_said(data):
    one = Estimate(0.2, 0.1, 0.3)
    assert captions.went([(3, one)], "step") == "20.0% (10.0 to 30.0%) at step 3."
    assert captions.went([], "step") == ""
    assert captions.climb(over({1: 0.3})) == ""
    assert captions.spread([], lambda one: "never") == ""


def test_a_probe_says_which_problems_its_intervals_are_of():
    counts = Counts([f"p{i}" for i in range(30)], np.full(30, 64), np.arange(30))
    asked = {kind: passgap.probe(counts, interval=kind) for kind in (None, "population")}
    notes = {kind: [one.note for one in figures(found).figures] for kind, found in asked.items()}
    assert sum("for exactly these problems" in note for note in notes[None]) == 3
    assert sum("over problems like these" in note for note in notes[None]) == 1
    assert not any("these problems" in note for note in notes["population"])


def test_an_extrapolated_gap_names_the_fit_that_it_is_from():
    rng = np.random.default_rng(20_250_413)
    n = np.full(80, 5)
    found = passgap.probe(
        Counts([f"p{i}" for i in range(80)], n, rng.binomial(n, rng.beta(0.4, 0.9, 80)))
    )
    gap, ends = found.headroom.estimate.value, [found.at(k).value for k in (2, 20)]
    assert abs(ends[1] - ends[0] - gap) > 0.0005  # else there is nothing to explain
    note = next(one.note for one in figures(found).figures if one.name == "Headroom")
    assert f"from a fit with pass@2 = {100 * (ends[1] - gap):.1f}%" in note
