"""The table of published pairs, and the checks of a user's own: each error names its cell."""

import csv

import polars as pl
import pytest

import passgap
from passgap.errors import UsageError
from passgap.evidence.corpus import COLUMNS, PUBLISHED, append, cells_of, published, read_table

ROW = {
    "id": "mine/1",
    "source": "example/repo@1234567",
    "where": "README.md",
    "how_read": "table",
    "sure": "exact",
    "base_model": "Qwen/Qwen2.5-1.5B",
    "family": "Qwen2.5",
    "start": "base",
    "recipe": "night",
    "in_domain": "yes",
    "benchmark": "MATH-500",
    "problems": "500",
    "base_pass_1": "0.25",
    "base_pass_4": "0.5",
    "trained_pass_1": "0.41",
}


def write(path, *rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        lines = csv.DictWriter(file, list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
    return path


def test_the_package_has_the_table():
    pairs = passgap.pairs()
    assert len(pairs) == 362
    assert len({one.id for one in pairs}) == 362
    assert {one.start for one in pairs} == {"base", "instruct", "sft", "distilled"}
    assert all(1 in one.base and 1 in one.trained for one in pairs)
    assert str(pairs).startswith("362 pairs of 45 sources")
    frame = pairs.to_frame()
    assert frame.height == 362
    assert {"base_pass_1", "base_pass_4", "trained_pass_1", "trained_by"} <= set(frame.columns)
    assert frame["base_pass_1"].null_count() == 0


def test_near_copies_are_left_out_together():
    """Two repositories sampled the checkpoints that the digitised figures show."""
    recipes = {one.recipe for one in published() if one.trained_by == "SimpleRL-Zoo"}
    assert recipes == {"SimpleRL-Zoo"}
    together = [one.id for one in published() if one.trained_by == "SimpleRL-Zoo"]
    assert {"passk-repro/7B", "limit-repro/7B-math500", "yue2025/math500/qwen2.5-7b"} <= {*together}


def test_the_digitised_rows_are_the_digitised_curves(shared_data):
    frame = pl.read_csv(shared_data / "literature" / "yue2025_curves.csv")
    curves = {}
    for (bench, pair, policy), rows in frame.group_by("benchmark", "pair", "policy"):
        name = f"yue2025/{bench}/{pair}".lower().replace(" ", "-")
        role = "base" if policy == "base" else "trained"
        curves[name, role] = dict(zip(rows["k"], rows["pass_at_k"], strict=True))
    rows = [one for one in published() if one.id.startswith("yue2025/")]
    assert len(rows) == 34
    for one in rows:
        name = one.id.replace("oat-r1-distill", "oat/r1-distill")
        for role in ("base", "trained"):
            there = curves[name, role]
            for k, value in getattr(one, role).items():
                assert value == pytest.approx(there[k], abs=1e-4), (one.id, role, k)


def test_rows_are_written_as_they_were_read():
    with PUBLISHED.open(newline="", encoding="utf-8") as file:
        header = csv.DictReader(file).fieldnames
    assert tuple(header) == COLUMNS
    for one in published():
        cells = cells_of(one)
        assert set(cells) == set(COLUMNS)
        assert cells["base_pass_1"] == f"{one.base[1]:g}"


def test_the_required_columns_are_enough(tmp_path):
    cited = ("source", "where", "how_read", "sure", "problems")
    (one,) = read_table(write(tmp_path / "a.csv", {k: v for k, v in ROW.items() if k not in cited}))
    assert (one.base, one.trained, one.trained_by) == (
        {1: 0.25, 4: 0.5},
        {1: 0.41},
        "own: night",
    )
    assert one.problems is None
    assert one.gain == pytest.approx(0.16)


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("start", "Instruct", r"row 2, column start: 'Instruct'; allowed: base, instruct, sft"),
        ("in_domain", "", r"row 2, column in_domain: ''; allowed: a value"),
        ("base_pass_1", "25", r"column base_pass_1: '25'; allowed: 0 to 1: fractions"),
        ("base_pass_4", "0.2", r"column base_pass_4: '0.2'; allowed: at least pass@1 = 0.25"),
        ("trained_pass_1", "n/a", r"column trained_pass_1: 'n/a'; allowed: 0 to 1"),
        ("problems", "12.5", r"column problems: '12.5'; allowed: a whole number from 1"),
        ("problems", "-3", r"column problems: '-3'; allowed: a number from 0"),
        ("base_pass_4", "", r"column base_pass_4: ''; allowed: the base's pass@k at one more k"),
        ("sure", "very", r"column sure: 'very'; allowed: exact, about"),
    ],
)
def test_a_wrong_cell_is_named(tmp_path, column, value, told):
    with pytest.raises(UsageError, match=told):
        read_table(write(tmp_path / "mine.csv", ROW | {column: value}))


def test_the_rest_of_a_curve_is_read_or_refused(tmp_path):
    row = ROW | {"base_other": "3:0.45;5:0.55", "base_pass_4": ""}
    (one,) = read_table(write(tmp_path / "a.csv", row))
    assert one.base == {1: 0.25, 3: 0.45, 5: 0.55}
    for text in ("3=0.45", "0:0.2", "3:45"):
        with pytest.raises(UsageError, match=r"base_other: .*allowed: k:value"):
            read_table(write(tmp_path / "a.csv", ROW | {"base_other": text}))


def test_a_wrong_table_is_refused(tmp_path):
    with pytest.raises(UsageError, match="not a table of pairs"):
        read_table(tmp_path / "nothing.csv")
    with pytest.raises(UsageError, match="lacks the columns start"):
        read_table(write(tmp_path / "a.csv", {k: v for k, v in ROW.items() if k != "start"}))
    with pytest.raises(UsageError, match="unknown columns colour"):
        read_table(write(tmp_path / "a.csv", ROW | {"colour": "red"}))
    with pytest.raises(UsageError, match="row 3, column id: 'mine/1' is the id of an earlier row"):
        read_table(write(tmp_path / "a.csv", ROW, ROW))
    with pytest.raises(UsageError, match="column source: ''"):
        read_table(write(tmp_path / "a.csv", ROW | {"source": ""}), cited=True)


def test_new_rows_are_appended_to_a_table(tmp_path):
    table = write(tmp_path / "table.csv", dict.fromkeys(COLUMNS, "") | ROW)
    new = read_table(write(tmp_path / "new.csv", ROW | {"id": "mine/2"}))
    assert append(new, table) == 2
    assert [one.id for one in read_table(table)] == ["mine/1", "mine/2"]
    assert read_table(table)[1].base == new[0].base
    with pytest.raises(UsageError, match="'mine/2'; give the new row another id"):
        append(new, table)
