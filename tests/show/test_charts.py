import json
from dataclasses import replace

import pytest

from passgap.errors import UsageError
from passgap.show import PageData, write_figures
from passgap.show.charts.charts import charts_of, page_spec, sized
from passgap.show.charts.problems import BINS, before_and_after, histogram
from passgap.show.theme import DARK, LIGHT


def rows_of(spec):
    return [row for rows in spec["datasets"].values() for row in rows]


def test_both_palettes_name_the_same_colours_and_light_ones_are_distinct():
    assert set(LIGHT) == set(DARK)
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_every_chart_is_valid_vega_lite(data):
    for chart in charts_of(data).values():
        chart.to_dict(validate=True)


def test_the_page_leaves_every_colour_to_the_style_sheet(data):
    for name, chart in charts_of(data).items():
        assert "#" not in json.dumps(page_spec(chart)), name
        assert "var(" not in json.dumps(sized(chart)), name


def test_problems_never_and_always_solved_stand_apart():
    counts = [(0, 0), (1, 0), (9, 0), (10, 99), (99, 100), (100, 100)]
    problems = [{"n": 100, "base_c": b, "trained_c": t} for b, t in counts]
    rows = rows_of(histogram(problems).to_dict())
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
    comparison["trained"]["curve"][-1] |= {"value": None, "low": None, "high": None}
    comparison["delta"][-1] = {"k": 256, "value": None, "low": None, "high": None}
    rows = rows_of(charts_of(PageData(title="t", comparison=comparison))["delta"].to_dict())
    assert 128 in {row.get("k") for row in rows}
    assert 256 not in {row.get("k") for row in rows}


def test_figures_are_written_without_a_network(comparison, tmp_path):
    paths = write_figures(PageData(title="t", comparison=comparison), tmp_path)
    assert [path.name for path in paths] == [
        f"{chart}.{kind}" for chart in ("curves", "delta") for kind in ("svg", "png", "pdf")
    ]
    assert paths[0].read_text().startswith("<svg")
    assert paths[1].read_bytes().startswith(b"\x89PNG")
    assert paths[2].read_bytes().startswith(b"%PDF")


def test_an_unknown_format_is_refused_before_anything_is_written(comparison, tmp_path):
    with pytest.raises(UsageError, match=r"'gif' is not known; allowed: svg, png, pdf"):
        write_figures(PageData(title="t", comparison=comparison), tmp_path / "f", ("svg", "gif"))
    assert not (tmp_path / "f").exists()


def test_a_dot_of_the_scatter_is_the_problems_with_the_same_counts():
    counts = [(0, 10), (0, 10), (10, 0), (30, 60), (0, 0)]
    problems = [
        {"problem_id": f"p{i}", "n": 100, "base_c": b, "trained_c": t}
        for i, (b, t) in enumerate(counts)
    ]
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


def test_the_tilt_and_luck_are_drawn_beside_both_curves(data, probe):
    fitted = {"delta": 1.4, "curve": probe["curve"]}
    rows = rows_of(charts_of(replace(data, fitted=fitted))["curves"].to_dict())
    series = {row["series"] for row in rows if "series" in row}
    assert series == {"base", "trained", "by luck", "tilt, δ = 1.40"}
