"""OpenCompass: ``predictions/<model>/<dataset>.json``, one object of numbered predictions.

In: prediction files, split or not. Out: one Record per prediction. With n repeats the set is
written n times, so the prompt and not the number identifies the problem. The labels are in
``results/<model>/<dataset>.json``, by problem and repeat; if that file is missing, or its evaluator
says nothing about single draws, the run needs to be verified.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from passgap.data.outcomes import Status
from passgap.errors import UsageError
from passgap.logs.base import Asked, Format, Peek, Record, Told
from passgap.logs.choosing import chosen
from passgap.logs.rows import Row, mapped, opened, several
from passgap.logs.streams import JsonStream
from passgap.logs.values import asked_text, final, plain, required, said, shown, status_of

LABELS = ("correct", "is_correct", "cascade_correct")  # in OpenCompass's order
PREDICTIONS, RESULTS = "predictions", "results"
ROLES = {"HUMAN": "user", "SYSTEM": "system", "BOT": "assistant"}
Detail = tuple[list[object], list[object]]  # of a problem: labels and answers, one per repeat
_PART = re.compile(r"_(\d+)$")


def claims(peek: Peek) -> bool:
    """An object whose first member has ``origin_prompt`` and ``prediction``."""
    first = next(iter(peek.row.values()), None)
    return isinstance(first, dict) and {"origin_prompt", "prediction"} <= set(first)


def log_of(path: Path) -> str:
    """The data set's name: the files ``name_0.json``, ``name_1.json`` are parts of one set."""
    whole = _PART.sub("", path.stem)
    is_part = (path.parent / f"{whole}_0.json").is_file()
    return whole if is_part and not (path.parent / f"{whole}.json").is_file() else path.stem


def read(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    """All predictions, in the order of the set."""
    if RESULTS in files[0].parts and PREDICTIONS not in files[0].parts:
        raise UsageError(f"{files[0]} is in {RESULTS}/, which has only marks; give {PREDICTIONS}/")
    for folder in dict.fromkeys(path.parent for path in files):
        told.set_policy(folder.name)
        if chosen({}, asked, told):
            yield from _of_model([one for one in files if one.parent == folder], asked, told)


def _of_model(files: Sequence[Path], asked: Asked, told: Told) -> Iterator[Record]:
    labels = _Labels.beside(files[0], asked, told)
    number = 0
    for path in sorted(files, key=_part):
        with opened(path) as file:
            stream = JsonStream(file, str(path))
            for key in stream.members():
                yield _record(
                    mapped(stream.value()), labels, number, asked, told, f"{path.name} {key}"
                )
                number += 1
    labels.end(number)


def _record(row: Row, labels: _Labels, number: int, asked: Asked, told: Told, where: str) -> Record:
    prompt = _with_roles(required(row, "origin_prompt", where))
    told.chat = told.chat or not isinstance(prompt, str)
    status, answer = labels.of(number, asked, where)
    return Record(
        text=plain(row.get("prediction")),
        question="" if isinstance(prompt, str) else asked_text(prompt),
        reference=final(row.get("gold")),
        prompt=shown(prompt),
        status=status,
        extracted=answer,
    )


class _Labels:
    """The labels of a results file: prediction r * size + i is repeat r of the i-th problem."""

    def __init__(self, path: Path, name: str, details: list[Detail]) -> None:
        self._path, self._name, self._details = path, name, details

    @classmethod
    def beside(cls, prediction: Path, asked: Asked, told: Told) -> _Labels:
        """Read the results that belong to a file of predictions; empty where there are none."""
        path = _results(prediction)
        name, details = ("", []) if path is None else _details(path, asked)
        if path is None or not name:
            if asked.label:
                raise UsageError(
                    f"--label {asked.label!r}, but {path or prediction} has no labels; leave it out"
                )
            told.note(
                "no file has labels of single samples for these predictions: run passgap verify"
            )
            return cls(prediction, "", [])
        told.label = said(name, asked)
        return cls(path, name, details)

    def of(self, number: int, asked: Asked, where: str) -> tuple[Status | None, str | None]:
        """The status of a prediction, and the answer that was read."""
        if not self._details:
            return None, None
        repeat, place = divmod(number, len(self._details))
        marks, answers = self._details[place]
        if repeat >= len(marks):
            raise self._other(number + 1)
        answer = plain(answers[repeat]) if repeat < len(answers) else None
        return status_of(marks[repeat], asked, self._name, where), answer

    def end(self, count: int) -> None:
        """All predictions were read: as many as there are labels."""
        if self._details and count != sum(len(marks) for marks, _ in self._details):
            raise self._other(count)

    def _other(self, count: int) -> UsageError:
        labels = sum(len(marks) for marks, _ in self._details)
        return UsageError(
            f"{self._path} labels {labels} predictions, but there are {count}: it belongs to "
            "another run, only part of the set is given, or its evaluator left out rows (as "
            "MATHVerifyEvaluator does with references it cannot parse); give all parts, or copy "
            "the predictions elsewhere and run passgap verify"
        )


def _results(prediction: Path) -> Path | None:
    """``results/..`` for ``predictions/..``; None where that is not there."""
    folders = prediction.parent.parts
    if PREDICTIONS not in folders:
        return None
    at = len(folders) - 1 - folders[::-1].index(PREDICTIONS)
    path = Path(*folders[:at], RESULTS, *folders[at + 1 :], f"{log_of(prediction)}.json")
    return path if path.is_file() else None


def _details(path: Path, asked: Asked) -> tuple[str, list[Detail]]:
    """The label's name, and for each problem its labels and answers, one per repeat."""
    name = ""
    found: list[Detail] = []
    with opened(path) as file:
        stream = JsonStream(file, str(path))
        for key in stream.members():
            if key != "details" or stream.kind() != "[":
                continue
            for _ in stream.elements():
                detail = mapped(stream.value())
                name = name or _label(detail, asked, path)
                found.append((several(detail.get(name)), several(detail.get("pred"))))
    return (name, found) if any(marks for marks, _ in found) else ("", [])


def _label(detail: Row, asked: Asked, path: Path) -> str:
    if asked.label and asked.label not in detail:
        raise UsageError(f"--label {asked.label!r}; {path} has {', '.join(detail)}")
    return asked.label or next((name for name in LABELS if name in detail), "")


def _part(path: Path) -> int:
    match = _PART.search(path.stem)
    return int(match[1]) if match else 0


def _with_roles(prompt: object) -> object:
    """OpenCompass writes HUMAN and ``prompt`` for what others call user and content."""
    if not isinstance(prompt, list):
        return prompt
    return [
        {"role": ROLES.get(m.get("role", ""), m.get("role", "")), "content": m.get("prompt", "")}
        if isinstance(m, dict)
        else m
        for m in prompt
    ]


FORMAT = Format(
    name="opencompass",
    summary="OpenCompass predictions/<model>/<dataset>.json, labels from results/",
    patterns=("predictions/**/*.json", "*.json"),
    claims=claims,
    read=read,
    takes=frozenset(("label", "where", "pool")),
    log_of=log_of,
)
