"""Is the power that a plan promises kept? Pilots of worlds whose truth is known, by simulation.

    python bench/planning.py [--pilots 100] [--out runs/planning] [--page docs/results/planning.md]

Each pilot is planned from, and what the plan would have obtained is read off fresh data of the same
world: the interval that decides, at many numbers of problems. Every cell is kept, so the same
command goes on after a kill. About ten minutes on one core.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from datetime import date
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.special import expit, logit, ndtr, ndtri

from passgap.analysis.plan import planning
from passgap.analysis.plan.refits import refits
from passgap.data.counts import Counts
from passgap.evidence.doors import compare
from passgap.results.settings import PlanSettings
from passgap.stats import fit_mixture, mean_ends, paired_ends, pass_at_k, seeds_interval
from passgap.stats.mixture import GRID

Rng = np.random.Generator
SIZES = ((50, 32), (100, 64))
GOALS = {  # a claim, as `plan` is asked for it
    "a tilt of 1 at k = 64": PlanSettings(goal="difference", delta=1.0, draws=(128,)),
    "equivalence at k = 64": PlanSettings(goal="difference", margin=0.02, draws=(128,)),
    "headroom to 4 points": PlanSettings(half_width=0.04, draws=(64,)),
}
FRESH = 1000  # runs a number of problems
TRIED = np.unique(np.round(2 ** np.arange(3, 13.1, 1 / 3))).astype(int)  # numbers of problems
CHECKED = 100  # whole comparisons, to check the interval against
SEEDS, SPREAD = (3, 5, 8), 0.01


def heavy(rng: Rng, size: int) -> np.ndarray:
    return expit(rng.normal(-3, 3, size))


def zeros(rng: Rng, size: int) -> np.ndarray:
    return np.where(rng.random(size) < 0.6, 0.0, rng.beta(0.5, 2, size))


def split(rng: Rng, size: int) -> np.ndarray:
    return np.where(rng.random(size) < 0.5, rng.beta(8, 1, size), rng.beta(0.2, 6, size))


WORLDS: dict[str, Callable[[Rng, int], np.ndarray]] = {
    "Beta(.5, 1.2)": lambda rng, size: rng.beta(0.5, 1.2, size),
    "60% never solved": zeros,
    "heavy tail": heavy,
    "easy and hard": split,
}


def tilted(p: np.ndarray, delta: float | np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return expit(logit(p) + delta)


def counts(p: np.ndarray, n: int, rng: Rng) -> Counts:
    return Counts(range(len(p)), np.full(len(p), n), rng.binomial(n, p))


# -------------------------------------------------------------------------------- what is obtained


def values(world: str, goal: str, size: int, rng: Rng) -> np.ndarray:
    """What one problem adds to the estimate, of fresh problems and draws."""
    asked, p = GOALS[goal], WORLDS[world](rng, size)
    (n,) = asked.draws
    if asked.goal == "headroom":
        both = pass_at_k(n, np.arange(n + 1), [2, 20])
        return (both[:, 1] - both[:, 0])[rng.binomial(n, p)]
    table = pass_at_k(n, np.arange(n + 1), 64)
    after = rng.binomial(n, tilted(p, asked.delta or 0.0))
    return table[after] - table[rng.binomial(n, p)]


def succeeded(goal: str, x: np.ndarray) -> np.ndarray:
    """Whether the claim came out, for each column of problems."""
    asked = GOALS[goal]
    if asked.half_width is not None:
        low, high = mean_ends(x)
        return (high - low) / 2 <= asked.half_width
    if asked.margin is None:
        return paired_ends(x)[0] > 0
    low, high = paired_ends(x, confidence_level=0.9)
    inside = (low > -asked.margin) & (high < asked.margin)
    return inside & (1 - 0.05 ** (1 / len(x)) < asked.margin)


@cache
def chances(world: str, goal: str) -> np.ndarray:
    """The chance of the claim at each of the numbers of problems, in truth, as normal scores."""
    found = []
    for problems in TRIED.tolist():
        rng = np.random.default_rng([problems, 1])
        hits = [
            succeeded(goal, values(world, goal, problems * 100, rng).reshape(problems, -1))
            for _ in range(FRESH // 100)
        ]
        found.append(np.mean(hits))
        if found[-1] == 1 and found[-2] == 1:
            break
    found += [1.0] * (len(TRIED) - len(found))
    return ndtri(np.clip(found, 0.5 / FRESH, 1 - 0.5 / FRESH))


def obtained(world: str, goal: str, problems: float) -> float:
    """The chance of the claim with that many problems, between the numbers tried."""
    return float(ndtr(np.interp(np.log(problems), np.log(TRIED), chances(world, goal))))


def enough(world: str, goal: str) -> float:
    """The number of problems that the claim needs in truth."""
    at = np.arange(TRIED[0], TRIED[-1])
    found = np.interp(np.log(at), np.log(TRIED), chances(world, goal)) >= ndtri(GOALS[goal].power)
    return float(at[found.argmax()]) if found.any() else math.inf


# -------------------------------------------------------------------------------------- the parts


def planned(world: str, size: int, n: int, pilots: int) -> dict[str, list[list[float]]]:
    """For each goal and pilot: one fit's number of problems, and the plan's with its ranges."""
    rows: dict[str, list[list[float]]] = {goal: [] for goal in GOALS}
    for seed in range(pilots):
        rng = np.random.default_rng([seed, size, n])
        pilot = counts(WORLDS[world](rng, size), n, rng)
        allowed = refits(pilot, 0)
        one_fit = fit_mixture(pilot.n, pilot.c).weights[None, :]
        for goal, asked in GOALS.items():
            by_one, design = (
                planning._design(claim, asked.draws[0], None, asked)
                for claim in (
                    planning._claim(
                        weights, asked.draws[0], None, settings=asked, k_large=large(asked)
                    )
                    for weights in (one_fit, allowed)
                )
            )
            numbers = [by_one.needed, design.fewest, design.needed]
            rows[goal].append([float(one or math.inf) for one in numbers])
    return rows


def large(asked: PlanSettings) -> int:
    return 20 if asked.goal == "headroom" else 64


def summary(world: str, goal: str, rows: list[list[float]]) -> list[str]:
    """A line of the page."""
    low = GOALS[goal].power - 0.05
    one, fewest, needed = np.array(rows).T
    got_one, got = (
        np.array([obtained(world, goal, min(x, 1e6)) for x in column]) for column in (one, needed)
    )
    true = enough(world, goal)
    return [
        whole(true),
        whole(np.median(one)),
        f"{got_one.mean():.2f}",
        f"{np.mean(got_one >= low):.0%}",
        f"{whole(np.median(fewest))} to {whole(np.median(needed))}",
        f"{got.mean():.2f}",
        f"{np.mean(got >= low):.0%}",
    ]


def whole(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "none"


def true_weights(world: str) -> np.ndarray:
    """The world's distribution on the grid, one row."""
    p = WORLDS[world](np.random.default_rng(0), 1_000_000)
    inner = GRID[1:-1]
    with np.errstate(divide="ignore"):
        t = logit(p)
    place = np.clip(np.round((t - inner[0]) / (inner[1] - inner[0])), 0, len(inner) - 1) + 1
    place = np.where(p == 0, 0, np.where(p == 1, len(GRID) - 1, place)).astype(int)
    return np.bincount(place, minlength=len(GRID))[None, :] / len(p)


def formula(world: str) -> dict[str, list[float]]:
    """With the world's own distribution: the number planned, and the chance simulated there."""
    weights = true_weights(world)
    found = {}
    for goal, asked in GOALS.items():
        claim = planning._claim(weights, asked.draws[0], None, settings=asked, k_large=large(asked))
        problems = planning._design(claim, asked.draws[0], None, asked).needed or 0
        found[goal] = [problems, obtained(world, goal, problems)]
    asked = GOALS["a tilt of 1 at k = 64"]
    rng = np.random.default_rng(5)
    problems = int(found["a tilt of 1 at k = 64"][0])
    hits = 0
    for _ in range(CHECKED):
        p = WORLDS[world](rng, problems)
        arms = counts(p, 128, rng), counts(tilted(p, 1.0), 128, rng)
        hits += compare(*arms, k_large=64).verdict.at_large_k == "up"
    found["a tilt of 1, by whole comparisons"] = [problems, hits / CHECKED]
    for seeds in SEEDS:
        claim = planning._claim(
            weights,
            128,
            seeds,
            settings=PlanSettings(goal="difference", delta=1.0, seed_spread=SPREAD),
            k_large=64,
        )
        problems = planning._design(claim, 128, seeds, asked).needed or 0
        got = by_seeds(world, problems, seeds) if problems else math.nan
        found[f"a tilt of 1, {seeds} seeds"] = [problems, got]
    return found


def by_seeds(world: str, problems: int, seeds: int) -> float:
    """How often the interval over training seeds leaves out 0: tilts around 1 that spread."""
    rng = np.random.default_rng([7, seeds])
    big = np.minimum(WORLDS[world](rng, 20_000), 1 - 1e-12)
    tilts = np.linspace(-2, 8, 101)
    passes = [np.mean(-np.expm1(64 * np.log1p(-tilted(big, delta)))) for delta in tilts]
    middle = np.interp(1.0, tilts, passes)
    table = pass_at_k(128, np.arange(129), 64)
    hits = 0
    for _ in range(FRESH // 2):
        p = WORLDS[world](rng, problems)
        own = np.interp(rng.normal(middle, SPREAD, seeds), passes, tilts)[:, None]
        after = table[rng.binomial(128, tilted(p[None, :], own))]
        hits += seeds_interval(after - table[rng.binomial(128, p)]).low > 0
    return hits / (FRESH // 2)


# --------------------------------------------------------------------------------------- the page


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pilots", type=int, default=100)
    parser.add_argument("--out", type=Path, default=Path("runs/planning"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/planning.md"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)

    def kept(name: str, made: Callable[[], dict]) -> dict:
        file = asked.out / f"{name}.json"
        if not file.exists():
            file.write_text(json.dumps(made()))
            print(file.stem, flush=True)
        return json.loads(file.read_text())

    cells = {
        (world, size, n): kept(
            f"{world} {size} {n} {asked.pilots}", partial(planned, world, size, n, asked.pilots)
        )
        for world in WORLDS
        for size, n in SIZES
    }
    checks = {world: kept(f"{world} formula", partial(formula, world)) for world in WORLDS}
    asked.page.write_text(page(cells, checks, asked.pilots))
    print(f"{asked.page}: written")


HEAD = (
    "| world | pilot | truly needed | one fit: planned | obtained | kept | plan: range, up to "
    "planned | obtained | kept |"
)


def page(cells: dict, checks: dict[str, dict[str, list[float]]], pilots: int) -> str:
    lines = [
        "# Planning: is the promised power kept?",
        "",
        f"Simulated, with known truth. {date.today()}, passgap {version('passgap')}; made by "
        f"`python bench/planning.py`, seeded; {pilots} pilots per row. Every plan promises a "
        "power of .80.",
        "",
        "The planned numbers of problems are medians over the pilots. *One fit* plans from the "
        "difficulty distribution fitted to the pilot, as if it were known; *plan* is what "
        "`passgap plan` does, the upper end of its range. *Obtained* is the probability that the "
        f"claim succeeds with the planned number of problems on fresh data ({FRESH:,} runs at "
        "each of many numbers of problems), averaged over the pilots. *Kept* is the share of "
        "pilots that obtained .75 or more, the promised power less .05.",
    ]
    for goal in GOALS:
        lines += ["", f"## {goal[0].upper()}{goal[1:]}", "", HEAD, "| --- " * 9 + "|"]
        lines += [
            f"| {world} | {size} x {n} | {' | '.join(summary(world, goal, found[goal]))} |"
            for (world, size, n), found in cells.items()
        ]
    names = list(next(iter(checks.values())))
    lines += [
        "",
        "## The formula, where the difficulty is known",
        "",
        "The number of problems planned for a power of .80 from the true distribution, and the "
        "share of simulated runs in which the claim succeeds. With seeds: tilts vary around 1 so "
        f"that pass@64 has a standard deviation of {100 * SPREAD:g} point between seeds. A dash "
        "means that no number of problems is enough.",
        "",
        f"| world | {' | '.join(names)} |",
        "| --- " * (len(names) + 1) + "|",
    ]
    for world, found in checks.items():
        told = (f"{problems:,}: {got:.2f}" if problems else "–" for problems, got in found.values())
        lines.append(f"| {world} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
