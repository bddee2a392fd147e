"""What watching costs per completion: a wrapped reward called once per completion, and record_one.

One command: ``python bench/watch.py [--completions N]``. Out: milliseconds of each and their ratio.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import passgap


def milliseconds(work: Callable[[int], object], times: int) -> float:
    """Per call."""
    start = time.perf_counter()
    for i in range(times):
        work(i)
    return 1e3 * (time.perf_counter() - start) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--completions", type=int, default=2000)
    times = parser.parse_args().completions
    with TemporaryDirectory() as folder:
        called, one_by_one = (
            passgap.Watch(Path(folder) / name, group_size=8) for name in ("called", "one")
        )
        reward = called.reward(lambda prompts, completions, **_: [1.0], correct=0.5)
        whole = milliseconds(
            lambda i: reward(prompts=["q"], completions=["a"], problem_id=[f"p{i // 8}"]), times
        )
        single = milliseconds(
            lambda i: one_by_one.record_one(problem_id=f"p{i // 8}", status="correct", reward=1.0),
            times,
        )
        one_by_one.flush()
    print(f"a wrapped reward, one completion per call: {whole:.2f} ms")
    print(f"record_one: {single:.4f} ms, {whole / single:.0f} times cheaper")


if __name__ == "__main__":
    main()
