import json

import pytest

from passgap.errors import UsageError
from passgap.reporting import PageData, write_figures
from passgap.reporting.charts import BINS, accuracy_histogram, charts_of, page_spec, sized
from passgap.reporting.theme import DARK, LIGHT


def rows_of(spec):
    return [row for rows in spec["datasets"].values() for row in rows]


def test_both_palettes_name_the_same_colours_and_light_ones_are_distinct():
    assert set(LIGHT) == set(DARK)
    assert len(set(LIGHT.values())) == len(LIGHT)


def test_the_page_leaves_every_colour_to_the_style_sheet(data):
    for name, chart in charts_of(data).items():
        assert "#" not in json.dumps(page_spec(chart)), name
        assert "var(" not in json.dumps(sized(chart)), name


def test_problems_never_and_always_solved_stand_apart():
    counts = [(0, 0), (1, 0), (9, 0), (10, 99), (99, 100), (100, 100)]
    problems = [{"n": 100, "base_c": b, "trained_c": t} for b, t in counts]
    rows = rows_of(accuracy_histogram(problems).to_dict())
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
    assert [path.name for path in paths] == ["curves.svg", "curves.png", "delta.svg", "delta.png"]
    assert paths[0].read_text().startswith("<svg")
    assert paths[1].read_bytes().startswith(b"\x89PNG")


def test_an_unknown_format_is_refused_before_anything_is_written(comparison, tmp_path):
    with pytest.raises(UsageError, match=r"'gif' is not known; allowed: svg, png, pdf"):
        write_figures(PageData(title="t", comparison=comparison), tmp_path / "f", ("svg", "gif"))
    assert not (tmp_path / "f").exists()
