"""Lines and values that are too large to be read at once are refused by name; others are streamed.

The limit is a small one here; bench/large_lines.py measures the real one.
"""

import gzip
import io
import json
import tracemalloc

import pytest
from commands import run

from passgap.logs import streams
from passgap.logs.rows import read_rows
from passgap.logs.streams import JsonStream, TooLargeError

ROW = {"problem_id": "p0", "completion": "42", "correct": True}
LARGE = ROW | {"completion": 'a "quoted" \\ text ' * 20}


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(streams, "LARGEST", 200)
    monkeypatch.setattr(streams, "CHUNK", 16)


def written(path, text):
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def as_lines(*rows):
    return "".join(f"{json.dumps(row)}\n" for row in rows)


SIZE = len(json.dumps(LARGE))


@pytest.mark.parametrize("name", ["log.jsonl", "log.jsonl.gz", "log.ndjson"])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (as_lines(LARGE), 1),
        (as_lines(ROW, LARGE), 2),
        ("\n" + as_lines(ROW, ROW, LARGE, ROW), 4),
        (as_lines(ROW, LARGE).rstrip("\n"), 2),
    ],
)
def test_a_large_line_is_named(name, text, line, tmp_path):
    path = written(tmp_path / name, text)
    done = run("import", path, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert f"{path} line {line} has {SIZE} characters; at most 200 are read" in done.stderr
    assert "one line per sample" in done.stderr
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["log.json", "log.jsonl", "log.json.gz"])
def test_a_large_element_of_an_array_is_named(name, tmp_path):
    path = written(tmp_path / name, json.dumps([ROW, ROW, LARGE, ROW]))
    done = run("import", path, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert f"{path}, element 3, has {SIZE} characters; at most 200 are read" in done.stderr


@pytest.mark.parametrize("name", ["log.json", "log.jsonl", "log.json.gz"])
def test_an_array_on_one_long_line_is_read(name, tmp_path):
    rows = [ROW | {"problem_id": f"p{i}"} for i in range(50)]
    assert list(read_rows(written(tmp_path / name, json.dumps(rows)))) == rows


def imported(path, out, *flags):
    done = run("import", "table", path, "--out", out, *flags)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_rows_in_a_large_object_are_read_one_by_one(tmp_path):
    rows = [ROW | {"problem_id": f"p{i}"} for i in range(50)]
    path = written(tmp_path / "log.json", json.dumps({"model": "m", "samples": rows, "v": 1}))
    assert "50 samples of 50 problems" in imported(path, tmp_path / "run")
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["policy"]["path"] == "m"


def test_of_several_lists_in_a_large_object_one_is_chosen(tmp_path):
    rows = [ROW | {"problem_id": f"p{i}"} for i in range(50)]
    path = written(tmp_path / "log.json", json.dumps({"samples": rows, "more": rows}))
    done = run("import", "table", path, "--out", tmp_path / "run")
    assert done.returncode == 2
    assert "choose one: --rows samples, --rows more" in done.stderr
    assert "50 samples" in imported(path, tmp_path / "run", "--rows", "more")


def test_a_large_object_by_problem_is_named(tmp_path):
    rows = {f"p{i}": ROW | {"note": "x" * 5} for i in range(3)}
    path = written(tmp_path / "log.json", json.dumps({"by_problem": rows, "rows": [ROW]}))
    done = run("import", "table", path, "--out", tmp_path / "run")
    assert done.returncode == 2
    size = len(json.dumps(rows))
    assert f"{path}, the value of 'by_problem', has {size} characters" in done.stderr


@pytest.mark.parametrize("chunk", [1, 3, 64])
@pytest.mark.parametrize("size", [150, 199, 200, 201, 1000])
def test_the_limit_does_not_depend_on_how_the_file_is_read(chunk, size, monkeypatch):
    monkeypatch.setattr(streams, "CHUNK", chunk)
    text = json.dumps("x" * (size - 2))
    stream = JsonStream(io.StringIO(f"[{text}, 7]"), "d")
    steps = stream.elements()
    next(steps)
    if size <= 200:
        assert stream.value() == json.loads(text)
    else:
        with pytest.raises(TooLargeError, match=f"d, element 1, has {size:,} characters"):
            stream.value()
    next(steps)
    assert stream.value() == 7


def test_a_large_text_that_is_left_is_not_held(monkeypatch):
    monkeypatch.setattr(streams, "CHUNK", 1 << 10)
    file = io.StringIO(
        json.dumps({"left": 'x\\"' * 1_000_000, "deep": [["y" * 1_000_000]], "n": 7})
    )
    tracemalloc.start()
    stream = JsonStream(file, "d")
    found = {key: stream.value() for key in stream.members() if key == "n"}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == {"n": 7}
    assert peak < 1 << 16
