"""Does the tilt's interval hold where the odds of problems move unevenly? By seeded simulation.

    python bench/tilt.py [--repetitions 200] [--page docs/results/tilt.md]

The truth is the tilt fitted to a population of 20,000 problems. Beside the interval that is shown
stands the likelihood's alone, which takes every problem to move alike. Some minutes on one core.
"""

from __future__ import annotations

import argparse
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from labels import Pair, Rng, heavy, moved, spread, usual

from passgap.stats.tilt import describe_tilt, fit_tilt

POPULATION = 20_000
SIZES = ((100, 64), (300, 128))
WORLDS = {
    "all by 1.5": moved(usual, lambda t, _: t + 1.5),
    "slope 1.5": moved(usual, lambda t, _: 1.5 * t + 2),
    "spread .5": moved(usual, spread(1.5, 0.5)),
    "spread 1": moved(usual, spread(1.5, 1)),
    "spread 2": moved(usual, spread(1.5, 2)),
    "heavy tail, spread 1": moved(heavy, spread(1.5, 1)),
}


def counts(pair: Pair, n: int, rng: Rng) -> tuple[np.ndarray, ...]:
    p, q = pair
    each = np.full(len(p), n)
    return each, rng.binomial(n, p), each, rng.binomial(n, q)


def cell(name: str, size: int, n: int, times: int) -> tuple[float, float, float, float]:
    """The truth; the share covered by both intervals, in percent; how much wider ours is."""
    world = WORLDS[name]
    rng = np.random.default_rng([size, n])
    truth = fit_tilt(*counts(world(rng, POPULATION), n, rng)).delta.value
    held, plain, wider = 0, 0, []
    for seed in range(times):
        rng = np.random.default_rng([seed, size, n, 1])
        drawn = counts(world(rng, size), n, rng)
        likely, ours = fit_tilt(*drawn).delta, describe_tilt(*drawn, n // 2)[0].delta
        plain += likely.low <= truth <= likely.high
        held += ours.low <= truth <= ours.high
        wider.append((ours.high - ours.low) / (likely.high - likely.low))
    return truth, 100 * held / times, 100 * plain / times, float(np.median(wider))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--page", type=Path, default=Path("docs/results/tilt.md"))
    asked = parser.parse_args()
    lines = [
        "# The tilt: coverage when problems move unevenly",
        "",
        f"Simulated, with known truth. {date.today()}, passgap {version('passgap')}; made by "
        f"`python bench/tilt.py`, seeded; {asked.repetitions} repetitions per cell; nominal 95%. "
        "The tilt describes a change and decides no label. The last two columns compare the "
        "interval with the likelihood's alone: its coverage, and how many times wider the "
        "interval is.",
        "",
        "| change of the log odds | problems x samples | tilt | coverage | coverage, likelihood "
        "alone | width, median ratio |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in WORLDS:
        for size, n in SIZES:
            truth, held, plain, wider = cell(name, size, n, asked.repetitions)
            row = f"{truth:.2f} | {held:.1f}% | {plain:.1f}% | {wider:.1f}"
            lines.append(f"| {name} | {size} x {n} | {row} |")
            print(lines[-1], flush=True)
    asked.page.write_text("\n".join(lines) + "\n")
    print(f"{asked.page}: written")


if __name__ == "__main__":
    main()
