"""Do the intervals cover, and do the verdicts err as seldom as they say? By seeded simulation.

    python bench/calibration.py [--out runs/calibration] [--page docs/results/calibration.md]
        [--only population --only low ..]

About an hour on one core; every part is kept, so the same command goes on after a kill. ``--only``
renews the sections named and leaves the others of the page as they are.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from passgap.analysis.audit import audit, choose_problems
from passgap.analysis.probe.extrapolation import passes_on_grid
from passgap.data.counts import Counts
from passgap.evidence.doors import adaptive_probe
from passgap.stats import (
    agreeing,
    corrected_pass_at_k,
    fixed_paired_interval,
    functional_interval,
    mean_ends,
    paired_ends,
    pass_at_k,
    plausible_limits,
    shrunken_rates,
    student_interval,
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
        "60% zeros, tilt 2": (zeros, tilted(zeros, 2.0)),
        "easy and hard, none": (split, split),
        "gain on 3%": (zeros, np.where(rare < 0.03, np.maximum(zeros, 0.5), zeros)),
        "loss on 3%": (wide, np.where(rare < 0.03, 0.0, wide)),
        "gain on 3% of the impossible": (
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
    ks = sorted({1, 2, n // 4, n // 2})
    for name, (before, after) in shapes(np.random.default_rng(0)).items():
        rng = np.random.default_rng(problems * 1000 + n)
        found = covered(before, after, problems, n, ks, rng)
        rows += [{"shape": name, "P": problems, "n": n} | row for row in found]
    return rows


def covered(
    before: np.ndarray,
    after: np.ndarray,
    problems: int,
    n: int,
    ks: list[int],
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Coverage and widths at each k; ``curve`` is that of ends made to agree over the k."""
    truth = np.array([[expected(p, k) for k in ks] for p in (before, after)])
    tables = [pass_at_k(n, np.arange(n + 1), k) for k in ks]
    sums: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(ks)))
    for _ in range(REPLICATES // 200):
        chosen = rng.integers(0, SUPER, (problems, 200))
        c = [rng.binomial(n, p[chosen]) for p in (before, after)]
        means = []
        for i, table in enumerate(tables):
            x, y = (table[one] for one in c)
            means.append(mean_ends(x))
            paired = paired_ends(y - x, limits=plausible_limits(x, y))
            wide_mean, wide_paired = paired_ends(x, limits=(0.0, 1.0)), paired_ends(y - x)
            sums["mean"][i] += inside(means[i], truth[0, i])
            sums["paired"][i] += inside(paired, truth[1, i] - truth[0, i])
            sums["width"][i] += np.sum(paired[1] - paired[0])
            sums["width_mean"][i] += np.sum(means[i][1] - means[i][0])
            sums["ones"][i] += np.sum(wide_paired[1] - wide_paired[0])
            sums["ones_mean"][i] += np.sum(wide_mean[1] - np.maximum(wide_mean[0], 0.0))
            sums["plain"][i] += np.sum(2 * 1.96 * (y - x).std(axis=0, ddof=1) / np.sqrt(problems))
        agreed = np.array(
            [agreeing(np.array(ks), *ends) for ends in np.transpose(means, (2, 1, 0))]
        )
        for i in range(len(ks)):
            sums["curve"][i] += inside(agreed[:, :, i].T, truth[0, i])
    return [
        {"k": k} | {name: float(total[i]) / REPLICATES for name, total in sums.items()}
        for i, k in enumerate(ks)
    ]


def inside(ends: tuple[np.ndarray, np.ndarray] | np.ndarray, truth: float) -> int:
    """How many of the intervals hold the truth."""
    return int(np.sum((ends[0] <= truth) & (truth <= ends[1])))


LOW_SIZES = ((100, 256), (128, 10_000), (300, 64), (500, 256))


def low_rates() -> list[dict[str, Any]]:
    """Populations of low rates, alone and with a few large ones, at k = 1, 2, 4."""
    rng = np.random.default_rng(0)
    bulk = rng.beta(0.15, 18.7, SUPER)
    few = rng.random(SUPER)

    def log_normal(spread: float) -> np.ndarray:
        middle = np.log(0.008) - spread**2 / 2
        return np.minimum(np.exp(rng.normal(middle, spread, SUPER)), 1.0)

    jump = np.exp(rng.standard_normal(SUPER))
    smooth = {
        "Beta(.15, 18.7)": bulk,
        "Beta(2, 200)": rng.beta(2, 200, SUPER),
        "log-normal, spread 1.5": log_normal(1.5),
        "log-normal, spread 3": log_normal(3.0),
    }
    pairs = {name: (p, np.minimum(p * jump, 1.0)) for name, p in smooth.items()}
    for share, rate in ((0.03, 0.1), (0.03, 0.3), (0.03, 0.7), (0.01, 0.7)):
        lifted = np.where(few < share, np.maximum(bulk, rate), bulk)
        pairs[f"Beta(.15, 18.7) and {share:.0%} at {rate:g}, lost"] = lifted, bulk
    rows = []
    for name, (before, after) in pairs.items():
        for problems, n in LOW_SIZES:
            rng = np.random.default_rng(problems)
            found = covered(before, after, problems, n, [1, 2, 4], rng)
            rows += [{"shape": name, "P": problems, "n": n} | row for row in found]
    return rows


def fixed_coverage() -> list[dict[str, Any]]:
    """The interval for exactly these problems, at P = 30."""
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
        for name in ("wide, tilt 1.5", "60% zeros, tilt 2", "easy and hard, none"):
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
    from passgap.analysis.verdicts import Thresholds, probe_verdict

    room, _ = _headroom(counts, 2, 20, "population")
    return probe_verdict(room, Thresholds(0.05, 0.15), len(counts)).label


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
    "60% zeros, headroom .175": (
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


# ------------------------------------------------------------------------------------ audits

AUDITS = 500
AUDITED = ((300, 64, 60), (100, 64, 40), (300, 64, 200))
Truth = Callable[[np.ndarray, int, np.random.Generator], tuple[np.ndarray, np.ndarray]]


def false_by_draw(hits: np.ndarray, draws: int, rate: float, rng: np.random.Generator) -> Any:
    """Right draws, and as marked: wrong draws are taken for right at a rate of their own."""
    return hits, hits + rng.binomial(draws - hits, rate)


FALSE: dict[str, Truth] = {
    "5% of the problems": lambda c, n, rng: (np.where(rng.random(len(c)) < 0.05, 0, c), c),
    "20% of the problems": lambda c, n, rng: (np.where(rng.random(len(c)) < 0.2, 0, c), c),
    "5% of the correct samples": lambda c, n, rng: (rng.binomial(c, 0.95), c),
    "20% of the correct samples": lambda c, n, rng: (rng.binomial(c, 0.8), c),
    ".5% of the incorrect samples": lambda c, n, rng: false_by_draw(c, n, 0.005, rng),
    "2% of the incorrect samples": lambda c, n, rng: false_by_draw(c, n, 0.02, rng),
    "10% of the incorrect samples on a fifth of the problems": lambda c, n, rng: false_by_draw(
        c, n, np.where(rng.random(len(c)) < 0.2, 0.1, 0.0), rng
    ),
}


def audits() -> list[dict[str, Any]]:
    """Does the audit's corrected curve hold pass@k of the same draws with right marks?"""
    rows = []
    for problems, n, size in AUDITED:
        for name, truth in FALSE.items():
            rng = np.random.default_rng(problems + size)
            held, width = np.zeros(n.bit_length()), np.zeros(n.bit_length())
            for seed in range(AUDITS):
                p = np.where(rng.random(problems) < 0.3, 0.0, rng.beta(0.5, 3, problems))
                true, marked = truth(rng.binomial(n, p), n, rng)
                counts = Counts([str(i) for i in range(problems)], np.full(problems, n), marked)
                right = rng.random(problems) < true / np.maximum(marked, 1)
                chosen = choose_problems(counts, size, seed)
                marks = {str(i): "right" if right[i] else "wrong" for i in chosen}
                found = audit(counts, marks).corrected
                low, high = np.array([(r.estimate.low, r.estimate.high) for r in found]).T
                wanted = pass_at_k(n, true, [r.k for r in found]).mean(axis=0)
                held += (low <= wanted + 1e-12) & (wanted <= high + 1e-12)
                width += high - low
            row = {"P": problems, "n": n, "size": size, "false": name}
            rows.append(
                row | {"held": (held / AUDITS).tolist(), "width": (width / AUDITS).tolist()}
            )
    return rows


# -------------------------------------------------------------------------------------- luck

LUCKS = 500
RATES = ((0.02, 0.0, 0.3), (0.02, 0.3, 0.3), (0.02, 0.6, 0.3), (0.01, 0.5, 0.5))


def luck() -> list[dict[str, Any]]:
    """pass@k with luck taken out by true, noisy and shrunken guess rates; 300 problems x 64."""
    ks, size, n = [1, 8, 64], 300, 64
    rows = []
    for mean, spread, noise in RATES:
        off: dict[str, list[np.ndarray]] = defaultdict(list)
        held: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(len(ks)))
        population = 0.7 * np.array(
            [1 - special.beta(0.4, 6 + k) / special.beta(0.4, 6) for k in ks]
        )
        for seed in range(LUCKS):
            rng = np.random.default_rng(seed)
            p = np.where(rng.random(size) < 0.3, 0.0, rng.beta(0.4, 6, size))
            true, noisy = (
                np.exp(s * rng.standard_normal(size) - s**2 / 2) for s in (spread, noise)
            )
            true, noisy = mean * true, mean * true * noisy
            c = rng.binomial(n, 1 - (1 - p) * (1 - true))
            variance = mean**2 * np.exp(spread**2) * (np.exp(noise**2) - 1)
            rates = {
                "true": true,
                "noisy": noisy,
                "shrunken": shrunken_rates(noisy, np.full(size, variance)),
            }
            for name, g in rates.items():
                x = corrected_pass_at_k(np.full(size, n), c, g, ks)
                found = [student_interval(column) for column in x.T]
                off[name].append(x.mean(axis=0))
                held[name] += [e.low <= t <= e.high for e, t in zip(found, population, strict=True)]
        for name, values in off.items():
            bias = np.mean(np.array(values) - np.array(off["true"]), axis=0)
            row = {"mean": mean, "spread": spread, "noise": noise, "rates": name}
            rows.append(row | {"bias": bias.tolist(), "held": (held[name] / LUCKS).tolist()})
    return rows


# ----------------------------------------------------------------------------------- the page

Part = Callable[[str, Callable[[], Any]], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/calibration"))
    parser.add_argument("--page", type=Path, default=Path("docs/results/calibration.md"))
    parser.add_argument("--only", action="append", choices=list(SECTIONS))
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

    sections = read_sections(asked.page)
    for name in asked.only or SECTIONS:
        title, make = SECTIONS[name]
        sections[title] = "\n".join([f"{made_by()}\n", *make(part)])
    asked.page.parent.mkdir(parents=True, exist_ok=True)
    ordered = [title for title, _ in SECTIONS.values() if title in sections]
    body = "\n\n".join(f"## {title}\n\n{sections[title].strip()}" for title in ordered)
    asked.page.write_text(f"{HEAD}\n\n{body}\n")
    print(f"{asked.page}: written, {time.monotonic() - start:.0f} s")


HEAD = """# Calibration: coverage of the intervals and error rates of the verdicts

Simulated, with known truth; made by `python bench/calibration.py`, seeded. The labels of `compare`
are under [Labels](labels.md), the interval over training seeds under [Training seeds](seeds.md),
plans under [Planning](planning.md), the tilt under [The tilt](tilt.md)."""


def made_by() -> str:
    return (
        f"{date.today().isoformat()}, passgap {version('passgap')}, numpy {version('numpy')}, "
        f"scipy {version('scipy')}."
    )


def read_sections(page: Path) -> dict[str, str]:
    """The page's sections by title; none where there is no page."""
    if not page.exists():
        return {}
    parts = page.read_text().split("\n## ")[1:]
    return dict(part.split("\n", 1) for part in parts)


def population_section(part: Part) -> list[str]:
    cells = [
        row
        for problems in PROBLEMS
        for n in DRAWS
        for row in part(
            f"coverage-{problems}-{n}", lambda problems=problems, n=n: coverage(problems, n)
        )
    ]
    lines = [
        f"{REPLICATES:,} replicates per cell, {len(cells)} cells: seven shapes of difficulty "
        "before and after, k = 1, 2, n/4, n/2. For each P and n the table gives the lowest "
        "coverage of pass@k at one k, of pass@k on a curve (with ends that agree over k) and of "
        "the difference; and the width of the paired interval relative to a plain normal one "
        "(median and largest over the cells; the plain interval covers far less where effects "
        "are rare).\n",
        "| P | n | pass@k, lowest | on a curve, lowest | difference, lowest | where | "
        "width / plain: median, most |",
        "| --- " * 7 + "|",
    ]
    for problems in PROBLEMS:
        for n in DRAWS:
            own = [row for row in cells if (row["P"], row["n"]) == (problems, n)]
            worst = min(own, key=lambda row: row["paired"])
            ratio = [row["width"] / row["plain"] for row in own if row["plain"] > 1e-9]
            lines.append(
                f"| {problems} | {n} | {min(r['mean'] for r in own):.1%} | "
                f"{min(r['curve'] for r in own):.1%} | {worst['paired']:.1%} | "
                f"{worst['shape']}, k = {worst['k']} | {np.median(ratio):.2f}, {max(ratio):.1f} |"
            )
    rare = [row for row in cells if row["shape"].startswith(("gain on", "loss on"))]
    return [*lines, "", f"Rare effects alone (3%): lowest {min(r['paired'] for r in rare):.1%}."]


def low_section(part: Part) -> list[str]:
    rows = part("low", low_rates)
    lines = [
        f"Success rates with a mean near .8%, {REPLICATES:,} replicates per cell; coverage is the "
        "lowest over k = 1, 2, 4. In the trained policy, smooth rates are multiplied by a "
        "log-normal factor of spread 1, and the rare problems are lost. Widths are at k = 1, "
        "relative to those with pseudo-observations 0 and 1 (differences: -1 and 1).\n",
        "| rates | P | n | pass@k | on a curve | difference | width, pass@1 | width, difference |",
        "| --- " * 8 + "|",
    ]
    for shape, problems, n in dict.fromkeys((r["shape"], r["P"], r["n"]) for r in rows):
        own = [r for r in rows if (r["shape"], r["P"], r["n"]) == (shape, problems, n)]
        low = [min(r[what] for r in own) for what in ("mean", "curve", "paired")]
        one = own[0]
        lines.append(
            f"| {shape} | {problems} | {n:,} | {low[0]:.1%} | {low[1]:.1%} | {low[2]:.1%} | "
            f"{one['width_mean'] / one['ones_mean']:.2f} | {one['width'] / one['ones']:.2f} |"
        )
    return lines


def fixed_section(part: Part) -> list[str]:
    fixed = part("fixed", fixed_coverage)
    return [
        f"P = 30, {REPLICATES:,} replicates per cell.\n",
        f"Lowest of {len(fixed)} cells: {min(r['paired'] for r in fixed):.1%}; "
        f"median {np.median([r['paired'] for r in fixed]):.1%}.",
    ]


def beyond_section(part: Part) -> list[str]:
    lines = [
        f"{REPLICATES:,} replicates per cell.\n",
        "| shape | P | n | quantity | coverage |",
        "| --- " * 5 + "|",
    ]
    return lines + [
        f"| {r['shape'].split(',')[0]} | {r['P']} | {r['n']} | {r['what']} | {r['covered']:.1%} |"
        for r in part("beyond", beyond_coverage)
    ]


def audit_section(part: Part) -> list[str]:
    lines = [
        f"{AUDITS} audits per row, k = 1, 2, 4 .. n: how often the corrected interval contains "
        "the pass@k of the same samples without the verifier's mistakes.\n",
        "| P | n | checked by hand | false positives | lowest coverage over k | "
        "width at k = 1, 8, 64 |",
        "| --- " * 6 + "|",
    ]
    for r in part("audits", audits):
        design = f"{r['P']} | {r['n']} | {r['size']} | {r['false']}"
        widths = ", ".join(f"{r['width'][i]:.3f}" for i in (0, 3, 6))
        lines.append(f"| {design} | {min(r['held']):.1%} | {widths} |")
    return lines


def luck_section(part: Part) -> list[str]:
    lines = [
        f"300 problems x 64 samples, {LUCKS} replicates per row; guess rates with a spread and a "
        "noise (log standard deviations). Bias is relative to the true rates, in points; the "
        "interval is Student's t for the mean over problems like these.\n",
        "| mean rate | spread | noise | rates used | bias at k = 1, 8, 64 | coverage |",
        "| --- " * 6 + "|",
    ]
    for r in part("luck", luck):
        bias = ", ".join(f"{100 * one:+.1f}" for one in r["bias"])
        held = ", ".join(f"{one:.1%}" for one in r["held"])
        design = f"{r['mean']} | {r['spread']} | {r['noise']} | {r['rates']}"
        lines.append(f"| {design} | {bias} | {held} |")
    return lines


def probe_section(part: Part) -> list[str]:
    lines = [
        "The true headroom lies exactly on a threshold, n = 64, 2,000 replicates. A label that "
        "puts it on one side is an error, which may happen in at most 2.5% per side.\n",
        "| true headroom | P | labels |",
        "| --- | --- | --- |",
    ]
    return lines + [
        f"| {r['threshold']} | {r['P']} | {_shares(r['labels'])} |"
        for r in part("probe", probe_labels)
    ]


def adaptive_section(part: Part) -> list[str]:
    spent = part("adaptive", adaptive)
    lines = [
        "300 problems, 300 replicates per world: samples used as a share of the fixed design's, "
        "and how often a wrong label is given (on a threshold: any label).\n",
        "| world | samples | wrong, adaptive | wrong, fixed | labels, adaptive | labels, fixed |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {r['world']} | {r['share']:.0%} | {r['errors']['adaptive']:.1%} | "
        f"{r['errors']['fixed']:.1%} | {_shares(r['labels']['adaptive'])} | "
        f"{_shares(r['labels']['fixed'])} |"
        for r in spent
    ]
    mean = np.mean([r["share"] for r in spent])
    return [*lines, "", f"Samples over all worlds: {mean:.0%} of the fixed design's."]


def _shares(found: dict[str, int]) -> str:
    total = sum(found.values())
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return ", ".join(f"`{label}` {times / total:.1%}" for label, times in ordered)


SECTIONS: dict[str, tuple[str, Callable[[Part], list[str]]]] = {
    "population": ("Population intervals, nominal 95%", population_section),
    "low": ("Low rates, nominal 95%", low_section),
    "fixed": ("Fixed problems, nominal 95%", fixed_section),
    "beyond": (
        "Intervals from the fitted difficulty distribution, nominal 95%",
        beyond_section,
    ),
    "audit": ("An audit's corrected curve, nominal 95%", audit_section),
    "luck": ("Luck taken out by estimated rates, nominal 95%", luck_section),
    "probe": ("Probe on a threshold", probe_section),
    "adaptive": ("Adaptive probe against a fixed n = 64", adaptive_section),
}


if __name__ == "__main__":
    main()
