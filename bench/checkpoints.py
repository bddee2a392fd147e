"""Which checkpoint to keep: is the best one found, what is saved, is its gain unbiased?

    python bench/checkpoints.py [--repetitions 400] [--page docs/results/checkpoints.md]

Training runs whose pass@1 rises and falls are simulated problem by problem, with known rates.
`passgap.keep` looks for the best checkpoint in rounds; the same draws also make the uniform design,
in which every checkpoint has as many as the last ones in the rounds. About ten minutes.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.special import expit

import passgap
from passgap.data.counts import Counts
from passgap.stats import pass_at_k

MOST = 64
Arrays = np.ndarray
COLUMNS = (
    "training",
    "problems",
    "checkpoints",
    "k",
    "samples drawn",
    "best found",
    "short of the best",
    "uniform: best found",
    "uniform: short of the best",
    "its own gain, bias",
    "corrected, bias",
    "interval holds",
)
PAGE = """# Which checkpoint to keep: how often it is found, at what cost

`passgap keep` samples all checkpoints a few times, the better half of them twice as often, and so
on ([method](../methods/sweep.md#few-samples-of-most-checkpoints)). Here it runs on simulated
trainings whose rates are known, {repetitions} of each kind, with 8 (at k = 16: 16) to {most}
samples per problem, beside the **uniform** design: {most} samples of every checkpoint. Each
problem's rate wanders on its own from checkpoint to checkpoint; on average pass@1 rises to a peak
and falls a little or far, rises to the end, or is the same at all checkpoints.

{rows}

*Samples drawn*: share of the uniform design's, the base's included. *Best found*: share of
trainings in which the checkpoint with the highest true pass@k is kept. *Short of the best*: how far
the true pass@k of the kept one is below the highest, in points, on average. *Bias*: the mean of the
reported gain over the base minus the true gain on these problems, in points: as the kept
checkpoint's own samples give it, then corrected for the choice. *Interval holds*: share of the 95%
intervals that contain the true gain on these problems. They are intervals for a population of
problems, which are wider.

The rounds need {least} to {greatest} of the samples of the uniform design, and on average the
checkpoint that they keep is at most {lost} points worse than the one that the uniform design keeps.
The kept one's own gain is up to {optimism} points too high; the corrected one is within {left}
points of the truth in every row.

Made by `python bench/checkpoints.py` with passgap {version}, {today}.
"""


class World(NamedTuple):
    """A kind of training: the checkpoint of its peak, its height and the fall from it in logits,
    and how far each problem's logit wanders from one checkpoint to the next."""

    name: str
    peak: int
    height: float
    fall: float
    wander: float


WORLDS = (
    World("rises and falls", 6, 1.0, 0.6, 0.15),
    World("collapses", 6, 1.5, 2.5, 0.10),
    World("rises to the end", 12, 1.0, 0.0, 0.15),
    World("all the same", 1, 0.8, 0.0, 0.0),
)
CELLS = (
    *((world, size, 12, 1, 8) for world in WORLDS for size in (30, 100, 400)),
    (WORLDS[0], 100, 24, 1, 8),
    (WORLDS[0], 100, 12, 8, 8),
    (WORLDS[0], 100, 12, 16, 16),
)


def rates(world: World, size: int, checkpoints: int, rng: np.random.Generator) -> Arrays:
    """The true rate of each problem under the base and each checkpoint, shape (S + 1, P)."""
    step = np.arange(checkpoints + 1)
    peak = world.peak * checkpoints / 12
    after = (step - peak) / max(checkpoints - peak, 1)
    mean = np.where(
        step <= peak, world.height * np.sqrt(step / peak), world.height - world.fall * after
    )
    wander = rng.normal(0, world.wander, (checkpoints + 1, size)).cumsum(axis=0)
    return np.asarray(expit(rng.normal(-1.5, 2.0, size) + mean[:, None] + wander - wander[0]))


def counted(right: Arrays, ids: Sequence[str], places: Sequence[int], n: int) -> list[Counts]:
    """The counts of the first n draws of some policies."""
    return [Counts(ids, [n] * len(ids), right[place, :, :n].sum(axis=1)) for place in places]


def once(
    world: World, size: int, checkpoints: int, k: int, first: int, seed: int
) -> tuple[float, ...]:
    """One training: what the table's columns are means of."""
    rng = np.random.default_rng([seed, size, checkpoints, k])
    p = rates(world, size, checkpoints, rng)
    right = rng.random((*p.shape, MOST)) < p[:, :, None]
    ids = [str(i) for i in range(size)]
    draw = partial(counted, right, ids)
    kept = passgap.keep(draw, range(1, checkpoints + 1), k=k, first=first, most=MOST, seed=seed)
    true = (1 - (1 - p) ** k).mean(axis=1)
    seen = [pass_at_k(one.n, one.c, k).mean() for one in draw(range(1, len(p)), MOST)]
    uniform, best = 1 + int(np.argmax(seen)), true[1:].max()
    gain = true - true[0]
    weights = np.array([one.folds for one in kept.checkpoints])
    chosen = float(weights @ gain[1:] / weights.sum())
    return (
        kept.draws / kept.uniform,
        true[kept.step] == best,
        100 * (best - true[kept.step]),
        true[uniform] == best,
        100 * (best - true[uniform]),
        100 * (kept.checkpoints[kept.step - 1].gain.value - gain[kept.step]),
        100 * (kept.corrected.value - gain[kept.step]),
        kept.corrected.low <= chosen <= kept.corrected.high,
    )


def row(cell: tuple[World, int, int, int, int], found: Arrays) -> str:
    """A line of the table."""
    cost, best, short, uniform, shorter, own, corrected, holds = found
    same = cell[0].wander == 0
    return (
        f"| {cell[0].name} | {cell[1]} | {cell[2]} | {cell[3]} | {cost:.0%} "
        f"| {'-' if same else f'{best:.0%}'} | {short:.2f} | {'-' if same else f'{uniform:.0%}'} "
        f"| {shorter:.2f} | {own:+.2f} | {corrected:+.2f} | {holds:.0%} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--page", type=Path)
    asked = parser.parse_args()
    rows, means = [], []
    for cell in CELLS:
        found = np.mean([once(*cell, seed) for seed in range(asked.repetitions)], axis=0)
        means.append(found)
        rows.append(row(cell, found))
        print(rows[-1], flush=True)
    if asked.page:
        asked.page.write_text(page(rows, np.array(means), asked.repetitions))


def page(rows: Sequence[str], means: Arrays, repetitions: int) -> str:
    """The page of results."""
    head = [f"| {' | '.join(COLUMNS)} |", "| --- " * len(COLUMNS) + "|"]
    return PAGE.format(
        repetitions=repetitions,
        most=MOST,
        rows="\n".join([*head, *rows]),
        least=f"{means[:, 0].min():.0%}",
        greatest=f"{means[:, 0].max():.0%}",
        lost=f"{(means[:, 2] - means[:, 4]).max():.2f}",
        optimism=f"{means[:, 5].max():.1f}",
        left=f"{np.abs(means[:, 6]).max():.2f}",
        version=version("passgap"),
        today=date.today().isoformat(),
    )


if __name__ == "__main__":
    main()
