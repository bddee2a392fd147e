"""Which checkpoint to keep, from few draws of most: successive halving.

Every checkpoint is drawn a few times, then the better half of them twice as often, and so on.
Whoever looks best in a round is lucky as well, and the draws that decided are also those that
are counted. So the rounds are decided eleven times: on all problems, and on the problems outside
each of ten folds. A checkpoint is sampled again if any of the eleven keeps it. What the problems
outside a fold chose is then measured on that fold, none of whose draws had a part in any decision:
the whole procedure is cross-fitted, not only its last step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from passgap.analysis.compare.deciding import unknown_training
from passgap.analysis.inputs import refuse_unscored
from passgap.analysis.sweep.corrected import folds
from passgap.analysis.sweep.falling import alike, differences
from passgap.data.arrays import BoolArray, FloatArray, IntArray
from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.plain import plural
from passgap.results.keeping import Kept, Tried
from passgap.results.settings import KeepSettings
from passgap.stats import mean_interval, paired_interval, pass_at_k

Draw = Callable[[Sequence[int], int], Sequence[Counts]]
DEFAULTS = KeepSettings()
LAST = "step {step} is the last one given: a longer training may be better still"
NOTES = (
    "each checkpoint's own numbers come from the samples that decided: those dropped early look "
    "worse than they are, the best one better; the corrected gain does not",
    "a round draws every checkpoint that any of eleven decisions keeps: one on all problems, and "
    "one on those outside each of ten folds",
    "one training run: with another seed another step may be the best",
)


def keep(
    draw: Draw,
    steps: Sequence[int],
    settings: KeepSettings = DEFAULTS,
    *,
    trained_on: bool | None = None,
) -> Kept:
    """Find the checkpoint with the highest pass@k, in rounds that drop the others.

    Parameters
    ----------
    draw
        Takes the places of some policies (0 is the base, 1 the first step) and n, and returns the
        counts of their first n draws of every problem, all on the same problems in the same order.
        Called once per round, with the base and the checkpoints that are still in question.
    steps
        S >= 2 distinct steps, each at least 1, in the order of the places.
    settings
        Which k, and how many draws.
    trained_on
        Whether the checkpoints were trained on these problems; None where it is not known.

    Raises
    ------
    UsageError
        For settings or steps out of range, problems that were trained on (unless accepted), fewer
        than two independent problems, one with fewer scored draws than k, or more than 2% unscored
        draws (unless accepted).
    """
    check_keep(steps, settings, trained_on)
    first, *later = rounds_of(settings)
    everyone = list(range(len(steps) + 1))
    arms = dict(enumerate(_drawn(draw, everyone, first, settings)))
    parts = _parts(folds(arms[0], settings.seed))
    if len(parts) < 3:
        raise UsageError("all problems are related or there is only one; needed: 2 or more")
    kept = _stay(arms, [everyone[1:]] * len(parts), parts, settings.k)
    for n in later:
        asked = sorted({0}.union(*kept))
        arms |= zip(asked, _drawn(draw, asked, n, settings), strict=True)
        kept = _stay(arms, kept, parts, settings.k)
    chosen = [one[0] for one in kept]
    last = (LAST.format(step=max(steps)),) if steps[chosen[-1] - 1] == max(steps) else ()
    missing = sum(int(one.unscored.sum()) for one in arms.values())
    unscored = (f"{plural(missing, 'sample is', 'samples are')} unscored",) if missing else ()
    notes = (*last, *unscored, *NOTES, *unknown_training(trained_on))
    return _result(arms, chosen, parts, steps, settings, notes)


def _parts(fold: IntArray) -> list[BoolArray]:
    """The problems outside each fold, and last all of them; each decides on its own."""
    return [*(fold != one for one in np.unique(fold)), np.ones(len(fold), bool)]


def _stay(
    arms: Mapping[int, Counts],
    kept: Sequence[Sequence[int]],
    parts: Sequence[BoolArray],
    k: int,
) -> list[list[int]]:
    """Which of the checkpoints that each part of the problems kept it keeps now."""
    passes = {one: _passes(arms[one], k) for one in set().union(*kept)}
    return [
        [one[i] for i in better_half([passes[place][part] for place in one])]
        for one, part in zip(kept, parts, strict=True)
    ]


def _passes(counts: Counts, k: int) -> FloatArray:
    return pass_at_k(counts.n, counts.c, k)


def _drawn(draw: Draw, places: Sequence[int], n: int, settings: KeepSettings) -> Sequence[Counts]:
    """The counts of one round; every problem must have a pass@k."""
    found = draw(places, n)
    for counts in found:
        if counts.problem_id != found[0].problem_id:
            raise UsageError("draw returned counts of different problems; needed: the same for all")
        refuse_unscored(counts, accept_unscored=settings.accept_unscored)
        short = np.flatnonzero(counts.n < settings.k)
        if short.size:
            i = int(short[0])
            raise UsageError(
                f"problem {counts.problem_id[i]!r} has {counts.n[i]} scored samples and k is "
                f"{settings.k}; fix the verifier, or raise --first"
            )
    return found


def _result(
    arms: Mapping[int, Counts],
    chosen: Sequence[int],
    parts: Sequence[BoolArray],
    steps: Sequence[int],
    settings: KeepSettings,
    notes: tuple[str, ...],
) -> Kept:
    passes = {place: _passes(one, settings.k) for place, one in arms.items()}
    clusters, best = arms[0].clusters, chosen[-1]
    gains = np.zeros(len(arms[0]))
    for place, part in zip(chosen[:-1], parts[:-1], strict=True):
        gains[~part] = (passes[place] - passes[0])[~part]
    drawn = {place: int((one.n + one.unscored).max()) for place, one in arms.items()}
    return Kept(
        settings=settings,
        problems=len(arms[0]),
        step=steps[best - 1],
        policy=arms[best].provenance.get("policy", ""),
        corrected=paired_interval(gains, clusters=clusters),
        alike=tuple(steps[place - 1] for place in _alike(arms, best, settings)),
        base=mean_interval(passes[0], clusters=clusters),
        checkpoints=tuple(
            Tried(
                step,
                arms[place].provenance.get("policy", ""),
                drawn[place],
                mean_interval(passes[place], clusters=clusters),
                paired_interval(passes[place] - passes[0], clusters=clusters),
                chosen[:-1].count(place),
            )
            for place, step in enumerate(steps, start=1)
        ),
        draws=len(arms[0]) * sum(drawn.values()),
        uniform=len(arms[0]) * len(arms) * settings.most,
        notes=notes,
    )


def _alike(arms: Mapping[int, Counts], best: int, settings: KeepSettings) -> list[int]:
    """The other checkpoints with as many draws that the band does not distinguish from the best."""
    drawn = arms[best].n.max()
    last = [place for place, one in arms.items() if place and one.n.max() == drawn]
    found = differences([arms[0], *(arms[place] for place in last)], settings.k, settings.seed)
    return [last[i - 1] for i in alike(found, 1 + last.index(best))]


def rounds_of(settings: KeepSettings) -> list[int]:
    """The draws per problem at the end of each round."""
    first, most = settings.first, settings.most
    doublings = math.ceil(math.log2(most / first))
    return [*(first << i for i in range(doublings)), most]


def check_keep(
    steps: Sequence[int], settings: KeepSettings, trained_on: bool | None = None
) -> None:
    """Refuse what `keep` refuses before it draws."""
    k, first, most = settings.k, settings.first, settings.most
    if not 1 <= k <= first <= most:
        raise UsageError(f"k={k}, first={first}, most={most}; allowed: 1 <= k <= first <= most")
    if len(steps) < 2:
        raise UsageError(
            f"{plural(len(steps), 'checkpoint')} given; needed: 2 or more to choose from"
        )
    if min(steps) < 1 or len(set(steps)) < len(steps):
        raise UsageError(
            f"the checkpoints have the steps {', '.join(map(str, steps))}; allowed: distinct "
            "steps, each at least 1 (the base is step 0)"
        )
    if trained_on and not settings.accept_trained_on:
        raise UsageError(
            "the checkpoints were trained on some of these problems, so the one that remembers "
            "most would be kept; give held-out problems, or accept it (--accept-trained-on)"
        )


def better_half(passes: Sequence[FloatArray]) -> list[int]:
    """The half with the higher mean, best first; the earlier of two that tie.

    Parameters
    ----------
    passes
        pass@k of some problems by S >= 1 checkpoints, by step; each of shape (P,).
    """
    order = np.argsort([-one.mean() for one in passes], kind="stable")
    return [int(i) for i in order[: math.ceil(len(passes) / 2)]]
