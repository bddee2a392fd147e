"""Importing: another tool's log in, a run folder out, with the source's labels as its outcomes.

The log is read once, in bounded memory; the run is written block by block as a sampled one is, so
an import that was killed goes on with the same command. The source's labels stand under a
verifier digest of their own, beside which ``passgap verify`` puts ours.
"""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

from passgap.errors import RunError, UsageError
from passgap.importers.base import Asked, Format, Told
from passgap.importers.collecting import NOT_LOGGED, Collected
from passgap.importers.sorting import Sorter
from passgap.importers.steps import of_step
from passgap.store import Manifest, Round, Run, is_run
from passgap.types import digest

BLOCK_CHARACTERS = 32 << 20
MOST_DRAWS = 1 << 15
UNKNOWN = "unknown"
SETTINGS = ("max_tokens", "temperature", "top_p", "top_k", "stop")


@dataclass(frozen=True)
class Imported:
    """What came of an import.

    ``label`` is the source's marks, empty where it marked nothing; ``unknown`` are the settings
    that nobody said; ``anew`` says that a verifier can mark the draws again.
    """

    run: Run
    format: str
    files: int
    draws: int
    label: str
    unknown: tuple[str, ...]
    left_out: Mapping[str, int]
    examples: Mapping[str, Sequence[str]]
    notes: tuple[str, ...]
    anew: bool = True

    @property
    def place(self) -> str:
        """The run folder."""
        return str(self.run.place)

    @property
    def marked(self) -> bool:
        """Whether the source marked the draws."""
        return bool(self.label)

    def to_dict(self) -> dict[str, Any]:
        """By JSON names."""
        return {
            "schema": "passgap.import/1",
            "run": str(self.run.place),
            "format": self.format,
            "files": self.files,
            "problems": len(self.run.problem_ids),
            "draws": self.draws,
            "label": self.label or None,
            "settings_unknown": list(self.unknown),
            "left_out": [
                {"reason": why, "count": count, "examples": list(self.examples.get(why, ()))}
                for why, count in self.left_out.items()
            ],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        n = sorted(set(self.run.draws().values()))
        each = f"{n[0]}" if len(n) == 1 else f"{n[0]} to {n[-1]}"
        lines = [
            f"{self.run.place}: {self.draws:,} draws of {len(self.run.problem_ids)} problems, "
            f"n = {each}, from {self.files} file{'s' if self.files > 1 else ''} of {self.format}",
            f"  marked by {self.label}" if self.label else "  not marked by the source",
        ]
        for why, count in self.left_out.items():
            some = ", ".join(repr(example) for example in self.examples.get(why, ()))
            lines.append(f"  left out: {count:,} {why}{f' ({some})' if some else ''}")
        lines += [f"  note: {note}" for note in self.notes]
        if self.unknown:
            lines.append(f"  unknown settings: {', '.join(self.unknown)}")
        return "\n".join(lines)


def import_files(
    form: Format, files: Sequence[Path], out: Path | str, asked: Asked, *, command: str = ""
) -> Imported:
    """Bring a log in as the run folder ``out``.

    Parameters
    ----------
    form, files
        The format, and the files of one log.
    out
        The run folder; an equal import is taken up where it stopped.
    asked
        The settings.
    command
        The command line, kept in the manifest.

    Raises
    ------
    UsageError
        For what the log does not hold, or flags that mean nothing for its format.
    RunError
        When ``out`` holds something else.
    """
    check_asked(form, asked)
    files = of_step(files, asked) if "step" in form.takes else files
    told = Told()
    with _sorting_folder(Path(out)) as folder:
        found = Collected(Sorter(folder), asked, told, form.verifier)
        found.take(form.read(files, asked, told))
        sampling = _sampling(asked, told)
        manifest = _manifest(form, files, asked, told, found, sampling, command)
        run = Run.create(out, manifest, found.problem_set(_set_name(files)))
        with run.writing():
            for left in set(Path(out).glob("sorting-*.tmp")) - {folder}:
                shutil.rmtree(left)  # of an import that was killed
            label = _write(run, form, found, told)
    unknown = tuple(name for name in SETTINGS if sampling[name] is None)
    if run.manifest.prompt["template_name"] == NOT_LOGGED:
        unknown = (*unknown, "prompt")
    if run.manifest.policy["path"] == UNKNOWN:
        unknown = (*unknown, "policy")
    return Imported(
        run=run,
        format=form.name,
        files=len(files),
        draws=sum(found.draws),
        label=label,
        unknown=unknown,
        left_out=told.left_out,
        examples=told.examples,
        notes=tuple(told.notes),
        anew=all(problem.reference for problem in found.problems),
    )


ALWAYS = frozenset(
    ("problems", "leave_out_unmatched", "correct_if", "verifier", "policy", "sampling")
)


def check_asked(form: Format, asked: Asked) -> None:
    """Refuse flags that mean nothing for a format, or contradict each other."""
    for name in asked.given():
        if name not in ALWAYS | form.takes:
            flags = ", ".join(f"--{n.replace('_', '-')}" for n in sorted(form.takes)) or "none"
            raise UsageError(
                f"--{name.replace('_', '-')} means nothing for {form.name}; of the flags that "
                f"choose fields, allowed: {flags}"
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
    """A folder inside the run's for what does not fit in memory; gone when the import ends.

    Raises
    ------
    RunError, UsageError
        If ``out`` holds something else, before the log is read, or cannot be written.
    """
    if out.is_dir() and not is_run(out) and any(p.suffix != ".tmp" for p in out.iterdir()):
        held = sorted(path.name for path in out.iterdir() if path.suffix != ".tmp")
        if set(held) - {"writer.lock", "problems.parquet"}:
            raise RunError(f"{out} is not empty and not a run ({held[0]}); give another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="sorting-", suffix=".tmp", dir=out))
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror}; give another --out") from error
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        if not any(out.iterdir()):
            out.rmdir()  # refused before anything was written


def _set_name(files: Sequence[Path]) -> str:
    return files[0].name if len(files) == 1 else f"{files[0].parent.resolve().name}"


def _sampling(asked: Asked, told: Told) -> dict[str, Any]:
    """The settings by their names here, None where neither log nor flags say them."""
    for name, value in asked.sampling.items():
        if name in told.sampling and told.sampling[name] != value:
            raise UsageError(
                f"--{name.replace('_', '-')} is {value}, but the log says {told.sampling[name]}; "
                "leave it out"
            )
    known = {**told.sampling, **asked.sampling}
    if known.get("top_k") == -1:
        known["top_k"] = 0
    if known.get("temperature") == 0:
        told.note("drawn greedily (temperature 0): the draws of a problem are copies")
    return {name: known.get(name) for name in SETTINGS}


def _manifest(
    form: Format,
    files: Sequence[Path],
    asked: Asked,
    told: Told,
    found: Collected,
    sampling: dict[str, Any],
    command: str,
) -> Manifest:
    problems = found.problem_set(_set_name(files))
    return Manifest(
        policy={
            "path": asked.policy or told.policy or UNKNOWN,
            "revision": None,
            "weights_digest": "",
        },
        prompt=found.prompt().to_dict(),
        engine={
            "name": f"import:{form.name}",
            "args": {
                "files": [[path.name, path.stat().st_size] for path in files],
                "label": _label(form, told),
                "correct_if": str(asked.correct_if) if asked.correct_if else None,
                "source_version": told.version or None,
            },
        },
        sampling=sampling,
        problem_set={
            "name": problems.name,
            "digest": problems.digest,
            "size": len(problems),
            "merged": 0,
        },
        n=max(found.draws),
        seed=0,
        rounds=_rounds(found),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
        versions={name: version(name) for name in ("passgap", "polars")},
    )


def _label(form: Format, told: Told) -> str:
    return f"source:{form.name} {told.label}".rstrip()


def _rounds(found: Collected) -> tuple[Round, ...]:
    """A round for each number of draws: all its problems, in blocks of about one size."""
    each = found.sorter.characters / sum(found.draws)
    size = max(1, min(MOST_DRAWS, round(BLOCK_CHARACTERS / each)))
    by_draws: dict[int, list[int]] = defaultdict(list)
    for row, draws in enumerate(found.draws):
        by_draws[draws].append(row)
    if len(by_draws) == 1:
        return (Round.of(0, found.draws[0], block_size=size),)
    return tuple(
        Round.of(0, draws, block_size=size, problems=rows)
        for draws, rows in sorted(by_draws.items())
    )


def _write(run: Run, form: Format, found: Collected, told: Told) -> str:
    """Land every block with its outcomes; returns the label, empty where nothing is marked."""
    label = _label(form, told) if found.labelled else ""
    key = digest(["source", label])
    row_of = {problem_id: row for row, problem_id in enumerate(run.problem_ids)}
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
            run.land_completions(name, frame)
        if label:
            run.land_outcomes(key, name, _outcomes(frame))
    if label:
        source = {"label": label, "answers": found.answered > 0}
        run.set_outcomes_about(key, {"verifier": None, "faults": {}, "source": source})
        if not run.place.exists("outcomes/latest"):
            run.set_verifier_digest(key)
        if found.unlabelled:
            told.note(f"{found.unlabelled:,} draws without a label are unscored")
    return label


def _outcomes(frame: pl.DataFrame) -> pl.DataFrame:
    """A draw without a label among labelled ones is unscored."""
    return frame.with_columns(
        reason=pl.when(pl.col("status").is_null())
        .then(pl.lit("unlabelled"))
        .otherwise(pl.col("reason")),
        status=pl.col("status").fill_null("unscored"),
    )
