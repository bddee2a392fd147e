"""Auditing a run: completions to check, a person's marks, and the audit's result.

The marks are kept with the run, by verifier, so that an audit can be resumed. A sheet (CSV) holds
the same completions, to mark them elsewhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Unpack, cast

import numpy as np
import polars as pl

from passgap.analysis.audit import audit, choose_problems
from passgap.analysis.inputs import refuse_all_unscored
from passgap.data.journals import AuditMark
from passgap.errors import UsageError
from passgap.evidence.options import AuditOptions, shows
from passgap.results.audit import MARKS, Audit, Mark
from passgap.results.settings import AuditSettings
from passgap.runs import Run, write_from
from passgap.runs.batches import outcomes_about, with_texts
from passgap.stages.counting import count


@dataclass(frozen=True)
class Case:
    """One completion that the verifier accepted, for a person to mark."""

    problem_id: str
    draw: int
    question: str
    reference: str
    extracted: str | None
    text: str
    c: int
    n: int
    mark: str = ""


@shows(AuditSettings)
def cases(run: Run, **settings: Unpack[AuditOptions]) -> list[Case]:
    """The completions to check, one per problem, with the marks they have; chosen by ``seed``."""
    asked = AuditSettings(**settings)
    counts = count(run)
    digest = run.verifier_digest()
    refuse_all_unscored(counts)
    if not counts.c.any():
        raise UsageError(
            f"{run.place} has no correct completion, so there is nothing to audit; draw more "
            "samples, or verify it with another verifier"
        )
    rows = choose_problems(counts, asked.size, asked.seed)
    chosen = {counts.problem_id[row]: row for row in rows}
    correct = _correct(run, digest, chosen).sort("problem_id", "draw")
    rng = np.random.default_rng([asked.seed, 1])
    picked = pl.concat(
        [part[[int(rng.integers(len(part)))]] for part in correct.partition_by("problem_id")]
        or [correct]
    )
    texts = with_texts(run, picked)
    problems = {problem.id: problem for problem in run.problems()}
    marks = {(m.problem_id, m.draw): m.mark for m in run.audit_marks(digest)}
    found = [
        Case(
            problem_id=row["problem_id"],
            draw=row["draw"],
            question=problems[row["problem_id"]].question,
            reference=problems[row["problem_id"]].reference,
            extracted=row["extracted"],
            text=row["text"],
            c=int(counts.c[chosen[row["problem_id"]]]),
            n=int(counts.n[chosen[row["problem_id"]]]),
            mark=marks.get((row["problem_id"], row["draw"]), ""),
        )
        for row in texts.iter_rows(named=True)
    ]
    order = list(chosen)
    return sorted(found, key=lambda case: order.index(case.problem_id))


def _correct(run: Run, digest: str, ids: Collection[str]) -> pl.DataFrame:
    """The correct samples of these problems."""
    columns = ("problem_id", "draw", "status", "extracted")
    marks = outcomes_about(run, digest, ids, columns)
    return marks.filter(pl.col("status") == "correct").drop("status")


def keep_marks(run: Run, marks: Mapping[tuple[str, int], str]) -> None:
    """Add marks by (problem id, draw) to the run's; a new one replaces an old one.

    An empty mark changes nothing.

    Raises
    ------
    UsageError
        For a mark other than right, wrong or unsure, or of a completion that is not correct.
    """
    digest = run.verifier_digest()
    marks = {key: mark for key, mark in marks.items() if mark}
    for mark in marks.values():
        if mark not in MARKS:
            raise UsageError(f"mark {mark!r}; allowed: {', '.join(MARKS)}")
    ids = list({problem_id for problem_id, _ in marks})
    known = set(_correct(run, digest, ids).select("problem_id", "draw").iter_rows())
    strange = [key for key in marks if key not in known]
    if strange:
        raise UsageError(
            f"sample {strange[0][1]} of problem {strange[0][0]} is not a correct completion of "
            f"{run.place}; use the sheet that passgap audit made for this run"
        )
    old = {(m.problem_id, m.draw): m.mark for m in run.audit_marks(digest)}
    merged = {**old, **marks}
    rows = [AuditMark(problem_id=i, draw=n, mark=mark) for (i, n), mark in merged.items()]
    with run.writing():
        run.set_audit_marks(digest, rows)


def result(run: Run) -> Audit:
    """What the marks so far show; where a problem has several, the last one counts."""
    marks = {m.problem_id: cast(Mark, m.mark) for m in run.audit_marks(run.verifier_digest())}
    return audit(count(run), marks)


def write_sheet(found: Sequence[Case], path: Path) -> None:
    """The cases as CSV; the column ``mark`` is empty where there is no mark yet.

    A text that a spreadsheet would read as a formula gets an apostrophe in front.
    """
    columns = list(Case.__dataclass_fields__)
    rows = [[_inert(getattr(case, name)) for name in columns] for case in found]
    frame = pl.DataFrame(rows, schema=columns, orient="row", strict=False)
    write_from(path, frame.write_csv)


def _inert(value: object) -> object:
    formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if formula else value


def read_sheet(path: Path) -> dict[tuple[str, int], str]:
    """The marks of a sheet by (problem id, draw), empty where a row has none."""
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"{path} cannot be read as an audit sheet: {error}; write one with "
            "passgap audit RUN --sheet CSV"
        ) from error
    missing = {"problem_id", "draw", "mark"} - set(frame.columns)
    if missing:
        raise UsageError(
            f"{path} has no column {', '.join(sorted(missing))}, so it is not an "
            "audit sheet; write one with passgap audit RUN --sheet CSV"
        )
    marks: dict[tuple[str, int], str] = {}
    for row in frame.iter_rows(named=True):
        key = row["problem_id"], _draw(path, row["draw"])
        marks[key] = str(row["mark"] or "").strip().lower() or marks.get(key, "")
    return marks


def _draw(path: Path, draw: str | None) -> int:
    try:
        return int(draw or "")
    except ValueError:
        raise UsageError(f"{path} has the draw {draw!r}; allowed: a whole number") from None
