"""Pairing: two counts in, the same problems in the same order out, or a refusal that names why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from passgap.data.counts import Counts
from passgap.errors import MismatchError
from passgap.results.settings import CompareSettings

MUST_AGREE = ("prompt", "sampling", "verifier")


def paired(
    base: Counts, trained: Counts, *, intersect: bool, allow_different_prompts: bool
) -> tuple[Counts, Counts]:
    """Both counts on their common problems, in the base's order."""
    _same_settings(base, trained, allow_different_prompts)
    place = {problem_id: i for i, problem_id in enumerate(trained.problem_id)}
    common = [i for i, problem_id in enumerate(base.problem_id) if problem_id in place]
    only_base = [p for p in base.problem_id if p not in place]
    here = set(base.problem_id)
    only_trained = [p for p in trained.problem_id if p not in here]
    if not common:
        raise MismatchError(
            f"the two share none of their {len(base)} and {len(trained)} problems; sample both on "
            "the same problem set"
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


def _same_settings(base: Counts, trained: Counts, allow_different_prompts: bool) -> None:
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
        )
    return [
        base,
        *(paired(base, one, intersect=True, allow_different_prompts=True)[1] for one in trained),
    ]
