"""passgap.mark and verify --try: lengths, one gold for all, reasons, what is refused."""

import json
import logging

import pytest

import passgap
from passgap.cli import main
from passgap.errors import UsageError


def test_one_reference_serves_all_texts():
    marks = passgap.mark("5", [r"\boxed{5}", "#### 6", "I wonder"])
    assert [mark.status for mark in marks] == ["correct", "incorrect", "incorrect"]
    assert marks[2].reason == "no_answer"


def test_a_cut_text_says_so():
    (mark,) = passgap.mark("5", ["<think>it may be 5"], finish_reasons=["length"])
    assert (mark.status, mark.reason, mark.readings.thinking) == (
        "incorrect", "truncated", "never_ends",
    )  # fmt: skip


def test_it_prints_why():
    (mark,) = passgap.mark("18", ["So 9*2=18. The answer is 19 dollars."])
    assert str(mark).splitlines() == [
        "incorrect: 19 dollars",
        "  asked incorrect, final incorrect, any correct",
        "  value at 3 to 9: 18",
        "  stated at 25 to 36: 19 dollars",
        "  value at 25 to 27: 19",
    ]


@pytest.mark.parametrize(
    ("golds", "texts", "options", "words"),
    [
        (["1", "2"], ["1"], {}, "2 golds for 1 texts"),
        (["1"], ["1"], {"finish_reasons": ["stop", "stop"]}, "2 finish_reasons for 1"),
        (["1"], ["1"], {"finish_reasons": ["eos"]}, "'eos'; allowed: stop, length"),
        (["1"], ["1"], {"verifier": "code"}, "needs a problem's tests"),
        (["1"], ["1"], {"verifier": "magic"}, "'magic' is unknown"),
    ],
)
def test_what_cannot_be_marked_is_refused(golds, texts, options, words):
    with pytest.raises(UsageError, match=words):
        passgap.mark(golds, texts, **options)


def test_a_verifier_that_raises_is_named_once(tmp_path, monkeypatch, caplog):
    (tmp_path / "raising.py").write_text("def check(text, problem):\n    raise KeyError('x')\n")
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.WARNING, logger="passgap.marks"):
        marks = passgap.mark("1", ["1", "2"], verifier="python:raising:check")
    assert [mark.status for mark in marks] == ["unscored", "unscored"]
    (record,) = caplog.records
    assert "2 texts are unscored: KeyError" in record.getMessage()


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr("sys.argv", ["passgap", *arguments])
    code = 0
    try:
        code = main() or 0
    except SystemExit as ended:
        code = ended.code or 0
    return code, capsys.readouterr()


def test_try_shows_candidates_and_how_both_are_read(monkeypatch, capsys):
    code, shown = run(monkeypatch, capsys, "verify", "--try", "[3,\\infty)", r"\boxed{x \ge 3}")
    assert code == 0
    assert "reference read as" in shown.out
    assert "answer read as set of numbers: [3, \\infty)" in shown.out
    assert shown.out.startswith("correct")


def test_try_as_json(monkeypatch, capsys):
    code, shown = run(monkeypatch, capsys, "verify", "--try", "B", "It is B.", "--verifier",
                      "choice", "--json")  # fmt: skip
    data = json.loads(shown.out)
    assert (code, data["schema"], data["status"]) == (0, "passgap.mark/1", "correct")
    assert data["candidates"][0]["status"] == "correct"


def test_verify_without_a_run_says_what_it_needs(monkeypatch, capsys):
    code, shown = run(monkeypatch, capsys, "verify")
    assert code == 2
    assert "needed: RUN..., or --try GOLD TEXT" in shown.err
