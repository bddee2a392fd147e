"""Other tools on the same pairs of counts beside passgap: coverage, width, what each concludes.

    pip install --target .peers --no-deps passk-inference==0.3.1 scorio==0.2.3
    OMP_NUM_THREADS=1 python bench/peers.py [--peers .peers] [--page docs/results/peers.md]

Worlds of bench/labels.py whose truth is known, seeded; every tool gets the same draws in the same
run. A peer that cannot be imported is an error. About fifteen minutes on one core.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from importlib.metadata import version
from math import hypot
from pathlib import Path

import numpy as np
from labels import SHARPENED, Rng, exchanged, label, usual

from passgap.analysis.compare.judging import difference
from passgap.data.counts import Counts
from passgap.stages.counting import outcome_matrix

Ends = tuple[float, float]
PROBLEMS, DRAWS = (30, 100, 300), (64, 128)
SIZES = [(size, n) for size in PROBLEMS for n in DRAWS]
MANY = 1_000_000  # problems that stand for a world's population
WORLDS: dict[str, Callable[[Rng, int], tuple[np.ndarray, np.ndarray]]] = {
    "nothing changed": lambda rng, size: (usual(rng, size),) * 2,
    "tilt of 2": SHARPENED["tilt of 2"],
    "uneven, spread 2": SHARPENED["uneven, spread 2"],
    "10% new": exchanged(0.1),
    "10% lost": exchanged(0.0, 0.1),
    "10% new and 10% lost": exchanged(0.1, 0.1),
}
PASSGAP, FIXED, PASSK, SCORIO = "passgap", "passgap, `fixed`", "passk-inference", "scorio"
TARGET = {PASSGAP: "population", FIXED: "fixed", PASSK: "population", SCORIO: "fixed"}


@dataclass
class Cell:
    """What each tool said in one world at one size, over all repetitions.

    ``truth`` is the change at the large k over all such problems.
    """

    truth: float
    held: dict[tuple[str, str, int], list[bool]] = field(default_factory=dict)
    widths: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    said: dict[str, Counter[str]] = field(default_factory=dict)

    def take(self, tool: str, k: int, ends: Ends, truth: Mapping[str, float]) -> None:
        """Keep an interval at the small (0) or the large (1) k, and whether it held the truth."""
        for target, value in truth.items():
            held = ends[0] - 1e-12 <= value <= ends[1] + 1e-12
            self.held.setdefault((tool, target, k), []).append(held)
        self.widths.setdefault((tool, k), []).append(ends[1] - ends[0])

    def say(self, tool: str, words: str) -> None:
        self.said.setdefault(tool, Counter())[words] += 1

    def covered(self, tool: str, target: str, k: int) -> float:
        return 100 * float(np.mean(self.held[tool, target, k]))

    def width(self, tool: str, k: int) -> float:
        return 100 * float(np.mean(self.widths[tool, k]))


def passes(p: np.ndarray, k: int) -> np.ndarray:
    return -np.expm1(k * np.log1p(-np.minimum(p, 1 - 1e-16)))


def gain(p: np.ndarray, q: np.ndarray, k: int) -> float:
    return float(np.mean(passes(q, k) - passes(p, k)))


def ours(base: Counts, trained: Counts, kind: str, k: int) -> Ends:
    found = difference(base, trained, k, kind, 0.95)
    return found.low, found.high


class Peers:
    """Both peers, each used as its own documentation does."""

    def __init__(self) -> None:
        from passk_inference import compare
        from scorio.eval import pass_at_k_ci
        from scorio.sinf import ci_from_mu_sigma, should_stop_top1

        self.compare, self.ci = compare, pass_at_k_ci
        self.around, self.resolved = ci_from_mu_sigma, should_stop_top1

    def passk(self, base: Counts, trained: Counts, ks: tuple[int, int], cell: Cell) -> list[Ends]:
        """Its band over powers of two, read at both k, and which budgets it certifies."""
        grid = [2**i for i in range(int(base.n[0]).bit_length())]
        found = self.compare(base.c, base.n, trained.c, trained.n, ks=grid, seed=0)
        large = ks[1]
        words = "not decided"
        if large in found["certified_positive_budgets"]:
            words = "improves"
        if large in found["certified_negative_budgets"]:
            words = "reduces"
        cell.say(PASSK, words)
        place = [found["ks"].index(k) for k in ks]
        return [(found["lower"][i], found["upper"][i]) for i in place]

    def scorio(self, base: Counts, trained: Counts, ks: tuple[int, int], cell: Cell) -> list[Ends]:
        """Each arm's posterior, their difference, and whether the two intervals are disjoint."""
        arms = [outcome_matrix(one) for one in (base, trained)]
        ends = []
        for k in ks:
            (mu_b, s_b, *_), (mu_t, s_t, *_) = (self.ci(one, k) for one in arms)
            ends.append(self.around(mu_t - mu_b, hypot(s_b, s_t), 0.95))
        told = self.resolved([mu_b, mu_t], [s_b, s_t], 0.95, "ci_overlap")  # at the large k
        leader = ("lower", "higher")[told["leader"]]
        cell.say(SCORIO, leader if told["stop"] else "not decided")
        return ends


def repeat(world: Callable, size: int, n: int, times: int, peers: Peers) -> Cell:
    """All tools on the same draws of one world."""
    ks = 2, n // 2
    crowd = world(np.random.default_rng([0, MANY]), MANY)
    population = [gain(*crowd, k) for k in ks]
    cell, each = Cell(population[1]), np.full(size, n)
    for seed in range(times):
        rng = np.random.default_rng([seed, size, n])
        rates = world(rng, size)
        base, trained = (
            Counts([str(i) for i in range(size)], each, rng.binomial(n, p)) for p in rates
        )
        cell.say(PASSGAP, label(base, trained, seed))
        read = {
            PASSGAP: partial(ours, base, trained, "population"),
            FIXED: partial(ours, base, trained, "fixed"),
            PASSK: dict(zip(ks, peers.passk(base, trained, ks, cell), strict=True)).get,
            SCORIO: dict(zip(ks, peers.scorio(base, trained, ks, cell), strict=True)).get,
        }
        for place, k in enumerate(ks):
            truth = {"population": population[place], "fixed": gain(*rates, k)}
            for tool, at in read.items():
                cell.take(tool, place, at(k), truth)
    return cell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--peers", default=".peers", help="folder the peers are installed in")
    parser.add_argument("--page", type=Path, default=Path("docs/results/peers.md"))
    asked = parser.parse_args()
    sys.path.append(asked.peers)
    peers, cells = Peers(), {}
    for name, world in WORLDS.items():
        for size, n in SIZES:
            cells[name, size, n] = repeat(world, size, n, asked.repetitions, peers)
            print(name, size, n, dict(cells[name, size, n].said[PASSGAP]), flush=True)
    asked.page.write_text(page(cells, asked.repetitions))
    print(f"{asked.page}: written")


# --------------------------------------------------------------------------------------- the page

Cells = Mapping[tuple[str, int, int], Cell]
HOW = (  # tool, its interval, its target, how its conclusion is read
    (
        PASSGAP,
        "the 95% interval of the difference, `population`",
        "problems like these",
        "the label of `compare` with its defaults",
    ),
    (FIXED, "the same with `--interval fixed`", "exactly these problems", ""),
    (
        "passk-inference {passk}",
        "`compare(..., ks=)` with the powers of two up to n: its 95% simultaneous band at that k",
        "problems like these",
        "the large k is among `certified_positive_budgets` (improves) or "
        "`certified_negative_budgets` (reduces)",
    ),
    (
        "scorio {scorio}",
        "`pass_at_k_ci` of each policy with its default prior; their difference as "
        "`ranking_confidence` takes it: normal, variances added",
        "exactly these problems",
        '`should_stop_top1(method="ci_overlap")`: the two 95% intervals at the large k are '
        "disjoint (higher, lower)",
    ),
)
DOUBTS = """\
A band that holds at all k at once is wider than an interval at one k; passk-inference gives one
band, which is read here at two k. Its default grid is every k from 1 to n, with a band no narrower.
scorio has no paired comparison, and its paper advises against pass@k. Its posterior is for the
policies' rates on exactly these problems, where the samples of two policies are independent.
"""


def page(cells: Cells, times: int) -> str:
    """The tables."""
    noise = 200 * (0.95 * 0.05 / times) ** 0.5  # two standard errors, in points
    versions = {"passk": version("passk-inference"), "scorio": version("scorio")}
    lines = [
        "# Other tools: coverage, width, conclusions",
        "",
        f"Simulated, with known truth. {date.today()}, passgap {version('passgap')}; made by "
        f"`python bench/peers.py`, seeded; {times} repetitions per cell. Every tool gets the same "
        "samples. The large k is n / 2.",
        "",
        "| tool | interval | for | conclusion |",
        "| --- | --- | --- | --- |",
        *(f"| {' | '.join(row)} |".format(**versions) for row in HOW),
        "",
        *DOUBTS.splitlines(),
        "",
        "## In short",
        "",
        "Over all worlds and sizes below: how often the interval of the difference contains the "
        f"truth that it is meant for (nominal 95%), and its mean width in points. With {times} "
        f"repetitions, a coverage of 95% is measured to within {noise:.0f} points.",
        "",
        "| tool | target | coverage at k = 2: lowest, mean | coverage at the large k | width at "
        "k = 2 | width at the large k |",
        "| --- | --- | --- | --- | --- | --- |",
        *(in_short(cells, tool) for tool in TARGET),
        "",
        "scorio makes no claim about the population; judged by it, its lowest coverage is "
        f"{lowest(cells, SCORIO, 'population', 0):.0f}% at k = 2 and "
        f"{lowest(cells, SCORIO, 'population', 1):.0f}% at the large k.",
        "",
        "## Coverage, in percent",
        "",
        "At k = 2 / at the large k. Columns: problems x samples.",
        "",
        *grid(cells, lambda cell, tool, k: f"{cell.covered(tool, TARGET[tool], k):.0f}"),
        "## Width, in points",
        "",
        "The interval's mean width at k = 2 / at the large k.",
        "",
        *grid(cells, lambda cell, tool, k: f"{cell.width(tool, k):.1f}"),
        "## What each tool concludes",
        "",
        "In percent of the repetitions. The true change is that at the large k, over all such "
        "problems, in points. The other tools say whether pass@k changed there. Sharpening "
        "changes it too, so `improves` and `higher` are true of a tilt and say nothing about new "
        "abilities. Only the fourth and the last world have new abilities; the last two lose "
        "some.",
        "",
        "| world | size | true change | passgap | passk-inference | scorio |",
        "| --- | --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {size} x {n} | {100 * cell.truth:+.1f} | "
            + " | ".join(shares(cell.said[tool], times) for tool in (PASSGAP, PASSK, SCORIO))
            + " |"
            for (name, size, n), cell in cells.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def lowest(cells: Cells, tool: str, target: str, k: int) -> float:
    return min(cell.covered(tool, target, k) for cell in cells.values())


def in_short(cells: Cells, tool: str) -> str:
    target = TARGET[tool]
    told = [
        f"{lowest(cells, tool, target, k):.0f}%, "
        f"{np.mean([cell.covered(tool, target, k) for cell in cells.values()]):.1f}%"
        for k in (0, 1)
    ]
    told += [f"{np.mean([cell.width(tool, k) for cell in cells.values()]):.1f}" for k in (0, 1)]
    return f"| {tool} | {target} | {' | '.join(told)} |"


def grid(cells: Cells, shown: Callable[[Cell, str, int], str]) -> list[str]:
    """A table a tool: worlds down, sizes across."""
    lines = []
    for tool in TARGET:
        lines += [f"**{tool}**", ""]
        lines += [f"| world | {' | '.join(f'{size} x {n}' for size, n in SIZES)} |"]
        lines += ["| --- " * (len(SIZES) + 1) + "|"]
        for name in WORLDS:
            row = [cells[name, size, n] for size, n in SIZES]
            told = (" / ".join(shown(cell, tool, k) for k in (0, 1)) for cell in row)
            lines.append(f"| {name} | {' | '.join(told)} |")
        lines.append("")
    return lines


def shares(said: Counter[str], times: int) -> str:
    return ", ".join(f"{one} {100 * hits / times:.3g}" for one, hits in said.most_common())


if __name__ == "__main__":
    main()
