"""``passgap watch``: a training run's folder in, its state out, while it runs and afterwards."""

import json
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from passgap import Counts, write_counts
from passgap.cli import main
from passgap.runs import WatchLog

COMMAND = [sys.executable, "-c", "from passgap.cli import main; main()", "watch"]


@pytest.fixture
def run(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")

    def start(*arguments):
        monkeypatch.setattr(sys, "argv", ["passgap", "watch", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return SimpleNamespace(
            returncode=ended.value.code or 0, stdout=captured.out, stderr=captured.err
        )

    return start


def record(log, step, hits, size=8):
    """One group a problem; ``hits`` of ``size`` completions are correct."""
    marks = [["correct"] * c + ["incorrect"] * (size - c) for c in hits]
    log.append(
        step,
        {
            "problem_id": [f"p{i}" for i in range(len(hits)) for _ in range(size)],
            "status": [mark for group in marks for mark in group],
            "tokens": [12] * (size * len(hits)),
        },
    )


@pytest.fixture
def folder(tmp_path):
    log = WatchLog(tmp_path / "run" / "watch", about={"step": "trainer", "group_size": 8})
    rng = np.random.default_rng(2)
    for step in range(6):
        record(log, step, rng.binomial(8, 0.3, 20).tolist())
    curve = [{"k": k, "value": 0.1 * k, "low": 0.05 * k, "high": 0.15 * k} for k in (1, 2, 4)]
    rows = [{"step": step, "curve": curve} for step in (0, 6)]
    torn = json.dumps({"step": 12, "curve": curve})[:20]
    lines = "".join(json.dumps(row) + "\n" for row in rows) + torn
    (tmp_path / "run" / "held_out.jsonl").write_text(lines)
    return tmp_path / "run"


def test_the_state_of_a_run_in_words_and_as_json(run, folder, tmp_path):
    ids = [f"p{i}" for i in range(20)]
    base = Counts(ids, np.full(20, 32), np.random.default_rng(1).binomial(32, 0.3, 20))
    write_counts(base, tmp_path / "base.csv")
    shown = run(folder, "--base", tmp_path / "base.csv", "--full")
    assert (shown.returncode, shown.stderr) == (0, "")
    for text in (
        "Step 5: 960 completions, groups of 8",
        "20 of 20 problems solved at least once",
        "they agree",
        "held-out problems since the first measurement",
        "forecast",
        "1/8 to 9/10",
    ):
        assert text in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80
    asked = ("--base", tmp_path / "base.csv", "--every", 3, "--json")
    found = json.loads(run(folder / "watch", *asked).stdout)
    assert found["schema"] == "passgap.watching/1"
    assert [row["last_step"] for row in found["steps"]] == [2, 5]
    assert found["agreement"]["agrees"] is True
    assert [row["k"] for row in found["held_out"]] == [1, 2, 4]


def test_warnings_come_first(run, tmp_path):
    log = WatchLog(tmp_path / "watch")
    for step in range(10):
        record(log, step, [8] * 60)
    lines = run(tmp_path).stdout.splitlines()
    assert "warning" in lines[1]
    assert "100% all right" in " ".join(lines[:4])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere",), "has no watch folder"),
        (("{}", "--every", 0), "every is 0"),
        (("{}", "--group-size", 1), "group_size is 1"),
        (("{}", "--base", "no.csv"), "neither a run folder nor a counts file"),
        (("{}", "--follow", "--json"), "--follow with --json"),
        (("{}", "--follow", "--seconds", 0), "seconds is 0"),
    ],
)
def test_wrong_usage_is_one_line(run, folder, arguments, message):
    done = run(*(str(part).format(folder) for part in arguments))
    assert done.returncode == 2
    assert done.stderr.startswith("passgap: ")
    assert len(done.stderr.splitlines()) == 1
    assert message in done.stderr


def test_an_empty_watch_folder_says_so(run, tmp_path):
    WatchLog(tmp_path / "watch", about={})
    done = run(tmp_path)
    assert done.returncode == 2
    assert "nothing is recorded yet" in done.stderr


def test_following_waits_shows_what_comes_and_ends_with_the_training(tmp_path):
    folder = tmp_path / "run"
    child = subprocess.Popen(
        [*COMMAND, str(folder), "--follow", "--seconds", "0.05"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "waiting for the first reward call\n"
    log = WatchLog(folder / "watch", about={"step": "trainer", "group_size": 8})
    for step in range(2):
        record(log, step, [1, 2, 3])
        while not (line := child.stdout.readline()).startswith("Step"):
            assert line
        assert line.startswith(f"Step {step}: {24 * (step + 1)} completions")
    (folder / "passgap_policy.json").write_text("{}")
    child.communicate(timeout=20)
    assert child.returncode == 0


def test_follow_prints_for_people_only(run, folder):
    told = run(folder, "--follow", "--json")
    assert told.returncode == 2
    assert "--follow with --json; allowed" in told.stderr
