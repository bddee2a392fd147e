"""kill -9 at random moments, the same command again: the same counts, and nothing is left behind.

The command runs as its own process, which is killed after a random part of the time that it takes
undisturbed.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from passgap.runs import Run, is_run
from passgap.stages.counting import count

pytestmark = pytest.mark.slow
KILLS = 4
N = 100
PROBLEMS = 60


def start(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "passgap", *map(str, arguments)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def ends_well(folder, *arguments):
    """How many seconds it takes."""
    begun = time.monotonic()
    process = start(folder, *arguments)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    return time.monotonic() - begun


def killed(folder, seconds, *arguments):
    """Begin the command and kill it after so many seconds; whether it was still at work."""
    process = start(folder, *arguments)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        return True
    return False


SAMPLE = ("sample", "fake", "p.jsonl", "--engine", "fake")
VERIFY = ("verify", "run", "--verifier", "numeric")
COMMANDS = {
    "sample": (*SAMPLE, "-n", N, "--out", "new"),
    "top up": (*SAMPLE, "-n", 3 * N, "--top-up", "--out", "run"),
    "verify": VERIFY,
    "import": ("import", "log.jsonl", "--out", "new"),
    "merge": ("merge", "run", "other", "--out", "new"),
    "report": ("report", "run", "--out", "pages/report.html"),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Problems, two verified runs of them, and a log."""
    root = tmp_path_factory.mktemp("whole")
    ids = range(PROBLEMS)
    rows = [{"question": f"What is {i}?", "answer": str(i), "verifier": "exact"} for i in ids]
    log = [
        {"problem_id": f"q{i}", "question": f"Which is {i}?", "answer": str(i), "correct": d % 2,
         "completion": f"{d} " * 200}
        for i in ids for d in range(N)
    ]  # fmt: skip
    for name, found in (("p.jsonl", rows), ("log.jsonl", log)):
        (root / name).write_text("".join(json.dumps(row) + "\n" for row in found))
    for name, first in (("run", 0), ("other", N)):
        ends_well(root, *SAMPLE, "-n", N, "--first-draw", first, "--out", name)
        ends_well(root, "verify", name)
    return root


def rows_and_counts(folder):
    """Every run below a folder: its samples, and its counts where it is verified."""
    found = {}
    for path in sorted(folder.iterdir()):
        if is_run(path):
            run = Run(path)
            marked = run.latest_verifier()
            whole = marked is not None and run.outcome_names(marked) == set(run.blocks)
            counted = count(run).c.tolist() if whole else None
            rows = run.scan_completions().collect().sort("problem_id", "draw")
            found[path.name] = (rows.drop("token_ids", "logprob").rows(), marked, counted)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_the_same_command_after_kills_makes_the_same(name, whole, tmp_path):
    shutil.copytree(whole, tmp_path / "undisturbed")
    shutil.copytree(whole, tmp_path / "killed")
    took = ends_well(tmp_path / "undisturbed", *COMMANDS[name])
    rng = np.random.default_rng(len(name))
    landed = [
        killed(tmp_path / "killed", seconds, *COMMANDS[name])
        for seconds in took * rng.uniform(0.3, 1.0, KILLS)
    ]
    assert any(landed)
    ends_well(tmp_path / "killed", *COMMANDS[name])
    assert rows_and_counts(tmp_path / "killed") == rows_and_counts(tmp_path / "undisturbed")
    assert not list((tmp_path / "killed").rglob("*.tmp"))
