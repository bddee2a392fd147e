"""Do the intervals cover, and do the verdicts err as seldom as they say? By seeded simulation.

    python bench/calibration.py [--out runs/calibration] [--page docs/results/calibration.md]

About an hour on one core; every part is kept, so the same command goes on after a kill.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from passgap.analysis.probe.extrapolation import passes_on_grid
from passgap.data.counts import Counts
from passgap.evidence.doors import adaptive_probe, compare
from passgap.stats import (
    fixed_paired_interval,
    functional_interval,
    mean_ends,
    paired_ends,
    pass_at_k,
)

PROBLEMS, DRAWS = (30, 100, 500), (16, 64, 256)
REPLICATES = 2000
SUPER = 200_000  # problems that stand for the population


def tilted(p: np.ndarray, delta: float) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return special.expit(special.logit(p) + delta)


def shapes(rng: np.random.Generator) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """(p before, p after) of a large population, by name."""
    u, size = rng.random, SUPER
    hard, wide = rng.beta(0.3, 3, size), rng.beta(0.6, 1.5, size)
    zeros = np.where(u(size) < 0.6, 0.0, rng.beta(0.5, 2, size))
    split = np.where(u(size) < 0.5, rng.beta(8, 1, size), rng.beta(0.2, 6, size))
    rare = u(size)
    return {
        "wide, tilt 1.5": (wide, tilted(wide, 1.5)),
        "hard, tilt 1": (hard, tilted(hard, 1.0)),
        "60 % zeros, tilt 2": (zeros, tilted(zeros, 2.0)),
        "easy and hard, none": (split, split),
        "gain on 3 %": (zeros, np.where(rare < 0.03, np.maximum(zeros, 0.5), zeros)),
        "loss on 3 %": (wide, np.where(rare < 0.03, 0.0, wide)),
        "gain on 3 % of the impossible": (
            np.zeros(size),
            np.where(rare < 0.03, 0.7, 0.0),
        ),
    }


def expected(p: np.ndarray, k: int) -> float:
    return float(np.mean(-np.expm1(k * np.log1p(-np.minimum(p, 1 - 1e-16)))))


# ---------------------------------------------------------------------------------- the parts


def coverage(problems: int, n: int) -> list[dict[str, Any]]:
    """Population intervals of pass@k and of the paired difference, every shape, k to n."""
    rows = []
    for name, (before, after) in shapes(np.random.default_rng(0)).items():
        rng = np.random.default_rng(problems * 1000 + n)
        for k in sorted({1, 2, n // 4, n // 2}):
            table = pass_at_k(n, np.arange(n + 1), k)
            truth_b, truth_t = expected(before, k), expected(after, k)
            held = np.zeros(2)
            width = plain = 0.0
            for _ in range(REPLICATES // 200):
                chosen = rng.integers(0, SUPER, (problems, 200))
                x = table[rng.binomial(n, before[chosen])]
                d = table[rng.binomial(n, after[chosen])] - x
                low, high = mean_ends(x)
                held[0] += np.sum((low <= truth_b) & (truth_b <= high))
                low, high = paired_ends(d)
                held[1] += np.sum((low <= truth_t - truth_b) & (truth_t - truth_b <= high))
                width += np.sum(high - low)
                plain += np.sum(2 * 1.96 * d.std(axis=0, ddof=1) / np.sqrt(problems))
            rows.append(
                {
                    "shape": name,
                    "P": problems,
                    "n": n,
                    "k": k,
                    "mean": held[0] / REPLICATES,
                    "paired": held[1] / REPLICATES,
                    "width": width / REPLICATES,
                    "plain": plain / REPLICATES,
                }
            )
    return rows


def fixed_coverage() -> list[dict[str, Any]]:
    """The interval for these very problems, at P = 30."""
    rows = []
    for name, (before, after) in shapes(np.random.default_rng(0)).items():
        for n in DRAWS:
            rng = np.random.default_rng(n)
            chosen = rng.integers(0, SUPER, 30)
            p, q = before[chosen], after[chosen]
            for k in (1, n // 4, n // 2):
                truth, held = expected(q, k) - expected(p, k), 0
                for _ in range(REPLICATES):
                    e = fixed_paired_interval(n, rng.binomial(n, p), n, rng.binomial(n, q), k)
                    held += e.low <= truth <= e.high
                rows.append({"shape": name, "n": n, "k": k, "paired": held / REPLICATES})
    return rows


def beyond_coverage() -> list[dict[str, Any]]:
    """Intervals that rest on the fitted difficulty distribution: beyond n, and the forecast."""
    rows = []
    for problems, n in ((100, 64), (300, 64), (500, 256)):
        for name in ("wide, tilt 1.5", "60 % zeros, tilt 2", "easy and hard, none"):
            before = shapes(np.random.default_rng(0))[name][0]
            rng = np.random.default_rng(problems + n)
            held = Counter()
            asked = {
                "pass@4n": (passes_on_grid(4 * n), expected(before, 4 * n)),
                "pass@16n": (passes_on_grid(16 * n), expected(before, 16 * n)),
                "forecast, delta 2, pass@2": (
                    passes_on_grid(2, 2.0),
                    expected(tilted(before, 2.0), 2),
                ),
            }
            for _ in range(REPLICATES):
                c = rng.binomial(n, before[rng.integers(0, SUPER, problems)])
                for what, (values, truth) in asked.items():
                    e = functional_interval(n, c, values)
                    held[what] += e.low <= truth <= e.high
            rows += [
                {
                    "shape": name,
                    "P": problems,
                    "n": n,
                    "what": what,
                    "covered": held[what] / REPLICATES,
                }
                for what in asked
            ]
    return rows


def drawn(p: np.ndarray, n: int, rng: np.random.Generator) -> Counts:
    return Counts([str(i) for i in range(len(p))], np.full(len(p), n), rng.binomial(n, p))


def verdicts(
    pair: Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]], n: int, times: int
) -> Callable[[], dict[str, int]]:
    def labels() -> dict[str, int]:
        found: Counter[str] = Counter()
        for seed in range(times):
            rng = np.random.default_rng(seed)
            p, q = pair(rng)
            found[compare(drawn(p, n, rng), drawn(q, n, rng), seed=seed).verdict.label] += 1
        return dict(found)

    return labels


def zero_inflated(rng: np.random.Generator, size: int) -> np.ndarray:
    return np.where(rng.random(size) < 0.3, 0.0, rng.beta(0.6, 1.5, size))


def null(size: int) -> Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]:
    def pair(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        p = zero_inflated(rng, size)
        return p, p

    return pair


def tilt(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    p = rng.beta(0.5, 3, 500)  # up at K in 97 to 100 %, and no expansion
    return p, tilted(p, 1.5)


def lifted(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    p = zero_inflated(rng, 500)
    impossible = (p == 0) & (rng.random(500) < 0.25)
    return p, np.where(impossible, 0.3, tilted(p, 1.5))


def probe_labels() -> list[dict[str, Any]]:
    """Populations whose headroom lies exactly on a threshold: a sure label there is an error."""
    rows = []
    for threshold in (0.05, 0.15):
        share = threshold / (expected(np.full(1, 0.1), 20) - expected(np.full(1, 0.1), 2))
        for problems in (100, 300):
            found: Counter[str] = Counter()
            for seed in range(2000):
                rng = np.random.default_rng(seed)
                p = np.where(rng.random(problems) < share, 0.1, 0.0)
                found[probe_label(drawn(p, 64, rng))] += 1
            rows.append({"threshold": threshold, "P": problems, "labels": dict(found)})
    return rows


def probe_label(counts: Counts) -> str:
    """The probe's label without the parts that a simulation has no use for."""
    from passgap.analysis.probe.probing import _headroom
    from passgap.analysis.verdicts import probe_verdict

    room, _ = _headroom(counts, 2, 20, "population")
    return probe_verdict(room, 0.05, 0.15, len(counts)).label


def gap_world(gap: float) -> Callable[[np.random.Generator], np.ndarray]:
    """300 problems of p = .1 or 0, so that the true headroom is ``gap``."""
    share = gap / (expected(np.full(1, 0.1), 20) - expected(np.full(1, 0.1), 2))
    return lambda rng: np.where(rng.random(300) < share, 0.1, 0.0)


ADAPTIVE: dict[str, tuple[Callable[[np.random.Generator], np.ndarray], tuple[str, ...]]] = {
    "Beta(.5, 3)": (lambda rng: rng.beta(0.5, 3, 300), ("rlvr_can_pay",)),
    "Beta(8, 1)": (lambda rng: rng.beta(8, 1, 300), ("saturated",)),
    "never solved": (lambda rng: np.zeros(300), ("out_of_reach",)),
    "half mastered, half never": (
        lambda rng: np.where(rng.random(300) < 0.5, rng.beta(20, 1, 300), 0.0),
        ("little_headroom",),
    ),
    "60 % zeros, headroom .175": (
        lambda rng: np.where(rng.random(300) < 0.6, 0.0, rng.beta(0.5, 2, 300)),
        ("rlvr_can_pay",),
    ),
    "headroom .10": (gap_world(0.10), ("modest_headroom",)),
    "headroom .15, on the threshold": (gap_world(0.15), ()),
    "headroom .05, on the threshold": (gap_world(0.05), ()),
}


def adaptive() -> list[dict[str, Any]]:
    """The adaptive probe beside a fixed n = 64 on the same worlds: labels, errors, draws."""
    rows = []
    for name, (world, right) in ADAPTIVE.items():
        found: dict[str, Counter[str]] = {"adaptive": Counter(), "fixed": Counter()}
        draws = 0
        for seed in range(300):
            rng = np.random.default_rng(seed)
            p = world(rng)
            one = adaptive_probe(lambda more, p=p, rng=rng: rng.binomial(more, p), range(300))
            draws += one.draws
            found["adaptive"][one.verdict.label] += 1
            found["fixed"][probe_label(drawn(p, 64, rng))] += 1
        allowed = (*right, "undecided")
        errors = {
            how: sum(times for label, times in labels.items() if label not in allowed) / 300
            for how, labels in found.items()
        }
        share = draws / (300 * 300 * 64)
        rows.append({"world": name, "share": share, "errors": errors, "labels": found})
    return rows


VERDICTS: dict[str, tuple[str, Callable[[], dict[str, int]]]] = {
    "null-200": ("null pair, P = 200, n = 128", verdicts(null(200), 128, 400)),
    "null-1000": ("null pair, P = 1,000, n = 128", verdicts(null(1000), 128, 200)),
    "null-2000": ("null pair, P = 2,000, n = 128", verdicts(null(2000), 128, 100)),
    "tilt": ("pure tilt of 1.5, Beta(.5, 3), P = 500, n = 256", verdicts(tilt, 256, 200)),
    "lifted": (
        "tilt of 1.5 and a quarter of the impossible lifted to .3, P = 500, n = 256",
        verdicts(lifted, 256, 100),
    ),
}


# ----------------------------------------------------------------------------------- the page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/calibration"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/calibration.md"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()

    def part(name: str, make: Callable[[], Any]) -> Any:
        file = asked.out / f"{name}.json"
        if not file.exists():
            began = time.monotonic()
            result = make()
            temporary = file.with_suffix(".tmp")
            temporary.write_text(json.dumps(result))
            temporary.replace(file)
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
        return json.loads(file.read_text())

    cells = [
        row
        for problems in PROBLEMS
        for n in DRAWS
        for row in part(
            f"coverage-{problems}-{n}", lambda problems=problems, n=n: coverage(problems, n)
        )
    ]
    fixed = part("fixed", fixed_coverage)
    probes = part("probe", probe_labels)
    spent = part("adaptive", adaptive)
    labels = {name: part(name, make) for name, (_, make) in VERDICTS.items()}
    beyond = part("beyond", beyond_coverage)
    asked.page.parent.mkdir(parents=True, exist_ok=True)
    asked.page.write_text(page(cells, fixed, beyond, probes, spent, labels))
    print(f"{asked.page}: written, {time.monotonic() - start:.0f} s")


def page(
    cells: list[dict[str, Any]],
    fixed: list[dict[str, Any]],
    beyond: list[dict[str, Any]],
    probes: list[dict[str, Any]],
    spent: list[dict[str, Any]],
    labels: dict[str, dict[str, int]],
) -> str:
    lines = [
        "# Calibration: what the intervals and verdicts do where the truth is known\n",
        f"{date.today().isoformat()}, passgap {version('passgap')}, numpy {version('numpy')}, "
        f"scipy {version('scipy')}; made by `python bench/calibration.py`, seeded.\n",
        "## Population intervals, nominal 95 %\n",
        f"{REPLICATES:,} replicates a cell, {len(cells)} cells: seven shapes of difficulty before "
        "and after, k = 1, 2, n/4, n/2. The lowest coverage of each P and n, and the width of the "
        "paired interval against a plain normal one (median and largest over the cells; the "
        "plain one covers far less where effects are rare).\n",
        "| P | n | pass@k, lowest | difference, lowest | where | width / plain: median, most |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for problems in PROBLEMS:
        for n in DRAWS:
            own = [row for row in cells if (row["P"], row["n"]) == (problems, n)]
            worst = min(own, key=lambda row: row["paired"])
            ratio = [row["width"] / row["plain"] for row in own if row["plain"] > 1e-9]
            lines.append(
                f"| {problems} | {n} | {min(r['mean'] for r in own):.1%} | {worst['paired']:.1%} | "
                f"{worst['shape']}, k = {worst['k']} | {np.median(ratio):.2f}, {max(ratio):.1f} |"
            )
    rare = [row for row in cells if row["shape"].startswith(("gain on", "loss on"))]
    lines += ["", f"Rare effects alone (3 %): lowest {min(r['paired'] for r in rare):.1%}.\n"]
    lines += ["## Fixed problems, nominal 95 %\n", f"P = 30, {REPLICATES:,} replicates a cell.\n"]
    lines += [f"Lowest of {len(fixed)} cells: {min(r['paired'] for r in fixed):.1%}; "]
    lines[-1] += f"median {np.median([r['paired'] for r in fixed]):.1%}.\n"
    lines += ["## Intervals that rest on the fitted difficulty distribution, nominal 95 %\n"]
    lines += [
        f"{REPLICATES:,} replicates a cell.\n",
        "| shape | P | n | what | covered |",
        "| --- " * 5 + "|",
    ]
    lines += [
        f"| {r['shape'].split(',')[0]} | {r['P']} | {r['n']} | {r['what']} | {r['covered']:.1%} |"
        for r in beyond
    ]
    lines += ["", "## Probe on a threshold\n"]
    lines += [
        "The true headroom lies exactly on a threshold, n = 64, 2,000 replicates: a label that "
        "puts it on one side is an error, to happen in at most 2.5 % a side.\n",
        "| true headroom | P | labels |",
        "| --- | --- | --- |",
    ]
    lines += [f"| {r['threshold']} | {r['P']} | {_shares(r['labels'])} |" for r in probes]
    lines += ["", "## Adaptive probe against a fixed n = 64\n"]
    lines += [
        "300 problems, 300 replicates a world: draws spent as a share of the fixed design's, and "
        "how often a wrong label is given (on a threshold: any label).\n",
        "| world | draws | wrong, adaptive | wrong, fixed | adaptive says | fixed says |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r['world']} | {r['share']:.0%} | {r['errors']['adaptive']:.1%} | "
        f"{r['errors']['fixed']:.1%} | {_shares(r['labels']['adaptive'])} | "
        f"{_shares(r['labels']['fixed'])} |"
        for r in spent
    ]
    mean = np.mean([r["share"] for r in spent])
    lines += ["", f"Draws over all worlds: {mean:.0%} of the fixed design's.\n"]
    lines += ["## Compare: how often each label\n", "| world | pairs | labels |"]
    lines += ["| --- | --- | --- |"]
    lines += [
        f"| {VERDICTS[name][0]} | {sum(found.values())} | {_shares(found)} |"
        for name, found in labels.items()
    ]
    return "\n".join(lines) + "\n"


def _shares(found: dict[str, int]) -> str:
    total = sum(found.values())
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return ", ".join(f"`{label}` {times / total:.1%}" for label, times in ordered)


if __name__ == "__main__":
    main()
