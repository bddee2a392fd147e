"""Time and memory of reading large runs, beside polars reading the same columns in the same run.

    python bench/store.py --out runs/bench-store

Makes the runs once (bench/fabricate.py, about 7 GB), with known success rates. Each reading happens
in a process of its own, whose peak memory and processor time are read from the kernel; so do the
start of Python and the imports, which count.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from fabricate import VERIFIER, fabricated

COUNT = """
from passgap.runs import Run
from passgap.stages.counting import count
print(count(Run({path!r})).c.sum())
"""
POLARS = """
import polars as pl
drawn = pl.scan_parquet({path!r} + '/completions/*.parquet')
marks = pl.scan_parquet({path!r} + '/outcomes/{verifier}/*.parquet')
print(len(drawn.select('problem_id', 'draw', 'finish_reason').collect()), len(marks.collect()))
"""
COMMAND = """
import sys
from passgap.cli import main
sys.argv = ['passgap', *{words!r}]
main()
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/bench-store"))
    parser.add_argument("--scale", type=float, default=1.0, help="share of the problems")
    args = parser.parse_args()
    print("| what | seconds | CPU seconds | peak memory, GB |")
    print("| --- | --- | --- | --- |")
    for name, code in jobs(args.out, args.scale):
        seconds, busy, peak = measured(code)
        print(f"| {name} | {seconds:.1f} | {busy:.1f} | {peak:.2f} |", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def jobs(out: Path, scale: float) -> list[tuple[str, str]]:
    """What is measured, and the code that does it."""

    def made(name: str, problems: int, n: int, delta: float = 0.0) -> str:
        return str(fabricated(out / name, max(20, int(problems * scale)), n, delta=delta).place)

    large, many = made("large", 10_000, 1_000), made("many", 20_000, 100)
    short, page = made("short", 100_000, 4), str(out / "report.html")
    base, trained = made("base", 1_000, 1_000), made("trained", 1_000, 1_000, 1.0)
    found = [
        ("`count`, 10,000 problems x 1,000", COUNT.format(path=large)),
        ("polars, the same columns", POLARS.format(path=large, verifier=VERIFIER)),
        ("`check`, 20,000 x 100", command("check", many)),
        ("polars, the same columns", POLARS.format(path=many, verifier=VERIFIER)),
        ("`probe`, 100,000 x 4", command("probe", short)),
        ("`report`, 100,000 x 4", command("report", short, "--out", page)),
        ("`report` of two, 1,000 x 1,000", command("report", base, trained, "--out", page)),
    ]
    for power in (5, 7, 9):
        table = out / f"n{power}.csv"
        n = 10**power
        rows = [f"{i},{n},{n * i // 80}\n" for i in range(80)]
        table.write_text("problem_id,n,c\n" + "".join(rows))
        found.append((f"`probe` of counts, n = 10^{power}", command("probe", str(table))))
    return found


def command(*words: str) -> str:
    return COMMAND.format(words=list(words))


def measured(code: str) -> tuple[float, float, float]:
    """Wall and processor seconds, and peak resident gigabytes, of a process that runs ``code``."""
    watch = (
        "import resource, subprocess, sys; "
        "code = subprocess.run([sys.executable, '-c', sys.argv[1]], stdout=subprocess.DEVNULL)"
        ".returncode; used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(code, used.ru_utime + used.ru_stime, used.ru_maxrss)"
    )
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", watch, code], capture_output=True, text=True)
    seconds = time.perf_counter() - start
    failed, busy, peak = done.stdout.split()
    if failed != "0":
        sys.exit(f"failed: {done.stderr}")
    scale = 1 if sys.platform == "darwin" else 1024
    return seconds, float(busy), int(peak) * scale / 1e9


if __name__ == "__main__":
    main()
