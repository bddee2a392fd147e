"""Time and memory of reading a large run: counting, data checks, verifying.

    python bench/store.py --out runs/large            10 million completions, made with known p

Each reading happens in a process of its own, whose peak memory is read from the kernel.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from passgap.data.policies import Policy, SamplingParams
from passgap.data.problems import Problem, ProblemSet
from passgap.runs import Run, is_run
from passgap.stages.sampling import sample
from passgap.stages.verifying import verify

JOBS = {
    "passgap.count": "from passgap.stages.counting import count; from passgap.runs import Run; "
    "print(count(Run({path!r})).c.sum())",
    "passgap check": "from passgap.checks import check; from passgap.runs import Run; "
    "print(len(check(Run({path!r})).findings))",
    "polars, all columns": "import polars as pl; "
    "print(len(pl.read_parquet({path!r} + '/completions/*.parquet')))",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/large"))
    parser.add_argument("--problems", type=int, default=10_000)
    parser.add_argument("-n", type=int, default=1_000)
    args = parser.parse_args()
    if not is_run(args.out) or Run(args.out).owed():
        start = time.perf_counter()
        problems = ProblemSet.of(
            "large",
            [Problem(f"What is {i} + 1?", str(i + 1), "exact") for i in range(args.problems)],
        )
        sample(
            Policy("known"),
            problems,
            n=args.n,
            out=args.out,
            sampling=SamplingParams(8),
            engine="fake",
        )
        print(f"drawn in {time.perf_counter() - start:,.0f} s", flush=True)
    start = time.perf_counter()
    verify(Run(args.out))
    print(f"verified in {time.perf_counter() - start:,.0f} s", flush=True)
    size = sum(file.stat().st_size for file in args.out.rglob("*.parquet")) / 1e9
    print(f"{args.problems * args.n:,} completions, {size:.2f} GB on disk\n")
    print("| what | seconds | peak memory, GB |")
    print("| --- | --- | --- |")
    for name, code in JOBS.items():
        seconds, peak = measured(code.format(path=str(args.out)))
        print(f"| {name} | {seconds:.1f} | {peak:.2f} |", flush=True)


def measured(code: str) -> tuple[float, float]:
    """Wall seconds and peak resident gigabytes of a process that runs ``code``."""
    watch = (
        "import resource, subprocess, sys; "
        "code = subprocess.run([sys.executable, '-c', sys.argv[1]], stdout=subprocess.DEVNULL)"
        ".returncode; print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", watch, code], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    failed, peak = done.stdout.split()
    if failed != "0":
        sys.exit(f"failed: {done.stderr}")
    scale = 1 if sys.platform == "darwin" else 1024
    return seconds, int(peak) * scale / 1e9


if __name__ == "__main__":
    main()
