"""What compare says of base and trained pairs that others published with counts a problem, and
what watch says of a training.

    python bench/pairs.py --data DIR [--page docs/results/published-pairs.md]

DIR holds ``pairs/`` and ``outcomes/``: see the page for the sources. Under a minute.

A table of visits is grouped here: `passgap watch` reads the records of reward calls.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path

import polars as pl

import passgap
from passgap.data.counts import Counts
from passgap.results.comparison import Comparison, Novel
from passgap.results.estimates import Estimate
from passgap.results.watching import Watching
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


def visits(table: Path, folder: Path) -> Watching:
    """A training by its counts per problem and visit (problem_id, epoch, n, c), as watched."""
    record = passgap.Watch(folder, group_size=8)
    for (epoch,), rows in pl.read_csv(table).group_by("epoch", maintain_order=True):
        ids = rows["problem_id"].repeat_by(rows["n"]).explode()
        right = (pl.int_range(int(n), eager=True) < c for n, c in rows["n", "c"].iter_rows())
        marks = pl.concat(list(right)).replace_strict({True: "correct", False: "incorrect"})
        record.record(step=int(epoch), problem_id=ids.to_list(), status=marks.to_list())
    return passgap.watch_folder(folder, every=8)


def training(found: Watching) -> list[str]:
    """What `watch` says of the training, as a section."""
    counted = found.steps[-1].problems
    last = [span for span in found.steps if span.groups > 1]
    warned = ", ".join(f"`{one.check}`" for one in found.warnings) or "no warning"
    return [
        "## A training, watched",
        "",
        "The 1,209 training problems of ypwang61/One-Shot-RLVR (Qwen2.5-Math-1.5B, GRPO, 500",
        "steps) with their counts at each visit, read as `passgap watch --every 8` does. It has",
        f"{warned}: {counted.solved:,} problems were solved at least once, {counted.never_solved}",
        f"never, and {counted.lost} of {found.could_be_lost:,} were lost. Means over problems, 95%",
        "intervals.",
        "",
        "| visits | problems solved by then | never so far | correct | mixed groups |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {s.step} to {s.last_step} | {s.problems.solved:,} | {s.problems.never_solved} | "
            f"{percents(s.solved)} | {percents(s.mixed)} |"
            for s in last
        ),
        "",
        "By how the first visit went, which is not counted itself:",
        "",
        "| first visit | problems | correct in the visits after it | in the last ones of all |",
        "| --- | --- | --- | --- |",
        *(
            f"| {band.band} | {band.problems} | {percents(rows[0].estimate)} | "
            f"{percents(rows[-1].estimate)} |"
            for band in found.bands
            for rows in [[row for row in band.rows if row.problems > 1]]
        ),
    ]


def percents(estimate: Estimate) -> str:
    return f"{100 * estimate.value:.1f}% ({100 * estimate.low:.1f} to {100 * estimate.high:.1f})"


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
    with tempfile.TemporaryDirectory() as folder:
        table = asked.data / "pairs" / "one-shot-rlvr_trainset" / "trajectory.csv"
        lines += ["", *training(visits(table, Path(folder) / "watch"))]
    asked.page.write_text("\n".join(lines) + "\n")
    print(f"{asked.page}: written")


if __name__ == "__main__":
    main()
