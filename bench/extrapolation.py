"""Does pass@k beyond n foretell held-out draws of real sets? Counts made by others, in place.

    PASSGAP_DATA=... python bench/extrapolation.py [--page docs/results/extrapolation.md]

From each set's N draws per problem n are drawn without replacement; pass@k is extrapolated from
them and held against the unbiased pass@k of the other N - n. Then worlds of known difficulty: does
the headroom's interval cover, and how often is a label wrong? About half an hour on one core.
"""

from __future__ import annotations

import argparse
import csv
import os
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from passgap.analysis.probe.extrapolation import Extrapolation, passes_on_grid
from passgap.analysis.probe.probing import extrapolated_headroom
from passgap.analysis.verdicts import Thresholds, probe_verdict
from passgap.data.counts import Counts
from passgap.results.estimates import Estimate
from passgap.results.settings import LARGE, SMALL
from passgap.stats import fit_mixture, pass_at_k

REPETITIONS = 15
KNOWN_REPETITIONS = 60
SIZES, FEW = (30, 100, 300), (8, 16)
SEED = 0
FILES = {
    "game of 24": "outcomes/game24_gpt4/outcomes.csv",
    "HumanEval": "outcomes/codegen16b_humaneval/outcomes.csv",
    "AIME and AMC": "outcomes/reasoning_gym_rl/outcomes.csv",
    "GSM8K": "pairs/rlvr_behavior_probe_final/base_n256.csv",
}
HEADROOM = "pass@20 - pass@2"
CASES = ((4, 20), (8, 20), (16, 20), (8, 32), (16, 32), (10, 40), (4, 40), (8, 80))


@dataclass(frozen=True)
class Case:
    """One draw of n: what was foretold in both ways, and what the held-out draws say."""

    file: str
    what: str
    n: int
    value: float
    mixture: float
    interval: Estimate
    if_beta: Estimate
    truth: float


def sets(root: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """File, n and c of every policy on every benchmark."""
    for name, file in FILES.items():
        found: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        with (root / file).open() as rows:
            for row in csv.DictReader(rows):
                key = row.get("model", ""), row.get("dataset", "")
                found[key].append((int(row["n"]), int(row["c"])))
        for pairs in found.values():
            n, c = np.array(pairs).T
            yield name, n, c


def cases(root: Path, repetitions: int) -> Iterator[Case]:
    """Every set, n and k that its draws allow, ``repetitions`` times."""
    for file, n, c in sets(root):
        rng = np.random.default_rng(SEED)
        for few in sorted({small for small, _ in CASES}):
            ks = [k for small, k in CASES if small == few and k <= n.min() - few]
            for _ in range(repetitions if ks else 0):
                yield from _once(file, n, c, few, ks, rng)


def _once(
    file: str, n: np.ndarray, c: np.ndarray, few: int, ks: list[int], rng: np.random.Generator
) -> Iterator[Case]:
    drawn = rng.hypergeometric(c, n - c, few)
    counts = Counts([str(i) for i in range(len(n))], np.full(len(n), few), drawn)
    mixture = fit_mixture(counts.n, counts.c)
    shapes = Extrapolation(counts, mixture)

    def truth(k: int) -> float:
        return float(pass_at_k(n - few, c - drawn, k).mean())

    def case(what: str, one: Estimate, shaped: Estimate, before: float, held_out: float) -> Case:
        return Case(file, what, few, one.value, before, one, shaped, held_out)

    for k in ks:
        before = float(mixture.weights @ passes_on_grid(k))
        one = shapes.pass_at_k(k)
        yield case(f"pass@{k}", one.estimate, one.if_beta, before, truth(k))
    if 20 in ks:
        gap = passes_on_grid(20) - passes_on_grid(2)
        room, shaped = shapes.headroom(2, 20), shapes.headroom_if_beta(2, 20)
        yield case(HEADROOM, room, shaped, float(mixture.weights @ gap), truth(20) - truth(2))


def tables(found: list[Case]) -> str:
    """One row per n and quantity, and one per file for the headroom."""
    first = _table(found, "n", "extrapolated", key=lambda one: (one.n, one.what))
    rooms = [one for one in found if one.what == HEADROOM]
    return f"{first}\n\n{_table(rooms, 'set', 'n', key=lambda one: (one.file, one.n))}\n"


def _table(found: list[Case], *head: str, key: Callable[[Case], tuple[object, object]]) -> str:
    groups: dict[tuple[object, object], list[Case]] = defaultdict(list)
    for one in found:
        groups[key(one)].append(one)
    lines = [
        f"| {head[0]} | {head[1]} | cases | error | error, mixture | bias | bias, mixture | "
        "interval holds | width | if Beta-shaped holds | width |",
        "| --- " * 11 + "|",
    ]
    for (a, b), ones in groups.items():
        off, before = (
            np.array([getattr(one, name) - one.truth for one in ones])
            for name in ("value", "mixture")
        )
        (held, wide), (shaped, narrow) = (
            (np.mean(ends[:, 0] <= 0), np.mean(ends[:, 1]))
            for ends in (_ends(ones, "interval"), _ends(ones, "if_beta"))
        )
        lines.append(
            f"| {a} | {b} | {len(ones)} | {np.abs(off).mean():.3f} | {np.abs(before).mean():.3f} | "
            f"{off.mean():+.3f} | {before.mean():+.3f} | {held:.1%} | {wide:.3f} | "
            f"{shaped:.1%} | {narrow:.3f} |"
        )
    return "\n".join(lines)


def _ends(ones: list[Case], name: str) -> np.ndarray:
    """How far the held-out value lies outside an interval (<= 0: inside), and its width."""
    found = [(getattr(one, name), one.truth) for one in ones]
    return np.array([(max(e.low - t, t - e.high), e.high - e.low) for e, t in found])


# -------------------------------------------------------------------------------- known worlds


def worlds(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Success rates of a large population, by name."""
    size = 200_000
    wide, hard = rng.beta(0.6, 1.5, size), rng.beta(0.3, 3, size)
    split = np.where(rng.random(size) < 0.5, rng.beta(8, 1, size), rng.beta(0.2, 6, size))
    return {
        "wide": wide,
        "hard": hard,
        "60% zeros": np.where(rng.random(size) < 0.6, 0.0, rng.beta(0.5, 2, size)),
        "easy and hard": split,
        "5% found late": np.where(rng.random(size) < 0.05, 0.05, 0.0),
        "half mastered": np.where(rng.random(size) < 0.5, 1.0, 0.001),
    }


def _headroom(p: np.ndarray) -> float:
    return float(np.mean((1 - p) ** 2 - (1 - p) ** 20))


def _right(gap: float) -> set[str]:
    """The labels that are not wrong at this headroom."""
    open_ = {"undecided"}
    if gap > LARGE:
        return open_ | {"rlvr_can_pay"}
    if gap < SMALL:
        return open_ | {"saturated", "out_of_reach", "little_headroom"}
    return open_ | {"modest_headroom"}


def known(repetitions: int) -> str:
    """Coverage and labels by world, number of problems and n."""
    lines = [
        "| world | headroom | problems | n | covers | width | wrong label | decided |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, population in worlds(np.random.default_rng(SEED)).items():
        truth = _headroom(population)
        for size in SIZES:
            for n in FEW:
                rng = np.random.default_rng(size + n)
                found = [_probed(population, size, n, rng) for _ in range(repetitions)]
                gaps = [gap for gap, _ in found]
                labels = [label for _, label in found]
                held = np.mean([gap.low <= truth <= gap.high for gap in gaps])
                width = np.mean([gap.high - gap.low for gap in gaps])
                wrong = np.mean([label not in _right(truth) for label in labels])
                decided = np.mean([label != "undecided" for label in labels])
                lines.append(
                    f"| {name} | {100 * truth:.1f} | {size} | {n} | {held:.1%} | {width:.3f} | "
                    f"{wrong:.1%} | {decided:.1%} |"
                )
    return "\n".join(lines)


def _probed(
    population: np.ndarray, size: int, n: int, rng: np.random.Generator
) -> tuple[Estimate, str]:
    """The headroom and the label that `probe` gives, without all else that it shows."""
    p = population[rng.integers(0, len(population), size)]
    counts = Counts([str(i) for i in range(size)], np.full(size, n), rng.binomial(n, p))
    room = extrapolated_headroom(counts, Extrapolation(counts), 2, 20)
    return room.gap, probe_verdict(room, Thresholds(SMALL, LARGE), size).label.value


PAGE = """# Beyond n: extrapolation against held-out samples

`PASSGAP_DATA=... python bench/extrapolation.py --page docs/results/extrapolation.md`, seed {seed},
{repetitions} repetitions per set and n.

Eight sets of real counts, published with 50 to 256 samples per problem: GPT-4 on the game of 24
(two prompts, 100 problems), CodeGen-16B on HumanEval (164), Llama-3.2-3B after RL at two steps on
AIME (30) and AMC (40), and a Qwen2.5-1.5B on GSM8K (30). For each problem, n of the samples are
taken without replacement; what [is extrapolated](../methods/beyond.md) from them is compared with
the unbiased pass@k of the others. *Error* is the mean absolute error, *bias* the mean error;
*mixture* is the value of the nonparametric fit, which passgap gave earlier. The interval is the
range over the likelihood region; its coverage includes the noise of the held-out samples. *If
Beta-shaped* is the profile interval over zero-inflated Beta-binomials alone.

{tables}

## Worlds of known difficulty

`probe` with fewer than 20 samples per problem, {known_repetitions} repetitions per row: whether the
interval of pass@20 - pass@2 contains the population's, and how often the label differs from the one
for the true headroom (`undecided` is never wrong).

{known}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--repetitions", type=int, default=REPETITIONS)
    parser.add_argument("--known", type=int, default=KNOWN_REPETITIONS)
    asked = parser.parse_args()
    if "PASSGAP_DATA" not in os.environ:
        parser.error("PASSGAP_DATA is not set; allowed: the folder that holds outcomes/ and pairs/")
    found = list(cases(Path(os.environ["PASSGAP_DATA"]), asked.repetitions))
    told = tables(found)
    print(told)
    simulated = known(asked.known)
    print(simulated)
    if asked.page:
        page = PAGE.format(
            seed=SEED,
            repetitions=asked.repetitions,
            tables=told.rstrip(),
            known_repetitions=asked.known,
            known=simulated,
        )
        asked.page.write_text(page)


if __name__ == "__main__":
    main()
