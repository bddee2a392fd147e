"""One log that holds samples of several policies: each becomes a run of its own.

In: a log, and what the user says of it. Out: a run (or counts file) per policy, by the same refusal
that an import of one policy gives: whatever tells policies apart there, in any format, is what
chooses the rows, step or files of each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from passgap.logs import Imported, ImportedCounts, import_found
from passgap.logs.base import Asked
from passgap.logs.counts_file import wants_counts
from passgap.logs.finding import Found
from passgap.logs.importing import SORTING, refuse_policies
from passgap.runs import is_run
from passgap.runs.writing import remove_abandoned
from passgap.stages.looks import leaf
from passgap.stages.policies import FILE, STEP, SeveralPoliciesError, step_named

LONGEST = 80  # characters of a run's name


def import_policies(
    found: Found, out: Path | str, asked: Asked, *, command: str = ""
) -> list[Imported | ImportedCounts]:
    """Import a log as ``out``, or, if it is of several policies, each as ``out/NAME``.

    Raises what `passgap.logs.import_found` raises, except for several policies.
    """
    try:
        # After a kill, or with the same command again, the runs are there: out is their folder.
        if not wants_counts(out) and Path(out).is_dir() and not is_run(out):
            refuse_policies(found.format, found.files, asked)
        return [import_found(found, out, asked, command=command)]
    except SeveralPoliciesError as several:
        parts = list(_parts(found, asked, several))
        remove_abandoned(Path(out), SORTING)
    place, ending = Path(out), Path(out).suffix if wants_counts(out) else ""
    place = place.with_suffix("") if ending else place
    names = _names([name for name, _, _ in parts])
    return [
        one
        for name, (_, part, wanted) in zip(names, parts, strict=True)
        for one in import_policies(part, place / f"{name}{ending}", wanted, command=command)
    ]


def _parts(
    found: Found, asked: Asked, several: SeveralPoliciesError
) -> Iterator[tuple[str, Found, Asked]]:
    """What to read for each policy, and what it is called."""
    for value in _ordered(several.values):
        if several.field == FILE:
            yield str(value), replace(found, files=_files(found, value)), asked
        elif several.field == STEP:
            yield f"step-{value}", found, replace(asked, step=int(str(value)))
        else:
            where = (*asked.where, (several.field, str(value)))
            yield f"{leaf(several.field)}-{value}", found, replace(asked, where=where)
    if several.field == FILE and (other := _files(found, None)):
        yield "other", replace(found, files=other), asked


def _files(found: Found, value: object) -> tuple[Path, ...]:
    """The files whose names have this step."""
    steps = {path: step_named(path) for path in found.files}
    return tuple(path for path, step in steps.items() if (step and step[0]) == value)


def _ordered(values: tuple[object, ...]) -> list[object]:
    """By number where all are numbers or end in one, as steps do; else as they came."""
    ends = [re.search(r"\d+(?:\.\d+)?$", str(value)) for value in values]
    numbers = [float(end[0]) for end in ends if end]
    if len(numbers) < len(values):
        return list(values)
    return [value for _, value in sorted(zip(numbers, values, strict=True), key=lambda one: one[0])]


def _names(told: list[str]) -> list[str]:
    """Names of folders, all different."""
    plain = [re.sub(r"[^\w.=+-]+", "-", name).strip(".-")[:LONGEST] or "policy" for name in told]
    twice = len(set(plain)) < len(plain)
    return [f"{name}-{number}" if twice else name for number, name in enumerate(plain, start=1)]
