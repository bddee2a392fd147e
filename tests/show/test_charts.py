import json
from dataclasses import replace

import fabricated
import numpy as np
import pytest

from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.results.probe import Extrapolated, TiltedCurve
from passgap.show import write_result
from passgap.show.blocks import pictures
from passgap.show.charts.figures import write_figures
from passgap.show.charts.parts import page_spec, sized
from passgap.show.charts.problems import BINS, before_and_after, histogram
from passgap.show.contents.dispatch import blocks_of
from passgap.show.contents.report import page
from passgap.show.data import Arm, PageData, ProblemRow
from passgap.show.theme import DARK, LIGHT

pytestmark = pytest.mark.slow


def charts_of(data):
    return {picture.name: picture.draw() for picture in pictures(page(data).blocks)}


def rows_of(spec):
    return [row for rows in spec["datasets"].values() for row in rows]


def pairs_of(counts):
    return [ProblemRow(f"p{i}", Arm(100, b), Arm(100, t)) for i, (b, t) in enumerate(counts)]


def test_both_palettes_name_the_same_colours_and_light_ones_are_distinct():
    assert set(LIGHT) == set(DARK)
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_every_chart_is_valid_vega_lite(data):
    for chart in charts_of(data).values():
        chart.to_dict(validate=True)


@pytest.mark.parametrize(
    "make", [fabricated.seeds, fabricated.sweep, fabricated.reach, fabricated.kept]
)
def test_so_is_every_chart_of_the_other_results(make):
    drawn = pictures(blocks_of(make()))
    assert drawn
    for picture in drawn:
        picture.draw().to_dict(validate=True)


def test_the_page_leaves_every_colour_to_the_style_sheet(data):
    for name, chart in charts_of(data).items():
        assert "#" not in json.dumps(page_spec(chart)), name
        assert "var(" not in json.dumps(sized(chart)), name


def test_problems_never_and_always_solved_stand_apart():
    counts = [(0, 0), (1, 0), (9, 0), (10, 99), (99, 100), (100, 100)]
    rows = rows_of(histogram(pairs_of(counts)).to_dict())
    base = {row["bin"]: row["count"] for row in rows if row["series"] == "base"}
    trained = {row["bin"]: row["count"] for row in rows if row["series"] == "trained"}
    assert list(base) == BINS
    assert base == dict.fromkeys(BINS, 0) | {
        "none": 1,
        "0–10": 2,
        "10–20": 1,
        "90–100": 1,
        "all": 1,
    }
    assert trained["none"] == 3
    assert trained["all"] == 2


def test_numbers_that_are_not_there_are_left_out(comparison):
    delta = comparison.delta
    value = np.where(delta.k == 256, np.nan, delta.value)
    unknown = replace(comparison, delta=replace(delta, value=value))
    rows = rows_of(charts_of(PageData(title="t", comparison=unknown))["delta"].to_dict())
    assert 128 in {row.get("k") for row in rows}
    assert 256 not in {row.get("k") for row in rows}


def test_figures_are_written_without_a_network(comparison, tmp_path):
    blocks = page(PageData(title="t", comparison=comparison)).blocks
    paths = write_figures(blocks, tmp_path)
    assert [path.name for path in paths] == [
        f"{chart}{column}.{kind}"
        for chart in ("curves", "delta", "turns_base", "turns_trained")
        for column in ("", "_wide")
        for kind in ("svg", "png", "pdf")
    ]
    assert paths[0].read_text().startswith("<svg")
    assert paths[1].read_bytes().startswith(b"\x89PNG")
    assert paths[2].read_bytes().startswith(b"%PDF")


def test_the_main_chart_of_a_result_is_written_by_the_ending_of_its_name(comparison, tmp_path):
    assert write_result(comparison, tmp_path / "new" / "a.svg").read_text().startswith("<svg")
    with pytest.raises(UsageError, match=r"ends in '.gif'; allowed: .svg, .png, .pdf"):
        write_result(comparison, tmp_path / "a.gif")


def test_an_unknown_format_is_refused_before_anything_is_written(comparison, tmp_path):
    with pytest.raises(UsageError, match=r"'gif' is not known; allowed: svg, png, pdf"):
        write_figures(blocks_of(comparison), tmp_path / "f", ("svg", "gif"))
    assert not (tmp_path / "f").exists()


def test_a_dot_of_the_scatter_is_the_problems_with_the_same_counts():
    problems = pairs_of([(0, 10), (0, 10), (10, 0), (30, 60), (0, 0)])
    rows = [row for row in rows_of(before_and_after(problems).to_dict()) if "count" in row]
    found = {(row["base"], row["trained"]): (row["count"], row["change"]) for row in rows}
    assert found == {
        (0, 0.1): (2, "gained"),
        (0.1, 0): (1, "lost"),
        (0.3, 0.6): (1, "both"),
        (0, 0): (1, "neither"),
    }
    assert next(row["names"] for row in rows if row["count"] == 2) == "p0, p1"


def test_the_data_of_a_chart_is_its_numbers_and_not_its_tooltips(data):
    for name, chart in charts_of(data).items():
        spec = page_spec(chart)
        plan = spec["usermeta"]["csv"]
        assert plan["datasets"], name
        assert not {"text", "strip_from", "pointwise"} & set(plan["columns"]), name
    plan = page_spec(charts_of(data)["curves"])["usermeta"]["csv"]
    assert plan["columns"] == ["k", "series", "value", "low", "high"]


def test_strips_of_the_hover_meet_halfway_and_stay_on_the_axis(comparison):
    rows = rows_of(charts_of(PageData(title="t", comparison=comparison))["curves"].to_dict())
    strips = [(row["k"], row["strip_from"], row["strip_to"]) for row in rows if "strip_to" in row]
    assert strips[:2] == [(1, 1, 1.5), (2, 1.5, 3.0)]
    assert strips[-1] == (256, 192.0, 256)


def test_what_is_extrapolated_is_dashed_beyond_the_last_k_measured(probe):
    found = Estimate(0.7, 0.5, 0.95)
    further = (Extrapolated(512, found, 0.72, 0.68, Estimate(0.68, 0.6, 0.75)),)
    chart = charts_of(PageData(title="t", probe=replace(probe, extrapolation=further)))["curves"]
    chart.to_dict(validate=True)
    rows = rows_of(chart.to_dict())
    drawn = [row for row in rows if row.get("series") == "extrapolated"]
    reached = int(probe.curve.k[-1])
    assert [row["k"] for row in drawn] == [reached, 512, reached, 512]
    assert [row["low"] for row in drawn if row["k"] == 512] == [0.5, 0.6]
    assert [row["label"] for row in rows if "label" in row] == [f"measured up to k = {reached}"]
    spec = json.dumps(chart.to_dict())
    assert '"strokeDash": [5, 4]' in spec
    plain = rows_of(charts_of(PageData(title="t", probe=probe))["curves"].to_dict())
    assert not any(row.get("series") == "extrapolated" or "label" in row for row in plain)


def test_the_tilt_and_luck_are_drawn_beside_both_curves(data):
    fitted = TiltedCurve(1.4, data.comparison.trained)
    rows = rows_of(charts_of(replace(data, fitted=fitted))["curves"].to_dict())
    series = {row["series"] for row in rows if "series" in row}
    assert series == {"base", "trained", "by luck", "tilt, δ = 1.40"}
