"""Merging: from runs with disjoint draws of one design to one run with all of them.

Several machines each sample a range (``--first-draw``) of the same policy, problems, settings and
seed; their shards are copied as they are. Outcomes are not copied: the merged run has to be
verified.
"""

from __future__ import annotations

import dataclasses
import itertools
import shutil
from collections.abc import Sequence
from pathlib import Path

from passgap.errors import MismatchError, UsageError
from passgap.runs.manifest import Round, differing_keys
from passgap.runs.names import COMPLETIONS
from passgap.runs.run import Run, opened
from passgap.runs.writing import own, write_whole


def merge(runs: Sequence[Run | Path | str], out: Path | str) -> Run:
    """Join complete runs of disjoint draw ranges, or their folders, into the new run ``out``.

    Raises UsageError for fewer than two runs, an adaptive or an unfinished one, or draws that two
    of them share. Raises MismatchError when they do not sample the same distribution, naming what
    differs.
    """
    if len(runs) < 2:
        raise UsageError(f"{len(runs)} runs given; allowed: at least two to merge")
    parts = [opened(run) for run in runs]
    for run in parts:
        _check(parts[0], run)
    rounds = sorted((r for run in parts for r in run.manifest.rounds), key=lambda r: r.first_draw)
    _check_disjoint(parts, rounds)
    n, first_draw = sum(r.draws for r in rounds), rounds[0].first_draw
    manifest = dataclasses.replace(
        parts[0].manifest, rounds=tuple(rounds), n=n, first_draw=first_draw
    )
    merged = Run.create(out, manifest, parts[0].problems())
    with merged.writing():
        for run in parts:
            for call in run.calls():
                merged.log_call(call)
            for name in sorted(set(run.blocks) & set(merged.owed())):
                _copy(run, name, own(merged.path, COMPLETIONS, name))
    return merged


def _check(first: Run, run: Run) -> None:
    ours, theirs = first.manifest, run.manifest
    if theirs.design == "adaptive":
        raise UsageError(
            f"{run.place} was sampled adaptively; only runs with a fixed n can be merged"
        )
    differing = differing_keys(ours.distribution(), theirs.distribution())
    if ours.engine["name"] != theirs.engine["name"]:
        differing.append(f"engine: {ours.engine['name']} there, {theirs.engine['name']} requested")
    if run.problem_ids != first.problem_ids:
        differing.append("the order of the problems")
    if differing:
        raise MismatchError(
            f"{first.place} and {run.place} do not sample the same thing "
            f"({'; '.join(differing)}); only ranges of one design can be merged"
        )
    owed = run.owed()
    if owed:
        raise UsageError(
            f"{run.place} lacks {len(owed)} of {len(run.blocks)} batches; finish it with the "
            "command that started it"
        )


def _check_disjoint(runs: Sequence[Run], rounds: Sequence[Round]) -> None:
    held = ((run.place, part) for run in runs for part in run.manifest.rounds)
    ranges = ", ".join(f"{place}: {part.first_draw} to {part.end - 1}" for place, part in held)
    for before, after in itertools.pairwise(rounds):
        if after.first_draw < before.end:
            raise UsageError(
                f"the runs share the samples {after.first_draw} to "
                f"{min(before.end, after.end) - 1}, which would count twice; allowed: disjoint "
                f"ranges (--first-draw), from {ranges}"
            )


def _copy(run: Run, name: str, target: Path) -> None:
    """One shard as it is, once it has been checked."""
    run.read_completions(name, None)

    def fetch(temporary: Path) -> None:
        with run.place.open(f"{COMPLETIONS}/{name}") as source, temporary.open("wb") as file:
            shutil.copyfileobj(source, file)

    write_whole(target, fetch)
