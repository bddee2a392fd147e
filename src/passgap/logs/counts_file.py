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

import numpy as np

from passgap.data.arrays import IntArray
from passgap.data.counts import Counts
from passgap.data.whole_numbers import refuse_repeated, whole_numbers
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, LeftOut, Mean, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.collecting import Collected
from passgap.logs.importing import check_asked, well_formed
from passgap.logs.rows import SUFFIXES, Row, ending, field, header
from passgap.logs.shapes import shaped
from passgap.logs.sorting import Forgetful, Sorter
from passgap.logs.table import FORMAT as TABLE
from passgap.logs.table import first_rows, read_marks
from passgap.results.codec import HIDDEN, SHOWN, Encoded, Named
from passgap.stages.counting import COUNTS_SUFFIXES, write_counts
from passgap.stages.looks import TEXTS, TOTALS, Looks, choices
from passgap.stages.policies import (
    EACH,
    SeveralPoliciesError,
    names_a_policy,
    refuse_steps,
)

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
    def most(self) -> int:
        """The usual number of scored samples of a problem."""
        return int(np.bincount(self.counts.n).argmax())

    @property
    def short(self) -> int:
        """How many problems have fewer."""
        return int(np.sum(self.counts.n < self.most))

    @property
    def unscored(self) -> int:
        """Samples that are not scored, of all problems."""
        return int(self.counts.unscored.sum())

    @property
    def verifier(self) -> str | None:
        """None: there are no samples to verify."""
        return None

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
    """Rows with an id and the numbers n and c under usual names, and no text."""
    if ending(peek.files[0]) not in SUFFIXES:
        return False
    looks = Looks.of(first_rows(peek.files[0], peek.asked))
    text = looks.named(TEXTS, lambda name: name in looks.texts)
    return bool(looks.ids) and looks.counts is not None and text is None


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
            f"--{useless[0].replace('_', '-')} does not apply to counts; allowed: "
            + ", ".join(f"--{name.replace('_', '-')}" for name in sorted(FORMAT.takes))
        )
    if not wants_counts(out):
        raise UsageError(
            f"{out} is not the name of a counts file, and counts contain no samples for a run "
            f"folder; give --out {out}.csv, or use {files[0]} as it is: passgap probe {files[0]}"
        )
    told = Told()
    rows = [
        row
        for path in files
        for row in shaped(path, asked.rows, told.note)
        if chosen(row, asked, told)
    ]
    if not rows:
        raise UsageError(f"no row of {', '.join(map(str, files))} is left; change --where")
    name, total, hits, misses = _columns(rows, files[0], asked)
    used = [one for one in (name, total, hits, misses) if one]
    for path in files:
        refuse_repeated(path, header(path), [*used, *(one for one, _ in asked.where)])
    ids = [_id(field(row, name), name) for row in rows]
    _refuse_repeats(ids, rows, used)

    def whole(column: str) -> IntArray:
        values = [field(row, column) for row in rows]
        return whole_numbers(column, values, lambda i: f"{name} {ids[i]!r}")

    c = whole(hits)
    n = whole(total) if total else c + whole(misses or "")
    if (total or hits) not in ("n", "c") or hits != "c":
        told.note(f"n is {total or f'{hits} + {misses}'}, c is {hits}")
    counts = Counts(ids, n, c)
    return ImportedCounts(write_new(counts, out), counts, told)


def _id(value: object, name: str) -> str:
    if isinstance(value, list | dict):
        kind = "a list" if isinstance(value, list) else "an object"
        raise UsageError(f"{name} is {kind}, not an id; name another field with --id-field")
    return str(value)


def _columns(rows: Sequence[Row], path: Path, asked: Asked) -> tuple[str, str, str, str | None]:
    """The fields of the id, of n, of c, and of the failures where there is no n.

    Raises UsageError for a field that is not there, or a meaning that no field has.
    """
    looks = Looks.of(rows)
    given = (asked.id_field, asked.n_field, asked.c_field, asked.failed_field)
    for name in filter(None, given):
        if name not in looks.columns:
            raise UsageError(f"{path} has no field {name!r}; {looks.described(path)}")
    if asked.n_field and asked.failed_field:
        raise UsageError("--n-field and --failed-field are both given; allowed: one of them")
    found, likely, failed = looks.counts or ("", None, None)
    hits = asked.c_field or likely or ("c" if "c" in looks.columns else "")
    misses = asked.failed_field or (None if asked.n_field else failed)
    total = "" if misses else (asked.n_field or found or looks.count(TOTALS) or "")
    name = asked.id_field or next(iter(looks.ids), "")
    if not name or not hits or not (total or misses):
        raise UsageError(
            f"{path}: counts need an id (--id-field), n (--n-field, or --failed-field) and c "
            f"(--c-field); {looks.described(path)}"
        )
    return name, total, hits, misses


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


def _refuse_repeats(ids: Sequence[str], rows: Sequence[Row], used: Sequence[str]) -> None:
    twice = [one for one, count in Counter(ids).items() if count > 1]
    if not twice:
        return
    told = (
        f"{len(twice)} values of {used[0]} occur more than once, e.g. {twice[0]!r}, and samples of "
        "several policies or sets are not pooled; choose rows with "
        f"{choices(rows, used) or '--where FIELD=VALUE'}"
    )
    for name in filter(names_a_policy, rows[0]):
        values = [row.get(name) for row in rows]
        if name not in used and len(set(zip(ids, map(str, values), strict=True))) == len(ids):
            several = tuple({str(value): value for value in values}.values())
            raise SeveralPoliciesError(f"{told}, or {EACH}", name, several)
    raise UsageError(told)


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
    for mean in well_formed(form.means(files, asked, told), form, files):
        row = found.row(mean.record)
        if row >= 0:
            found.tell_apart(row, mean.record)
            n[row] += mean.draws
            found.draws[row] += mean.draws
            c[row] += _right(mean)
    found.end()
    size = len(found.problems)
    totals = [[0] * size, [0] * size]
    for row, final in enumerate(found.final):
        totals[0][final] += n[row]
        totals[1][final] += c[row]
    counts = Counts([p.id for p in found.problems], totals[0], totals[1])
    return ImportedCounts(write_new(counts, out), counts, told)


def import_marks(files: Sequence[Path], out: Path | str, asked: Asked) -> ImportedCounts:
    """Write the counts of a table's marks, which may have no texts, as a counts file.

    The ids are those of the table where every problem has one of its own, else those of a run.
    """
    check_asked(TABLE, asked)
    refuse_steps(files, asked.pool)
    told = Told()
    found = Collected(Forgetful(), asked, told, TABLE.verifier, texts=False)
    found.take(read_marks(files, asked, told))
    known = [one.metadata.get("id") for one in found.problems]
    named = None not in known and len(set(known)) == len(known) and asked.problems is None
    lost = [all_ - scored for all_, scored in zip(found.draws, found.scored_of, strict=True)]
    counts = Counts(
        [str(one) for one in known] if named else [one.id for one in found.problems],
        found.scored_of,
        found.correct_of,
        unscored=lost if any(lost) else None,
    )
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
    summary="problem_id, n, c (CSV, Parquet, JSON; passk-inference)",
    patterns=("*.csv", "*.jsonl", "*.parquet", "*.tsv", "*.json"),
    claims=claims,
    read=read,
    takes=frozenset(["id_field", "n_field", "c_field", "failed_field", "where", "rows"]),
)
