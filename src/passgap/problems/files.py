"""Problem sets from files: JSONL (also .gz), CSV, TSV or Parquet with a declared mapping.

In: a path, and which column is the question and which the reference with the verifier's name, or
which benchmark's rows they are. Out: a ProblemSet. Every row needs a question and an answer; the
first without is named. ``images`` (a list) or ``image`` are read from paths relative to the file,
from data URLs, or from the bytes in a Parquet column.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from passgap.data.problems import Problem, ProblemSet
from passgap.errors import UsageError
from passgap.problems.benchmarks import BENCHMARKS
from passgap.problems.images import images_of

QUESTION_FIELDS = ("question", "problem", "prompt")
ANSWER_FIELDS = ("reference", "answer", "gold", "final_answer")


@dataclass(frozen=True)
class Mapped:
    """Which fields of a row make a problem; None looks for the usual names.

    ``benchmark`` says that the rows have the format of a named benchmark, which then decides.
    """

    question: str | None = None
    answer: str | None = None
    verifier: str = "math"
    benchmark: str | None = None

    def __post_init__(self) -> None:
        if self.benchmark is not None and self.benchmark not in BENCHMARKS:
            raise UsageError(
                f"mapping {self.benchmark!r} is unknown; allowed: {', '.join(BENCHMARKS)}"
            )


def load_file(path: Path, mapping: Mapped = Mapped()) -> ProblemSet:
    """Read a problem file; its name is the set's name."""
    rows = read_rows(path)
    if not rows:
        raise UsageError(f"{path} has no problems; one row per problem is needed")
    if mapping.benchmark is not None:
        return ProblemSet.of(path.name, as_benchmark(path, mapping.benchmark, rows, path.parent))
    question = _field(path, rows[0], mapping.question, QUESTION_FIELDS, "--question-field")
    answer = _field(path, rows[0], mapping.answer, ANSWER_FIELDS, "--answer-field")
    problems = (
        _problem(path, i, row, question, answer, mapping.verifier)
        for i, row in enumerate(rows, start=1)
    )
    return ProblemSet.of(path.name, problems)


def as_benchmark(
    where: Path | str, benchmark: str, rows: Iterable[Mapping[str, object]], folder: Path
) -> Iterator[Problem]:
    """The problems of a benchmark's rows; errors name ``where`` they are, and paths of images begin
    in ``folder``."""
    for number, row in enumerate(rows, start=1):
        try:
            yield BENCHMARKS[benchmark].read(row, folder)
        except KeyError as error:
            raise UsageError(
                f"{where} problem {number} has no field {error}, which rows of {benchmark} have; "
                f"its fields are {', '.join(row)}"
            ) from error
        except (UsageError, ValueError, TypeError, IndexError) as error:
            raise UsageError(
                f"{where} problem {number} is not as rows of {benchmark} are: {error}; correct it, "
                "or leave it out"
            ) from error


def read_rows(path: Path) -> list[dict[str, object]]:
    """The rows of a file, by its suffix."""
    suffixes = path.name.lower().removesuffix(".gz").rsplit(".", 1)[-1]
    try:
        if suffixes in ("jsonl", "ndjson"):
            return _json_lines(path)
        if suffixes in ("csv", "tsv"):
            mark = "," if suffixes == "csv" else "\t"
            return pl.read_csv(path, infer_schema=False, separator=mark).to_dicts()
        if suffixes == "parquet":
            return pl.read_parquet(path, glob=False).to_dicts()
    except (pl.exceptions.PolarsError, UnicodeDecodeError, EOFError, zlib.error, OSError) as error:
        why = str(error).split("\n", 1)[0]
        raise UsageError(
            f"{path} cannot be read as its suffix says ({why}); save it again in that format, as "
            "UTF-8"
        ) from error
    raise UsageError(
        f"{path} ends in {suffixes!r}; allowed: .jsonl, .jsonl.gz, .csv, .tsv, .parquet"
    )


def _json_lines(path: Path) -> list[dict[str, object]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    rows = []
    for number, line in enumerate(
        text.split("\n"), start=1
    ):  # U+2028 and similar characters do not end a row
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"{path} line {number} is not JSON ({error}); correct or remove it"
            ) from error
        if not isinstance(row, dict):
            raise UsageError(
                f"{path} line {number} is not a JSON object with fields; correct or remove it"
            )
        rows.append(row)
    return rows


def _field(
    path: Path, row: Mapping[str, object], asked: str | None, usual: tuple[str, ...], flag: str
) -> str:
    names = (asked,) if asked else usual
    for name in names:
        if name in row:
            return name
    raise UsageError(
        f"{path} has no field {' or '.join(repr(n) for n in names)}; its fields are "
        f"{', '.join(row)}; name the right one with {flag}"
    )


def _problem(
    path: Path, number: int, row: Mapping[str, object], question: str, answer: str, verifier: str
) -> Problem:
    for field in (question, answer):
        if row.get(field) is None or not str(row[field]).strip():
            raise UsageError(f"{path} problem {number} has no {field}; every problem needs one")
        if isinstance(held := row[field], Mapping):
            raise UsageError(
                f"{path} problem {number}: {field} is an object with the keys "
                f"{', '.join(map(str, held))}; allowed: text, a number or a list of answers"
            )
    reference = str(row[answer]).strip()
    if "####" in reference:  # GSM8K keeps the worked solution and the answer in one field
        reference = reference.rpartition("####")[2].strip().replace(",", "")
    try:
        images, held = images_of(row, path.parent)
    except UsageError as error:
        raise UsageError(f"{path} problem {number}: {error}") from error
    metadata = {k: v for k, v in row.items() if k not in (question, answer, "verifier", held)}
    metadata = json.loads(json.dumps(metadata, default=str))
    verifier = str(row.get("verifier") or verifier)
    return Problem(str(row[question]), reference, verifier, metadata, images)
