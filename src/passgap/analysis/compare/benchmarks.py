"""Several benchmarks at once: a verdict on each, with 5% errors over all, and two pooled lines.

In: for each benchmark a base's and a trained policy's Counts. Out: `Slices`. A benchmark is a slice
with its own draws: its line has its own large k, and the pooled lines use the one that the fewest
draws allow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from passgap.analysis.compare.comparison import DEFAULTS
from passgap.analysis.compare.deciding import deciding, without_short
from passgap.analysis.compare.pairing import paired
from passgap.analysis.compare.slicing import BENCHMARK, FEWEST, Part, sliced
from passgap.data.counts import OPTIONAL, Counts
from passgap.errors import MismatchError, UsageError
from passgap.results.settings import CompareSettings
from passgap.results.slices import Slices


@dataclass(frozen=True)
class Pair:
    """One benchmark's counts of both policies, and whether it was trained on."""

    base: Counts
    trained: Counts
    trained_on: bool | None = None


def compare_benchmarks(pairs: Mapping[str, Pair], settings: CompareSettings = DEFAULTS) -> Slices:
    """Say what training did on each benchmark, and over all of them (see `sliced`).

    Parameters
    ----------
    pairs
        By the benchmark's name, in the order in which they are shown.
    settings
        As in `compare`, for every benchmark; each has its own large k unless one is given.

    Raises
    ------
    MismatchError, UsageError
        As in `compare`, naming the benchmark; or where none has 5 problems.
    """
    parts, notes = [], []
    for name, pair in pairs.items():
        try:
            part, told = _part(name, pair, settings)
        except (MismatchError, UsageError) as error:
            raise type(error)(f"{name}: {error}") from error
        parts.append(part)
        notes += [f"{name}: {note}" for note in told]
    if not any(one.judged for one in parts):
        raise UsageError(
            f"none of the {len(parts)} benchmarks has {FEWEST} or more problems; at least "
            "one is needed"
        )
    whole = _whole(parts, settings)
    found = sliced(parts, whole, BENCHMARK, replace(settings, accept_unscored=True))
    own = {one.rule.k_large for one in parts}
    if len(own) > 1:
        notes.append(
            "each benchmark is judged at its own large k; the pooled lines are at "
            f"k={whole.rule.k_large}, the largest that the benchmark with the fewest samples "
            "allows"
        )
    return replace(found, notes=(*notes, *found.notes))


def _part(name: str, pair: Pair, settings: CompareSettings) -> tuple[Part, Sequence[str]]:
    """One benchmark, paired and without short problems, with its own rule; and its notes."""
    arms = paired(
        pair.base,
        pair.trained,
        intersect=settings.intersect,
        allow_different_prompts=settings.allow_different_prompts,
        alone=False,
    )
    (base, trained), own, left_out = without_short(arms, settings)
    rule = deciding((base, trained), own)
    return Part(name, base, trained, rule, pair.trained_on), (*left_out, *rule.notes)


def _whole(parts: Sequence[Part], settings: CompareSettings) -> Part:
    """All benchmarks as one set of problems."""
    base = joined({one.name: one.base for one in parts})
    trained = joined({one.name: one.trained for one in parts})
    known = [one.trained_on for one in parts]
    rule = deciding((base, trained), replace(settings, accept_unscored=True))
    on = True if True in known else None if None in known else False
    return Part("", base, trained, rule, on)


def joined(counts: Mapping[str, Counts]) -> Counts:
    """Counts of several sets as one, each problem's id prefixed with the name of its set.

    Columns that one of them lacks are left out, and so is any provenance that differs.
    """
    each = list(counts.values())
    held = {name: [getattr(one, name) for one in each] for name in OPTIONAL}
    columns = {
        name: None if any(one is None for one in several) else np.concatenate(several)
        for name, several in held.items()
    }
    named = [(name, one, one.cluster or one.problem_id) for name, one in counts.items()]
    clusters = [f"{name}/{cluster}" for name, _, several in named for cluster in several]
    shared = set.intersection(*(set(one.provenance.items()) for one in each))
    return Counts(
        [f"{name}/{one}" for name, part, _ in named for one in part.problem_id],
        np.concatenate([one.n for one in each]),
        np.concatenate([one.c for one in each]),
        np.concatenate([one.unscored for one in each]),
        **columns,
        cluster=clusters if any(one.cluster for one in each) else None,
        design="adaptive" if any(one.design == "adaptive" for one in each) else "fixed",
        provenance=dict(shared),
    )
