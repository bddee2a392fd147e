"""Counts files: out and in again, whole; the forms that other tools read; what is refused."""

import json

import numpy as np
import pytest

from passgap import outcome_matrix, read_counts, write_counts
from passgap.errors import UsageError
from passgap.stats import mean_curve, pass_at_k
from passgap.types import Counts, Estimate


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
        ("c.csv", "problem_id,n,c\na,3,x\n", "column c holds a value that is no whole number"),
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


def test_unknown_forms_are_told(counts, tmp_path):
    with pytest.raises(UsageError, match="id_column is 'name'; allowed: problem_id, id"):
        write_counts(counts, tmp_path / "c.csv", id_column="name")
    with pytest.raises(UsageError, match=r"ends in '\.xlsx'; allowed: \.csv, \.parquet, \.jsonl"):
        write_counts(counts, tmp_path / "c.xlsx")
    assert not list(tmp_path.iterdir())


def test_plain_values_print_for_people_and_dump_to_json(counts):
    assert str(counts) == (
        "3 problems, 8 to 16 scored draws each (fixed): 19 of 40 correct; problems never "
        "solved: 1, always: 1; draws unscored: 8"
    )
    even = Counts(["a", "b", "c"], [4, 4, 4], [0, 4, 1])
    curve = mean_curve(pass_at_k(even.n, even.c, [1, 2]), np.array([1, 2]), replicates=200)
    assert "  2      0.500" in str(curve)
    assert [row["k"] for row in json.loads(json.dumps(curve.to_dict()))["curve"]] == [1, 2]
    unknown = Estimate(0.5, np.nan, np.nan, method="exact", notes=("too few problems",))
    assert str(unknown) == "0.500 (unknown to unknown; 95% exact)\n  note: too few problems"
