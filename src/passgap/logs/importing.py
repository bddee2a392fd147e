"""Importing: from another tool's log to a run folder, with the source's labels as outcomes.

The log is read once, in bounded memory; the run is written block by block like a sampled one, so a
killed import continues with the same command. The source's labels have a verifier digest of their
own; ``passgap verify`` adds ours to them.
"""

from __future__ import annotations

import hashlib
import shlex
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, TypeVar

import msgspec
import polars as pl

from passgap.data.identity import digest
from passgap.errors import UsageError
from passgap.logs.base import EXAMPLES, Asked, Format, LeftOut, Mean, Record, Told
from passgap.logs.collecting import Collected
from passgap.logs.describing import label_of_source, manifest_of, set_name, unknown_settings
from passgap.logs.finding import of_step
from passgap.logs.sorting import Forgetful, Sorter
from passgap.plain import plural
from passgap.results.codec import HIDDEN, OR_NULL, SHOWN, Encoded, Named
from passgap.runs import Run, is_run
from passgap.runs.outcomes import OutcomesAbout, Source
from passgap.runs.run import refuse_other
from passgap.runs.shards import EFFORT
from passgap.runs.writing import held, remove_abandoned
from passgap.stages.policies import refuse_steps
from passgap.verifiers.fitting import fitting

Made = TypeVar("Made", Record, Mean)
MALFORMED = (
    *(KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError, RecursionError),
    msgspec.MsgspecError,
)
SORTING = "sorting-*.tmp"
ALWAYS = frozenset(
    ("problems", "leave_out_unmatched", "correct_if", "verifier", "policy", "sampling")
)


@dataclass(frozen=True)
class Imported(Encoded):
    """The result of an import.

    ``label`` names the source's marks, by which ``correct`` of the draws are right, empty where it
    marked nothing; ``least`` is the fewest scored draws of any problem, ``most`` the usual number,
    which ``short`` problems do not have; ``unknown`` are the settings that are not known; ``anew``
    says that a verifier can re-score the draws, and ``verifier`` which one, where the problems do
    not name it.
    """

    schema: ClassVar[str] = "passgap.import/1"

    run: Annotated[Run, HIDDEN]
    format: str
    files: int
    draws: int
    correct: int | None
    least: Annotated[int, HIDDEN]
    label: Annotated[str, OR_NULL]
    unknown: Annotated[tuple[str, ...], Named("settings_unknown")]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    anew: Annotated[bool, HIDDEN] = True
    most: Annotated[int, HIDDEN] = 0
    short: Annotated[int, HIDDEN] = 0
    verifier: Annotated[str | None, HIDDEN] = None
    unscored: Annotated[int, HIDDEN] = 0

    @property
    def place(self) -> Annotated[str, Named("run")]:
        """The run folder."""
        return str(self.run.place)

    @property
    def problems(self) -> Annotated[int, SHOWN]:
        """How many the run holds."""
        return len(self.run.problem_ids)

    @property
    def marked(self) -> bool:
        """Whether the source marked the draws."""
        return bool(self.label)

    def __str__(self) -> str:
        n = sorted(set(self.run.draws().values()))
        each = f"{n[0]}" if len(n) == 1 else f"{n[0]} to {n[-1]}"
        lines = [
            f"{self.run.place}: {plural(self.draws, 'sample')} of "
            f"{plural(self.problems, 'problem')}, n = {each}, from {plural(self.files, 'file')} "
            f"of {self.format}",
            f"  marked by {self.label}: {self.correct:,} correct"
            if self.label
            else "  not marked by the source",
        ]
        for one in self.left_out:
            some = ", ".join(map(repr, one.examples))
            lines.append(f"  left out: {one}{f' ({some})' if some else ''}")
        lines += [f"  note: {note}" for note in self.notes]
        if self.unknown:
            lines.append(f"  unknown settings: {', '.join(self.unknown)}")
        return "\n".join(lines)


def import_files(
    form: Format, files: Sequence[Path], out: Path | str, asked: Asked, *, command: str = ""
) -> Imported:
    """Import the files of one log as the run folder ``out``.

    An import with the same settings continues where it stopped. ``command`` is kept in the
    manifest.

    Raises UsageError for what the log does not have, or flags that do not apply to its format;
    RunError when ``out`` holds something else.
    """
    files = _files_of(form, files, asked)
    told = Told()
    for twin, first in _twins(files):
        told.note(f"{twin} is a copy of {first}, so its samples count twice; give each file once")
    with _sorting_folder(Path(out)) as folder:
        found = Collected(Sorter(folder), asked, told, form.verifier)
        found.take(well_formed(form.read(files, asked, told), form, files))
        if told.unnamed and not found.labelled:
            raise UsageError(
                f"--correct-if {asked.correct_if}: no sample has this field or a label with a "
                "usual name; name the field that marks a sample with --label"
            )
        manifest = manifest_of(form, files, asked, told, found, command)
        run = Run.create(out, manifest, found.problem_set(set_name(files)))
        with run.writing():
            label = _write(run, form, found, told)
    ((most, _),) = Counter(found.scored_of).most_common(1)
    fits = fitting([problem.reference for problem in found.problems])
    named = asked.verifier or (asked.problems and "its own") or form.verifier
    return Imported(
        run=run,
        format=form.name,
        files=len(files),
        draws=sum(found.draws),
        correct=found.correct if label else None,
        least=min(found.scored_of),
        label=label,
        unknown=unknown_settings(run.manifest),
        left_out=told.rows_left_out(),
        notes=tuple(told.notes),
        anew=all(problem.reference for problem in found.problems),
        most=most,
        short=sum(scored < most for scored in found.scored_of),
        unscored=sum(found.draws) - sum(found.scored_of),
        verifier=fits if named == "math" and fits != "math" else None,
    )


def refuse_policies(form: Format, files: Sequence[Path], asked: Asked) -> None:
    """Refuse a log of several policies as `import_files` does, and write nothing."""
    files, told = _files_of(form, files, asked), Told()
    found = Collected(Forgetful(), asked, told, form.verifier)
    found.take(well_formed(form.read(files, asked, told), form, files))


def _files_of(form: Format, files: Sequence[Path], asked: Asked) -> Sequence[Path]:
    """The files of one policy."""
    check_asked(form, asked)
    if "step" in form.takes and form.log_of is not None:
        return of_step(files, asked)
    refuse_steps(files, asked.pool)
    return files


def well_formed(read: Iterator[Made], form: Format, files: Sequence[Path]) -> Iterator[Made]:
    """What a format reads; a value that it cannot be read from is one UsageError.

    Formats check what tells one log from another; a field that is lost, or has another type than
    its writer gives it, is found by reading it.
    """
    before = 0
    try:
        for one in read:
            yield one
            before += 1
    except MALFORMED as error:
        lost = isinstance(error, KeyError)
        why = f"there is no field {error}" if lost else str(error).split("\n", 1)[0][:200]
        raise UsageError(
            f"{', '.join(path.name for path in files[:EXAMPLES])} is not as {form.name} writes it, "
            f"after {plural(before, 'sample')}: {why}; copy the log again, or name its fields "
            f"yourself: passgap import table {shlex.quote(str(files[0]))}"
        ) from error


def _twins(files: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Files that are copies of another, with that other; only files of equal size are read."""
    by_size: dict[int, list[Path]] = {}
    for file in files:
        by_size.setdefault(file.stat().st_size, []).append(file)
    for size, alike in by_size.items():
        firsts: dict[str, Path] = {}
        for file in alike if size and len(alike) > 1 else ():
            with file.open("rb") as opened:
                key = hashlib.file_digest(opened, "sha256").hexdigest()
            first = firsts.setdefault(key, file)
            if first != file:
                yield file, first


def check_asked(form: Format, asked: Asked) -> None:
    """Refuse flags that do not apply to a format, or contradict each other."""
    for name in asked.given():
        if name not in ALWAYS | form.takes:
            flags = ", ".join(f"--{n.replace('_', '-')}" for n in sorted(form.takes)) or "none"
            raise UsageError(
                f"--{name.replace('_', '-')} does not apply to {form.name}; flags that choose "
                f"fields for it: {flags}"
            )
    if asked.leave_out_unmatched and asked.problems is None:
        raise UsageError("--leave-out-unmatched needs --problems FILE; give both or neither")
    condition = asked.correct_if
    if condition and asked.label and condition.field not in ("score", asked.label):
        raise UsageError(
            f"--label {asked.label} and --correct-if {condition} name two fields; allowed: one"
        )


@contextmanager
def _sorting_folder(out: Path) -> Iterator[Path]:
    """A folder inside the run's for what does not fit in memory; removed when the import ends.

    Raises RunError or UsageError if ``out`` holds something else, before the log is read, or cannot
    be written.
    """
    if out.is_dir() and not is_run(out):
        refuse_other(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        remove_abandoned(out, SORTING)
        folder = Path(tempfile.mkdtemp(prefix="sorting-", suffix=".tmp", dir=out))
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror}; give another --out") from error
    try:
        with held(folder):
            yield folder
    finally:
        shutil.rmtree(folder)
        if not any(out.iterdir()):
            out.rmdir()  # refused before anything was written


def _write(run: Run, form: Format, found: Collected, told: Told) -> str:
    """Write every block with its outcomes; returns the label, empty where nothing is marked."""
    label = label_of_source(form, told) if found.labelled else ""
    key = digest(["source", label])
    row_of = {problem_id: row for row, problem_id in enumerate(run.problem_ids)}
    for name in run.faults():
        run.reject(name)
    for name in run.bad_outcomes(key):
        run.reject_outcomes(key, name)
    present, marked = set(run.completion_names()), run.outcome_names(key)
    for name, block in run.blocks.items():
        if name in present and (not label or name in marked):
            continue
        rows = [row_of[i] for i in block.problem_ids]
        frame = found.sorter.draws(rows, block.first_draw, block.size)
        ids = pl.DataFrame(
            {"row": pl.Series(rows, dtype=pl.Int32), "problem_id": block.problem_ids}
        )
        frame = frame.join(ids, on="row", how="left", maintain_order="left")
        if name not in present:
            run.land_completions(name, frame if found.sorter.knows_effort else frame.drop(EFFORT))
        if label:
            run.land_outcomes(key, name, _outcomes(frame))
    if label:
        source = Source(label, answers=found.answered > 0)
        run.set_outcomes_about(key, OutcomesAbout(faults={}, source=source))
        if found.scored and not run.latest_verifier():
            run.set_verifier_digest(key)
        if found.unlabelled:
            told.note(f"{plural(found.unlabelled, 'sample')} without a label: unscored")
    return label if found.scored else ""


def _outcomes(frame: pl.DataFrame) -> pl.DataFrame:
    """A draw without a label among labelled ones is unscored."""
    return frame.with_columns(
        reason=pl.when(pl.col("status").is_null())
        .then(pl.lit("unlabelled"))
        .otherwise(pl.col("reason")),
        status=pl.col("status").fill_null("unscored"),
    )
