"""Counts from any source, such as passk-inference: from a table to a counts file.

Counts have no draws, so the result is a counts file, not a run; every analysis reads both. Columns
of pass@k are ignored: n and c are enough, and a k above n has no estimate. A log that has only the
share of correct draws of each problem becomes such a file too.
"""

from __future__ import annotations

import filecmp
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, ClassVar

from passgap.data.counts import Counts
from passgap.data.whole_numbers import refuse_repeated, whole_numbers
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, LeftOut, Mean, Peek, Record, Told
from passgap.logs.collecting import Collected
from passgap.logs.importing import check_asked
from passgap.logs.rows import Row, header, read_rows
from passgap.logs.sorting import Sorter
from passgap.logs.table import chosen
from passgap.logs.values import IDS, usual
from passgap.results.codec import HIDDEN, SHOWN, Encoded, Named
from passgap.stages.counting import COUNTS_SUFFIXES, write_counts

LISTED = 5
TOLERANCE = 1e-6


@dataclass(frozen=True)
class ImportedCounts(Encoded):
    """A counts file that was written, and what was left out of it; its marks are final."""

    schema: ClassVar[str] = "passgap.import_counts/1"

    path: Annotated[Path, HIDDEN]
    counts: Annotated[Counts, HIDDEN]
    told: Annotated[Told, HIDDEN]
    marked: Annotated[bool, HIDDEN] = True
    anew: Annotated[bool, HIDDEN] = False

    @property
    def least(self) -> int:
        """The fewest draws of any problem."""
        return int(self.counts.n.min())

    @property
    def place(self) -> Annotated[str, Named("counts")]:
        """The counts file."""
        return str(self.path)

    @property
    def problems(self) -> Annotated[int, SHOWN]:
        """How many the file has."""
        return len(self.counts)

    @property
    def draws(self) -> Annotated[int, SHOWN]:
        """Of all problems."""
        return int(self.counts.n.sum())

    @property
    def left_out(self) -> Annotated[tuple[LeftOut, ...], SHOWN]:
        """Rows that are not in the file."""
        return self.told.rows_left_out()

    @property
    def notes(self) -> Annotated[tuple[str, ...], SHOWN]:
        """Notes for the reader of the file."""
        return tuple(self.told.notes)

    def __str__(self) -> str:
        lines = [f"{self.path}: {self.counts}"]
        lines += [f"  marked by {self.told.label}"] * bool(self.told.label)
        lines += [f"  left out: {one}" for one in self.left_out]
        return "\n".join([*lines, *(f"  note: {note}" for note in self.notes)])


def claims(peek: Peek) -> bool:
    """Rows with ``n``, ``c`` and an id."""
    return peek.has("n", "c") and usual(peek.row, IDS) is not None


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """Counts have no draws: always a UsageError; `import_counts` is for them."""
    raise UsageError(
        "counts have no samples to write as a run; give a counts file as --out "
        "(.csv, .parquet, .jsonl)"
    )


def import_counts(files: Sequence[Path], out: Path | str, asked: Asked) -> ImportedCounts:
    """Write the counts of some rows of a table as a counts file.

    Raises UsageError for flags that do not apply, repeated ids, or invalid counts.
    """
    useless = [name for name in asked.given() if name not in FORMAT.takes]
    if useless:
        raise UsageError(
            f"--{useless[0].replace('_', '-')} does not apply to counts; allowed: --id-field, "
            "--where"
        )
    if not wants_counts(out):
        raise UsageError(
            f"{out} is not the name of a counts file, and counts contain no samples for a run "
            f"folder; give --out {out}.csv, or use {files[0]} as it is: passgap probe {files[0]}"
        )
    told = Told()
    rows = [row for path in files for row in read_rows(path) if chosen(row, asked, told)]
    if not rows:
        raise UsageError(f"no row of {', '.join(map(str, files))} is left; change --where")
    name = asked.id_field or usual(rows[0], IDS)
    if name is None or any(field not in rows[0] for field in (name, "n", "c")):
        raise UsageError(
            f"the fields are {', '.join(rows[0])}; counts need an id (--id-field), n and c"
        )
    for path in files:
        refuse_repeated(path, header(path), (name, "n", "c", *(field for field, _ in asked.where)))
    ids = [str(row[name]) for row in rows]
    _refuse_repeats(ids, rows, name)
    n, c = (
        whole_numbers(column, [row.get(column) for row in rows], lambda i: f"{name} {ids[i]!r}")
        for column in ("n", "c")
    )
    counts = Counts(ids, n, c)
    return ImportedCounts(write_new(counts, out), counts, told)


def write_new(counts: Counts, out: Path | str) -> Path:
    """Write a new counts file, or the same one as an earlier import.

    Raises UsageError if ``out`` holds anything else.
    """
    out = Path(out)
    if not out.exists():
        return write_counts(counts, out)
    with TemporaryDirectory() as folder:
        if not filecmp.cmp(write_counts(counts, Path(folder) / out.name), out, shallow=False):
            raise UsageError(f"{out} contains something else; give another --out")
    return out


def _refuse_repeats(ids: Sequence[str], rows: Sequence[Row], name: str) -> None:
    twice = [one for one, count in Counter(ids).items() if count > 1]
    if not twice:
        return
    other = {
        field: sorted(values)
        for field in rows[0]
        if field not in (name, "n", "c")
        and 1 < len(values := {str(row[field]) for row in rows}) < len(rows)
    }
    choices = "; ".join(
        f"--where '{field}={values[0]}' (of {', '.join(values[:LISTED])})"
        for field, values in other.items()
    )
    raise UsageError(
        f"{len(twice)} values of {name} occur more than once, e.g. {twice[0]!r}, and samples of "
        "several policies or sets are not pooled; choose rows with "
        f"{choices or '--where FIELD=VALUE'}"
    )


def wants_counts(out: Path | str) -> bool:
    """Whether an import writes a counts file, by its name."""
    return Path(out).suffix in COUNTS_SUFFIXES


def import_means(
    form: Format, files: Sequence[Path], out: Path | str, asked: Asked
) -> ImportedCounts:
    """Write the counts that a log's means give, as a .csv, .parquet or .jsonl file.

    Raises UsageError if the format marks draws, or a mean is not a whole number of correct draws.
    """
    if form.means is None:
        raise UsageError(
            f"--out {out} is a counts file, but a log of {form.name} has samples; give a run "
            "folder as --out, and then use passgap export counts RUN --out FILE"
        )
    check_asked(form, asked)
    if asked.correct_if is not None:
        raise UsageError(f"--correct-if {asked.correct_if} does not apply to means; leave it out")
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
            f"a mean of {mean.share:g} over {mean.draws} samples in {mean.where} is partial "
            "credit; import the log as a run folder and score it with passgap verify"
        )
    return round(right)


FORMAT = Format(
    name="counts",
    summary="problem_id, n, c (CSV, Parquet, JSONL; passk-inference)",
    patterns=("*.csv", "*.jsonl", "*.parquet"),
    claims=claims,
    read=read,
    takes=frozenset(("id_field", "where")),
)
