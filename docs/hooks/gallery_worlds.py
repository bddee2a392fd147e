"""Simulated counts for each verdict label. In: seeds. Out: counts that give the label.

No counts here come from a model. Each world states the true success rates before and after, in
words that the gallery prints; the samples are binomial with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit, logit

from passgap import Counts
from passgap.data.arrays import BoolArray, FloatArray, IntArray
from passgap.results.labels import CompareLabel, Label, ProbeLabel, ReachLabel, SweepLabel

SAMPLES = 128
PARTS = "{hi} of the problems are solved in 70 to 100% of the samples, {lo} never, the rest rarely"


@dataclass(frozen=True)
class Example:
    """Counts that give a label; ``log_ratios`` are those of `passgap.reach`."""

    label: Label
    world: str
    base: Counts
    trained: tuple[Counts, ...] = ()
    log_ratios: Mapping[str, FloatArray] = field(default_factory=dict)


def usual(seed: int, size: int) -> FloatArray:
    """Many hard problems and a few easy ones: Beta(0.5, 1.2); shape (size,)."""
    return np.clip(np.random.default_rng(seed).beta(0.5, 1.2, size), 1e-3, 1 - 1e-4)


def hard(size: int, seed: int = 1, centre: float = -3.0, spread: float = 3.0) -> FloatArray:
    """Log odds that are normal, mostly far below 0; shape (size,)."""
    return np.clip(expit(np.random.default_rng(seed).normal(centre, spread, size)), 1e-6, 1 - 1e-6)


def in_parts(mastered: float, never: float, seed: int, size: int = 300) -> FloatArray:
    """Success rates of problems that are mastered, never solved, or in between; shape (size,)."""
    rng = np.random.default_rng(seed)
    place = rng.random(size)
    easy, rare = rng.uniform(0.7, 1, size), rng.beta(0.6, 2, size)
    return np.where(place < mastered, easy, np.where(place < mastered + never, 0.0, rare))


def shifted(p: FloatArray, shift: float, slope: float = 1.0) -> FloatArray:
    """p with its log odds multiplied by the slope and shifted."""
    return expit(slope * logit(p) + shift)


def chosen(size: int, share: float, seed: int) -> BoolArray:
    """A random share of the problems; shape (size,)."""
    return np.random.default_rng(seed).random(size) < share


def counts(p: FloatArray, seed: int, n: int | IntArray = SAMPLES, **more: IntArray) -> Counts:
    """Counts of n samples per problem."""
    each = np.broadcast_to(n, p.shape).astype(int)
    c = np.random.default_rng(seed).binomial(each, p)
    return Counts([f"q{i}" for i in range(len(p))], each, c, **more)


def examples() -> list[Example]:
    """One example per label, in the order of the enums."""
    made = {(type(one.label), one.label): one for one in (*_probes(), *_pairs(), *_others())}
    kinds = (ProbeLabel, CompareLabel, SweepLabel, ReachLabel)
    return [made[kind, label] for kind in kinds for label in kind]


def _probes() -> list[Example]:
    rates: dict[ProbeLabel, tuple[str, FloatArray]] = {
        ProbeLabel.RLVR_CAN_PAY: (
            "many hard problems that the model sometimes solves",
            np.random.default_rng(1).beta(0.5, 1.6, 300),
        ),
        ProbeLabel.MODEST_HEADROOM: (PARTS.format(hi="50%", lo="30%"), in_parts(0.5, 0.3, 3)),
        ProbeLabel.LITTLE_HEADROOM: (PARTS.format(hi="50%", lo="48%"), in_parts(0.5, 0.48, 3)),
        ProbeLabel.SATURATED: (PARTS.format(hi="99%", lo="none"), in_parts(0.99, 0, 4)),
        ProbeLabel.OUT_OF_REACH: (PARTS.format(hi="1%", lo="98.5%"), in_parts(0.01, 0.985, 5)),
        ProbeLabel.UNDECIDED: (PARTS.format(hi="40%", lo="30%"), in_parts(0.4, 0.3, 6, 80)),
    }
    return [Example(label, world, counts(p, 1)) for label, (world, p) in rates.items()]


def _pairs() -> list[Example]:
    """Every label of a comparison; each world is a pair of true success rates."""
    many, few = usual(0, 300), usual(0, 60)
    seldom = np.where(chosen(300, 0.2, 6), 0.0, many)
    new = (seldom == 0) & chosen(300, 0.6, 7)
    swapped = (seldom == 0) & chosen(300, 0.5, 7)
    dropped = (many > 0.3) & chosen(300, 0.4, 8)
    lift = np.where(seldom > 0, shifted(np.maximum(seldom, 1e-9), 1.0), 0.0)
    thousand, within_reach = usual(4, 1000), np.clip(many, 0.02, 1 - 1e-4)
    even = np.clip(np.random.default_rng(2).beta(3, 2, 300), 0.05, 0.999)
    mixed = np.where(chosen(300, 0.5, 3), shifted(even, 1.0), shifted(even, -0.7))
    flat = hard(80, 1, -2.0, 2.5)
    worlds: dict[CompareLabel, tuple[str, FloatArray, FloatArray]] = {
        CompareLabel.SHARPENED: (
            "every problem's odds are multiplied by 4.5",
            within_reach,
            shifted(within_reach, 1.5),
        ),
        CompareLabel.SHARPENED_NARROWED: (
            "every problem's odds are multiplied by 7.4, but half of the problems solved in less "
            "than 10% of the samples are lost",
            many,
            np.where((many < 0.1) & chosen(300, 0.5, 5), 0.0, shifted(many, 2.0)),
        ),
        CompareLabel.NARROWED: (
            "30% of the problems solved in less than 10% of the samples are lost, nothing else "
            "changes",
            thousand,
            np.where((thousand < 0.1) & chosen(1000, 0.3, 5), 0.0, thousand),
        ),
        CompareLabel.EXPANDED: (
            "every problem's odds are multiplied by 2.7, and 60% of the problems that the base "
            "never solves are solved in 30% of the samples",
            seldom,
            np.where(new, 0.3, lift),
        ),
        CompareLabel.RESHUFFLED: (
            "half of the problems that the base never solves are solved in 30% of the samples, and "
            "40% of the easier problems are lost",
            seldom,
            np.where(swapped, 0.3, np.where(dropped, 0.0, seldom)),
        ),
        CompareLabel.BROADENED: (
            "log odds are multiplied by 0.6 and lowered by 0.9, as a higher temperature would",
            hard(300),
            shifted(hard(300), -0.9, 0.6),
        ),
        CompareLabel.DEGRADED: (
            "every problem's odds are divided by 2.7",
            many,
            shifted(many, -1.0),
        ),
        CompareLabel.UNCHANGED: ("nothing changes", usual(3, 1000), usual(3, 1000)),
        CompareLabel.UP_AT_SMALL_K: (
            "every problem's odds are multiplied by 2.7, with only 60 problems",
            few,
            shifted(few, 1.0),
        ),
        CompareLabel.DOWN_AT_SMALL_K: (
            "log odds are multiplied by 0.8 and lowered by 0.6, with only 80 problems",
            flat,
            shifted(flat, -0.6, 0.8),
        ),
        CompareLabel.SAME_AT_SMALL_K: (
            "nothing changes, with 300 problems",
            usual(3, 300),
            usual(3, 300),
        ),
        CompareLabel.UP_AT_LARGE_K: (
            "log odds are multiplied by 0.6 and lowered by 0.6",
            hard(300),
            shifted(hard(300), -0.6, 0.6),
        ),
        CompareLabel.DOWN_AT_LARGE_K: (
            "odds are multiplied by 1.2, but half of the problems solved in less than 5% of the "
            "samples are lost, with 150 problems",
            hard(300)[:150],
            np.where((hard(300) < 0.05) & chosen(300, 0.5, 4), 0.0, shifted(hard(300), 0.2))[:150],
        ),
        CompareLabel.SAME_AT_LARGE_K: (
            "half of the problems become easier and half harder; nearly all are solved at large k",
            even,
            np.clip(mixed, 0.05, 1),
        ),
        CompareLabel.INCONCLUSIVE: (
            "every problem's odds are multiplied by 1.2, with only 60 problems",
            usual(9, 60),
            shifted(usual(9, 60), 0.2),
        ),
    }
    pairs = [
        Example(label, world, counts(p, 1), (counts(q, 2),))
        for label, (world, p, q) in worlds.items()
    ]
    return [*pairs, _cut(), _misread()]


def _cut() -> Example:
    """Equal ability; the base is cut by max_tokens on some problems."""
    p = usual(11, 300)
    cut = np.where(chosen(300, 0.12, 12), SAMPLES, 0)
    right = np.random.default_rng(13).binomial(SAMPLES - cut, p)
    n = np.full(300, SAMPLES)
    base = Counts([f"q{i}" for i in range(300)], n, right, no_answer=cut, truncated=cut)
    world = "nothing changes, but on 12% of the problems every sample of the base is cut off"
    trained = counts(p, 14, no_answer=np.zeros(300, int), truncated=np.zeros(300, int))
    return Example(CompareLabel.DEPENDS_ON_CUTS, world, base, (trained,))


def _misread() -> Example:
    """Equal ability; the base's form of answer is not read on some problems."""
    p, n, rng = usual(11, 300), np.full(300, SAMPLES), np.random.default_rng(12)
    right, after = rng.binomial(SAMPLES, p), rng.binomial(SAMPLES, p)
    seen = np.where(chosen(300, 0.25, 15), 0, right)
    ids = [f"q{i}" for i in range(300)]
    base = Counts(ids, n, seen, c_asked=seen, c_any=right)
    trained = Counts(ids, n, after, c_asked=after, c_any=after)
    world = "nothing changes, but on 25% of the problems the base's right answers are not read"
    return Example(CompareLabel.DEPENDS_ON_MARKS, world, base, (trained,))


def _others() -> list[Example]:
    """Checkpoints, and reach."""
    p, few = np.clip(usual(0, 300), 0.02, 0.999), np.clip(usual(0, 60), 0.02, 0.999)
    lost = (p < 0.1) & chosen(300, 0.6, 5)
    up = [shifted(p, shift) for shift in (1.0, 1.5, 2.0)]
    small = [shifted(few, shift) for shift in (0.5, 0.2)]
    rising = "the odds of every problem rise from checkpoint to checkpoint"
    worlds: list[tuple[SweepLabel, str, FloatArray, list[FloatArray], int]] = [
        (
            SweepLabel.COVERAGE_FALLS,
            f"{rising}, but at the third one 60% of the hardest problems are lost",
            p,
            [*up[:2], np.where(lost, 0.0, up[2])],
            SAMPLES,
        ),
        (SweepLabel.COVERAGE_HOLDS, rising, p, up, SAMPLES),
        (
            SweepLabel.NO_FALL_SHOWN,
            "two checkpoints that are slightly better, with only 60 problems",
            few,
            small,
            SAMPLES,
        ),
        (
            SweepLabel.INCONCLUSIVE,
            "the same two checkpoints with only 16 samples per problem",
            few,
            small,
            16,
        ),
    ]
    sweeps = [
        Example(label, world, counts(first, 1, n), tuple(map(_checkpoint(n), enumerate(later))))
        for label, world, first, later, n in worlds
    ]
    reaches = [_reach(label, *world) for label, world in REACHES.items()]
    return [*sweeps, *reaches]


def _checkpoint(n: int) -> Callable[[tuple[int, FloatArray]], Counts]:
    return lambda one: counts(one[1], 9 + one[0], n)


# of the twenty problems that only the trained policy solves, the base's true success rates
RARE, NONE, MANY = 1e-3, 1e-9, 60_000
REACHES: dict[ReachLabel, tuple[str, list[float]]] = {
    ReachLabel.NOTHING_GAINED: ("the base solves every problem", [0.5] * 20),
    ReachLabel.WITHIN_REACH: ("the base's true success rate on 20 problems is 0.1%", [RARE] * 20),
    ReachLabel.BEYOND_REACH: (
        f"the base's true success rate on 20 problems is {NONE:g}, and it was sampled {MANY:,} "
        "times on each of them",
        [NONE] * 20,
    ),
    ReachLabel.MIXED: (
        f"the base's true success rate is 0.1% on 7 problems, {NONE:g} on 7, with {MANY:,} samples "
        "each, and 0.002% on 6",
        [RARE] * 7 + [NONE] * 7 + [2e-5] * 6,
    ),
    ReachLabel.UNDECIDED: ("the base's true success rate on 20 problems is 0.002%", [2e-5] * 20),
}


def _reach(label: ReachLabel, world: str, rare: list[float]) -> Example:
    """Forty problems that both solve, and these; the weights of the trained policy's completions
    scatter around their true mean."""
    p = np.concatenate([np.linspace(0.2, 0.8, 40), rare])
    q = np.where(p < 0.1, 0.5, shifted(p, 1.0))
    base, trained = counts(p, 1, np.where(p <= NONE, MANY, SAMPLES)), counts(q, 2)
    rng = np.random.default_rng(3)
    scattered = {
        name: np.log(p[i] / q[i]) + rng.normal(-0.005, 0.1, int(c))
        for i, (name, c) in enumerate(zip(trained.problem_id, trained.c, strict=True))
    }
    return Example(label, world, base, (trained,), scattered)
