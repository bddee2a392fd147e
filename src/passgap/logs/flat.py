"""What formats of one row a draw share: fields by name, the label of a row.

In: a row and what was asked. Out: the label's name, a status, the row's problem.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Told
from passgap.logs.rows import Row, field
from passgap.logs.values import said, status_of

QUESTIONS = ("question", "problem", "prompt", "input")
ANSWERS = ("reference", "expected_answer", "answer", "gold", "target", "gt", "final_answer")
IDS = ("problem_id", "task_id", "question_id", "unique_id", "id", "idx")


def usual(row: Mapping[str, object], names: Sequence[str]) -> str | None:
    """The first of these names that the row has with a value."""
    return next((name for name in names if row.get(name) is not None), None)


def label_of(row: Row, asked: Asked, names: Sequence[str]) -> str | None:
    """The name of the field with the row's label; None where it has none.

    Raises UsageError if the field that was asked for is not in the row.
    """
    wanted = asked.label or _field_of_condition(row, asked)
    if wanted is None:
        return usual(row, names)
    if wanted.partition(".")[0] not in row:
        raise UsageError(
            f"the log has no field {wanted!r}; its fields are {', '.join(row)}; name one with "
            "--label"
        )
    return wanted


def _field_of_condition(row: Row, asked: Asked) -> str | None:
    """The field that --correct-if names; ``score`` stands for the usual label as well."""
    if asked.correct_if is None:
        return None
    name = asked.correct_if.field
    return None if name == "score" and "score" not in row else name


def labelled(row: Row, asked: Asked, told: Told, names: Sequence[str], where: str) -> Status | None:
    """The status that a row's label gives it; None where the log has none."""
    name = label_of(row, asked, names)
    if name is None:
        told.unnamed |= asked.correct_if is not None
        return None
    told.label = told.label or said(name, asked)
    return status_of(field(row, name), asked, name, where)


def required(row: Row, name: str, where: str) -> object:
    """A field that the format always has."""
    if name not in row:
        raise UsageError(
            f"{where} has no field {name!r}; its fields are {', '.join(row)}; is it another format?"
        )
    return row[name]
