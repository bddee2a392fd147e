"""A training run's record: in the terminal, on the page, as charts; hostile names stay text."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from passgap.results.estimates import Estimate
from passgap.show import print_result
from passgap.show.blocks import pictures
from passgap.show.contents.report import page as page_of
from passgap.show.contents.watching import lost_table, steps_table
from passgap.show.data import PageData
from passgap.show.page.page import render
from passgap.show.text import sparkline

pytestmark = pytest.mark.slow

UNKNOWN = Estimate(float("nan"), float("nan"), float("nan"))


def printed(result, width=80) -> str:
    out = io.StringIO()
    print_result(result, Console(file=out, width=width, color_system=None))
    return out.getvalue()


def charts_of(data):
    return {picture.name: picture.draw() for picture in pictures(page_of(data).blocks)}


def rows_of(chart):
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def steps(watched, change):
    """The record with every span of steps changed."""
    return replace(watched, steps=tuple(map(change, watched.steps)))


def test_the_terminal_shows_warnings_first_and_fits_80_columns(watched):
    text = printed(watched)
    assert max(map(len, text.splitlines())) <= 80
    assert "warning  completions have" in text.splitlines()[1]
    for part in ("1 lost since", "they agree", "forecast", "58-59", "p > 9/10"):
        assert part in text


def test_columns_with_nothing_in_them_are_left_out(watched):
    assert "forecast" in steps_table(watched).head
    without = steps(watched, lambda row: replace(row, forecast=None, length=UNKNOWN))
    assert not {"forecast", "tokens"} & set(steps_table(without).head)
    assert len(steps_table(without, 5).rows) == 5
    assert steps_table(without, 5).rows[0][0] == "0-1"


def test_rewards_that_are_more_than_right_or_wrong_have_a_column(watched):
    assert "reward" not in steps_table(watched).head

    def more(row):
        return replace(row, reward=replace(row.reward, value=row.solved.value + 0.1))

    bonus = steps(watched, more)
    assert "reward" in steps_table(bonus).head
    assert max(map(len, printed(bonus).splitlines())) <= 80


def test_a_sparkline_spans_zero_to_the_most():
    assert sparkline([0.0, 0.5, 1.0, None], 1.0) == "▁▅█ "
    assert sparkline([2.0, 4.0]) == "▅█"
    assert sparkline([None]) == " "
    assert sparkline([0.0, 0.0]) == "▁▁"


def test_the_page_tells_the_record_in_place_of_the_bare_means(data, watched):
    charts = charts_of(data)
    assert "watch_pass_at_k" in charts
    assert {"watch_signal", "watch_problems", "watch_bands", "watch_length", "reward"} <= {*charts}
    assert not {"mixed_share", "completion_length"} & {*charts}
    assert {"mixed_share", "completion_length"} <= {*charts_of(replace(data, watching=None))}
    page = render(page_of(data))
    assert watched.warnings[0].evidence in page
    assert watched.lost[0].problem_id in page
    assert "Step by step" in page
    assert "Step by step" not in render(page_of(replace(data, watching=None)))


def test_charts_stand_at_the_last_step_of_each_row(watched):
    charts = charts_of(PageData(title="t", watching=watched))
    drawn = [row for row in rows_of(charts["watch_signal"]) if row.get("series") == "in training"]
    expected = {row.last_step: row.mixed.value for row in watched.steps}
    assert {row["step"]: row["value"] for row in drawn} == expected
    lost = [row for row in rows_of(charts["watch_problems"]) if row.get("series") == "lost since"]
    assert lost[-1]["value"] == 1


def test_a_band_of_few_problems_is_not_drawn(watched):
    name = watched.bands[1].band
    bands = tuple(
        replace(band, problems=4) if band.band == name else band for band in watched.bands
    )
    for result, there in ((watched, True), (replace(watched, bands=bands), False)):
        rows = rows_of(charts_of(PageData(title="t", watching=result))["watch_bands"])
        assert (name in {row.get("series") for row in rows}) is there


def test_a_record_without_a_forecast_draws_none(watched):
    without = steps(watched, lambda row: replace(row, forecast=None))
    rows = rows_of(charts_of(PageData(title="t", watching=without))["watch_signal"])
    assert {row["series"] for row in rows if "series" in row} == {"in training"}


@pytest.mark.parametrize("text", ["\x1b[2J[bold]x[/bold]", "<script>window.hacked = 1</script>"])
def test_hostile_names_stay_text(watched, text):
    hostile = replace(
        watched,
        lost=(replace(watched.lost[0], problem_id=text), *watched.lost[1:]),
        notes=(text,),
        warnings=(replace(watched.warnings[0], evidence=text), *watched.warnings[1:]),
    )
    shown = printed(hostile)
    assert "\x1b" not in shown
    page = render(page_of(PageData(title="t", watching=hostile)))
    assert "<script>window" not in page
    assert "\x1b" not in page


def test_many_lost_problems_are_cut_short(watched):
    table = lost_table(replace(watched, lost=watched.lost * 30))
    assert len(table.rows) == 21
    assert table.rows[-1][0] == "and 10 more"
