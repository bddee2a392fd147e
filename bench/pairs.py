"""What compare says of base and trained pairs that others published with counts a problem.

    python bench/pairs.py --data DIR [--page docs/results/published-pairs.md]

DIR holds ``pairs/`` and ``outcomes/``: see the page for the sources. Under a minute.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import polars as pl

import passgap
from passgap.data.counts import Counts
from passgap.results.comparison import Comparison, Novel
from passgap.show.text import interval, points

PROBE = "UnitedSnakes/rlvr_behavior_probe_runpod, GSM8K, PPO"
RG = "open-thought/reasoning-gym-eval, Llama-3.2-3B, RL"


def pairs(data: Path) -> Iterator[tuple[str, Comparison]]:
    """Every pair with its source, compared with the defaults."""
    for name in ("step100", "step300", "step500", "step1000", "final"):
        folder = data / "pairs" / f"rlvr_behavior_probe_{name}"
        yield f"{PROBE}, {name}", passgap.compare(folder / "base.csv", folder / "trained.csv")
    folder = data / "pairs" / "qwen2.5-3b_instruct_scp"
    source = "pavelslab-nyu/rlvr-weak-supervision, SCP-116K, Qwen2.5-3B to its Instruct"
    yield source, passgap.compare(folder / "base.csv", folder / "post.csv")
    folder = data / "pairs" / "one-shot-rlvr_trainset"
    source = "ypwang61/One-Shot-RLVR, its training problems, GRPO"
    arms = folder / "base.csv", folder / "trained.csv"
    yield source, passgap.compare(*arms, accept_trained_on=True)
    frame = pl.read_csv(data / "outcomes" / "reasoning_gym_rl" / "outcomes.csv")
    for dataset in ("aime24", "amc23"):
        steps = (
            frame.filter(pl.col("model").str.ends_with(f"step{s}") & (pl.col("dataset") == dataset))
            for s in (400, 800)
        )
        counts = (
            Counts(s["problem_id"].to_list(), s["n"].to_numpy(), s["c"].to_numpy()) for s in steps
        )
        yield f"{RG}, {dataset}, step 400 to 800", passgap.compare(*counts)


def row(source: str, found: Comparison) -> str:
    small, large = found.settings.k_small, found.settings.k_large
    at = (f"{points(e.value)} ({interval(e, points)})" for e in map(found.delta.at, (small, large)))
    gain = found.gain_source.reached
    cells = [
        source,
        f"{found.problems:,} x {found.draws.base / found.problems:g}",
        f"`{found.verdict.label}`",
    ]
    cells += [f"k = {k}: {told}" for k, told in zip((small, large), at, strict=True)]
    cells += [f"{points(gain.value)} ({interval(gain, points)})", novel(found.new)]
    return f"| {' | '.join(cells)} |"


def novel(found: Novel) -> str:
    return f"{found.excluded_odds:.3g} of {found.max_odds:.3g}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--page", type=Path, default=Path("docs/results/published-pairs.md"))
    asked = parser.parse_args()
    lines = [
        "# Published pairs",
        "",
        f"{date.today()}, passgap {version('passgap')}; by `python bench/pairs.py --data DIR`.",
        "Counts per problem that others published, compared with the defaults. Changes are in",
        "points, with 95% intervals over problems.",
        "",
        "Most have 8 or 16 samples per problem, so a large k of 4 or 8: their labels are partial",
        "at best. The last column gives the largest factor of the odds that the data exclude, and",
        "the factor that is required before anything counts as new.",
        "",
        "| pair | problems x samples | label | small k | large k | pass@1 where the base also "
        "solves | new: odds excluded |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        *(row(source, found) for source, found in pairs(asked.data)),
    ]
    asked.page.write_text("\n".join(lines) + "\n")
    print(f"{asked.page}: written")


if __name__ == "__main__":
    main()
