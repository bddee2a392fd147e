"""A full disk: one line that names the folder, exit code 1, and nothing half written is left.

Each command writes to a small file system in memory with so many bytes free; where none can be
mounted, the sync of whatever is written fails as on a full disk.
"""

import errno
import json
import os
import shutil
import subprocess
import sys

import pytest
from commands import run as passgap

from passgap.logs.sorting import Sorter

pytestmark = pytest.mark.slow

N = 4
SIZE = 1 << 20


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Problems, two verified runs of them with a long text each, and a log."""
    root = tmp_path_factory.mktemp("whole")
    rows = [{"question": f"What is {i}?", "answer": str(i), "verifier": "exact"} for i in range(40)]
    write_lines(root / "p.jsonl", rows)
    for name, first in (("run", 0), ("other", N)):
        assert passgap(*sampled(root, root / name), "--first-draw", first).returncode == 0
        assert passgap("verify", root / name).returncode == 0
    held = [{**row, "question": f"And {row['question']}"} for row in rows]
    write_lines(root / "held.jsonl", held)
    log = [
        {"problem_id": f"q{i}", "question": f"Which is {i}?", "answer": str(i), "correct": d % 2,
         "completion": os.urandom(300).hex()}
        for i in range(40) for d in range(N)
    ]  # fmt: skip
    write_lines(root / "log.jsonl", log)
    teach = ("select", root / "run", "--out", root / "teach", "--size", 16)
    assert passgap(*teach).returncode == 0
    return root


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def sampled(root, out, n=N):
    return ("sample", "fake", root / "p.jsonl", "-n", n, "--engine", "fake", "--out", out)


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A folder on its own file system, and a function that leaves so many bytes free on it."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    mounted = os.geteuid() == 0 and not subprocess.run(mount, capture_output=True).returncode

    def left(free):
        if not mounted:
            monkeypatch.setattr(os, "fsync", no_space)
            return
        stat = os.statvfs(place)
        (place / "ballast").write_bytes(bytes(max(0, stat.f_bavail * stat.f_frsize - free)))

    yield place, left
    if mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def no_space(path):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def job(name):
    return lambda root, disk: (
        "export", name, root / "teach", "--policy", "lab:base", "--held-out", root / "held.jsonl",
        "--out", disk / "job",
    )  # fmt: skip


def result(name, suffix=""):
    return lambda root, disk: ("export", name, root / "run", "--out", disk / f"result{suffix}")


COMMANDS = {
    "report": lambda root, disk: ("report", root / "run", "--out", disk / "report.html"),
    "figures": lambda root, disk: (
        "report", root / "run", "--out", root / "report.html", "--figures", disk / "figures",
    ),
    "figure": lambda root, disk: (
        "compare", root / "run", root / "other", "--unpaired", "--figure", disk / "curve.svg",
    ),
    "sheet": lambda root, disk: ("audit", root / "run", "--sheet", disk / "sheet.csv"),
    "select": lambda root, disk: ("select", root / "run", "--size", 16, "--out", disk / "teach"),
    "sample": lambda root, disk: sampled(root, disk / "run"),
    "import": lambda root, disk: ("import", root / "log.jsonl", "--out", disk / "run"),
    "merge": lambda root, disk: ("merge", root / "run", root / "other", "--out", disk / "run"),
    "verl": job("verl"),
    "openrlhf": job("openrlhf"),
    "trl": job("trl"),
    "counts csv": result("counts", ".csv"),
    "counts parquet": result("counts", ".parquet"),
    "counts jsonl": result("counts", ".jsonl"),
    "passk-inference": result("passk-inference", ".jsonl"),
    "scorio": result("scorio", ".npy"),
    "dataset": result("dataset"),
}  # fmt: skip
WITHIN = {
    "verify": lambda run: ("verify", run, "--verifier", "numeric"),
    "top up": lambda run: (*sampled(run.parent, run, 2 * N), "--top-up"),
}


def is_one_line_and_nothing_is_left(told, place):
    assert told.returncode == 1, told.stderr
    said = [line for line in told.stderr.splitlines() if line.startswith("passgap: ")]
    assert len(said) == 1
    assert str(place) in said[0]
    assert "space" in said[0].lower()
    assert "Traceback" not in told.stderr
    assert not list(place.rglob("*.tmp"))


@pytest.mark.parametrize("free", [0, pytest.param(4096, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_full_disk_is_one_line(name, free, whole, disk):
    place, left = disk
    left(free)
    told = passgap(*COMMANDS[name](whole, place))
    if free and told.returncode == 0:
        return  # it was enough
    is_one_line_and_nothing_is_left(told, place)


@pytest.mark.parametrize("name", WITHIN)
def test_a_disk_that_is_full_later_loses_nothing(name, whole, disk):
    place, left = disk
    shutil.copy(whole / "p.jsonl", place)
    run = place / "run"
    shutil.copytree(whole / "run", run)
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    left(0)
    is_one_line_and_nothing_is_left(passgap(*WITHIN[name](run)), place)
    assert {path: path.read_bytes() for path in before} == before


def test_a_log_that_does_not_fit_in_memory(whole, disk, monkeypatch):
    place, left = disk
    monkeypatch.setitem(Sorter.__init__.__kwdefaults__, "buffer", 5_000)
    left(8192)
    is_one_line_and_nothing_is_left(passgap(*COMMANDS["import"](whole, place)), place)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no /dev/full")
@pytest.mark.parametrize("flags", [[], ["--json"], ["--markdown"]])
def test_what_is_printed_to_a_full_disk(flags, whole):
    typed = [sys.executable, "-m", "passgap", "probe", str(whole / "run"), "--k-large", "4", *flags]
    with open("/dev/full", "w") as full:
        told = subprocess.run(typed, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr.splitlines() == [
        "passgap: cannot write the result: No space left on device; free space, and run the same "
        "command again"
    ]
