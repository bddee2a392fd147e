"""What the fields of a table mean: decided once, from its first rows, in one place.

In: rows, and the fields that were named. Out: which field holds the text, the question, the
reference, the id, the mark; or a refusal that lists the fields, what they look like, and a command
that works.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked
from passgap.logs.rows import Row
from passgap.stages.looks import (
    ANSWERS,
    IDS,
    LABELS,
    OTHER_ANSWERS,
    OTHER_IDS,
    OTHER_LABELS,
    OTHER_QUESTIONS,
    OTHER_TEXTS,
    SAID,
    Looks,
    is_mark,
)

ENDS = ("finish_reason", "stop_reason")
ERRORS = ("error", "exception", "infra_error", "error_message", "error_type")


@dataclass(frozen=True)
class Meaning:
    """The field of each meaning, None where the table has none."""

    text: str | None
    question: str | None
    prompt: str | None
    reference: str | None
    key: str | None
    mark: str | None
    end: str | None
    error: str | None

    def taken(self) -> set[str]:
        """The fields that have a meaning, which are those of no policy."""
        return {name for name in vars(self).values() if name is not None}


def meaning_of(rows: Sequence[Row], asked: Asked, path: Path) -> Meaning:
    """The meaning of a table's fields.

    Raises UsageError for a field that was named and is not there.
    """
    looks = Looks.of(rows)
    names = {"id": asked.id_field, "question": asked.question_field, "answer": asked.answer_field}
    names |= {"text": asked.text_field}
    for name in (*names.values(), asked.label):
        if name is not None and not _is_there(name, rows, looks):
            raise UsageError(f"the log has no field {name!r}; {looks.described(path)}")
    text = asked.text_field or _text(looks)
    mark = asked.label or _condition(asked, looks) or _mark(looks, text)
    taken = {one.partition(".")[0] for one in (text, mark) if one and one == one.partition(".")[0]}
    taken |= {one for one in (text, mark) if one}

    def other(*wanted: str, nested: bool = True) -> str | None:
        return looks.named(
            wanted,
            lambda name: (
                name not in taken and bool(looks.values(name)) and (nested or "." not in name)
            ),
        )

    prompt = other("prompt", "input")
    return Meaning(
        text=text,
        question=asked.question_field or other("question", "problem", *OTHER_QUESTIONS),
        prompt=prompt if prompt != asked.question_field else None,
        reference=asked.answer_field or other(*ANSWERS, *OTHER_ANSWERS),
        key=asked.id_field or other(*IDS, *OTHER_IDS, nested=False),
        mark=mark,
        end=other(*ENDS),
        error=other(*ERRORS),
    )


def _is_there(name: str, rows: Sequence[Row], looks: Looks) -> bool:
    """Whether a field was logged: under its whole name, or as an object or list on the way."""
    return name in looks.columns or any(
        name in row or name.partition(".")[0] in row for row in rows[:1]
    )


def _text(looks: Looks) -> str | None:
    """The usual field of a completion that holds one."""
    found = looks.named(SAID, lambda name: bool(looks.values(name)))
    return found or looks.named(
        ("answer", "model_output", *OTHER_TEXTS), lambda name: _is_said(looks, name)
    )


def _is_said(looks: Looks, name: str) -> bool:
    """Whether a field holds texts, messages, or lists of them."""
    return looks.all_are(name, lambda one: isinstance(one, str | dict)) and not looks.all_are(
        name, is_mark
    )


def _condition(asked: Asked, looks: Looks) -> str | None:
    """The field that --correct-if names; ``score`` also stands for the usual label."""
    if asked.correct_if is None:
        return None
    name = asked.correct_if.field
    if name != "score" and name not in looks.columns:
        raise UsageError(f"--correct-if {asked.correct_if}: the log has no field {name!r}; {looks}")
    return name if name in looks.columns else None


def _mark(looks: Looks, text: str | None) -> str | None:
    """The usual field of a mark; a less usual name counts only where the values are marks."""

    def free(test: Callable[[str], bool]) -> Callable[[str], bool]:
        return lambda name: name != text and bool(looks.values(name)) and test(name)

    return looks.named(LABELS, free(lambda name: True)) or looks.named(
        OTHER_LABELS, free(lambda name: name in looks.marks)
    )
