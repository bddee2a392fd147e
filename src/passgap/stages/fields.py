"""What is known about each problem beyond its counts: a field of a run's problems, or a column.

In: a source of counts, and a field's name. Out: the field's value for each problem id, as text.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from passgap.data.counts import Counts
from passgap.errors import UsageError
from passgap.runs import Run, is_run
from passgap.stages.counting import Frame, Source, read_table
from passgap.stages.tallying import refuse_varying, words


def field_of(source: Source, field: str) -> dict[str, str]:
    """The value of a field for each problem.

    Parameters
    ----------
    source
        A run (its problems' metadata), a counts file, a frame, or `Counts`, which only know the
        field ``cluster``.
    field
        The name of the field; every problem has to have it.

    Raises
    ------
    UsageError
        If there is no such field; the error names the existing ones.
    """
    if isinstance(source, str | Path):
        source = Run(source) if is_run(source) else read_table(Path(source))
    if isinstance(source, Run):
        found, name = source.problem_field(field), str(source.place)
        return _whole(name, field, source.problem_ids, found, source.problem_fields)
    if isinstance(source, Counts):
        held = source.cluster if field == "cluster" else None
        values = list(held or [None] * len(source))
        return _whole("counts", field, source.problem_id, values, lambda: ["cluster"])
    if isinstance(source, Frame) and not isinstance(source, pl.DataFrame):
        source = pl.DataFrame({str(name): source[name].tolist() for name in source.columns})
    if not isinstance(source, pl.DataFrame):
        raise UsageError(f"a matrix has no field {field!r}; give a counts file or a run")
    frame, columns = source, source.columns
    ids = [str(one) for one in frame["problem_id" if "problem_id" in columns else "id"].to_list()]
    if len(set(ids)) < len(ids) and field in columns:  # a row per sample
        refuse_varying("the table", pl.DataFrame({"problem_id": ids, field: words(frame[field])}))
    values = frame[field].to_list() if field in columns else [None] * len(frame)
    column = [None if one is None else str(one) for one in values]
    return _whole("the counts file", field, ids, column, lambda: columns)


def _whole(
    name: str,
    field: str,
    ids: Sequence[str],
    values: Sequence[str | None],
    fields: Callable[[], Sequence[str]],
) -> dict[str, str]:
    """The values by id; refused where a problem has none."""
    known = {i: value for i, value in zip(ids, values, strict=True) if value is not None}
    if not known.keys() >= set(ids):
        without = next(i for i in ids if i not in known)
        some = f"not for problem {without!r}" if known else "for no problem"
        raise UsageError(
            f"{name} has the field {field!r} {some}; its fields: {', '.join(fields()) or 'none'}"
        )
    return known
