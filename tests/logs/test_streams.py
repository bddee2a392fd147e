"""JSON read piece by piece equals JSON read at once, whatever the pieces are."""

import io
import json
import tracemalloc

import pytest

from passgap.errors import UsageError
from passgap.logs import streams
from passgap.logs.rows import decoded, starts_with
from passgap.logs.streams import JsonStream

DOCUMENT = {
    "version": 2,
    "eval": {"n": 12345, "name": 'q"uo\\te }', "list": []},
    "empty": {},
    "samples": [{"id": i, "x": [1.5, None, True, "ü\n"], "e": {}} for i in range(5)],
    "last": 1.25e-3,
}


@pytest.mark.parametrize("chunk", [1, 2, 7, 4096])
@pytest.mark.parametrize("indent", [None, 2])
def test_members_and_elements(monkeypatch, chunk, indent):
    monkeypatch.setattr(streams, "CHUNK", chunk)
    stream = JsonStream(io.StringIO(json.dumps(DOCUMENT, indent=indent)), "d")
    found = {}
    for key in stream.members():
        if key == "samples":
            found[key] = [stream.value() for _ in stream.elements()]
        elif key != "eval":  # left: it is dropped
            found[key] = stream.value()
    assert found == {k: v for k, v in DOCUMENT.items() if k != "eval"}


@pytest.mark.parametrize(
    "text", ["", '{"a": 1', '{"a": {"b": "x', '{"a": ["]"', '{"a" 1}', "[1, 2", '{"a": tru}']
)
def test_what_is_cut_is_named(text):
    stream = JsonStream(io.StringIO(text), "cut.json")
    with pytest.raises(UsageError, match=r"cut\.json is not complete JSON"):
        _ = [stream.value() for _ in (stream.elements() if text[:1] == "[" else stream.members())]


def test_what_is_left_is_not_built(monkeypatch):
    monkeypatch.setattr(streams, "CHUNK", 1 << 14)
    large = [{"text": "x" * 100, "n": [1, 2, 3]}] * 20_000
    file = io.StringIO(json.dumps({"left": large, "taken": 7}))
    tracemalloc.start()
    stream = JsonStream(file, "d")
    found = {key: stream.value() for key in stream.members() if key == "taken"}
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == {"taken": 7}
    assert peak < 1 << 19


@pytest.mark.parametrize(
    "text",
    [
        *('{"a": [1.5e-3, "\\u00fc\\/", null]}', "12345678901234567890123", "-0", "-0.0", "NaN"),
        *("1e999", '"\\ud800"', '{"a": 1, "a": 2}', " [1]\n", "0.1", "1e5", '"\u2028"'),
    ],
)
def test_a_line_means_what_the_standard_library_reads(text):
    assert repr(decoded(text)) == repr(json.loads(text))


@pytest.mark.parametrize("text", ["", "{", "01", "[1,]", '"a\tb"', "1.", "[1] 2", "[" * 100_000])
def test_a_line_that_is_no_json_is_refused_as_by_the_standard_library(text):
    with pytest.raises((ValueError, RecursionError)) as theirs:
        json.loads(text)
    with pytest.raises(type(theirs.value)) as ours:
        decoded(text)
    assert str(ours.value) == str(theirs.value)


@pytest.mark.parametrize(("text", "first"), [("", ""), (" \n\t", ""), (" " * 2000 + "\n[1]", "[")])
def test_the_first_character_is_found_after_any_space(tmp_path, text, first):
    path = tmp_path / "log.jsonl"
    path.write_text(text)
    assert starts_with(path) == first
