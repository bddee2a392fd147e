"""Folders with one run, or counts file, per benchmark: matched by name, for both policies.

In: two folders, or two mappings from a benchmark's name. Out: for each name the counts of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from passgap.analysis.compare.benchmarks import Pair
from passgap.errors import MismatchError, UsageError
from passgap.evidence.evidence import Evidence
from passgap.runs import is_run
from passgap.stages.counting import COUNTS_SUFFIXES, Source

SHOWN = 3
Benchmarks = Mapping[str, Source] | Path | str
Both = Mapping[str, tuple[Source, Source]]


def is_folder_of_benchmarks(source: object) -> bool:
    """Whether this is a folder that is not a run but holds runs or counts files."""
    return isinstance(source, str | Path) and bool(_entries(source))


def _entries(folder: Path | str) -> list[Path]:
    if is_run(folder) or not (place := Path(folder)).is_dir():
        return []
    entries = [one for one in sorted(place.iterdir()) if not one.name.startswith(".")]
    return [one for one in entries if one.suffix in COUNTS_SUFFIXES or is_run(one)]


def benchmarks_of(source: Benchmarks) -> dict[str, Source]:
    """Each benchmark's run or counts, by name: a folder's run folders and counts files.

    Raises
    ------
    UsageError
        For a folder that contains none, is a run, or has two of one name.
    """
    if isinstance(source, Mapping):
        return dict(source)
    found: dict[str, Path] = {}
    for one in _entries(source):
        name = one.stem if one.suffix in COUNTS_SUFFIXES else one.name
        if name in found:
            raise UsageError(f"{source} has {name} twice ({found[name]}, {one}); remove one")
        found[name] = one
    if not found:
        what = "is a single run" if is_run(source) else "has no run and no counts file"
        raise UsageError(
            f"{source} {what}; allowed: a folder with one run folder or counts file "
            f"({' '.join(COUNTS_SUFFIXES)}) per benchmark, with the same names for both policies "
            "(give checkpoints one by one)"
        )
    return dict(found)


def matched(base: Benchmarks, trained: Benchmarks, *, intersect: bool) -> tuple[Both, list[str]]:
    """Both policies' runs by the benchmark's name, in the base's order; and what is left out.

    Raises
    ------
    MismatchError
        For names that only one side has, unless ``intersect``; or where none is common.
    UsageError
        As in `benchmarks_of`.
    """
    before, after = benchmarks_of(base), benchmarks_of(trained)
    both = {name: (one, after[name]) for name, one in before.items() if name in after}
    alone = [sorted(set(one) - set(both)) for one in (before, after)]
    if not both or (any(alone) and not intersect):
        told = "; ".join(
            f"only {side}: {', '.join(names[:SHOWN])}{', ...' * (len(names) > SHOWN)}"
            for side, names in zip(("in the base's", "in the trained policy's"), alone, strict=True)
            if names
        )
        then = ", or compare the common ones with --intersect" if both else ""
        raise MismatchError(
            f"benchmarks are matched by name; {len(both)} of them are in both folders ({told}); "
            f"use the same names in both{then}"
        )
    left_out = sorted({*before, *after} - {*both})
    return both, left_out


def pairs_of(both: Both, cluster: str | None, trained_on: bool | None) -> dict[str, Pair]:
    """The counts of each benchmark, with what its runs say about training unless it is given."""
    pairs = {}
    for name, sources in both.items():
        found = Evidence.read(*sources, cluster=cluster)
        known = found.trained_on if trained_on is None else trained_on
        pairs[name] = Pair(found.base.counts, found.trained[0].counts, known)
    return pairs
