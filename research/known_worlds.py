"""Two worlds of the lab with a known answer: RLVR that narrows, and RLVR that teaches.

In: a folder (finished parts are kept) and seeds. Out: per world a section of the page, with the
verdict, the truth beside it and a figure. The truth is enumerated (`research.truth`), not sampled:
of the measured problems, and of ``OTHERS`` more, which stand for the whole family.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path

import numpy as np

from passgap import Policy, ProblemSet, Run, TrainConfig, compare, count, train
from passgap.demo import HELD_OUT_SEED, TRAIN_SIZE, Bar, measured
from passgap.errors import UsageError
from passgap.lab import lab_problems
from passgap.lab.world import base_of, taught_by
from passgap.results.comparison import Comparison, Crossover
from passgap.results.labels import CompareLabel
from passgap.show.charts.figures import write_picture
from passgap.stages.resolving import LAB_MAX_TOKENS, resolve_policy
from passgap.stats import binomial_interval
from research.pages import markdown_table, write_sections
from research.truth import USUAL, Truth, true_p
from research.worlds_chart import crossing_chart

RECIPE = TrainConfig(
    max_tokens=LAB_MAX_TOKENS,
    steps=30,
    learning_rate=3e-4,
    group_size=16,
    prompts_per_step=8,
    eval_every=0,
)
"""The training of both worlds; as a command: `recipe`."""


OTHERS = 1000
CROSSING = " The bar on the line of no change is the interval of the crossover."


@dataclass(frozen=True)
class World:
    """A family with the label that training should get there, and what its section says."""

    title: str
    family: str
    label: CompareLabel
    about: str


WORLDS: Mapping[str, World] = {
    "narrowing": World(
        "A world that narrows",
        "ambiguous",
        CompareLabel.SHARPENED_NARROWED,
        "The right meanings count on three quarters of the problems, the usual ones on the rest, "
        "and nothing in a\nquestion tells which. The base finds both; training keeps one.",
    ),
    "teaching": World(
        "A world that teaches",
        "far",
        CompareLabel.EXPANDED,
        "The novice gets a step right one time in twenty, so that three steps in a row are out of "
        "its reach.\nTraining sees problems of one and two steps only, at the edge of what it can "
        "do (arXiv 2512.07783), and\nis measured on problems of three.",
    ),
}


@dataclass(frozen=True)
class Seed:
    """One training seed: what was read, what is true of its problems, and of the whole family.

    ``found`` samples are correct; the truth expects ``expected``.
    """

    seed: int
    read: Comparison
    truth: Truth
    family: Truth
    found: int
    expected: float

    @property
    def k(self) -> int:
        """The large k that decided."""
        return self.read.settings.k_large

    @property
    def reads_true(self) -> bool:
        """Whether the label is the one that the true probabilities have."""
        return self.read.verdict.label == self.truth.label(self.k)

    def crossover(self, truth: Truth) -> int | None:
        """The crossover of the true curves up to n."""
        return truth.crossover(int(self.read.delta.k[-1]))

    def holds_crossover(self, truth: Truth) -> bool:
        """Whether the crossover's interval holds the true one."""
        return holds(self.read.crossover, self.crossover(truth))


def holds(interval: Crossover | None, true: int | None) -> bool:
    """Whether ``true`` is within the interval; an end that is None is open."""
    if interval is None or true is None:
        return interval is None and true is None
    low, high = interval.low or 1, interval.high
    return low <= true and (high is None or true <= high)


def write_known_worlds(
    out: Path | str,
    page: Path | str,
    *,
    worlds: Sequence[str],
    seeds: int,
    size: int,
    n: int,
    progress: Bar,
    command: str,
) -> Path:
    """Study each world and write its section; other sections of the page stay.

    Raises
    ------
    UsageError
        For a world that is not known.
    """
    unknown = [name for name in worlds if name not in WORLDS]
    if unknown:
        raise UsageError(f"world {unknown[0]!r}; allowed: {', '.join(WORLDS)}")
    study = partial(study_world, seeds=seeds, size=size, n=n, progress=progress, command=command)
    return write_sections([study(name, Path(out), Path(page)) for name in worlds], page)


def study_world(
    name: str, out: Path, page: Path, *, seeds: int, size: int, n: int, progress: Bar, command: str
) -> str:
    """Train and measure one world with every seed; its section. The figure is written too."""
    world = WORLDS[name]
    problems = lab_problems(world.family, size=size, seed=HELD_OUT_SEED)
    base = resolve_policy(f"lab:{base_of(world.family)}")
    folder = out / world.family
    before = measured(base, problems, folder / f"base-{size}x{n}", n, progress, command)
    others = lab_problems(world.family, size=OTHERS, seed=HELD_OUT_SEED + 1)
    base_p, base_family = true_p(base, problems), true_p(base, others)
    rows = []
    for seed in range(seeds):
        arm = folder / f"seed{seed}"
        policy = trained(world, arm / "policy", seed, progress)
        after = measured(policy, problems, arm / f"run-{size}x{n}", n, progress, command)
        truth = Truth(base_p, true_p(policy, problems))
        family = Truth(base_family, true_p(policy, others))
        rows.append(one_seed(seed, before, after, truth, family))
    picture = page.with_suffix("") / f"{world.family}.svg"
    write_picture(crossing_chart(rows[0].read, rows[0].truth), picture)
    return section(world, problems, rows, f"{page.stem}/{picture.name}", command)


def trained(world: World, out: Path, seed: int, progress: Bar) -> Policy:
    """The policy of one seed; a finished one is kept."""
    with progress(f"training on {taught_by(world.family)}, seed {seed}") as update:
        return train(
            resolve_policy(f"lab:{base_of(world.family)}"),
            lab_problems(taught_by(world.family), split="train", size=TRAIN_SIZE, seed=0),
            out,
            config=replace(RECIPE, seed=seed),
            progress=update,
        )


def one_seed(seed: int, before: Run, after: Run, truth: Truth, family: Truth) -> Seed:
    """What `passgap compare` reads, and how many samples the truth says are correct."""
    counts = count(after)
    expected = float(np.sum(counts.n * truth.trained))
    return Seed(seed, compare(before, after), truth, family, int(counts.c.sum()), expected)


def recipe(family: str) -> str:
    """The training of a family as a command line."""
    flags = (
        f"--steps {RECIPE.steps} --learning-rate {RECIPE.learning_rate:g} "
        f"--group-size {RECIPE.group_size} --prompts-per-step {RECIPE.prompts_per_step}"
    )
    problems = f'"lab:{taught_by(family)}?split=train&size={TRAIN_SIZE}"'
    return f"passgap train lab:{base_of(family)} {problems} \\\n    {flags} --out policies/{family}"


def section(
    world: World, problems: ProblemSet, rows: Sequence[Seed], picture: str, command: str
) -> str:
    """The section's text: recipe, how many seeds read true, a row per seed, the figure."""
    n, day = int(rows[0].read.delta.k[-1]), date.today().isoformat()
    return f"""## {world.title}

{world.about}

```
{recipe(world.family)}
```

{len(problems)} held-out problems (`lab:{world.family}`), n = {n}; {day}.
Made by `{command}`.

{markdown_table(["", "seeds", "share (95%)"], summary(world, rows))}
{table(rows)}
*true* is enumerated from each policy's own probabilities: the change of pass@k, the number of
problems that only one policy solves, and the crossover up to n, of these problems / of {OTHERS:,}
others of the family (the interval is about the family). Correct samples: found, and expected by the
enumeration. All rows share one run of the base, and so its sampling error.

![Trained minus base over k, seed {rows[0].seed}]({picture})

Seed {rows[0].seed}: the measured change with its intervals and its band over all k, and the true
change (dashed).{CROSSING if rows[0].read.crossover else ""}
"""


def summary(world: World, rows: Sequence[Seed]) -> list[list[object]]:
    """How many seeds have the expected label, the true one, and hold the true crossover, if any."""
    said = {
        f"`{world.label}` is true": [row.truth.label(row.k) == world.label for row in rows],
        f"read as `{world.label}`": [row.read.verdict.label == world.label for row in rows],
        "the label read is the true one": [row.reads_true for row in rows],
    }
    if any(row.read.crossover or row.crossover(row.family) for row in rows):
        said |= {
            "the crossover's interval holds the true one": [
                row.holds_crossover(row.family) for row in rows
            ],
            "and that of these problems": [row.holds_crossover(row.truth) for row in rows],
        }
    cells: list[list[object]] = []
    for name, each in said.items():
        share = binomial_interval(sum(each), len(each))
        cells.append([name, f"{sum(each)} of {len(each)}", f"{share.low:.0%} to {share.high:.0%}"])
    return cells


def table(rows: Sequence[Seed]) -> str:
    """A row per seed."""
    small, large = USUAL.k_small, rows[0].k
    head = ["seed", "label", "true"]
    for k in (small, large):
        head += [f"delta pass@{k} (95%)", "true"]
    head += ["new (true)", "lost (true)", "crossover (interval)", "true", "correct (expected)"]
    return markdown_table(head, map(_cells, rows))


def _cells(row: Seed) -> list[object]:
    cells: list[object] = [row.seed, row.read.verdict.label, row.truth.label(row.k)]
    for k in (USUAL.k_small, row.k):
        one = row.read.delta.at(k)
        cells += [f"{one.value:+.3f} ({one.low:+.3f} to {one.high:+.3f})"]
        cells += [f"{row.truth.change(k):+.3f}"]
    for novel, true in ((row.read.new, row.truth.new), (row.read.lost, row.truth.lost)):
        cells.append(f"{novel.problems if novel.shown else '-'} ({true(row.k)})")
    crossing = row.read.crossover
    cells.append("-" if crossing is None else f"{crossing.k} ({crossing.low} to {crossing.high})")
    both = (row.crossover(truth) or "-" for truth in (row.truth, row.family))
    return [*cells, " / ".join(map(str, both)), f"{row.found:,} ({row.expected:,.0f})"]
