"""Do intervals over training seeds cover, and are their labels true? By seeded simulation.

    python bench/seeds.py [--repetitions 200] [--out runs/seeds] [--page docs/results/seeds.md]

A base, and S policies of one recipe whose tilts differ from seed to seed: evenly, or because some
seeds collapse. Every cell is kept, so the same command goes on after a kill. About ten minutes.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from passgap.analysis.compare.deciding import deciding
from passgap.analysis.compare.novelty import new_and_lost
from passgap.analysis.seeds import fallen, judged
from passgap.data.counts import Counts
from passgap.results.settings import CompareSettings
from passgap.stats import paired_ends, pass_at_k, seeds_interval

Rng = np.random.Generator
PROBLEMS, DRAWS, KS = 100, 64, (2, 32)
SEEDS = (2, 3, 5)
COVERED = 1000  # repetitions for coverage, of which the first ones are judged, too
TILTS = np.linspace(-8, 8, 161)
MARGIN = 0.02


def evenly(mean: float, spread: float) -> Callable[[Rng, int], np.ndarray]:
    return lambda rng, seeds: rng.normal(mean, spread, seeds)


def at_times(share: float, fallen_to: float, mean: float) -> Callable[[Rng, int], np.ndarray]:
    """Seeds spread a little around the mean, but for a share that falls."""
    return lambda rng, seeds: np.where(
        rng.random(seeds) < share, fallen_to, rng.normal(mean, 0.2, seeds)
    )


def balanced(spread: float) -> Callable[[Rng, int], np.ndarray]:
    """Seeds whose changes of pass@2 are normal around 0: nothing on average."""
    return lambda rng, seeds: np.interp(rng.normal(0, spread, seeds), changes()[0], TILTS)


WORLDS: dict[str, Callable[[Rng, int], np.ndarray]] = {
    "seeds alike": evenly(1.0, 0.0),
    "spread .3": evenly(1.0, 0.3),
    "spread .8": evenly(1.0, 0.8),
    "nothing, alike": balanced(1e-9),
    "nothing on average, 3 points": balanced(0.03),
    "nothing on average, 8 points": balanced(0.08),
    "1 in 20 collapses": at_times(0.05, -4.0, 1.0),
    "1 in 5 collapses": at_times(0.2, -4.0, 1.0),
    "1 in 5 learns nothing": at_times(0.2, 0.0, 1.0),
}


def usual(rng: Rng, size: int) -> np.ndarray:
    return np.clip(rng.beta(0.5, 1.2, size), 1e-12, 1 - 1e-12)


@cache
def changes() -> np.ndarray:
    """The change of mean pass@k that each tilt makes, a row a k."""
    t = logit(usual(np.random.default_rng(0), 20_000))

    def passes(k: int, tilt: float) -> float:
        return float(np.mean(-np.expm1(-k * np.logaddexp(0, t + tilt))))

    return np.array([[passes(k, tilt) - passes(k, 0.0) for tilt in TILTS] for k in KS])


def truths(world: str) -> dict[str, list[float]]:
    """At both k the recipe's mean change and that of its median seed."""
    tilts = WORLDS[world](np.random.default_rng(1), 200_000)
    found = np.array([np.interp(tilts, TILTS, row) for row in changes()])
    return {"mean": found.mean(axis=1).tolist(), "median": np.median(found, axis=1).tolist()}


def cell(world: str, seeds: int, repetitions: int) -> dict[str, list]:
    """How often each interval holds the recipe's mean change at both k; labels; widths."""
    table = [pass_at_k(DRAWS, np.arange(DRAWS + 1), k) for k in KS]
    mean = truths(world)["mean"]
    held, pooled, widths = np.zeros(len(KS)), np.zeros(len(KS)), np.zeros(len(KS))
    labels: list[list[str]] = []
    for repetition in range(COVERED):
        rng = np.random.default_rng([repetition, seeds, PROBLEMS])
        p = usual(rng, PROBLEMS)
        tilts = WORLDS[world](rng, seeds)[:, None]
        before = rng.binomial(DRAWS, p)
        after = rng.binomial(DRAWS, expit(logit(p)[None, :] + tilts))
        for i, at in enumerate(table):
            d = at[after] - at[before]
            ours = seeds_interval(d)
            low, high = paired_ends(d.mean(axis=0)[:, None])
            held[i] += ours.low <= mean[i] <= ours.high
            pooled[i] += low[0] <= mean[i] <= high[0]
            widths[i] += ours.high - ours.low
        if repetition < repetitions:
            labels.append(label(before, after))
    shares = (x / COVERED for x in (held, pooled, widths))
    return {
        name: x.tolist() for name, x in zip(("held", "pooled", "width"), shares, strict=True)
    } | {"labels": labels}


def label(before: np.ndarray, after: np.ndarray) -> list[str]:
    """The label on the recipe, where it stands at both k, and how many seeds fell."""
    names, n = [str(i) for i in range(PROBLEMS)], np.full(PROBLEMS, DRAWS)
    base, *arms = (Counts(names, n, c) for c in (before, *after))
    rule = replace(deciding((base, *arms), CompareSettings(margin=MARGIN)), k_large=KS[1])
    found = [new_and_lost(base, arm, rule.max_odds, 0) for arm in arms]
    verdict, _, _ = judged(base, arms, rule, found)
    return [
        str(verdict.label),
        str(verdict.at_small_k),
        str(verdict.at_large_k),
        str(fallen(base, arms, rule.k_small)),
    ]


def wrong(found: list[str], truth: list[float]) -> bool:
    """Whether a settled label claims what is not so at a k, or new or lost problems."""
    name, *stands, _ = found
    if name in ("inconclusive", *(f"{x}_at_{k}_k" for x in ("up", "down", "same") for k in SIZES)):
        return False
    if name in ("expanded", "reshuffled"):
        return True
    return any(contradicted(one, true) for one, true in zip(stands, truth, strict=True))


SIZES = ("small", "large")


def contradicted(stands: str, truth: float) -> bool:
    """Whether a rise, a fall or no change is said where it is not so."""
    nothing = abs(truth) < 1e-3
    return {
        "up": truth < 0 or nothing,
        "down": truth > 0 or nothing,
        "equivalent": abs(truth) >= MARGIN,
    }.get(stands, False)


# --------------------------------------------------------------------------------------- the page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("runs/seeds"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/seeds.md"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)

    def kept(name: str, made: Callable[[], dict]) -> dict:
        file = asked.out / f"{name} {asked.repetitions}.json"
        if not file.exists():
            file.write_text(json.dumps(made()))
            print(file.stem, flush=True)
        return json.loads(file.read_text())

    cells = {
        world: {
            seeds: kept(f"{world} {seeds}", partial(cell, world, seeds, asked.repetitions))
            for seeds in SEEDS
        }
        for world in WORLDS
    }
    asked.page.write_text(page(cells, asked.repetitions))
    print(f"{asked.page}: written")


def page(cells: dict[str, dict[int, dict]], repetitions: int) -> str:
    several = " | ".join(f"S = {seeds}" for seeds in SEEDS)
    rule = "| --- " * (len(SEEDS) + 2) + "|"
    lines = [
        "# Training seeds: coverage and labels for a recipe",
        "",
        f"Simulated, with known truth. {date.today()}, passgap {version('passgap')}; made by "
        f"`python bench/seeds.py`, seeded; {PROBLEMS} problems x {DRAWS} samples, base Beta(.5, "
        f"1.2), {COVERED:,} repetitions for coverage and {repetitions} for labels. Each seed "
        "tilts the base by its own amount.",
        "",
        "## Coverage of the recipe's mean change, in percent",
        "",
        "The first number is for the 95% interval over problems and seeds, the second for a "
        "pooled interval that treats the seeds' mean as one policy. Seeds spread evenly, or a "
        "share of them collapses (a tilt of -4) or learns nothing. Where nothing changes on "
        "average, the standard deviation of pass@2 between seeds is given in points.",
    ]
    for i, k in enumerate(KS):
        lines += ["", f"| world, pass@{k} | true change, points | {several} |", rule]
        for world, found in cells.items():
            shares = [
                f"{100 * one['held'][i]:.1f}, {100 * one['pooled'][i]:.1f}"
                for one in found.values()
            ]
            truth = f"{100 * truths(world)['mean'][i] + 0.0:+.1f}".replace("-0.0", "0.0")
            lines.append(f"| {world} | {truth} | {' | '.join(shares)} |")
    lines += [
        "",
        "## Labels, in percent",
        "",
        "The first number is the share of settled labels; the second, of labels that are false "
        "for the recipe's mean (a rise or fall at a k where there is none or the opposite, no "
        "change where there is one, or new problems); the third, of labels that are false for "
        "the median seed. Seeds that did not collapse do not show how often others will: if one "
        "training in five falls far behind the base, three seeds show it in half of the cases, "
        "and otherwise the label holds only for the seeds that were seen.",
        "",
        f"| world | {several} |",
        "| --- " * (len(SEEDS) + 1) + "|",
    ]
    for world, found in cells.items():
        true = truths(world)
        told = [labels_of(one["labels"], true) for one in found.values()]
        lines.append(f"| {world} | {' | '.join(told)} |")
    lines += [
        "",
        "## Collapse, in percent of the repetitions",
        "",
        "A seed fell if its own 95% interval of the change in pass@2 lies below 0. The first "
        "number is how often at least one seed fell, which the verdict reports; the second and "
        "third are settled labels that are false for the mean, where none fell and where one "
        "did. If none fell, the verdict says how many trainings may: up to 78, 63 and 45% with "
        "2, 3 and 5 seeds.",
        "",
        f"| world | {several} |",
        "| --- " * (len(SEEDS) + 1) + "|",
    ]
    for world, found in cells.items():
        true = truths(world)["mean"]
        told = [fallen_of(one["labels"], true) for one in found.values()]
        lines.append(f"| {world} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def fallen_of(rows: list[list[str]], truth: list[float]) -> str:
    fell = [row[3] != "0" for row in rows]
    false = [wrong(row, truth) for row in rows]
    unseen = sum(bad and not one for bad, one in zip(false, fell, strict=True))
    parts = (sum(fell), unseen, sum(false) - unseen)
    return ", ".join(f"{100 * part / len(rows):.1f}" for part in parts)


def labels_of(rows: list[list[str]], truth: dict[str, list[float]]) -> str:
    names = Counter(row[0] for row in rows)
    open_ = sum(n for name, n in names.items() if name == "inconclusive" or "_at_" in name)
    false = [sum(wrong(row, truth[kind]) for row in rows) for kind in ("mean", "median")]
    parts = (len(rows) - open_, *false)
    return ", ".join(f"{100 * part / len(rows):.1f}" for part in parts)


if __name__ == "__main__":
    main()
