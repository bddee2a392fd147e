"""Pairing: two counts in, the same problems in the same order out, or a refusal that names why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from passgap.data.counts import Counts
from passgap.errors import MismatchError
from passgap.results.settings import CompareSettings

MUST_AGREE = ("prompt", "sampling", "verifier")
BY_CHANCE = 1e-6  # less likely an order is none that problems have
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

    ``alone``: nothing but these two is compared, so that they could be compared unpaired.

    Raises
    ------
    MismatchError
        Where problems, prompts, settings or verifiers differ, or ids are ranks.
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
            f"the two share none of their {len(base)} and {len(trained)} problems; sample both on "
            f"the same problem set{f', or {UNPAIRED}' if alone else ''}"
        )
    if (only_base or only_trained) and not intersect:
        shown = ", ".join([*only_base, *only_trained][:3])
        raise MismatchError(
            f"{len(only_base)} problems are only in the base and {len(only_trained)} only in the "
            f"trained ({shown}, ...); sample both on the same set, or compare the {len(common)} "
            "common ones with --intersect"
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
                "order of the share correct, as ranks of a histogram are: they do not say which "
                "problem is which; give the problems' own ids"
                f"{f', or {UNPAIRED}' if alone else ''}"
            )


def are_ranks(counts: Counts) -> bool:
    """Whether the ids are 0, 1, .. or 1, 2, .. in the order of the share correct.

    An order that as many problems with these shares have by chance once in a million times, or more
    often, is none: of ten different shares ten problems in order are ranks.
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
                f"the {key} differs: base {a}, trained {b} (passgap check of both says in what); "
                "sample both alike, or compare all the same with --allow-different-prompts"
            )


def on_common_problems(
    base: Counts, trained: Sequence[Counts], settings: CompareSettings
) -> list[Counts]:
    """The base and the trained policies, each on the problems that all of them hold."""
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
