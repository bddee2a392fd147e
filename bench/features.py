"""What an audit of features costs: a run of many completions, read, counted and permuted.

One command: ``python bench/features.py [--completions N] [--words N]``. Out: seconds of each part.
The texts are made of 5,000 words, as long as asked; 64 samples per problem, marks at random.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

import passgap
from passgap.analysis.features import audit_features
from passgap.logs import import_log
from passgap.stages.features import features_of

SAMPLES = 64


def write_log(path: Path, completions: int, words: int) -> None:
    """A table with one completion per line."""
    rng = np.random.default_rng(0)
    vocabulary = np.array([f"w{i:x}ord".translate(str.maketrans("0123456789", "ghijklmnop"))
                           for i in range(5000)])  # fmt: skip
    with path.open("w", encoding="utf-8") as file:
        for i in range(completions):
            said = vocabulary[rng.zipf(1.3, size=words) % len(vocabulary)]
            row = {
                "question": f"Problem {i // SAMPLES}?",
                "answer": "1",
                "completion": f"{' '.join(said)} \\boxed{{{i % 3}}}",
                "correct": bool(rng.random() < 0.4),
            }
            file.write(json.dumps(row) + "\n")


def timed(what: str, since: float) -> float:
    """Prints what took how long; returns the time now."""
    now = time.perf_counter()
    print(f"{what}: {now - since:.1f} s", flush=True)
    return now


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--completions", type=int, default=100_000)
    parser.add_argument("--words", type=int, default=150)
    asked = parser.parse_args(arguments)
    with TemporaryDirectory() as folder:
        log, place = Path(folder) / "log.jsonl", Path(folder) / "run"
        write_log(log, asked.completions, asked.words)
        import_log(log, out=place, form="table")
        run = passgap.Run(place)
        print(f"{asked.completions:,} completions of {asked.words} words")
        start = time.perf_counter()
        (found,) = features_of([run])
        now = timed(f"features ({len(found.names)})", start)
        audit = audit_features(found, None, runs=["run"], seed=0)
        timed(f"associations, {audit.permutations} permutations", now)
        timed("in all", start)


if __name__ == "__main__":
    main()
