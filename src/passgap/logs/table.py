"""Any JSON, CSV, TSV or Parquet table: one row per sample, or per problem with lists.

In: files of any shape, and which field (dotted; through lists) holds what, where its name is not a
usual one. Out: one Record per sample. Values that only aggregate samples (``pass@k``) are refused,
and so are lists and objects in the place of an id, a question or a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path

from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.meaning import Meaning, meaning_of
from passgap.logs.rows import SUFFIXES, Row, ending, field, mapped
from passgap.logs.shapes import ID, is_one_row, is_unnamed, shaped, spread
from passgap.logs.values import asked_text, completed, ended, final, plain, said, shown
from passgap.logs.values import status_of as status
from passgap.stages.looks import LOOKED_AT, Looks, leaf
from passgap.stages.policies import names_a_policy, scalars

SETTINGS = ("temperature", "top_p", "top_k", "max_tokens")
POLICIES = ("policy", "model", "model_name", "model_id")


def first_rows(path: Path, asked: Asked) -> list[Row]:
    """The first rows of a file, a row for each sample that is an object of its own."""
    return list(islice(_rows(path, asked, Told()), LOOKED_AT))


def _rows(path: Path, asked: Asked, told: Told) -> Iterator[Row]:
    condition = asked.correct_if
    wanted = (asked.text_field, asked.label, condition.field if condition else None)
    for row in shaped(path, asked.rows, told.note):
        yield from spread(row, wanted)


def claims(peek: Peek) -> bool:
    """Rows with a completion or a mark, and a question or an id."""
    if ending(peek.files[0]) not in SUFFIXES:
        return False
    rows = first_rows(peek.files[0], peek.asked)
    if not rows:
        return False
    means = meaning_of(rows, peek.asked, peek.files[0])
    about = means.question or means.prompt or means.key
    named = len(peek.files) > 1 and is_one_row(peek.files[0])  # by its file
    return (about is not None or named) and (means.text is not None or means.mark is not None)


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All rows that match ``--where``; each has a text."""
    return _read(files, asked, told, texts=True)


def read_marks(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """The same without the texts, which a table of marks need not have."""
    return _read(files, asked, told, texts=False)


def _read(files: Sequence[Path], asked: Asked, told: Told, *, texts: bool) -> Iterator[Record]:
    for position, path in enumerate(files):
        rows = _rows(path, asked, told)
        first = list(islice(rows, LOOKED_AT))
        if not first:
            continue
        if position and len(first) > 1:
            told.note(f"{len(files)} files are read as samples of one policy")
        means = meaning_of(first, asked, path)
        _check(means, first, path, told, texts=texts)
        if asked.problems is None and is_unnamed(first[0]):
            raise UsageError(
                f"{path.name} is a list of lists, which do not name their problems; give the "
                "problems in the same order with --problems FILE (or a benchmark, such as "
                "--problems humaneval)"
            )
        if means.key is None and means.question is None and means.prompt is None and len(files) > 1:
            first = [{ID: path.name.partition(".")[0], **row} for row in first]
            means = replace(means, key=ID)
        told.unnamed |= means.mark is None and asked.correct_if is not None
        for number, row in enumerate(chain(first, rows), start=1):
            if chosen(row, asked, told):
                where = f"{path.name} row {number}"
                yield from _draws(row, means, position, asked, told, where, texts=texts)


def _check(means: Meaning, rows: Sequence[Row], path: Path, told: Told, *, texts: bool) -> None:
    """Refuse a table without what the import needs, with a command that works."""
    looks = Looks.of(rows)
    if means.text is None and texts:
        why = "no completion"
        if means.mark is not None:
            why = "no completions, so its marks give counts (--out FILE.csv) and no run"
        raise UsageError(f"{path.name} has {why}; {looks.described(path)}")
    if means.mark is None and not texts:
        raise UsageError(f"{path.name} has no mark of its samples; {looks.described(path)}")
    likely = [name for name in looks.marks if name not in means.taken()]
    if means.mark is None and likely:
        told.note(
            f"no field has a usual name of a mark; {', '.join(likely)} could be one: --label "
            f"{likely[0]}"
        )


def _draws(
    row: Row, means: Meaning, position: int, asked: Asked, told: Told, where: str, *, texts: bool
) -> Iterator[Record]:
    if means.mark:
        told.label = told.label or said(means.mark, asked)
    draw = _prompted(_problem(row, means, where), row, means, told)._replace(
        order=position,
        finish_reason=ended(field(row, means.end)) if means.end else None,
        fields=_others(row, means, asked, told),
    )
    failure = field(row, means.error) if means.error else None
    for text, mark in _pairs(row, means, where, texts=texts):
        found = status(mark, asked, means.mark, where) if means.mark else None
        failed = (bool(failure) and found in (None, "unscored")) or (text is None and not mark)
        if failed and texts:
            found = "unscored"
        if failure and found == "incorrect":
            told.note(
                "some samples that the source marks as wrong have an error "
                f"({means.error}: {str(failure)[:60]!r}); they count as wrong"
            )
        yield draw._replace(
            text=_text(text, means, where) if texts else "",
            status=found,
            reason="error" if failed and texts else _reason(mark, found),
        )


def _reason(mark: object, found: str | None) -> str:
    """The source's word for a sample that it could not mark."""
    if found != "unscored":
        return ""
    return mark.strip().lower() if isinstance(mark, str) and mark.strip() else "unlabelled"


def _pairs(row: Row, means: Meaning, where: str, *, texts: bool) -> Iterator[tuple[object, object]]:
    """The text and the mark of each sample of a row."""
    mark = field(row, means.mark) if means.mark else None
    text = field(row, means.text) if means.text else None
    if not texts and isinstance(mark, list):
        yield from ((None, one) for one in mark)
        return
    if not texts or not isinstance(text, list) or _is_conversation(text):
        if texts and means.text and means.text.partition(".")[0] not in row:
            raise UsageError(
                f"{where} has no completion; its fields are {', '.join(row)}; name one with "
                "--text-field"
            )
        one = mark[0] if isinstance(mark, list) and len(mark) == 1 else mark
        if isinstance(one, list):
            raise _uneven(where, 1, means, len(one))
        yield text, one
        return
    marks = mark if isinstance(mark, list) else [mark] * (len(text) if mark is None else 1)
    if len(marks) != len(text):
        raise _uneven(where, len(text), means, len(marks))
    yield from zip(text, marks, strict=True)


def _uneven(where: str, texts: int, means: Meaning, marks: int) -> UsageError:
    return UsageError(
        f"{where} has {texts} of {means.text} and {marks} of {means.mark}; one of each per sample "
        "is needed"
    )


def _is_conversation(values: Sequence[object]) -> bool:
    return any("role" in mapped(one) for one in values)


def _text(value: object, means: Meaning, where: str) -> str:
    """A completion; refused where it is an object or a list without a text."""
    if isinstance(value, list | dict) and not completed(value):
        inside = list(value) if isinstance(value, dict) else []
        within = f"; name a field in it, such as {means.text}.{inside[0]}" * bool(inside)
        raise UsageError(
            f"{where}: {means.text} is {_kind(value)}, not a text{within or '; name another with'}"
            " (--text-field)"
        )
    return completed(value)


def _kind(value: object) -> str:
    return "an object" if isinstance(value, dict) else "a list"


def _problem(row: Row, means: Meaning, where: str) -> Record:
    """A record without a text."""
    key = field(row, means.key) if means.key else None
    question = field(row, means.question) if means.question else None
    reference = field(row, means.reference) if means.reference else None
    if isinstance(key, list | dict):
        raise UsageError(
            f"{where}: {means.key} is {_kind(key)}, not an id; name another field with --id-field"
        )
    if isinstance(question, list | dict) and not _asks(question):
        raise UsageError(
            f"{where}: {means.question} is {_kind(question)}, not a question; name another field "
            "with --question-field"
        )
    return Record(
        text="",
        question=plain(question),
        reference=final(reference),
        key="" if key is None else str(key),
    )


def _asks(question: object) -> bool:
    """Whether a question is a message, several of them, or a list of one text."""
    if isinstance(question, list):
        texts = [one for one in question if isinstance(one, str)]
        return _is_conversation(question) or len(texts) == len(question) == 1
    return bool(plain(question))


def _prompted(record: Record, row: Row, means: Meaning, told: Told) -> Record:
    """With the rendered prompt; in messages, the last one of the user is the question."""
    prompt = field(row, means.prompt) if means.prompt else None
    if prompt is None:
        return record
    spoken = isinstance(prompt, list)
    told.chat = told.chat or spoken
    asks = spoken and not means.question
    question = asked_text(prompt) if asks else record.question
    return record._replace(prompt=shown(prompt), question=question)


def _others(row: Row, means: Meaning, asked: Asked, told: Told) -> dict[str, object]:
    """The fields without a meaning, which may tell policies apart; settings are recorded."""
    taken = means.taken()
    found = {name: value for name, value in scalars(row).items() if name not in taken}
    for name, value in found.items():
        if value is None or name in asked.pool or not names_a_policy(name):
            continue
        if leaf(name) in SETTINGS and leaf(name) not in told.sampling and _number(value):
            told.sampling[leaf(name)] = _number(value)[0]
        elif leaf(name) in POLICIES and isinstance(value, str):
            told.policy = told.policy or value
    return found


def _number(value: object) -> list[float]:
    try:
        return [float(str(value))]
    except ValueError:
        return []


FORMAT = Format(
    name="table",
    summary="JSON, CSV, TSV or Parquet with declared fields",
    patterns=("*.jsonl", "*.jsonl.gz", "*.parquet", "*.csv", "*.tsv", "*.json"),
    claims=claims,
    read=read,
    takes=frozenset(
        {"id_field", "question_field", "answer_field", "text_field", "label"}
        | {"where", "step", "pool", "rows"}
    ),
)
