"""The worlds study: every family of the lab at full size, several training seeds, one table.

In: a folder (finished parts are kept). Out: a Markdown page with the verdicts and the numbers
behind them; beside the runs the HTML page of every arm, and the GRPO arms as before/after pairs.
The two worlds whose answer is known exactly, a section each, are `research.known_worlds`.

Of passgap's inner modules it uses `demo` (the loop it repeats) and `guessing` (the luck table).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

import polars as pl

from passgap import Run, read_counts
from passgap.demo import Bar, Demo, run_demo
from passgap.results.comparison import Comparison, Novel
from passgap.results.reach import Reach
from passgap.runs.policy import read_policy
from passgap.stages.guessing import guess_rates
from research.pages import markdown_table, write_sections

HEADER = """# The lab's worlds

Verdicts on small trained policies whose truth is known. {problems} held-out problems per family,
n = {n} samples each, temperature 1; {date}; torch {torch}, transformers {transformers}, trl {trl},
CPU. Made by `{command}`; rows of one family and training differ only in the training seed.

Expected: *rare* is `rlvr_can_pay` before training and `sharpened` or `sharpened_narrowed` after
GRPO; *mastered* is `saturated`; *absent* is `out_of_reach`, unchanged by GRPO, and `expanded` when
distilled from a teacher. The worlds, the base and the number of GRPO steps were chosen on other
held-out problems and training seeds (`docs/decisions/0006`); what is shown here was run once. A row
that is decided only in part has an interval at k = 128 that extends beyond the two-point margin.

The last two sections are worlds whose truth is computed and not only expected: one that narrows,
and one that teaches.
"""
AFTER = """New and lost are separate tests: the number of problems that only one policy solves, and
the largest odds ratio that cannot explain it. Reach classifies the problems that the trained policy
solved and the base never did: reachable / beyond budget / undecided. Problems that are reachable
should not be new, and new problems should not be reachable.
"""


@dataclass(frozen=True)
class Arm:
    """One row of the study: a family, an algorithm, a training seed."""

    family: str
    algorithm: str
    seed: int


def arms(seeds: int) -> Iterator[Arm]:
    """GRPO on every family (several seeds on rare), and the absent one distilled."""
    for seed in range(seeds):
        yield Arm("rare", "grpo", seed)
    yield Arm("mastered", "grpo", 0)
    yield Arm("absent", "grpo", 0)
    yield Arm("absent", "distill", 0)


def write_worlds(
    out: Path | str,
    page: Path | str,
    *,
    progress: Bar,
    seeds: int = 5,
    size: int = 300,
    n: int = 256,
    command: str = "",
) -> Path:
    """Run every arm and write the tables; other sections of the page stay."""
    found: list[tuple[Arm, Demo]] = []
    for arm in arms(seeds):
        demo = run_demo(
            out,
            progress=progress,
            family=arm.family,
            algorithm=arm.algorithm,
            size=size,
            n=n,
            seed=arm.seed,
            command=command,
        )
        found.append((arm, demo))
    _write_pairs(found, Path(out) / "pairs.csv")
    versions = {name: version(name) for name in ("torch", "transformers", "trl")}
    header = HEADER.format(
        problems=size, n=n, date=date.today().isoformat(), command=command, **versions
    )
    return write_sections([header, _before(found), _after(found), _luck(found)], page)


def _write_pairs(found: list[tuple[Arm, Demo]], path: Path) -> None:
    """The GRPO arms as before/after pairs, which ``passgap backtest`` reads."""
    frames = []
    for arm, demo in found:
        if arm.algorithm != "grpo":
            continue
        for policy, run in (("base", demo.base_run), ("trained", demo.trained_run)):
            counts = read_counts(run)
            rows = pl.DataFrame(
                {"problem_id": list(counts.problem_id), "n": counts.n, "c": counts.c}
            )
            names = {
                "benchmark": f"lab {arm.family}, seed {arm.seed}",
                "pair": "lab",  # one base: its pairs are left out together
                "policy": policy,
            }
            frames.append(rows.select(*(pl.lit(v).alias(k) for k, v in names.items()), pl.all()))
    pl.concat(frames).write_csv(path)


def _before(found: list[tuple[Arm, Demo]]) -> str:
    head = ["family", "verdict", "pass@2", "pass@20", "headroom (95%)", "pass@128"]
    rows = []
    first = {arm.family: demo.probe for arm, demo in found}
    for family, probe in first.items():
        gap = probe.headroom.estimate
        shown = f"{gap.value:.3f} ({gap.low:.3f} to {gap.high:.3f})"
        at = [f"{probe.at(k).value:.3f}" for k in (2, 20, 128)]
        rows.append([family, probe.verdict.label, *at[:2], shown, at[2]])
    return f"## Before: probe of the base\n\n{markdown_table(head, rows)}"


def _after(found: list[tuple[Arm, Demo]]) -> str:
    head = ["family", "training", "seed", "verdict", "delta pass@2 (95%)", "delta pass@128 (95%)"]
    head += ["at large k", "new, lost", "lost / gained", "reach", "training"]
    rows = []
    for arm, demo in found:
        result = demo.comparison
        trained = read_policy(demo.policy)
        seconds = trained.seconds if trained else None
        coverage, verdict = result.coverage, result.verdict
        rows.append(
            [
                arm.family,
                arm.algorithm,
                arm.seed,
                verdict.label,
                _change(result, 2),
                _change(result, 128),
                verdict.at_large_k,
                f"{_novel(result.new)}, {_novel(result.lost)}",
                f"{coverage.lost} / {coverage.gained}",
                _reach(demo.reach),
                "" if seconds is None else f"{seconds:.0f} s",
            ]
        )
    return f"## After: compare with the base\n\n{AFTER}\n{markdown_table(head, rows)}"


def _novel(found: Novel) -> str:
    """How many problems one arm alone solves, and by which factor of the odds not."""
    return f"{found.problems} (over {found.excluded_odds:,.0f}-fold)" if found.shown else "-"


def _reach(found: Reach) -> str:
    """Of the problems that the base never solved: reachable, beyond budget, undecided."""
    each = found.classes
    counts = f"{each.reachable} / {each.beyond_budget} / {each.undecided}"
    return f"{found.verdict.label} {counts}"


def _luck(found: list[tuple[Arm, Demo]]) -> str:
    head = ["family", "policy", "incorrect samples", "equal to another reference"]
    head += ["mean luck at k = 1024"]
    runs: dict[tuple[str, str], Path] = {}
    for arm, demo in found:
        runs.setdefault((arm.family, "base"), demo.base_run)
        runs.setdefault((arm.family, arm.algorithm), demo.trained_run)
    rows = []
    for (family, role), path in runs.items():
        luck = guess_rates(Run(path))
        if luck is not None:  # the lab's golds can be compared
            rows.append([family, role, f"{luck.wrong:,}", luck.hits, f"{luck.at(1024):.4f}"])
    return (
        "## Luck\n\nHow often an incorrect completion of another problem gives a problem's answer\n"
        "(the guess rate), and what that gives at k = 1024.\n\n" + markdown_table(head, rows)
    )


def _change(result: Comparison, k: int) -> str:
    one = result.delta.at(k)
    return f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f})"
