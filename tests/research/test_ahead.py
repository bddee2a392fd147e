"""Forecasts made beforehand are shown beside what came."""

import json
import shutil

import pytest

from research.ahead import KEPT, NAMES, ahead_table


def test_a_row_says_what_came(tmp_path):
    for file in KEPT.iterdir():
        shutil.copy(file, tmp_path)
    said = {"pass_at_1": {"value": 0.5, "low": 0.4, "high": 0.6}}
    said |= {"pass_at_k": {"k": 2, "value": 0.5, "low": 0.4, "high": 0.6}}
    name = next(iter(NAMES))
    (tmp_path / f"{name}.json").write_text(json.dumps({"forecast": said}))
    (tmp_path / f"{name}-base.csv").write_text("problem_id,n,c\na,4,2\nb,4,0\n")
    (tmp_path / f"{name}-trained.csv").write_text("problem_id,n,c\na,4,4\nb,4,1\n")
    first, second = ahead_table(tmp_path).splitlines()[2:4]
    assert "| 1 | 25.0% | 50.0% (40.0% to 60.0%) | 62.5% (37.5%) | −12.5 | no |" in first
    assert "| 2 | 41.7% | 50.0% (40.0% to 60.0%) | 75.0% (25.0%) | −25.0 | no |" in second
    (tmp_path / f"{name}-trained.csv").write_text("problem_id,n,c\na,4,4\nc,4,1\n")
    with pytest.raises(ValueError, match="different problems"):
        ahead_table(tmp_path)
    (tmp_path / f"{name}-trained.csv").unlink()
    assert "still in training" in ahead_table(tmp_path)


def test_the_page_has_the_table():
    page = (KEPT.parents[1] / "forecast.md").read_text()
    assert ahead_table() in page
