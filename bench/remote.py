"""Requests and seconds of the commands that read a run in a bucket, over HTTP on this machine.

    python bench/remote.py [--shards 200]

Makes a run of so many shards (bench/fabricate.py), copies it into an S3 server (moto, in a process
of its own) and runs each command on its URL and on the local copy.
"""

from __future__ import annotations

import argparse
import collections
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from fabricate import fabricated

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from bucket import Bucket, serving

from passgap.runs.manifest import TARGET_BLOCK

N = 32  # samples per problem

COMMANDS = {
    "count": ("export", "counts", "{run}", "--out", "{out}/counts.csv"),
    "check": ("check", "{run}"),
    "probe": ("probe", "{run}"),
    "compare": ("compare", "{run}", "{run}-b"),
    "report": ("report", "{run}", "--out", "{out}/report.html"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, serving(Path(temporary)) as bucket:
        out = Path(temporary)
        for name, delta in (("run", 0.0), ("run-b", 0.5)):
            made = fabricated(out / name, args.shards * TARGET_BLOCK // N, N, delta=delta)
            bucket.upload(made.path, name)
        print(f"{len(made.blocks)} shards, {made.manifest.problem_set['size'] * N:,} samples a run")
        print("| command | local, seconds | bucket, seconds | requests | by kind |")
        print("| --- | --- | --- | --- | --- |")
        for name, words in COMMANDS.items():
            local, _ = timed([w.format(run=out / "run", out=out) for w in words], bucket)
            there, seen = timed([w.format(run=bucket.url + "/run", out=out) for w in words], bucket)
            kinds = collections.Counter(kind(*one) for one in seen)
            told = ", ".join(f"{n} {k}" for k, n in kinds.most_common())
            print(f"| `{name}` | {local:.1f} | {there:.1f} | {len(seen)} | {told} |", flush=True)
    print(f"\nload {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


def kind(method: str, path: str, status: int) -> str:
    """What a request is: a listing, a part of an object..."""
    told = "LIST" if "list-type" in path else method
    return told if status < 400 else f"{told} ({status})"


def timed(words: list[str], bucket: Bucket) -> tuple[float, list[tuple[str, str, int]]]:
    began = time.perf_counter()
    with bucket.watched() as seen:
        done = subprocess.run(
            [sys.executable, "-m", "passgap", *words],
            env=os.environ | bucket.settings,
            capture_output=True,
            text=True,
        )
    if done.returncode:
        sys.exit(f"{words} failed:\n{done.stderr[-2000:]}")
    return time.perf_counter() - began, seen


if __name__ == "__main__":
    main()
