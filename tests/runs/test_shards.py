"""A shard is read by the thread that asks for it."""

import fcntl
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from passgap.runs import write_text
from passgap.runs.shards import write_shard

READ = """
import os, sys, time
from passgap.runs.shards import read_shard

def threads():  # those that have a name of their own are not Arrow's
    tasks = os.listdir("/proc/self/task")
    names = [open(f"/proc/self/task/{task}/comm").read() for task in tasks]
    return names.count(open("/proc/self/comm").read())

before = threads()
with open(sys.argv[1], "rb") as file:
    rows = len(read_shard("s.parquet", file))
    until = time.monotonic() + 5  # a thread of polars gets its name a moment after it started
    while threads() > before and time.monotonic() < until:
        time.sleep(0.01)
    print(rows, "rows", threads() - before, "threads")
"""


def test_what_a_killed_writer_left_is_removed_and_a_living_ones_is_not(tmp_path):
    path, dead, alive = (tmp_path / n for n in ("a.html", ".a.html.1.tmp", ".a.html.2.tmp"))
    dead.write_text("half")
    with alive.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_text("whole", path)
    assert sorted(tmp_path.iterdir()) == [alive, path]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_arrow_starts_no_thread_that_could_be_left_with_bytes_of_the_file(tmp_path):
    """One that lets go of them when the interpreter has ended aborts the process."""
    shard = tmp_path / "s.parquet"
    write_shard(pl.DataFrame({name: list(range(5_000)) for name in "abcdefgh"}), shard)
    done = subprocess.run(
        [sys.executable, "-c", READ, shard], capture_output=True, text=True, check=True
    )
    assert done.stdout == "5000 rows 0 threads\n"
