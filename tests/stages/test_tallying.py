"""A table with a row per sample is counted, whatever holds it; what would mislead is refused."""

import json

import pandas as pd
import polars as pl
import pytest

import passgap
from passgap.errors import UsageError

ROWS = [("q1", True), ("q2", False), ("q1", False), ("q1", True), ("q2", False), ("q3", None)]


def written(tmp_path, ending, marks=None, **more):
    rows = [
        {"problem_id": i, "sample_text": "said, with a comma", "correct": mark, **more}
        for i, mark in (marks or ROWS)
    ]
    path = tmp_path / f"samples{ending}"
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if ending == ".csv":
        frame.write_csv(path)
    elif ending == ".parquet":
        frame.write_parquet(path)
    else:
        path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def columns(counts):
    return list(
        zip(counts.problem_id, counts.n.tolist(), counts.c.tolist(), counts.unscored, strict=True)
    )


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".jsonl"])
def test_a_file_of_marked_samples_is_counted(tmp_path, ending):
    counts = passgap.read_counts(written(tmp_path, ending))
    assert columns(counts) == [("q1", 3, 2, 0), ("q2", 2, 0, 0), ("q3", 0, 0, 1)]


@pytest.mark.parametrize("frame", [pl.DataFrame, pd.DataFrame])
def test_a_frame_of_marked_samples_is_counted(frame):
    rows = {"problem_id": ["a"] * 40 + ["b"] * 40, "correct": [True] * 10 + [False] * 70}
    probed = passgap.probe(frame(rows))
    assert (probed.problems, probed.draws) == (2, 80)
    assert probed.curve.at(1).value == pytest.approx(10 / 80)


@pytest.mark.parametrize(
    ("right", "wrong"), [("1", "0"), ("True", "False"), ("yes", "no"), (1.0, 0.0)]
)
def test_words_and_numbers_are_marks_too(tmp_path, right, wrong):
    marks = [("q1", right), ("q1", wrong), ("q2", wrong)]
    counts = passgap.read_counts(written(tmp_path, ".csv", marks))
    assert columns(counts) == [("q1", 2, 1, 0), ("q2", 1, 0, 0)]


def test_partial_credit_is_refused_with_what_reads_it(tmp_path):
    with pytest.raises(
        UsageError, match=r"row 2 \(problem 'q1'\): correct is '0.5'; allowed: true"
    ):
        passgap.read_counts(written(tmp_path, ".csv", [("q1", 1), ("q1", 0.5)]))


def test_samples_of_two_policies_are_not_pooled(tmp_path):
    frame = pl.DataFrame({"problem_id": ["a", "a"], "correct": [1, 0], "model": ["x", "y"]})
    with pytest.raises(UsageError, match=r"field model tells several policies apart: it is x, y"):
        passgap.probe(frame)


def test_a_sample_given_twice_is_refused(tmp_path):
    frame = pl.DataFrame({"problem_id": ["a", "a"], "correct": [1, 0], "draw": [3, 3]})
    with pytest.raises(UsageError, match="draw 3 of problem 'a' more than once"):
        passgap.probe(frame)


def test_a_cluster_is_of_the_problem(tmp_path):
    rows = {"problem_id": ["a", "a", "b"], "correct": [1, 0, 1], "cluster": ["x", "x", "y"]}
    frame = pl.DataFrame(rows)
    frame.write_csv(tmp_path / "samples.csv")
    assert passgap.read_counts(tmp_path / "samples.csv").cluster == ("x", "y")
    varying = frame.with_columns(cluster=pl.Series(["x", "z", "y"]))
    varying.write_csv(tmp_path / "varying.csv")
    with pytest.raises(UsageError, match="problem 'a' has several values of cluster"):
        passgap.read_counts(tmp_path / "varying.csv")


def test_slices_by_a_column_of_the_samples():
    rows = {
        "problem_id": [f"q{i}" for i in range(40) for _ in range(40)],
        "correct": [j < i for i in range(40) for j in range(40)],
        "subject": [["algebra", "number theory"][i % 2] for i in range(40) for _ in range(40)],
    }
    found = passgap.compare_by(pl.DataFrame(rows), pl.DataFrame(rows), "subject")
    assert {one.name: one.problems for one in found.slices} == {"algebra": 20, "number theory": 20}


def test_a_table_of_neither_kind_says_what_is_read(tmp_path):
    (tmp_path / "odd.csv").write_text("task,right\na,1\n")
    with pytest.raises(UsageError, match=r"problem_id, correct \(one row per sample\)"):
        passgap.read_counts(tmp_path / "odd.csv")
