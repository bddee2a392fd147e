"""Are the labels after training true? On worlds whose truth is known, by seeded simulation.

    python bench/labels.py [--repetitions 200] [--out runs/labels] [--page docs/results/labels.md]

Worlds without a new ability say how often a label is false, worlds with one how often it is found,
and pairs at the sizes of well-known benchmarks how often a label is settled. Every cell is kept, so
the same command goes on after a kill, and a second one given at once takes other cells. About
three quarters of an hour on one core.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy.special import expit, logit

from passgap.analysis.compare.deciding import deciding
from passgap.analysis.compare.judging import judge, robust
from passgap.data.counts import Counts
from passgap.results.settings import CompareSettings

Rng = np.random.Generator
Pair = tuple[np.ndarray, np.ndarray]
PROBLEMS, DRAWS = (30, 100, 300, 1000), (16, 64, 128, 256)
SIZES = [(size, n) for size in PROBLEMS for n in DRAWS]
NEW = {"expanded", "reshuffled"}
LOST = {"narrowed", "degraded", "sharpened_narrowed", "down_at_small_k", "down_at_large_k"}
QUIET = {"unchanged", "same_at_small_k", "same_at_large_k", "inconclusive", "depends_on_cuts"}
QUIET |= {"depends_on_marks"}


def usual(rng: Rng, size: int) -> np.ndarray:
    return np.clip(rng.beta(0.5, 1.2, size), 1e-3, 1 - 1e-4)


def heavy(rng: Rng, size: int) -> np.ndarray:
    return np.clip(expit(rng.normal(-3, 3, size)), 1e-6, 1 - 1e-6)


def moved(shape: Callable[[Rng, int], np.ndarray], change: Callable) -> Callable[[Rng, int], Pair]:
    """A world of one change of the log-odds: ``change`` takes them and the generator."""

    def pair(rng: Rng, size: int) -> Pair:
        p = shape(rng, size)
        return p, expit(change(logit(p), rng))

    return pair


def spread(mean: float, deviation: float, kind: str = "normal") -> Callable:
    scale = deviation / np.sqrt(2) if kind == "laplace" else deviation
    return lambda t, rng: t + mean + getattr(rng, kind)(0, scale, len(t))


SHARPENED: dict[str, Callable[[Rng, int], Pair]] = {
    "tilt of 1": moved(usual, lambda t, _: t + 1),
    "tilt of 2": moved(usual, lambda t, _: t + 2),
    "tilt of ln 32": moved(usual, lambda t, _: t + np.log(32)),
    "tilt of 2, heavy tail": moved(heavy, lambda t, _: t + 2),
    "slope .6": moved(usual, lambda t, _: 0.6 * t + 1),
    "slope .8": moved(usual, lambda t, _: 0.8 * t + 1),
    "slope 1.25": moved(usual, lambda t, _: 1.25 * t + 1.5),
    "slope 1.5": moved(usual, lambda t, _: 1.5 * t + 2),
    "uneven, spread 1": moved(usual, spread(1.5, 1)),
    "uneven, spread 2": moved(usual, spread(1, 2)),
    "uneven, spread 2, more": moved(usual, spread(2, 2)),
    "uneven, spread 2, heavy tail": moved(heavy, spread(1, 2)),
    "uneven, spread 2, heavy tail, more": moved(heavy, spread(2, 2)),
    "uneven, Laplace 1, heavy tail": moved(heavy, spread(1, 1, "laplace")),
    "flatter temperature": moved(usual, lambda t, _: 0.7 * t),
    "flatter temperature, heavy tail": moved(heavy, lambda t, _: 0.7 * t),
    "sharper temperature": moved(usual, lambda t, _: 1.4 * t),
}


def drawn(p: np.ndarray, n: np.ndarray, rng: Rng, **known: object) -> Counts:
    return Counts([str(i) for i in range(len(p))], n, rng.binomial(n, p), **known)


def plain(world: Callable[[Rng, int], Pair]) -> Callable:
    def pair(rng: Rng, size: int, n: int) -> tuple[Counts, Counts, dict]:
        p, q = world(rng, size)
        each = np.full(size, n)
        return drawn(p, each, rng), drawn(q, each, rng), {}

    return pair


def unequal(rng: Rng, size: int, n: int) -> tuple[Counts, Counts, dict]:
    p, q = SHARPENED["tilt of 2"](rng, size)
    several = rng.integers(n // 2, n + 1, size), rng.integers(n // 2, n + 1, size)
    return drawn(p, several[0], rng), drawn(q, several[1], rng), {}


def apart(base: int, trained: int) -> Callable:
    def pair(rng: Rng, size: int, n: int) -> tuple[Counts, Counts, dict]:
        """One policy drawn a quarter as often as the other."""
        p, q = SHARPENED["uneven, spread 1"](rng, size)
        few = np.full(size, n // base), np.full(size, n // trained)
        return drawn(p, few[0], rng), drawn(q, few[1], rng), {}

    return pair


def nothing(shape: Callable[[Rng, int], np.ndarray]) -> Callable:
    return plain(moved(shape, lambda t, _: t))


def cut(rng: Rng, size: int, n: int, share: float = 1.0) -> tuple[Counts, Counts, dict]:
    """Equal ability; on 12% of the problems the base is cut by max_tokens."""
    p = usual(rng, size)
    lost = np.where(rng.random(size) < 0.12, rng.binomial(n, share, size), 0)
    base = drawn(p, np.full(size, n) - lost, rng)
    base = Counts(base.problem_id, np.full(size, n), base.c, no_answer=lost, truncated=lost)
    return base, drawn(p, np.full(size, n), rng, no_answer=np.zeros(size, int)), {}


def style(rng: Rng, size: int, n: int) -> tuple[Counts, Counts, dict]:
    """Equal ability; on a quarter of the problems the base's form of answer is misread."""
    p, each = usual(rng, size), np.full(size, n)
    right = rng.binomial(n, p)
    seen = np.where(rng.random(size) < 0.25, 0, right)
    base = Counts([str(i) for i in range(size)], each, seen, c_asked=seen, c_any=right)
    after = rng.binomial(n, p)
    return base, Counts(base.problem_id, each, after, c_asked=after, c_any=after), {}


def lucky(rng: Rng, size: int, n: int, stated: bool = False) -> tuple[Counts, Counts, dict]:
    """Equal ability; 2 in 100 wrong draws pass, which may be stated."""
    p, each = usual(rng, size), np.full(size, n)
    passes = p + (1 - p) * 0.02
    known = {"false_positive_rate": 0.02} if stated else {}
    return drawn(passes, each, rng), drawn(passes, each, rng), known


def clustered(change: float) -> Callable:
    def pair(rng: Rng, size: int, n: int) -> tuple[Counts, Counts, dict]:
        """Five variants a template; templates change by a spread around ``change``."""
        place = np.arange(size) // 5
        p = usual(rng, size)[: place[-1] + 1]
        q = expit(logit(p) + change + rng.normal(0, 0.7, len(p)))
        names, each = [str(i) for i in place], np.full(size, n)
        return (
            drawn(p[place], each, rng, cluster=names),
            drawn(q[place], each, rng, cluster=names),
            {},
        )

    return pair


def exchanged(
    share_new: float, share_lost: float = 0.0, slope: float = 1.0, shape=usual
) -> Callable[[Rng, int], Pair]:
    """A share of the problems new (base p = 0), another lost, the rest sharpened."""

    def pair(rng: Rng, size: int) -> Pair:
        p, which = shape(rng, size), rng.random(size)
        q = expit(slope * logit(p) + 1.5)
        new, lost = which < share_new, which > 1 - share_lost
        q[new], p[new] = rng.uniform(0.1, 0.9, new.sum()), 0.0
        p[lost], q[lost] = rng.uniform(0.1, 0.9, lost.sum()), 0.0
        return p, q

    return pair


def changed(*shares: float, **known: object) -> Callable:
    return plain(exchanged(*shares, **known))


FALSE: dict[str, tuple[Callable, set[str]]] = {  # a world, and the labels that are false in it
    **{name: (plain(world), NEW) for name, world in SHARPENED.items()},
    "unequal n": (unequal, NEW | LOST),
    "base sampled a quarter as often": (apart(4, 1), NEW | LOST),
    "trained sampled a quarter as often": (apart(1, 4), NEW | LOST),
    "nothing changed": (nothing(usual), None),
    "nothing changed, heavy tail": (nothing(heavy), None),
    "base cut on 12% of the problems": (cut, None),
    "base cut on most samples of 12%": (lambda *a: cut(*a, share=0.9), None),
    "answer style of a quarter misread": (style, None),
    "2% of incorrect samples pass": (lucky, None),
    "2% of incorrect samples pass, stated": (lambda *a: lucky(*a, stated=True), None),
    "clusters, no change on average": (clustered(0.0), NEW | {"narrowed", "degraded", "sharpened"}),
    "clusters, sharpened": (clustered(1.5), NEW | LOST),
}
FOUND: dict[str, tuple[Callable, set[str]]] = {  # a world, and the labels that are right in it
    "10% new": (changed(0.1), {"expanded"}),
    "10% new, heavy tail": (changed(0.1, shape=heavy), {"expanded"}),
    "5% new, slope 1.5": (changed(0.05, slope=1.5), {"expanded"}),
    "3% new": (changed(0.03), {"expanded"}),
    "10% lost": (changed(0.0, 0.1), LOST),
    "10% new and 10% lost": (changed(0.1, 0.1), {"reshuffled"}),
}
BENCHMARKS = {
    "AIME": (30, 256, "fixed"),
    "AMC": (40, 64, "fixed"),
    "HumanEval": (164, 100, "population"),
    "MATH-500, n = 32": (500, 32, "population"),
    "MATH-500, n = 128": (500, 128, "population"),
}
GAINS = {5: 0.35, 10: 0.75, 20: 1.8}  # points at pass@2, and the tilt that brings them here
BEFORE = {  # the same pairs under the rule of commit 3101fac^: settled and inconclusive, in percent
    ("AIME", 5): (3, 97),
    ("AIME", 10): (10, 90),
    ("AIME", 20): (52, 48),
    **{("AMC", gain): (0, 100) for gain in GAINS},
    **{("HumanEval", gain): (0, 100) for gain in GAINS},
    **{("MATH-500, n = 32", gain): (0, 100) for gain in GAINS},
    ("MATH-500, n = 128", 5): (79, 21),
    ("MATH-500, n = 128", 10): (100, 0),
    ("MATH-500, n = 128", 20): (100, 0),
}


def label(base: Counts, trained: Counts, seed: int, **asked: object) -> str:
    settings = CompareSettings(seed=seed, **asked)
    rule = deciding((base, trained), settings)
    found = judge(base, trained, rule, seed)
    return str(robust(found, base, trained, rule, settings).label)


def labels(world: Callable, size: int, n: int, times: int, **asked: object) -> dict[str, int]:
    found: Counter[str] = Counter()
    for seed in range(times):
        base, trained, known = world(np.random.default_rng([seed, size, n]), size, n)
        found[label(base, trained, seed, **known, **asked)] += 1
    return dict(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("runs/labels"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/labels.md"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    cells = {**world_cells(), **benchmark_cells()}
    found = {}
    for name, (world, size, n, settings) in cells.items():
        kept = asked.out / f"{' '.join(map(str, name))} {asked.repetitions}.json".replace("/", "-")
        claimed = kept.with_suffix(".claimed")
        if not kept.exists():
            try:
                claimed.touch(exist_ok=False)
            except FileExistsError:
                continue  # another process is at it
            kept.write_text(json.dumps(labels(world, size, n, asked.repetitions, **settings)))
            claimed.unlink()
            print(kept.stem, kept.read_text(), flush=True)
        found[name] = json.loads(kept.read_text())
    if len(found) < len(cells):
        print(f"{len(cells) - len(found)} cells are left to another process: {asked.out}/*.claimed")
        return
    asked.page.write_text(page(found, asked.repetitions))
    print(f"{asked.page}: written")


def world_cells() -> dict[tuple, tuple]:
    """Every world at every size: (world, problems, draws, settings)."""
    cells = {}
    for size, n in SIZES:
        for name, (world, _) in {**FALSE, **FOUND}.items():
            few = size == 30 and not name.startswith("clusters")  # six clusters are no population
            interval = "fixed" if few else "population"
            cells[name, size, n] = world, size, n, {"interval": interval}
    return cells


def benchmark_cells() -> dict[tuple, tuple]:
    return {
        (name, gain): (
            plain(moved(usual, lambda t, _, by=by: t + by)),
            size,
            n,
            {"interval": interval},
        )
        for name, (size, n, interval) in BENCHMARKS.items()
        for gain, by in GAINS.items()
    }


def page(found: dict[tuple, dict[str, int]], times: int) -> str:
    by_draws = " / ".join(map(str, DRAWS))
    head = [f"| world | {' | '.join(f'P = {size}' for size in PROBLEMS)} |"]
    head.append("| --- " * (len(PROBLEMS) + 1) + "|")

    def share(name: str, size: int, n: int, right: set[str] | None) -> float:
        cell = found[name, size, n].items()
        hits = sum(k for one, k in cell if (one in right if right else one not in QUIET))
        return 100 * hits / times

    def rows(worlds: dict[str, tuple[Callable, set[str]]]) -> list[str]:
        lines = []
        for name, (_, right) in worlds.items():
            row = (
                " / ".join(f"{share(name, size, n, right):.3g}" for n in DRAWS) for size in PROBLEMS
            )
            lines.append(f"| {name} | {' | '.join(row)} |")
        return lines

    most = max(
        (share(name, size, n, FALSE[name][1]), name, size, n) for name in FALSE for size, n in SIZES
    )
    above = sum(share(name, size, n, FALSE[name][1]) > 5 for name in FALSE for size, n in SIZES)
    lines = [
        "# Labels: how often they are false, found and decided",
        "",
        f"Simulated, with known truth. {date.today()}, passgap {version('passgap')}; made by "
        f"`python bench/labels.py`, seeded; {times} repetitions per cell; `fixed` intervals at P "
        "= 30, otherwise `population`.",
        "",
        "## False labels, in percent",
        "",
        f"Each cell: n = {by_draws} samples per problem. In worlds without a new ability, "
        "`expanded` and `reshuffled` are false; in worlds where nothing changed, so is every "
        "label that says that something did. Clusters are templates of five variants, named by a "
        "cluster key, with `population` intervals at P = 30 too. Counts cannot show a verifier "
        "that only the trained policy deceives: that is what `passgap audit` is for.",
        "",
        f"The highest is {most[0]:.1f}% ({most[1]}, {most[2]} x {most[3]}); {above} of "
        f"{len(FALSE) * len(SIZES)} cells are above 5%.",
        "",
        *head,
        *rows(FALSE),
        "",
        "## Found, in percent",
        "",
        "New problems: the base's p is 0 and the trained policy's is .1 to .9; the rest is "
        "sharpened. For lost problems, every label that says that something was lost counts.",
        "",
        *head,
        *rows(FOUND),
        "",
        "## What is decided at common sizes, in percent",
        "",
        "*Before* is the rule that these labels replaced (commit 3101fac^), on the same pairs: it",
        "required K = 64. It called 18 of these 3,000 pairs `expanded`, but all move by one tilt.",
        "",
        "| benchmark | gain at pass@2, about | settled (before) | in part | inconclusive (before) "
        "| labels |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, (size, n, _) in BENCHMARKS.items():
        for gain in GAINS:
            cell = found[name, gain]
            partial = sum(
                k for one, k in cell.items() if "_at_" in one or one.startswith("depends")
            )
            open_ = cell.get("inconclusive", 0)
            said = ", ".join(f"{one} {k}" for one, k in Counter(cell).most_common())
            settled, part, none = (
                f"{100 * k / times:.0f}" for k in (times - partial - open_, partial, open_)
            )
            was = BEFORE[name, gain]
            lines.append(
                f"| {name.partition(',')[0]}, {size} x {n} | {gain} points | {settled} ({was[0]}) "
                f"| {part} | {none} ({was[1]}) | {said} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
