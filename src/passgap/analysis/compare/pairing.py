"""Pairing. In: two counts. Out: the same problems in the same order, or a refusal that says why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from passgap.data.counts import Counts
from passgap.errors import MismatchError
from passgap.plain import plural
from passgap.results.settings import CompareSettings

MUST_AGREE = ("prompt", "sampling", "verifier")
BY_CHANCE = 1e-6  # problems' own ids are in such an order with less than this chance
UNPAIRED = "compare them as two samples with --unpaired (in Python: unpaired=True)"


def paired(
    base: Counts,
    trained: Counts,
    *,
    intersect: bool,
    allow_different_prompts: bool,
    alone: bool = True,
) -> tuple[Counts, Counts]:
    """Both counts on their common problems, in the base's order.

    ``alone``: only these two are compared, so that they could also be compared unpaired.

    Raises
    ------
    MismatchError
        If problems, prompts, settings or verifiers differ, or ids are ranks.
    """
    same_settings(base, trained, allow_different_prompts)
    _refuse_ranks(base, trained, alone)
    place = {problem_id: i for i, problem_id in enumerate(trained.problem_id)}
    common = [i for i, problem_id in enumerate(base.problem_id) if problem_id in place]
    only_base = [p for p in base.problem_id if p not in place]
    here = set(base.problem_id)
    only_trained = [p for p in trained.problem_id if p not in here]
    if not common:
        raise MismatchError(
            f"the base's {len(base)} and the trained policy's {len(trained)} problems have no id "
            f"in common; sample both on the same problem set{f', or {UNPAIRED}' if alone else ''}"
        )
    if (only_base or only_trained) and not intersect:
        shown = ", ".join([*only_base, *only_trained][:3])
        raise MismatchError(
            f"{plural(len(only_base), 'problem is', 'problems are')} only in the base's run and "
            f"{len(only_trained)} only in the trained policy's ({shown}, ...); sample both on the "
            f"same set, or compare the {len(common)} common ones with --intersect"
        )
    rows = np.asarray(common)
    left, right = base.take(rows), trained.take([place[base.problem_id[i]] for i in common])
    known = left.cluster or right.cluster
    return left.clustered(known), right.clustered(known)


def _refuse_ranks(base: Counts, trained: Counts, alone: bool) -> None:
    for name, counts in (("base", base), ("trained policy", trained)):
        if are_ranks(counts):
            number = [*map(int, counts.problem_id)]
            raise MismatchError(
                f"the ids of the {name} are the numbers {min(number)} to {max(number)} in the "
                "order of the share correct, like the ranks of a histogram: they do not identify "
                f"the problems; give the problems' own ids{f', or {UNPAIRED}' if alone else ''}"
            )


def are_ranks(counts: Counts) -> bool:
    """Whether the ids are 0, 1, .. or 1, 2, .. in the order of the share correct.

    An order that so many problems with these shares have by chance more often than once in a
    million does not count: ten problems of ten different shares, in order, are ranks.
    """
    if not all(one.isascii() and one.isdecimal() for one in counts.problem_id):
        return False
    number = np.array([*map(int, counts.problem_id)])
    order = np.argsort(number)
    if number.min() > 1 or not np.array_equal(number[order], np.arange(len(order)) + number.min()):
        return False
    share = counts.c[order] / np.maximum(counts.n[order], 1)
    steps = np.diff(share)
    if (steps > 0).any() and (steps < 0).any():
        return False
    _, alike = np.unique(share, return_counts=True)
    chance = special.gammaln(alike + 1).sum() - special.gammaln(len(share) + 1)
    return bool(np.log(2) + chance < np.log(BY_CHANCE))


def same_settings(base: Counts, trained: Counts, allow_different_prompts: bool) -> None:
    """Refuse different verifiers, and prompts or settings that differ unless allowed."""
    for key in MUST_AGREE:
        a, b = base.provenance.get(key), trained.provenance.get(key)
        if a is None or b is None or a == b:
            continue
        if key == "verifier":
            raise MismatchError(
                f"the verifiers differ: {a} and {b}; verify both runs with the same one"
            )
        if not allow_different_prompts:
            raise MismatchError(
                f"the {key} differs: base {a}, trained {b} (passgap check on both runs shows "
                "how); sample both with the same one, or compare anyway with "
                "--allow-different-prompts"
            )


def on_common_problems(
    base: Counts, trained: Sequence[Counts], settings: CompareSettings
) -> list[Counts]:
    """The base and the trained policies, each on the problems that all of them have."""
    for counts in trained:
        base, _ = paired(
            base,
            counts,
            intersect=settings.intersect,
            allow_different_prompts=settings.allow_different_prompts,
            alone=False,
        )
    return [
        base,
        *(paired(base, one, intersect=True, allow_different_prompts=True)[1] for one in trained),
    ]
