"""Which format a log has, and which files it is made of.

In: paths, and optionally a format's name. Out: the format and the files of one log; training
metrics that aggregate best@N are refused, and so are several logs at once. A trainer dumps one file
per step, and each step is a different policy, so the files of one step are used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek
from passgap.logs.rows import (
    JSON_LINES,
    SUFFIXES,
    Row,
    ending,
    filled_lines,
    first_row,
    mapped,
    opened,
)
from passgap.logs.shapes import is_one_row
from passgap.logs.streams import JsonStream, TooLargeError
from passgap.registry import Registry
from passgap.stages.looks import Looks
from passgap.stages.policies import EACH, STEP, SeveralPoliciesError

LISTED, STEPS_LISTED = 5, 8
AGGREGATED = re.compile(r"(?:^|/)best@\d+|^eval_.*_pass\d+$|^pass@\d+$|/pass@\d+$")


@dataclass(frozen=True)
class Found:
    """A log: its format, whether that was guessed, and its files."""

    format: Format
    files: tuple[Path, ...]
    guessed: bool


def find_log(
    formats: Registry[Format],
    name: str | None,
    paths: Sequence[Path | str],
    *,
    asked: Asked | None = None,
) -> Found:
    """The format and the files of a log, given as files or as the folder they are in.

    ``name`` is the format; None guesses which of the built-in ones. ``asked`` is what the user
    says about the log.

    Raises UsageError if nothing is there, no format (or not the one named) fits, or a folder holds
    several logs.
    """
    for path in map(Path, paths):
        if not path.exists():
            near = _meant(path, formats)
            raise UsageError(f"{path} does not exist; give a log file or its folder{near}")
    if all(path.is_file() and not path.stat().st_size for path in map(Path, paths)):
        raise UsageError(f"{_listing(paths)} is empty; copy the log again")
    candidates = formats.all_built_in() if name is None else [formats[name]]
    for form in candidates:
        files = _files(form, paths)
        if files and (name is not None or form.claims(_peek(files, asked))):
            _refuse_twice(files)
            _refuse_several(form, paths, files)
            _refuse_aggregates(_peek(files))
            return Found(form, files, name is None)
    _refuse_known(paths)
    if name is None:
        raise _unknown(formats, paths, asked)
    raise UsageError(
        f"{_listing(paths)} has no {name} file ({', '.join(candidates[0].patterns)}); give "
        "another path, or name another format"
    )


def _meant(path: Path, formats: Registry[Format]) -> str:
    """What a missing path may have meant: a format's name."""
    near = get_close_matches(path.name, list(formats), n=1)
    return f"; did you mean the format {near[0]}?" if near else ""


def _files(form: Format, paths: Sequence[Path | str]) -> tuple[Path, ...]:
    """The given files, and in folders those of the format's first pattern that matches any."""
    files: list[Path] = []
    for path in map(Path, paths):
        if path.is_file():
            files.append(path)
            continue
        for pattern in form.patterns:
            here = sorted(p for p in path.rglob(pattern) if p.is_file() and form.holds(p))
            if here:
                files += _without_links(here)
                break
    return tuple(files)


def _unknown(
    formats: Registry[Format], paths: Sequence[Path | str], asked: Asked | None
) -> UsageError:
    """A log of no known format: what its fields are and look like, and what would work."""
    from passgap.logs.table import first_rows

    files = _files(formats["table"], paths)
    told = f"the format of {_listing(paths)} is not recognized"
    if not files or ending(files[0]) not in SUFFIXES:
        return UsageError(f"{told}; name it before the path: {', '.join(formats)}")
    looks = Looks.of(first_rows(files[0], asked or Asked()))
    if not looks.columns:
        return UsageError(f"{told}: {files[0]} has no rows; give another log")
    return UsageError(f"{told}; {looks.described(_listing(paths))}")


def _peek(files: Sequence[Path], asked: Asked | None = None) -> Peek:
    first = files[0]
    if ending(first) not in SUFFIXES:
        return Peek(tuple(files), {}, asked or Asked())
    stat = first.stat()
    return Peek(tuple(files), _first(first, stat.st_size, stat.st_mtime_ns), asked or Asked())


@lru_cache(maxsize=4)  # each format asks for it
def _first(path: Path, size: int, changed: int) -> Row:
    """The first row; of one large JSON object, its keys with the first member of each.

    Empty where the first element is no object with fields: a shape that only tables have.
    """
    if ending(path) not in (*JSON_LINES, ".json"):
        return first_row(path)
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        if stream.kind() == "[":
            for _ in stream.elements():
                return mapped(stream.value())
        if ending(path) != ".json":
            return _first_line(path)
        row: Row = {}
        for key in stream.members() if stream.kind() == "{" else ():
            row[key] = {"{": dict, "[": list}.get(stream.kind(), str)()
            if stream.kind() == "{" and len(row) == 1:
                with suppress(TooLargeError):  # its readers walk into it
                    row[key] = stream.value()
        return row


def _first_line(path: Path) -> Row:
    with opened(path) as file:
        _, line = next(filled_lines(file, path), (0, ""))
    try:
        return mapped(json.loads(line))
    except (ValueError, RecursionError):
        return {}


def _without_links(files: Sequence[Path]) -> list[Path]:
    """The files of a folder, each once: a link such as ``latest`` is not a second log."""
    firsts = {path.resolve(): path for path in sorted(files, key=Path.is_symlink, reverse=True)}
    return sorted(firsts.values())


def _refuse_twice(files: Sequence[Path]) -> None:
    seen: dict[Path, Path] = {}
    for path in files:
        first = seen.setdefault(path.resolve(), path)
        if first is not path:
            also = "" if str(first) == str(path) else f" (as {first}, too)"
            raise UsageError(
                f"{path} is given twice{also}; give it once, or its samples count double"
            )


def _refuse_several(form: Format, paths: Sequence[Path | str], files: Sequence[Path]) -> None:
    """Several files found in a folder are one log only if the format says so."""
    logs = list(_logs(form, paths, files))
    if len(logs) < 2:
        return
    names = ", ".join(_short(log, paths) for log in logs[:LISTED])
    more = f" and {len(logs) - LISTED} more" if len(logs) > LISTED else ""
    raise UsageError(
        f"{_listing(paths)} has {len(logs)} separate {form.name} logs ({names}{more}); give one "
        "of them, import each as a run of its own with --each, or name the files with samples of "
        "one policy on one problem set"
    )


def _logs(
    form: Format, paths: Sequence[Path | str], files: Sequence[Path]
) -> dict[str, list[Path]]:
    """The files of each log, by its path; files that were named are one log."""
    if len(files) == 1 or all(Path(path).is_file() for path in paths):
        return {str(files[0]): list(files)}
    logs: dict[str, list[Path]] = {}
    for path in files:
        logs.setdefault(_log(form, path), []).append(path)
    if form.name == "table" and len(logs) > 1 and all(map(is_one_row, files)):
        return {str(paths[0]): list(files)}
    return dict(sorted(logs.items()))


def find_each(
    formats: Registry[Format], name: str | None, folder: Path | str, asked: Asked
) -> dict[str, Found]:
    """Every log of a folder, by the name of the run that it becomes.

    Raises UsageError as `find_log` does, and for what is not a folder of several logs.
    """
    if not Path(folder).is_dir():
        raise UsageError(f"--each: {folder} is not a folder; leave --each out")
    candidates = formats.all_built_in() if name is None else [formats[name]]
    for form in candidates:
        files = _files(form, [folder])
        if files and (name is not None or form.claims(_peek(files, asked))):
            logs = _logs(form, [folder], files)
            return {
                _run_name(log, folder): Found(form, tuple(of), name is None)
                for log, of in logs.items()
            }
    raise _unknown(formats, [folder], asked)


def _run_name(log: str, folder: Path | str) -> str:
    """The name of a run for a log within a folder."""
    within = Path(log).relative_to(folder)
    parts = list(within.parts) or [Path(folder).name]
    name = parts[-1].removesuffix(".gz")
    parts[-1] = name.removesuffix(Path(name).suffix) if Path(name).suffix in SUFFIXES else name
    return "-".join(parts)


def _log(form: Format, path: Path) -> str:
    """The log a file belongs to: its folder and what the format says, else the file itself."""
    return str(path if form.log_of is None else form.folder_of(path) / form.log_of(path))


def _short(log: str, paths: Sequence[Path | str]) -> str:
    """A log by its path within the one folder that was given."""
    folder = Path(paths[0])
    within = len(paths) == 1 and Path(log) != folder
    return str(Path(log).relative_to(folder)) if within else log


def _refuse_known(paths: Sequence[Path | str]) -> None:
    for path in map(Path, paths):
        for file in [path] if path.is_file() else sorted(path.glob("*.json*")):
            if ending(file) in SUFFIXES:
                _refuse_aggregates(_peek([file]))


def _refuse_aggregates(peek: Peek) -> None:
    keys = [*peek.row, *(k for v in peek.row.values() if isinstance(v, dict) for k in v)]
    found = next((key for key in keys if AGGREGATED.search(str(key))), None)
    if found is not None and not ({"n", "c"} <= set(keys)) and not _has_draws(peek.row):
        raise UsageError(
            f"{peek.name} has aggregates such as {found!r} but no samples: verl resamples its "
            "best@N with replacement (one hit in 16 gives best@16 = 0.64 instead of 1) and "
            "OpenRLHF averages over problems, so neither gives n and c per problem; import the "
            "samples (verl: trainer.validation_data_dir; OpenRLHF: a watched reward, passgap "
            "watch)"
        )


def _has_draws(row: Mapping[str, object]) -> bool:
    """Whether a row with an aggregate also has draws."""
    return any(isinstance(value, list | dict) and value for value in row.values()) or any(
        name in row for name in ("completion", "generation", "output", "response", "text")
    )


def _listing(paths: Sequence[Path | str]) -> str:
    return ", ".join(str(path) for path in paths[:LISTED])


def of_step(files: Sequence[Path], asked: Asked) -> list[Path]:
    """The files of one step, by the number at the end of their names.

    Raises UsageError for several steps without ``--step``, or a step that is not there.
    """
    steps = {path: _step(path) for path in files}
    there = sorted({step for step in steps.values() if step is not None})
    if not there:  # then the rows say which step they are of
        return list(files)
    if asked.step is not None and asked.step not in there:
        raise UsageError(f"--step {asked.step}; allowed: {_listed(there)}")
    if asked.step is None and len(there) > 1:
        raise SeveralPoliciesError(
            f"the dumps are from {len(there)} training steps ({_listed(there)}), each a different "
            f"policy; choose one with --step, or {EACH}",
            STEP,
            tuple(there),
        )
    return [path for path in files if asked.step is None or steps[path] == asked.step]


def _step(path: Path) -> int | None:
    match = re.search(r"(\d+)$", path.name.partition(".")[0])
    return int(match[1]) if match else None


def _listed(steps: Sequence[int]) -> str:
    shown = ", ".join(map(str, steps[:STEPS_LISTED]))
    return f"{shown}, ..., {steps[-1]}" if len(steps) > STEPS_LISTED else shown
