"""Counts from a log that tells the share of correct draws of each problem, and not which are.

In: a log of such a format. Out: a counts file with the n and c of its own marks; problems are those
of the run that the same log becomes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Mean, Told
from passgap.logs.collecting import Collected
from passgap.logs.counts_file import ImportedCounts, write_new
from passgap.logs.importing import check_asked
from passgap.logs.sorting import Sorter
from passgap.stages.counting import COUNTS_SUFFIXES

TOLERANCE = 1e-6


def wants_counts(out: Path | str) -> bool:
    """Whether an import writes a counts file: it is named like one."""
    return Path(out).suffix in COUNTS_SUFFIXES


def import_means(
    form: Format, files: Sequence[Path], out: Path | str, asked: Asked
) -> ImportedCounts:
    """Write the counts that a log's means give, as a .csv, .parquet or .jsonl file.

    Raises UsageError if the format marks draws, or a mean is no whole number of correct draws.
    """
    if form.means is None:
        raise UsageError(
            f"--out {out} names a counts file, and a log of {form.name} holds draws; give a run "
            "folder, and then passgap export counts RUN --out FILE"
        )
    check_asked(form, asked)
    if asked.correct_if is not None:
        raise UsageError(f"--correct-if {asked.correct_if} means nothing for means; leave it out")
    told = Told()
    found = Collected(Sorter(Path()), asked, told, form.verifier)
    n: Counter[int] = Counter()
    c: Counter[int] = Counter()
    for mean in form.means(files, asked, told):
        row = found.row(mean.record)
        if row >= 0:
            n[row] += mean.draws
            c[row] += _right(mean)
    found.end()
    rows = range(len(found.problems))
    counts = Counts([p.id for p in found.problems], [n[i] for i in rows], [c[i] for i in rows])
    return ImportedCounts(write_new(counts, out), counts, told)


def _right(mean: Mean) -> int:
    """How many draws are correct."""
    right = mean.share * mean.draws
    if abs(right - round(right)) > TOLERANCE:
        raise UsageError(
            f"a mean of {mean.share:g} over {mean.draws} draws in {mean.where} is partial credit; "
            "import a run folder and let passgap verify mark its draws"
        )
    return round(right)
