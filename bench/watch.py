"""What watching costs per completion: a wrapped reward called once per completion, and record_one.

One command: ``python bench/watch.py [--completions N]``. Out: milliseconds of each, and how many of
them are the processor's; the others wait for the disk or for other programs.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import passgap


def milliseconds(work: Callable[[int], object], times: int) -> tuple[float, float]:
    """Per call: on the clock, and of the processor. The first call, which imports, is left out."""
    work(0)
    start, used = time.perf_counter(), time.process_time()
    for i in range(times):
        work(i)
    return tuple(
        1e3 * since / times for since in (time.perf_counter() - start, time.process_time() - used)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--completions", type=int, default=200)
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
            100 * times,
        )
        one_by_one.flush()
    for name, (clock, processor) in (("a wrapped reward", whole), ("record_one", single)):
        print(f"{name}, one completion per call: {clock:.4f} ms, {processor:.4f} of the processor")


if __name__ == "__main__":
    main()
