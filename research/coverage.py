"""How many held-out problems and samples it takes to see that coverage falls.

In: a folder of runs of the study of the warnings. Out: a section of its page. The true success
probabilities before and after the healthy and the narrowed runs are enumerated (`research.truth`);
samples are drawn from them, and `coverage_falling` looks at these.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

from passgap import Policy, ProblemSet
from passgap.analysis.watch.alarms import HeldOut, coverage_falling
from passgap.analysis.watch.groups import NOTHING
from passgap.data.arrays import FloatArray
from passgap.lab import lab_problems
from passgap.stages.resolving import resolve_policy
from research.pages import markdown_table
from research.truth import Truth, true_p

TRUTH = "truth.npz"
PROBLEMS, SEED = 500, 2
DESIGNS = ((100, 16), (200, 16), (300, 16), (100, 32), (100, 64), (300, 64))
LOSSES = (0, 3, 5, 8, 12, 20)  # points
DRAWN = 300


@dataclass(frozen=True)
class Run:
    """A trained run: its folder, its last checkpoint's name, and the family it is measured on."""

    folder: Path
    last: str
    family: str

    def truth(self) -> Truth:
        """Before and after training, on problems of the family beyond those held out; kept."""
        place = self.folder / TRUTH
        if not place.is_file():
            trained = true_p(Policy(str(self.folder / "trl" / self.last)), asked(self.family))
            np.savez(place, base=base_p(self.family), trained=trained)
        with np.load(place) as kept:
            return Truth(kept["base"], kept["trained"])


def asked(family: str) -> ProblemSet:
    """The problems whose truth is enumerated."""
    return lab_problems(family, size=PROBLEMS, seed=SEED)


@cache
def base_p(family: str) -> FloatArray:
    """The base's success probabilities on them."""
    return true_p(resolve_policy("lab:base"), asked(family))


def coverage(healthy: Sequence[Run], narrowed: Sequence[Run]) -> str:
    """The section."""
    well, fallen = ([run.truth() for run in runs] for runs in (healthy, narrowed))
    rows = [
        [
            f"{problems} x {draws}",
            draws,
            *(f"{warned(truths, problems, draws):.0%}" for truths in (well, fallen)),
            *(f"{warned(fallen, problems, draws, loss / 100):.0%}" for loss in LOSSES),
        ]
        for problems, draws in DESIGNS
    ]
    losses = [f"{_span(fallen, k)} of pass@{k}" for k in sorted({draws for _, draws in DESIGNS})]
    head = ["problems x samples", "K", "healthy runs", "narrowed runs",
            *(f"{loss} points" for loss in LOSSES)]  # fmt: skip
    return f"""## How much has to be held out

The true success probabilities of {PROBLEMS} other held-out problems were enumerated after
{len(well)} healthy and {len(fallen)} narrowed runs. The narrowed runs lost
{", ".join(losses)}.
Samples were drawn from these probabilities {DRAWN} times, before and after, and in each case
`coverage_falling` looked at them once; K is the number of samples. The columns of points show how
often it warned where pass@K fell by so much: on problems of the narrowed runs, weighted so that
this is the true fall. With 0 points every warning is a false one. The shares have standard errors
of at most {50 / math.sqrt(DRAWN):.0f} points.

{markdown_table(head, rows)}"""


def _span(truths: Sequence[Truth], k: int) -> str:
    """The least and the greatest loss of pass@k, in points."""
    found = sorted(-100 * truth.change(k) for truth in truths)
    return f"{found[0]:.0f} to {found[-1]:.0f} points"


def warned(
    truths: Sequence[Truth],
    problems: int,
    draws: int,
    loss: float | None = None,
    times: int = DRAWN,
) -> float:
    """How often the warning is there, with the true loss of pass@K as it is or as given."""
    rng = np.random.default_rng([problems, draws])
    weights = [None if loss is None else weighted(truth, draws, loss) for truth in truths]
    found = 0
    for i in range(times):
        truth, weight = truths[i % len(truths)], weights[i % len(truths)]
        which = rng.choice(len(truth.base), problems, p=weight, replace=weight is not None)
        both = [_measured(step, rng.binomial(draws, p[which]), draws)
                for step, p in enumerate((truth.base, truth.trained))]  # fmt: skip
        found += coverage_falling(both) is not None
    return found / times


def weighted(truth: Truth, k: int, loss: float) -> FloatArray:
    """Weights of the problems with which pass@k falls by ``loss``: exponential in their change."""
    change = (1 - truth.base) ** k - (1 - truth.trained) ** k

    def of(tilt: float) -> FloatArray:
        weight = np.exp(tilt * change)
        return np.asarray(weight / weight.sum(), float)

    tilt = brentq(lambda tilt: float(of(tilt) @ change) + loss, -100, 100)
    return of(float(tilt))


def _measured(step: int, c: np.ndarray, draws: int) -> HeldOut:
    return HeldOut(step, {1: NOTHING, draws: NOTHING}, np.full(len(c), draws), c)
