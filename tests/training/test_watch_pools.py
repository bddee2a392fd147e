"""Rewards called from async code, threads and process pools: no row is lost, nothing hangs."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from passgap.runs.watch import read_watch
from passgap.training.watch import Watch

pytestmark = pytest.mark.slow

POOL = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import polars as pl

import passgap

WATCH = passgap.Watch(sys.argv[1], group_size=4, flush_rows={rows}, flush_seconds=600)


def score(call):
    WATCH.record_one(step={step}, problem_id=f"p{{call % 10}}", status="correct", reward=1.0)


if __name__ == "__main__":
    pl.DataFrame({{"a": range(100_000)}}).group_by(pl.col("a") % 7).len()  # starts polars' threads
    WATCH.record_one(step={first}, problem_id="parent", status="incorrect")
    with ProcessPoolExecutor(2, mp_context=get_context(sys.argv[2])) as pool:
        list(pool.map(score, range({calls})))
"""


def pooled(folder, method, calls, *, rows=256, step=(None, None)):
    program = POOL.format(calls=calls, rows=rows, first=step[0], step=step[1])
    script = folder.with_suffix(".py")
    script.write_text(program)
    done = subprocess.run(
        [sys.executable, script, folder, method], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return read_watch(folder)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_a_process_pool_record_every_call_once(tmp_path, method):
    seen = pooled(tmp_path / "watch", method, 200)
    told = dict(seen.group_by("problem_id").len().iter_rows())
    assert told == {"parent": 1} | {f"p{i}": 20 for i in range(10)}
    assert seen.filter(seen["problem_id"] == "parent")["rank"].to_list() == [0]
    workers = set(seen.filter(seen["problem_id"] != "parent")["rank"])
    ranks = {10_000, 10_001} if method == "fork" else {1, 2}  # a fork may take no launcher's rank
    assert workers
    assert workers <= ranks
    assert seen.filter(seen["problem_id"] == "p3")["step"].to_list() == sorted([*range(5)] * 4)


def test_a_forked_worker_merges_its_small_parts(tmp_path):
    seen = pooled(tmp_path / "watch", "fork", 400, rows=1, step=(0, "call // 40"))
    assert seen["step"].to_list() == [0] + [step for step in range(10) for _ in range(40)]
    assert len(list((tmp_path / "watch").glob("rank-*/part-*"))) < 300


def test_async_rewards_and_their_threads_share_a_watch(tmp_path):
    watch = Watch(tmp_path / "watch", group_size=4)

    def blocking(problem):
        watch.record_one(problem_id=problem, status="correct")

    async def one(problem):
        await asyncio.sleep(0)
        watch.record_one(problem_id=problem, status="incorrect")
        await asyncio.to_thread(blocking, problem)
        await asyncio.get_running_loop().run_in_executor(threads, blocking, problem)

    async def all_of_them():
        await asyncio.gather(*(one(f"p{i % 5}") for i in range(100)))

    with ThreadPoolExecutor(3) as threads:
        asyncio.run(all_of_them())
    watch.flush()
    told = (
        read_watch(tmp_path / "watch")
        .group_by("problem_id", "status")
        .len()
        .sort("problem_id", "status")
    )
    assert told["len"].to_list() == [40, 20] * 5
