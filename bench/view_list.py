"""The list of a hundred runs: how soon it is on the screen, and how soon every verdict is there.

    python bench/view_list.py [--runs 100]

Half of the runs are bases (200 problems, n = 32), half were trained from one each, by their policy
files. `passgap view` is started in a process of its own and asked over HTTP: from the command to
the first list, then the list again (median, worst), then until each pair has its verdict.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from view import ASKED, get, running, timed, written

from passgap.data.identity import digest
from passgap.data.policies import Policy
from passgap.data.problems import Problem, ProblemSet
from passgap.runs.policy import Request, Weights, write_policy

PROBLEMS, DRAWS = 200, 32
LOOK = 2.0  # seconds, as an open page asks
RUN = re.compile(r'class="row" href="/run/')
VERDICT = re.compile(r'class="tag (?:good|open|bad)"')


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    count = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for i in range(count // 2):
            base = Policy(f"base-{i}", weights_digest=digest(f"base-{i}"))
            made(root, base, i, 0.0)
            trained = root / "policies" / str(i)
            trained.mkdir(parents=True)
            write_policy(trained, Request(algorithm="grpo", base=Weights.of(base)), {})
            made(root, Policy(str(trained), weights_digest=digest(f"trained-{i}")), i, 1.0)
        measured(root, count)


def measured(root: Path, count: int) -> None:
    """Start the viewer over the runs and print what it took."""
    command = [sys.executable, "-m", "passgap", "view", str(root), "--port", "0"]
    start = time.perf_counter()
    with running(command) as process:
        line = process.stdout.readline() if process.stdout else ""
        address = re.findall(r"http://\S+", line)[0]
        bound = time.perf_counter() - start
        listed = len(RUN.findall(get(address)))
        shown = time.perf_counter() - start
        again = [timed(address) for _ in range(ASKED)]
        while len(VERDICT.findall(get(address))) < listed:
            time.sleep(LOOK)
        done = time.perf_counter() - start
    print(f"{listed} runs (load {os.getloadavg()[0]:.1f}): the address after {bound:.2f} s,")
    print(f"the list {shown - bound:.2f} s later, {shown:.2f} s after the command,")
    print(f"again in {statistics.median(again):.0f} ms (worst {max(again):.0f} ms);")
    print(f"every verdict, {count // 2} of them of a pair, after {done:.1f} s")


def made(root: Path, policy: Policy, seed: int, delta: float) -> None:
    """One run: a base's where ``delta`` is 0, else a trained policy's."""
    problems = ProblemSet.of(
        f"sums-{seed}",
        [Problem(f"What is {i} + {seed}?", str(i + seed), "math") for i in range(PROBLEMS)],
    )
    name = f"{seed:02d}-{'trained' if delta else 'base'}"
    logits = np.random.default_rng(seed).normal(-1, 2, PROBLEMS) + delta
    written(root / name, policy, problems, DRAWS, logits, seed, said)


def said(place: int, right: bool) -> tuple[str, str]:
    """The text and the answer of a sample; all texts are alike."""
    return "The answer is 1.", str(int(right))


if __name__ == "__main__":
    main()
