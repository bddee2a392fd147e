"""Counts files: out and in again, whole; the forms that other tools read; what is refused."""

import json
from decimal import Decimal
from fractions import Fraction

import numpy as np
import polars as pl
import pytest

from passgap import outcome_matrix, read_counts, write_counts
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.results.estimates import Estimate
from passgap.stats import mean_curve, pass_at_k


@pytest.fixture
def counts():
    return Counts(
        ["a", "7", "c,d"], [16, 16, 8], [0, 16, 3], unscored=[0, 0, 8], guess_rate=[0.0, 0.1, 0.5]
    )


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("id_column", ["problem_id", "id"])
def test_what_is_written_is_read_back(counts, tmp_path, ending, id_column):
    back = read_counts(write_counts(counts, tmp_path / f"c.{ending}", id_column=id_column))
    assert back.problem_id == counts.problem_id
    for name in ("n", "c", "unscored", "guess_rate"):
        np.testing.assert_array_equal(getattr(back, name), getattr(counts, name))
    assert back.truncated is None, "nobody measured it"
    assert back.design == "fixed"


def test_an_adaptive_design_survives_the_file(tmp_path):
    adaptive = Counts(["a", "b"], [8, 64], [8, 1], design="adaptive")
    assert read_counts(write_counts(adaptive, tmp_path / "c.csv")).design == "adaptive"


def test_jsonl_with_id_is_what_passk_inference_reads(counts, tmp_path):
    """Its loader asks of every line an id that is a string or integer, and integer c and n."""
    lines = write_counts(counts, tmp_path / "c.jsonl", id_column="id").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert [(row["id"], row["n"], row["c"]) for row in rows] == [
        ("a", 16, 0),
        ("7", 16, 16),
        ("c,d", 8, 3),
    ]
    assert all(type(row[name]) is int for row in rows for name in ("n", "c"))


def test_the_matrix_holds_the_counts(counts):
    even = Counts(["a", "b", "c"], [4, 4, 4], [0, 4, 1])
    matrix = outcome_matrix(even)
    assert matrix.tolist() == [[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]]
    with pytest.raises(UsageError, match="n goes from 8 to 16"):
        outcome_matrix(counts)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("c.csv", "problem_id,n\na,3\n", "has no column c; its columns are problem_id, n"),
        ("c.csv", "problem_id,n,c\na,3,x\n", "column c has a value that is not a whole number"),
        ("c.csv", "problem_id,n,c,design\na,3,1,odd\n", "allowed: fixed, adaptive"),
        ("c.csv", "problem_id,n,c\na,3,1\na,3,2\n", "a"),
        ("c.csv", "problem_id,n,c\na,3,4\n", "4"),
        ("c.txt", "problem_id,n,c\n", r"ends in '\.txt'; allowed: \.csv, \.jsonl, \.parquet"),
        ("c.jsonl", "{not json", "cannot be read as"),
        ("c.jsonl", "", "is empty"),
    ],
)
def test_a_file_that_is_no_counts_is_told(tmp_path, name, text, told):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=told):
        read_counts(tmp_path / name)


BAD = {  # what a cell may hold that is no count, and what has to be told of it
    "a mean": (4.5, "4.5.*not a mean"),
    "nothing": (None, "nothing.*fill in the cell"),
    "nan": (float("nan"), "fill in the cell"),
    "infinity": (float("inf"), "inf"),
    "a truth value": (True, "[Tt]rue.*passgap import table"),
    "a word": ("many", "'many'"),
    "a share in percent": ("50%", "'50%'"),
    "a grouped number": ("1_6", "'1_6'"),
    "too large": (10**25, "up to 1,000,000,000,000"),
    "too large a float": (1e300, "up to 1,000,000,000,000"),
}


def write(path, columns):
    """A counts file of these columns, whose cells may be anything, by its ending."""
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".csv":
        lines = [",".join("" if v is None else str(v) for v in row.values()) for row in rows]
        path.write_text("\n".join([",".join(columns), *lines]) + "\n")
    else:
        pl.DataFrame(columns, strict=True).write_parquet(path)
    return path


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("column", ["n", "c", "unscored"])
@pytest.mark.parametrize("kind", BAD)
def test_a_cell_that_is_no_count_is_named_and_never_rounded(tmp_path, ending, column, kind):
    value, told = BAD[kind]
    if ending == "parquet" and kind == "too large":
        value = float(value)  # no Parquet column holds such an integer
    columns = {"problem_id": ["a"], "n": [16], "c": [4], "unscored": [0]} | {column: [value]}
    path = write(tmp_path / f"c.{ending}", columns)
    with pytest.raises(UsageError, match=rf"row 1 \(problem 'a'\): column {column} .*{told}"):
        read_counts(path)
    if ending == "csv":
        with pytest.raises(UsageError, match=rf"problem 'a': column {column} .*{told}"):
            Counts(**columns)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_rates_are_told_as_rates(tmp_path, ending):
    columns = {"problem_id": ["a", "b", "c"], "n": [16] * 3, "c": [0.0, 0.25, 1.0]}
    path = write(tmp_path / f"c.{ending}", columns)
    with pytest.raises(UsageError, match=r"problem 'b'.*0\.25.*looks like a rate.*convert it with"):
        read_counts(path)
    columns["c"] = [0.0, 0.25, 3.0]
    with pytest.raises(UsageError, match=r"0\.25") as told:
        read_counts(write(tmp_path / f"d.{ending}", columns))
    assert "looks like a rate" not in str(told.value), "3 is no rate"


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
@pytest.mark.parametrize("spelt", [float, str, lambda v: f"{v}.0", lambda v: f" {v} "])
def test_whole_numbers_are_read_however_they_are_written(tmp_path, ending, spelt):
    columns = {"problem_id": ["a", "b"], "n": [16, 128], "c": [3, 0]}
    columns |= {name: list(map(spelt, columns[name])) for name in ("n", "c")}
    found = read_counts(write(tmp_path / f"c.{ending}", columns))
    assert (found.n.tolist(), found.c.tolist()) == ([16, 128], [3, 0])
    direct = Counts(["a", "b"], columns["n"], columns["c"])
    assert (direct.n.tolist(), direct.c.tolist()) == ([16, 128], [3, 0])


def test_what_pandas_wrote_is_read(shared_data):
    folder = shared_data / "faults" / "logs" / "counts_of_other_names"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    found = read_counts(folder / "pandas.csv")
    assert (found.n.tolist(), found.c.tolist()) == ([16, 16, 16], [3, 0, 16])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.csv", "problem_id,n,c,c\na,16,3,4\n"),
        ("c.csv", "c,problem_id,n,c\n3,a,16,4\n"),
        ("c.jsonl", '{"problem_id": "a", "n": 16, "c": 3, "c": 4}\n'),
    ],
)
def test_two_columns_of_one_name_are_refused(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match="2 columns called c"):
        read_counts(tmp_path / name)


def test_spaces_around_names_and_numbers_mean_nothing(tmp_path):
    (tmp_path / "c.csv").write_text("problem_id, n, c\na, 16, 4\n")
    assert read_counts(tmp_path / "c.csv").c.tolist() == [4]
    (tmp_path / "d.csv").write_text("problem_id,n,c, c\na,16,4,5\n")
    with pytest.raises(UsageError, match="2 columns called c"):
        read_counts(tmp_path / "d.csv")


def test_a_repeated_column_that_nobody_reads_is_ignored(tmp_path):
    (tmp_path / "c.csv").write_text("problem_id,n,c,note,note\na,16,3,x,y\n")
    assert read_counts(tmp_path / "c.csv").c.tolist() == [3]


def test_a_row_without_an_id_is_told(tmp_path):
    (tmp_path / "c.csv").write_text("problem_id,n,c\na,16,3\n,16,4\n")
    with pytest.raises(UsageError, match="row 2 has no problem_id"):
        read_counts(tmp_path / "c.csv")


def test_counts_take_what_callers_hold():
    for n in (np.array([4.0, 8.0]), iter([4, 8]), (Decimal(4), Fraction(8)), pl.Series([4, 8])):
        assert Counts(["a", "b"], n, [0, 1]).n.tolist() == [4, 8]
    with pytest.raises(UsageError, match=r"problem 'b': column c .*4\.5"):
        Counts(["a", "b"], [16, 16], np.array([4.0, 4.5]))
    with pytest.raises(UsageError, match=r"problem 'a': column c .*nan"):
        Counts(["a", "b"], [16, 16], np.array([np.nan, 4.0]))
    with pytest.raises(UsageError, match=r"c has shape \(3,\)"):
        Counts(["a", "b"], [16, 16], [1, 2, 3])
    with pytest.raises(UsageError, match="n=16, c=17"):
        Counts(["a"], [16], [17])


def test_unknown_forms_are_told(counts, tmp_path):
    with pytest.raises(UsageError, match="id_column is 'name'; allowed: problem_id, id"):
        write_counts(counts, tmp_path / "c.csv", id_column="name")
    with pytest.raises(UsageError, match=r"ends in '\.xlsx'; allowed: \.csv, \.parquet, \.jsonl"):
        write_counts(counts, tmp_path / "c.xlsx")
    assert not list(tmp_path.iterdir())


def test_plain_values_print_for_people_and_dump_to_json(counts):
    assert str(counts) == (
        "3 problems, 8 to 16 scored samples each (fixed): 19 of 40 correct; problems never "
        "solved: 1, always: 1; samples unscored: 8"
    )
    even = Counts(["a", "b", "c"], [4, 4, 4], [0, 4, 1])
    curve = mean_curve(pass_at_k(even.n, even.c, [1, 2]), np.array([1, 2]), replicates=200)
    assert "  2      0.500" in str(curve)
    assert [row["k"] for row in json.loads(json.dumps(curve.to_dict()))["curve"]] == [1, 2]
    unknown = Estimate(0.5, np.nan, np.nan, method="exact", notes=("too few problems",))
    assert str(unknown) == "0.500 (unknown to unknown; 95% exact)\n  note: too few problems"
