"""Reading published pairs again: the estimator, the curves of the table, the differences."""

import csv
import json

import pytest

from research.pairs import reread


def row_of(identifier):
    with reread.TABLE.open(newline="", encoding="utf-8") as file:
        return next(row for row in csv.DictReader(file) if row["id"] == identifier)


def test_unbiased_pass_at_k_of_known_counts():
    assert reread.pass_at_k([0, 4], 4, 1) == 0.5
    assert reread.pass_at_k([1], 4, 2) == pytest.approx(0.5)
    assert reread.pass_at_k([2], 4, 3) == 1.0
    with pytest.raises(ValueError, match="no pass@8 from 4 samples per problem"):
        reread.pass_at_k([1], 4, 8)


def test_every_curve_of_the_table_is_of_fractions_and_the_bases_rise():
    with reread.TABLE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        base, trained = (reread.curve_in_table(row, which) for which in ("base", "trained"))
        assert 1 in base, row["id"]
        assert 1 in trained, row["id"]
        assert all(0 <= value <= 1 for value in (*base.values(), *trained.values())), row["id"]
        rising = [base[k] for k in sorted(base)]
        assert rising == sorted(rising), row["id"]


def plc_checkout(folder, *, correct):
    row = row_of("plc/rl-base/seed0")
    for path, counts in zip(reread.paths_in(row), correct, strict=True):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        tasks = [{"n": 10, "c_verified": c, "c_taskvalid": 0} for c in counts]
        (folder / path).write_text(json.dumps({"rows": tasks}), encoding="utf-8")
    return row


def test_a_checkout_is_recognised_and_its_differences_are_printed(tmp_path, capsys):
    row = plc_checkout(tmp_path, correct=([0] * 22, [10] * 22))
    repository = reread.Repository(tmp_path)
    assert reread.recognise(repository) == "sbhetwal11/PLC_DUAL_ORACLE"
    lines = reread.differences(row, reread.read_plc(repository, row))
    assert lines[0] == "plc/rl-base/seed0: base pass@1 0.0727, the source 0.0000"
    assert len(lines) == 10
    assert reread.main([str(tmp_path)]) == 1
    assert "29 rows, 1 differ, 28 not read" in capsys.readouterr().out


def test_equal_numbers_print_nothing():
    row = row_of("plc/rl-base/seed0")
    there = reread.Pair(reread.curve_in_table(row, "base"), reread.curve_in_table(row, "trained"))
    assert reread.differences(row, there) == []


def test_an_unknown_folder_says_which_are_known(tmp_path):
    with pytest.raises(SystemExit, match="none of the repositories that can be read again"):
        reread.recognise(reread.Repository(tmp_path))
